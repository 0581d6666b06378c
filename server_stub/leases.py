"""What a device holds for a while, at the centre: its window by a heartbeat, its leased tickets, and their taking back.

heartbeat ─▶ due row `window.silence@1`, put off by a minute     fires only where the next one never comes
lease     ─▶ lease.return@1 | lease.give@1 by the clock          the rules say which tickets, the rows hold them
a call of a ticket that another device holds ─▶ lease.ask@1 ─▶ the holder pulls it, confirms ─▶ the call goes in
                                                 no word within a second: the call goes in without that ticket
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

from server_stub.apply.applier import Applier
from server_stub.apply.incoming import Incoming, by_the_clock
from server_stub.central.people import NotAllowed, granted, reads_only, scopes_for
from server_stub.central.statements import by_keys
from server_stub.central.store import Store, Tx
from server_stub.live import Hub
from sync.calendar import day_of
from sync.clock import Clock
from sync.protocol.identifiers import derived, uuid7
from sync.protocol.messages import AskLeases, GivenBlock, Heard, LeasedTicket, Leases, WantedBlock
from sync.protocol.operation import Args, kind_of
from sync.protocol.verbs import block as verbs_of_blocks
from sync.protocol.verbs import lease as verbs
from sync.protocol.verbs import ticket as tickets
from sync.records.states import LeaseState, Role, TicketState
from sync.rules import policy
from sync.rules.balanced import Layout
from sync.rules.block import TICKET, scope_of_series, series_of
from sync.rules.facts import Row
from sync.rules.setting import MOST_LEASES

SILENT_MS = 60_000
ANSWER_SECONDS = 1.0
MOST_SERIES = 10  # that one request may ask for
MOST_BLOCKS = 3  # of one series that a device may hold at once
GIVE_NUMBERS = frozenset({Role.CLERK, Role.APPROVER, Role.GRID, Role.DUTY, Role.KIOSK})
SILENCE = kind_of(verbs.Silence)
CALLS = (kind_of(tickets.CallNext), kind_of(tickets.Call))

_PUT_OFF = """INSERT INTO due (id, at, kind, record, scope, args) VALUES (?, ?, ?, ?, ?, '{}')
ON CONFLICT (id) DO UPDATE SET at = excluded.at"""
_OPEN = """SELECT id, ticket, device, state, expires_at FROM ticket_lease
WHERE scope = ? AND ended_at IS NULL"""

_LIVE = by_keys("ticket_lease", ("scope",), ("scope", "id", "ticket", "device", "state"), ("ended_at",))


class LeaseDesk:
    """One for a server process; it keeps nothing but what is on its way, so that several may share a store."""

    def __init__(self, store: Store, applier: Applier, hub: Hub, clock: Clock) -> None:
        self._store = store
        self._applier = applier
        self._hub = hub
        self._clock = clock
        self._calling: Counter[str] = Counter()  # calls on their way into each queue
        self._giving: dict[str, set[asyncio.Future[Any]]] = {}  # new leases on theirs
        self.patience = ANSWER_SECONDS  # so long a call waits for the holder's word

    # -- the heartbeat ------------------------------------------------------------------------------------------------

    async def grace(self) -> None:
        """At start: nobody could be heard while no server was there, so all windows have their minute from now."""
        until = self._clock.now() + SILENT_MS

        async def work(tx: Tx) -> None:
            await tx.execute("UPDATE due SET at = ? WHERE kind = ? AND at < ?", (until, SILENCE, until))

        await self._store.write(work)

    async def heard(self, session: str, device: str, staff: str) -> Heard:
        """The window is its own for another minute; raises NotAllowed `window_closed`. That one which had fallen
        silent is there again is told by who works, not by who only reads at the same machine."""
        now = self._clock.now()

        async def work(tx: Tx) -> tuple[str, bool]:
            scope, silent_at = await _seat(tx, session, device)
            await tx.execute(_PUT_OFF, (derived("heartbeat", session), now + SILENT_MS, SILENCE, session, scope))
            return scope, silent_at is not None and not await reads_only(tx, staff)

        scope, silent = await self._store.write(work)
        if silent:
            await self._applier.submit([self._by_clock(verbs.Heard(), session, scope)])
        return Heard(lasts=SILENT_MS)

    # -- leases -------------------------------------------------------------------------------------------------------

    async def answer(self, asked: AskLeases, device: str, staff: str) -> Leases:
        """Leases for a window, blocks of numbers for a device; raises NotAllowed `window_closed`. For who only reads at
        the machine nothing is given, taken back or ended."""
        if await self._store.read(lambda tx: reads_only(tx, staff)):
            return Leases(leases=[])
        leases = await self._give(asked, device) if asked.session else []
        return Leases(leases=leases, blocks=await self._blocks(asked, device, staff))

    async def _give(self, asked: AskLeases, device: str) -> list[LeasedTicket]:
        """Take back what the device gives back, then give what the rules allow."""

        async def look(tx: Tx) -> tuple[str, list[Any]]:
            scope, _ = await _seat(tx, asked.session, device)
            return scope, await tx.fetch(_OPEN, (scope,))

        scope, leases = await self._store.read(look)
        theirs = {id for id, _, holder, *_ in leases if holder == device}
        now = self._clock.now()
        back = [self._by_clock(verbs.ReturnLease(), id, scope) for id in dict.fromkeys(asked.back) if id in theirs]
        most = 0 if self._calling[scope] else MOST_LEASES  # while somebody calls there, what is held goes on, no more
        new = verbs.GiveLeases(leases=[uuid7(now) for _ in range(most)], day=day_of(now))
        await self._submit_gift(scope, [*back, self._by_clock(new, asked.session, scope)])
        _, leases = await self._store.read(look)
        return [
            LeasedTicket(id=id, ticket=ticket, lasts=expires_at - now)
            for id, ticket, holder, state, expires_at in leases
            if holder == device and state == LeaseState.HELD and expires_at > now
        ]

    # -- blocks of numbers ---------------------------------------------------------------------------------------------

    async def _blocks(self, asked: AskLeases, device: str, staff: str) -> list[GivenBlock]:
        """End what is over, give what is wanted: in scopes that the device may hold and where the person gives out
        numbers – who only reads draws none –, a few of each at most."""
        now = self._clock.now()

        async def look(tx: Tx) -> tuple[list[Any], set[str]]:
            out = await tx.fetch(
                "SELECT id, scope, series, period FROM number_block WHERE device = ? AND state = 'out'", (device,)
            )
            gives = {over for role, over in await granted(tx, staff) if role in GIVE_NUMBERS}
            return out, gives & set(await scopes_for(tx, device, now))

        if not (asked.blocks or asked.over):
            return []
        out, permitted = await self._store.read(look)
        scopes = {id: scope for id, scope, _, _ in out}
        held = Counter((series, period) for id, _, series, period in out if id not in asked.over)
        ended = verbs_of_blocks.EndBlock(reason="returned")
        operations = [self._by_clock(ended, id, scopes[id]) for id in dict.fromkeys(asked.over) if id in scopes]
        given: dict[str, WantedBlock] = {}
        for wanted in asked.blocks[:MOST_SERIES]:
            period = day_of(now) if wanted.of == TICKET else day_of(now)[:4]
            series = series_of(wanted.scope, wanted.of, wanted.prefix)
            if wanted.scope not in permitted or held[series, period] >= MOST_BLOCKS:
                continue
            held[series, period] += 1
            give = verbs_of_blocks.GiveBlock(device=device, of=wanted.of, prefix=wanted.prefix, period=period)
            id = uuid7(now)
            given[id] = wanted
            operations.append(self._by_clock(give, id, scope_of_series(wanted.scope, wanted.of)))
        await self._applier.submit(operations)
        found = await self._store.read(lambda tx: self._made(tx, list(given)))
        return [
            GivenBlock(
                id=block.id,
                of=block.kind,
                scope=given[block.id].scope,
                prefix=block.prefix,
                period=block.period,
                first=block.first,
                last=block.last,
                until=block.expires_at,
            )
            for block in found
        ]

    async def _made(self, tx: Tx, ids: Sequence[str]) -> list[Row]:
        return [row for id in ids for row in await self._rows(tx, "number_block", id=id)]

    @contextlib.asynccontextmanager
    async def calls(self, operations: Sequence[Incoming]) -> AsyncIterator[None]:
        """Around the writing of calls: what they would call and another device holds is asked back before, its word
        awaited a moment – once, and not again while the holder is silent. Until they are written nobody is given a new
        lease in their queue, or one that was not there at the look would stand in the way of the call."""
        calls = [each for each in operations if each.operation is not None and each.kind in CALLS]
        scopes = Counter(call.envelope.scope for call in calls)
        self._calling += scopes
        try:
            for call in calls:
                while given := self._giving.get(call.envelope.scope):
                    await asyncio.wait(given)
                await self._ask_back(call)
            yield
        finally:
            self._calling -= scopes

    async def _submit_gift(self, scope: str, operations: Sequence[Incoming]) -> None:
        """Write what gives leases; a call that comes now looks after it."""
        gift = asyncio.ensure_future(self._applier.submit(operations))
        under_way = self._giving.setdefault(scope, set())
        under_way.add(gift)
        gift.add_done_callback(under_way.discard)
        await asyncio.shield(gift)

    async def _ask_back(self, incoming: Incoming) -> None:
        scope = incoming.envelope.scope
        leases = await self._store.look_up(_LIVE, (scope,))
        others = {ticket: (id, state) for _, id, ticket, holder, state in leases if holder != incoming.device}
        lease = await self._store.read(lambda tx: self._in_the_way(tx, incoming, others)) if others else None
        if lease is None:
            return
        async with self._hub.listen() as listener:
            await self._applier.submit([self._by_clock(verbs.AskBack(), lease, scope)])
            loop = asyncio.get_running_loop()
            until = loop.time() + self.patience
            while (left := until - loop.time()) > 0 and not listener.closed:
                if scope in await listener.wait(left) and await self._store.glance(lambda tx: _is_over(tx, lease)):
                    return

    async def _in_the_way(self, tx: Tx, incoming: Incoming, others: dict[str, tuple[str, str]]) -> str | None:
        """The lease of another device that this call would meet, if it was not asked for yet. It may read all who wait:
        not on the loop."""
        if incoming.kind == CALLS[1]:
            wanted = incoming.envelope.id
        else:
            wanted = await self._next(tx, incoming, self._clock.now())
        lease, state = others.get(wanted, ("", ""))
        return lease if state == LeaseState.HELD else None

    async def _next(self, tx: Tx, incoming: Incoming, now: int) -> str:
        """Whom the policy would call to this window, were nothing leased."""
        scope = incoming.envelope.scope
        sessions = await self._rows(tx, "window_session", id=incoming.envelope.id)
        windows = await self._rows(tx, "window", id=sessions[0].window) if sessions else []
        waiting = await self._rows(tx, "ticket", scope=scope, day=day_of(now), state=TicketState.WAITING.value)
        layouts = await self._rows(tx, "layout", id=scope)
        if not windows:
            return ""
        layout: Layout | None = next(iter(layouts), None)
        if layout is not None:
            there: list[Row] = []
            for state in policy.AT_WINDOWS:
                there += await self._rows(tx, "ticket", scope=scope, day=day_of(now), state=state.value)
            layout = policy.at_windows(layout, [(each.window, each.prefix) for each in there], windows[0].id)
        chosen = policy.choose(waiting, windows[0], now, self._applier.hall.settings, layout)
        return "" if chosen is None else str(chosen.id)

    async def _rows(self, tx: Tx, table: str, **where: Any) -> list[Row]:
        columns = self._store.columns[table]
        found = await tx.fetch(self._store.records[table].match(where, ()).one, tuple(where.values()))
        return [Row(values[0], values[1], values[2], columns.body(tuple(values))) for values in found]

    def _by_clock(self, args: Args, id: str, scope: str) -> Incoming:
        """An operation of the clock's that happens because somebody asked: each has a number of its own."""
        n = secrets.randbits(62) + 1
        return by_the_clock(kind_of(args), args, id, scope, n=n, now=self._clock.now())


async def _seat(tx: Tx, session: str, device: str) -> tuple[str, int | None]:
    """Scope and silence of a live session of this device; raises NotAllowed `window_closed`."""
    found = await tx.fetch_one(
        "SELECT scope, device, closed_at, silent_at FROM window_session WHERE id = ?", (session,)
    )
    if found is None or found[1] != device or found[2] is not None:
        raise NotAllowed("window_closed")
    return str(found[0]), found[3]


async def _is_over(tx: Tx, lease: str) -> bool:
    found = await tx.fetch_one("SELECT ended_at FROM ticket_lease WHERE id = ?", (lease,))
    return found is None or found[0] is not None
