"""Lists of cases by deadline: 我的待办, the offices', what waits for a decision, and what a search finds here.

due day = promised day, before acceptance the last day for a correction notice, once issued the last day to deliver;
cases without one come last
key-set paging over (due, id)
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sync.calendar import Calendar
from sync.records.columns import CASE_DUE
from sync.records.states import CaseState
from workstation.locale import Phrase
from workstation.views.masking import mask_name

Read = Callable[..., list[sqlite3.Row]]
NEVER = "9999-99-99"
AT_WORK = (
    CaseState.RECEIVED,
    CaseState.NEED_CORRECTION,
    CaseState.CORRECTED,
    CaseState.ACCEPTED,
    CaseState.IN_REVIEW,
    CaseState.SPECIAL_PROCEDURE,
    CaseState.REVIEWED,
    CaseState.DECIDED,
    CaseState.ISSUED,
)
LISTS = {
    "mine": AT_WORK,
    "offices": AT_WORK[:-1],
    "deciding": (CaseState.REVIEWED,),
    "issuing": (CaseState.DECIDED,),
    "delivering": (CaseState.ISSUED,),
    "found": (),
}
MOST_FOUND = 500


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One case of a list. `due` is an ISO day or empty; `right` the authorisation that this device holds."""

    id: str
    number: str
    matter: str
    applicant: str
    state: str
    owner: str
    due: str
    certain: bool
    clash: bool
    right: str
    right_until: int
    decision: str
    rounds: int
    awaits: bool
    """Whether its decision waits for the approver's signature."""

    @property
    def place(self) -> tuple[str, str]:
        """Where it stands in its list."""
        return self.due or NEVER, self.id


# The filters are written `+column`, so that the index of the order (or of whose they are and the order) is walked, and
# not one that wants a sort after it.
_PLACES = f"""SELECT id, {CASE_DUE} AS due FROM "case" WHERE %s"""  # noqa: S608 - constants only
_ROWS = """SELECT c.*, w.due, m.name AS matter_name, a.id AS right_id, a.expires_at AS right_until,
EXISTS (SELECT 1 FROM conflict k WHERE k."case" = c.id AND k.state = 'open') AS clash,
EXISTS (SELECT 1 FROM document d WHERE d."case" = c.id AND d.state = 'prepared' AND d.approver IS NOT NULL
AND d.approval IS NULL AND d.alone IS NULL) AS awaits
FROM (%s) w JOIN "case" c ON c.id = w.id LEFT JOIN matter m ON m.id = c.matter
LEFT JOIN issue_authorisation a ON a."case" = c.id AND a.state = 'out' AND a.device = :device
ORDER BY w.due %s, c.id %s"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases: a name of LISTS, whose (empty: anybody's), the scopes, and of what was searched for as `text` the
    cases found (`search`)."""

    only: str
    scopes: tuple[str, ...]
    owner: str = ""
    text: str = ""
    found: tuple[str, ...] = ()

    def where(self) -> str:
        """The condition, of constants alone; what is not asked for is left out of it."""
        parts = ["+scope IN (SELECT value FROM json_each(:scopes))"]
        if LISTS[self.only]:
            parts.append("+state IN (SELECT value FROM json_each(:states))")
        if self.owner:
            parts.append("owner = :owner")
        if self.only == "found":
            parts.append("id IN (SELECT value FROM json_each(:found))")
        return " AND ".join(parts)

    def params(self) -> dict[str, object]:
        """The parameters of the statements."""
        return {
            "scopes": json.dumps(self.scopes),
            "states": json.dumps(LISTS[self.only]),
            "owner": self.owner,
            "found": json.dumps(self.found),
        }


_BY_NAME = 'SELECT id FROM "case" WHERE instr(applicant, :text) LIMIT :most'
_BY_CODE = 'SELECT id FROM "case" WHERE applicant_code = :text LIMIT :most'
_BY_TAIL = """SELECT id FROM "case" WHERE substr(number, -length(:text)) = :text LIMIT :most"""


def search(read: Read, text: str) -> tuple[str, ...]:
    """The ids of at most MOST_FOUND cases whose applicant holds the text, whose credit code it is, or whose number ends
    in it. Each statement reads nothing but an index: 13 ms over 100,000 cases, so not on the screen's own thread."""
    ways = (_BY_CODE, _BY_NAME, _BY_TAIL) if any(map(str.isdigit, text)) else (_BY_NAME,)
    ids = (row["id"] for sql in ways for row in read(sql, {"text": text, "most": MOST_FOUND}))
    return tuple(dict.fromkeys(ids))[:MOST_FOUND]


def count(read: Read, wanted: Wanted) -> int:
    """How many cases the list has."""
    return int(read(f'SELECT count(*) FROM "case" WHERE {wanted.where()}', wanted.params())[0][0])  # noqa: S608


def page(
    read: Read,
    wanted: Wanted,
    device: str,
    after: tuple[str, str] | None,
    limit: int,
    *,
    skip: int = 0,
    reverse: bool = False,
) -> list[WorkRow]:
    """Cases that follow the place `after`, or precede it with `reverse`, nearest first."""
    way, sign = ("DESC", "<") if reverse else ("ASC", ">")
    where = wanted.where() + (f" AND {_beyond(sign)}" if after is not None else "")
    places = f"{_PLACES % where} ORDER BY {CASE_DUE} {way}, id {way} LIMIT :limit OFFSET :skip"
    due, id = after or ("", "")
    params = wanted.params() | {"device": device, "due": due, "id": id, "limit": limit, "skip": skip}
    return [_row(row) for row in read(_ROWS % (places, way, way), params)]


def position(read: Read, wanted: Wanted, id: str) -> int | None:
    """How many cases of the list come before this one; None: it is not in it."""
    found = read(_PLACES % f"{wanted.where()} AND id = :id", wanted.params() | {"id": id})
    if not found:
        return None
    count = f'SELECT count(*) FROM "case" WHERE {wanted.where()} AND {CASE_DUE}'  # noqa: S608 - constants only
    before = f"SELECT ({count} < :due) + ({count} = :due AND id < :id)"
    return int(read(before, wanted.params() | {"due": found[0]["due"], "id": id})[0][0])


def _beyond(sign: str) -> str:
    """After or before the place (:due, :id). Not as a comparison of pairs: SQLite would walk the index from its end for
    that, since the first of the pair is an expression."""
    return f"{CASE_DUE} {sign}= :due AND ({CASE_DUE} {sign} :due OR id {sign} :id)"


def _row(row: sqlite3.Row) -> WorkRow:
    return WorkRow(
        id=row["id"],
        number=row["number"] or "",
        matter=row["matter_name"] or row["matter"],
        applicant=mask_name(row["applicant"]),
        state=row["state"],
        owner=row["owner"] or "",
        due="" if row["due"] == NEVER else row["due"],
        certain=bool(row["deadline_certain"]),
        clash=bool(row["clash"]),
        right=row["right_id"] or "",
        right_until=row["right_until"] or 0,
        decision=row["decision"] or "",
        rounds=row["correction_round"] or 0,
        awaits=bool(row["awaits"]),
    )


def due_words(due: str, today: str, calendar: Calendar, *, certain: bool = True) -> tuple[Phrase, str]:
    """What is left until a day, in working days, and the tone: `剩3天`, `今日到期`, `超期2天!`."""
    if not due:
        return "review.due.none", "dim"
    left = calendar.working_days_between(today, due)
    if due < today:
        return ("review.due.overdue", {"days": max(-left, 1)}), "bad"
    if due == today or left <= 0:
        return "review.due.today", "warn"
    return ("review.due.left" if certain else "review.due.left_about", {"days": left}), "warn" if left == 1 else ""


def short(number: str) -> str:
    """A case's number without the office: `20261123-0001`; the list of an office has one office only."""
    return "-".join(number.rsplit("-", 2)[-2:])


def tail(number: str, digits: int = 3) -> str:
    """The last digits of a case's number: what is typed before something irreversible."""
    return "".join(character for character in number if character.isdigit())[-digits:]


def scopes_of(grants: Collection[tuple[str, str]], *roles: str) -> tuple[str, ...]:
    """The scopes of cases that these roles reach."""
    return tuple(sorted({over for role, over in grants if role in roles and ":case" in over}))
