"""The wire over HTTP: JSON packed with zstd, problem details turned into ServerRefused, silence into TransportError.

HttpTransport(url)             a real server
HttpTransport.in_memory(app)   an ASGI application in this process: the seam for tests
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import httpx
import msgspec
import zstandard

from sync.device_key import from_text
from sync.errors import ServerRefused, TransportError
from sync.protocol.messages import Problem, SessionOpened
from sync.protocol.signing import Signer, sign
from sync.transport.line import SENT, Lines
from sync.trusted import machine_trust

T = TypeVar("T")
ANSWER_SECONDS, CONNECT_SECONDS = 10.0, 3.0
SLOWEST = 2_000
"""Bytes a second that any line manages: what is sent is given that much longer, or a long push on a slow line would be
given up before it has arrived, and sent again, for ever."""
LIVE_SECONDS = 40.0  # the server comments every 15 s
PACK_FROM = 1024
OFFSET = "upload-offset"


class HttpTransport:
    """One server. Safe for one event loop; `token` is the session's, empty before sign-on. What is posted within a
    session is signed with the session's key."""

    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None, patience: float = 1.0) -> None:
        """`patience` is a factor of every wait for an answer."""
        self.url = url.rstrip("/")
        httpx.URL(url)
        self.token = ""
        self.session = ""
        self.expires_at = 0  # the token's, by the server's clock
        self._signer: Signer | None = None
        self._patience = patience
        self._way = transport or Lines(machine_trust())
        self._pack = zstandard.ZstdCompressor(level=1).compress  # what one needs to work costs more than a packing

    def _timeout(self, sent: int = 0, seconds: float = ANSWER_SECONDS) -> dict[str, float | None]:
        """How long to wait for an answer to so many bytes."""
        answer, connect = (seconds + sent / SLOWEST) * self._patience, CONNECT_SECONDS * self._patience
        return {"connect": connect, "read": answer, "write": answer, "pool": answer}

    @classmethod
    def in_memory(cls, app: Any) -> HttpTransport:
        """The application itself, without a socket; its lifespan is the caller's."""
        return cls("http://memory", transport=httpx.ASGITransport(app=app))

    def signed(self, method: str, path: str, content: bytes) -> dict[str, str]:
        """The headers that sign this body with the session's key; none before sign-on."""
        return sign(self._signer, method, path, content) if self.token and self._signer else {}

    def use(self, opened: SessionOpened) -> None:
        """Speak for this session from now on."""
        self.token, self.session, self.expires_at = opened.token, opened.session, opened.expires_at
        self._signer = Signer.of_session(opened.session, from_text(opened.key))

    async def ask(
        self,
        method: str,
        path: str,
        answer: type[T],
        message: Any = None,
        *,
        sent: asyncio.Event | None = None,
        signer: Signer | None = None,
        seconds: float = ANSWER_SECONDS,
        **params: str,
    ) -> T:
        """Send a message, get one; `sent` is set when the request has left, `signer` signs in place of the session,
        `seconds` is how long the answer may take. Raises ServerRefused or TransportError."""
        headers = self._headers()
        content = None
        if message is not None:
            content = msgspec.json.encode(message)
            headers["content-type"] = "application/json"
            if len(content) >= PACK_FROM:
                content = self._pack(content)
                headers["content-encoding"] = "zstd"
            headers |= sign(signer, method, path, content) if signer else self.signed(method, path, content)
        body = (await self._send(method, path, headers, content, params, sent, seconds)).content
        if answer is type(None):
            return None
        try:
            return msgspec.json.decode(body, type=answer)
        except msgspec.DecodeError as error:
            raise TransportError("answer_not_understood", path=path, detail=str(error)) from None

    async def put_blob(
        self, sha256: str, content: bytes, media_type: str, *, start: int = 0, total: int | None = None
    ) -> None:
        """Send a file, or the bytes from `start` on of one that has `total`; raises ServerRefused or TransportError."""
        headers = self._headers() | {"content-type": media_type}
        if total is not None:
            headers["content-range"] = f"bytes {start}-{start + len(content) - 1}/{total}"
        await self._send("PUT", f"/v1/blob/{sha256}", headers, content, {})

    async def has_blob(self, sha256: str) -> bool:
        """Whether the server has a file, whole; raises ServerRefused or TransportError."""
        try:
            return await self.sent_of(sha256) is None
        except ServerRefused as refused:
            if refused.params.get("status") == 404:
                return False
            raise

    async def sent_of(self, sha256: str) -> int | None:
        """How many bytes of a file the server has from this device, None where it has it whole; raises ServerRefused –
        404 where nothing names it – or TransportError."""
        response = await self._send("HEAD", f"/v1/blob/{sha256}", self._headers(), None, {})
        told = response.headers.get(OFFSET, "")
        if response.status_code == 200:
            return None
        return int(told) if told.isdecimal() else 0

    async def get_blob(self, sha256: str, of: str = "") -> bytes:
        """Fetch a file; `of` names the paper that it is or was a file of. Raises ServerRefused or TransportError."""
        params = {"of": of} if of else {}
        return (await self._send("GET", f"/v1/blob/{sha256}", self._headers(), None, params)).content

    async def get_piece(self, sha256: str, start: int, length: int) -> bytes:
        """Some bytes of a file, none where it is gone; raises ServerRefused or TransportError."""
        headers = self._headers() | {"range": f"bytes={start}-{start + length - 1}", "accept-encoding": "identity"}
        try:
            asked = await self._send("GET", f"/v1/blob/{sha256}", headers, None, {}, seconds=length / SLOWEST)
            return asked.content
        except ServerRefused as refused:
            if refused.params.get("status") in (404, 416):
                return b""
            raise

    async def _send(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        content: bytes | None,
        params: dict[str, str],
        sent: asyncio.Event | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> httpx.Response:
        told: dict[str, Any] = {"timeout": self._timeout(len(content or b""), seconds)}
        if sent is not None:
            told["trace"] = _watch(sent)
        url = self.url + path
        request = httpx.Request(method, url, headers=headers, content=content, params=params or None, extensions=told)
        try:
            response = await self._way.handle_async_request(request)
            try:
                await response.aread()
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise TransportError("unreachable", detail=type(error).__name__) from None
        if response.status_code >= 400:
            raise _refused(response)
        return response

    async def live(self) -> AsyncIterator[dict[str, int]]:
        """Heads as they move; an empty dictionary for a sign of life. Raises TransportError when the stream ends."""
        headers = self._headers() | {"accept-encoding": "identity"}
        told = {"timeout": self._timeout() | {"read": LIVE_SECONDS}}
        request = httpx.Request("GET", self.url + "/v1/live", headers=headers, extensions=told)
        try:
            response = await self._way.handle_async_request(request)
            async with contextlib.aclosing(response):
                if response.status_code >= 400:
                    await response.aread()
                    raise _refused(response)
                rest = b""
                async for chunk in response.aiter_bytes():
                    *lines, rest = (rest + chunk).split(b"\n")
                    for line in lines:
                        if line.startswith(b"data: "):
                            yield msgspec.json.decode(line[6:], type=dict[str, int])
                        elif line.startswith(b":"):
                            yield {}
        except httpx.HTTPError as error:
            raise TransportError("unreachable", detail=type(error).__name__) from None
        except msgspec.DecodeError as error:
            raise TransportError("answer_not_understood", path="/v1/live", detail=str(error)) from None
        raise TransportError("unreachable", detail="live stream ended")

    def _headers(self) -> dict[str, str]:
        headers = {"accept-encoding": "zstd, gzip"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        return headers

    async def close(self) -> None:
        """Close the connections."""
        await self._way.aclose()


def _watch(sent: asyncio.Event) -> Callable[[str, Any], Awaitable[None]]:
    """The way's account of a request, as far as its last byte."""

    async def trace(event: str, _: Any) -> None:
        if event == SENT:
            sent.set()

    return trace


def _refused(response: httpx.Response) -> ServerRefused:
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.DecodeError:
        return ServerRefused("server_error", status=response.status_code)
    return ServerRefused(problem.code, status=response.status_code, **{**problem.params, "detail": problem.detail})
