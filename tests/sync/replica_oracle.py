"""What must hold on one replica: its file, read by a connection of its own, against the centre's log.

Rows at its cursor, own work visible, every operation one end; no fold and no rule of the product.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sync.oracle import CentreOracle, Ended
from tests.sync.reader import Moves, connect, difference

TABLES: tuple[str, ...] = (
    *("case", "case_note", "conflict", "field_write", "ticket", "call", "window_session", "pause", "service_segment"),
    *("announcement", "number_series", "role_assignment", "setting", "staff", "matter", "window"),
    *("ticket_lease", "number_block", "void_number", "document", "issue_authorisation"),
)
JSON_COLUMNS = {
    "number_series.lost",
    "number_block.used",
    "document.facts",
    "document.files",
    "ticket.more",
    "case.form",
    "case.handlers",
    "setting.value",
    "window.skills",
    "matter.materials",
    "matter.fields",
}
BOOLEANS = {"open", "flagged", "deemed", "deadline_certain", "extended", "active", "arrived", "required"}


Rows = dict[str, dict[tuple[str, str], dict[str, Any]]]
"""By scope, then by table and id."""


@dataclass
class Contents:
    """What lies in the file."""

    epoch: str
    cursors: dict[str, int]
    arriving: dict[str, int]
    shown: Rows
    shadows: list[tuple[str, str, str, str | None]]
    outbox: dict[int, tuple[str, int, str | None]]
    refused: list[int]
    ids: set[tuple[str, str]]


class ReplicaOracle:
    """One replica's file, read by a connection of its own; held against the centre whose history it knows."""

    def __init__(self, path: Path, device: str, centre: CentreOracle) -> None:
        self.centres = {"": centre}  # by the name of their history
        self.db = connect(path)
        self._moved = Moves(self.db)
        self._file = Contents("", {}, {}, {}, [], {}, [], set())
        self._held: tuple[Any, ...] = ()  # what the rows were last held against
        self._seen: dict[tuple[str, str], tuple[Any, ...]] = {}  # rows as they lay in the file, and as they were told
        self.device = device
        self.centre = centre
        self.wholes: dict[str, int] = {}  # where a scope stood when it was last taken as a whole
        self._unheld: set[int] = set()  # accepted while their scope was not held, which may come again

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def cursors(self) -> dict[str, int]:
        """How far each scope is known."""
        return dict(self.db.execute("SELECT scope, seq FROM cursor").fetchall())

    def _read(self) -> Contents:
        read, shown = self.db.execute, self.shown()
        epoch = read("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
        return Contents(
            epoch[0] if epoch else "",
            self.cursors(),
            dict(read("SELECT scope, seq FROM arriving").fetchall()),
            shown,
            read('SELECT "table", id, scope, body FROM shadow').fetchall(),
            {n: (state, seen, risk) for n, state, seen, risk in read("SELECT n, state, seen, risk FROM outbox")},
            [n for (n,) in read("SELECT n FROM refusal")],
            {key for rows in shown.values() for key in rows},
        )

    def shown(self) -> Rows:
        """What a screen would read, by scope."""
        rows: Rows = defaultdict(dict)
        for table in TABLES:
            found = self.db.execute(f'SELECT id, scope, * FROM "{table}"')
            for id, scope, *values in found:
                known = self._seen.get((table, id))
                if known is None or known[0] != values:
                    known = self._seen[table, id] = (values, _told(table, found.description[2:], values))
                rows[scope][table, id] = known[1]
        return rows

    def look(self) -> None:
        """Everything about this replica; its file is read where it has changed."""
        before = self._file.cursors
        if self._moved():
            self._file, self._held = self._read(), ()
        self._history()
        file = self._file
        against = [self._upto(scope, seq) for part in (file.cursors, file.arriving) for scope, seq in part.items()]
        if self._held != (self.centre, against):
            self._rows(file)
            self._held = (self.centre, against)
        self._ends(file, before)

    def _upto(self, scope: str, seq: int) -> tuple[int, bool]:
        """How much of a scope's log counts here, and whether it was cut between two operations."""
        origins = self.centre.scopes[scope].origins
        if seq in range(1, len(origins)):
            return seq, origins[seq - 1] != origins[seq]
        return min(seq, len(origins)), seq in (0, len(origins))

    def _rows(self, file: Contents) -> None:
        foreign = set(file.shown) - set(file.cursors)
        assert not foreign, f"rows of a scope that is not held: {foreign}"
        for scope, seq in file.cursors.items():
            assert self._upto(scope, seq)[1], f"{scope} cut at {seq}, in an operation"
            known = {key: row for key, row in self.centre.at(scope, seq).items() if key[0] in TABLES}
            unfolded = dict(file.shown.get(scope, {}))
            for table, id, lies_in, body in file.shadows:
                if lies_in == scope and table in TABLES:
                    unfolded.pop((table, id), None)
                    if body is not None:
                        unfolded[table, id] = json.loads(body)
            coming = file.arriving.get(scope)
            if coming is None:
                assert unfolded == known, f"{self.device} at {seq} of {scope}: {difference(unfolded, known)}"
            else:  # some of a snapshot's rows are in: each is true, as of the cursor or as of the snapshot
                whole = self.centre.at(scope, coming)
                for key in {**unfolded, **known}:
                    may = (known.get(key), whole.get(key))
                    assert unfolded.get(key) in may, f"{self.device} between {seq} and {coming} of {scope}: {key}"

    def _history(self) -> None:
        """Whether it has heard that the centre was restored: then what was lost has no end any more."""
        centre = self.centres[self._file.epoch]
        if centre is self.centre:
            return
        self.centre = centre
        for (device, n), said in self.centre.said.items():
            if device == self.device and (device, n) not in centre.ended:
                said.gone = said.gone or said.end not in ("", "accepted", "conflict")
                said.end = said.end if said.gone else ""

    def _ends(self, file: Contents, before: dict[str, int]) -> None:
        cursors, outbox, refused = file.cursors, file.outbox, file.refused
        assert len(refused) == len(set(refused))
        for said in (said for (device, _), said in self.centre.said.items() if device == self.device):
            ended = self.centre.ended.get((self.device, said.n))
            state, seen, risk = outbox.get(said.n, ("", 0, None))
            listed = said.n in refused
            if said.gone:
                assert listed, f"nobody is told how it ended: {said}"
                continue
            assert (said.n in outbox) != listed or said.end == "accepted", f"{said}: outbox {state!r}, listed {listed}"
            if said.end:
                assert ended is not None, f"told an end that there was not: {said}"
                assert said.end == ended.status, f"told {said.end}, was {ended}"
                assert listed == (said.end != "accepted"), said
            else:
                assert state == "new", f"neither pending nor ended: {said}"
            held = said.scope in cursors and said.scope in before
            if said.end == "accepted" and said.n not in outbox and not held:
                self._unheld.add(said.n)
            pulled = ended is not None and any(cursors.get(scope, -1) >= seq for scope, seq in ended.seqs.items())
            if said.n in outbox and ended is not None and pulled and not self._whole(ended):
                assert seen, f"came back and is previewed still: {said}"
            if said.kind == "case.note@1" and said.scope in cursors and not listed and risk is None:
                note = ("case_note", said.args["note"]) in file.ids
                if ("case", said.id) not in file.ids or (said.n not in outbox and not pulled):
                    anew = len(self.centres) > 1 or said.n in self._unheld  # asked for from the beginning
                    assert anew, f"gone back without another history: {said}"
                else:
                    assert note, f"own work is not visible: {said}"

    def _whole(self, ended: Ended) -> bool:
        """Whether a snapshot brought it: that tells rows, and not whose; the answer to the next push settles it."""
        return any(self.wholes.get(scope, -1) >= seq for scope, seq in ended.seqs.items())

    def permitted(self, persons: Collection[str], always: str) -> None:
        """Right after a pull: nothing of a scope that no role of these persons reaches now is held here."""
        roles = [image for (table, _), image in self.centre.images.items() if table == "role_assignment"]
        reached = {image["over"] for image in roles if image is not None and image["staff"] in persons}
        assert set(self.cursors()) <= reached | {always}, f"{self.device} still holds {set(self.cursors()) - reached}"

    def quiet(self) -> None:
        """After everything was exchanged: nothing pends, and the replica is the server."""
        self.look()
        assert self.db.execute("SELECT n, state FROM outbox").fetchall() == [], f"{self.device} is not empty"
        assert self.db.execute("SELECT count(*) FROM shadow").fetchone() == (0,)
        for scope, seq in self.cursors().items():
            assert seq == self.centre.scopes[scope].seq, f"{self.device} stopped at {seq} of {scope}"


def _told(table: str, columns: Sequence[Any], values: Sequence[Any]) -> dict[str, Any]:
    """A row's body as the log tells it."""
    row = {column[0]: _value(table, column[0], value) for column, value in zip(columns, values, strict=True)}
    return {name: value for name, value in row.items() if name not in ("id", "scope", "v")}


def _value(table: str, name: str, value: Any) -> Any:
    if value is None:
        return None
    if f"{table}.{name}" in JSON_COLUMNS:
        return json.loads(value)
    return bool(value) if name in BOOLEANS else value
