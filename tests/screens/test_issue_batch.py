"""Screen 3, many at once: a batch that is killed in the middle goes on where it was, and no number is lost or doubled;
a full disk stops what it stops, says so, and leaves everything as it was."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sync.errors import HallError
from sync.replica.blobs import blob_folder
from sync.verify import TrustRoots, Word, verify_bytes
from tests.screens.case_flow import bars_until, received, to_issue, words
from tests.screens.live_hall import LiveHall, press, send, until
from tests.screens.test_issue import PASSPHRASE, open_case, unlock
from workstation.documents.pki import make_sample_pki
from workstation.locale import say
from workstation.terminal import TerminalApp

ROOT = Path(__file__).resolve().parents[2]
CASES = ("c1", "c2", "c3", "c4")
BATCH = """
import asyncio, sys
from pathlib import Path
from sync.clock import DrivenClock
import sync.rules.register
from sync.replica.store import ReplicaStore
from sync.replica.engine import Engine
from workstation.locations import locate
from workstation.services.desk import Desk, SignedOn
from workstation.services.suite import Services

replica, data, now, scope, *cases = sys.argv[1:]
clock = DrivenClock(int(now))
store = ReplicaStore(Path(replica))
desk = Desk(store, Engine(store, "http://127.0.0.1:9", clock), clock, "")
services = Services(desk, locate(data))
desk.engine.transport = type("T", (), {"url": "http://127.0.0.1:9"})
desk.person = SignedOn("0307", "", "hall", "offline:1", (("clerk", scope),))
services.papers.seal.crew_from = 2
services.papers.seal.open("a passphrase of the tests", clock.now())

def step(done, all):
    print(done, flush=True)
    if done == 2:
        sys.stdin.read()

asyncio.run(services.issue.issue_many(cases, step))
"""


async def test_a_batch_killed_in_the_middle_goes_on_where_it_was(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    machine = await hall.enrol()
    async with hall.sitting("0307", machine=machine) as app:
        for case in CASES:
            await to_issue(hall, app, counter, case)
        await unlock(app)
        scope = app.desk.row("case", "c1").scope if app.desk is not None else ""
    arguments = [machine.path, machine.path.parent, hall.clock.now(), scope, *CASES]
    child = subprocess.Popen(  # noqa: ASYNC220 - it is killed before anything else goes on
        [sys.executable, "-c", BATCH, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert [await asyncio.to_thread(child.stdout.readline) for _ in range(3)] == ["0\n", "1\n", "2\n"]
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    async with hall.sitting("0307", machine=machine) as app:
        await app.services.papers.open_seal(PASSPHRASE)
        await hall.settled(app)
        issued = [case for case in CASES if state(app, case) == "issued"]
        assert 2 <= len(issued) <= 4
        await press(app, "3")
        left = set(CASES) - set(issued)
        assert app.screen.query_one("#decided").marked == left  # type: ignore[attr-defined]
        if left:
            assert f"余下 {len(left)} 件已勾选" in words(app)
            assert app.desk is not None
            last = app.screen.query_one("#decided").cache  # type: ignore[attr-defined]
            marked = [row for n in range(4) if (row := last.row(n)) is not None and row.key in left]
            await press(app, "f9", *marked[-1].data.number[-3:], "enter")
            await until(app, lambda: {state(app, case) for case in CASES} == {"issued"})
        await hall.settled(app)
        await until(app, lambda: not app.services.papers.filing.held())
        assert app.services.papers.filing.batch() is None or not app.services.issue.unfinished()
        roots = TrustRoots.load(app.locations.data / "pki" / "root.pem")
        assert app.desk is not None
        rows = [app.desk.row("document", f"{case}-decision") for case in CASES]
        for row in rows:
            content = app.services.papers.filing.path_of(row.number).read_bytes()
            verdict = await asyncio.to_thread(verify_bytes, content, roots)
            assert (verdict.verdict, verdict.sha256) == (Word.GOOD, row.sha256)
    await counter.pull()
    known = [row for row in counter.rows("SELECT * FROM document") if row["kind"] == "grant_decision"]
    assert [row["state"] for row in known] == ["valid"] * 4
    assert len({row["number"] for row in known}) == 4
    assert not counter.rows("SELECT * FROM void_number")


def state(app: TerminalApp, case: str) -> str:
    assert app.desk is not None
    return str(app.desk.row("case", case).state)


async def test_many_waiting_papers_are_signed_on_all_cores(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    names = [f"c{n}" for n in range(1, 10)]
    for name in names:
        await received(hall, counter, "0307", name, **({"applicant": "\U0001f600公司"} if name == "c4" else {}))
    async with hall.sitting("0307") as app:
        await hall.settled(app)
        await press(app, "3")
        assert "待签文书 9 份" in words(app)
        app.screen.query_one("#papers").focus()
        await press(app, "f9", *"secret", "enter", *"secret")
        send(app, "enter")
        bars = await bars_until(app, lambda: "待签文书 1 份" in words(app) and "/9" not in words(app))
        assert "0/9" in bars
        assert len(bars) > 2, "it moves while they are signed; a busy machine does not paint each step"
        for n, line in ((int(count.partition("/")[0]), line) for count, line in bars.items()):
            done, left = line.count("#"), line.count(".")
            assert done == (done + left) * n // 9, line
        await hall.settled(app)
        assert app.desk is not None
        rows = [app.desk.row("document", f"{name}-receipt") for name in names]
        assert [row.state for row in rows] == ["prepared" if name == "c4" else "valid" for name in names]
        assert len({row.sha256 for row in rows}) == 9


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """A small file system of its own over the folder, filled to the last byte. Whoever may not mount has a file where
    the folder should be: nothing can be written there either."""
    folder.mkdir(parents=True, exist_ok=True)
    if not may_mount(folder):
        aside = folder.rename(folder.with_name(f"{folder.name}.aside"))
        folder.touch()
        yield
        folder.unlink()
        aside.rename(folder)
        return
    try:
        with (folder / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(4096))
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def may_mount(folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0777", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("place", ["held", "blobs"])
async def test_a_full_disk_is_said_and_the_case_is_issued_once_there_is_room(hall: LiveHall, place: str) -> None:
    counter = await hall.device("0307", "0201")
    machine = await hall.enrol()
    async with hall.sitting("0307", machine=machine) as app:
        await to_issue(hall, app, counter, "c1")
        await unlock(app)
        await hall.settled(app)
        await until(app, lambda: not app.services.papers.filing.held())
        filing = app.services.papers.filing
        assert app.desk is not None
        folders = {"held": filing.folder / ".held", "blobs": blob_folder(app.desk.store)}
        tail = await open_case(app, "c1")
        with full_disk(folders[place]):
            await press(app, *tail, "f9")
            await until(app, lambda: "磁盘" in words(app))
            assert state(app, "c1") == "decided"
        number = app.desk.row("document", "c1-decision").number
        before = [held.signed.sha256 for held in filing.held()]
        assert len(before) == (1 if place == "blobs" else 0)
        await press(app, *tail, "f9")
        await until(app, lambda: state(app, "c1") == "issued")
        await hall.settled(app)
        row = app.desk.row("document", "c1-decision")
        assert (row.state, row.number) == ("valid", number)
        assert row.sha256 in (before or [row.sha256])  # what was signed once is what is registered
    await counter.pull()
    assert not counter.rows("SELECT * FROM void_number")


async def test_what_fails_our_own_check_is_told_to_nobody_one_by_one_or_many_at_once(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        papers, issue, desk = app.services.papers, app.services.issue, app.desk
        assert desk is not None
        await unlock(app)
        for case in CASES[:2]:
            await to_issue(hall, app, counter, case)
        await hall.settled(app)
        root = app.locations.data / "pki" / "root.pem"
        ours = root.read_bytes()
        make_sample_pki(hall.folder / "another", b"another passphrase", bureau="局", now_ms=hall.clock.now())
        root.write_bytes((hall.folder / "another" / "root.pem").read_bytes())
        numbers = [desk.row("document", f"{case}-decision").number for case in CASES[:2]]
        with pytest.raises(HallError, match="not_good"):
            await issue.issue("c1")
        for crew_from in (9, 2):  # here, and by a crew
            papers.seal.crew_from = crew_from
            told = await issue.issue_many(CASES[:2], lambda done, all: None)
            assert [(case, why[0]) for case, why in told if why] == [(case, "issue.not_good") for case in CASES[:2]]
            assert "不受信任" in say(told[0][1] or "")
        await hall.settled(app)
        assert not papers.filing.held()
        assert not desk.read("SELECT 1 FROM document WHERE kind = 'grant_decision' AND sha256 IS NOT NULL")
        assert [desk.row("case", case).state for case in CASES[:2]] == ["decided", "decided"]
        root.write_bytes(ours)
        assert [why for _, why in await issue.issue_many(CASES[:2], lambda done, all: None)] == [None, None]
        await hall.settled(app)
        assert [desk.row("document", f"{case}-decision").number for case in CASES[:2]] == numbers
        assert {desk.row("document", f"{case}-decision").state for case in CASES[:2]} == {"valid"}


async def test_a_held_file_that_the_disk_spoiled_is_not_registered(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        await to_issue(hall, app, counter, "c1")
        await unlock(app)
        papers = app.services.papers
        held = await asyncio.to_thread(papers.sign, "c1-decision", "0307")
        path = papers.filing.folder / ".held" / f"{held.document}.pdf"
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + b"?")
        with pytest.raises(HallError, match="file_lost"):
            await app.services.issue.issue("c1")
        assert app.desk is not None
        assert app.desk.row("document", "c1-decision").state == "prepared"
        path.write_bytes(whole)
        assert (await app.services.issue.issue("c1")).issued
