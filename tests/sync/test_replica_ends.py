"""A replica: what is taken back, scopes that are withdrawn, sessions that end, and the file itself."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sync.errors import StoreError, TransportError
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from sync.replica.push import next_push
from sync.replica.store import ReplicaStore
from sync.replica.submit import withdraw
from tests.sync.one_case import edit, note, phone
from tests.sync.small_hall import BASE, CASES, QUEUE, SmallHall


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


# -- taken back


async def test_what_was_not_sent_can_be_taken_back(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    first, second = window.do(edit("1", "2"), id="c0", scope=CASES), window.do(note(), id="c0", scope=CASES)
    assert withdraw(window.store, first)
    assert phone(window) == "1"
    assert [result.n for result in await window.push()] == [second]
    assert not withdraw(window.store, second), "too late"
    assert window.do(note(2), id="c0", scope=CASES) == 3, "a number never returns"


async def test_what_may_have_been_sent_cannot_be_taken_back(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    n = window.do(note(), id="c0", scope=CASES)
    window.network.lose = "request"
    with pytest.raises(TransportError):
        await window.push()
    assert not withdraw(window.store, n)
    later = window.do(note(2), id="c0", scope=CASES)
    window.store.close()
    window.open()
    assert not withdraw(window.store, later), "another process cannot know"


async def test_what_no_push_under_way_carries_can_be_taken_back(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    ns = [window.do(note(i), id="c0", scope=CASES) for i in range(6)]
    window.network.holds, window.network.held = "POST", asyncio.Event()
    held, ended = window.network.held, []

    async def push() -> None:
        async for results in window.exchange.pushes(2):
            ended.append([result.n for result in results])

    pushing = asyncio.create_task(push())
    await window.network.holding.wait()  # the first two are on their way, the next two follow them
    assert not withdraw(window.store, ns[1]), "too late"
    assert not withdraw(window.store, ns[2]), "too late"
    assert withdraw(window.store, ns[4])
    held.set()
    await pushing
    assert ended == [[ns[0], ns[1]], [ns[2], ns[3]], [ns[5]]]
    assert not withdraw(window.store, ns[3])


async def test_what_something_stands_on_cannot_be_taken_back(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    opened = window.do(tickets.OpenWindow(window="w1"), id="s1")
    paused = window.do(tickets.PauseWindow(pause="p", reason="午餐"), id="s1")
    assert not withdraw(window.store, opened)
    assert withdraw(window.store, paused)
    assert withdraw(window.store, opened)
    assert window.outbox() == []
    assert window.all("SELECT * FROM window_session") == []
    assert next_push(window.store, window.clock) is None


# -- scopes


async def test_a_scope_withdrawn_leaves_the_replica_and_what_was_not_sent_is_answered(hall: SmallHall) -> None:
    window, admin = await hall.machine("0307"), await hall.machine("0901")
    await window.ended(tickets.Issue(matter="m1", site="hall"), id="t1")
    pending, kept = window.do(tickets.Cancel(), id="t1"), window.do(note(), id="c0", scope=CASES)
    await admin.ended(people.RemoveRole(), id=f"0307-clerk-{QUEUE}", scope=BASE)
    assert "*" in await window.pull()
    assert window.all("SELECT * FROM ticket") == []
    assert window.all("SELECT * FROM shadow WHERE scope = ?", QUEUE) == []
    assert [scope for (scope,) in window.all("SELECT scope FROM cursor")] == [BASE, CASES]
    assert window.outbox() == [(pending, "new"), (kept, "new")]
    assert {r.n: r.code for r in await window.push()} == {pending: "forbidden", kept: None}
    assert window.refusals() == [(pending, "refused", "forbidden")]
    await admin.ended(people.AssignRole(staff="0307", role="clerk", over=QUEUE), id="again", scope=BASE)
    await window.pull()
    assert window.row("ticket", "t1") is not None
    assert window.outbox() == []


async def test_an_expired_session_does_not_wipe_the_outbox(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    n = window.do(note(), id="c0", scope=CASES)
    hall.clock.advance(13 * 3_600_000)
    for work in (window.push, window.pull):
        with pytest.raises(TransportError, match="session_expired"):
            await work()
    assert window.outbox() == [(n, "new")]
    assert window.row("case_note", "n1") is not None
    await window.sign_on("0307")
    assert [result.status for result in await window.push()] == ["accepted"]


async def test_one_laptop_two_people_two_authors(hall: SmallHall) -> None:
    laptop = await hall.machine("0307", "0308")
    laptop.do(note(1), id="c0", scope=CASES, by="0307")
    laptop.do(note(2), id="c0", scope=CASES, by="0308")
    await laptop.push()
    assert hall.all("SELECT id, staff FROM case_note ORDER BY id") == [("n1", "0307"), ("n2", "0308")]
    assert hall.all('SELECT DISTINCT "by" FROM log WHERE device = ? ORDER BY "by"', laptop.device) == [
        ("0307",),
        ("0308",),
    ]


# -- the file


async def test_one_process_a_file(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    with pytest.raises(StoreError, match="replica_in_use"):
        ReplicaStore(window.path)
    told = run(
        sys.executable,
        "-c",
        "import sys, pathlib, sync.replica.store as s\n"
        "try: s.ReplicaStore(pathlib.Path(sys.argv[1]))\n"
        "except s.StoreError as error: print(error.code)",
        str(window.path),
    )
    assert told.stdout == "replica_in_use\n"
    window.store.close()
    window.open()


@pytest.mark.parametrize("harm", ["missing", "rubbish", "empty", "cut", "newer", "shapes"])
async def test_a_file_that_is_no_replica(hall: SmallHall, harm: str) -> None:
    window = await hall.machine("0307")
    window.store.close()
    path = window.path
    if harm == "missing":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(path.read_bytes()[:1000])
    elif harm in ("newer", "shapes"):
        connection = sqlite3.connect(path)
        statement = "PRAGMA user_version=99" if harm == "newer" else "UPDATE meta SET value = '{' WHERE name = 'shapes'"
        connection.execute(statement)
        connection.commit()
        connection.close()
    else:
        path.write_bytes(b"" if harm == "empty" else b"rubbish " * 500)
    for _ in range(2):  # twice: the first failure gave the claim back
        with pytest.raises(StoreError) as caught:
            ReplicaStore(path)
        assert caught.value.code == ("replica_layout" if harm in ("newer", "empty") else "replica_unreadable")


def test_a_replica_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "r.db"
    with pytest.raises(StoreError, match="replica_unwritable"):
        ReplicaStore.create(Path("/proc/none/r.db"), device="d", hall="h", shapes={})
    path.parent.mkdir()
    path.with_name("r.db.new").write_text("left by a crash")
    ReplicaStore.create(path, device="d", hall="h", shapes={})
    with pytest.raises(StoreError, match="replica_exists"):
        ReplicaStore.create(path, device="d", hall="h", shapes={})
    store = ReplicaStore(path)
    assert (store.device, store.hall, store.pending()) == ("d", "h", 0)
    store.close()
    assert sorted(p.name for p in path.parent.iterdir()) == ["r.db", "r.db.lock"]
