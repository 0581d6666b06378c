"""What a granted appeal changes: the appraisal of the month in which the rating was given, by an entry of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.appraisal import month_of
from sync.protocol.identifiers import hall_of, scope_of
from sync.rules.facts import Facts
from sync.rules.outcome import Effects

if TYPE_CHECKING:
    from sync.records.rectification import Rectification


def rating_scope(scope: str) -> str:
    """The scope of ratings, beside any scope of the same hall."""
    return scope_of(hall_of(scope), "rating")


def of_appeal(effects: Effects, facts: Facts, entry: Rectification, scope: str, reason: str) -> Effects:
    """A bad rating that was voided counts as none from now on, in the month in which it was given."""
    return effects.put(
        "appraisal_correction",
        entry.id,
        scope=rating_scope(scope),
        month=month_of(entry.opened_at or facts.now),
        figure="bad",
        by=-1,
        staff=entry.rated_staff,
        window=entry.window,
        matter=entry.matter,
        site=entry.site,
        source="appeal",
        reason=reason,
        author=facts.actor,
        at=facts.now,
    )
