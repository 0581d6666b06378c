"""A replica: all of a step or nothing, its own work visible until it ended, exactly once whatever gets lost."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.errors import InputError, StoreError, TransportError
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from sync.replica.fold import refold
from sync.replica.store import ReplicaStore
from sync.replica.submit import Submitted
from sync.rules.outcome import Refusal
from tests.sync.extra_verbs import Break, Flaky, Unpreviewable, extra_verbs
from tests.sync.one_case import edit, everything, note, phone
from tests.sync.small_hall import BASE, CASES, QUEUE, SmallHall


@pytest.fixture
def extra() -> Iterator[None]:
    with extra_verbs():
        yield


# -- before or after, never between


def interrupted(store: ReplicaStore, after: int) -> Callable[[], None]:
    """The writing connection breaks once, after so many steps of SQLite's machine; what is answered ends that."""
    left = [after]

    def step() -> bool:
        left[0] -= 1
        return left[0] == -1

    store.connection.set_progress_handler(step, 5)
    return lambda: store.connection.set_progress_handler(None, 0)


async def test_a_step_that_is_broken_off_anywhere_leaves_nothing(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    window.do(note(0), id="c0", scope=CASES)
    before, broken = everything(window.path), 0
    while True:
        heal = interrupted(window.store, broken * 3)
        try:
            outcome = window.ask(edit("1", "2"), id="c0", scope=CASES)
        except StoreError:
            assert everything(window.path) == before
            broken += 1
        else:
            break
        finally:
            heal()
    assert isinstance(outcome, Submitted)
    assert broken > 10
    assert phone(window) == "2"
    assert window.outbox() == [(1, "new"), (2, "new")]


async def test_an_answer_or_a_page_that_is_broken_off_anywhere_is_asked_for_again(hall: SmallHall) -> None:
    window, other = await hall.machine("0307"), await hall.machine("0308")
    await other.ended(note(9), id="c0", scope=CASES)
    window.do(note(1), id="c0", scope=CASES)
    window.do(edit("1", "2"), id="c0", scope=CASES)
    window.do(tickets.Issue(matter="m1", site="hall"), id="t1")
    for work in (window.push, window.pull):
        before, broken = everything(window.path), 0
        while True:
            heal = interrupted(window.store, broken * 5)
            try:
                await work()
            except StoreError:
                assert everything(window.path) == before
                broken += 1
            else:
                break
            finally:
                heal()
        assert broken > 5
    assert window.outbox() == []
    assert window.refusals() == []
    assert len(hall.all("SELECT * FROM case_note")) == 2
    assert len(hall.all("SELECT * FROM ticket")) == 1


@pytest.mark.parametrize("work", ["submit", "take"])
async def test_a_full_disk_loses_nothing(hall: SmallHall, work: str) -> None:
    window, other = await hall.machine("0307"), await hall.machine("0308")
    long = cases.Note(note="long", text="长" * 60_000)
    if work == "take":
        await other.ended(long, id="c0", scope=CASES)
    before = everything(window.path)
    [(pages,)] = window.store.connection.execute("PRAGMA page_count").fetchall()
    window.store.connection.execute(f"PRAGMA max_page_count={pages}")
    if work == "submit":
        with pytest.raises(StoreError, match="disk_full"):
            window.ask(long, id="c0", scope=CASES)
    else:
        with pytest.raises(StoreError, match="disk_full"):
            await window.pull()
    assert everything(window.path) == before
    window.store.connection.execute("PRAGMA max_page_count=1073741823")
    if work == "submit":
        window.do(long, id="c0", scope=CASES)
    while await window.push():
        pass
    await window.pull()
    assert window.outbox() == []
    assert window.row("case_note", "long") is not None


async def test_a_truly_full_disk(hall: SmallHall, tmp_path: Path) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    if run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(mount)).returncode:
        return  # not allowed to mount here: `max_page_count` above stands for it
    try:
        window = await hall.machine("0307")
        window.store.close()
        window.path = mount / "replica.db"
        ReplicaStore.create(window.path, device=window.device, hall="licang", shapes=hall.services.store.shapes)
        window.open()
        await window.pull()
        queued, code = 0, ""
        while not code and queued < 1_000:
            try:
                window.do(cases.Note(note=f"n{queued}", text="长" * 3_000), id="c0", scope=CASES)
                queued += 1
            except StoreError as error:
                code = error.code
        assert code in ("disk_full", "replica_unwritable")
        assert len(window.outbox()) == queued > 0
        window.store.close()
        window.open()
        assert len(window.outbox()) == queued, "and after a restart"
        window.store.close()
    finally:
        run("umount", str(mount))


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


# -- exactly once


@pytest.mark.parametrize("lost", ["request", "response"])
async def test_what_gets_lost_on_the_way_happens_once(hall: SmallHall, lost: str) -> None:
    window = await hall.machine("0307")
    n = window.do(note(), id="c0", scope=CASES)
    window.network.lose = lost
    with pytest.raises(TransportError):
        await window.push()
    assert window.outbox() == [(n, "new")]
    assert window.row("case_note", "n1") is not None
    await window.pull()
    assert window.row("case_note", "n1") is not None, "seen or not, it stands there"
    assert [result.status for result in await window.push()] == ["accepted"]
    await window.pull()
    assert window.outbox() == []
    assert hall.all("SELECT id FROM case_note") == [("n1",)]
    assert hall.all("SELECT count(*) FROM log WHERE device = ?", window.device) == [(1,)]


async def test_a_duplicate_that_comes_late_changes_nothing(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    await window.ended(edit("1", "2"), id="c0", scope=CASES)
    await window.ended(edit("2", "1"), id="c0", scope=CASES)
    log = hall.all("SELECT * FROM log")
    for index in range(len(window.network.kept)):
        if window.network.kept[index][1].path == "/v1/push":
            assert (await window.network.again(index)).status_code == 200
    assert hall.all("SELECT * FROM log") == log
    assert hall.all('SELECT state FROM "device" WHERE id = ?', window.device) == [("active",)]


async def test_a_process_that_ended_between_answer_and_note_asks_again(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    window.do(note(), id="c0", scope=CASES)
    window.network.lose = "response"
    with pytest.raises(TransportError):
        await window.push()
    window.store.close()
    window.open()
    assert [result.status for result in await window.push()] == ["accepted"]
    assert len(hall.all("SELECT * FROM case_note")) == 1


# -- how operations end


async def test_a_refusal_is_listed_and_the_row_goes_back_to_the_servers(hall: SmallHall) -> None:
    one, two = await hall.machine("0307"), await hall.machine("0308")
    await one.ended(tickets.OpenWindow(window="w1"), id="s1")
    n = two.do(tickets.OpenWindow(window="w1"), id="s2") if two.row("window_session", "s1") is None else 0
    assert n
    assert two.row("window_session", "s2") is not None
    [result] = await two.push()
    assert (result.status, result.code) == ("refused", "window_taken")
    assert two.refusals() == [(n, "refused", "window_taken")]
    assert two.outbox() == []
    assert two.row("window_session", "s2") is None
    assert two.all("SELECT * FROM shadow") == []


async def test_what_the_replica_is_sure_of_is_refused_at_once_and_queues_nothing(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    before = everything(window.path)
    assert window.ask(tickets.Miss(), id="nothing") == Refusal("not_found", {"table": "ticket", "id": "nothing"})
    assert everything(window.path) == before
    assert window.do(note(), id="c0", scope=CASES) == 1, "and uses no number"


async def test_a_text_that_cannot_be_written_is_bad_input(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    with pytest.raises(InputError, match="not_text"):
        window.ask(cases.Note(note="n", text="half \ud800"), id="c0", scope=CASES)
    assert window.outbox() == []


async def test_two_values_of_a_field_become_a_conflict_that_both_see(hall: SmallHall) -> None:
    one, two = await hall.machine("0307"), await hall.machine("0308")
    assert (await one.ended(edit("1", "2"), id="c0", scope=CASES)).status == "accepted"
    n = two.do(edit("1", "3"), id="c0", scope=CASES)
    assert phone(two) == "3", "one's own work is visible"
    await two.pull()
    assert phone(two) == "2", "the server's value came, and the own one does not stand on it"
    assert two.all("SELECT n, risk FROM outbox") == [(n, "conflict")]
    [result] = await two.push()
    assert (result.status, two.refusals()) == ("conflict", [(n, "conflict", "conflict")])
    await two.pull()
    await one.pull()
    for machine in (one, two):
        assert phone(machine) == "2"
        assert machine.all("SELECT base, theirs, theirs_by, mine, mine_by FROM conflict") == [
            ("1", "2", "0307", "3", "0308")
        ]


async def test_equal_values_and_a_value_given_back_do_not_clash(hall: SmallHall) -> None:
    one, two = await hall.machine("0307"), await hall.machine("0308")
    two.do(edit("1", "2"), id="c0", scope=CASES)
    await one.ended(edit("1", "2"), id="c0", scope=CASES)
    assert [result.status for result in await two.push()] == ["accepted"]


# -- the fold


async def test_a_fold_is_the_same_however_often(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    for i in range(3):
        window.do(note(i), id="c0", scope=CASES)
    window.do(edit("1", "2"), id="c0", scope=CASES)
    window.do(tickets.OpenWindow(window="w1"), id="s1")
    before = everything(window.path)
    for _ in range(3):
        with window.store.write() as connection:
            refold(connection, window.store.columns, window.device)
        assert everything(window.path) == before


async def test_pulled_rows_go_under_what_is_pending(hall: SmallHall) -> None:
    one, two = await hall.machine("0307"), await hall.machine("0308")
    two.do(edit("1", "2"), id="c0", scope=CASES)
    two.do(note(7), id="c0", scope=CASES)
    taken = cases.Take()
    assert (await one.ended(note(1), id="c0", scope=CASES)).status == "accepted"
    two_takes = two.do(taken, id="c0", scope=CASES)
    await two.pull()
    case = two.row("case", "c0")
    assert case is not None
    assert (case["form"], case["owner"]) == ({"phone": "2"}, "0308")
    assert two.row("case_note", "n1") is not None
    assert two.row("case_note", "n7") is not None
    assert two.outbox() == [(1, "new"), (2, "new"), (two_takes, "new")]
    await two.push()
    await two.pull()
    assert two.row("case", "c0") == {**case, "v": case["v"] + 2}


async def test_a_deletion_at_the_server_under_a_pending_change(hall: SmallHall) -> None:
    """A tombstone must not make a shadow look as if there were none."""
    one, two = await hall.machine("0901"), await hall.machine("0901")
    role = f"0308-clerk-{QUEUE}"
    n = two.do(people.RemoveRole(), id=role, scope=BASE)
    assert two.row("role_assignment", role) is None
    assert (await one.ended(people.RemoveRole(), id=role, scope=BASE)).status == "accepted"
    await two.pull()
    assert two.row("role_assignment", role) is None
    [result] = await two.push()
    assert (result.n, result.code) == (n, "not_found")
    assert two.row("role_assignment", role) is None, "not brought back from the shadow"
    await two.pull()
    assert two.all("SELECT * FROM shadow") == []


@pytest.mark.usefixtures("extra")
async def test_a_preview_that_breaks_does_not_wedge_the_replica(hall: SmallHall) -> None:
    one, two = await hall.machine("0307"), await hall.machine("0308")
    n = two.do(Unpreviewable(note="odd"), id="c0", scope=CASES)
    m = two.do(note(2), id="c0", scope=CASES)
    await one.ended(note(1), id="c0", scope=CASES)
    await two.pull()
    assert two.row("case_note", "n1") is not None
    assert two.row("case_note", "n2") is not None
    assert [(r.n, r.status) for r in await two.push()] == [(n, "accepted"), (m, "accepted")]
    await two.pull()
    assert two.row("case_note", "odd") is not None


@pytest.mark.usefixtures("extra")
async def test_a_queue_moves_on_behind_what_breaks_at_the_centre(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    passes, breaks = window.do(Flaky(note="f"), id="c0", scope=CASES), window.do(Break(), id="c0", scope=CASES)
    after = window.do(note(), id="c0", scope=CASES)
    rounds = 0
    ended: dict[int, str] = {}
    while len(ended) < 3:
        ended |= {result.n: result.status for result in await window.push()}
        rounds += 1
        assert rounds < 10
    assert ended == {passes: "accepted", breaks: "quarantined", after: "accepted"}
    assert window.refusals() == [(breaks, "quarantined", "internal")]
