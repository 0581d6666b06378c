"""The way to the province: signed requests, short patience, and one exception for everything that goes wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from server_stub.credentials import read_secret
from server_stub.upstream.province.message import Batch, Day, Numbers, Received
from sync.protocol.signing import Signer, sign
from sync.trusted import machine_trust

T = TypeVar("T")
TIMEOUT = httpx.Timeout(20.0, connect=5.0)
ANSWER_BYTES, ANSWER_SECONDS = 16 << 20, 120.0
"""No answer is longer or takes longer, unpacked and however slowly its bytes come."""
SHORTEST_KEY = 16
CREDENTIAL = "province.key"


class NoAnswer(Exception):
    """The province did not answer, or not as agreed: `code` for the screen, `status` of HTTP (0: no answer at all)."""

    def __init__(self, code: str, status: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Province:
    """One province's platform at `url`, spoken to as `hall` with its key."""

    def __init__(self, url: str, hall: str, key: bytes, *, timeout: httpx.Timeout = TIMEOUT) -> None:
        self.url, self.hall = url.rstrip("/"), hall
        self._signer = Signer.of_session(hall, key)
        self._client = httpx.AsyncClient(
            timeout=timeout, trust_env=False, follow_redirects=False, verify=machine_trust()
        )

    async def send(self, batch: Batch) -> Received:
        """Send ratings. Raises NoAnswer."""
        return await self._ask("PUT", "/ratings", Received, msgspec.json.encode(batch))

    async def day(self, day: str) -> Day:
        """A day in short. Raises NoAnswer."""
        return await self._ask("GET", f"/ratings/{quote(self.hall, safe='')}/{day}", Day)

    async def numbers(self, day: str) -> Numbers:
        """A day in full. Raises NoAnswer."""
        return await self._ask("GET", f"/ratings/{quote(self.hall, safe='')}/{day}/numbers", Numbers)

    async def _ask(self, method: str, path: str, answer: type[T], body: bytes = b"") -> T:
        where = f"{self.url}{path}"
        try:
            headers = sign(self._signer, method, urlsplit(where).path, body) | {"content-type": "application/json"}
        except ValueError:  # no address at all
            raise NoAnswer("unreachable") from None
        said = bytearray()
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                self._client.stream(method, where, content=body, headers=headers) as response,
            ):
                if response.status_code != 200:
                    raise NoAnswer(f"http_{response.status_code}", response.status_code)
                async for chunk in response.aiter_bytes():
                    said += chunk
                    if len(said) > ANSWER_BYTES:
                        raise NoAnswer("not_understood")
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            silent = isinstance(error, httpx.TimeoutException | TimeoutError)
            raise NoAnswer("silent" if silent else "unreachable") from None
        try:
            return msgspec.json.decode(said, type=answer)
        except msgspec.DecodeError:
            raise NoAnswer("not_understood") from None

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.aclose()


def read_key(path: Path | None) -> bytes | None:
    """The key that the province gave the hall, None where there is none. Raises InputError."""
    return read_secret(path, CREDENTIAL, SHORTEST_KEY)
