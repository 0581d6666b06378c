"""HTTP on loopback: GET and HEAD of a few pages, nothing else; one thread makes them, each at most once a second.

A request whose Host is not one that was named is refused: a page elsewhere must not read ours by pointing its own
name here (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from sync.clock import Clock
from sync.errors import InputError

KEPT_MS: Final = 1_000
MOST_KEPT: Final = 64
LONGEST: Final = 500
IDLE_SECONDS: Final = 30.0
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
Make = Callable[[str, Mapping[str, str]], str | None]


class Viewers:
    """The server. `make` is called from one thread alone; `hosts` are names it may be asked by beside loopback's."""

    def __init__(self, make: Make, style: bytes, clock: Clock, *, port: int = 0, hosts: Collection[str] = ()) -> None:
        self._make, self._style, self._clock = make, style, clock
        self._hosts = {*LOOPBACK, *(host.lower() for host in hosts)}
        self._maker = ThreadPoolExecutor(1, "page-maker")
        self._kept: dict[str, tuple[int, bytes | None]] = {}
        self.made = 0
        viewers = self

        class Handler(_Handler):
            server_of = viewers

        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        except OSError as error:
            raise InputError("serve.port", port=port, detail=error.strerror or str(error)) from None
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def run(self) -> None:
        """Serve until `stop`, on the caller's thread."""
        self._server.serve_forever(0.2)

    def stop(self) -> None:
        """End `run`, from another thread."""
        self._server.shutdown()

    def close(self) -> None:
        """Let go of the port and the thread."""
        self._server.server_close()
        self._maker.shutdown()

    def known(self, host: str) -> bool:
        """Whether a request may come under this Host."""
        return (urlsplit(f"//{host}").hostname or "") in self._hosts

    def page(self, target: str) -> bytes | None:
        """The page, as it was at most a second ago."""
        return self._maker.submit(self._page, target).result()

    def _page(self, target: str) -> bytes | None:
        now = self._clock.now()
        at, content = self._kept.get(target, (0, None))
        if 0 <= now - at < KEPT_MS and target in self._kept:
            return content
        parts = urlsplit(target)
        if parts.path == "/page.css":
            return self._style
        html = self._make(parts.path, dict(parse_qsl(parts.query)))
        self.made += 1
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[target] = (now, None if html is None else html.encode())
        return self._kept[target][1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "hall"
    sys_version = ""
    timeout = IDLE_SECONDS
    server_of: Viewers

    def do_GET(self) -> None:
        """A page."""
        if not self.server_of.known(self.headers.get("host", "")):
            self._answer(421, b"", "text/plain")
            return
        if len(self.path) > LONGEST:
            self._answer(414, b"", "text/plain")
            return
        try:
            content = self.server_of.page(self.path)
        except Exception:  # the copy gives no answer now; no detail of it belongs into a page
            self._answer(503, b"", "text/plain")
            return
        kind = "text/css" if urlsplit(self.path).path == "/page.css" else "text/html"
        self._answer(404 if content is None else 200, content or b"", kind)

    do_HEAD = do_GET

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("content-type", f"{kind}; charset=utf-8")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: an address may hold a search."""
