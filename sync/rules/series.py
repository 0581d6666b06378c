"""Numbers: the centre gives them in the order in which it hears, one row a series.

    number_series  id ── what is numbered      next ── the first number that is still free
                                               period ── the day or year it counts in; a new one begins at 1

The period is that of the server's receipt, never of a device's time, and never goes back: so no number comes twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.rules.outcome import Effects

if TYPE_CHECKING:
    from sync.records.ticket import NumberSeries
    from sync.rules.facts import Facts


def take(effects: Effects, facts: Facts, id: str, scope: str, period: str) -> tuple[str, int]:
    """The next number and the period it belongs to; only where `facts.authority`, and once an operation a series."""
    row: NumberSeries | None = facts.get("number_series", id)
    n = 1
    if row is not None and row.period >= period:
        period, n = row.period, row.next
    effects.put("number_series", id, scope=scope, next=n + 1, period=period)
    return period, n
