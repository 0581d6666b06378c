"""What must hold at the centre, told again from the design and its file alone: no rule, no chain code of the product.

CentreOracle     reads the centre's log as it grows: the chain, who might, lost updates, what stands on what, queues
replica_oracle   one replica's file against it     holding_oracle   leases, numbers and rights to issue
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.sync.reader import PostgresReader, SqliteReader

GENESIS = "0" * 64
ADMINS = ("role.", "setting.")
APPROVERS = {"case.decide@1": ("approver",), "case.reopen@1": ("approver", "clerk")}
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
        self.latest: list[tuple[tuple[str, int], str, str, Image]] = []  # what the last look found in the log

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def backup(self) -> CentreOracle:
        """What is known now, for a centre that is restored to this moment; read by nobody yet."""
        copied = type(self).__new__(type(self))
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
        """Everything that is new; where nobody has committed anything, only what time itself could break."""
        if not self.db.moved():
            self.latest = []
            self._as_time_goes()
            return
        fresh = self._log()
        self.latest = [(key, table, id, image) for key, rows in fresh.items() for _, table, id, image in rows]
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
        roles = ("admin",) if said.kind.startswith(ADMINS) else APPROVERS.get(said.kind, ("clerk",))
        held = {(said.by, role, said.scope) for role in roles}
        may = bool(held & self._roles())
        might, must = may, may
        if not self.db.in_order:
            might, must = bool(held & self.lately), bool(held & self.always)
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
        passed_over = self._set_aside()
        for series, given in numbers.items():
            explained = passed_over[series] - set(given)
            wanted = [n for n in range(1, max(given) + 1) if n not in explained]
            assert sorted(given) == wanted, f"a gap that nothing explains in {series}: {given}"
        now = {id: tuple(rest) for id, *rest in self.db.execute("SELECT id, scope, day, number FROM ticket")}
        holders = {number: id for id, number in now.items()}
        for id, number in self.printed.items():
            assert now.get(id, number) == number, f"{id} was told {number} and is {now[id]} after the restoration"
            assert holders.get(number, id) == id, f"{number} was told {id}, and {holders[number]} has it"

    def _as_time_goes(self) -> None:
        """What may cease to hold though nothing was written."""

    def _set_aside(self) -> dict[tuple[str, str, str], set[int]]:
        """Numbers of tickets that a restored centre does not give, since the lost one may have given them; those that a
        device may give, and those that nobody will."""
        found: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        blocks = "SELECT scope, period, prefix, first, last FROM number_block WHERE kind = 'ticket' AND state = 'out'"
        for scope, period, prefix, first, last in self.db.execute(blocks):
            found[scope, period, prefix] |= set(range(first, last + 1))
        for series, period, n in self.db.execute("SELECT series, period, n FROM void_number WHERE n IS NOT NULL"):
            scope, _, prefix = series.rpartition(":")
            found[scope, period, prefix].add(n)
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
