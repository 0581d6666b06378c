"""The audit in rows, and the proof that they are the chain's: each line follows from the one before it, up to the head.

line 12  previous ── link ──▶ hash     = the head's, and what this machine's own copy pulled as row 12
line 11  previous ── link ──▶ hash     = line 12's previous
…
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from sync.protocol.audit import AuditLine, AuditScope
from sync.protocol.chain import link

Read = Callable[..., list[sqlite3.Row]]
NAMES: Final = {
    "ticket": "number",
    "case": "number",
    "document": "number",
    "window": "label",
    "matter": "name",
    "staff": "name",
    "site": "name",
    "office": "name",
    "machine": "label",
    "setting": "id",
    "number_series": "id",
    "calendar_day": "id",
    "tag_set": "id",
    "role_assignment": "staff",
    "window_session": "window",
    "call": "ticket",
    "service_segment": "ticket",
    "announcement": "ticket",
    "ticket_lease": "ticket",
    "pause": "session",
    "material": "case",
    "review_step": "case",
    "case_note": "case",
    "correction": "case",
    "proof_waiver": "case",
    "delivery_attempt": "case",
    "issue_authorisation": "case",
    "parcel": "case",
}
"""The column that tells people which record it is: its own name, or whose it is. No column of a person who came."""
_LEADS: Final = {"ticket": "ticket", "case": "case", "window": "window", "session": "window_session", "staff": "staff"}


class Entry(NamedTuple):
    """One line as it is kept: some hundred thousand of them lie in memory while the list is shown."""

    scope: str
    seq: int
    table: str
    id: str
    v: int
    device: str
    by: str
    at: int
    kind: str
    received: int

    @property
    def key(self) -> tuple[str, int]:
        """Its place in the log."""
        return self.scope, self.seq


def entry(scope: str, line: AuditLine) -> Entry:
    """What is kept of a line once its hash was looked at."""
    received = line.at if line.received is None else line.received
    return Entry(scope, line.seq, line.table, line.id, line.v, line.device, line.by, line.at, line.kind, received)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of looking: `lines` fit, `broken` are (scope, seq) that do not; `met`: what this machine pulled itself
    was among them and is the same."""

    lines: int
    broken: tuple[tuple[str, int], ...]
    met: bool


class Chain:
    """The lines of one scope, newest first, held against the chain. `own` is the row that this machine's copy stands at
    and its hash, `owed` where it must come by; `whole`: nothing was left out, so a line that is not there is
    missing."""

    def __init__(self, scope: AuditScope, own: tuple[int, str] | None, *, whole: bool) -> None:
        self.checked = 0
        self.broken: int | None = None
        self.met = False
        self._whole = whole
        self._first, self._next = scope.first, scope.last
        self._wanted: dict[int, list[str]] = defaultdict(list)
        self._wanted[scope.seq].append(scope.hash)
        self._own = own[0] if own is not None else 0
        self.owed = whole and scope.first <= self._own <= scope.last
        if own is not None:
            self._wanted[own[0]].append(own[1])

    def take(self, line: AuditLine) -> None:
        """The next line."""
        hashed = link(
            line.previous,
            seq=line.seq,
            table=line.table,
            id=line.id,
            v=line.v,
            device=line.device,
            n=line.n,
            by=line.by,
            at=line.at,
            digest=line.digest,
        )
        fits = hashed == line.hash and all(each == line.hash for each in self._wanted.pop(line.seq, ()))
        if self._whole and line.seq != self._next:
            self._break(self._next)
        if not fits:
            self._break(line.seq)
        elif line.seq == self._own:
            self.met = True
        self.checked += 1
        self._next = line.seq - 1
        self._wanted[line.seq - 1].append(line.previous)

    def end(self) -> None:
        """There are no more."""
        if self._whole and self._next >= self._first:
            self._break(self._next)

    def _break(self, seq: int) -> None:
        self.broken = seq if self.broken is None else self.broken


def own_heads(read: Read) -> dict[str, tuple[int, str]]:
    """Where this machine's copy stands in each scope that it holds."""
    return {
        row["scope"]: (row["seq"], row["hash"]) for row in read("SELECT scope, seq, hash FROM cursor") if row["seq"]
    }


class Labels:
    """Records and people by the names that the copy has for them; asked of it once each."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._known: dict[tuple[str, str], str] = {}

    def of(self, table: str, id: str) -> str:
        """A ticket's or case's number, a window's label, a name of the hall's own people; the end of its id where the
        copy has no name for it, or none that should stand in a list."""
        key = (table, id)
        if key not in self._known:
            self._known[key] = self._find(table, id) or f"..{id[-8:]}"
        return self._known[key]

    def _find(self, table: str, id: str) -> str:
        column = NAMES.get(table)
        if column is None:
            return ""
        if column == "id":
            return id
        found = self._read(f'SELECT "{column}" FROM "{table}" WHERE id = ?', (id,))  # noqa: S608 - both are of NAMES
        told = found[0][0] if found else None
        if told and column in _LEADS:
            return self.of(_LEADS[column], told)
        return str(told or "")
