"""好差评 over a period: who was invited, who answered and how, by window, person, matter or site, or as a course of its
days or months; and the one before.

    invite  (opened in the period)   ──▶ participation        a default is given by nobody: it is counted apart,
    rating  (given in the period)    ──▶ satisfied, bad       and is in no share
    rating, rectification, link      ──▶ the bad ones, one by one, down to the ticket where the reader may know it

A rating is bad where the matter or the person was rated with one of the two bad levels.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sync.calendar import DAY_MS, day_of

Read = Callable[..., list[sqlite3.Row]]
WINDOW, STAFF, MATTER, SITE, PERIOD = "window", "staff", "matter", "site", "period"
GROUPS: Final = (WINDOW, STAFF, MATTER, SITE, PERIOD)
MOST = 2_000
BAD_MOST = 500
ALARM_COUNT, ALARM_TIMES = 3, 2
"""So many bad ratings with one reason, and so many times those of the period before, are no accident."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to `end`, ms; `before` is where the period before began. Its course has a line a day, or a month
    where it is `monthly`."""

    start: int
    end: int
    before: int
    monthly: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of one group, or of all."""

    invited: int = 0
    rated: int = 0
    bad: int = 0
    defaulted: int = 0

    @property
    def participation(self) -> float | None:
        """Answered of invited; an answer may come later than its invitation, so it can pass 1 in a short period."""
        return self.rated / self.invited if self.invited else None

    @property
    def satisfied(self) -> float | None:
        """Not bad, of those that somebody gave."""
        return 1 - self.bad / self.rated if self.rated else None

    @property
    def bad_rate(self) -> float | None:
        """Bad, of those that somebody gave."""
        return self.bad / self.rated if self.rated else None


@dataclass(frozen=True, slots=True)
class Line:
    """One group; `before` are its figures of the period before, in a course those of the day or month before."""

    key: str
    name: str
    now: Figures
    before: Figures


@dataclass(frozen=True, slots=True)
class Alarm:
    """Bad ratings that have one thing in common: a reason (with its matter), a window, or a matter."""

    kind: str  # reason | window | matter
    name: str
    reason: str
    count: int
    before: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """The whole screen."""

    group: str
    span: Span
    total: Figures
    before: Figures
    lines: tuple[Line, ...] = ()
    alarms: tuple[Alarm, ...] = ()


@dataclass(frozen=True, slots=True)
class BadOne:
    """One bad rating. `number` and `state` only where the reader's grants reach the callback scope, and never of one
    that says something of the reader."""

    id: str
    at: int
    level: str
    person_level: str
    tags: tuple[str, ...]
    words: str
    window: str
    staff: str
    matter: str
    number: str
    state: str


_BAD = """(r.level IN ('dissatisfied', 'very_dissatisfied')
    OR coalesce(r.person_level, '') IN ('dissatisfied', 'very_dissatisfied'))"""
_DAY: Final = "strftime('%Y-%m-%d', ({at} + 28800000) / 1000, 'unixepoch')"  # the hall's, without summer time
_KEYS: Final[Mapping[str, str]] = {
    WINDOW: """coalesce({of}."window", '')""",
    STAFF: "coalesce({of}.staff, '')",
    MATTER: "coalesce({of}.matter, '')",
    SITE: "coalesce({of}.site, '')",
    PERIOD: f"substr({_DAY}, 1, :letters)",
}
"""The key of each group; nothing typed ever comes into a statement."""
_NAMES: Final[Mapping[str, str]] = {
    WINDOW: """SELECT w.id, CASE WHEN s.kind = 'hall' THEN w.label ELSE s.name || ' ' || w.label END AS name
        FROM "window" w LEFT JOIN site s ON s.id = w.site""",
    STAFF: "SELECT id, id || ' ' || name AS name FROM staff",
    MATTER: "SELECT id, name FROM matter",
    SITE: "SELECT id, name FROM site",
}
_RATED = """SELECT {key} AS key, r.rated_at >= :start AS now, count(*) AS n,
    coalesce(sum(coalesce(r.defaulted, 0)), 0) AS defaulted,
    coalesce(sum(NOT coalesce(r.defaulted, 0) AND {bad}), 0) AS bad
FROM rating r WHERE r.rated_at >= :before AND r.rated_at < :end AND r.scope IN (SELECT value FROM json_each(:scopes))
GROUP BY 1, 2"""
_INVITED = """SELECT {key} AS key, i.opened_at >= :start AS now, count(*) AS n
FROM invite i WHERE i.opened_at >= :before AND i.opened_at < :end AND i.scope IN (SELECT value FROM json_each(:scopes))
GROUP BY 1, 2"""


def analysis(read: Read, scopes: Sequence[str], group: str, span: Span) -> Analysis:
    """Counts by group, those with most bad ratings first, or a course from its first day; alarms."""
    asked = _asked(scopes, span)
    counts: dict[tuple[str, int], dict[str, int]] = {}
    for row in read(_RATED.format(key=_KEYS[group].format(of="r", at="r.rated_at"), bad=_BAD), asked):
        counts[row["key"], row["now"]] = {
            "rated": row["n"] - row["defaulted"],
            "bad": row["bad"],
            "defaulted": row["defaulted"],
        }
    for row in read(_INVITED.format(key=_KEYS[group].format(of="i", at="i.opened_at")), asked):
        counts.setdefault((row["key"], row["now"]), {})["invited"] = row["n"]
    figures = {key: Figures(**found) for key, found in counts.items()}
    lines = _course(figures, span) if group == PERIOD else _groups(figures, read(_NAMES[group]))
    return Analysis(
        group=group,
        span=span,
        total=_sum(each for (_, now), each in figures.items() if now),
        before=_sum(each for (_, now), each in figures.items() if not now),
        lines=tuple(lines[:MOST]),
        alarms=_alarms(read, asked),
    )


def _groups(figures: Mapping[tuple[str, int], Figures], named: Iterable[sqlite3.Row]) -> list[Line]:
    names = {row["id"]: row["name"] for row in named}
    lines = [
        Line(key, names.get(key, key) or "-", figures.get((key, 1), Figures()), figures.get((key, 0), Figures()))
        for key in {key for key, _ in figures}
    ]
    lines.sort(key=lambda line: (-line.now.bad, -(line.now.bad_rate or 0), -line.now.rated, line.name))
    return lines


def _course(figures: Mapping[tuple[str, int], Figures], span: Span) -> list[Line]:
    """Every day or month from the first, also those on which nothing came; up to the last on which something did."""
    steps = {(_step(at, span), int(at >= span.start)): None for at in range(span.before, span.end, DAY_MS)}
    lines, before = [], Figures()
    for key, now in steps:
        found = figures.get((key, now), Figures())
        if now:
            lines.append(Line(key, key, found, before))
        before = found
    while lines and lines[-1].now == Figures():
        lines.pop()
    return lines


def _step(at: int, span: Span) -> str:
    return day_of(at)[: _letters(span)]


def _letters(span: Span) -> int:
    return len("2026-11") if span.monthly else len("2026-11-23")


def _asked(scopes: Sequence[str], span: Span) -> dict[str, Any]:
    return {
        "scopes": msgspec.json.encode(list(scopes)).decode(),
        "start": span.start,
        "end": span.end,
        "before": span.before,
        "letters": _letters(span),
    }


def _sum(each: Iterable[Figures]) -> Figures:
    found = list(each)
    return Figures(
        sum(one.invited for one in found),
        sum(one.rated for one in found),
        sum(one.bad for one in found),
        sum(one.defaulted for one in found),
    )


_BAD_ONES = f"""SELECT r.id, r.rated_at >= :start AS now, r.rated_at, r.level, r.person_level, r.tags, r.words, r.staff,
    r.matter, r."window", r.site, coalesce(m.name, r.matter) AS matter_name,
    coalesce(w.label, r."window", '-') AS window_name,
    CASE WHEN coalesce(s.kind, 'hall') = 'hall' THEN '' ELSE s.name || ' ' END AS away
FROM rating r LEFT JOIN matter m ON m.id = r.matter LEFT JOIN "window" w ON w.id = r."window"
    LEFT JOIN site s ON s.id = w.site
WHERE r.rated_at >= :before AND r.rated_at < :end AND r.scope IN (SELECT value FROM json_each(:scopes))
    AND NOT coalesce(r.defaulted, 0) AND {_BAD} ORDER BY r.rated_at DESC"""  # noqa: S608  (constants of this module)


def _alarms(read: Read, asked: Mapping[str, Any]) -> tuple[Alarm, ...]:
    """What bad ratings of the period have in common, more than in the period before; the most frequent first. Windows
    of several sites may have one label."""
    seen: dict[int, Counter[tuple[str, str, str]]] = {0: Counter(), 1: Counter()}
    names: dict[tuple[str, str], str] = {}
    for row in read(_BAD_ONES, asked):
        window, matter = row["window"] or "", row["matter"] or ""
        names["window", window] = row["away"] + row["window_name"]
        names["matter", matter] = names["reason", matter] = row["matter_name"] or "-"
        common = {("window", window, ""), ("matter", matter, "")}
        common |= {("reason", matter, tag) for tag in _tags(row["tags"])}
        seen[row["now"]].update(common)
    found = [
        Alarm(kind, names[kind, id], reason, count, seen[0][kind, id, reason])
        for (kind, id, reason), count in seen[1].items()
        if count >= ALARM_COUNT and count >= ALARM_TIMES * seen[0][kind, id, reason]
    ]
    return tuple(sorted(found, key=lambda alarm: (-alarm.count, alarm.kind != "reason", alarm.name, alarm.reason)))


def _tags(stored: str | None) -> tuple[str, ...]:
    return tuple(str(tag) for tag in msgspec.json.decode(stored or "[]"))


def tag_words(read: Read, language: str) -> dict[str, str]:
    """The words of every tag's code, the newest version's."""
    found: dict[str, str] = {}
    for row in read("SELECT tags FROM tag_set ORDER BY version LIMIT 500"):
        found |= {tag["code"]: tag.get(language) or tag["code"] for tag in msgspec.json.decode(row["tags"] or "[]")}
    return found


_LEDGER = """SELECT e.id, e.state, coalesce(l.number, '') AS number FROM rectification e
    LEFT JOIN invite_link l ON l.id = e.id
WHERE e.id IN (SELECT value FROM json_each(:ids)) AND e.scope IN (SELECT value FROM json_each(:callback))
    AND e.rated_staff IS NOT :me"""


def bad_ones(
    read: Read, scopes: Sequence[str], callback: Sequence[str], line: str, group: str, span: Span, me: str = ""
) -> list[BadOne]:
    """The bad ratings of one group in the period, the latest first; of those of `me`, the reader, no ticket."""

    def key(row: sqlite3.Row) -> str:
        return _step(row["rated_at"], span) if group == PERIOD else row[group] or ""

    of_group = [row for row in read(_BAD_ONES, _asked(scopes, span)) if row["now"] and key(row) == line][:BAD_MOST]
    asked = {
        "ids": msgspec.json.encode([row["id"] for row in of_group]).decode(),
        "callback": msgspec.json.encode(list(callback)).decode(),
        "me": me,
    }
    ledger = {row["id"]: row for row in read(_LEDGER, asked)} if callback else {}
    return [
        BadOne(
            id=row["id"],
            at=row["rated_at"],
            level=row["level"],
            person_level=row["person_level"] or "",
            tags=_tags(row["tags"]),
            words=row["words"] or "",
            window=row["window_name"],
            staff=row["staff"] or "-",
            matter=row["matter_name"],
            number=ledger[row["id"]]["number"] if row["id"] in ledger else "",
            state=ledger[row["id"]]["state"] if row["id"] in ledger else "",
        )
        for row in of_group
    ]
