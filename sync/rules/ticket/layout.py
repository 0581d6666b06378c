"""What windows take under the hall's own policy, laid out anew by what is known now; scope `hall:queue[/site]`.

    window opens, call_next ─▶ due? ─▶ queue.lay_out@1 by the clock ─▶ layout: services of each window at work
    call_next for a service that the window had not ─────────────────▶ layout: it has taken the service on

Laid out when half an hour is over, or a window is at work that the layout does not name, or one it names has closed. A
window that pauses keeps what it takes: who waits for it too long is taken on by others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sync.calendar import day_of
from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation, kind_of
from sync.protocol.verbs import ticket as verbs
from sync.records.states import Role, SessionState, TicketState
from sync.rules import balanced, policy
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects
from sync.rules.rule import GUARD, rule
from sync.staffing import PRIOR_MINUTES, Expectation

if TYPE_CHECKING:
    from sync.records.matter import Matter
    from sync.records.place import Window
    from sync.records.ticket import Layout, Ticket, WindowSession

MINUTE_MS: Final = 60_000


def layout_of(op: Operation[Any], facts: Facts) -> Layout | None:
    """The queue's layout, where the hall goes by one; `reads` must name `Key("layout", op.scope)`."""
    if policy.policy_of(facts.settings) != balanced.BALANCED:
        return None
    found: Layout | None = facts.get("layout", op.scope)
    return found


def match_at_windows(scope: str) -> tuple[Read, ...]:
    """What `layout_now` reads beside the layout: the tickets that are called or served."""
    return tuple(match("ticket", scope=scope, state=state) for state in policy.AT_WINDOWS)


def layout_now(op: Operation[Any], facts: Facts, window: Window) -> balanced.Layout | None:
    """`layout_of`, with what the windows beside this one are busy with."""
    layout = layout_of(op, facts)
    if layout is None:
        return None
    today = day_of(facts.now)
    there = [t for state in policy.AT_WINDOWS for t in facts.match("ticket", scope=op.scope, state=state)]
    return policy.at_windows(layout, [(t.window, t.prefix) for t in there if t.day == today], window.id)


def lay_out_later(effects: Effects, op: Operation[Any], facts: Facts) -> Effects:
    """The clock looks whether the queue is to be laid out anew."""
    if policy.policy_of(facts.settings) == balanced.BALANCED:
        effects.later(facts.received, kind_of(verbs.LayOut), op.scope, day=day_of(facts.received))
    return effects


def take_on(effects: Effects, op: Operation[Any], facts: Facts, window: Window, ticket: Ticket) -> Effects:
    """What a call changes of the layout: the window may have taken a service on. Whether it is time to lay out anew is
    asked with each call."""
    if policy.policy_of(facts.settings) != balanced.BALANCED:
        return effects
    layout = layout_of(op, facts)
    before = policy.laid_for(window, layout)
    laid = balanced.after(before, window.id, ticket.prefix) if ticket.target_window is None else before
    if laid is not before:
        takes = {id: list(services) for id, services in laid.takes.items()}
        effects.put("layout", op.scope, takes=takes, work=laid.work)
    return lay_out_later(effects, op, facts) if _is_over(layout, facts, {window.id}) else effects


def _is_over(layout: Layout | None, facts: Facts, windows: set[str]) -> bool:
    """Half an hour is over, or one of these windows is not in it."""
    if layout is None or layout.laid_at is None or not windows <= set(layout.takes or ()):
        return True
    return facts.received >= layout.laid_at + balanced.PERIOD_MS


def _reads(op: Operation[verbs.LayOut]) -> tuple[Read, ...]:
    base = scope_of(hall_of(op.scope), "base")
    return (
        Key("layout", op.scope),
        match("window_session", scope=op.scope, closed_at=None),
        match("window", in_scope=base, queue_scope=op.scope),
        match("matter", in_scope=base, active=True),
        match("ticket", scope=op.scope, day=op.args.day),
    )


@rule(verbs.LayOut, GUARD, {Role.CLOCK}, reads=_reads)
def lay_out(op: Operation[verbs.LayOut], facts: Facts) -> Effects:
    """Nothing changes where the hall goes by another policy, nobody is at work, or the layout still holds."""
    layout = layout_of(op, facts)
    sessions: Sequence[WindowSession] = facts.match("window_session", scope=op.scope, closed_at=None)
    sat = {session.window for session in sessions}
    at_work = sorted(session.window for session in sessions if session.state == SessionState.OPEN)
    if policy.policy_of(facts.settings) != balanced.BALANCED or not at_work:
        return Effects()
    before = (layout.takes if layout is not None else None) or {}
    if not _is_over(layout, facts, set(at_work)) and set(before) <= sat:
        return Effects()
    laid = balanced.lay_out(_work(op, facts), at_work, before)
    takes = {window: list(services) for window, services in laid.takes.items()}
    return Effects().put("layout", op.scope, takes=takes, work=laid.work, laid_at=facts.received)


def _work(op: Operation[verbs.LayOut], facts: Facts) -> Mapping[str, float]:
    """Expected work by prefix: of all that windows of this queue serve, and of what somebody waits for."""
    now = facts.received
    tickets: Sequence[Ticket] = facts.match("ticket", scope=op.scope, day=op.args.day)
    waiting = [t for t in tickets if t.state == TicketState.WAITING and (t.arrived_at or 0) <= now]
    windows: Sequence[Window] = facts.match("window", queue_scope=op.scope)
    matters: Sequence[Matter] = facts.match("matter", active=True)
    told: dict[str, list[int]] = {}
    for matter in matters:
        told.setdefault(matter.prefix, []).append(matter.expected_minutes)
    served = {prefix for window in windows for prefix in window.skills or told}
    known = {
        prefix: Expectation(sum(told[prefix]) / len(told[prefix]) if prefix in told else PRIOR_MINUTES)
        for prefix in served | {ticket.prefix for ticket in waiting}
    }
    came = sorted((t.arrived_at, t.prefix) for t in tickets if t.arrived_at and t.arrived_at <= now)
    for at, prefix in came:
        if prefix in known:
            known[prefix].arrived(at / 1000)
    ended = [t for t in tickets if t.state == TicketState.DONE and t.serving_at and t.finished_at and t.prefix in known]
    for ticket in sorted(ended, key=lambda t: (t.finished_at or 0, t.id)):
        known[ticket.prefix].lasted(((ticket.finished_at or 0) - (ticket.serving_at or 0)) / MINUTE_MS)
    opened = came[0][0] if came else now
    return {
        prefix: balanced.expected(each, sum(t.prefix == prefix for t in waiting), now, opened)
        for prefix, each in known.items()
    }
