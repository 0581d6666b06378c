"""`workstation demo --headless`: the hour holds, and the oracle that says so would notice if it did not."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.once import made_once
from workstation.headless.invariants import CHECKS, Evidence, judge
from workstation.headless.journal import Journal, read_journal
from workstation.locale import Catalogue

ROOT = Path(__file__).resolve().parent.parent.parent


def run_headless(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workstation", "demo", "--headless", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an hour that was worked, with what it printed beside it."""

    def work(folder: Path) -> None:
        done = run_headless("--data", str(folder))
        (folder / "printed.txt").write_text(done.stdout)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stderr == ""

    return made_once(tmp_path_factory, "headless", work)


@pytest.fixture
def own(hour: Path, tmp_path: Path) -> Path:
    """A copy that a test may falsify."""
    return Path(shutil.copytree(hour, tmp_path / "hall"))


def evidence(folder: Path) -> Evidence:
    devices = []
    for path in sorted((folder / "replicas").glob("*.db")):
        connection = sqlite3.connect(path)
        devices.append((connection.execute("SELECT value FROM meta WHERE name = 'device'").fetchone()[0], path))
        connection.close()
    return Evidence(folder / "central.db", devices, folder / "journal.jsonl", folder / "pki" / "root.pem")


def broken(folder: Path, *names: str) -> set[str]:
    return {finding.name for finding in judge(evidence(folder), *names) if finding.faults}


def test_the_hour_tells_what_happened(hour: Path) -> None:
    printed = (hour / "printed.txt").read_text()
    words = Catalogue("zh")
    happened = (
        *("begin", "opened", "called", "finished", "transferred", "missed", "back", "taken", "rated_dissatisfied"),
        *("offline", "online", "received", "returned", "accepted", "granted", "denied", "registered", "issued"),
        *("delivered", "crashed", "conflict", "settled", "entered", "closed", "end"),
    )
    for key in happened:
        told = words.find(f"headless.{key}")
        assert told, key
        longest = max(_fixed(told), key=len)
        assert longest in printed, key
    assert "不成立" not in printed
    assert printed.count("成立") == len(CHECKS) + 1
    assert [line[:5] for line in printed.splitlines() if line[2:3] == ":"][-1] == "11:30"


def _fixed(told: str) -> list[str]:
    """What stands between a sentence's parameters."""
    return [part.partition("}")[2] if "}" in part else part for part in told.split("{")]


def test_every_invariant_holds(hour: Path) -> None:
    assert broken(hour) == set()


def central(sql: str) -> Callable[[Path], None]:
    def falsify(folder: Path) -> None:
        connection = sqlite3.connect(folder / "central.db")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for (index,) in connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'uq_%'").fetchall():
            connection.execute(f'DROP INDEX "{index}"')
        assert connection.execute(sql).rowcount > 0
        connection.commit()
        connection.close()

    return falsify


def replica(staff: str, sql: str) -> Callable[[Path], None]:
    def falsify(folder: Path) -> None:
        connection = sqlite3.connect(folder / "replicas" / f"{staff}.db")
        assert connection.execute(sql).rowcount > 0
        connection.commit()
        connection.close()

    return falsify


def journal(old: bytes, new: bytes) -> Callable[[Path], None]:
    def falsify(folder: Path) -> None:
        path = folder / "journal.jsonl"
        said = path.read_bytes()
        assert old in said
        path.write_bytes(said.replace(old, new, 1))

    return falsify


def no_files(folder: Path) -> None:
    shutil.rmtree(folder / "central.blobs")


def changed_file(folder: Path) -> None:
    connection = sqlite3.connect(folder / "central.db")
    sha256 = connection.execute("SELECT sha256 FROM document WHERE state = 'valid'").fetchone()[0]
    connection.close()
    path = folder / "central.blobs" / sha256
    path.write_bytes(path.read_bytes() + b"\n% more\n")


def queue_twice(folder: Path) -> None:
    path = folder / "journal.jsonl"
    line = next(line for line in path.read_bytes().splitlines(keepends=True) if line.startswith(b'{"queued"'))
    with path.open("ab") as file:
        file.write(line)


A_CALL = "(SELECT id FROM call ORDER BY called_at DESC LIMIT 1)"
FALSE = {
    "a row that differs": ("equal_rows", replica("0301", "UPDATE ticket SET holder = 'x' WHERE state = 'waiting'")),
    "a row too few": ("equal_rows", replica("0303", "DELETE FROM ticket WHERE state = 'done'")),
    "a row too many": ("equal_rows", central('DELETE FROM "case_note"')),
    "a step still pending": ("equal_rows", replica("0301", "INSERT INTO outbox (n, state) VALUES (9999, 'new')")),
    "a cursor behind": ("equal_rows", replica("0401", "UPDATE cursor SET seq = seq - 1")),
    "an operation lost": ("operations", central("DELETE FROM result WHERE kind = 'ticket.finish@1'")),
    "an operation nobody asked": (
        "operations",
        central("UPDATE result SET n = n + 500 WHERE kind = 'case.note@1' AND device <> 'sample'"),
    ),
    "told otherwise": ("operations", journal(b'"status":"conflict"', b'"status":"accepted"')),
    "queued twice": ("operations", queue_twice),
    "an effect of a refused step": (
        "operations",
        central("UPDATE result SET status = 'accepted' WHERE code = 'taken'"),
    ),
    "one ticket number twice": (
        "numbers",
        central("UPDATE ticket SET number = 'A001' WHERE scope = 'licang:queue' AND number IN ('A002', 'A001')"),
    ),
    "one case number twice": ("numbers", central("UPDATE \"case\" SET number = 'x' WHERE state = 'in_review'")),
    "one paper number twice": ("numbers", central("UPDATE document SET number = 'x' WHERE state = 'valid'")),
    "a call left open": ("calls", central(f"UPDATE call SET open = 1 WHERE id = {A_CALL}")),
    "two calls at once": ("calls", central("UPDATE call SET ended_at = ended_at + 9999999 WHERE outcome = 'missed'")),
    "segments that overlap": ("segments", central("UPDATE service_segment SET started_at = 0")),
    "a segment without end": (
        "segments",
        central("UPDATE service_segment SET ended_at = NULL WHERE ended_by = 'transfer'"),
    ),
    "a bad rating without entry": ("ratings", central("DELETE FROM rectification WHERE state = 'closed'")),
    "handled by the rated": ("ratings", central("UPDATE rectification SET handler = rated_staff")),
    "closed without a second callback": ("ratings", central("DELETE FROM callback_attempt WHERE round = 'second'")),
    "decided by one's own": (
        "decisions",
        central("UPDATE \"case\" SET approver = owner WHERE state = 'delivered'"),
    ),
    "issued without a right": ("decisions", central("DELETE FROM issue_authorisation WHERE state = 'used'")),
    "decided over a conflict": (
        "decisions",
        central("UPDATE conflict SET state = 'open', \"case\" = (SELECT id FROM \"case\" WHERE state = 'delivered')"),
    ),
    "papers without files": ("papers", no_files),
    "a paper changed after signing": ("papers", changed_file),
    "a scope too many": (
        "reach",
        replica("0301", "INSERT INTO cursor VALUES ('licang:callback', 0, '')"),
    ),
    "a role taken away": ("reach", central("DELETE FROM role_assignment WHERE role = 'grid'")),
}


@pytest.mark.parametrize("lie", FALSE)
def test_the_oracle_notices(own: Path, lie: str) -> None:
    name, falsify = FALSE[lie]
    falsify(own)
    assert broken(own, name) == {name}


def test_there_is_a_lie_for_every_check() -> None:
    assert {name for name, _ in FALSE.values()} == {name for name, _ in CHECKS}


def test_a_folder_with_a_hall_is_left_alone(own: Path) -> None:
    before = (own / "central.db").read_bytes()
    done = run_headless("--data", str(own))
    assert done.returncode == 1
    assert "空文件夹" in done.stderr
    assert "Traceback" not in done.stderr
    assert (own / "central.db").read_bytes() == before


def test_a_journal_cut_short_by_a_crash_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    assert journal.ask("d1", "case.note@1", "c", "licang:case/food", "0301") == 1
    journal.queued(1, "d1", 1)
    journal.close()
    with path.open("ab") as file:
        file.write(b'{"answer":1,"dev')
    assert [next(iter(line)) for line in read_journal(path)] == ["ask", "queued"]
    again = Journal(path)
    assert again.ask("d1", "case.note@1", "c", "licang:case/food", "0301") == 2
    again.close()
    assert [next(iter(line)) for line in read_journal(path)] == ["ask", "queued", "ask"]
