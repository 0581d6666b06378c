"""What screen 7 shows: conflicts with their three values, what was refused and why, the last operations.

Values of personal fields are masked; what a person said themselves and was refused is shown to them as they said it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from workstation.views.masking import mask_name, mask_phone

Read = Callable[..., list[sqlite3.Row]]
MOST = 200


@dataclass(frozen=True, slots=True)
class Restored:
    """The centre came back from a backup at `at` (ms); `offered`: operations that this machine said again."""

    at: int
    offered: int


def restored(read: Read) -> Restored | None:
    """The last time, None for never."""
    found = read("SELECT value FROM meta WHERE name = 'restored'")
    return msgspec.json.decode(found[0]["value"], type=Restored) if found else None


@dataclass(frozen=True, slots=True)
class Side:
    """One value of a field, by whom and when (ms)."""

    value: str | None
    by: str = ""
    at: int | None = None


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """A field and two people's values of it. `personal`: shown masked."""

    id: str
    scope: str
    case: str
    number: str
    applicant: str
    field: str
    label: str
    personal: bool
    base: str | None
    mine: Side
    theirs: Side
    owner: str

    def shown(self, value: str | None) -> str:
        """A value as the screen may show it."""
        if value is None or not self.personal:
            return value or ""
        return mask_phone(value) if sum(sign.isdigit() for sign in value) >= 7 else mask_name(value)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An operation that was not accepted. `status`: refused, held or quarantined; `said` is what it said."""

    n: int
    kind: str
    about: str
    said_at: int
    status: str
    code: str
    params: Mapping[str, Any]
    said: Mapping[str, Any]


_CONFLICTS = """SELECT k.*, c.number AS case_number, c.applicant AS case_applicant, c.owner AS case_owner,
    m.fields AS fields
FROM conflict k JOIN "case" c ON c.id = k."case" LEFT JOIN matter m ON m.id = c.matter
WHERE k.state = 'open' AND (k.mine_by = :me OR c.owner = :me OR k.scope IN (SELECT value FROM json_each(:scopes)))
ORDER BY k.mine_at, k.id LIMIT :most"""


def conflicts(read: Read, me: str, approver_of: list[str]) -> list[OpenConflict]:
    """Open conflicts of one's own edits and cases, and of the scopes where one approves."""
    scopes = msgspec.json.encode(approver_of).decode()
    return [_conflict(row) for row in read(_CONFLICTS, {"me": me, "scopes": scopes, "most": MOST})]


def _conflict(row: sqlite3.Row) -> OpenConflict:
    fields = msgspec.json.decode(row["fields"] or "[]")
    named: dict[str, Any] = next((each for each in fields if each.get("name") == row["field"]), {})
    return OpenConflict(
        id=row["id"],
        scope=row["scope"],
        case=row["case"],
        number=row["case_number"] or "",
        applicant=mask_name(row["case_applicant"]),
        field=row["field"],
        label=str(named.get("label", "")),
        personal=bool(named.get("personal", row["field"] == "applicant")),
        base=row["base"],
        mine=Side(row["mine"], row["mine_by"] or "", row["mine_at"]),
        theirs=Side(row["theirs"], row["theirs_by"] or "", row["theirs_at"]),
        owner=row["case_owner"] or "",
    )


_REFUSALS = """SELECT r.*, coalesce(t.number, c.number, '') AS about FROM refusal r
LEFT JOIN ticket t ON t.id = r.id LEFT JOIN "case" c ON c.id = r.id
WHERE r."by" = ? AND NOT r.seen AND r.status <> 'conflict' ORDER BY r.n DESC LIMIT ?"""


def refusals(read: Read, me: str) -> list[Refusal]:
    """What was not accepted of one's own and not acknowledged yet, newest first."""
    return [
        Refusal(
            n=row["n"],
            kind=row["kind"],
            about=row["about"],
            said_at=row["said_at"],
            status=row["status"],
            code=row["code"] or row["status"],
            params=msgspec.json.decode(row["params"] or "{}"),
            said=msgspec.json.decode(row["args"] or "{}"),
        )
        for row in read(_REFUSALS, (me, MOST))
    ]


def unseen(read: Read, me: str) -> set[int]:
    """The numbers of one's own operations that were not accepted and not acknowledged yet."""
    rows = read("SELECT n FROM refusal WHERE \"by\" = ? AND NOT seen AND status <> 'conflict'", (me,))
    return {row["n"] for row in rows}


def waiting(read: Read, me: str) -> dict[int, tuple[str, str, int]]:
    """One's own operations that are still in the outbox: n → (kind, state, said at)."""
    rows = read('SELECT n, kind, state, said_at FROM outbox WHERE "by" = ? ORDER BY n DESC LIMIT ?', (me, MOST))
    return {row["n"]: (row["kind"], row["state"], row["said_at"]) for row in rows}


def ended(read: Read, me: str) -> dict[int, tuple[str, str, str, str, int]]:
    """One's own operations that were not accepted, acknowledged or not: n → (kind, status, code, params, said at)."""
    rows = read('SELECT * FROM refusal WHERE "by" = ? ORDER BY n DESC LIMIT ?', (me, MOST))
    return {row["n"]: (row["kind"], row["status"], row["code"] or "", row["params"], row["said_at"]) for row in rows}


def issued(read: Read, me: str) -> tuple[int, int]:
    """(confirmed by the centre, all) of the documents that this person signed."""
    row = read(
        "SELECT count(*) AS n, coalesce(sum(s.n IS NOT NULL), 0) AS pending FROM document d"
        " LEFT JOIN shadow s ON s.\"table\" = 'document' AND s.id = d.id WHERE d.registered_by = ?",
        (me,),
    )[0]
    return row["n"] - row["pending"], row["n"]


def about(read: Read, id: str) -> str:
    """The number of the ticket or case that an operation (or its conflict) was about, or its window; empty where it has
    none."""
    rows = read(
        'SELECT number FROM ticket WHERE id = :id UNION ALL SELECT number FROM "case" WHERE id = :id'
        ' UNION ALL SELECT c.number FROM conflict k JOIN "case" c ON c.id = k."case" WHERE k.id = :id'
        ' UNION ALL SELECT w.label FROM window_session s JOIN "window" w ON w.id = s."window" WHERE s.id = :id LIMIT 1',
        {"id": id},
    )
    return (rows[0]["number"] or "") if rows else ""
