"""The end of a day: what is still open is closed and flagged, never left to be called another day."""

from __future__ import annotations

from datetime import date
from typing import Any

from sync.calendar import MINUTE_MS, day_of, end_of_day_ms, start_of_day_ms
from sync.protocol.operation import Operation, kind_of
from sync.protocol.verbs import ticket as verbs
from sync.records.states import RequestState, Role, SessionState, TicketState
from sync.rules import request
from sync.rules.facts import Facts, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.ticket.invitation import invite_later
from sync.rules.ticket.machine import OPEN


def closes_at(facts: Facts, day: str) -> int | None:
    """When the hall closes `day`, in ms: at the setting `day_closes`, at midnight once that is past; None: never."""
    hour = facts.setting("day_closes")
    if facts.setting("always_open") or not hour:
        return None
    at = start_of_day_ms(day) + (int(hour[:2]) * 60 + int(hour[3:])) * MINUTE_MS
    return at if facts.received < at else end_of_day_ms(day)


def close_later(effects: Effects, op: Operation[Any], facts: Facts) -> None:
    """The day on which something was opened falls due for closing; once, however often it is said."""
    day = day_of(facts.received)
    at = closes_at(facts, day)
    if at is not None:
        effects.later(at, kind_of(verbs.CloseDay), op.scope, day=day)


def _reads(op: Operation[verbs.CloseDay]) -> tuple[Read, ...]:
    return (
        match("ticket", scope=op.scope, day=op.args.day),
        match("call", scope=op.scope, open=True),
        match("service_segment", scope=op.scope, ended_at=None),
        match("window_session", scope=op.scope, closed_at=None),
        match("pause", scope=op.scope, to_at=None),
        request.asked(op),
    )


@rule(verbs.CloseDay, GUARD, {Role.CLOCK, Role.DUTY}, reads=_reads)
def close_day(op: Operation[verbs.CloseDay], facts: Facts) -> Effects:
    """Everything open of `day` ends: tickets flagged, calls, segments, pauses, sessions opened by then. A window that
    was asked for is wanted no more. Who was being served, or was put aside, is invited to rate it.

    A session that already serves a later day's ticket stays. Refused `bad_value` (day), `not_yet` for days to come.
    """
    day = op.args.day
    _check_day(day, facts)
    effects = Effects()
    tickets = facts.match("ticket", scope=op.scope, day=day)
    of_day = {ticket.id: ticket for ticket in tickets}
    for ticket in tickets:
        if ticket.state in OPEN:
            effects.put("ticket", ticket.id, state=TicketState.CLOSED_END_OF_DAY, session=None, flagged=True)
        if ticket.state == TicketState.HELD:
            invite_later(effects, op, facts, ticket, None)
    for call in facts.match("call", scope=op.scope, open=True):
        if call.ticket in of_day:
            ended_at = max(facts.now, call.called_at)
            effects.put("call", call.id, open=False, ended_at=ended_at, outcome="day_closed")
    for segment in facts.match("service_segment", scope=op.scope, ended_at=None):
        if segment.ticket in of_day:
            ended_at = max(facts.now, segment.started_at)
            effects.put("service_segment", segment.id, ended_at=ended_at, ended_by="day_closed")
            invite_later(effects, op, facts, of_day[segment.ticket], segment)
    closed = set()
    for session in facts.match("window_session", scope=op.scope, closed_at=None):
        if day_of(session.opened_at) <= day and (session.ticket is None or session.ticket in of_day):
            closed.add(session.id)
            ended_at = max(facts.now, session.opened_at)
            effects.put("window_session", session.id, state=SessionState.CLOSED, ticket=None, closed_at=ended_at)
        elif session.ticket in of_day:
            effects.put("window_session", session.id, ticket=None)
    for pause in facts.match("pause", scope=op.scope, to_at=None):
        if pause.session in closed:
            effects.put("pause", pause.id, to_at=max(facts.now, pause.from_at))
    wanted = facts.match("window_request", scope=op.scope, state=RequestState.ASKED)
    over = [each for each in wanted if day_of(each.asked_at or 0) <= day]
    return request.end(effects, op, facts, over, RequestState.WITHDRAWN)


def _check_day(day: str, facts: Facts) -> None:
    try:
        exact = date.fromisoformat(day).isoformat() == day
    except ValueError:
        exact = False
    if not exact:
        raise Refused("bad_value", field="day")
    if day > day_of(facts.received):
        raise Refused("not_yet", day=day)
