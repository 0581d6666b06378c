"""Papers as screens show them: a case's documents, and those that wait for a signature."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from sync.paper_code import is_mac, mac_of
from sync.records.states import DocumentState
from sync.rules.paper import DECISIONS

Read = Callable[..., list[sqlite3.Row]]


@dataclass(frozen=True, slots=True)
class Paper:
    """One document. `pending`: what is shown is this machine's, the centre has not answered."""

    id: str
    case: str
    kind: str
    number: str
    state: str
    case_number: str
    owner: str
    sha256: str
    pages: int
    signed_at: int
    prepared_at: int
    registered_by: str
    pending: bool
    awaits: str
    """The approver who has still to sign it, else empty."""


_PAPERS = """SELECT d.id, d."case", d.kind, d.number, d.state, d.sha256, d.pages, d.signed_at, d.prepared_at,
d.registered_by, c.number AS case_number, c.owner,
CASE WHEN d.approval IS NULL AND d.alone IS NULL THEN coalesce(d.approver, '') ELSE '' END AS awaits,
EXISTS (SELECT 1 FROM shadow s WHERE s."table" = 'document' AND s.id = d.id) AS pending
FROM document d JOIN "case" c ON c.id = d."case" WHERE """
_OF_CASE = _PAPERS + 'd."case" = :case ORDER BY d.prepared_at, d.id LIMIT 100'
_UNSIGNED = (
    _PAPERS  # noqa: S608 - constants only
    + """d.state = 'prepared' AND (d.kind NOT IN (SELECT value FROM json_each(:decisions))
OR EXISTS (SELECT 1 FROM document o WHERE o.superseded_by = d.id))
AND d.scope IN (SELECT value FROM json_each(:scopes)) AND (:owner = '' OR c.owner = :owner)
ORDER BY d.scope IN (SELECT value FROM json_each(:first)) DESC, d.number IS NULL, d.prepared_at, d.id LIMIT :limit"""
)


def papers_of(read: Read, case: str) -> list[Paper]:
    """All papers of a case, oldest first."""
    return [_paper(row) for row in read(_OF_CASE, {"case": case})]


def unsigned(
    read: Read, scopes: tuple[str, ...], owner: str = "", first: tuple[str, ...] = (), limit: int = 200
) -> list[Paper]:
    """Papers that no approval precedes and nobody has signed: those of the scopes `first`, then the others; those
    without a number yet come last."""
    params = {
        "decisions": json.dumps(sorted(DECISIONS)),
        "scopes": json.dumps(scopes),
        "owner": owner,
        "first": json.dumps(first),
        "limit": limit,
    }
    return [_paper(row) for row in read(_UNSIGNED, params)]


def is_pending(read: Read, document: str) -> bool:
    """Whether what this copy shows of a document is only its own preview."""
    return bool(read("SELECT 1 FROM shadow WHERE \"table\" = 'document' AND id = ?", (document,)))


def was_refused(read: Read, n: int) -> tuple[str, str] | None:
    """(code, parameters as JSON) of an operation of this machine that the centre did not take."""
    found = read("SELECT code, params FROM refusal WHERE n = ?", (n,))
    return (found[0]["code"], found[0]["params"]) if found else None


def registry_state(read: Read, message_digest: str, signature: str) -> str | None:
    """What this copy's registry says of a signed file: valid, superseded, revoked, pending, or None for unknown."""
    found = read(
        "SELECT id, state FROM document WHERE message_digest = ? AND signature = ?", (message_digest, signature)
    )
    if not found:
        return None
    return "pending" if is_pending(read, found[0]["id"]) else str(found[0]["state"])


@dataclass(frozen=True, slots=True)
class PrintedCode:
    """What this copy knows of the paper that a printed code leads to; `right`: its mac is that paper's, None: none."""

    kind: str
    number: str
    holder: str
    state: str
    right: bool | None


def printed_code(read: Read, page: str, mac: str) -> PrintedCode | None:
    """The paper of a code's page, None where this copy holds no such paper."""
    found = read("SELECT id, kind, number, facts, state FROM document WHERE page = ?", (page,))
    if not found:
        return None
    row = found[0]
    facts = json.loads(row["facts"] or "{}")
    right = is_mac(mac, mac_of(row["id"], page, row["kind"], row["number"], facts)) if mac else None
    state = "pending" if is_pending(read, row["id"]) else str(row["state"])
    return PrintedCode(row["kind"], row["number"] or "", str(facts.get("addressee") or ""), state, right)


def _paper(row: sqlite3.Row) -> Paper:
    return Paper(
        id=row["id"],
        case=row["case"],
        kind=row["kind"],
        number=row["number"] or "",
        state=row["state"],
        case_number=row["case_number"] or "",
        owner=row["owner"] or "",
        sha256=row["sha256"] or "",
        pages=row["pages"] or 0,
        signed_at=row["signed_at"] or 0,
        prepared_at=row["prepared_at"] or 0,
        registered_by=row["registered_by"] or "",
        pending=bool(row["pending"]),
        awaits=row["awaits"],
    )


def is_signed(paper: Paper) -> bool:
    """Whether there is a signed file of it."""
    return paper.state in (DocumentState.VALID, DocumentState.SUPERSEDED, DocumentState.REVOKED)
