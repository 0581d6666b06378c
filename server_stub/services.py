"""What the routes share: one bundle a server process, made at start."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.types import Scope

from server_stub.apply.applier import GROUP_OPERATIONS, Applier
from server_stub.central.heads import HeadKeeper
from server_stub.central.opening import open_store
from server_stub.central.people import Caller, NotAllowed, People
from server_stub.central.sessions import Sessions
from server_stub.central.store import Store
from server_stub.compression import PACKED_DIGEST
from server_stub.files.sweep import Sweep
from server_stub.files.uploads import Uploads
from server_stub.files.vault import Vault
from server_stub.leases import LeaseDesk
from server_stub.live import Hub
from server_stub.months import Months
from server_stub.news import News
from server_stub.retention import Retention
from server_stub.rounds import Rounds
from server_stub.snapshots import Snapshots
from server_stub.timers import Timers
from server_stub.upstream.province.connector import Connector
from sync.clock import Clock
from sync.protocol.signing import BadSignature, Signature, read

Asked = Request[None, None, State]


@dataclass(frozen=True, slots=True)
class Services:
    """The server's parts."""

    store: Store
    people: People
    sessions: Sessions
    applier: Applier
    timers: Timers
    leases: LeaseDesk
    hub: Hub
    news: News
    province: Connector
    months: Months
    retention: Retention
    vault: Vault
    uploads: Uploads
    sweep: Sweep
    snapshots: Snapshots
    clock: Clock
    heads: HeadKeeper | None = None
    min_client: int = 1  # the oldest protocol of a client that can take in what is here
    contacts: dict[str, int] = field(default_factory=dict)  # device → its last contact, ms

    @classmethod
    def open(
        cls,
        at: str | Store,
        clock: Clock,
        *,
        province_key: bytes | None = None,
        heads: tuple[Path, float] | None = None,
        files_keys: Sequence[bytes] | None = (),
        group: int = GROUP_OPERATIONS,
    ) -> Services:
        """What works on a store: the one at a URL, or one that is open already; raises StoreError. The key is what the
        province gave the hall; `heads` a folder for signed heads, and how often, s; `files_keys` what files are sealed
        with, the first of them new ones, where it is not to be a key in the store itself; None where no file is
        touched; `group`: the applier's."""
        store = open_store(at) if isinstance(at, str) else at
        hub = Hub()
        applier = Applier(store, hub, group)
        timers, news = Timers(store, applier, clock), News(store, hub, applier)
        leases = LeaseDesk(store, applier, hub, clock)
        province, vault = Connector(store, applier, clock, province_key), Vault.of(store, files_keys)
        files = (
            vault,
            Uploads(store, vault, applier, clock),
            Sweep(store, vault, clock),
            Snapshots(store, vault, clock),
        )
        months = Months(store, applier, timers, clock)
        retention = Retention(store, applier, timers, vault, files[-1], clock)
        keeper = None if heads is None else HeadKeeper(store, clock, *heads)
        return cls(
            *(store, People(store), Sessions(store), applier, timers, leases, hub, news),
            *(province, months, retention, *files),
            *(clock, keeper),
        )

    @property
    def rounds(self) -> list[Rounds]:
        """What is looked after regularly while a server runs."""
        regular: list[Rounds] = [self.province, self.months, self.retention, self.sweep]
        return regular if self.heads is None else [*regular, self.heads]

    async def caller(self, request: Asked) -> Caller:
        """The live session a request comes from; what is posted must be signed with its key. Raises NotAllowed."""
        caller = await self.sessions.caller(_token(request), self.clock.now())
        if request.method == "POST":
            self.sessions.verify(caller, "", _signature(request), _path(request), await _digest(request))
        return caller

    async def pusher(self, request: Asked) -> Caller:
        """Who signed a push: a session, or a device that is not taken any more. Raises NotAllowed."""
        named = _token(request) if "authorization" in request.headers else ""
        signature = _signature(request) if not named or "signature-input" in request.headers else None
        if signature is None:
            await self.sessions.caller(named, self.clock.now())
            raise NotAllowed("signature")
        caller, public = await self.sessions.pusher(named, signature, self.clock.now())
        self.sessions.verify(caller, public, signature, _path(request), await _digest(request))
        return caller


def _token(request: Asked) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise NotAllowed("session_unknown")
    return token


def _signature(request: Asked) -> Signature:
    try:
        return read(request.headers)
    except BadSignature:
        raise NotAllowed("signature" if "authorization" in request.headers else "session_unknown") from None


def _path(request: Asked) -> str:
    raw: bytes = request.scope["raw_path"]
    return raw.partition(b"?")[0].decode("latin-1")


async def _digest(request: Asked) -> bytes:
    """SHA-256 of the body as it came: taken before it was unpacked, where it was packed."""
    packed: bytes | None = cast(dict[str, Any], request.scope).get(PACKED_DIGEST)
    return packed or hashlib.sha256(await request.body()).digest()


def provide_services(scope: Scope) -> Services:
    """Litestar's dependency `services`: those of the hall that was asked."""
    services: Services = scope["state"]["services"]
    return services


async def provide_caller(request: Asked, services: NamedDependency[Services]) -> Caller:
    """Litestar's dependency `caller`."""
    return await services.caller(request)


async def provide_pusher(request: Asked, services: NamedDependency[Services]) -> Caller:
    """Litestar's dependency `pusher`."""
    return await services.pusher(request)
