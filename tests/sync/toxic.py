"""A bad line on loopback: a small TCP proxy whose troubles are in the test's hand, at any moment.

    client ─▶ [ link.out ] ─▶ server          async with ToxicLink(port, Line(rate=8_000, latency=0.1)) as link:
    client ◀─ [ link.into ] ◀─ server             transport = HttpTransport(link.url)
                                                  link.partition(out=True)      requests vanish, answers still come
    a Line, one way                               link.cut()                    every connection reset
        rate      bytes a second                  link.heal()
        latency   seconds one way
        loss      share of segments that are lost: TCP sends them again after a while, which is what its user sees
        reset     share of segments at which the connection breaks, half of the segment through

A partition swallows bytes and says nothing, as a tunnel does; a cut is a reset. `speed` shortens every wait of the link
by a factor, rate and latency alike: the shape of the line stays, a test need not.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType

SEGMENT = 1400
RETRANSMIT = 0.2  # RFC 6298: at least this; doubled with each loss of the same segment
LONGEST_RETRANSMIT = 6.4
BUFFER = 64 * SEGMENT
_REQUEST = re.compile(rb"([A-Z]+ /[^ ?]*)[^ ]* HTTP/1\.1\r\n")


@dataclass
class Line:
    """One direction of a link."""

    rate: float = 0.0
    latency: float = 0.0
    loss: float = 0.0
    reset: float = 0.0
    down: bool = False


@dataclass
class Told:
    """What a link has done, for the summary."""

    connections: int = 0
    requests: Counter[str] = field(default_factory=Counter)  # method and path of what was asked through it
    bytes: int = 0
    lost: int = 0
    resets: int = 0
    swallowed: int = 0


@dataclass
class ToxicLink:
    """A proxy to a port of this machine."""

    port: int
    out: Line = field(default_factory=Line)
    into: Line = field(default_factory=Line)
    speed: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        self.told = Told()
        self.url = ""
        self._chance = random.Random(self.seed)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> ToxicLink:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=BUFFER)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def partition(self, *, out: bool = False, into: bool = False) -> None:
        """From now on nothing of these directions arrives, and nobody is told."""
        self.out.down, self.into.down = out, into

    def cut(self) -> None:
        """Reset every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    def heal(self) -> None:
        """Both directions carry again; what was swallowed stays lost, so its connections are over."""
        self.out.down = self.into.down = False
        if self.told.swallowed:
            self.cut()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.told.connections += 1
        self._writers.add(writer)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.port, limit=BUFFER)
        except OSError:
            writer.transport.abort()
            return
        finally:
            self._tasks.discard(task)
        self._writers.add(back)
        ways = [
            asyncio.create_task(self._carry(self.out, reader, back)),
            asyncio.create_task(self._carry(self.into, there, writer)),
        ]
        self._tasks.update(ways)
        for way in ways:
            way.add_done_callback(self._tasks.discard)
        try:
            await asyncio.wait(ways)
        finally:
            for end in (writer, back):
                end.transport.abort()
                self._writers.discard(end)

    async def _carry(self, line: Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Segments one after another: a lost one holds up those behind it, as in one TCP stream."""
        loop = asyncio.get_running_loop()
        free_at = 0.0  # when the line can take the next segment
        arrives = 0.0
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(BUFFER // SEGMENT)
        delivery = asyncio.create_task(self._deliver(waiting, writer))
        try:
            while segment := await reader.read(SEGMENT):
                self.told.bytes += len(segment)
                if line is self.out:
                    self.told.requests.update(text.decode() for text in _REQUEST.findall(segment))
                if line.down:
                    self.told.swallowed += len(segment)
                    continue
                free_at = max(free_at, loop.time()) + (len(segment) / line.rate / self.speed if line.rate else 0.0)
                wait, again = line.latency, RETRANSMIT
                while self._chance.random() < line.loss:
                    self.told.lost += 1
                    wait, again = wait + again, min(2 * again, LONGEST_RETRANSMIT)
                arrives = max(arrives, free_at + wait / self.speed)
                if self._chance.random() < line.reset:
                    self.told.resets += 1
                    await waiting.put((arrives, segment[: len(segment) // 2]))
                    await waiting.put((arrives, b""))
                    await delivery
                    writer.transport.abort()
                    return
                await waiting.put((arrives, segment))
            await waiting.put((arrives, b""))
            await delivery
            with contextlib.suppress(OSError):
                writer.write_eof()
        except (OSError, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            delivery.cancel()

    @staticmethod
    async def _deliver(waiting: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while (arrival := await waiting.get())[1]:
                await asyncio.sleep(max(0.0, arrival[0] - loop.time()))
                writer.write(arrival[1])
                await writer.drain()


class Proxy:
    """A link on a thread of its own, for tests that run no loop; only counting, unless it is cut."""

    def __init__(self, url: str) -> None:
        self._link = ToxicLink(int(url.rpartition(":")[2]))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")

    def __enter__(self) -> Proxy:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._link.__aenter__(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._link.__aexit__(None, None, None), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """Where clients connect to."""
        return self._link.url

    @property
    def requests(self) -> Counter[str]:
        """What was asked so far."""
        return Counter(self._link.told.requests)

    def cut(self) -> None:
        """Reset every connection."""
        self._loop.call_soon_threadsafe(self._link.cut)
