"""A paper whose machine is gone goes up all the same: any other machine of its scope takes it over, one at a time, and
says so; stamps are renewed by whoever is there years later."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import pem

from sync.protocol.verbs.case import Augment
from sync.protocol.verbs.staff import AssignRole
from sync.replica.blobs import read_blob
from sync.rules.registry import LATELY
from sync.verify import Word, verify_bytes
from tests.documents.authorities import OutsideWorld
from tests.screens.case_flow import received, words
from tests.screens.live_hall import BASE, CASES, NOW, LiveHall, Machine, press, until
from tests.screens.test_levels import DAY, MINUTE, hall_sets, level, looked_at, one_round, receipt, signed
from workstation.documents.climbing import Climbing
from workstation.locations import locate
from workstation.terminal import TerminalApp

ROOT = Path(__file__).resolve().parents[2]
HOUR = 60 * MINUTE


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OutsideWorld]:
    world = OutsideWorld(tmp_path_factory.mktemp("outside"), NOW, stamp_years=1)
    yield world
    world.close()


@pytest.fixture(autouse=True)
def up(world: OutsideWorld, hall: LiveHall) -> None:
    world.mode.update(tsa="up", ocsp="up", crls="up")
    world.at(hall.clock.now())


async def signed_and_killed(hall: LiveHall, world: OutsideWorld, machine: Machine) -> None:
    """A receipt is signed at the machine, registered and sent; the machine dies while it waits for a time stamp."""
    counter = await hall.device("0307")
    await received(hall, counter, "0307", "c1")
    world.lay_seal(locate(machine.path.parent).data / "pki", b"a passphrase of the tests")
    arguments = [machine.path, hall.url, machine.key.text, hall.clock.now(), "c1-receipt"]
    child = subprocess.Popen(  # noqa: ASYNC220 - it is killed before anything else goes on
        [sys.executable, "-m", "tests.screens.signing_machine", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert await asyncio.to_thread(child.stdout.readline) == "signed\n"
    world.mode["tsa"] = "slow"
    asked = world.asked["tsa"]
    await hall_sets(hall, world)
    child.stdin.write("go on\n")
    child.stdin.flush()
    async with asyncio.timeout(60):
        while world.asked["tsa"] == asked:
            await asyncio.sleep(0.005)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    world.mode["tsa"] = "up"


def root(world: OutsideWorld) -> str:
    """What the hall trusts: the machine that takes over has no trust list of its own."""
    return pem.armor("CERTIFICATE", world.certificate("root").dump()).decode()


async def raised(app: TerminalApp, to: str = "B-LTA") -> None:
    """Looked at again and again, as the terminal does it."""

    await until(app, lambda: looked_at(app) and level(app) == to)


async def good(app: TerminalApp, world: OutsideWorld) -> None:
    """The file that the registry gives out is the paper that was signed, with later stamps only."""
    assert app.desk is not None
    row = app.desk.row("document", "c1-receipt")
    content = read_blob(app.desk.store, row.sha256)
    assert content is not None
    verdict = await asyncio.to_thread(verify_bytes, content, world.trust())
    assert verdict.verdict is Word.GOOD_WITH_LATER_TIMESTAMPS
    assert (verdict.message_digest, verdict.signature_value_hash) == (row.message_digest, row.signature)


async def test_a_machine_killed_while_it_raised_a_paper_is_replaced_after_an_hour(
    hall: LiveHall, world: OutsideWorld
) -> None:
    lost = await hall.enrol("窗口 3")
    await signed_and_killed(hall, world, lost)
    asked = world.asked["tsa"]
    async with hall.sitting("0308") as app:
        await until(app, lambda: receipt(app) is not None)
        assert await one_round(app) == 0
        await press(app, "3")
        await until(app, lambda: "其他终端正在升级 1 份：签名的终端" in words(app))
        assert (level(app), world.asked["tsa"]) == ("B-B", asked)
        hall.clock.advance(HOUR)
        world.at(hall.clock.now())
        # Whoever cannot see whose seal it is leaves the paper to others.
        await hall.settled(app)  # its session is kept too
        await until(app, lambda: looked_at(app) and app.services.levels.waiting.why is not None)
        assert app.services.levels.waiting.why[0] == "document.chain_unknown"  # type: ignore[index]
        assert (receipt(app).raiser, world.asked["tsa"]) == (lost.device, asked)  # type: ignore[attr-defined]
        await hall_sets(hall, world, signer_roots=root(world))
        await raised(app)
        await hall.settled(app)
        await good(app, world)
        row = receipt(app)
        assert app.desk is not None
        assert row.raiser == app.desk.store.device  # type: ignore[attr-defined]
        await until(app, lambda: hall.services.vault.size(row.sha256))  # type: ignore[attr-defined]
        assert not app.services.papers.filing.path_of(row.number).exists()  # type: ignore[attr-defined]
        app.services.levels.kick(app)
        await until(app, lambda: "升级" not in words(app))
        asked = world.asked["tsa"]
    async with hall.sitting("0307", machine=lost) as app:  # it is found again
        await until(app, lambda: level(app) == "B-LTA")
        assert await one_round(app) == 0
        assert world.asked["tsa"] == asked
        assert not Climbing(app.services.papers.filing.folder).known()


async def test_what_was_asked_for_while_the_centre_was_away_is_tried_once_it_answers(
    hall: LiveHall, world: OutsideWorld
) -> None:
    counter = await hall.device("0307")
    async with hall.sitting("0307") as app:
        await signed(hall, app, world, counter, "c1")
    hall.clock.advance(HOUR)
    world.at(hall.clock.now())
    await hall_sets(hall, world)
    async with hall.sitting("0308") as app:  # which cannot see whose seal it is
        climbs = Climbing(app.services.papers.filing.folder)
        await until(app, lambda: looked_at(app) and climbs.find("c1-receipt").tries)
        await hall.settled(app)
        await one_round(app)
        tries = climbs.find("c1-receipt").tries
        await asyncio.to_thread(hall.stop_server)
        app.services.levels.again(app)
        await one_round(app)
        assert climbs.find("c1-receipt").tries == tries
        await asyncio.to_thread(hall.start_server)
        assert app.desk is not None
        app.desk.engine.nudge()
        await until(app, lambda: looked_at(app) and climbs.find("c1-receipt").tries > tries)


async def test_two_machines_at_once_ask_for_one_stamp_each_step(hall: LiveHall, world: OutsideWorld) -> None:
    counter = await hall.device("0307")
    async with hall.sitting("0307") as app:
        await signed(hall, app, world, counter, "c1")
    hall.clock.advance(HOUR)
    world.at(hall.clock.now())
    await hall_sets(hall, world, signer_roots=root(world))
    asked = world.asked["tsa"]
    async with hall.sitting("0307") as one, hall.sitting("0308") as other:
        await until(one, lambda: receipt(one) is not None)
        await until(other, lambda: receipt(other) is not None)
        await asyncio.gather(one_round(one), one_round(other))
        await until(one, lambda: looked_at(one) and looked_at(other) and level(one) == level(other) == "B-LTA")
        await hall.settled(one)
        assert world.asked["tsa"] - asked == 2
        assert len(receipt(one).files) == 2  # type: ignore[attr-defined]
        refusals = [app.desk.read("SELECT 1 FROM refusal WHERE NOT seen") for app in (one, other) if app.desk]
        assert refusals == [[], []]


async def test_who_takes_over_is_on_the_screen_of_the_others(hall: LiveHall, world: OutsideWorld) -> None:
    counter = await hall.device("0307")
    async with hall.sitting("0307") as app:
        await signed(hall, app, world, counter, "c1")
    hall.clock.advance(HOUR)
    world.at(hall.clock.now())
    world.mode.update(ocsp="down", crls="down")
    await hall_sets(hall, world, signer_roots=root(world))
    taker = await hall.enrol("窗口 7")
    async with hall.sitting("0308", machine=taker) as app:
        await raised(app, "B-T")
        app.services.levels.kick(app)
        await press(app, "3")
        await until(app, lambda: "待升级签名 1 份（其中接手 1 份）" in words(app))
        await hall.settled(app)
        async with hall.sitting("0305") as other:
            await until(other, lambda: level(other) == "B-T")
            await until(other, lambda: other.services.levels.waiting.elsewhere == 1)
            await press(other, "3")
            await until(other, lambda: "其他终端正在升级 1 份：窗口 7" in words(other))
            await press(other, "f11")
            await until(other, lambda: "窗口 7" in words(other))


async def test_a_file_that_never_came_is_looked_for_and_an_earlier_one_goes_on(
    hall: LiveHall, world: OutsideWorld
) -> None:
    counter = await hall.device("0307")
    machine = await hall.enrol()
    async with hall.sitting("0307", machine=machine) as app:
        await signed(hall, app, world, counter, "c1")
        row = receipt(app)
    # The machine told of another file, and was lost before it sent that.
    teller = await hall.device("0308")
    await teller.exchange()
    told = Augment(
        sha256=hashlib.sha256(b"never sent").hexdigest(),
        size=10,
        level="B-T",
        message_digest=row.message_digest,  # type: ignore[attr-defined]
        signature=row.signature,  # type: ignore[attr-defined]
    )
    assert (await teller.do("0308", told, id="c1-receipt", scope=CASES)).status == "accepted"
    hall.clock.advance(HOUR)
    world.at(hall.clock.now())
    await hall_sets(hall, world, signer_roots=root(world))
    async with hall.sitting("0308") as app:
        await raised(app)
        await hall.settled(app)
        await good(app, world)


def blob_folder_of(hall: LiveHall, sha256: str) -> list[Path]:
    """The centre's own copies of a file."""
    return list(hall.folder.joinpath("central").rglob(f"{sha256}*"))


async def test_what_the_registry_does_not_take_costs_no_stamp_after_stamp(hall: LiveHall, world: OutsideWorld) -> None:
    counter = await hall.device("0307")
    async with hall.sitting("0307") as app:
        await signed(hall, app, world, counter, "c1")
        row: Any = receipt(app)
        await counter.exchange()
        known = {"message_digest": row.message_digest, "signature": row.signature}
        for n in range(LATELY - 1):  # with the paper's own file as many as one person may add
            told = Augment(sha256=f"{n:064x}", size=1, level="B-B", **known)
            counter.submit("0307", told, id="c1-receipt", scope=CASES)
        assert {each.status for each in await counter.exchange()} == {"accepted"}
        await hall.settled(app)
        asked = world.asked["tsa"]
        await hall_sets(hall, world)
        await until(app, lambda: looked_at(app) and app.services.levels.waiting.why)
        assert app.services.levels.waiting.why[0] == "refusal.too_many"  # type: ignore[index]
        for _ in range(3):
            hall.clock.advance(10 * MINUTE)
            await one_round(app)
        await hall.settled(app)
        assert (level(app), world.asked["tsa"] - asked) == ("B-B", 2)


async def test_a_file_that_is_nowhere_is_said_and_nothing_is_claimed(hall: LiveHall, world: OutsideWorld) -> None:
    counter = await hall.device("0307")
    async with hall.sitting("0307") as app:
        await signed(hall, app, world, counter, "c1")
        sha256 = receipt(app).sha256  # type: ignore[attr-defined]
        await until(app, lambda: hall.services.vault.size(sha256))
    for path in blob_folder_of(hall, sha256):
        path.unlink()
    hall.clock.advance(HOUR)
    await hall_sets(hall, world, signer_roots=root(world))
    async with hall.sitting("0308") as app:
        await until(app, lambda: looked_at(app) and app.services.levels.waiting.why is not None)
        await press(app, "3")
        await until(app, lambda: "没有传到中心" in words(app))
        v = receipt(app).v  # type: ignore[attr-defined]
        hall.clock.advance(2 * HOUR)
        assert await one_round(app) == 0
        await hall.settled(app)
        assert receipt(app).v == v  # type: ignore[attr-defined]


async def test_stamps_are_renewed_by_another_machine_half_a_year_later_also_in_the_archive(
    hall: LiveHall, world: OutsideWorld
) -> None:
    counter = await hall.device("0307")
    async with hall.sitting("0307") as app:
        await signed(hall, app, world, counter, "c1")
        await hall_sets(hall, world, signer_roots=root(world))
        await until(app, lambda: level(app) == "B-LTA")
        await hall.settled(app)
        before = receipt(app)
    assert 180 * DAY < before.raise_at - NOW < 190 * DAY  # type: ignore[attr-defined]
    archive = "licang:archive/registration"

    async def into_the_archive(tx: object) -> None:
        for table in ("document", '"case"'):
            await tx.execute(f"UPDATE {table} SET scope = ?", (archive,))  # type: ignore[attr-defined]

    admin = await hall.device("0901")
    role = AssignRole(staff="0308", role="clerk", over=archive)
    assert (await admin.do("0901", role, id="r-archive", scope=BASE)).status == "accepted"
    hall.clock.advance(190 * DAY)
    world.at(hall.clock.now())
    async with hall.sitting("0308") as app:
        await until(app, lambda: receipt(app) is not None)
        app.services.levels.kick(app)
        await until(app, lambda: receipt(app).sha256 != before.sha256)  # type: ignore[attr-defined]
        await hall.settled(app)
        after = receipt(app)
        assert len(after.files) == 3  # type: ignore[attr-defined]
        assert after.raise_at > hall.clock.now()  # type: ignore[attr-defined]
        await good(app, world)
        assert await one_round(app) == 0
