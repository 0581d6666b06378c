"""What the routes share: one bundle a server process, made at start."""

from __future__ import annotations

from dataclasses import dataclass, field

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency

from server_stub.apply.applier import Applier
from server_stub.central.people import Caller, NotAllowed, People
from server_stub.central.store import Store, open_store
from server_stub.live import Hub
from server_stub.timers import Timers
from sync.clock import Clock


@dataclass(frozen=True, slots=True)
class Services:
    """The server's parts."""

    store: Store
    people: People
    applier: Applier
    timers: Timers
    hub: Hub
    clock: Clock
    contacts: dict[str, int] = field(default_factory=dict)  # device → its last contact, ms

    @classmethod
    def open(cls, url: str, clock: Clock) -> Services:
        """Open the store and what works on it; raises StoreError."""
        store, hub = open_store(url), Hub()
        applier = Applier(store, hub)
        return cls(store, People(store), applier, Timers(store, applier, clock), hub, clock)

    async def caller(self, request: Request[None, None, State]) -> Caller:
        """The live session a request comes from; raises NotAllowed."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise NotAllowed("session_unknown")
        return await self.people.caller(token, self.clock.now())


async def provide_caller(request: Request[None, None, State], services: NamedDependency[Services]) -> Caller:
    """Litestar's dependency `caller`."""
    return await services.caller(request)
