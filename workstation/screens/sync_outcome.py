"""How screen 7 words what became of work that was held: a row of the list, and the lines below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workstation.cells import wrap
from workstation.hours import moment
from workstation.locale import has, say
from workstation.views.outcomes import Outcome
from workstation.views.worklist import short
from workstation.widgets.lines import Line
from workstation.widgets.rows import Row

Reason = Callable[[str, Mapping[str, Any]], str]


def verb(kind: str) -> str:
    """An operation's kind in words, its name where the catalogue has none."""
    name = kind.partition("@")[0]
    key = f"sync.verb.{name}"
    return say(key) if has(key) else name


def spoken(said: Mapping[str, Any]) -> str:
    """The arguments as they were filled in."""
    return "  ".join(f"{name}: {value}" for name, value in said.items() if value not in (None, "", [], {}))


def outcome_row(outcome: Outcome, reason: Reason, now: int) -> Row:
    """One line of the list."""
    at = moment(outcome.at, now)
    cells = (
        short(outcome.about) or at,
        verb(outcome.kind),
        at,
        say(f"sync.held_is.{outcome.state}"),
        _why(outcome, reason) or outcome.decided_by,
    )
    return Row(f"held-{outcome.id}", cells, data=outcome)


def outcome_lines(outcome: Outcome, reason: Reason, now: int, room: int) -> list[Line]:
    """Who decided what, why, and that the words are kept."""
    head = say("sync.held_was", at=moment(outcome.at, now), verb=verb(outcome.kind), about=outcome.about)
    state, at = say(f"sync.held_is.{outcome.state}"), moment(outcome.decided_at, now)
    told = say("sync.held_by", by=outcome.decided_by, at=at, state=state)
    lines: list[Line] = [[(head, "title")], [(told, "good" if outcome.state == "accepted" else "warn")]]
    if why := _why(outcome, reason):
        lines += [[(line, "")] for line in wrap(say("sync.held_reason", why=why), room)[:2]]
    if outcome.said:
        lines += [[(line, "")] for line in wrap(say("sync.was_said", text=spoken(outcome.said)), room)[:3]]
    kept = "sync.held_done" if outcome.state == "accepted" else "sync.held_kept"
    return [*lines, [(say(kept), "dim")]]


def _why(outcome: Outcome, reason: Reason) -> str:
    rule = "" if not outcome.code else reason(outcome.code, outcome.params)
    return "  ".join(each for each in (outcome.reason, rule) if each)
