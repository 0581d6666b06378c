"""Requests and answers as the bytes they were on the wire: recorded from a client, and said again to a later server.

    client ─▶ Recorder (a port of loopback) ─▶ server       each pair of request and answer is an `Exchange`
    a file    {"client": 1, "secret": "…"}                  what the server derived its challenges and keys from
              {"what": "POST /v1/push", "at": 1772413200000, "request": "<base64>", "answer": "<base64>"}   a line each

`said_again` sends a recorded request to a server and reads its answer.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import zstandard

from sync.clock import Clock

WAIT = 60.0
END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request at a moment of the server's clock, and what was answered."""

    at: int
    request: bytes
    answer: bytes

    @property
    def what(self) -> str:
        """Method and target."""
        return b" ".join(self.request.split(b" ", 2)[:2]).decode()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer taken apart; `body` as it was before it was packed."""

    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, raw: bytes) -> Answer:
        """Of its bytes."""
        first, headers = _head(raw)
        body = raw.partition(END)[2]
        if headers.get("transfer-encoding") == "chunked":
            body = _unchunked(body)
        coding = headers.get("content-encoding", "")
        if coding == "zstd":
            body = zstandard.ZstdDecompressor().decompressobj().decompress(body)
        elif coding == "gzip":
            body = gzip.decompress(body)
        return cls(int(first.split(" ")[1]), headers, body)

    def json(self) -> Any:
        """The body as a message, None where it is none."""
        kind = self.headers.get("content-type", "")
        return json.loads(self.body) if self.body and "json" in kind else None


def _head(raw: bytes) -> tuple[str, dict[str, str]]:
    first, *lines = raw.partition(END)[0].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first, {name.strip().lower(): value.strip() for name, _, value in pairs}


def _unchunked(body: bytes) -> bytes:
    out = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        out, body = out + rest[:length], rest[length + 2 :]
    return out


async def read_message(reader: asyncio.StreamReader, *, bodiless: bool = False) -> bytes:
    """One request or answer, whole; of a stream of events its first. Empty at the end of the connection."""
    try:
        head = await reader.readuntil(END)
    except asyncio.IncompleteReadError:
        return b""
    first, headers = _head(head)
    if bodiless or first.split(" ")[1] in ("204", "304"):
        return head
    if headers.get("content-type", "").startswith("text/event-stream"):
        return head + await reader.readuntil(b"\n\n")
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while not body.endswith(b"0" + END):
            body += await reader.readuntil(b"\r\n")
        return head + body
    return head + await reader.readexactly(int(headers.get("content-length", "0")))


class Recorder:
    """A port that passes everything on to the server's and writes it down."""

    def __init__(self, port: int, clock: Clock) -> None:
        self._port = port
        self._clock = clock
        self.exchanges: list[Exchange] = []
        self.url = ""

    async def __aenter__(self) -> Recorder:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while request := await read_message(reader):
                at = self._clock.now()
                back.write(request)
                answer = await read_message(there, bodiless=request.startswith(b"HEAD "))
                self.exchanges.append(Exchange(at, request, answer))
                writer.write(answer)
                await writer.drain()
                if b"text/event-stream" in answer:
                    break
        for end in (writer, back):
            end.close()


async def said_again(port: int, request: bytes) -> bytes:
    """The same bytes to another server; its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await asyncio.wait_for(read_message(reader, bodiless=request.startswith(b"HEAD ")), WAIT)
    finally:
        writer.close()


def save(path: Path, client: int, secret: bytes, exchanges: list[Exchange]) -> None:
    """Write a recording."""
    lines = [{"client": client, "secret": base64.b64encode(secret).decode()}]
    lines += [
        {
            "what": each.what,
            "at": each.at,
            "request": base64.b64encode(each.request).decode(),
            "answer": base64.b64encode(each.answer).decode(),
        }
        for each in exchanges
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def load(path: Path) -> tuple[int, bytes, list[Exchange]]:
    """The client's version, the server's secret, and what was said."""
    first, *lines = map(json.loads, path.read_text().splitlines())
    exchanges = [
        Exchange(line["at"], base64.b64decode(line["request"]), base64.b64decode(line["answer"])) for line in lines
    ]
    return first["client"], base64.b64decode(first["secret"]), exchanges
