"""What would help now: proposals from a queue as it stands, without a store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync import staffing
from workstation.screens.overview_lines import hints
from workstation.views.overview import Hint, Overview, Period
from workstation.views.staffing import Counter, Proposal, Situation, proposals

MINUTE = 60_000
NOW = 10 * 60 * MINUTE


def queue(*counters: Counter, waiting: dict[str, list[int]], arrivals: dict[str, int] | None = None) -> Situation:
    """Minutes waited instead of moments."""
    since = {service: [NOW - minutes * MINUTE for minutes in each] for service, each in waiting.items()}
    return Situation(counters, since, arrivals or {}, dict.fromkeys("ABCD", 6.0), {"A": "设立", "B": "食品"})


def counter(label: str, skills: str, state: str = "open") -> Counter:
    return Counter(f"w{label}", label, tuple(skills), state)


def test_nobody_waiting_long_needs_nothing() -> None:
    assert proposals(queue(counter("1", "A"), waiting={"A": [1, 2, 4]}), NOW) == []
    assert proposals(queue(counter("1", "A"), waiting={}), NOW) == []


def test_a_paused_window_for_the_same_service_is_worth_what_it_saves() -> None:
    there = queue(counter("1", "A"), counter("2", "A", "paused"), counter("3", "B", "closed"), waiting={"A": [20] * 6})
    [best] = proposals(there, NOW)
    assert (best.kind, best.label, best.matter) == ("resume", "2", "设立")
    # six people of six minutes: the mean wait falls from 15 to 6 minutes
    assert abs(best.saves_ms - 9 * MINUTE) < MINUTE


def test_a_window_takes_on_what_none_takes_and_keeps_three() -> None:
    there = queue(counter("1", "ACD"), counter("2", "A"), waiting={"B": [30, 20], "A": [1]})
    found = proposals(there, NOW)
    assert {each.kind for each in found} == {"assign"}
    assert len({each.window for each in found}) == len(found)
    assert all("B" in each.skills and len(each.skills) <= staffing.SKILLS for each in found)
    assert next(each for each in found if each.label == "1").skills == ("A", "C", "B")  # the main service stays


def test_with_nobody_at_any_window_the_one_to_open_is_named() -> None:
    [first] = proposals(queue(counter("1", "A", "closed"), counter("2", "B", "closed"), waiting={"B": [10]}), NOW)
    assert (first.kind, first.label, first.saves_ms) == ("open", "2", 0)


def test_expected_arrivals_count() -> None:
    """Two wait and twelve more are expected within the hour: one window that needs six minutes each falls behind."""
    calm = queue(counter("1", "A"), counter("2", "A", "closed"), waiting={"A": [6, 5]})
    busy = queue(counter("1", "A"), counter("2", "A", "closed"), waiting={"A": [6, 5]}, arrivals={"A": 12})
    assert max(each.saves_ms for each in proposals(busy, NOW)) > max(each.saves_ms for each in proposals(calm, NOW))


def test_an_appointment_that_is_to_come_is_expected_and_has_not_waited() -> None:
    there = queue(counter("1", "A"), counter("2", "A", "closed"), waiting={"A": [20]})
    later = replace(there, coming={"A": [NOW + n * MINUTE for n in range(6)]})
    assert proposals(replace(later, waiting={}), NOW) == []
    assert proposals(there, NOW) == []  # one who waits is called by the one window
    assert [each.kind for each in proposals(later, NOW)] == ["open"]


@pytest.mark.parametrize("cells", [78, 158])
def test_what_would_help_is_on_the_screen_however_much_piles_up(cells: int) -> None:
    piled = tuple(Hint("long_wait", {"matter": "公司变更登记" * 3, "minutes": 19 - n, "count": 1}) for n in range(6))
    helps = (Proposal("open", "w6", "06", ("A",), "A", "仅销售预包装食品备案", 500_000),)
    shown = Overview(Period("2026-11-27", 0, 1, 1, live=True), hints=piled, proposals=helps)
    title, *lines = ("".join(text for text, _ in line) for line in hints(shown, cells, 3))
    assert title.endswith("7")
    assert len(lines) == 3
    assert "窗口06" in "".join(lines)
    assert "公司变更登记" in "".join(lines)
