"""What must hold, told again from the design and the two files alone: no rule, no fold, no chain code of the product.

CentreOracle     reads the centre's log as it grows: the chain, who might, lost updates, what stands on what, queues
ReplicaOracle    one replica's file against the log: rows at its cursor, own work visible, every operation one end
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.sync.reader import PostgresReader, SqliteReader, connect, difference

GENESIS = "0" * 64
TABLES: tuple[str, ...] = (
    *("case", "case_note", "conflict", "field_write", "ticket", "call", "window_session", "pause", "service_segment"),
    *("announcement", "number_series", "role_assignment", "setting", "staff", "matter", "window"),
)
JSON_COLUMNS = {
    "number_series.lost",
    "case.form",
    "case.handlers",
    "setting.value",
    "window.skills",
    "matter.materials",
    "matter.fields",
}
BOOLEANS = {"open", "flagged", "deemed", "deadline_certain", "extended", "active", "arrived", "required"}
ADMINS = ("role.", "setting.")
Image = dict[str, Any] | None
_KNOWN = {"scopes", "ended", "images", "deleted", "printed"}


@dataclass
class Said:
    """One step as its driver remembers it."""

    device: str
    n: int
    kind: str
    id: str
    scope: str
    by: str
    args: dict[str, Any]
    after: int | None
    end: str = ""  # as the replica was told
    gone: bool = False  # refused, told, and forgotten with a centre that was lost: nobody says it again


@dataclass
class Ended:
    """How the centre says an operation ended."""

    status: str
    code: str | None
    kind: str
    by: str
    scope: str
    seqs: dict[str, int]


@dataclass
class Scope:
    """One scope's log."""

    seq: int = 0
    hash: str = GENESIS
    rows: list[tuple[str, str, Image]] = field(default_factory=list)
    origins: list[tuple[str, int]] = field(default_factory=list)


class CentreOracle:
    """Reads on after every step; raises AssertionError. `printed`: tickets whose number somebody was told."""

    def __init__(self, db: SqliteReader | PostgresReader, said: dict[tuple[str, int], Said]) -> None:
        self.db = db
        self.printed: dict[str, tuple[str, str, str]] = {}
        self.said = said
        self.scopes: dict[str, Scope] = defaultdict(Scope)
        self.ended: dict[tuple[str, int], Ended] = {}
        self.images: dict[tuple[str, str], Image] = {}
        self.lately: set[tuple[str, str, str]] = set()  # roles held at some time since the look before
        self.always: set[tuple[str, str, str]] = set()  # and all the time
        self.deleted: dict[tuple[str, str], tuple[str, int]] = {}  # by which operation

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def backup(self) -> CentreOracle:
        """What is known now, for a centre that is restored to this moment; read by nobody yet."""
        copied = CentreOracle.__new__(CentreOracle)
        copied.__dict__ |= {name: copy.deepcopy(value) for name, value in self.__dict__.items() if name in _KNOWN}
        copied.said = self.said
        return copied

    def restored(self, lost: CentreOracle, db: SqliteReader | PostgresReader) -> CentreOracle:
        """The centre after it was restored to what is known here; the numbers that the lost one had told stay told."""
        again = self.backup()
        again.db = db
        again.printed = dict(lost.printed)
        told = {said.id for said in self.said.values() if said.kind == "ticket.issue@1" and said.end == "accepted"}
        for id, scope, day, number in lost.db.execute("SELECT id, scope, day, number FROM ticket"):
            if id in told and number is not None:
                again.printed[id] = (scope, day, number)
        return again

    def look(self) -> None:
        """Everything that is new."""
        fresh = self._log()
        results = self._results()
        self._roles_meanwhile(fresh)
        for key, ended in results:
            if key in self.said:
                self._ended_rightly(self.said[key], ended, fresh.get(key, []))
            for _, table, id, image in fresh.pop(key, []):
                self.images[table, id] = image
        for key, rows in fresh.items():
            of_the_door = {table for _, table, _, _ in rows} <= {"machine", "held_operation"}  # a clone: frozen, held
            assert key[0] == "seed" or of_the_door, f"{key} left rows and no result: {rows}"
            for _, table, id, image in rows:
                self.images[table, id] = image
        self._exclusive()

    def _roles(self) -> set[tuple[str, str, str]]:
        roles = [image for (table, _), image in self.images.items() if table == "role_assignment"]
        return {(image["staff"], image["role"], image["over"]) for image in roles if image is not None}

    def _roles_meanwhile(self, fresh: dict[tuple[str, int], list[tuple[str, str, str, Image]]]) -> None:
        """Where groups are decided beside each other nobody can say on which side of a role's change one was."""
        before = self._roles()
        given = [(image, id) for rows in fresh.values() for _, table, id, image in rows if table == "role_assignment"]
        after = {id: image for (table, id), image in self.images.items() if table == "role_assignment"}
        taken = set()
        for image, id in given:
            if image is None and after.get(id) is not None:
                old = after[id] or {}
                taken.add((old["staff"], old["role"], old["over"]))
        new = {(image["staff"], image["role"], image["over"]) for image, _ in given if image is not None}
        self.lately, self.always = before | new, before - taken

    def _log(self) -> dict[tuple[str, int], list[tuple[str, str, str, Image]]]:
        """New rows by operation; chained by a second account of the chain."""
        fresh: dict[tuple[str, int], list[tuple[str, str, str, Image]]] = {}
        for scope, seq, hashed in self.db.execute("SELECT scope, seq, hash FROM head").fetchall():
            known = self.scopes[scope]
            sql = 'SELECT seq, "table", id, v, device, n, "by", at, body, digest, hash FROM log'
            new = self.db.execute(sql + " WHERE scope = ? AND seq > ? ORDER BY seq", (scope, known.seq))
            for at_seq, table, id, v, device, n, by, at, body, digest, said in new:
                assert at_seq == known.seq + 1, f"a gap in {scope} at {at_seq}"
                told = {"seq": at_seq, "table": table, "id": id, "v": v, "op": {"device": device, "n": n}}
                told |= {"by": by, "at": at, "digest": hashlib.sha256(body or b"").hexdigest()}
                text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
                known.hash = hashlib.sha256(known.hash.encode() + text.encode()).hexdigest()
                assert (digest, said) == (told["digest"], known.hash), f"the chain of {scope} breaks at {at_seq}"
                image = None if body is None else json.loads(body)
                if image is None:
                    self.deleted[table, id] = (device, n)
                else:  # a record may be moved to another scope, by one operation
                    by_which = self.deleted.get((table, id), (device, n))
                    assert by_which == (device, n), (
                        f"{table} {id} was deleted by {by_which}, and is back by {device} {n}"
                    )
                known.rows.append((table, id, image))
                known.origins.append((device, n))
                known.seq = at_seq
                fresh.setdefault((device, n), []).append((scope, table, id, image))
            assert (seq, hashed) == (known.seq, known.hash), f"the head of {scope}"
        return fresh

    def _results(self) -> list[tuple[tuple[str, int], Ended]]:
        found = self.db.execute(
            f'SELECT device, n, status, code, kind, "by", scope, seqs FROM result ORDER BY {self.db.as_inserted}'
        ).fetchall()
        new = []
        for device, n, status, code, kind, by, scope, seqs in found:
            ended = Ended(status, code, kind, by, scope, json.loads(seqs))
            if (device, n) in self.ended:
                assert self.ended[device, n] == ended, "a result never changes"
            else:
                self.ended[device, n] = ended
                new.append(((device, n), ended))
        return new

    def _ended_rightly(self, said: Said, ended: Ended, rows: list[tuple[str, str, str, Image]]) -> None:
        where = f"{said} ended {ended}"
        assert (said.kind, said.by, said.scope) == (ended.kind, ended.by, ended.scope), where
        role = "admin" if said.kind.startswith(ADMINS) else "clerk"
        held = (said.by, role, said.scope)
        may = held in self._roles()
        might, must = may, may
        if not self.db.in_order:
            might, must = held in self.lately, held in self.always
        if ended.status in ("accepted", "conflict"):
            assert might, f"took effect without a role: {where}"
            assert rows or said.kind == "case.edit@1", f"accepted without an effect: {where}"
        else:
            assert not rows, f"refused with an effect: {where}"
        if ended.code == "forbidden":
            assert not must, f"refused in spite of a role: {where}"
        if must:
            assert ended.code not in ("out_of_order", "cloned_device", "not_signed_on", "unknown_scope"), where
        assert (ended.status == "quarantined") == (said.kind == "test.break@1" and ended.code == "internal"), where
        if said.after is not None:
            stands_on = self.ended[said.device, said.after]
            assert ended.status != "accepted" or stands_on.status == "accepted", f"built on {stands_on}: {where}"
            assert ended.code != "built_on_refused" or stands_on.status != "accepted", where
        if said.kind == "case.edit@1" and ended.status in ("accepted", "conflict"):
            self._edit(said, ended, rows)

    def _edit(self, said: Said, ended: Ended, rows: list[tuple[str, str, str, Image]]) -> None:
        case = self.images["case", said.id]
        assert case is not None
        name, was, value = said.args["field"], said.args["was"], said.args["value"]
        before = case["form"]
        after = next((image for _, table, _, image in rows if table == "case"), case)
        assert after is not None
        if ended.status == "conflict":
            assert before.get(name) not in (was, value), f"no clash: {said}"
            assert after["form"] == before, f"overwritten silently: {said}"
        else:
            assert before.get(name) in (was, value), f"a lost update: {said} over {before}"
            assert after["form"] == {**before, name: value}, f"{said}: {before} → {after['form']}"

    def _exclusive(self) -> None:
        """Invariants 6 and 7: a ticket at one window, a number once."""
        for sql in (
            'SELECT ticket FROM "call" WHERE "open" GROUP BY ticket HAVING count(*) > 1',
            "SELECT ticket FROM window_session WHERE ticket IS NOT NULL GROUP BY ticket HAVING count(*) > 1",
            'SELECT "window" FROM window_session WHERE closed_at IS NULL GROUP BY "window" HAVING count(*) > 1',
            "SELECT number FROM ticket WHERE number IS NOT NULL GROUP BY scope, day, number HAVING count(*) > 1",
        ):
            assert self.db.execute(sql).fetchall() == [], sql
        numbers: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for scope, day, number in self.db.execute("SELECT scope, day, number FROM ticket WHERE number IS NOT NULL"):
            numbers[scope, day, number[0]].append(int(number[1:]))
        passed_over = self._passed_over()
        for series, given in numbers.items():
            explained = passed_over[series] - set(given)
            wanted = [n for n in range(1, max(given) + 1) if n not in explained]
            assert sorted(given) == wanted, f"a gap that nothing explains in {series}: {given}"
        now = {id: tuple(rest) for id, *rest in self.db.execute("SELECT id, scope, day, number FROM ticket")}
        holders = {number: id for id, number in now.items()}
        for id, number in self.printed.items():
            assert now.get(id, number) == number, f"{id} was told {number} and is {now[id]} after the restoration"
            assert holders.get(number, id) == id, f"{number} was told {id}, and {holders[number]} has it"

    def _passed_over(self) -> dict[tuple[str, str, str], set[int]]:
        """Numbers that a restored centre does not give, since the lost one may have given them."""
        found: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        for id, scope, lost in self.db.execute("SELECT id, scope, lost FROM number_series WHERE lost IS NOT NULL"):
            for gap in json.loads(lost) or ():
                series = (scope, gap["period"], id.rpartition(":")[2])
                found[series] |= set(range(gap["first"], gap["last"] + 1))
        return found

    def at(self, scope: str, seq: int) -> dict[tuple[str, str], dict[str, Any]]:
        """The rows of a scope as they were after `seq`."""
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        for table, id, image in self.scopes[scope].rows[:seq]:
            if image is None:
                rows.pop((table, id), None)
            else:
                rows[table, id] = image
        return rows


class ReplicaOracle:
    """One replica's file, read by a connection of its own; held against the centre whose history it knows."""

    def __init__(self, path: Path, device: str, centre: CentreOracle) -> None:
        self.centres = {"": centre}  # by the name of their history
        self.db = connect(path)
        self.device = device
        self.centre = centre
        self.wholes: dict[str, int] = {}  # where a scope stood when it was last taken as a whole
        self.columns = {table: [row[1] for row in self.db.execute(f'PRAGMA table_info("{table}")')] for table in TABLES}

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def cursors(self) -> dict[str, int]:
        """How far each scope is known."""
        return dict(self.db.execute("SELECT scope, seq FROM cursor").fetchall())

    def shown(self) -> dict[str, dict[tuple[str, str], dict[str, Any]]]:
        """What a screen would read, by scope."""
        rows: dict[str, dict[tuple[str, str], dict[str, Any]]] = defaultdict(dict)
        for table, columns in self.columns.items():
            for values in self.db.execute(f'SELECT * FROM "{table}"'):
                row = {name: _value(table, name, value) for name, value in zip(columns, values, strict=True)}
                rows[row["scope"]][table, row["id"]] = {n: v for n, v in row.items() if n not in ("id", "scope", "v")}
        return rows

    def look(self) -> None:
        """Everything about this replica."""
        self._history()
        cursors, shown = self.cursors(), self.shown()
        shadows = self.db.execute('SELECT "table", id, scope, body FROM shadow').fetchall()
        arriving = dict(self.db.execute("SELECT scope, seq FROM arriving").fetchall())
        assert set(shown) <= set(cursors), f"rows of a scope that is not held: {set(shown) - set(cursors)}"
        for scope, seq in cursors.items():
            origins = self.centre.scopes[scope].origins
            assert seq in (0, len(origins)) or origins[seq - 1] != origins[seq], (
                f"{scope} cut at {seq}, in an operation"
            )
            known = {key: row for key, row in self.centre.at(scope, seq).items() if key[0] in TABLES}
            unfolded = dict(shown.get(scope, {}))
            for table, id, lies_in, body in shadows:
                if lies_in == scope and table in TABLES:
                    unfolded.pop((table, id), None)
                    if body is not None:
                        unfolded[table, id] = json.loads(body)
            coming = arriving.get(scope)
            if coming is None:
                assert unfolded == known, f"{self.device} at {seq} of {scope}: {difference(unfolded, known)}"
            else:  # some of a snapshot's rows are in: each is true, as of the cursor or as of the snapshot
                whole = self.centre.at(scope, coming)
                for key in {**unfolded, **known}:
                    may = (known.get(key), whole.get(key))
                    assert unfolded.get(key) in may, f"{self.device} between {seq} and {coming} of {scope}: {key}"
        self._ends(cursors)

    def _history(self) -> None:
        """Whether it has heard that the centre was restored: then what was lost has no end any more."""
        found = self.db.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
        centre = self.centres[found[0] if found else ""]
        if centre is self.centre:
            return
        self.centre = centre
        for (device, n), said in self.centre.said.items():
            if device == self.device and (device, n) not in centre.ended:
                said.gone = said.gone or said.end not in ("", "accepted", "conflict")
                said.end = said.end if said.gone else ""

    def _ends(self, cursors: dict[str, int]) -> None:
        outbox = {
            n: (state, seen, risk)
            for n, state, seen, risk in self.db.execute("SELECT n, state, seen, risk FROM outbox")
        }
        refused = [n for (n,) in self.db.execute("SELECT n FROM refusal")]
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
            pulled = ended is not None and any(cursors.get(scope, -1) >= seq for scope, seq in ended.seqs.items())
            if said.n in outbox and ended is not None and pulled and not self._whole(ended):
                assert seen, f"came back and is previewed still: {said}"
            if said.kind == "case.note@1" and said.scope in cursors and not listed and risk is None:
                note = self.db.execute("SELECT 1 FROM case_note WHERE id = ?", (said.args["note"],)).fetchone()
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


def _value(table: str, name: str, value: Any) -> Any:
    if value is None:
        return None
    if f"{table}.{name}" in JSON_COLUMNS:
        return json.loads(value)
    return bool(value) if name in BOOLEANS else value
