"""Bugs in what devices hold: leases, numbers, rights to issue; as in `bugs.py`, put into the real code.

Imported for its effect: it adds to HOLDING, which `HoldingMachine` hunts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import msgspec

from server_stub.apply import applier, group
from sync.protocol.messages import AskLeases, Leases
from sync.protocol.verbs.block import BlockNumber
from sync.replica import blocks, exchange, leases
from sync.replica.push import next_batch
from sync.rules import block as rules_of_blocks
from sync.rules import series
from sync.rules.case import authorisation, decision
from sync.rules.outcome import Effects
from sync.rules.ticket import call
from tests.sync.bugs import BUGS, Bug, bug, instead

_BEFORE = set(BUGS)

# -- leases


class _Other:
    """A clock whose boot clock is another."""

    def __init__(self, clock: Any, boot: str, at: Any) -> None:
        self._clock, self._boot, self._at = clock, boot, at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clock, name)

    def boot(self) -> tuple[str, int]:
        """Its idea of the time since the boot."""
        return self._boot or self._clock.boot()[0], int(self._at(self._clock))


def _by(boot: str, at: Any) -> ExitStack:
    """Everything about leases goes by another clock."""

    class Keeper(leases.LeaseKeeper):
        def __init__(self, store: Any, transport: Any, clock: Any) -> None:
            super().__init__(store, transport, _Other(clock, boot, at))

    from tests.sync import small_hall

    take, usable = leases.take, leases.usable
    stack = ExitStack()
    stack.enter_context(instead(small_hall, "LeaseKeeper", Keeper))
    stack.enter_context(instead(leases, "take", lambda clock, *a, **k: take(_Other(clock, boot, at), *a, **k)))
    stack.enter_context(instead(leases, "usable", lambda store, clock: usable(store, _Other(clock, boot, at))))
    return stack


@bug
def lease_by_the_wall_clock() -> Iterator[None]:
    """A wall clock that is set back makes a lease last."""
    with _by("", lambda clock: clock.now()):
        yield


@bug
def lease_survives_a_restart() -> Iterator[None]:
    """Whether the machine was off meanwhile is not asked."""
    with _by("any", lambda clock: clock.boot()[1]):
        yield


@bug
def lease_counted_from_its_answer() -> Iterator[None]:
    """The time that the answer was on its way is given away."""

    async def renew(self: leases.LeaseKeeper, session: str) -> bool:
        back = self._strike()
        asked = AskLeases(session=session, back=sorted(back))
        answer = await self._transport.ask("POST", "/v1/lease", Leases, asked)
        return self._keep(session, *self._clock.boot(), answer.leases) or bool(back)

    with instead(leases.LeaseKeeper, "renew", renew):
        yield


@bug
def leased_elsewhere_and_called() -> Iterator[None]:
    """A ticket that another window may have called is called."""
    with instead(call, "_elsewhere", lambda lease, session, facts: False):
        yield


@bug
def given_back_and_kept() -> Iterator[None]:
    """The holder says that it gives a lease up, and strikes it when it has heard the answer."""
    kept = leases._MINE.replace("coalesce(t.state, 'held') = 'held'", "1")
    with instead(leases, "_MINE", kept), instead(leases, "_FORGET", "DELETE FROM lease WHERE id = ?"):
        yield


# -- numbers


@bug
def number_counted_by_the_outbox() -> Iterator[None]:
    """The next number is the first and as many as wait to be sent."""
    waits = """SELECT count(*) FROM outbox WHERE json_extract(args, '$.number.block') = ?"""

    def numbered(make: blocks.Make, series: blocks.Series, now: int) -> Any:
        def taking(connection: sqlite3.Connection) -> Any:
            found = connection.execute(blocks._NEXT, series.key(now)).fetchone()
            if found is None:
                return make(None)
            id, period, n = found
            return make(BlockNumber(block=id, period=period, n=n + connection.execute(waits, (id,)).fetchone()[0]))

        return taking

    with instead(blocks, "numbered", numbered):
        yield


@bug
def blocks_overlap() -> Iterator[None]:
    """A block takes one number from its series, however many it has."""

    def draw(effects: Any, facts: Any, row: Any, id: str, scope: str, period: str, count: int = 1) -> tuple[str, int]:
        return series.draw(effects, facts, row, id, scope, period)

    with instead(rules_of_blocks, "draw", draw):
        yield


@bug
def left_numbers_forgotten() -> Iterator[None]:
    """What is left of a block when it ends stands nowhere."""

    def ended(facts: Any, row: Any, reason: str) -> Effects:
        effects = whole(facts, row, reason)
        effects.changes[:] = [change for change in effects.changes if change.table != "void_number"]
        return effects

    whole = rules_of_blocks._ended
    with instead(rules_of_blocks, "_ended", ended):
        yield


@bug
def late_number_stays_void() -> Iterator[None]:
    """A number that was written off and is used after all stands in both places."""

    def use(effects: Any, *rest: Any) -> None:
        whole(effects, *rest)
        effects.changes[:] = [change for change in effects.changes if change.table != "void_number"]

    whole = rules_of_blocks.use
    with instead(rules_of_blocks, "use", use):
        yield


# -- rights to issue


@bug
def reopened_and_not_void() -> Iterator[None]:
    """A decision that is taken back leaves its number nowhere."""

    def void(effects: Any, facts: Any, document: Any, reason: str) -> None:
        effects.put("document", document.id, state="void")

    with instead(decision, "void", void):
        yield


@bug
def right_taken_back_while_out() -> Iterator[None]:
    """The approver thinks better of it, and the device that may have issued meanwhile is not waited for."""
    never = lambda right, facts: False  # noqa: E731
    with instead(decision, "is_out", never), instead(authorisation, "is_out", never):
        yield


@bug
def claimed_with_a_number_of_its_own() -> Iterator[None]:
    """Who claims the right anew reserves another number than the paper's."""

    def give(effects: Any, facts: Any, case: str, id: str, document: str, number: Any, *rest: Any) -> Effects:
        return whole(effects, facts, case, id, document, f"{number}-2", *rest)

    whole = authorisation.give
    with instead(authorisation, "give", give):
        yield


# -- requests sent ahead


@bug
def one_left_out_between_requests() -> Iterator[None]:
    """The request that is sent ahead begins one behind where it should."""

    def skipping(store: Any, limit: int, beyond: int = 0) -> Any:
        return next_batch(store, limit, beyond + bool(beyond))

    with instead(exchange, "next_batch", skipping):
        yield


@bug
def taken_before_the_one_it_follows() -> Iterator[None]:
    """Whether the request before it has arrived is not asked."""

    class Hasty(group.Group):
        async def _transact(self, tx: Any) -> Any:
            self._group = [msgspec.structs.replace(each, follows=0) for each in self._group]
            return await super()._transact(tx)

    with instead(applier, "Group", Hasty):
        yield


HOLDING: dict[str, Bug] = {name: made for name, made in BUGS.items() if name not in _BEFORE}
for _name in HOLDING:
    del BUGS[_name]
