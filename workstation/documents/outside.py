"""Where time stamps, OCSP answers and CRLs come from, and the one way by which they are asked.

    Authorities    the addresses and trust lists that the hall has set (`timestamp_url` …; sync.records.settings)
    Outside        an HTTP client that is bounded: seconds, bytes, no redirects, no proxy of the environment
    OnceDown       the same for one round of many questions: who does not answer is asked once

Whatever an outside server does costs a signature its level, never the signature: every failure is an OutsideDown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import msgspec
from asn1crypto import pem

from sync.errors import DocumentError
from sync.trusted import machine_trust
from sync.verdict import TrustRoots

DEADLINE_S = 10.0
LARGEST = 16 << 20  # a CRL of a large authority


class OutsideDown(DocumentError):
    """An outside server gives no usable answer: `document.outside_down` (server, reason)."""


class Authorities(msgspec.Struct, frozen=True, kw_only=True):
    """What the hall says of the outside. `roots` are the DER anchors of signers, `timestamp_roots` of time-stamp
    servers; empty `ocsp` and `crls` leave it to the addresses that the certificates themselves name."""

    roots: tuple[bytes, ...] = ()
    timestamp_url: str = ""
    timestamp_roots: tuple[bytes, ...] = ()
    ocsp: str = ""
    crls: tuple[str, ...] = ()

    @property
    def trust(self) -> TrustRoots:
        """Whom to believe at verification."""
        return TrustRoots(self.roots, self.timestamp_roots)

    @property
    def can_stamp(self) -> bool:
        """Whether a time-stamp server and its trust list are set."""
        return bool(self.timestamp_url and self.timestamp_roots)


def certificates_of(text: str) -> tuple[bytes, ...]:
    """The certificates of a PEM text; whatever else stands in it is passed over."""
    try:
        return tuple(der for kind, _, der in pem.unarmor(text.encode(), multiple=True) if kind == "CERTIFICATE")
    except ValueError:
        return ()


class Outside:
    """Asks outside servers, from a worker thread. `deadline_s` bounds a whole exchange, however slowly its bytes
    come."""

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        self._deadline_s = deadline_s

    def get(self, url: str) -> bytes:
        """A file. Raises OutsideDown."""
        return self._ask("GET", url, None, {})

    def post(self, url: str, body: bytes, media_type: str) -> bytes:
        """The answer to a request. Raises OutsideDown."""
        return self._ask("POST", url, body, {"content-type": media_type})

    def _ask(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        # A thread of its own: whoever asks may run an event loop already.
        with ThreadPoolExecutor(1, "outside") as thread:
            return thread.submit(asyncio.run, self._exchange(method, url, body, headers)).result()

    async def _exchange(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        received = bytearray()
        try:
            async with (
                asyncio.timeout(self._deadline_s),
                httpx.AsyncClient(timeout=self._deadline_s, trust_env=False, verify=machine_trust()) as client,
                client.stream(method, url, content=body, headers=headers) as response,
            ):
                if response.status_code != 200:
                    raise OutsideDown(
                        "document.outside_down", server=host_of(url), reason=f"HTTP {response.status_code}"
                    )
                async for chunk in response.aiter_bytes():
                    received += chunk
                    if len(received) > LARGEST:
                        raise OutsideDown("document.outside_down", server=host_of(url), reason="too large")
        except TimeoutError:
            raise OutsideDown("document.outside_down", server=host_of(url), reason="too slow") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as failure:
            raise OutsideDown("document.outside_down", server=host_of(url), reason=type(failure).__name__) from None
        return bytes(received)


class OnceDown(Outside):
    """The same servers, for a while in which none that does not answer is asked again: who needs it hears the same."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._down: dict[str, DocumentError] = {}

    def get(self, url: str) -> bytes:
        return self._asked(url, lambda: self._outside.get(url))

    def post(self, url: str, body: bytes, media_type: str) -> bytes:
        return self._asked(url, lambda: self._outside.post(url, body, media_type))

    def down(self, url: str, why: DocumentError) -> None:
        """What it answers is of no use to anybody."""
        self._down[url] = why

    def _asked(self, url: str, ask: Callable[[], bytes]) -> bytes:
        if url in self._down:
            raise self._down[url]
        try:
            return ask()
        except OutsideDown as failure:
            if not str(failure.params.get("reason")).startswith("HTTP 4"):  # what one question met may be its own
                self._down[url] = failure
            raise


def host_of(url: str) -> str:
    """The server of an address, as refusals name it."""
    return url.partition("://")[2].partition("/")[0] or url
