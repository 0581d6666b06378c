"""What this device may call without a network: tickets leased to its window, counted by its own boot clock.

    beat ─▶ /v1/heartbeat      the window stays this person's
    renew ─▶ /v1/lease ─▶ lease(id, ticket, boot, until)     until = boot clock as the request was sent + what it lasts
    the centre wants one back (its row says `asked`) ─▶ struck here first, then said with the next renew
    offline: take() inside the call's own transaction, while boot id and clock allow

A laptop's boot clock counts its sleep; its wall clock decides nothing. Without a boot clock nothing can be called
offline, since nobody could say when to stop.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from sync.calendar import day_of
from sync.clock import Clock
from sync.protocol.identifiers import uuid7
from sync.protocol.messages import AskLeases, Beat, Heard, LeasedTicket, Leases
from sync.protocol.operation import Args, Operation, kind_of
from sync.protocol.verbs.lease import CallLeased, GiveLeases
from sync.records.states import LeaseState, Role
from sync.replica.blocks import Series, keep, low, strike
from sync.replica.fold import Surroundings
from sync.replica.rows import LocalRows, read_row
from sync.replica.store import ReplicaStore
from sync.replica.submit import Taking
from sync.rules import rule as rules
from sync.rules.facts import Facts
from sync.rules.outcome import Effects, Refusal
from sync.transport.http import HttpTransport

BEAT_SECONDS = 15.0
BREATH_SECONDS = 0.5  # between two looks at the leases, however fast the queue moves
MOST = 20  # leases that a window may have at most
GUARD_MS = 5_000
"""A device stops so much before its lease ends: two boot clocks are not cut from one crystal."""

_CALLED = """SELECT 1 FROM outbox o WHERE o.kind = 'ticket.call_leased@1' AND json_extract(o.args, '$.lease') = l.id"""
_MINE = f"""SELECT l.id, l.ticket, l.boot, l.until FROM lease l LEFT JOIN ticket_lease t ON t.id = l.id
WHERE coalesce(t.state, 'held') = 'held' AND NOT EXISTS ({_CALLED}) ORDER BY l.until, l.id"""  # noqa: S608 - a constant
_ASKED = "SELECT id FROM ticket_lease WHERE device = ? AND state = ? AND ended_at IS NULL"
_FORGET = "DELETE FROM lease WHERE id IN (SELECT id FROM ticket_lease WHERE state <> ?)"
_CALLED_HERE = """SELECT json_extract(args, '$.lease') FROM outbox WHERE kind = 'ticket.call_leased@1'"""


@dataclass(frozen=True, slots=True)
class Leased:
    """A ticket that may be called here without a network, for `left_ms` more."""

    lease: str
    ticket: str
    left_ms: int


def usable(store: ReplicaStore, clock: Clock) -> list[Leased]:
    """What may be called now, soonest to end first; nothing after a restart, nothing without a boot clock."""
    boot, now = clock.boot()
    rows = store.read(_MINE) if boot else ()
    return [
        Leased(id, ticket, until - now)
        for id, ticket, of_boot, until in (tuple(row) for row in rows)
        if of_boot == boot and until > now
    ]


def take(clock: Clock, lease: str, *, session: str, call: str) -> Taking:
    """The call of a leased ticket, while the lease is this device's. Its row in the outbox marks it as used: one that
    is withdrawn unsent can be called again. Refused `lease_over`."""

    def taking(connection: sqlite3.Connection) -> Args | Refusal:
        boot, now = clock.boot()
        mine = {id: (of_boot, until) for id, _, of_boot, until in connection.execute(_MINE)} if boot else {}
        of_boot, until = mine.get(lease, ("", 0))
        if of_boot != boot or until <= now:
            return Refusal("lease_over")
        return CallLeased(session=session, call=call, lease=lease)

    return taking


class LeaseKeeper:
    """The window's heartbeat and its leases, over one transport."""

    def __init__(self, store: ReplicaStore, transport: HttpTransport, clock: Clock) -> None:
        self._store = store
        self._transport = transport
        self._clock = clock
        self._over: set[str] = set()  # blocks struck here, not yet told

    async def beat(self, session: str) -> None:
        """The window is still this device's. Raises ServerRefused, TransportError."""
        await self._transport.ask("POST", "/v1/heartbeat", Heard, Beat(session=session))

    async def renew(self, session: str) -> bool:
        """Ask anew; whether what may be called changed. Raises ServerRefused, TransportError: then all stays."""
        back = self._strike()
        boot, sent = self._clock.boot()
        answer = await self._transport.ask("POST", "/v1/lease", Leases, AskLeases(session=session, back=sorted(back)))
        return self._keep(session, boot, sent, answer.leases) or bool(back)

    async def renew_blocks(self, wanted: Iterable[Series], now: int) -> bool:
        """Numbers of these series, where they run low at `now` (ms); what is over is given back. Whether there was
        anything to say. Raises ServerRefused, TransportError."""
        self._over |= set(strike(self._store, now))
        asked = low(self._store, wanted, now)
        if not asked and not self._over:
            return False
        over = sorted(self._over)
        message = AskLeases(blocks=asked, over=over)
        answer = await self._transport.ask("POST", "/v1/lease", Leases, message)
        keep(self._store, answer.blocks)
        self._over -= set(over)
        return True

    def low(self, session: str, now: int) -> bool:
        """Whether asking would change anything: one of ours is wanted back, or the centre's own rule says so on the
        rows that are here; `now` in ms."""
        if self._wanted():
            return True
        with self._store.lock:
            connection = self._store.connection
            row = read_row(connection, self._store.columns["window_session"], session)
            if row is None:
                return False
            around = Surroundings.read(connection, self._store.device)
            args = GiveLeases(leases=[uuid7(now) for _ in range(MOST)], day=day_of(now))
            op: Operation[Args] = Operation(
                n=0,
                kind=kind_of(args),
                id=session,
                scope=row.scope,
                args=args,
                by="clock",
                session="",
                device=self._store.device,
                said_at=now,
            )
            rows = LocalRows(connection, self._store.columns, around.held, row.scope)
            rows.declare(rules.RULES[op.kind].reads(op))
            facts = Facts(
                now=now,
                received=now,
                actor=op.by,
                roles=frozenset({Role.CLOCK}),
                device=op.device,
                authority=False,
                calendar=around.calendar,
                rows=rows,
                settings=around.settings,
            )
            outcome = rules.decide(op, facts)
        return isinstance(outcome, Effects) and bool(outcome.changes)

    def _wanted(self) -> set[str]:
        """Leases of this device that the centre wants back, and that were not called here already."""
        asked = {row["id"] for row in self._store.read(_ASKED, (self._store.device, LeaseState.ASKED.value))}
        return asked - {row[0] for row in self._store.read(_CALLED_HERE)} if asked else asked

    def _strike(self) -> set[str]:
        """Strike what is over, and what the centre wants back; the latter, to be told."""
        with self._store.write() as connection:
            connection.execute(_FORGET, (LeaseState.HELD.value,))
            return self._wanted()

    def _keep(self, session: str, boot: str, sent: int, leases: list[LeasedTicket]) -> bool:
        kept = {each.id: each for each in leases}
        with self._store.write() as connection:
            before = {row[0] for row in connection.execute("SELECT id FROM lease")}
            connection.execute("DELETE FROM lease")
            connection.executemany(
                "INSERT INTO lease VALUES (?, ?, ?, ?, ?)",
                [(id, each.ticket, session, boot, sent + each.lasts - GUARD_MS) for id, each in kept.items() if boot],
            )
        return before != kept.keys()
