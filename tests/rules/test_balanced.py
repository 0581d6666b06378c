"""The hall's own policy at its windows: the simulator's choice, a layout for half an hour, three services a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ticket_scene import SEATS, hall, sit, walk
from waiting import NOON, Ticket
from world import MINUTE, World

from sync.protocol.verbs import ticket as verbs
from sync.records.states import Role, TicketState
from sync.rules import balanced, policy
from sync.staffing import SKILLS
from sync.waits import Desk, estimates
from workstation.simulate.day import Job
from workstation.simulate.hall import run
from workstation.simulate.policies import Balanced

OWN = {"queue_policy": "balanced"}
PREFIXES = "ABCDE"


@dataclass(frozen=True)
class Window:
    id: Any
    skills: list[str] | None = None


class Beside(Balanced):
    """The simulator's own policy; each of its choices is asked of the live one too, with everybody who waits."""

    def __init__(self, services: set[str], windows: int) -> None:
        super().__init__(services, windows)
        self.waiting: list[Ticket] = []
        self.compared = 0

    def came(self, now: int, service: str) -> None:
        super().came(now, service)
        self.waiting.append(Ticket(f"{self.compared}-{len(self.waiting)}", service, arrived_at=now))

    def choose(self, now: int, window: int, heads: Mapping[str, int]) -> str | None:
        live = policy.choose(self.waiting, Window(window), now, OWN, self.laid)
        service = super().choose(now, window, heads)
        assert (live.prefix if live is not None else None) == service
        self.compared += 1
        if live is not None:
            self.waiting.remove(live)
        return service


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.builds(
            Job,
            arrived=st.integers(0, 120).map(lambda minute: NOON + minute * MINUTE),
            service=st.sampled_from(PREFIXES),
            lasts=st.integers(1, 25).map(lambda minutes: minutes * MINUTE),
        ),
        min_size=1,
        max_size=40,
    ).map(sorted),
    st.integers(1, 5),
)
def test_a_hall_calls_whom_the_simulator_calls(jobs: list[Job], windows: int) -> None:
    beside = Beside({job.service for job in jobs}, windows)
    run(jobs, windows, beside)
    assert beside.compared >= len(jobs)
    assert not beside.waiting


def own_hall(*prefixes: str, **more: Any) -> World:
    """Two windows of the hall, by its own policy, and further matters."""
    world = hall(**OWN, **more)
    for prefix in prefixes:
        columns: dict[str, Any] = {
            "office": "registration",
            "expected_minutes": 7,
            "promised_days": 1,
            "statutory_days": 20,
        }
        world.seed("matter", f"m-{prefix}", name=prefix, prefix=prefix, basis="-", **columns)
    return world


def come(world: World, id: str, prefix: str, **said: Any) -> None:
    world.must(verbs.Issue(matter=f"m-{prefix}", site="main", **said), id, Role.CITIZEN, by="kiosk", device="kiosk")


def laid(world: World) -> dict[str, list[str]]:
    return dict(world("layout", world.queue).takes)


def test_who_sits_down_is_laid_out_and_half_an_hour_later_again() -> None:
    world = sit(own_hall("C", "D"))
    assert [kind for kind, _ in world.advance(0)] == ["queue.lay_out@1"]
    first = laid(world)
    assert set(first) == {"w03", "w04"}
    assert {prefix for each in first.values() for prefix in each} == {"A", "B"}  # what windows of the queue serve
    for n in range(6):
        come(world, f"d{n}", "D")
    world.now += 2 * MINUTE  # nobody has a D; whoever waits too long for it is taken on
    walk(world, "call_next", id="d0")
    assert "D" in laid(world)["w03"]
    assert world.advance(0) == []  # the half hour is not over
    world.now += balanced.PERIOD_MS
    walk(world, "serve", "finish", id="d0")
    walk(world, "call_next", id="d1")
    assert [kind for kind, _ in world.advance(0)] == ["queue.lay_out@1"]
    assert all("D" in each for each in laid(world).values())
    assert world("layout", world.queue).laid_at == world.now


def test_a_window_that_closes_leaves_the_layout_and_one_that_pauses_does_not() -> None:
    world = sit(own_hall())
    world.advance(0)
    session, _, device = SEATS["0308"]
    world.must(verbs.PauseWindow(pause="p", reason="rest"), session, by="0308", device=device)
    day = verbs.LayOut(day=world.today)
    world.must(day, world.queue, Role.CLOCK, by="clock")
    assert set(laid(world)) == {"w03", "w04"}
    world.must(verbs.CloseWindow(), session, by="0308", device=device)
    world.must(day, world.queue, Role.CLOCK, by="clock")
    assert set(laid(world)) == {"w03"}


def test_other_policies_are_laid_out_by_nobody() -> None:
    world = sit(hall())
    assert world.advance(0) == []
    world.must(verbs.LayOut(day=world.today), world.queue, Role.CLOCK, by="clock")
    assert world.find("layout") == []


@pytest.mark.parametrize(("takes", "state"), [(["A"], TicketState.WAITING), (["A", "C"], TicketState.SERVING)])
def test_a_further_matter_goes_on_where_the_layout_gives_it(takes: list[str], state: str) -> None:
    """Whatever the window's own services are: those of w03 are A and B."""
    world = sit(own_hall("C"))
    layout: dict[str, Any] = {"takes": {"w03": takes, "w04": ["B"]}, "work": {}, "laid_at": world.now}
    world.seed("layout", world.queue, scope=world.queue, **layout)
    come(world, "t-1", "A", more=["m-C"])
    walk(world, "call_next", "serve", "finish")
    assert world("ticket", "t-1").state == state


def test_who_is_sent_here_comes_first_and_changes_no_layout() -> None:
    world = sit(own_hall())
    takes = {"w03": ["A"], "w04": ["B"]}
    world.seed("layout", world.queue, scope=world.queue, takes=takes, work={}, laid_at=world.now)
    come(world, "t-1", "A")
    columns = {"day": world.today, "matter": "m-B", "prefix": "B", "state": "waiting", "site": "main", "number": "B001"}
    world.seed("ticket", "t-2", scope=world.queue, arrived_at=world.now, target_window="w03", **columns)
    walk(world, "call_next", id="t-2")
    assert laid(world) == takes


def test_a_rush_stands_back_at_the_next_window_too() -> None:
    """One window is at A already: at the other a B that came later goes first, unless an A has waited far longer."""
    world = sit(own_hall())
    takes = {"w03": ["A"], "w04": ["A", "B"]}
    world.seed("layout", world.queue, scope=world.queue, takes=takes, work={}, laid_at=world.now)
    for n in range(4):
        come(world, f"a{n}", "A")
    walk(world, "call_next", id="a0")
    world.advance(2 * MINUTE)
    come(world, "b", "B")
    world.advance(MINUTE)
    session, _, device = SEATS["0308"]
    world.must(verbs.CallNext(call="c-b"), session, by="0308", device=device)
    assert world("call", "c-b").ticket == "b"
    layout = world("layout", world.queue)
    desks = (Desk("w03", ["A"], world.now + 5 * MINUTE, "A"), Desk("w04", ["A"], world.now + MINUTE, "B"))
    waiting = world.find("ticket", state=TicketState.WAITING)
    told = estimates(waiting, desks, lambda _: 2 * MINUTE, world.now, OWN, lambda _: 0.0, layout)
    found = dict(told)[waiting[-1].id]
    assert (found.ahead, found.wait_ms) == (2, 5 * MINUTE)  # b has just begun: w04 takes two, then w03 or w04 the third


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(["come", "call", "wait"]), st.integers(0, 4)), max_size=40))
def test_three_services_a_window_and_nobody_waits_for_ever(steps: list[tuple[str, int]]) -> None:
    """Whatever comes: the layout keeps its limit, and once the windows go on calling all have been called."""
    world, n = sit(own_hall("C", "D", "E")), 0
    for what, which in steps:
        if what == "come":
            n += 1
            come(world, f"t{n}", PREFIXES[which])
        elif what == "wait":
            world.advance((which + 1) * 20_000)
        else:
            call_and_serve(world, which % 2)
    for _ in range(2 * n + 2):
        world.advance(2 * MINUTE)
        for place in (0, 1):
            call_and_serve(world, place)
    assert {row.state for row in world.find("ticket")} <= {TicketState.DONE}


def call_and_serve(world: World, place: int) -> None:
    by = sorted(SEATS)[place]
    before = world.get("layout", world.queue)
    waiting = world.find("ticket", state=TicketState.WAITING)
    window = world("window", SEATS[by][1])
    expected = policy.choose(waiting, window, world.now, OWN, before)
    call = world.new()
    outcome = world.do(verbs.CallNext(call=call), SEATS[by][0], by=by, device=SEATS[by][2])
    assert (expected is None) == (getattr(outcome, "code", "") == "queue_empty")
    if expected is None:
        return
    assert world("call", call).ticket == expected.id
    world.advance(0)
    for takes in laid(world).values():
        assert len(takes) == len(set(takes)) <= SKILLS
    ticket = expected.id
    world.must(verbs.Serve(segment=world.new()), ticket, by=by, device=SEATS[by][2])
    world.must(verbs.Finish(invite=world.new()), ticket, by=by, device=SEATS[by][2])
