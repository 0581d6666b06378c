"""Bodies on the wire: zstd or gzip both ways, as an ASGI middleware, with a limit on what a body may unpack to.

A client that names neither gets plain JSON. Event streams and what is small or packed already pass as they are.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable
from typing import Any, cast

import zstandard
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

Message = Any  # an ASGI message: a dictionary by its `type`
SMALL = 1024
LEVEL = 1
"""zstd's: what is sent here – rows with two hashes each – is as small with it as with 3, at a quarter of the time."""
WINDOW = 8 << 20  # what RFC 8878 §3.1.1.1.2 asks a decoder to support; more is somebody eating our memory
PACKED_DIGEST = "hall.packed_sha256"
"""In the connection's scope: SHA-256 of a body as it was packed, since that is what its sender has signed."""
Refusal = Callable[[int, str], tuple[bytes, list[tuple[bytes, bytes]]]]


class TooLarge(Exception):
    """A body is over its limit, packed or unpacked."""


class NotReadable(Exception):
    """A body is not what its Content-Encoding says."""


def unpack(body: bytes, encoding: str, limit: int) -> bytes:
    """Unpack a body of at most `limit` bytes; raises TooLarge or NotReadable."""
    try:
        if encoding == "zstd":
            decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW)
            with decompressor.stream_reader(io.BytesIO(body)) as reader:
                plain = reader.read(limit + 1)
        elif encoding == "gzip":
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
                plain = packed.read(limit + 1)
        elif encoding in ("", "identity"):
            plain = body
        else:
            raise NotReadable(encoding)
    except (zstandard.ZstdError, OSError, EOFError, zlib.error):
        raise NotReadable(encoding) from None
    if len(plain) > limit:
        raise TooLarge
    return plain


def pack(body: bytes, accepted: str) -> tuple[bytes, bytes | None]:
    """The body as the client likes it best, and its Content-Encoding."""
    if len(body) < SMALL:
        return body, None
    wanted = accepts(accepted)
    if "zstd" in wanted:
        return zstandard.ZstdCompressor(level=LEVEL).compress(body), b"zstd"
    if "gzip" in wanted:
        return gzip.compress(body, 6), b"gzip"
    return body, None


def accepts(header: str) -> set[str]:
    """The codings that an Accept-Encoding names, without those of weight 0 (RFC 9110 §12.5.3)."""
    parts = (part.replace(" ", "").lower().partition(";") for part in header.split(","))
    return {name for name, _, weight in parts if not weight.startswith("q=0") or weight.strip("q=0.")}


class Compression:
    """Unpacks requests before the routes see them and packs their answers."""

    def __init__(
        self, app: ASGIApp, limit: int, problem: Callable[[int, str], tuple[bytes, list[tuple[bytes, bytes]]]]
    ) -> None:
        self._app = app
        self._limit = limit
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == ScopeType.WEBSOCKET:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        sender = _Packed(send, headers.get(b"accept-encoding", b"").decode("latin-1"))
        encoding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
        if encoding in ("", "identity"):
            await self._app(scope, receive, sender)
            return
        try:
            packed = await _whole(receive, self._limit)
            plain = unpack(packed, encoding, self._limit)
        except TooLarge:
            await self._refuse(send, 413, "too_large")
            return
        except NotReadable:
            await self._refuse(send, 400, "not_readable")
            return
        cast(dict[str, Any], scope)[PACKED_DIGEST] = hashlib.sha256(packed).digest()
        scope["headers"] = [
            (name, str(len(plain)).encode() if name == b"content-length" else value)
            for name, value in scope["headers"]
            if name != b"content-encoding"
        ]
        told = False

        async def once() -> Message:
            nonlocal told
            if told:
                return await receive()
            told = True
            return {"type": "http.request", "body": plain, "more_body": False}

        await self._app(scope, once, sender)

    async def _refuse(self, send: Send, status: int, code: str) -> None:
        body, headers = self._problem(status, code)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


async def _whole(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message: Message = await receive()
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise TooLarge
        parts.append(part)
        more = bool(message.get("more_body", False))
    return b"".join(parts)


class _Packed:
    """A `send` that packs an answer that comes as one JSON or HTML body."""

    def __init__(self, send: Send, accepted: str) -> None:
        self._send = send
        self._accepted = accepted
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = dict(message["headers"]).get(b"content-type", b"")
            if self._accepted and (b"json" in kind or b"html" in kind):
                self._start = message
                return
        elif self._start is not None:
            start, self._start = self._start, None
            if not message.get("more_body", False):
                body, encoding = pack(message["body"], self._accepted)
                if encoding:
                    message["body"] = body
                    start["headers"] = [
                        (name, str(len(body)).encode() if name == b"content-length" else value)
                        for name, value in start["headers"]
                    ] + [(b"content-encoding", encoding), (b"vary", b"accept-encoding")]
            await self._send(start)
        await self._send(message)
