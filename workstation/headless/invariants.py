"""The oracle of a headless hour: what must hold of the central store, the replicas and the journal once all is quiet.

It reads plain SQL and the journal, and knows none of the rules: each check says in its own words what must be so, and
answers what is not. A check that finds nothing to look at says so too.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from workstation.headless.journal import read_journal

Faults = Iterator[str]
BAD = ("dissatisfied", "very_dissatisfied")
_OWN = (
    *("outbox", "kept", "shadow", "refusal", "cursor", "arriving", "piece", "refused_file", "sent_file", "lease"),
    *("block", "draft", "verifier", "meta"),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where to look. `devices` are (id, replica file)."""

    store: Path
    devices: Sequence[tuple[str, Path]]
    journal: Path
    trust: Path


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what it is called in the catalogue, and what it found wrong."""

    name: str
    faults: list[str]


def judge(evidence: Evidence, *names: str) -> list[Finding]:
    """Every check, or those named, in order."""
    central = _open(evidence.store)
    try:
        chosen = [each for each in CHECKS if each[0] in names or not names]
        return [Finding(name, list(check(central, evidence))) for name, check in chosen]
    finally:
        central.close()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def _nothing(found: Sequence[Any], what: str) -> Faults:
    if not found:
        yield f"no {what} at all"


def equal_rows(central: sqlite3.Connection, evidence: Evidence) -> Faults:
    """Each replica holds of each of its scopes what the centre holds, and nothing else; nothing is pending."""
    yield from _nothing(evidence.devices, "replica")
    for device, path in evidence.devices:
        replica = _open(path)
        try:
            for table in ("outbox", "shadow"):
                if count := replica.execute(f"SELECT count(*) FROM {table}").fetchone()[0]:  # noqa: S608 - own words
                    yield f"{device}: {count} rows in {table}"
            yield from _same(central, replica, device)
        finally:
            replica.close()


def _same(central: sqlite3.Connection, replica: sqlite3.Connection, device: str) -> Faults:
    cursors = {row["scope"]: (row["seq"], row["hash"]) for row in replica.execute("SELECT * FROM cursor")}
    for scope, cursor in cursors.items():
        head = central.execute("SELECT seq, hash FROM head WHERE scope = ?", (scope,)).fetchone()
        if head is None or tuple(head) != cursor:
            yield f"{device}: {scope} stands at {cursor[0]}, not at the head"
    tables = [row[0] for row in replica.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in sorted(set(tables) - set(_OWN)):
        theirs = {row["id"]: _plain(row) for row in replica.execute(f'SELECT * FROM "{table}"')}  # noqa: S608
        held = (row for row in central.execute(f'SELECT * FROM "{table}"') if row["scope"] in cursors)  # noqa: S608
        ours = {row["id"]: _plain(row) for row in held}
        for id in sorted(ours.keys() | theirs.keys()):
            if ours.get(id) != theirs.get(id):
                yield f"{device}: {table} {id} differs"


def _plain(row: sqlite3.Row) -> dict[str, Any]:
    return {name: _value(row[name]) for name in row.keys()}  # noqa: SIM118 - a Row is no mapping


def _value(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value[:1] in ("[", "{") else value


def numbers(central: sqlite3.Connection, _: Evidence) -> Faults:
    """No number twice: tickets by queue and day, cases, papers; a void number is on no valid paper."""
    queries = {
        "ticket": "SELECT scope || ' ' || day || ' ' || number FROM ticket",
        "case": 'SELECT number FROM "case"',
        "document": "SELECT number FROM document",
    }
    for what, query in queries.items():
        found = [row[0] for row in central.execute(query)]
        yield from _nothing(found, what)
        for number, times in Counter(found).items():
            if number is None or times > 1:
                yield f"{what} number {number}: {times} times"
    for (number,) in central.execute(
        "SELECT v.number FROM void_number v JOIN document d ON d.number = v.number WHERE d.state = 'valid'"
    ):
        yield f"void number {number} on a valid paper"


def calls(central: sqlite3.Connection, _: Evidence) -> Faults:
    """A ticket has one call at a time, a window one ticket at a time; what is open at the end is nobody's."""
    for owner in ("ticket", "session"):
        spans = central.execute(
            f"SELECT {owner}, called_at, ended_at, open FROM call ORDER BY {owner}, called_at, ended_at"  # noqa: S608
        ).fetchall()
        yield from _nothing(spans, "call")
        yield from _overlaps("call", spans, owner)
    if count := central.execute("SELECT count(*) FROM call WHERE open").fetchone()[0]:
        yield f"{count} calls still open"


def segments(central: sqlite3.Connection, _: Evidence) -> Faults:
    """Service in segments that overlap neither for a ticket nor for a window; every one has ended."""
    for owner in ("ticket", "window"):
        spans = central.execute(
            f"SELECT {owner}, started_at, ended_at FROM service_segment ORDER BY {owner}, started_at"  # noqa: S608
        ).fetchall()
        yield from _nothing(spans, "segment")
        yield from _overlaps("segment", spans, owner)


def _overlaps(what: str, spans: Sequence[sqlite3.Row], owner: str) -> Faults:
    for before, after in pairwise(spans):
        if before[0] == after[0] and (before[2] is None or after[1] < before[2]):
            yield f"{what}s of {owner} {after[0]} overlap"
    for span in spans:
        if span[2] is None or span[2] < span[1]:
            yield f"{what} of {owner} {span[0]} has no end"


def operations(central: sqlite3.Connection, evidence: Evidence) -> Faults:
    """What the driver queued has ended exactly once at the server, and as the driver was told; nothing else has."""
    queued, told = Counter[tuple[str, int]](), dict[tuple[str, int], set[str]]()
    for line in read_journal(evidence.journal):
        if "queued" in line:
            queued[line["device"], line["n"]] += 1
        elif "answer" in line:
            told.setdefault((line["device"], line["answer"]), set()).add(line["status"])
    yield from _nothing(list(queued), "operation")
    known = [device for device, _ in evidence.devices]
    marks = ", ".join("?" * len(known))
    ended = {
        (row["device"], row["n"]): row["status"]
        for row in central.execute(f"SELECT device, n, status FROM result WHERE device IN ({marks})", known)  # noqa: S608
    }
    for what, missing in (("lost", queued.keys() - ended.keys()), ("unasked", ended.keys() - queued.keys())):
        for device, n in sorted(missing):
            yield f"{what}: operation {n} of {device}"
    for operation, times in queued.items():
        if times > 1 or told.get(operation) != {ended.get(operation)}:
            yield f"operation {operation[1]} of {operation[0]} was told otherwise"
    for device in known:
        ns = sorted(n for owner, n in ended if owner == device)
        if ns != list(range(1, len(ns) + 1)):
            yield f"{device}: numbers with a gap"
    wrote = set(central.execute("SELECT DISTINCT device, n FROM log").fetchall())
    for operation, status in ended.items():
        if (status in ("accepted", "conflict")) != any(tuple(pair) == operation for pair in wrote):
            yield f"operation {operation[1]} of {operation[0]} is {status}, and its effects say otherwise"


def ratings(central: sqlite3.Connection, _: Evidence) -> Faults:
    """Every bad rating has its one ledger entry; nobody handles what is said of him; closed means called twice."""
    bad = central.execute(
        "SELECT id, staff FROM rating WHERE NOT defaulted AND (level IN (?, ?) OR person_level IN (?, ?))", (*BAD, *BAD)
    ).fetchall()
    yield from _nothing(bad, "bad rating")
    entries = {row["id"]: row for row in central.execute("SELECT * FROM rectification WHERE source = 'rating'")}
    if {row["id"] for row in bad} != entries.keys():
        yield "bad ratings and ledger entries do not match"
    for id, entry in entries.items():
        if entry["handler"] is not None and entry["handler"] == entry["rated_staff"]:
            yield f"entry {id} is handled by whom it is about"
        rounds = {row[0] for row in central.execute("SELECT round FROM callback_attempt WHERE entry = ?", (id,))}
        if entry["state"] == "closed" and rounds != {"first", "second"}:
            yield f"entry {id} was closed after {sorted(rounds)}"
    if not any(entry["state"] == "closed" for entry in entries.values()):
        yield "no entry was closed"


def decisions(central: sqlite3.Connection, _: Evidence) -> Faults:
    """Nobody decides a case that they had in hand; what was issued had the right to be, once, and no open conflict."""
    issued = central.execute("SELECT * FROM \"case\" WHERE state IN ('issued', 'delivered')").fetchall()
    if {row["decision"] for row in issued} != {"granted", "denied"}:
        yield "not both a grant and a refusal were issued"
    for case in issued:
        if case["approver"] in json.loads(case["handlers"]):
            yield f"case {case['number']} was decided by one of its own"
        rights = central.execute(
            "SELECT a.state, a.number, d.number FROM issue_authorisation a JOIN document d ON d.id = a.document"
            ' WHERE a."case" = ?',
            (case["id"],),
        ).fetchall()
        if len(rights) != 1 or rights[0][0] != "used" or rights[0][1] != rights[0][2]:
            yield f"case {case['number']} was issued without its right"
    for (field,) in central.execute(
        'SELECT c.field FROM conflict c JOIN "case" k ON k.id = c."case" WHERE c.state = \'open\''
        " AND k.state IN ('decided', 'issued', 'delivered')"
    ):
        yield f"a conflict on {field} is open on a decided case"


def papers(central: sqlite3.Connection, evidence: Evidence) -> Faults:
    """Every valid paper's file is at the centre, is the one that was registered, and is genuine and unchanged."""
    from sync.sealed_file import Unreadable, named, read
    from sync.verify import TrustRoots, Word, verify_bytes

    [secret] = central.execute("SELECT value FROM secret WHERE name = 'files'").fetchone()
    keys = named(secret)
    trust = TrustRoots.load(evidence.trust)
    valid = central.execute("SELECT * FROM document WHERE state = 'valid'").fetchall()
    yield from _nothing(valid, "valid paper")
    for paper in valid:
        try:
            content = read(evidence.store.with_suffix(".blobs") / paper["sha256"], keys)
        except (FileNotFoundError, Unreadable):
            yield f"paper {paper['number']} has no file"
            continue
        verdict = verify_bytes(content, trust)
        if verdict.verdict != Word.GOOD or verdict.message_digest != paper["message_digest"]:
            yield f"paper {paper['number']} is {verdict.verdict}"


def reach(central: sqlite3.Connection, evidence: Evidence) -> Faults:
    """A machine holds the scopes that its people's roles reach, and base; no clerk's holds who rated."""
    for device, path in evidence.devices:
        reached = {
            row[0]
            for row in central.execute(
                "SELECT a.over FROM session s JOIN role_assignment a ON a.staff = s.staff WHERE s.device = ?", (device,)
            )
        }
        reached |= {f"{scope.partition(':')[0]}:base" for scope in reached}
        replica = _open(path)
        try:
            held = {row[0] for row in replica.execute("SELECT scope FROM cursor")}
        finally:
            replica.close()
        if held != reached:
            yield f"{device}: holds {sorted(held ^ reached)} against its roles"


Check = Callable[[sqlite3.Connection, Evidence], Faults]
CHECKS: tuple[tuple[str, Check], ...] = (
    ("equal_rows", equal_rows),
    ("operations", operations),
    ("numbers", numbers),
    ("calls", calls),
    ("segments", segments),
    ("ratings", ratings),
    ("decisions", decisions),
    ("papers", papers),
    ("reach", reach),
)
