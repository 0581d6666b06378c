"""Clocks, loads and the yardstick in words, for screen 6 and for the browser's pages alike."""

from __future__ import annotations

from workstation.hours import DAY, HOUR, MINUTE
from workstation.locale import has, say
from workstation.views.appointment import SlotLoad
from workstation.views.learned import Learned
from workstation.views.pressure import Clock, Load
from workstation.views.yardstick import Measure

_STATES = {"level": ("callback.level.{}",), "state": ("analysis.state.{}", "review.state.{}")}


def span(ms: int) -> str:
    """`2天3时`, `1时05分`, `12分`."""
    days, hours, minutes = ms // DAY, ms % DAY // HOUR, ms % HOUR // MINUTE
    if days:
        return say("oversight.span.days", days=days, hours=hours)
    return (
        say("oversight.span.hours", hours=hours, minutes=f"{minutes:02d}")
        if hours
        else say("oversight.span.minutes", minutes=minutes)
    )


def clock(each: Clock) -> tuple[str, ...]:
    """One limit: what is left, which clock, about what, the matter, who has it."""
    left = ("" if each.certain else "~") + span(abs(each.left_ms))
    said = say("oversight.clock.over" if each.left_ms < 0 else "oversight.clock.left", left=left)
    return said, say(f"oversight.clock.{each.kind}"), each.about, each.matter, each.who


def load(each: Load) -> tuple[str, ...]:
    """One person: who, where, tickets done, minutes each, cases and ledger entries in hand."""
    minutes = "-" if each.minutes is None else f"{each.minutes:.2f}"
    return f"{each.staff} {each.name}", each.window or "-", str(each.done), minutes, str(each.cases), str(each.entries)


def figure(each: Measure, what: float | None) -> str:
    """A figure in its unit."""
    if what is None:
        return "-"
    if each.unit == "share":
        return f"{what * 100:.1f}%"
    return f"{what:.0f}" if each.unit == "count" else f"{what:.2f}"


def measure(each: Measure) -> tuple[str, ...]:
    """One line of the yardstick: what, here, reached or not, the district's, counted from how many."""
    name = say(f"oversight.measure.{each.name}")
    target = figure(each, each.target)
    district = (
        target if each.before is None else say("oversight.from_to", before=figure(each, each.before), value=target)
    )
    mark = {True: say("oversight.reached"), False: say("oversight.missed"), None: ""}[each.reached]
    return name, figure(each, each.value), mark, district, str(each.of) if each.of else ""


def taught(each: Learned) -> tuple[str, ...]:
    """What one service takes: which, as it says itself, as learned, off by how much, too short by how
    much on the mean, from how many."""
    error = "-" if each.error is None else f"{each.error:.1f}"
    bias = "-" if each.bias is None else f"{each.bias:+.1f}"
    return f"{each.prefix} {each.matter}", f"{each.told:.1f}", f"{each.minutes:.1f}", error, bias, str(each.seen)


def half_hour(each: SlotLoad) -> tuple[str, ...]:
    """A half hour of one group: how many are booked, came, did not come, cancelled."""
    return each.clock, each.prefix, str(each.taken), str(each.came), str(each.missed), str(each.cancelled)


def cell(name: str, said: str) -> str:
    """One cell of the records behind a figure; states and levels in words."""
    for pattern in _STATES.get(name, ()):
        if has(key := pattern.format(said)):
            return say(key)
    return said
