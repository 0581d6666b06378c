"""How long a ticket will wait: the policy's own order, windows that get free, what cannot be known."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import MINUTE, NOON, Ticket

from sync.rules.policy import POLICIES
from sync.waits import Desk, Estimate, estimate


def wait(mine: Ticket, others: list[Ticket], *desks: Desk) -> Estimate | None:
    return estimate(mine, [mine, *others], desks, lambda _: 8 * MINUTE, NOON, {})


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
    for mine in tickets:
        found = estimate(mine, tickets, desks, lambda _: 8 * MINUTE, NOON, {"queue_policy": policy})
        if found is not None:
            assert 0 <= found.ahead < len(tickets)
            assert 0 <= found.wait_ms <= (len(tickets) * 8 + 10) * MINUTE
