"""The sockets under `HttpTransport`: HTTP/1.1 over asyncio's own connections, an httpx transport like its own.

    Lines   the connections: an idle one is taken, else a new one made; one request at a time on each
    Line    made ─▶ asked ─▶ head of the answer ─▶ its body, part by part ─▶ idle, for some seconds ─▶ closed
                      └──────────────┴── silence, an end too early, no HTTP: an httpx error, and closed

What comes is taken apart by llhttp (httptools), as at the server. httpx's own transport spends nine tenths of a
millisecond of the processor on a request and its answer, ten times as much as this one; nothing else differs for
whoever sends through it: the same errors, the same `timeout` and `trace` extensions.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any, TypeVar

import httptools
import httpx

T = TypeVar("T")
Seconds = Mapping[str, float | None]  # to connect, to write, to read
Place = tuple[bytes, bytes, int | None]
IDLE_SECONDS = 5.0
"""So long a connection is kept for the next request: what lies idle longer, a network may have forgotten."""
WELL = 1 << 20
"""Bytes of an answer that wait here for their reader; then no more is read from the socket."""
SENT = "http11.send_request_body.complete"
"""The event told to a `trace` once a request has left, by httpcore's name for it."""


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._parser: Any = None
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._parts: list[bytes] = []
        self._waiting = 0
        self._error: Exception | None = None
        self._method = ""
        self._seconds: Seconds = {}
        self._head = False
        self._measured = False  # its answer says where it ends
        self._whole = True
        self.headers: list[tuple[bytes, bytes]] = []
        self.usable = True
        """It stands, and nothing is on its way."""

    async def ask(self, request: httpx.Request) -> None:
        """Send a request, all of it."""
        self._seconds = _seconds(request)
        self._parser = httptools.HttpResponseParser(self)
        self._method = request.method
        self._head = self._measured = self._whole = self.usable = False
        lines = [f"{request.method} ".encode() + request.url.raw_path + b" HTTP/1.1\r\n"]
        lines += [name + b": " + value + b"\r\n" for name, value in request.headers.raw]
        head = b"".join(lines)
        if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines):
            raise httpx.LocalProtocolError("a line break in a header", request=request)
        self._transport.write(head + b"\r\n" + request.content)
        await within(self._writable.wait(), self._seconds.get("write"), httpx.WriteTimeout)
        if self._error is not None and not self._head:  # an early answer counts: what we say is too large, say
            raise self._error

    async def answered(self) -> int:
        """The status of the answer, once its head is there."""
        while not self._head:
            await self._more()
        return int(self._parser.get_status_code())

    async def part(self) -> bytes:
        """What has come of the body; nothing at its end."""
        while not self._parts and not self._whole:
            await self._more()
        parts, self._parts = self._parts, []
        if self._waiting > WELL:
            self._transport.resume_reading()
        self._waiting = 0
        return b"".join(parts)

    async def _more(self) -> None:
        if self._error is not None:
            raise self._error
        self._news.clear()
        await within(self._news.wait(), self._seconds.get("read"), httpx.ReadTimeout)

    def close(self) -> None:
        """Let go of it."""
        self.usable = False
        self._transport.abort()

    # -- what the socket says

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """It stands; what is written counts as sent when the system has taken all of it."""
        self._transport = transport
        transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        """Part of an answer; without a question it is none."""
        if self._whole:
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(httpx.RemoteProtocolError(str(error)))
            self.close()

    def eof_received(self) -> None:
        """The other side has said all it will."""
        self.usable = False
        if self._head and not self._measured:
            self._whole = True
            self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self.usable = False
        if not self._whole:
            self._fail(httpx.ReadError(str(exc)) if exc else httpx.RemoteProtocolError("ended without an answer"))
        self._writable.set()

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._news.set()

    def pause_writing(self) -> None:
        """The network is slower than we are."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable.set()

    # -- what the parser finds

    def on_message_begin(self) -> None:
        """The first line of an answer, or of what comes before one (RFC 9110 §15.2)."""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self.headers.append((name, value))
        if name.lower() in (b"content-length", b"transfer-encoding"):
            self._measured = True

    def on_headers_complete(self) -> None:
        """Its head is whole; some answers are nothing but a head."""
        if self._parser.get_status_code() < 200:
            return
        self._head = True
        if self._method == "HEAD":
            self._end()
        self._news.set()

    def on_body(self, body: bytes) -> None:
        """More of the body."""
        self._parts.append(body)
        before, self._waiting = self._waiting, self._waiting + len(body)
        if before <= WELL < self._waiting:
            self._transport.pause_reading()
        self._news.set()

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self._head:
            self._end()
            self._news.set()

    def _end(self) -> None:
        self._whole = True
        self.usable = bool(self._parser.should_keep_alive()) and not self._transport.is_closing()


class Lines(httpx.AsyncBaseTransport):
    """The connections of one event loop."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        self._lines: set[Line] = set()
        self._idle: dict[Place, list[tuple[Line, asyncio.TimerHandle]]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the answer's body is still to be read. Raises httpx.TransportError."""
        line = await self._take(request.url) or await self._connect(request)
        try:
            await line.ask(request)
            if trace := request.extensions.get("trace"):
                await trace(SENT, {})
            status = await line.answered()
        except BaseException:
            self._close(line)
            raise
        return httpx.Response(status, headers=line.headers, stream=_Body(self, line, request.url))

    async def _take(self, url: httpx.URL) -> Line | None:
        idle = self._idle.get(_place(url), [])
        for _ in range(2 if idle else 0):  # the loop looks at its sockets, and hears which have ended meanwhile
            await asyncio.sleep(0)
        while idle:
            line, closing = idle.pop()
            closing.cancel()
            if line.usable:
                return line
            self._close(line)
        return None

    async def _connect(self, request: httpx.Request) -> Line:
        url = request.url
        if url.scheme not in ("http", "https") or not url.host:
            raise httpx.UnsupportedProtocol(str(url))
        loop = asyncio.get_running_loop()
        secure = self._trust if url.scheme == "https" else None
        port = url.port or (443 if secure else 80)
        making = loop.create_connection(Line, url.raw_host.decode("ascii"), port, ssl=secure, happy_eyeballs_delay=0.25)
        try:
            _, line = await within(making, _seconds(request).get("connect"), httpx.ConnectTimeout)
        except OSError as error:  # ssl's are OSErrors too
            raise httpx.ConnectError(str(error)) from error
        self._lines.add(line)
        return line

    def give_back(self, line: Line, url: httpx.URL) -> None:
        """A line whose answer was read, or will not be read to its end."""
        if not line.usable:
            self._close(line)
            return
        closing = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._close, line)
        self._idle.setdefault(_place(url), []).append((line, closing))

    def _close(self, line: Line) -> None:
        line.close()
        self._lines.discard(line)

    async def aclose(self) -> None:
        """Close all of them."""
        for _, closing in (each for idle in self._idle.values() for each in idle):
            closing.cancel()
        self._idle.clear()
        for line in list(self._lines):
            self._close(line)
        await asyncio.sleep(0)  # the loop lets go of the sockets in its next round, and may have no other


class _Body(httpx.AsyncByteStream):
    """What comes after the head."""

    def __init__(self, lines: Lines, line: Line, url: httpx.URL) -> None:
        self._lines = lines
        self._line: Line | None = line
        self._url = url

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._line is not None and (part := await self._line.part()):
            yield part

    async def aclose(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            self._lines.give_back(line, self._url)


def _seconds(request: httpx.Request) -> Seconds:
    found: Seconds = request.extensions.get("timeout", {})
    return found


def _place(url: httpx.URL) -> Place:
    return url.raw_scheme, url.raw_host, url.port


async def within(waiting: Awaitable[T], seconds: float | None, error: type[httpx.TimeoutException]) -> T:
    """Wait no longer than that; raises `error`."""
    try:
        async with asyncio.timeout(seconds):
            return await waiting
    except TimeoutError:
        raise error(f"{seconds} s") from None
