"""Windows that press for the next ticket, with as little of a workstation as can be: for tests and figures of the call.

    Seat.take(urls, code, i)          a device enrolled, clerk i signed on – real requests all
    seat.open(f"c{i}")                a window opened
    seat.call()                       presses once: the ticket, or None where nobody waits any more
    seat.miss(ticket)                 nobody came: the window is free again

Where a server does not answer, the same words go to the next one: the same n, so that they happen once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec

from sync.clock import Clock, SystemClock
from sync.device_key import DeviceKey, from_text
from sync.protocol.identifiers import uuid7
from sync.protocol.messages import Pulled, Push, Pushed, Result, SessionOpened
from sync.protocol.operation import Args, Envelope, kind_of
from sync.protocol.signing import Signer, sign
from sync.protocol.verbs import ticket as verbs
from sync.replica.sessions import Opening, enrol, open_session
from sync.transport.http import HttpTransport
from tests.sync.hall_names import PIN, QUEUE

CLOCK = SystemClock()
PATIENCE = 60.0


class Line:
    """A kept connection, and the least HTTP that goes over it."""

    def __init__(self, url: str, host: str = "") -> None:
        """`host`: another hall's name behind the same address."""
        self.url = url
        parts = urlsplit(url)
        self._place = (parts.hostname or "", parts.port or 80)
        self._host = host or parts.netloc
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, target: str, headers: dict[str, str], content: bytes = b"") -> tuple[int, bytes]:
        """Status and body; raises OSError or EOFError where the server is gone."""
        try:
            reader = await self._send(method, target, {"content-length": str(len(content)), **headers}, content)
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            length = next(int(line[15:]) for line in lines if line.lower().startswith("content-length:"))
            return int(first.split()[1]), await reader.readexactly(length)
        except BaseException:
            self.close()
            raise

    async def stream(self, target: str, headers: dict[str, str]) -> asyncio.StreamReader:
        """An answer without end, from behind its head."""
        reader = await self._send("GET", target, headers)
        first = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0]
        assert first.split()[1] == b"200", first
        return reader

    async def _send(
        self, method: str, target: str, headers: dict[str, str], content: bytes = b""
    ) -> asyncio.StreamReader:
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._place)
        reader, writer = self._streams
        head = "".join(f"{name}: {value}\r\n" for name, value in {"host": self._host, **headers}.items())
        writer.write(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + content)
        return reader

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@dataclass
class Seat:
    """A clerk at a window."""

    device: str
    opened: SessionOpened
    lines: list[Line]
    session: str = ""
    n: int = 0
    cursor: int = 0
    seconds: list[float] = field(default_factory=list)  # of each call, from the key to the answer
    moved: int = 0  # how often another server had to be asked
    clock: Clock = CLOCK
    hall: str = ""

    @classmethod
    async def take(cls, urls: Sequence[str], code: str, i: int, clock: Clock = CLOCK) -> Seat:
        """Clerk `i` sits down at a device of their own."""
        door, key = HttpTransport(urls[i % len(urls)]), DeviceKey.make()
        given = await enrol(door, code, "window", key)
        opened = await open_session(door, Opening(given.device, key, f"s{i}", PIN))
        await door.close()
        turned = [*urls[i % len(urls) :], *urls[: i % len(urls)]]
        return cls(given.device, opened, [Line(url) for url in turned], clock=clock, hall=given.hall)

    async def open(self, window: str) -> None:
        """Work at this window."""
        self.session = uuid7(self.opened.now)
        result = await self.say(verbs.OpenWindow(window=window), self.session)
        assert result.status == "accepted", result

    async def call(self) -> str | None:
        """F2, once."""
        call = uuid7(self.clock.now())
        began = time.perf_counter()
        result = await self.say(verbs.CallNext(call=call), self.session)
        self.seconds.append(time.perf_counter() - began)
        if result.status == "accepted":
            return await self._ticket_of(call)
        assert result.code == "queue_empty", result
        return None

    async def miss(self, ticket: str) -> None:
        """Nobody came."""
        result = await self.say(verbs.Miss(), ticket)
        assert result.status == "accepted", result

    async def say(self, args: Args, id: str, scope: str = QUEUE) -> Result:
        """One operation, until somebody answers."""
        self.n += 1
        envelope = Envelope(
            n=self.n,
            kind=kind_of(args),
            id=id,
            scope=scope,
            args=msgspec.Raw(msgspec.json.encode(args)),
            by=self.opened.staff,
            session=self.opened.session,
            said_at=self.clock.now(),
        )
        content = msgspec.json.encode(Push(device=self.device, boot="", boot_now=0, ops=[envelope]))
        signer = Signer.of_session(self.opened.session, from_text(self.opened.key))
        headers = {"content-type": "application/json", **sign(signer, "POST", "/v1/push", content)}
        pushed = msgspec.json.decode(await self._ask("POST", "/v1/push", headers, content), type=Pushed)
        return pushed.results[0]

    async def _ticket_of(self, call: str) -> str:
        """The ticket that a call brought, as the window learns it: by a pull."""
        while True:
            told = await self._ask("GET", f"/v1/pull?c={QUEUE}.{self.cursor}&limit=500", {})
            page = msgspec.json.decode(told, type=Pulled).scopes[QUEUE]
            self.cursor = page.to
            for row in page.rows:
                if (row.table, row.id) == ("call", call):
                    return str(msgspec.json.decode(row.body)["ticket"])
            assert page.rows, "a call that was accepted stands in the log"

    async def _ask(self, method: str, target: str, headers: dict[str, str], content: bytes = b"") -> bytes:
        headers = {"authorization": f"Bearer {self.opened.token}", **headers}
        until = time.monotonic() + PATIENCE
        while True:
            try:
                status, body = await self.lines[0].ask(method, target, headers, content)
            except (OSError, EOFError):
                assert time.monotonic() < until, "no server answers"
                self.moved += 1
                self.lines.append(self.lines.pop(0))
                await asyncio.sleep(0.01)
                continue
            if status == 503 and time.monotonic() < until:  # the store is busy: nothing was written
                await asyncio.sleep(0.01)
                continue
            assert status == 200, (status, body)
            return body

    def close(self) -> None:
        """Go home."""
        for line in self.lines:
            line.close()
