"""One exchange with the server, step by step: what the engine repeats, and what a replay or a test drives itself."""

from __future__ import annotations

from sync.clock import Clock
from sync.protocol.messages import PUSH_OPERATIONS, Pulled, Pushed, Result
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

    async def push(self, limit: int = PUSH_OPERATIONS) -> list[Result]:
        """Send what is new; answers what ended. Raises TransportError: then nothing is known, and nothing changed."""
        message = next_push(self.store, self.clock, limit)
        if message is None:
            return []
        return settle(self.store, await self.transport.ask("POST", "/v1/push", Pushed, message))

    async def pull(self) -> set[str]:
        """Fetch one page of every scope; answers the tables that changed ("*": a scope was withdrawn)."""
        changed, _ = await self._pull()
        return changed

    async def pull_all(self) -> set[str]:
        """Pull until nothing more is there."""
        changed: set[str] = set()
        while True:
            tables, more = await self._pull()
            changed |= tables
            if not more:
                return changed

    async def _pull(self) -> tuple[set[str], bool]:
        pulled = await self.transport.ask("GET", "/v1/pull", Pulled, c=cursors(self.store))
        more = bool(pulled.missing) or any(page.more for page in pulled.scopes.values())
        return take(self.store, pulled), more
