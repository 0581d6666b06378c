"""The network and the server in bad hands, by a seeded chance: every fault is counted, and none is without a way out.

flaky        requests lost, answers lost, requests sent twice, a copy of an old push arriving after a newer one
partition    a machine cut off for some of its own next steps
kill         the server killed -9 while a push is under way, and started again
"""

from __future__ import annotations

import contextlib
import random
from dataclasses import asdict, dataclass, field

import httpx

NONE, FLAKY, PARTITION, KILL = "none", "flaky", "partition", "kill"
MODES = (NONE, FLAKY, PARTITION, KILL)
EXPECTED = {
    NONE: (),
    FLAKY: ("lost_request", "lost_response", "duplicated", "reordered"),
    PARTITION: ("partitions",),
    KILL: ("server_kills",),
}
CHANCE = {FLAKY: 0.04, PARTITION: 0.02, KILL: 0.002}
EARLY = 6  # a fault strikes for the first time within so many opportunities, so that a short log meets it too


@dataclass(slots=True)
class Counters:
    """How often each fault struck."""

    lost_request: int = 0
    lost_response: int = 0
    duplicated: int = 0
    reordered: int = 0
    partitions: int = 0
    server_kills: int = 0

    def as_dict(self) -> dict[str, int]:
        """For the report."""
        return asdict(self)

    def missing(self, mode: str) -> list[str]:
        """Faults that the mode promises and that never struck."""
        return [name for name in EXPECTED[mode] if not getattr(self, name)]


@dataclass(slots=True)
class Chance:
    """The faults of one replay; the same seed gives the same."""

    mode: str
    random: random.Random
    counters: Counters = field(default_factory=Counters)
    _first: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, mode: str, seed: int) -> Chance:
        """By mode and seed."""
        return cls(mode, random.Random(seed))

    def strikes(self, mode: str, fault: str = "") -> bool:
        """Whether a fault of this mode happens now."""
        if self.mode != mode:
            return False
        left = self._first[fault] = self._first.get(fault, self.random.randint(2, EARLY)) - 1
        return left == 0 or self.random.random() < CHANCE[mode]

    def transport(self) -> httpx.AsyncBaseTransport | None:
        """What lies between a machine and the server; None for the plain network."""
        return FlakyNetwork(self) if self.mode == FLAKY else None


class FlakyNetwork(httpx.AsyncBaseTransport):
    """Real HTTP underneath; pushes and pulls meet the faults."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._wire = httpx.AsyncHTTPTransport()
        self._held: httpx.Request | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, or not, or twice."""
        if request.url.path not in ("/v1/push", "/v1/pull"):
            return await self._wire.handle_async_request(request)
        chance, counters = self._chance, self._chance.counters
        if chance.strikes(FLAKY, "lost_request"):
            counters.lost_request += 1
            raise httpx.ConnectError("request lost", request=request)
        if request.method == "POST" and chance.strikes(FLAKY, "duplicated"):
            counters.duplicated += 1
            await self._send_and_forget(request)
        response = await self._wire.handle_async_request(request)
        if chance.strikes(FLAKY, "lost_response"):
            counters.lost_response += 1
            await response.aread()
            await response.aclose()
            raise httpx.ReadTimeout("answer lost", request=request)
        await self._late_copy(request)
        return response

    async def _late_copy(self, request: httpx.Request) -> None:
        """A copy of an older push arrives after a newer one has been answered."""
        if request.method != "POST":
            return
        if self._held is not None:
            held, self._held = self._held, None
            self._chance.counters.reordered += 1
            await self._send_and_forget(held)
        elif self._chance.strikes(FLAKY, "reordered"):
            self._held = request

    async def _send_and_forget(self, request: httpx.Request) -> None:
        copy = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        with contextlib.suppress(httpx.HTTPError):
            response = await self._wire.handle_async_request(copy)
            await response.aread()
            await response.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()
