"""对标: what this hall did in a period beside the district's published figures of 2020-2021, each down to its source.

    ticket, service_segment ──▶ minutes of service for one finished ticket, calls
    case, correction        ──▶ rounds of pre-review before a case was accepted
    rating                  ──▶ satisfied of those that somebody gave, how many
    rectification           ──▶ called back within the limit, put right within it
    matter, site            ──▶ what the hall offers, and where

    proof_waiver, material  ──▶ papers that nobody had to bring, since their facts were verified with who holds them

A share or a mean without anything to count is "-", never 0.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

Read = Callable[..., list[sqlite3.Row]]
SOURCES_MOST = 200


@dataclass(frozen=True, slots=True)
class Scopes:
    """What the reader's grants reach, by class."""

    queue: tuple[str, ...] = ()
    rating: tuple[str, ...] = ()
    callback: tuple[str, ...] = ()
    case: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure. `unit`: minutes, rounds, share or count; `before` and `target` the district's; `of` how many records
    it was counted from. `better` tells the way: low, high, or "" for a size."""

    name: str
    unit: str
    value: float | None
    target: float | None
    before: float | None = None
    of: int = 0
    better: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the district's figure is reached; None where that is no question."""
        if self.value is None or self.target is None or not self.better:
            return None
        return self.value <= self.target if self.better == "low" else self.value >= self.target


@dataclass(frozen=True, slots=True)
class Source:
    """Records behind a figure: catalogue keys of the head, rows of plain cells."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


_IN = "scope IN (SELECT value FROM json_each({}))"
_QUEUE, _RATING, _CALLBACK, _CASE = (_IN.format(f":{name}") for name in ("queue", "rating", "callback", "case"))
_BAD = """(level IN ('dissatisfied', 'very_dissatisfied')
    OR coalesce(person_level, '') IN ('dissatisfied', 'very_dissatisfied'))"""
_MINUTES = f"""SELECT count(DISTINCT t.id) AS n, sum(g.ended_at - g.started_at) / 60000.0 AS minutes
FROM ticket t JOIN service_segment g ON g.ticket = t.id AND g.ended_at IS NOT NULL
WHERE t.day >= :first AND t.day <= :last AND t.state = 'done' AND t.{_QUEUE}"""  # noqa: S608 - own words
_CALLS = f"SELECT count(*) AS n FROM call WHERE called_at >= :start AND called_at < :end AND {_QUEUE}"  # noqa: S608
_ROUNDS = f"""SELECT count(*) AS n, avg(correction_round) AS rounds FROM "case"
WHERE accepted_at >= :start AND accepted_at < :end AND {_CASE}"""  # noqa: S608
_RATED = f"""SELECT count(*) AS n, coalesce(sum({_BAD}), 0) AS bad FROM rating
WHERE rated_at >= :start AND rated_at < :end AND NOT coalesce(defaulted, 0) AND {_RATING}"""  # noqa: S608
_LEDGER = f"""SELECT count(*) AS n, coalesce(sum(coalesce(first_reached_at, verified_at) IS NOT NULL), 0) AS called,
    coalesce(sum(coalesce(first_reached_at, verified_at, :now) <= callback_due_at), 0) AS in_time
FROM rectification WHERE opened_at >= :start AND opened_at < :end AND callback_due_at <= :now
    AND {_CALLBACK}"""  # noqa: S608
_RIGHT = f"""SELECT count(*) AS n, coalesce(sum(date((coalesce(rectified_at, :now) + 28800000) / 1000, 'unixepoch')
    <= rectify_due_day), 0) AS in_time
FROM rectification WHERE opened_at >= :start AND opened_at < :end AND state <> 'voided' AND rectify_due_day IS NOT NULL
    AND (rectified_at IS NOT NULL OR rectify_due_day < date((:now + 28800000) / 1000, 'unixepoch'))
    AND {_CALLBACK}"""  # noqa: S608
_WAIVED = f"""FROM proof_waiver p JOIN material n ON n.id = p.id AND n.state = 'waived'
WHERE p.way = 'verified' AND p.at >= :start AND p.at < :end AND p.{_CASE}"""
_PAPERS = f"SELECT count(*) AS n {_WAIVED}"
_MATTERS = "SELECT count(*) AS n FROM matter WHERE coalesce(active, 1)"
_SITES = "SELECT count(*) AS n FROM site WHERE kind <> 'hall'"


def yardstick(read: Read, scopes: Scopes, asked: dict[str, Any]) -> list[Measure]:
    """Every figure of the period; `asked` are first, last (days), start, end, now (ms)."""
    asked = {**asked, **_lists(scopes)}
    minutes, calls, rounds = (read(sql, asked)[0] for sql in (_MINUTES, _CALLS, _ROUNDS))
    rated, ledger, right, papers = (read(sql, asked)[0] for sql in (_RATED, _LEDGER, _RIGHT, _PAPERS))
    return [
        Measure("minutes", "minutes", _over(minutes["minutes"], minutes["n"]), 6.52, 10, minutes["n"], "low"),
        Measure("rounds", "rounds", rounds["rounds"], 1.3, 4.7, rounds["n"], "low"),
        Measure("satisfied", "share", _share(rated["n"] - rated["bad"], rated["n"]), 0.998, None, rated["n"], "high"),
        Measure("called_back", "share", _share(ledger["called"], ledger["n"]), 1.0, None, ledger["n"], "high"),
        Measure("in_an_hour", "share", _share(ledger["in_time"], ledger["n"]), 1.0, None, ledger["n"], "high"),
        Measure("put_right", "share", _share(right["in_time"], right["n"]), 1.0, None, right["n"], "high"),
        Measure("ratings", "count", rated["n"], 38_839, None, rated["n"]),
        Measure("calls", "count", calls["n"], 120_000, None, calls["n"]),
        Measure("matters", "count", read(_MATTERS)[0]["n"], 3_000),
        Measure("sites", "count", read(_SITES)[0]["n"], 22),
        Measure("papers", "count", papers["n"], 57_000, None, papers["n"]),
    ]


def _lists(scopes: Scopes) -> dict[str, str]:
    names = ("queue", "rating", "callback", "case")
    return {name: msgspec.json.encode(list(getattr(scopes, name))).decode() for name in names}


def _over(value: float | None, n: int) -> float | None:
    return value / n if n and value is not None else None


def _share(part: int, n: int) -> float | None:
    return part / n if n else None


_SOURCES: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "minutes": (
        ("day", "number", "matter", "window", "minutes"),
        f"""SELECT t.day, t.number, coalesce(m.name, t.matter), coalesce(w.label, t."window", '-'),
    printf('%.2f', sum(g.ended_at - g.started_at) / 60000.0)
FROM ticket t JOIN service_segment g ON g.ticket = t.id AND g.ended_at IS NOT NULL
    LEFT JOIN matter m ON m.id = t.matter LEFT JOIN "window" w ON w.id = t."window"
WHERE t.day >= :first AND t.day <= :last AND t.state = 'done' AND t.{_QUEUE}
GROUP BY t.id ORDER BY sum(g.ended_at - g.started_at) DESC, t.id LIMIT :most""",  # noqa: S608
    ),
    "calls": (
        ("day", "number", "matter", "window", "minutes"),
        f"""SELECT t.day, t.number, coalesce(m.name, t.matter), coalesce(w.label, c."window"), '-'
FROM call c JOIN ticket t ON t.id = c.ticket LEFT JOIN matter m ON m.id = t.matter
    LEFT JOIN "window" w ON w.id = c."window"
WHERE c.called_at >= :start AND c.called_at < :end AND c.{_QUEUE} ORDER BY c.called_at DESC LIMIT :most""",  # noqa: S608
    ),
    "rounds": (
        ("number", "matter", "rounds", "state"),
        f"""SELECT coalesce(c.number, c.id), coalesce(m.name, c.matter), c.correction_round, c.state
FROM "case" c LEFT JOIN matter m ON m.id = c.matter
WHERE c.accepted_at >= :start AND c.accepted_at < :end AND c.{_CASE}
ORDER BY c.correction_round DESC, c.accepted_at DESC LIMIT :most""",  # noqa: S608
    ),
    "satisfied": (
        ("day", "level", "matter", "window", "staff"),
        f"""SELECT date((r.rated_at + 28800000) / 1000, 'unixepoch'), r.level, coalesce(m.name, r.matter),
    coalesce(w.label, r."window", '-'), coalesce(r.staff, '-')
FROM rating r LEFT JOIN matter m ON m.id = r.matter LEFT JOIN "window" w ON w.id = r."window"
WHERE r.rated_at >= :start AND r.rated_at < :end AND NOT coalesce(r.defaulted, 0) AND r.{_RATING}
ORDER BY {_BAD} DESC, r.rated_at DESC LIMIT :most""",  # noqa: S608
    ),
    "in_an_hour": (
        ("day", "matter", "window", "minutes", "state"),
        f"""SELECT date((e.opened_at + 28800000) / 1000, 'unixepoch'), coalesce(m.name, e.matter),
    coalesce(w.label, e."window", '-'),
    CASE WHEN coalesce(e.first_reached_at, e.verified_at) IS NULL THEN '-'
        ELSE printf('%.1f', (coalesce(e.first_reached_at, e.verified_at) - e.opened_at) / 60000.0) END, e.state
FROM rectification e LEFT JOIN matter m ON m.id = e.matter LEFT JOIN "window" w ON w.id = e."window"
WHERE e.opened_at >= :start AND e.opened_at < :end AND e.{_CALLBACK}
ORDER BY (coalesce(e.first_reached_at, e.verified_at, :now) > e.callback_due_at) DESC, e.opened_at DESC
LIMIT :most""",  # noqa: S608
    ),
    "papers": (
        ("day", "number", "material", "source"),
        f"""SELECT date((w.at + 28800000) / 1000, 'unixepoch'), coalesce(c.number, c.id), m.name, w.source
FROM (SELECT p.*, n.name AS paper {_WAIVED}) w JOIN material m ON m.id = w.id LEFT JOIN "case" c ON c.id = w."case"
ORDER BY w.at DESC, w.id LIMIT :most""",  # noqa: S608
    ),
    "matters": (
        ("name", "office"),
        "SELECT name, office FROM matter WHERE coalesce(active, 1) ORDER BY name LIMIT :most",
    ),
    "sites": (("name", "kind"), "SELECT name, kind FROM site WHERE kind <> 'hall' ORDER BY name LIMIT :most"),
}
SAME_SOURCE: Final = {"ratings": "satisfied", "called_back": "in_an_hour", "put_right": "in_an_hour"}


def source(read: Read, scopes: Scopes, asked: dict[str, Any], name: str) -> Source:
    """The records behind one figure, those that weigh against it first, at most SOURCES_MOST; no person's name."""
    found = _SOURCES.get(SAME_SOURCE.get(name, name))
    if found is None:
        return Source((), ())
    head, sql = found
    rows = read(sql, {**asked, **_lists(scopes), "most": SOURCES_MOST})
    return Source(head, tuple(tuple("-" if cell is None else str(cell) for cell in row) for row in rows))
