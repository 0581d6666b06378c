"""Who is next: the three policies, priority that ages, rest after a miss, and one order for rule and screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import MINUTE, NOON, Ticket

from sync.records.states import Priority
from sync.rules.balanced import Laid, Layout
from sync.rules.policy import POLICIES, STEPS, after, choose, early, first, offered, order, place, resting, standing


@dataclass(frozen=True)
class Window:
    id: str = "w03"
    skills: Any = ("B", "A")


FIRST_A = Ticket("a", "A", arrived_at=NOON - 3 * MINUTE)
THEN_B = Ticket("b", "B", arrived_at=NOON - 2 * MINUTE)
BEFORE_C = Ticket("c", "C", arrived_at=NOON - 4 * MINUTE)


@pytest.mark.parametrize(("policy", "expected"), [("fixed", "b"), ("skills", "a"), ("pool", "c"), ("balanced", "c")])
def test_each_policy_offers_a_window_its_own(policy: str, expected: str) -> None:
    assert choose([FIRST_A, THEN_B, BEFORE_C], Window(), NOON, {"queue_policy": policy}).id == expected


def test_without_a_setting_it_goes_by_skills_and_without_skills_by_arrival() -> None:
    assert choose([FIRST_A, THEN_B, BEFORE_C], Window(), NOON, {}).id == "a"
    nothings: tuple[list[str] | None, ...] = (None, [])
    for nothing in nothings:
        assert choose([FIRST_A, THEN_B, BEFORE_C], Window(skills=nothing), NOON, {}).id == "c"
    assert choose([], Window(), NOON, {}) is None
    assert choose([BEFORE_C], Window(), NOON, {}) is None


def test_every_priority_is_weighed() -> None:
    assert set(STEPS) == set(Priority)


def test_two_steps_of_priority_are_worth_twenty_minutes() -> None:
    elderly = Ticket("e", priority="elderly", arrived_at=NOON)
    for waited, expected in ((20 * MINUTE - 1, "e"), (20 * MINUTE + 1, "p")):
        plain = Ticket("p", arrived_at=NOON - waited)
        assert choose([elderly, plain], Window(), NOON, {}).id == expected
    assert choose([elderly, Ticket("p", arrived_at=NOON - 1)], Window(), NOON, {"ageing": 0}).id == "p"


def test_one_sent_to_this_window_goes_first_and_to_no_other() -> None:
    sent = Ticket("s", "Z", arrived_at=NOON, target_window="w03")
    appointed = Ticket("p", priority="appointment", arrived_at=NOON - 60 * MINUTE)
    assert choose([appointed, sent], Window(), NOON, {}).id == "s"
    assert choose([sent], Window("w04"), NOON, {"queue_policy": "pool"}) is None


def test_a_missed_ticket_rests_five_minutes() -> None:
    missed = Ticket("m", arrived_at=NOON - 60 * MINUTE, missed_at=NOON)
    fresh = Ticket("f", arrived_at=NOON)
    assert choose([missed, fresh], Window(), NOON + 5 * MINUTE - 1, {}).id == "f"
    assert choose([missed], Window(), NOON + 5 * MINUTE - 1, {}) is None
    assert choose([missed, fresh], Window(), NOON + 5 * MINUTE, {}).id == "m"


def test_at_one_and_the_same_time_numbers_decide() -> None:
    tickets = [Ticket("x", number="A010"), Ticket("y", number="A002"), Ticket("z", number=None)]
    assert [t.id for t in order(tickets, NOON, {}, Window())] == ["y", "x", "z"]


def those_who_wait(until: int) -> st.SearchStrategy[list[Ticket]]:
    return st.lists(
        st.builds(
            Ticket,
            id=st.uuids().map(str),
            prefix=st.sampled_from("ABC"),
            priority=st.sampled_from([p.value for p in Priority]),
            arrived_at=st.integers(NOON - 90 * MINUTE, until),
            missed_at=st.none() | st.integers(NOON - 9 * MINUTE, NOON),
            target_window=st.sampled_from([None, None, "w03", "w04"]),
        ),
        max_size=12,
        unique_by=lambda t: t.id,
    )


tickets = those_who_wait(NOON)


LAYOUTS = st.none() | st.builds(
    Laid,
    st.fixed_dictionaries({}, optional={w: st.permutations("ABC").map(lambda all: all[:2]) for w in ("w03", "w04")}),
    st.fixed_dictionaries({prefix: st.integers(0, 3_000) for prefix in "ABC"}),
)


@settings(deadline=None)
@given(those_who_wait(NOON + 30 * MINUTE), st.sampled_from(POLICIES), LAYOUTS)
def test_the_list_on_the_screen_is_the_order_of_calling(waiting: list[Ticket], policy: str, laid: Laid | None) -> None:
    """Calling one after another takes the shown list from its top, until only those resting are left."""
    hall, left, called = {"queue_policy": policy}, list(waiting), []
    layout: Layout | None = laid
    shown = order(waiting, NOON, hall, Window(), laid)
    while (chosen := choose(left, Window(), NOON, hall, layout)) is not None:
        left.remove(chosen)
        called.append(chosen)
        layout = after(layout, Window(), chosen, hall)
    assert shown[: len(called)] == called
    assert all(t.missed_at is not None and t.missed_at > NOON - 5 * MINUTE for t in shown[len(called) :])


@settings(deadline=None)
@given(those_who_wait(NOON + 30 * MINUTE), st.sampled_from(POLICIES[:3]), st.sets(st.integers(0, 11)))
def test_the_first_in_line_who_is_free_is_the_least_of_all_who_are(
    waiting: list[Ticket], policy: str, leased: set[int]
) -> None:
    hall = {"queue_policy": policy}
    barred = {waiting[i].id for i in leased if i < len(waiting)}
    free = [t for t in waiting if t.id not in barred and offered(t, Window(), hall) and not resting(t, NOON, hall)]
    least = min(free, key=lambda t: (early(t, NOON), *place(t, hall, "w03")), default=None)
    line = sorted(waiting, key=standing(hall))
    assert first(line, Window(), NOON, hall, free=lambda t: t.id not in barred) is least


@settings(deadline=None)
@given(tickets, st.integers(0, 60 * MINUTE))
def test_the_order_of_two_never_turns_while_they_wait(waiting: list[Ticket], later: int) -> None:
    steady = [t for t in waiting if t.missed_at is None]
    assert order(steady, NOON, {}) == order(steady, NOON + later, {})


@settings(deadline=None)
@given(tickets)
def test_a_ticket_goes_before_all_who_come_half_an_hour_later(waiting: list[Ticket]) -> None:
    """Nobody starves: three steps of ten minutes are the most that anyone is worth."""
    mine = Ticket("mine", arrived_at=NOON - 121 * MINUTE)
    assert order([*waiting, mine], NOON + 5 * MINUTE, {})[0].id == "mine"
