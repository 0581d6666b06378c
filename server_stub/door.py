"""The connection below every route: HTTP that is none is refused with problem details, and nobody holds a half-sent
request for ever.

    connected ─▶ head (request line, headers) ─▶ body ─▶ answered ─▶ kept alive, or the next head
        ├─ SECONDS without its end: 408, closed   └─ SECONDS without another byte: closed
        └─ HEAD_BYTES without its end: 413, closed

What we send and the other side does not take in any more – a machine in a tunnel, its live connection open – ends after
a minute, not after the quarter of an hour that the system would try.

uvicorn itself waits for the rest of a request without end (slow loris), takes heads of any length – 100 MB of short
lines were 2 GB of memory –, and answers what it cannot parse as plain text.
"""

from __future__ import annotations

import asyncio
import socket
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from server_stub.problems import raw_problem

GONE_MS = 60_000
HEAD_BYTES = 64 << 10


class Door(HttpToolsProtocol):
    """uvicorn's connection with a deadline and with our refusals."""

    SECONDS: ClassVar[float] = 30.0
    _deadline: asyncio.TimerHandle | None = None
    _in_body = False
    _head = 0  # bytes that came since the chunk in which this head began

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connects: a request is expected."""
        super().connection_made(transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_MS)  # RFC 5482
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Over."""
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More of whatever it is."""
        self._head += len(data)
        super().data_received(data)
        if self._head > HEAD_BYTES and not self._in_body:
            self._refuse(413, "too_large")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_body, self._head = False, 0
        self._expect()

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        super().on_headers_complete()
        self._in_body = True
        self._expect()

    def on_body(self, body: bytes) -> None:
        """More of its body: however slow the line, as long as it moves."""
        super().on_body(body)
        self._expect()

    def on_message_complete(self) -> None:
        """The request is whole; from here on the answer may take its time."""
        super().on_message_complete()
        self._expect_nothing()

    def send_400_response(self, msg: str) -> None:
        """What no parser of HTTP understands."""
        self._refuse(400, "bad_request")

    def _expect(self) -> None:
        self._expect_nothing()
        self._deadline = self.loop.call_later(self.SECONDS, self._too_slow)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        if self._in_body and self.flow.read_paused:  # it is us who do not read on
            self._expect()
        elif self._in_body:
            self.transport.close()
        else:
            self._refuse(408, "too_slow")

    def _refuse(self, status: int, code: str) -> None:
        if self.transport.is_closing():
            return
        body, headers = raw_problem(status, code)
        lines = [name + b": " + value + b"\r\n" for name, value in (*headers, (b"connection", b"close"))]
        self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
        self.transport.close()
