"""One exchange with the server, step by step: what the engine repeats, and what a replay or a test drives itself."""

from __future__ import annotations

from sync.clock import Clock
from sync.errors import ChainBroken
from sync.protocol.messages import PULL_OPERATIONS, PUSH_OPERATIONS, Pulled, Pushed, Result
from sync.replica.pull import cursors, take
from sync.replica.push import next_push, settle
from sync.replica.store import ReplicaStore
from sync.transport.http import HttpTransport


class Exchange:
    """A replica and its way to the server. One push is in flight at a time."""

    def __init__(self, store: ReplicaStore, transport: HttpTransport, clock: Clock) -> None:
        self.store = store
        self.transport = transport
        self.clock = clock
        self.round_trip_ms = 0  # of the last pull
        self.clock_error_ms = 0  # this device's wall clock, ahead of the server's; within the round trip it is 0

    async def push(self, limit: int = PUSH_OPERATIONS) -> list[Result]:
        """Send what is new; answers what ended. Raises TransportError: then nothing is known, and nothing changed."""
        message = next_push(self.store, self.clock, limit)
        if message is None:
            return []
        return settle(self.store, await self.transport.ask("POST", "/v1/push", Pushed, message))

    async def pull(self, limit: int = PULL_OPERATIONS) -> set[str]:
        """Fetch one page of every scope; answers the tables that changed ("*": a scope was withdrawn)."""
        changed, _ = await self._pull(limit)
        return changed

    async def pull_all(self) -> set[str]:
        """Pull until nothing more is there. Raises ChainBroken `chain_gap` where the server tells of rows and sends
        none."""
        changed: set[str] = set()
        while True:
            before = cursors(self.store)
            tables, more = await self._pull()
            changed |= tables
            if not more:
                return changed
            if cursors(self.store) == before:
                raise ChainBroken("chain_gap", scope=before)

    async def _pull(self, limit: int = PULL_OPERATIONS) -> tuple[set[str], bool]:
        asked = {"c": cursors(self.store), "limit": str(limit)}
        if self.store.pending():
            asked["pending"] = "true"
        _, began = self.clock.boot()
        pulled = await self.transport.ask("GET", "/v1/pull", Pulled, **asked)
        self.round_trip_ms = self.clock.boot()[1] - began
        ahead = self.clock.now() - pulled.now
        self.clock_error_ms = ahead if abs(ahead) > max(1_000, self.round_trip_ms) else 0
        more = bool(pulled.missing) or any(page.more for page in pulled.scopes.values())
        return take(self.store, pulled), more
