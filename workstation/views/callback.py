"""What screen 4 shows of the ledger: its entries by the time that is left, one entry whole, the figures of a day.

    rectification ──▶ EntryLine   holder and telephone masked, the clock that runs and when it ends (ms)
      + callback_attempt, checklist_tick ──▶ Entry   answers, tries, the customer's own words
    rectification ──▶ Figures     sums of the entries of one day

Every query names the scopes that the person's grants reach, and leaves out what is said of the person who asks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from workstation.views.masking import mask_name, mask_phone

Read = Callable[..., list[sqlite3.Row]]
MOST = 300
LATEST_CLOSED = 100
CALLBACK, RECTIFY = "callback", "rectify"
BAD = ("dissatisfied", "very_dissatisfied")

OPEN, MINE, CLOSED = "open", "mine", "closed"
FILTERS = (OPEN, MINE, "first", "rectifying", "second", "appeal", CLOSED)
"""What the list may be narrowed to."""


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry as the list shows it. `away` is the site's name where it is not the hall. `clock`: callback, rectify or
    "" for none that runs; `ends_at` its end in ms. `level` is "" for a complaint by telephone; `outcome` and `tried_at`
    are those of the last try; `second_time` is the time agreed for the second callback, `phase` one of FILTERS."""

    id: str
    scope: str
    level: str
    matter: str
    matter_name: str
    matter_office: str
    window: str
    site_name: str
    away: str
    holder: str
    phone: str
    state: str
    handler: str
    attempts: int
    outcome: str
    tried_at: int
    clock: str
    ends_at: int
    warned: int
    reached: bool
    finding: str
    rectify_day: str
    second_level: str
    second_time: str
    reopened: int
    opened_at: int
    phase: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer on the checklist: its value and when it was given (ms)."""

    value: str
    at: int


@dataclass(frozen=True, slots=True)
class Try:
    """One try to reach the person."""

    round: str
    outcome: str
    at: int
    staff: str
    note: str


@dataclass(frozen=True, slots=True)
class File:
    """A piece of evidence; `arrived`: it is at the centre. `back`: why it was taken back, empty where it was not;
    `at` ms."""

    id: str
    name: str
    sha256: str
    media_type: str
    arrived: bool
    staff: str
    at: int
    back: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with all that the checklist needs. `second_reached`: a call of the second round got through."""

    line: EntryLine
    rated_staff: str
    words: str
    tags: tuple[str, ...]
    cause: str
    measure: str
    office: str
    office_names: Mapping[str, str]
    evidence: str
    appeal: str
    void_reason: str
    wall_at: int
    day_certain: bool
    interviewed: bool
    failed_second: int
    failed_days: int
    second_reached: bool
    answers: Mapping[str, Answer] = field(default_factory=dict)
    tries: tuple[Try, ...] = ()
    files: tuple[File, ...] = ()
    seen_at: int = 0

    def answer(self, item: str) -> str:
        """The value of an answered item, empty where it is not."""
        found = self.answers.get(item)
        return found.value if found else ""


@dataclass(frozen=True, slots=True)
class Figures:
    """The entries of one day: bad ratings, complaints, called back within the limit, past it, called back at all;
    second callbacks of the day and those that were content."""

    bad: int = 0
    complaints: int = 0
    in_time: int = 0
    overdue: int = 0
    called: int = 0
    second: int = 0
    content: int = 0

    @property
    def rate(self) -> float | None:
        """Share called back, None on a day without entries."""
        whole = self.bad + self.complaints
        return self.called / whole if whole else None


# The end of a hall day (+08:00) is 16 hours after its UTC midnight. What no clock hurries comes after what one does,
# the longest waiting first; what is closed comes last, the latest first.
_ENTRIES = """WITH seen AS (
    SELECT *, CASE WHEN state IN ('open', 'assigned', 'callback_tried') THEN 'first'
        WHEN state IN ('verified', 'interviewed', 'rectifying', 'reopened') THEN 'rectifying'
        WHEN state IN ('rectified', 'second_callback') THEN 'second'
        WHEN state = 'appeal_review' THEN 'appeal' ELSE 'closed' END AS phase
    FROM rectification
    WHERE scope IN (SELECT value FROM json_each(:scopes)) AND rated_staff IS NOT :me AND (:id IS NULL OR id = :id))
SELECT r.*, coalesce(m.name, r.matter) AS matter_name, coalesce(m.office, '') AS matter_office,
    coalesce(w.label, '') AS window_label, coalesce(s.name, r.site) AS site_name,
    CASE WHEN coalesce(s.kind, 'hall') = 'hall' THEN '' ELSE s.name END AS away,
    CASE WHEN r.phase = 'first' AND r.first_reached_at IS NULL THEN 'callback'
        WHEN r.phase IN ('rectifying', 'appeal') AND r.rectify_due_day IS NOT NULL THEN 'rectify' ELSE '' END AS clock,
    CASE r.phase WHEN 'first' THEN r.callback_due_at
        WHEN 'second' THEN 8000000000000000 + coalesce(r.rectified_at, r.verified_at, 0)
        WHEN 'closed' THEN 9000000000000000 - coalesce(r.closed_at, 0)
        ELSE (strftime('%s', r.rectify_due_day) + 57600) * 1000 END AS ends_at,
    t.outcome AS outcome, coalesce(t.at, 0) AS tried_at, coalesce(k.value, '') AS second_time
FROM seen r LEFT JOIN matter m ON m.id = r.matter LEFT JOIN "window" w ON w.id = r."window"
    LEFT JOIN site s ON s.id = r.site
    LEFT JOIN checklist_tick k ON k.id = r.id || '/second_time'
    LEFT JOIN callback_attempt t ON t.id = (SELECT a.id FROM callback_attempt a WHERE a.entry = r.id
        ORDER BY a.at DESC, a.id DESC LIMIT 1)
WHERE :only IN ('', r.phase) OR (:only = 'open' AND r.phase <> 'closed')
    OR (:only = 'mine' AND r.phase <> 'closed' AND r.handler = :me)
ORDER BY ends_at, r.id LIMIT :most"""


def _reach(scopes: Sequence[str], me: str) -> dict[str, object]:
    return {"scopes": msgspec.json.encode(list(scopes)).decode(), "me": me}


def _line(row: sqlite3.Row) -> EntryLine:
    return EntryLine(
        id=row["id"],
        scope=row["scope"],
        level=row["level"] or "",
        matter=row["matter"],
        matter_name=row["matter_name"],
        matter_office=row["matter_office"],
        window=row["window_label"],
        site_name=row["site_name"],
        away=row["away"],
        holder=mask_name(row["holder"]),
        phone=mask_phone(row["phone"]),
        state=row["state"],
        handler=row["handler"] or "",
        attempts=row["attempts"] or 0,
        outcome=row["outcome"] or "",
        tried_at=row["tried_at"],
        clock=row["clock"],
        ends_at=row["ends_at"] or 0,
        warned=row["warned"] or 0,
        reached=row["first_reached_at"] is not None,
        finding=row["finding"] or "",
        rectify_day=row["rectify_due_day"] or "",
        second_level=row["second_level"] or "",
        second_time=row["second_time"],
        reopened=row["reopened"] or 0,
        opened_at=row["opened_at"] or 0,
        phase=row["phase"],
    )


def entries(read: Read, scopes: Sequence[str], me: str, only: str = OPEN) -> list[EntryLine]:
    """The entries of a filter (one of FILTERS), least time left first; of closed ones the latest."""
    most = LATEST_CLOSED if only == CLOSED else MOST
    asked = {**_reach(scopes, me), "only": only, "id": None, "most": most}
    return [_line(row) for row in read(_ENTRIES, asked)]


def entry(read: Read, scopes: Sequence[str], me: str, id: str, language: str) -> Entry | None:
    """One entry, None where there is none that this person may see."""
    rows = read(_ENTRIES, {**_reach(scopes, me), "only": "", "id": id, "most": 1})
    if not rows:
        return None
    row = rows[0]
    answers = {
        tick["item"]: Answer(tick["value"], tick["at"] or 0)
        for tick in read("SELECT item, value, at FROM checklist_tick WHERE entry = ? LIMIT 200", (id,))
        if tick["value"]
    }
    tries = tuple(
        Try(each["round"], each["outcome"], each["at"] or 0, each["staff"], each["note"] or "")
        for each in read(
            "SELECT round, outcome, at, staff, note FROM callback_attempt WHERE entry = ? ORDER BY at DESC LIMIT 50",
            (id,),
        )
    )
    since = row["rectified_at"] or row["verified_at"] or 0
    return Entry(
        line=_line(row),
        rated_staff=row["rated_staff"] or "",
        words=row["words"] or "",
        tags=_tags(read, row, language),
        cause=row["cause"] or "",
        measure=row["measure"] or "",
        office=row["office"] or "",
        office_names=dict(offices(read)),
        evidence=row["evidence"] or "",
        appeal=row["appeal"] or "",
        void_reason=row["void_reason"] or "",
        wall_at=row["callback_wall_at"] or 0,
        day_certain=bool(row["deadline_certain"]),
        interviewed=row["interviewed_at"] is not None,
        failed_second=row["failed_second"] or 0,
        failed_days=len(msgspec.json.decode(row["failed_second_days"] or "[]")),
        second_reached=any(t.round == "second" and t.outcome == "reached" and t.at >= since for t in tries),
        answers=answers,
        tries=tries,
        files=files(read, id),
        seen_at=row["seen_at"] or 0,
    )


def files(read: Read, entry: str) -> tuple[File, ...]:
    """The evidence of an entry, as it was attached."""
    rows = read(
        "SELECT id, name, coalesce(sha256, '') AS sha256, media_type, arrived, staff, coalesce(at, 0) AS at,"
        " coalesce(back_why, '') AS back FROM evidence WHERE entry = ? ORDER BY evidence.at, id LIMIT 50",
        (entry,),
    )
    return tuple(
        File(r["id"], r["name"], r["sha256"], r["media_type"], bool(r["arrived"]), r["staff"], r["at"], r["back"])
        for r in rows
    )


def _tags(read: Read, row: sqlite3.Row, language: str) -> tuple[str, ...]:
    """The words of the tags that the rater chose: those of the matter's nature and, where a code is in several, of the
    level. In all versions a code says the same. A code nobody knows stays as it is."""
    codes = msgspec.json.decode(row["tags"] or "[]")
    words: dict[str, str] = {}
    for found in read(
        "SELECT tags FROM tag_set WHERE nature = (SELECT nature FROM matter WHERE id = ?)"
        " ORDER BY level = ?, version LIMIT 500",
        (row["matter"], row["level"]),
    ):
        words |= {tag["code"]: tag.get(language) or tag["code"] for tag in msgspec.json.decode(found["tags"] or "[]")}
    return tuple(str(words.get(code, code)) for code in codes)


def contact(read: Read, scopes: Sequence[str], me: str, id: str) -> tuple[str, str]:
    """(holder, telephone) unmasked; only for a call, which is logged. Empty where nothing is known."""
    rows = read(
        "SELECT r.holder, r.phone FROM rectification r WHERE r.id = :id AND r.rated_staff IS NOT :me"
        " AND r.scope IN (SELECT value FROM json_each(:scopes))",
        {**_reach(scopes, me), "id": id},
    )
    return (rows[0]["holder"] or "", rows[0]["phone"] or "") if rows else ("", "")


# A first callback was made where the person was reached, or the entry verified after three tries in vain.
_FIGURES = """WITH day AS (
    SELECT source, callback_due_at AS due, coalesce(first_reached_at, verified_at) AS called_at FROM rectification
    WHERE scope IN (SELECT value FROM json_each(:scopes)) AND opened_at >= :start AND opened_at < :end)
SELECT coalesce(sum(source = 'rating'), 0) AS bad, coalesce(sum(source <> 'rating'), 0) AS complaints,
    coalesce(sum(called_at <= due), 0) AS in_time, coalesce(sum(coalesce(called_at, :now) > due), 0) AS overdue,
    count(called_at) AS called
FROM day"""
_SECOND = """SELECT count(*) AS n,
    coalesce(sum(second_level NOT IN ('dissatisfied', 'very_dissatisfied')), 0) AS content
FROM rectification WHERE scope IN (SELECT value FROM json_each(:scopes)) AND second_at >= :start AND second_at < :end"""


def figures(read: Read, scopes: Sequence[str], start: int, end: int, now: int) -> Figures:
    """The entries opened from `start` up to `end` (ms), judged at `now`; second callbacks made in that time."""
    period = {"scopes": msgspec.json.encode(list(scopes)).decode(), "start": start, "end": end}
    row = read(_FIGURES, {**period, "now": now})[0]
    second = read(_SECOND, period)[0]
    return Figures(
        row["bad"], row["complaints"], row["in_time"], row["overdue"], row["called"], second["n"], second["content"]
    )


def offices(read: Read, first: str = "") -> list[tuple[str, str]]:
    """(id, name) of the offices, `first` at the top."""
    rows = read("SELECT id, name FROM office ORDER BY (id = ?) DESC, name LIMIT 100", (first,))
    return [(row["id"], row["name"]) for row in rows]


def handlers(read: Read, scope: str) -> list[tuple[str, str]]:
    """(staff number, name) of the callback handlers over this scope."""
    rows = read(
        "SELECT DISTINCT s.id, s.name FROM role_assignment a JOIN staff s ON s.id = a.staff"
        " WHERE a.role = 'callback' AND a.over = ? AND s.active ORDER BY s.id LIMIT 60",
        (scope,),
    )
    return [(row["id"], row["name"]) for row in rows]


def matters(read: Read) -> list[tuple[str, str]]:
    """(id, name) of the matters in use."""
    rows = read("SELECT id, name FROM matter WHERE active ORDER BY prefix, name LIMIT 300")
    return [(row["id"], row["name"]) for row in rows]


def windows(read: Read) -> list[tuple[str, str, str]]:
    """(id, label, site) of all windows."""
    rows = read('SELECT id, label, site FROM "window" ORDER BY site, label LIMIT 200')
    return [(row["id"], row["label"], row["site"]) for row in rows]


def sites(read: Read, first: str) -> list[tuple[str, str]]:
    """(id, name) of all sites, `first` at the top."""
    rows = read("SELECT id, name FROM site ORDER BY (id = ?) DESC, kind <> 'hall', name LIMIT 200", (first,))
    return [(row["id"], row["name"]) for row in rows]
