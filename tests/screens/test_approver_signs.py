"""The approver signs before the seal: F2 at screen 2, what the seal's clerk sees meanwhile, and what goes wrong."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pyhanko.sign.ades.report import AdESStatus
from pyhanko.sign.validation.ades import ades_lta_validation, simulate_future_ades_lta_validation
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo

from sync.protocol.verbs.staff import PutSetting, PutStaff
from sync.replica.blobs import read_blob
from sync.verify import Word, verify_bytes
from tests.conftest import NeedsTool
from tests.documents.authorities import OutsideWorld
from tests.documents.test_outsiders import moment, signatures, specification
from tests.documents.tokens import PIN, soft_token
from tests.screens.case_flow import to_issue, words
from tests.screens.live_hall import BASE, NOW, LiveHall, Machine, press, until
from tests.screens.test_issue import open_case
from workstation.headless.device import Device
from workstation.locations import locate
from workstation.terminal import TerminalApp

SECRET = "a passphrase of the tests"
APPROVER = "0201"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OutsideWorld]:
    world = OutsideWorld(tmp_path_factory.mktemp("outside"), NOW)
    yield world
    world.close()


@pytest.fixture(autouse=True)
def up(world: OutsideWorld) -> None:
    world.mode.update(tsa="up", ocsp="up", crls="up")
    world.as_asked = lambda: None


class Desks:
    """A window that reviews and issues, an approver's desk with the approver's own key, and who walks between them."""

    def __init__(self, hall: LiveHall, world: OutsideWorld) -> None:
        self.hall = hall
        self.world = world
        self.serial = ""

    async def set_up(self, *cases: str) -> None:
        """Cases that are decided and wait for the approver."""
        hall, world = self.hall, self.world
        self.window, self.desk = await hall.enrol(), await hall.enrol()
        world.lay_seal(self.folder(self.window), SECRET.encode())
        world.lay_seal(self.folder(self.desk), SECRET.encode())
        own = self.folder(self.desk) / f"{APPROVER}.p12"
        self.serial = world.lay_key(own, SECRET.encode(), "approver")
        admin = await hall.device("0901")
        for name, value in {**world.settings(), "approver_signs": ["grant_decision"]}.items():
            await self.says(admin, PutSetting(value=value), name)
        await self.notes(admin, self.serial)
        counter = await hall.device("0307", APPROVER)
        async with hall.sitting("0307", machine=self.window) as app:
            for case in cases:
                await to_issue(hall, app, counter, case)
            await press(app, "3")
            await until(app, lambda: "待审批人签" in words(app))
            await open_case(app, cases[0])
            assert "孙某 还没有签" in words(app)
            assert "等审批人 孙某 签名" in words(app)
            await press(app, "f9")
            assert app.desk is not None
            assert app.desk.row("case", cases[0]).state == "decided"
        world.at(hall.clock.now())

    @staticmethod
    def folder(machine: Machine) -> Path:
        return locate(machine.path.parent).data / "pki"

    async def says(self, admin: Device, args: PutSetting | PutStaff, id: str) -> None:
        result = await admin.do("0901", args, id=id, scope=BASE)
        assert result.status == "accepted", result

    async def notes(self, admin: Device, serial: str) -> None:
        """The administrator notes the approver's certificate."""
        person = PutStaff(name="孙某", site="hall", office="registration", certificate=serial)
        await self.says(admin, person, APPROVER)


@pytest.fixture
def desks(hall: LiveHall, world: OutsideWorld) -> Desks:
    return Desks(hall, world)


async def sign(app: TerminalApp, secret: str) -> None:
    """F2, sign all, the passphrase."""
    await until(app, lambda: "待我签名" in words(app))
    await press(app, "f2", "1")
    await until(app, lambda: "口令" in words(app))
    await press(app, *secret, "enter")


def approvals(app: TerminalApp, *cases: str) -> list[str]:
    """The cases whose decision the approver has signed."""
    assert app.desk is not None
    return [case for case in cases if app.desk.row("document", f"{case}-decision").approval]


def are_at_the_centre(hall: LiveHall, app: TerminalApp, *cases: str) -> bool:
    """Whether a window finds what the approver signed although this terminal is gone."""
    return all(hall.services.vault.size(decision(app, case).approval) is not None for case in cases)


async def issued(desks: Desks, case: str = "c1") -> tuple[Any, bytes]:
    """At the window: the seal set, the paper registered and raised to B-LTA; its record and file."""
    hall = desks.hall
    async with hall.sitting("0307", machine=desks.window) as app:
        await app.services.papers.open_seal(SECRET)
        tail = await open_case(app, case)
        await press(app, *tail, "f9")
        assert app.desk is not None
        await until(app, lambda: app.desk is not None and app.desk.row("case", case).state == "issued")
        await hall.settled(app)
        await until(app, lambda: app.desk is not None and level(app, case) == "B-LTA")
        row = app.desk.row("document", f"{case}-decision")
        content = await asyncio.to_thread(read_blob, app.desk.store, row.sha256)
        assert content is not None
        return row, content


def decision(app: TerminalApp, case: str = "c1") -> Any:
    """The decision's record in this copy."""
    assert app.desk is not None
    return app.desk.row("document", f"{case}-decision")


def level(app: TerminalApp, case: str) -> str:
    assert app.desk is not None
    return str(app.desk.row("document", f"{case}-decision").level)


async def test_the_approver_signs_the_seal_follows_and_others_agree_now_and_in_2032(
    desks: Desks, hall: LiveHall, world: OutsideWorld, tmp_path: Path, needs_tool: NeedsTool
) -> None:
    await desks.set_up("c1")
    async with hall.sitting(APPROVER, machine=desks.desk) as app:
        assert "F2签名" in words(app)
        await sign(app, "not the passphrase")
        await until(app, lambda: "口令不对" in words(app))
        assert approvals(app, "c1") == []
        await sign(app, SECRET)
        await until(app, lambda: "已签名 1 份" in words(app))
        assert approvals(app, "c1") == ["c1"]
        assert "待我签名" not in words(app)
        row = decision(app)
        assert row.approval_serial == desks.serial
        await until(app, lambda: are_at_the_centre(hall, app, "c1"))
    row, content = await issued(desks)
    assert (row.state, row.alone) == ("valid", None)
    trust = world.trust()
    verdict = await asyncio.to_thread(verify_bytes, content, trust)
    assert (verdict.verdict, verdict.signed_before) == (Word.GOOD_WITH_LATER_TIMESTAMPS, ("赵某 测试",))
    path = tmp_path / "paper.pdf"
    path.write_bytes(content)
    said = await asyncio.to_thread(run, needs_tool("pdfsig", "poppler-utils"), str(path))
    assert said.count("Signature is Valid") == 2
    assert "No syntax or stream" in await asyncio.to_thread(run, needs_tool("qpdf", "qpdf"), "--check", str(path))
    now = moment(hall.clock.now() + 60_000)
    timing = ValidationTimingInfo(now, now, point_in_time_validation=True)
    for signature in signatures(content):
        found = await ades_lta_validation(signature, specification(world), timing)
        assert found.ades_subindic.status == AdESStatus.PASSED, found.ades_subindic
        later = await simulate_future_ades_lta_validation(
            signature,
            specification(world),
            future_validation_time=datetime(2032, 6, 1, tzinfo=UTC),
            current_reference_time=now,
        )
        assert later.ades_subindic.status == AdESStatus.PASSED, later.ades_subindic


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


async def test_without_a_time_stamp_the_approver_lets_the_seal_stand_alone(
    desks: Desks, hall: LiveHall, world: OutsideWorld
) -> None:
    await desks.set_up("c1")
    world.mode["tsa"] = "down"
    async with hall.sitting(APPROVER, machine=desks.desk) as app:
        await sign(app, SECRET)
        await until(app, lambda: "没有时间戳，未签名" in words(app))
        await press(app, "1")  # later
        assert approvals(app, "c1") == []
        await press(app, "f2", "1")
        await until(app, lambda: "没有时间戳，未签名" in words(app))
        await press(app, "2")
        await until(app, lambda: "1 份只盖公章" in words(app))
        await hall.settled(app)
    world.mode["tsa"] = "up"
    row, content = await issued(desks)
    verdict = await asyncio.to_thread(verify_bytes, content, world.trust())
    assert (verdict.verdict, verdict.signed_before) == (Word.GOOD_WITH_LATER_TIMESTAMPS, ())
    assert (row.alone, row.approval) == ("no_stamp", None)


async def test_what_keeps_an_approver_from_signing_and_a_window_offline_goes_on_without(
    desks: Desks, hall: LiveHall
) -> None:
    await desks.set_up("c1")
    admin = await hall.device("0901")
    await desks.notes(admin, "4a19")
    async with hall.sitting(APPROVER, machine=desks.desk) as app:
        await sign(app, SECRET)
        await until(app, lambda: "登记的是 4a19" in words(app))
        (desks.folder(desks.desk) / f"{APPROVER}.p12").unlink()
        await press(app, "f2", "1")
        await until(app, lambda: "没有找到您的证书" in words(app))
        await desks.says(admin, PutStaff(name="孙某", site="hall", office="registration"), APPROVER)
        await hall.settled(app)
        await press(app, "f2")
        assert "证书序号还没有登记" in words(app)
        assert approvals(app, "c1") == []
        await asyncio.to_thread(hall.stop_server)
        app.sync_now()
        await until(app, lambda: not app.services.desk.engine.status.online)
        await press(app, "f2")
        assert "离线时不能签名" in words(app)
        await asyncio.to_thread(hall.start_server)
    async with hall.sitting("0307", machine=desks.window) as app:
        await app.services.papers.open_seal(SECRET)
        tail = await open_case(app, "c1")
        await asyncio.to_thread(hall.stop_server)
        app.sync_now()
        await until(app, lambda: not app.services.desk.engine.status.online)
        app.rows_changed(frozenset({"*"}))
        await until(app, lambda: "离线: 等不到 孙某 的签名" in words(app))
        await press(app, *tail, "f9")
        await until(app, lambda: app.desk is not None and app.desk.row("case", "c1").state == "issued")
        await asyncio.to_thread(hall.start_server)
        await hall.settled(app)
        assert "称离线签发，但中心当即收到" in words(app)
        row = decision(app)
        assert (row.state, row.alone, row.approval) == ("valid", "doubted", None), "no minute without a network"
    async with hall.sitting("0001") as app:
        await until(app, lambda: "今日 1 份文书称离线签发" in words(app))


async def test_a_token_pulled_out_leaves_the_rest_waiting_and_three_wrong_pins_are_the_last(
    desks: Desks,
    hall: LiveHall,
    world: OutsideWorld,
    tmp_path: Path,
    needs_tool: NeedsTool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await desks.set_up("c1", "c2")
    own = desks.folder(desks.desk) / f"{APPROVER}.p12"
    util = needs_tool("softhsm2-util", "softhsm2")
    token = soft_token(tmp_path / "hsm", own, SECRET.encode(), util, monkeypatch)
    async with hall.sitting(APPROVER, machine=desks.desk, approver_key=token.uri) as app:
        for left in ("还可以试 2 次", "还可以试 1 次", "已输错三次"):
            await sign(app, "999999")
            await until(app, partial(says, app, left))
        await sign(app, PIN)
        await until(app, lambda: "已输错三次" in words(app))
    async with hall.sitting(APPROVER, machine=desks.desk, approver_key=token.uri) as app:
        world.as_asked = token.pull_out  # the first paper is signed, and waits for its stamp
        await sign(app, PIN)
        await until(app, lambda: "还有 1 份待签" in words(app))
        assert approvals(app, "c1", "c2") == ["c1"]
        world.as_asked = lambda: None
        token.put_back()
        await press(app, "enter", "f2", "1")  # the PIN is still known
        await until(app, lambda: "已签名 1 份" in words(app))
        assert approvals(app, "c1", "c2") == ["c1", "c2"]
        await until(app, lambda: are_at_the_centre(hall, app, "c1", "c2"))
    async with hall.sitting("0307", machine=desks.window) as app:
        await app.services.papers.open_seal(SECRET)
        assert app.desk is not None
        app.services.papers.seal.crew_from = 2
        told = await app.services.issue.issue_many(["c1", "c2"], lambda done, all: None)
        assert told == [("c1", None), ("c2", None)]
        trust = world.trust()
        for case in ("c1", "c2"):
            content = app.services.papers.filing.path_of(app.desk.row("document", f"{case}-decision").number)
            verdict = await asyncio.to_thread(verify_bytes, content.read_bytes(), trust)
            assert (verdict.signed_before, verdict.verdict in (Word.GOOD, Word.GOOD_WITH_LATER_TIMESTAMPS)) == (
                ("赵某 测试",),
                True,
            )


def says(app: TerminalApp, what: str) -> bool:
    return what in words(app)
