"""Numbers: the centre gives them in the order in which it hears, one row a series.

    number_series  id ── what is numbered      next ── the first number that is still free
                                               period ── the day or year it counts in; a new one begins at 1
                                               lost ── numbers that a lost centre may have given, passed over

The period is that of the server's receipt, never of a device's time, and never goes back: so no number comes twice.

A centre restored from a backup does not know which numbers were given since. Each series jumps over so many as the
restoration says; an operation that is offered again gets the very number that it had, out of those passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sync.calendar import day_of
from sync.rules.outcome import Effects

if TYPE_CHECKING:
    from sync.records.ticket import NumberSeries
    from sync.rules.facts import Facts

Gap = dict[str, Any]
"""{at: the restoration, since: where the series stood then, period, first, last, used: [n]}"""


def take(effects: Effects, facts: Facts, id: str, scope: str, period: str) -> tuple[str, int]:
    """The next number and the period it belongs to; only where `facts.authority`, and once an operation a series."""
    return draw(effects, facts, facts.get("number_series", id), id, scope, period)


def draw(
    effects: Effects, facts: Facts, row: NumberSeries | None, id: str, scope: str, period: str, count: int = 1
) -> tuple[str, int]:
    """As `take`, from the series' row: the first of `count` numbers."""
    number = facts.number_before(id) if count == 1 else None
    if number is not None and facts.restored is not None:  # said by a clock that was wrong, perhaps: that counts
        period = max(period, min(number[0], day_of(facts.restored["at"])[: len(period)]))
    period, first, gaps = _stand(facts, row, period)
    if number is None or not _claim(gaps, *number):
        number = period, first
        first += count
    effects.put("number_series", id, scope=scope, next=first, period=period, lost=gaps or None)
    if count == 1:
        effects.told.setdefault("numbers", {})[id] = number
    return number


def claim(
    effects: Effects, facts: Facts, row: NumberSeries | None, id: str, scope: str, period: str, number: tuple[str, int]
) -> bool:
    """Whether the number was passed over and nobody has had it since: then it is used from now on. For one out of a
    device's block that a restored centre has never heard of."""
    period, first, gaps = _stand(facts, row, period)
    if not _claim(gaps, *number):
        return False
    effects.put("number_series", id, scope=scope, next=first, period=period, lost=gaps or None)
    return True


def _stand(facts: Facts, row: NumberSeries | None, period: str) -> tuple[str, int, list[Gap]]:
    """Period, first free number and the gaps; with new gaps where the centre was restored and this series not asked
    since: in the period it stood in, and in the one that the lost centre may have begun last."""
    stood, first = (row.period, row.next) if row is not None else ("", 1)
    gaps = [dict(gap) for gap in (row.lost or ())] if row is not None else []
    restored = facts.restored
    if restored is not None and all(gap["at"] != restored["at"] for gap in gaps):
        if row is not None:
            gaps.append(_gap(restored, stood, stood, first))
            first = gaps[-1]["last"] + 1
        last = day_of(restored["at"])[: len(period)]
        if last > stood:
            gaps.append(_gap(restored, stood, last, 1))
    if stood >= period:
        return stood, first, gaps
    _reach(gaps, period)
    return period, max((gap["last"] + 1 for gap in gaps if gap["period"] == period), default=1), gaps


def _gap(restored: Mapping[str, Any], since: str, period: str, first: int) -> Gap:
    last = first + restored["skip"] - 1
    return {"at": restored["at"], "since": since, "period": period, "first": first, "last": last, "used": []}


def _reach(gaps: list[Gap], period: str) -> None:
    """A period between two of them has one too, once it is asked for: the lost centre may have numbered in each."""
    for gap in tuple(gaps):
        known = any((other["at"], other["period"]) == (gap["at"], period) for other in gaps)
        if gap.get("since", period) < period < gap["period"] and not known:
            gaps.append({**gap, "since": period, "period": period, "used": []})


def _claim(gaps: list[Gap], period: str, n: int) -> bool:
    _reach(gaps, period)
    for gap in gaps:
        if gap["period"] == period and gap["first"] <= n <= gap["last"] and n not in gap["used"]:
            gap["used"] = sorted([*gap["used"], n])
            return True
    return False
