"""Scenes of `ticket.csv`: a hall with two windows and one ticket, walked into each state by the verbs themselves.

0307 sits at window w03, and the ticket is theirs. 0308 sits at w04 and calls where another window would.
"""

from __future__ import annotations

from typing import Any

from world import HOUR, World

from sync.protocol.operation import Args, kind_of
from sync.protocol.verbs import lease as leases
from sync.protocol.verbs import ticket as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome

RECORD = "t-1"
CLERK, OTHER = "0307", "0308"
SESSION, OTHER_SESSION = "s-03", "s-04"
SEATS = {CLERK: (SESSION, "w03", "d1"), OTHER: (OTHER_SESSION, "w04", "d2")}
SAID: dict[str, Args] = {
    kind_of(args): args
    for args in (
        verbs.Issue(matter="m-A", site="main"),
        verbs.CallNext(call="c-new"),
        verbs.Call(session=OTHER_SESSION, call="c-new"),
        verbs.Recall(),
        verbs.Serve(segment="g-new"),
        verbs.Miss(),
        verbs.Reactivate(),
        verbs.Hold(),
        verbs.Resume(session=SESSION, segment="g-new"),
        verbs.Transfer(window="w04"),
        verbs.Finish(invite="i-new"),
        verbs.Cancel(reason="left"),
        verbs.UndoCall(),
        verbs.Link(case="k-1"),
        verbs.Expire(),
        verbs.CloseDay(day="2026-03-02"),
        verbs.LayOut(day="2026-03-02"),
        leases.CallLeased(session=OTHER_SESSION, call="c-new", lease="l-1"),
    )
}
VERBS = tuple(SAID)
CALLS_ELSEWHERE = ("ticket.call@1", "ticket.call_next@1")
PATHS: dict[str, tuple[str, ...]] = {
    "waiting": (),
    "called": ("call_next",),
    "recalled": ("call_next", "recall"),
    "serving": ("call_next", "serve"),
    "held": ("call_next", "serve", "hold"),
    "missed": ("call_next", "miss"),
    "done": ("call_next", "serve", "finish"),
    "expired": ("call_next", "miss", "expire"),
    "cancelled": ("cancel",),
    "closed_end_of_day": ("close_day",),
}
STATES = ("absent", *PATHS)


def hall(**settings: Any) -> World:
    """A hall with two windows and two matters, nobody at the windows yet."""
    world = World(settings=settings)
    matter: dict[str, Any] = {"office": "registration", "expected_minutes": 7, "promised_days": 1, "statutory_days": 20}
    world.seed("matter", "m-A", name="企业设立登记", prefix="A", basis="-", **matter)
    world.seed("matter", "m-B", name="食品经营许可", prefix="B", basis="-", **matter)
    world.seed("window", "w03", label="窗口03", site="main", skills=["A", "B"], queue_scope=world.queue)
    world.seed("window", "w04", label="窗口04", site="main", skills=["A"], queue_scope=world.queue)
    return world


def sit(world: World, *staff: str) -> World:
    """These people open their windows."""
    for by in staff or SEATS:
        session, window, device = SEATS[by]
        world.must(verbs.OpenWindow(window=window), session, by=by, device=device)
    return world


def issue(world: World, id: str = RECORD, matter: str = "m-A", **said: Any) -> str:
    """Someone takes a ticket."""
    world.must(verbs.Issue(matter=matter, site="main", **said), id, Role.CITIZEN, by="kiosk", device="kiosk")
    return id


def step(world: World, name: str, id: str = RECORD, *, by: str = CLERK, n: int = 1) -> Outcome:
    """One step of the ticket at the window of `by`; `n` tells the calls and segments of one ticket apart."""
    session = SEATS[by][0]
    if name == "expire":
        world.now += 2 * HOUR
        return world.do(verbs.Expire(), id, Role.CLOCK, by="clock")
    if name == "close_day":
        return world.do(verbs.CloseDay(day=world.today), world.queue, Role.CLOCK, by="clock")
    if name == "call_next":
        return world.do(verbs.CallNext(call=f"c-{id}-{n}"), session, by=by)
    said: dict[str, Args] = {
        "call": verbs.Call(session=session, call=f"c-{id}-{n}"),
        "serve": verbs.Serve(segment=f"g-{id}-{n}"),
        "resume": verbs.Resume(session=session, segment=f"g-{id}-{n}"),
        "finish": verbs.Finish(invite=f"i-{id}"),
        "recall": verbs.Recall(),
        "miss": verbs.Miss(),
        "reactivate": verbs.Reactivate(),
        "hold": verbs.Hold(),
        "cancel": verbs.Cancel(),
        "undo_call": verbs.UndoCall(),
    }
    return world.do(said[name], id, by=by)


def walk(world: World, *names: str, id: str = RECORD, by: str = CLERK, n: int = 1) -> World:
    """Steps that must succeed."""
    for name in names:
        outcome = step(world, name, id, by=by, n=n)
        assert isinstance(outcome, Effects), f"{name}: {outcome}"
    return world


def scene(state: str) -> World:
    world = sit(hall())
    world.seed(
        "case",
        "k-1",
        scope="licang:case/registration",
        matter="m-A",
        office="registration",
        site="main",
        state="received",
        applicant="某公司",
    )
    if state != "absent":
        issue(world)
        walk(world, *PATHS[state])
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    ticket = world.get("ticket", RECORD)
    if ticket is not None and verb == "ticket.expire@1":
        world.now += 2 * HOUR
    if verb == "ticket.call_leased@1":
        world.seed("ticket_lease", "l-1", scope=world.queue, **_leased(world))
        return world.do(SAID[verb], RECORD, role, by=OTHER, device="d2")
    if verb in CALLS_ELSEWHERE:
        id = RECORD if verb == "ticket.call@1" else OTHER_SESSION
        return world.do(SAID[verb], id, role, by=OTHER, device="d2")
    return world.do(SAID[verb], world.queue if verb.startswith("queue.") else RECORD, role, by=CLERK)


def _leased(world: World) -> dict[str, Any]:
    """A lease of the ticket that window w04 holds, and has told nobody that it used it."""
    seat = {"window": "w04", "session": OTHER_SESSION, "staff": OTHER, "device": "d2"}
    return {"ticket": RECORD, "day": world.today, **seat, "state": "held", "expires_at": world.now + HOUR}


def state_of(world: World) -> str:
    ticket = world.get("ticket", RECORD)
    return "absent" if ticket is None else str(ticket.body["state"])
