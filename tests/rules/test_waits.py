"""How long a ticket will wait: the policy's own order, windows that get free, what cannot be known."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import MINUTE, NOON, Ticket

from sync import staffing
from sync.rules.policy import POLICIES
from sync.waits import Desk, Estimate, Newcomer, estimates, newcomers


def wait(mine: Ticket, others: list[Ticket], *desks: Desk) -> Estimate | None:
    told = estimates([mine, *others], desks, lambda _: 8 * MINUTE, NOON, {}, lambda _: 0.3 * 8 * MINUTE)
    return dict(told).get(mine.id)


def test_the_turn_comes_when_a_window_is_free_and_those_before_are_served() -> None:
    mine = Ticket("m", arrived_at=NOON - MINUTE)
    before = [Ticket("a", arrived_at=NOON - 3 * MINUTE), Ticket("b", arrived_at=NOON - 2 * MINUTE)]
    after = [Ticket("z", arrived_at=NOON)]
    one, two = Desk("w1", ["A"], NOON + 5 * MINUTE), Desk("w2", ["A", "B"], NOON)
    assert (found := wait(mine, before + after, one)) is not None
    assert (found.ahead, found.wait_ms) == (2, 21 * MINUTE)
    assert found.latest_ms > found.wait_ms
    assert (found := wait(mine, before + after, one, two)) is not None
    assert (found.ahead, found.wait_ms) == (2, 8 * MINUTE)


def test_priority_goes_before_and_other_windows_people_do_not_count() -> None:
    mine, elder = Ticket("m", arrived_at=NOON - MINUTE), Ticket("e", priority="elderly", arrived_at=NOON)
    elsewhere = Ticket("b", "B", arrived_at=NOON - 9 * MINUTE)
    found = wait(mine, [elder, elsewhere], Desk("w1", ["A"], NOON), Desk("w2", ["B"], NOON))
    assert found is not None
    assert (found.ahead, found.wait_ms) == (1, 8 * MINUTE)


def test_nobody_can_say_where_no_window_takes_it() -> None:
    assert wait(Ticket("m"), []) is None
    assert wait(Ticket("m"), [], Desk("w1", ["B"], NOON)) is None
    assert wait(Ticket("m", target_window="w9"), [], Desk("w1", ["A"], NOON)) is None


def test_who_was_missed_rests_first() -> None:
    found = wait(Ticket("m", missed_at=NOON - MINUTE), [], Desk("w1", ["A"], NOON))
    assert found == Estimate(0, 4 * MINUTE, 4 * MINUTE)


def test_who_comes_now_waits_as_a_ticket_taken_now_would() -> None:
    waiting = [Ticket("a", arrived_at=NOON - 3 * MINUTE), Ticket("b", "B", arrived_at=NOON - 2 * MINUTE)]
    desks = (Desk("w1", ["A"], NOON + 5 * MINUTE), Desk("w2", ["A", "B"], NOON))
    found = newcomers("ABC", waiting, desks, lambda _: 8 * MINUTE, NOON, {}, lambda _: 0.0)
    assert set(found) == {"A", "B"}  # no open window takes a C
    # w2 takes a at once and b eight minutes later; w1 finds nobody after five minutes: an A goes there, a B to w2
    assert (found["A"].wait_ms, found["B"].wait_ms) == (5 * MINUTE, 16 * MINUTE)
    early = Ticket("p", priority="appointment", arrived_at=NOON + 60 * MINUTE)
    found = newcomers("A", [early], desks[1:], lambda _: 8 * MINUTE, NOON, {}, lambda _: 0.0)
    assert found["A"].wait_ms == 0  # whose half hour is to come goes after who comes now


TICKETS = st.lists(
    st.builds(
        Ticket,
        id=st.uuids().map(str),
        prefix=st.sampled_from("AB"),
        priority=st.sampled_from(["none", "green", "elderly"]),
        arrived_at=st.integers(NOON - 60 * MINUTE, NOON),
        missed_at=st.none() | st.integers(NOON - 10 * MINUTE, NOON),
        target_window=st.none() | st.sampled_from(["w0", "w1"]),
    ),
    min_size=1,
    max_size=12,
)
DESKS = st.lists(st.sampled_from([["A"], ["B"], ["A", "B"]]), max_size=3)


@settings(max_examples=60, deadline=None)
@given(TICKETS, DESKS, st.sampled_from(POLICIES))
def test_an_estimate_ends_and_never_passes_what_all_would_take(
    tickets: list[Ticket], skills: list[list[str]], policy: str
) -> None:
    desks = [Desk(f"w{n}", each, NOON) for n, each in enumerate(skills)]
    told = list(estimates(tickets, desks, lambda _: 8 * MINUTE, NOON, {"queue_policy": policy}, lambda _: 0.0))
    assert len({id for id, _ in told}) == len(told)
    assert {id for id, _ in told} <= {ticket.id for ticket in tickets}
    for _, found in told:
        assert 0 <= found.ahead < len(tickets)
        assert 0 <= found.wait_ms <= (len(tickets) * 8 + 10) * MINUTE


@settings(max_examples=60, deadline=None)
@given(TICKETS, DESKS, st.sampled_from(("fixed", "skills", "pool")))
def test_in_one_play_forward_every_letter_waits_as_its_own_ticket_would(
    tickets: list[Ticket], skills: list[list[str]], policy: str
) -> None:
    desks = [Desk(f"w{n}", each, NOON) for n, each in enumerate(skills)]
    asked = {"queue_policy": policy}
    told = (desks, lambda _: 8 * MINUTE, NOON, asked, lambda _: 0.0)
    waiting = [t for t in tickets if t.missed_at is None]  # who rests comes back before or after: not known to both
    found = newcomers("AB", waiting, *told)
    for prefix in "AB":
        mine = Newcomer(prefix, NOON + 1, id="~")
        alone = dict(estimates([*waiting, mine], *told)).get(mine.id)
        assert (alone.wait_ms if alone else None) == (found[prefix].wait_ms if prefix in found else None)


def test_the_latest_turn_is_learned_and_holds_about_as_often_as_it_should() -> None:
    """One window, services that differ by more than the first guess: a spread of one deviation holds 5 times of 6, with
    1, 4 and 9 people before."""
    chance = random.Random(7)
    known = staffing.Expectation(8.0)
    assert known.spread == pytest.approx(0.3 * 8)
    for _ in range(300):
        known.lasted(chance.gammavariate(2, 4))  # 8 minutes on the mean, 5.7 off
    assert known.spread == pytest.approx(5.7, rel=0.15)

    def lasts(_: Ticket) -> int:
        return round(known.minutes * MINUTE)

    for people in (1, 4, 9):
        line = [Ticket(f"t{n}", number=f"A{n}") for n in range(people + 1)]
        played = estimates(line, [Desk("w1", ["A"], NOON)], lasts, NOON, {}, lambda _: known.spread * MINUTE)
        told = dict(played)[line[-1].id]
        held = sum(
            sum(chance.gammavariate(2, 4) for _ in range(people)) * MINUTE <= told.latest_ms for _ in range(2_000)
        )
        assert 0.78 < held / 2_000 < 0.90
