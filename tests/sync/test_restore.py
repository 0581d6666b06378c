"""A server restored from an old backup (invariant 13): noticed, told, and nothing lost, doubled or numbered twice."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server_stub.apply.again import WAIT_MS
from server_stub.central.backup import back_up, put_back, restored
from server_stub.central.gaps import accounts
from server_stub.central.opening import look
from sync.errors import ChainBroken, InputError, ServerRefused, TransportError
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from sync.replica.blobs import Blobs
from tests.sync.nursery import ROOT
from tests.sync.restorable import DAY, SKIP, TICKET, Restorable, note, say, settle
from tests.sync.server_process import ServerProcess
from tests.sync.small_hall import BASE, CASES, QUEUE, new
from tests.sync.test_blob import attach
from tests.sync.test_kill import device
from tests.sync.test_revocation import duty, held, revoked
from tests.sync.test_uploads import scan, sha


@pytest.fixture
def hall(hall_template: Path, tmp_path: Path) -> Restorable:
    shutil.copytree(hall_template, tmp_path / "hall")
    return Restorable(tmp_path / "hall")


async def test_a_scope_withdrawn_meanwhile_goes_with_the_answer_that_tells_of_the_restoration(hall: Restorable) -> None:
    async with hall.up():
        window, admin = await hall.machine("0307"), await hall.machine("0901")
        await say(window, TICKET)
        await say(admin, people.RemoveRole(), id=f"0307-clerk-{QUEUE}", scope=BASE)
        await hall.save()
    await hall.put_back()
    async with hall.up(window):
        await window.exchange.pull()  # one answer
        assert window.all("SELECT * FROM ticket") == []
        assert window.all("SELECT 1 FROM cursor WHERE scope = ?", QUEUE) == []


async def test_what_was_lost_is_offered_again_with_its_numbers(hall: Restorable) -> None:
    async with hall.up():
        one, other = await hall.machine("0307"), await hall.machine("0308")
        before = await say(one, TICKET)
        await hall.save()
        for machine in (one, one, one, other, other):
            await say(machine, TICKET)
        await say(other, note(), scope=CASES, id="c0")
        numbers = hall.numbers()
        assert numbers[before] == "A001"
    await hall.put_back()
    async with hall.up(one, other):
        fresh = (await hall.machine("0309")).do(TICKET, id="fresh")
        assert fresh == 1
        newcomer = hall.machines[-1]
        await newcomer.push()
        await settle(other, one, newcomer)
        now = hall.numbers()
        assert {id: now[id] for id in numbers} == numbers, "each slip of paper says what the centre says"
        assert now["fresh"] == f"A{2 + SKIP:03d}", "behind everything that may have been given"
        assert len(set(now.values())) == 1 + 3 + 2 + 1
        assert one.outbox() == other.outbox() == []
        assert one.refusals() == other.refusals() == []
        assert hall.all("SELECT count(*) FROM case_note") == [(1,)]
        for machine in (one, other):
            assert dict(machine.all("SELECT id, number FROM ticket")) == now
        assert hall.faults() == []
        [account] = look(hall.url, accounts)
        assert account.unexplained == []
        assert next(account.lines()).endswith(f"given {2 + SKIP} = used 7 + void 0 + open {SKIP - 5}")


@pytest.mark.parametrize("before", [0, 1])
async def test_numbers_of_days_that_the_backup_does_not_know_come_again(hall: Restorable, before: int) -> None:
    """Monday's backup, work on Tuesday and Wednesday, restored on Wednesday; on Thursday others ask first."""
    async with hall.up():
        desk = await hall.machine("0307")
        for _ in range(before):
            await say(desk, TICKET)
        await hall.save()
        for _ in range(2):
            hall.clock.advance(DAY)
            await desk.sign_on("0307")
            for _ in range(2):
                await say(desk, TICKET)
        numbers = hall.days()
        assert [day for day, _ in sorted(numbers.values())][before:] == ["2026-03-03"] * 2 + ["2026-03-04"] * 2
    await hall.put_back()
    hall.clock.advance(DAY)
    async with hall.up(desk):
        newcomer = await hall.machine("0308")
        await say(newcomer, TICKET, id="thursday")
        await desk.sign_on("0307")
        await settle(desk, newcomer)
        now = hall.days()
        assert now.pop("thursday") == ("2026-03-05", "A001"), "nobody else numbered on that day"
        assert now == numbers, "each slip of paper says what the centre says"
        assert (desk.outbox(), desk.refusals()) == ([], [])
        assert [account.unexplained for account in look(hall.url, accounts)] == [[]] * len(look(hall.url, accounts))
        assert hall.faults() == []


async def test_a_step_that_stands_on_another_s_waits_for_it(hall: Restorable) -> None:
    """A ticket is given out at one machine and served at another: whichever comes first to the restored centre."""
    async with hall.up():
        desk, window = await hall.machine("0308"), await hall.machine("0307")
        await hall.save()
        first, second = [await say(desk, TICKET) for _ in range(2)]
        session = await say(window, tickets.OpenWindow(window="w1"))
        await window.pull()
        await say(window, tickets.CallNext(call=new("call")), id=session)
        await say(window, tickets.Serve(segment=new("s")), id=first)
        await say(window, tickets.Finish(invite=new("i")), id=first)
    await hall.put_back()
    async with hall.up(desk, window):
        await window.sign_on("0307")
        await window.push()
        await window.pull()
        results = await window.push()
        assert [result.status for result in results] == ["accepted"], "the window opens, the call has nobody yet"
        await settle(desk, window)
        assert hall.all("SELECT id, state FROM ticket ORDER BY number") == [(first, "done"), (second, "waiting")]
        assert window.refusals() == []
        assert hall.faults() == []


async def test_what_can_never_be_taken_again_is_told(hall: Restorable) -> None:
    async with hall.up():
        desk, window = await hall.machine("0308"), await hall.machine("0307")
        await hall.save()
        ticket = await say(desk, TICKET)
        await window.pull()
        await say(window, tickets.Cancel(), id=ticket)
    await hall.put_back()
    async with hall.up(window):  # the desk never comes back
        await settle(window)
        assert [state for _, state in window.outbox()] == ["new"]
        hall.clock.advance(WAIT_MS)
        await settle(window)
        assert window.outbox() == []
        assert [(status, code) for _, status, code in window.refusals()] == [("refused", "not_found")]


async def test_others_work_that_nobody_offers_again_goes_from_every_copy(hall: Restorable) -> None:
    async with hall.up():
        one, other = await hall.machine("0307"), await hall.machine("0308")
        await hall.save()
        await say(one, note(), scope=CASES, id="c0")
        await other.pull()
        assert other.all("SELECT count(*) FROM case_note") == [(1,)]
    await hall.put_back()
    async with hall.up(other):
        await settle(other)
        assert other.all("SELECT count(*) FROM case_note") == [(0,)]
        assert other.all("SELECT seq FROM cursor WHERE scope = ?", CASES) == hall.all(
            "SELECT seq FROM head WHERE scope = ?", CASES
        )


async def test_without_a_word_of_the_administrator_nothing_is_taken_and_nothing_lost(hall: Restorable) -> None:
    """An old copy of the store that was started by mistake must not make every replica forget."""
    async with hall.up():
        one = await hall.machine("0307")
        await hall.save()
        await say(one, TICKET)
        shown = one.all("SELECT id, number FROM ticket")
        one.do(note(), id="c0", scope=CASES)
    await hall.put_back(declared=False)
    async with hall.up(one):
        assert await one.push() == [], "the centre knows less than it answered"
        with pytest.raises(ChainBroken) as broken:
            await one.pull()
        assert broken.value.code == "chain_behind"
        assert one.all("SELECT id, number FROM ticket") == shown
        assert [state for _, state in one.outbox()] == ["new"]
    await asyncio.to_thread(restored, hall.url, SKIP, hall.clock.now())
    async with hall.up(one):
        await settle(one)
        assert one.all("SELECT id, number FROM ticket") == shown
        assert hall.all("SELECT count(*) FROM case_note") == [(1,)]


async def test_a_file_that_was_lost_with_the_centre_goes_up_again_without_a_restart(hall: Restorable) -> None:
    content = scan(1_000)
    async with hall.up():
        laptop = await hall.machine("0307")
        await settle(laptop)
        await hall.save()
        attach(laptop, content)
        await settle(laptop)
        blobs = Blobs(laptop.store, laptop.transport, laptop.clock)
        assert await blobs.send() == 1
        await settle(laptop)
        assert blobs.waiting() == []
    shutil.rmtree(hall.services.vault.folder)
    await hall.put_back()
    async with hall.up(laptop):
        await settle(laptop)
        assert hall.all("SELECT id, arrived FROM material") == [("m1", 0)], "named again by its author's machine"
        assert await blobs.send() == 1, "the same program, which had sent it before"
        assert hall.services.vault.read(sha(content)) == content
        assert hall.all("SELECT id, arrived FROM material") == [("m1", 1)]


async def test_what_a_backup_holds_is_not_kept(hall: Restorable) -> None:
    async with hall.up():
        one = await hall.machine("0307")
        await say(one, TICKET)
        assert one.all("SELECT count(*) FROM kept") == [(1,)]
        await hall.save()
        await one.pull()
        assert one.all("SELECT count(*) FROM kept") == [(0,)]
        await say(one, TICKET)
        assert one.all("SELECT count(*) FROM kept") == [(1,)]


async def test_a_conflict_is_offered_again_and_ends_once(hall: Restorable) -> None:
    async with hall.up():
        one, other = await hall.machine("0307"), await hall.machine("0308")
        await say(one, cases.Edit(field="phone", was="1", value="2"), scope=CASES, id="c0")
        await hall.save()
        other.do(cases.Edit(field="phone", was="1", value="3"), scope=CASES, id="c0")
        [result] = await other.push()
        assert result.status == "conflict"
        await other.pull()
    await hall.put_back()
    async with hall.up(one, other):
        await settle(one, other)
        assert [status for _, status, _ in other.refusals()] == ["conflict"]
        assert hall.all("SELECT count(*) FROM conflict") == [(1,)]


async def test_whose_sign_on_was_lost_is_held_for_the_duty_manager(hall: Restorable) -> None:
    async with hall.up():
        one = await hall.machine("0307")
        await hall.save()
        await one.sign_on("0308")
        await say(one, note(), scope=CASES, id="c0")
    await hall.put_back()
    async with hall.up(one):
        await one.sign_on("0307")
        hall.clock.advance(WAIT_MS)
        await one.pull()
        [result] = await one.push()
        assert (result.status, result.code) == ("held", "restored")
        assert hall.all('SELECT "by", why, state FROM held_operation') == [("0308", "restored", "waiting")]


def test_a_backup_overwrites_nothing_and_a_restoration_deletes_nothing(hall: Restorable) -> None:
    back_up(hall.url, hall.backup, hall.clock.now())
    with pytest.raises(InputError) as refused:
        back_up(hall.url, hall.backup, hall.clock.now())
    assert refused.value.code == "backup_exists"
    assert hall.backup.stat().st_mode & 0o077 == 0
    aside = put_back(hall.url, hall.backup)
    assert aside is not None
    assert aside.exists()
    with pytest.raises(InputError) as missing:
        put_back(hall.url, hall.folder / "none.db")
    assert missing.value.code == "backup_missing"


async def test_a_real_server_is_lost_and_put_back(hall: Restorable) -> None:
    """Backup while it runs, more work, kill -9, restore, start: the same machines over real HTTP, by the commands."""
    server = await asyncio.to_thread(ServerProcess, hall.url, log=hall.folder / "server.log")
    try:
        machines = [await device(hall, server, "0307"), await device(hall, server, "0308")]
        one, other = machines
        early = await say(one, TICKET)
        assert command(hall, "backup", str(hall.backup)) == (0, "backed up")
        late = [await say(machine, TICKET) for machine in (one, other, one)]
        one.do(note(), id="c0", scope=CASES)
        printed = hall.numbers()
        await other.sign_on("0308")  # a session that the restored centre has never heard of
        server.kill()
        assert command(hall, "restore", str(hall.backup), "--skip", "50") == (0, "what lay")
        server.start()
        with pytest.raises(ServerRefused) as unknown:
            await other.pull()
        assert unknown.value.code == "session_unknown"
        await other.sign_on("0308")
        await settle(one, other)
        assert hall.numbers() == printed
        assert printed.keys() == {early, *late}
        assert hall.all("SELECT count(*) FROM case_note") == [(1,)]
        assert command(hall, "audit", "verify") == (0, "chain whole")
        assert command(hall, "gaps")[0] == 0
        for machine in machines:
            assert (machine.outbox(), machine.refusals()) == ([], [])
            assert dict(machine.all("SELECT id, number FROM ticket")) == printed
            await machine.close()
        assert server.stop() == 0
    finally:
        server.close()


def command(hall: Restorable, *words: str) -> tuple[int, str]:
    """Exit code and the first two words said."""
    given = [sys.executable, "-m", "server_stub", *words, "--store", hall.url]
    done = subprocess.run(given, capture_output=True, text=True, cwd=ROOT, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, " ".join(done.stdout.split()[:2])


async def test_a_step_that_changed_nothing_is_kept_until_a_backup_holds_a_later_one(hall: Restorable) -> None:
    """It has no rows to tell by: forgotten too early it would have no end at the restored centre."""
    same = cases.Edit(field="phone", was="1", value="1")
    async with hall.up():
        window = await hall.machine("0307")
        await hall.save()
        await say(window, same, scope=CASES, id="c0")
        await window.pull()  # hears of the backup
        assert len(window.all("SELECT n FROM kept")) == 1
    await hall.put_back()
    async with hall.up(window):
        await window.sign_on("0307")
        await settle(window)
        assert hall.results()[window.device, 1] == ("accepted", None)
        await say(window, note(), scope=CASES, id="c0")
        hall.backup = hall.backup.with_name("tuesday.db")
        await hall.save()
        await window.pull()
        assert window.all("SELECT n FROM kept") == []


@pytest.mark.parametrize("left", [True, False])
async def test_a_device_revoked_since_offers_again_what_was_lost_before_it_goes(hall: Restorable, left: bool) -> None:
    async with hall.open():
        laptop, manager = await hall.machine("0307"), await duty(hall)
        await say(laptop, cases.Note(note="saved", text="1"), id="c0", scope=CASES)
        await hall.save()
        await say(laptop, cases.Note(note="lost", text="2"), id="c0", scope=CASES)
        hall.machines.clear()
    await hall.put_back()
    async with hall.up(laptop, manager):
        await manager.pull()
        await revoked(hall, manager, laptop.device)
        if left:
            laptop.do(cases.Note(note="unsent", text="3"), id="c0", scope=CASES)
        with pytest.raises(ServerRefused, match="device_revoked"):
            await laptop.pull()
        laptop.network.lose = "response"
        with pytest.raises(TransportError):
            await laptop.exchange.farewell(laptop.key)
        assert await laptop.exchange.farewell(laptop.key)
        assert laptop.outbox() == []
        assert [row["n"] for row in held(hall, laptop.device)] == ([2, 3] if left else [2])
        assert hall.all("SELECT id FROM case_note") == [("saved",)], "a person decides"
        assert hall.faults() == []
