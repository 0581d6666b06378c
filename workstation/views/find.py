"""What the code line finds in the local copy: today's tickets and the cases, names masked.

A case is found by its whole number or the digits at its end, by its credit code, by the beginning of the applicant's
name, or by any part of it where nothing begins so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from workstation.views.masking import mask_name

Read = Callable[..., list[sqlite3.Row]]
HIGHEST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class FoundTicket:
    """A ticket of today."""

    id: str
    number: str
    matter: str
    holder: str
    state: str
    case: str | None


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case held here."""

    id: str
    number: str
    matter: str
    applicant: str
    state: str


_TICKETS = """SELECT t.id, t.number, t.holder, t.state, t."case", coalesce(m.name, t.matter) AS matter
FROM ticket t LEFT JOIN matter m ON m.id = t.matter
WHERE t.day = :day AND (t.number = :text OR (:tail AND t.number LIKE '%' || :text) OR t.holder = :name)
ORDER BY t.number LIMIT :most"""
_CASES = """SELECT c.id, c.number, c.applicant, c.state, coalesce(m.name, c.matter) AS matter
FROM "case" c LEFT JOIN matter m ON m.id = c.matter WHERE """
_BY_NUMBER = (
    _CASES
    + """c.number = :text OR (:tail AND c.number LIKE '%' || :text) OR c.applicant_code = :text
ORDER BY c.received_at DESC LIMIT :most"""
)
_BY_BEGINNING = _CASES + """c.applicant >= :name AND c.applicant < :after ORDER BY c.applicant LIMIT :most"""
_BY_PART = _CASES + """instr(c.applicant, :name) ORDER BY c.received_at DESC LIMIT :most"""


def tickets(read: Read, day: str, text: str, name: str, most: int) -> list[FoundTicket]:
    """Today's tickets with this number, ending in these digits, or of this person."""
    rows = read(_TICKETS, {"day": day, "text": text, "tail": text.isdigit(), "name": name, "most": most})
    return [
        FoundTicket(row["id"], row["number"] or "", row["matter"], mask_name(row["holder"]), row["state"], row["case"])
        for row in rows
    ]


def cases(read: Read, text: str, name: str, most: int) -> list[FoundCase]:
    """Cases held here, the surest kind of match alone."""
    params = {"text": text, "tail": text.isdigit(), "name": name, "after": name + HIGHEST, "most": most}
    for sql in (_BY_NUMBER, _BY_BEGINNING, _BY_PART):
        if rows := read(sql, params):
            return [
                FoundCase(row["id"], row["number"] or "", row["matter"], mask_name(row["applicant"]), row["state"])
                for row in rows
            ]
    return []
