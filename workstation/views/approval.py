"""Decisions that wait for their approver's own signature, as that person sees them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from workstation.views.masking import mask_name

Read = Callable[..., list[sqlite3.Row]]


@dataclass(frozen=True, slots=True)
class ToSign:
    """One decision; the applicant's name is masked."""

    document: str
    case: str
    number: str
    kind: str
    matter: str
    applicant: str


_WAITING = """SELECT d.id, d."case", d.number, d.kind, m.name AS matter, c.matter AS code, c.applicant FROM document d
JOIN "case" c ON c.id = d."case" LEFT JOIN matter m ON m.id = c.matter
WHERE d.approver = :staff AND d.state = 'prepared' AND d.number IS NOT NULL AND d.approval IS NULL AND d.alone IS NULL
AND d.scope IN (SELECT value FROM json_each(:scopes)) ORDER BY d.prepared_at, d.id LIMIT :limit"""


def to_sign(read: Read, staff: str, scopes: tuple[str, ...], limit: int = 200) -> list[ToSign]:
    """What waits for this person's signature, oldest first; what the centre has not numbered yet comes later."""
    rows = read(_WAITING, {"staff": staff, "scopes": json.dumps(scopes), "limit": limit})
    return [
        ToSign(r["id"], r["case"], r["number"], r["kind"], r["matter"] or r["code"], mask_name(r["applicant"]))
        for r in rows
    ]
