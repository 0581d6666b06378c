"""A window is asked for: the duty manager's word to people, since nobody can be made to sit by a record.

    window.ask ─▶ asked ─┬─ window.open there, or window.resume of who paused ─▶ met, by whom
                         └─ window.withdraw (duty manager; the clock after a while), end of the day ─▶ withdrawn

What is asked follows from the window: with nobody there that it is opened, with somebody pausing that they go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation, kind_of
from sync.protocol.verbs import ticket as verbs
from sync.records.states import RequestState, Role, SessionState
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.states import Machine

if TYPE_CHECKING:
    from sync.records.place import Window
    from sync.records.ticket import WindowRequest, WindowSession

OPEN, RESUME = "open", "resume"
MACHINE = Machine("window_request", {"withdraw": {RequestState.ASKED: RequestState.WITHDRAWN}})


def asked_at(op: Operation[Any], window: str) -> Read:
    """What `meet` needs where one window is meant."""
    return match("window_request", scope=op.scope, window=window, state=RequestState.ASKED)


def asked(op: Operation[Any]) -> Read:
    """What it needs where the window is known by its session alone, and `close_day`."""
    return match("window_request", scope=op.scope, state=RequestState.ASKED)


def end(
    effects: Effects, op: Operation[Any], facts: Facts, requests: Iterable[WindowRequest], state: RequestState
) -> Effects:
    """These requests are over."""
    for request in requests:
        ended_at = max(facts.now, request.asked_at or 0)
        met_by = op.by if state == RequestState.MET else None
        effects.put("window_request", request.id, state=state.value, ended_at=ended_at, met_by=met_by)
    return effects


def _read_for_ask(op: Operation[verbs.AskWindow]) -> tuple[Read, ...]:
    base = scope_of(hall_of(op.scope), "base")
    return (
        Key("window_request", op.id),
        Key("window", op.args.window, base),
        match("window_session", window=op.args.window, closed_at=None),
        asked_at(op, op.args.window),
        match("matter", in_scope=base, prefix=op.args.service),
    )


@rule(verbs.AskWindow, GUARD, {Role.DUTY}, reads=_read_for_ask)
def ask(op: Operation[verbs.AskWindow], facts: Facts) -> Effects:
    """Refused `asked_already`, `at_work` where somebody sits there without a pause, `wrong_scope`, `bad_value`
    (service)."""
    facts.absent("window_request", op.id)
    window: Window = facts.need("window", op.args.window)
    if window.queue_scope != op.scope:
        raise Refused("wrong_scope", table="window", id=window.id)
    if not facts.match("matter", prefix=op.args.service):
        raise Refused("bad_value", field="service")
    if facts.match("window_request", scope=op.scope, window=window.id, state=RequestState.ASKED):
        raise Refused("asked_already", window=window.id)
    sessions: list[WindowSession] = list(facts.match("window_session", window=window.id, closed_at=None))
    if any(session.state != SessionState.PAUSED for session in sessions):
        raise Refused("at_work", window=window.id)
    effects = Effects().put(
        "window_request",
        op.id,
        window=window.id,
        kind=RESUME if sessions else OPEN,
        service=op.args.service,
        state=RequestState.ASKED.value,
        asked_by=op.by,
        asked_at=facts.now,
    )
    until = facts.received + facts.setting("window_request")
    return effects.later(until, kind_of(verbs.WithdrawRequest), op.id)


@rule(verbs.WithdrawRequest, GUARD, {Role.DUTY, Role.CLOCK}, reads=lambda op: (Key("window_request", op.id),))
def withdraw(op: Operation[verbs.WithdrawRequest], facts: Facts) -> Effects:
    """Not wanted any more. Refused `state` once it is over."""
    request: WindowRequest = facts.need("window_request", op.id)
    if request.scope != op.scope:
        raise Refused("not_found", table="window_request", id=op.id)
    MACHINE.after(request, "withdraw")
    return end(Effects(), op, facts, [request], RequestState.WITHDRAWN)
