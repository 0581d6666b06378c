"""What the driver saw, what the server kept, what the replicas hold: held against each other, without the rules.

journal    every operation asked for and every answer, on disk before the next thing happened
server     its log and results, read from the file, the server stopped
replicas   their rows and cursors, after the last exchange

lost         accepted by the journal, and the server's log has none of its rows; or queued and never answered
duplicated   an operation whose rows stand twice in a scope's log, or a record that one verb made twice
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from sync.replica.store import ReplicaStore
from workstation.headless.journal import read_journal

CALLS = ("ticket.call@1", "ticket.call_next@1")


class Oracle:
    """Findings over one finished replay; `wrong` names each thing that is not as it should be."""

    def __init__(self, store: Path, journal: Path) -> None:
        self.wrong: list[str] = []
        self._db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
        self._asked: dict[tuple[str, int], str] = {}
        self._answers: dict[tuple[str, int], str] = {}
        kinds: dict[int, str] = {}
        for line in read_journal(journal):
            if "ask" in line:
                kinds[line["ask"]] = line["kind"]
            elif "queued" in line:
                self._asked[line["device"], line["n"]] = kinds[line["queued"]]
            elif "answer" in line:
                self._answers[line["device"], line["answer"]] = line["status"]

    def close(self) -> None:
        """Close the store."""
        self._db.close()

    def lost(self) -> int:
        """Operations that have left no trace."""
        logged = set(self._db.execute("SELECT DISTINCT device, n FROM log"))
        rows = set(self._db.execute("SELECT device, n, scope, seq FROM log"))
        unanswered = [key for key in self._asked if key not in self._answers]
        gone = {key for key, status in self._answers.items() if status == "accepted" and key not in logged}
        for device, n, seqs in self._db.execute("SELECT device, n, seqs FROM result WHERE status = 'accepted'"):
            if any((device, n, scope, seq) not in rows for scope, seq in json.loads(seqs).items()):
                gone.add((device, n))
        self._tell("lost: never answered", unanswered)
        self._tell("lost: accepted, but not in the log", gone)
        return len(unanswered) + len(gone)

    def duplicated(self) -> int:
        """Operations that took effect more than once."""
        rows: Counter[tuple[str, int, str, str, str]] = Counter()
        runs: dict[tuple[str, str, int], list[int]] = defaultdict(list)
        for scope, seq, table, id, device, n in self._db.execute('SELECT scope, seq, "table", id, device, n FROM log'):
            rows[device, n, scope, table, id] += 1
            runs[scope, device, n].append(seq)
        twice = {key[:2] for key, count in rows.items() if count > 1}
        twice |= {(device, n) for (_, device, n), seqs in runs.items() if max(seqs) - min(seqs) + 1 != len(seqs)}
        self._tell("duplicated: took effect twice", [key for key in twice if key[0] != "seed"])
        steps = dict(self._db.execute('SELECT "case", count(*) FROM review_step GROUP BY "case"'))
        counted = dict(self._db.execute('SELECT id, steps FROM "case"'))
        uneven = [case for case, count in counted.items() if count != steps.get(case, 0)]
        self._tell("duplicated: a case counts other steps than it has", uneven)
        return len(twice) + len(uneven)

    def double_calls(self) -> int:
        """Tickets that two windows had at the same time, by the server's log of calls."""
        spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for ticket, called, ended in self._db.execute('SELECT ticket, called_at, ended_at FROM "call"'):
            spans[ticket].append((called, ended if ended is not None else 1 << 62))
        double = [
            ticket
            for ticket, each in spans.items()
            if any(later[0] < earlier[1] for earlier, later in zip(sorted(each), sorted(each)[1:], strict=False))
        ]
        accepted = sum(self._answers.get(key) == "accepted" for key, kind in self._asked.items() if kind in CALLS)
        kept = self._db.execute('SELECT count(*) FROM "call"').fetchone()[0]
        self._tell("double call", double)
        if accepted != kept:
            self.wrong.append(f"double call: {kept} calls in the store, {accepted} accepted")
        return len(double) + abs(int(kept) - accepted)

    def duplicate_numbers(self) -> int:
        """Numbers that stand on more than one ticket of a day, case or paper."""
        found: list[str] = []
        for sql in (
            "SELECT number FROM ticket WHERE number IS NOT NULL GROUP BY scope, day, number HAVING count(*) > 1",
            'SELECT number FROM "case" WHERE number IS NOT NULL GROUP BY number HAVING count(*) > 1',
            "SELECT number FROM document WHERE number IS NOT NULL GROUP BY number HAVING count(*) > 1",
        ):
            found += [number for (number,) in self._db.execute(sql)]
        self._tell("duplicate number", found)
        return len(found)

    def numbers(self) -> list[str]:
        """Rows whose number is not the one that their record was made with."""
        changed = [
            f"{table} {id}"
            for table in ("ticket", "document")
            for id, number, first in self._db.execute(
                f"SELECT t.id, t.number, json_extract(CAST(l.body AS TEXT), '$.number') FROM {table} t"  # noqa: S608
                f" JOIN log l ON l.\"table\" = '{table}' AND l.id = t.id AND l.v = 1"
            )
            if number != first
        ]
        self._tell("changed number", changed)
        return changed

    def converged(self, replicas: Iterable[ReplicaStore]) -> bool:
        """Whether every replica has the server's rows in every scope it holds, and nothing left to say."""
        heads = {scope: (seq, hashed) for scope, seq, hashed in self._db.execute("SELECT scope, seq, hash FROM head")}
        whole = True
        for replica in replicas:
            name = replica.path.stem
            waiting = replica.reader().execute("SELECT count(*) FROM outbox").fetchone()[0]
            if waiting:
                self.wrong.append(f"not converged: {name} has {waiting} operations left")
                whole = False
            for scope, seq, hashed in replica.reader().execute("SELECT scope, seq, hash FROM cursor").fetchall():
                if heads.get(scope) != (seq, hashed):
                    self.wrong.append(f"not converged: {name} stands at {scope} {seq}")
                    whole = False
            whole &= self._same_rows(replica, name)
        return whole

    def _same_rows(self, replica: ReplicaStore, name: str) -> bool:
        scopes = [row[0] for row in replica.reader().execute("SELECT scope FROM cursor")]
        marks = ", ".join("?" * len(scopes))
        same = True
        for table, columns in replica.columns.items():
            sql = f"{columns.select} WHERE scope IN ({marks})"
            here = {row[0]: (row[2], columns.body(tuple(row))) for row in replica.reader().execute(sql, scopes)}
            there = {row[0]: (row[2], columns.body(row)) for row in self._db.execute(sql, scopes)}
            if here != there:
                differing = sorted(id for id in here.keys() | there.keys() if here.get(id) != there.get(id))
                self._tell(f"not converged: {name} {table} differs", differing)
                same = False
        return same

    def registry(self) -> dict[str, str]:
        """File hash → message digest of every registered paper."""
        return dict(self._db.execute("SELECT sha256, message_digest FROM document WHERE sha256 IS NOT NULL"))

    def _tell(self, what: str, which: list[object] | list[str] | list[tuple[str, int]] | set[tuple[str, int]]) -> None:
        if which:
            some = ", ".join(
                " ".join(map(str, each)) if isinstance(each, tuple) else str(each) for each in list(which)[:3]
            )
            self.wrong.append(f"{what}: {len(which)} ({some})")
