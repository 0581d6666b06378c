"""The two clocks of an entry and their warnings at 50, 80 and 100 %.

    opened ──1 h of hall-open time──▶ first callback        runs until the person is reached or the entry verified
    verified ──3 working days──▶ put right                  runs until rectified, through an appeal too

The first runs from the server's receipt of the rating: no device's clock can shorten it. The second counts from the
day after the verification (民法典 art. 201); a reopened entry is a new promise and gets a period of its own. Each
warning names the deadline that it was set for, so one of an earlier period does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.calendar import DAY_MS, Deadline, OpenHours, day_of, end_of_day_ms
from sync.open_hours import WHOLE_DAY
from sync.protocol.operation import Operation, kind_of
from sync.protocol.verbs import rating as verbs
from sync.records.states import LedgerState, Role
from sync.rules.facts import Facts, Key
from sync.rules.ledger.words import known
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.rectification import Rectification

S = LedgerState

PERCENTS = (50, 80, 100)
CALLBACK, RECTIFY = "callback", "rectify"
RUNS = {
    CALLBACK: frozenset({S.OPEN, S.ASSIGNED, S.CALLBACK_TRIED}),
    RECTIFY: frozenset({S.VERIFIED, S.INTERVIEWED, S.APPEAL_REVIEW, S.RECTIFYING, S.REOPENED}),
}
WORKING_DAYS = OpenHours((*(WHOLE_DAY,) * 5, (), ()), WHOLE_DAY)
"""Working days from midnight to midnight: a share of three days is reckoned in them."""


def hall_hours(facts: Facts) -> OpenHours:
    """When the hall is open, by its settings; always, where the basis of the first callback is the wall clock."""
    if facts.setting("always_open") or facts.setting("callback_basis") == "wall":
        return OpenHours.always()
    return OpenHours.of(" ".join(f"{first}-{last}" for first, last in facts.setting("open_hours")))


def start_callback(effects: Effects, facts: Facts, id: str, scope: str) -> dict[str, Any]:
    """Set the warnings of the first callback; the columns that hold its deadline, and the wall's beside it."""
    hours, limit = hall_hours(facts), int(facts.setting("callback_limit"))
    due_at = facts.calendar.add_open_time(facts.received, limit, hours)
    for percent in PERCENTS:
        at = facts.calendar.add_open_time(facts.received, limit * percent // 100, hours)
        _warn(effects, at, id, scope, CALLBACK, percent, due_at)
    return {"callback_due_at": due_at, "callback_wall_at": facts.received + limit}


def start_rectify(effects: Effects, facts: Facts, id: str, scope: str) -> dict[str, Any]:
    """Set the warnings of the rectification; the columns that hold its last day."""
    today, days = day_of(facts.now), int(facts.setting("rectify_days"))
    deadline: Deadline = facts.calendar.add_working_days(today, days)
    for percent in PERCENTS:
        at = facts.calendar.add_open_time(end_of_day_ms(today), days * DAY_MS * percent // 100, WORKING_DAYS)
        _warn(effects, at, id, scope, RECTIFY, percent, deadline.end_ms)
    return {"rectify_due_day": deadline.day, "deadline_certain": deadline.certain, "warned": 0}


def _warn(effects: Effects, at: int, id: str, scope: str, clock: str, percent: int, until: int) -> None:
    effects.later(at, kind_of(verbs.Warn), id, scope=scope, clock=clock, percent=percent, until=until)


def ends_at(entry: Rectification, clock: str) -> int | None:
    """When this clock of the entry runs out, in ms; None once it has stopped or before it starts."""
    if entry.state not in RUNS[clock]:
        return None
    if clock == CALLBACK:
        return entry.callback_due_at if entry.first_reached_at is None else None
    return end_of_day_ms(entry.rectify_due_day) if entry.rectify_due_day else None


@rule(verbs.Warn, GUARD, {Role.CLOCK}, reads=lambda op: (Key("rectification", op.id),))
def warn(op: Operation[verbs.Warn], facts: Facts) -> Effects:
    """A share of the limit has passed: screens ring by it. Refused `clock_stopped` where it no longer matters."""
    clock = known(tuple(RUNS), "clock", op.args.clock)
    entry: Rectification = facts.need("rectification", op.id)
    if op.args.percent not in PERCENTS:
        raise Refused("bad_value", field="percent")
    if ends_at(entry, clock) != op.args.until:
        raise Refused("clock_stopped", id=op.id, clock=clock, percent=op.args.percent)
    if op.args.percent <= entry.warned:
        return Effects()
    return Effects().put("rectification", op.id, warned=op.args.percent)
