"""Papers signed at this terminal climb to B-LTA by themselves when the outside is there; a dead or lying server costs a
level and is seen on screen 3; a crash between two steps loses nothing."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.protocol.verbs import staff as staff_verbs
from sync.replica.blobs import read_blob
from sync.rules.registry import level_of_file
from sync.verify import Word, verify_bytes
from tests.documents.authorities import OutsideWorld
from tests.screens.case_flow import received, to_issue, words
from tests.screens.live_hall import BASE, NOW, PATIENCE_S, LiveHall, press, text, until
from tests.screens.test_issue import open_case
from workstation.documents.outside import Outside
from workstation.documents.preflight import Revocation
from workstation.headless.device import Device
from workstation.screens.issue_panel import revocation_line
from workstation.terminal import TerminalApp

ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "a passphrase of the tests"
MINUTE, DAY, YEAR = 60_000, 86_400_000, 365 * 86_400_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OutsideWorld]:
    world = OutsideWorld(tmp_path_factory.mktemp("outside"), NOW)
    yield world
    world.close()


@pytest.fixture(autouse=True)
def up(world: OutsideWorld, hall: LiveHall) -> None:
    world.mode.update(tsa="up", ocsp="up", crls="up")
    world.at(hall.clock.now())


async def signed(
    hall: LiveHall, app: TerminalApp, world: OutsideWorld, counter: Device, *cases: str, label: str = "seal"
) -> None:
    """A receipt each, signed at this terminal with a key of the outside world; the centre has the files, so that
    whoever comes later finds them although this terminal is gone."""
    world.lay_seal(app.locations.data / "pki", PASSPHRASE.encode(), label)
    await app.services.papers.open_seal(PASSPHRASE)
    for case in cases:
        await received(hall, counter, "0307", case)
    await hall.settled(app)
    await until(app, lambda: all(state(app, case) == "valid" for case in cases))
    await hall.settled(app)
    files = [str(receipt(app, case).sha256) for case in cases]  # type: ignore[attr-defined]
    await until(app, lambda: all(hall.services.vault.size(sha256) is not None for sha256 in files))


async def hall_sets(hall: LiveHall, world: OutsideWorld, **changes: object) -> None:
    """The administrator names the servers."""
    admin = await hall.device("0901")
    for name, value in {**world.settings(), **changes}.items():
        result = await admin.do("0901", staff_verbs.PutSetting(value=value), id=name, scope=BASE)
        assert result.status == "accepted", result


def receipt(app: TerminalApp, case: str = "c1") -> object:
    assert app.desk is not None
    return app.desk.row("document", f"{case}-receipt")


def state(app: TerminalApp, case: str = "c1") -> str:
    return str(getattr(receipt(app, case), "state", ""))


def level(app: TerminalApp, case: str = "c1") -> str:
    return str(getattr(receipt(app, case), "level", ""))


def stays_times(app: TerminalApp, case: str = "c1") -> int:
    """How often in a row it was found that it stays."""
    return int((getattr(receipt(app, case), "raise_why", None) or {}).get("times", 0))


def looked_at(app: TerminalApp) -> bool:
    """As the interval does it."""
    app.services.levels.kick(app)
    return True


async def one_round(app: TerminalApp) -> int:
    """As the interval does it."""
    assert app.desk is not None
    return await asyncio.to_thread(app.services.levels.round, app.desk.me)


async def test_signed_papers_climb_by_themselves_once_the_hall_names_its_servers(
    hall: LiveHall, world: OutsideWorld
) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        await signed(hall, app, world, counter, "c1", "c2")
        first = receipt(app).sha256  # type: ignore[attr-defined]
        assert level(app) == "B-B"
        await hall_sets(hall, world)
        await until(app, lambda: level(app, "c1") == level(app, "c2") == "B-LTA")
        await hall.settled(app)
        assert app.desk is not None
        row = app.desk.row("document", "c1-receipt")
        assert level_of_file(row.files, first) == "B-B"
        assert level_of_file(row.files, row.sha256) == "B-LTA"
        content = read_blob(app.desk.store, row.sha256)
        assert content is not None
        assert content == app.services.papers.filing.path_of(row.number).read_bytes()
        verdict = await asyncio.to_thread(verify_bytes, content, world.trust())
        assert verdict.verdict is Word.GOOD_WITH_LATER_TIMESTAMPS
        assert (verdict.message_digest, verdict.signature_value_hash) == (row.message_digest, row.signature)
        await until(app, lambda: hall.services.vault.size(row.sha256))


async def test_a_dead_server_is_seen_and_asked_again_later_and_later(hall: LiveHall, world: OutsideWorld) -> None:
    counter = await hall.device("0307", "0201")
    world.mode["tsa"] = "down"
    async with hall.sitting("0307") as app:
        await signed(hall, app, world, counter, "c1", "c2", "c3")
        asked = world.asked["tsa"]
        await hall_sets(hall, world)
        await until(app, lambda: app.services.levels.waiting.why is not None)
        assert world.asked["tsa"] == asked + 1  # one answer speaks for all
        assert app.services.levels.waiting.count == 3
        await press(app, "3")
        await until(app, lambda: "待升级签名 3 份" in words(app) and "没有应答" in words(app))
        for minutes, times in ((0, 0), (1, 1), (1, 0), (1, 1), (3, 0), (1, 1)):
            hall.clock.advance(minutes * MINUTE)
            before = world.asked["tsa"]
            assert await one_round(app) == 0
            assert world.asked["tsa"] - before == times, minutes
        world.mode["tsa"] = "up"
        hall.clock.advance(60 * MINUTE)
        world.at(hall.clock.now())
        assert await one_round(app) == 3
        await until(app, lambda: {level(app, case) for case in ("c1", "c2", "c3")} == {"B-LTA"})
        app.services.levels.kick(app)
        await until(app, lambda: "待升级签名" not in words(app))


async def test_without_revocation_data_a_paper_waits_at_b_t(hall: LiveHall, world: OutsideWorld) -> None:
    counter = await hall.device("0307", "0201")
    world.mode.update(ocsp="down", crls="down")
    async with hall.sitting("0307") as app:
        await signed(hall, app, world, counter, "c1")
        await hall_sets(hall, world)
        await until(app, lambda: level(app) == "B-T")
        world.mode.update(ocsp="up", crls="up", tsa="slow")
        app.services.levels.use(Outside(deadline_s=2.0))
        hall.clock.advance(2 * MINUTE)
        world.at(hall.clock.now())
        await hall.settled(app)
        await one_round(app)
        assert level(app) == "B-T"  # B-LT is on disk, but nobody vouches for its end yet
        world.mode["tsa"] = "up"
        app.services.levels.use(Outside(deadline_s=PATIENCE_S))
        hall.clock.advance(10 * MINUTE)
        world.at(hall.clock.now())
        await one_round(app)
        await until(app, lambda: level(app) == "B-LTA")


async def test_what_no_try_can_help_waits_a_day_or_for_other_servers_or_for_a_person(
    hall: LiveHall, world: OutsideWorld
) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        # Revoked two hours ago, but this week's list does not say so yet: the responder does.
        await signed(hall, app, world, counter, "c1", label="seal-revoked")
        await hall_sets(hall, world)
        await until(app, lambda: app.services.levels.waiting.stays == 1)
        assert app.services.levels.waiting.count == 0
        assert level(app) == "B-T"
        await press(app, "3")
        await until(app, lambda: "停在原级别 1 份" in words(app) and "已被吊销" in words(app))

        async def stays_again() -> None:
            await until(app, lambda: looked_at(app) and world.asked["ocsp"] != before)
            await until(app, lambda: stays_times(app) == times and not app.services.levels.waiting.count)
            await hall.settled(app)  # the centre has heard it before its clock goes on

        before, times = world.asked["ocsp"], 1
        for _ in range(4):
            hall.clock.advance(2 * 60 * MINUTE)
            assert await one_round(app) == 0
        assert world.asked["ocsp"] == before
        world.at(hall.clock.now())
        await press(app, "f11")
        await until(app, lambda: "B-T" in words(app) and "全部现在再试" in words(app))
        times = 2
        await press(app, "1")
        await stays_again()
        before, times = world.asked["ocsp"], 3
        await hall_sets(hall, world, ocsp_url=f"{world.url}/nobody/ocsp/here")
        await stays_again()
        before, times = world.asked["ocsp"], 4
        hall.clock.advance(3 * DAY)
        await hall.sign_on(app, "0307")
        assert world.asked["ocsp"] == before
        hall.clock.advance(DAY + MINUTE)
        world.at(hall.clock.now())
        await hall.sign_on(app, "0307")
        await stays_again()


async def test_a_key_that_names_nobody_to_ask_stays_at_its_level(hall: LiveHall, world: OutsideWorld) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        await app.services.papers.open_seal(PASSPHRASE)  # the sample's own
        await received(hall, counter, "0307", "c1")
        await until(app, lambda: state(app) == "valid")
        await hall_sets(hall, world)
        await until(app, lambda: level(app) == "B-T")
        await until(app, lambda: app.services.levels.waiting.stays == 1)
        hall.clock.advance(2 * 60 * MINUTE)
        await one_round(app)
        assert stays_times(app) == 1


def test_a_list_out_of_date_is_said_with_its_age_and_why_no_newer_one_came() -> None:
    why = ("document.outside_down", {"server": "crl.example", "reason": "HTTP 503"})
    stale = Revocation(NOW - 9 * DAY, NOW - DAY, 0, True, why)
    said = "".join(part for part, _ in revocation_line(stale, NOW))
    assert "9 天前发布" in said
    assert "已过期，签名仍按这份查" in said
    assert "crl.example" in said
    fresh = "".join(part for part, _ in revocation_line(Revocation(NOW - 90 * MINUTE, NOW + DAY, 1, True), NOW))
    assert "90 分钟前发布" in fresh
    assert "另有 1 张" in fresh
    never = "".join(part for part, _ in revocation_line(Revocation(missing=2, source=True), NOW))
    assert "尚未取得" in never


async def test_a_revoked_seal_signs_nothing_and_the_age_of_the_list_is_on_the_screen(
    hall: LiveHall, world: OutsideWorld
) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        await to_issue(hall, app, counter, "c1")
        world.lay_seal(app.locations.data / "pki", PASSPHRASE.encode())
        await app.services.papers.open_seal(PASSPHRASE)
        await open_case(app, "c1")
        await until(app, lambda: "吊销列表" in words(app) and "前发布" in words(app))
    hall.clock.advance(9 * DAY)  # this week's list knows it
    world.at(hall.clock.now())
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        await to_issue(hall, app, counter, "c2")
        world.lay_seal(app.locations.data / "pki", PASSPHRASE.encode(), "seal-revoked")
        await app.services.papers.open_seal(PASSPHRASE)
        tail = await open_case(app, "c2")
        await until(app, lambda: "证书已被吊销" in words(app))
        await press(app, *tail, "f9")
        await until(app, lambda: "不能签名" in text(app)[-2] + text(app)[-3])
        assert app.desk is not None
        assert app.desk.row("case", "c2").state == "decided"
        assert app.desk.row("document", "c2-decision").number
        assert not app.services.papers.filing.held()


async def test_the_registry_knows_when_a_stamp_is_to_be_renewed(hall: LiveHall, world: OutsideWorld) -> None:
    counter = await hall.device("0307", "0201")
    machine = await hall.enrol()
    async with hall.sitting("0307", machine=machine) as app:
        await signed(hall, app, world, counter, "c1")
        await hall_sets(hall, world)
        await until(app, lambda: level(app) == "B-LTA")
        await hall.settled(app)
        row = receipt(app)
        assert await one_round(app) == 0
        assert 9 * YEAR < row.raise_at - NOW < 10 * YEAR  # type: ignore[attr-defined]


ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import os, signal, sys
from pathlib import Path
from workstation.documents.climbing import Climbing
from workstation.documents.augment import Augmenter
from workstation.documents.outside import Authorities, Outside
source, folder, url, root, stamps, now, steps = sys.argv[1:]
content = Path(source).read_bytes()
augmenter = Augmenter(
    Authorities(roots=(Path(root).read_bytes(),), timestamp_url=url, timestamp_roots=(Path(stamps).read_bytes(),)),
    Outside(), lambda: int(now),
)
for _ in range(int(steps)):
    content = augmenter.step(content)
    Climbing(Path(folder)).keep("c1-receipt", content)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("steps", [1, 2, 3])
async def test_killed_between_two_steps_the_next_round_goes_on_from_there(
    hall: LiveHall, world: OutsideWorld, steps: int, tmp_path: Path
) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        await signed(hall, app, world, counter, "c1")
        assert app.desk is not None
        paths = [tmp_path / name for name in ("paper.pdf", "root.der", "stamps.der")]
        paths[0].write_bytes(read_blob(app.desk.store, receipt(app).sha256) or b"")  # type: ignore[attr-defined]
        paths[1].write_bytes(world.certificate("root").dump())
        paths[2].write_bytes(world.certificate("stamp-root").dump())
        settings = world.authorities()
        folder = app.services.papers.filing.folder
        arguments = [paths[0], folder, settings.timestamp_url, paths[1], paths[2], hall.clock.now(), steps]
        command = [sys.executable, "-c", WORKER, *map(str, arguments)]
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False, timeout=60
        )
        assert done.returncode == -signal.SIGKILL
        before = world.asked["tsa"]
        await hall_sets(hall, world)
        await until(app, lambda: level(app) == "B-LTA")
        assert world.asked["tsa"] - before == {1: 1, 2: 1, 3: 0}[steps]  # no stamp is asked for twice
        await hall.settled(app)
        row = receipt(app)
        content = read_blob(app.desk.store, row.sha256)  # type: ignore[attr-defined]
        assert hashlib.sha256(content or b"").hexdigest() == row.sha256  # type: ignore[attr-defined]
