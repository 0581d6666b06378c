"""Screen 5's lists: a grid worker's drafts and cases, what of them waits for a network, one case and its progress."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sync.records.states import CASE_OVER
from workstation.locale import Phrase
from workstation.views.masking import mask_name

Read = Callable[..., list[sqlite3.Row]]
MOST = 200
UPLINK = 125_000  # bytes a second: 1 Mbit/s, what a 4G cell at the edge of a park gives


@dataclass(frozen=True, slots=True)
class IntakeCase:
    """A case of mine. `bytes_all` and `bytes_there` count its files and those at the centre, `operations` what the
    centre has not answered; `at` is ms since the epoch."""

    id: str
    scope: str
    number: str
    matter: str
    applicant: str
    state: str
    at: int
    due: str
    papers: int
    papers_there: int
    bytes_all: int = 0
    bytes_there: int = 0
    operations: int = 0

    @property
    def waits(self) -> bool:
        """Whether something of it is only here."""
        return self.operations > 0 or self.bytes_there < self.bytes_all

    @property
    def bytes_left(self) -> int:
        """What has still to go."""
        return self.bytes_all - self.bytes_there

    def transfer(self, online: bool) -> Phrase:
        """Where its bytes are: 待网, 排队, 传 45%, 已传."""
        if self.operations:
            return "intake.transfer.queued" if online else "intake.transfer.waits"
        if self.bytes_there < self.bytes_all:
            percent = self.bytes_there * 100 // self.bytes_all
            return "intake.transfer.part", {"percent": percent}
        return "intake.transfer.done"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The outbox of mine, in one line."""

    cases: int
    operations: int
    bytes_left: int

    @property
    def seconds(self) -> int:
        """How long it takes at 4G; a little for each operation's way."""
        return -(-self.bytes_left // UPLINK) + (1 if self.operations else 0)


_CASES = """SELECT c.id, c.scope, c.number, c.matter, m.name AS matter_name, c.applicant, c.state, c.received_at,
CASE WHEN c.state = 'received' THEN c.correction_due_day ELSE c.promised_day END AS due
FROM "case" c LEFT JOIN matter m ON m.id = c.matter
WHERE (c.received_by = :me OR c.owner = :me) AND c.scope IN (SELECT value FROM json_each(:scopes))
AND (:text = '' OR c.number LIKE :part ESCAPE '\\' OR c.applicant LIKE :part ESCAPE '\\' OR m.name LIKE :part ESCAPE
'\\') AND (:state = '' OR c.state = :state)
ORDER BY c.received_at DESC, c.id DESC LIMIT :limit"""
_PAPERS = """SELECT "case", count(DISTINCT ordinal) AS papers,
count(DISTINCT CASE WHEN state <> 'missing' THEN ordinal END) AS there,
coalesce(sum(CASE WHEN sha256 IS NOT NULL THEN size END), 0) AS bytes_all,
coalesce(sum(CASE WHEN sha256 IS NOT NULL AND arrived THEN size END), 0) AS bytes_there
FROM material WHERE "case" IN (SELECT value FROM json_each(:cases)) GROUP BY "case" """
_OPERATIONS = """SELECT coalesce(json_extract(args, '$.case'), id) AS "case", count(*) AS count FROM outbox
WHERE state = 'new' AND "by" = :me GROUP BY 1"""
_SAME = """SELECT c.id, c.number, c.matter, json_extract(c.form, '$.address') AS address FROM "case" c
WHERE c.id <> :id AND ((:code <> '' AND c.applicant_code = :code) OR c.applicant = :name)
AND c.state NOT IN (SELECT value FROM json_each(:ended)) ORDER BY c.received_at DESC, c.id DESC LIMIT 20"""
_TODAY = """SELECT count(*) AS handed_in, coalesce(sum(c.accepted_at IS NOT NULL), 0) AS accepted,
coalesce(sum(c.state = 'need_correction'), 0) AS to_correct FROM "case" c
WHERE c.received_by = :me AND c.received_at >= :since"""


def _like(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"


def cases_of(
    read: Read, me: str, scopes: Collection[str], text: str = "", state: str = "", limit: int = MOST
) -> list[IntakeCase]:
    """The newest cases that the person handed in or owns, as this copy has them."""
    params = {"me": me, "scopes": json.dumps(sorted(scopes)), "text": text, "part": _like(text), "state": state}
    rows = read(_CASES, {**params, "limit": limit})
    papers = {row["case"]: row for row in read(_PAPERS, {"cases": json.dumps([row["id"] for row in rows])})}
    operations = {row["case"]: row["count"] for row in read(_OPERATIONS, {"me": me})}
    return [_case(row, papers.get(row["id"]), operations.get(row["id"], 0)) for row in rows]


def _case(row: sqlite3.Row, papers: sqlite3.Row | None, operations: int) -> IntakeCase:
    return IntakeCase(
        id=row["id"],
        scope=row["scope"],
        number=row["number"] or "",
        matter=row["matter_name"] or row["matter"],
        applicant=mask_name(row["applicant"]),
        state=row["state"],
        at=row["received_at"] or 0,
        due=row["due"] or "",
        papers=papers["papers"] if papers else 0,
        papers_there=papers["there"] if papers else 0,
        bytes_all=papers["bytes_all"] if papers else 0,
        bytes_there=papers["bytes_there"] if papers else 0,
        operations=operations,
    )


def waiting_of(cases: Sequence[IntakeCase]) -> Waiting:
    """What of these cases is only here."""
    held = [case for case in cases if case.waits]
    return Waiting(len(held), sum(case.operations for case in held), sum(case.bytes_left for case in held))


def others_of_applicant(read: Read, id: str, name: str, code: str) -> list[tuple[str, str, str]]:
    """(number, matter, address) of the same applicant's open cases in this copy, newest first."""
    if not name.strip() and not code:
        return []
    params = {"id": id, "name": name.strip(), "code": code, "ended": json.dumps(CASE_OVER)}
    return [(row["number"] or "", row["matter"], row["address"] or "") for row in read(_SAME, params)]


def since(read: Read, me: str, at: int) -> tuple[int, int, int]:
    """(handed in, accepted of these, waiting for a correction) since a moment."""
    row = read(_TODAY, {"me": me, "since": at})[0]
    return row["handed_in"], row["accepted"], row["to_correct"]


def refusals_of(read: Read, ns: Collection[int]) -> dict[int, tuple[str, str]]:
    """(code, parameters as JSON) of those among these operations that the centre did not take."""
    rows = read(
        "SELECT n, coalesce(code, status) AS code, params FROM refusal WHERE n IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(ns)),),
    )
    return {row["n"]: (row["code"], row["params"] or "{}") for row in rows}


def still_here(read: Read, ns: Collection[int]) -> set[int]:
    """Those among these operations whose effects have not come back."""
    found = read("SELECT n FROM outbox WHERE n IN (SELECT value FROM json_each(?))", (json.dumps(sorted(ns)),))
    return {row["n"] for row in found}


def stood_on(read: Read, ns: Collection[int]) -> bool:
    """Whether another operation was built on one of these."""
    among = json.dumps(sorted(ns))
    found = read(
        "SELECT 1 FROM outbox WHERE after IN (SELECT value FROM json_each(:among))"
        " AND n NOT IN (SELECT value FROM json_each(:among)) LIMIT 1",
        {"among": among},
    )
    return bool(found)


def queued(read: Read, kind: str, id: str) -> int | None:
    """The number of an operation of this kind on this record that is in the outbox."""
    found = read("SELECT max(n) AS n FROM outbox WHERE kind = ? AND id = ?", (kind, id))
    n: int | None = found[0]["n"]
    return n


def defects_of(corrections: Sequence[Any]) -> list[dict[str, Any]]:
    """What the newest correction notice without an answer asks for."""
    open_ = [each for each in corrections if each.answered_at is None]
    return list(max(open_, key=lambda each: each.round).defects or []) if open_ else []
