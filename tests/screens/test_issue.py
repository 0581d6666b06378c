"""Screen 3: what is decided is signed, registered, verified, printed and delivered; papers sign themselves; a crash
between the signature and the registry loses no number and doubles none."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sync.protocol.verbs import case as verbs
from sync.verify import TrustRoots, Word, verify_bytes
from tests.screens.case_flow import bars_until, checked, decided, received, reviewed_at, to_issue, viewer_of, words
from tests.screens.live_hall import CASES, LiveHall, press, send, text, until
from workstation.locations import locate
from workstation.terminal import TerminalApp

ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "a passphrase of the tests"
BOTH = pytest.mark.parametrize("size", [(80, 24), (100, 30)])


async def unlock(app: TerminalApp) -> None:
    """The key opened once, as the first F9 of the day does."""
    await app.services.papers.open_seal(PASSPHRASE)


async def open_case(app: TerminalApp, case: str) -> str:
    """Screen 3 on a case; its last digits."""
    app.goto(3, case_id=case)
    await until(app, lambda: app.top_frame is not None and app.top_frame.NUMBER == 3)
    await press(app)
    assert app.desk is not None
    await until(app, lambda: "审计" in words(app))
    return str(app.desk.row("case", case).number)[-3:]


@BOTH
async def test_a_decision_is_issued_by_its_last_digits_and_verified(hall: LiveHall, size: tuple[int, int]) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307", size=size) as app:
        case = await to_issue(hall, app, counter, "c1")
        await press(app, "3")
        assert "待签发 1 件" in words(app)
        await press(app, "enter")
        assert "> 第 2 步 预览" in words(app)
        assert "准字(2026)第00001号" in words(app)
        assert "青岛某机械租赁有限公司" in words(app)
        assert "输入案件尾号 001" in words(app)
        await press(app, "f9")
        assert "先输入案件尾号" in words(app)
        await press(app, *"999", "f9")
        assert "尾号不符" in words(app)
        await press(app, *["backspace"] * 3, *"001", "f9")
        assert "第一次使用: 设定签发口令" in words(app)
        await press(app, *"secret", "enter", *"other", "enter")
        assert "两次输入不同" in words(app)
        await press(app, *"001"[: 3 - len(app.screen.query_one("#tail").value)], "f9")  # type: ignore[attr-defined]
        await press(app, *"secret", "enter", *"secret", "enter")
        await until(app, lambda: "已登记" in words(app))
        assert "> 第 4 步 打印/送达" in words(app)
        assert "口令仅本次" in text(app)[0]
        await until(app, lambda: "验签: 真实，未经改动" in words(app))
        await hall.settled(app)
        assert app.desk is not None
        row, document = app.desk.row("case", case), app.desk.row("document", f"{case}-decision")
        assert (row.state, row.issued_by, document.state) == ("issued", "0307", "valid")
        copy = app.locations.data / "documents" / "李沧区行政审批服务局准字(2026)第00001号.pdf"
        roots = TrustRoots.load(app.locations.data / "pki" / "root.pem")
        content = copy.read_bytes()
        verdict = await asyncio.to_thread(verify_bytes, content, roots)
        assert verdict.verdict is Word.GOOD
        assert (verdict.message_digest, verdict.sha256) == (document.message_digest, document.sha256)
        await until(app, lambda: not app.services.papers.filing.held())


async def test_a_wrong_passphrase_is_told_and_asked_for_again(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    machine = await hall.enrol()
    async with hall.sitting("0307", machine=machine) as app:
        await to_issue(hall, app, counter, "c1")
        await unlock(app)
    async with hall.sitting("0307", machine=machine) as app:
        tail = await open_case(app, "c1")
        await press(app, *tail, "f9", *"wrong", "enter")
        assert "口令" in words(app)
        assert app.desk is not None
        assert app.desk.row("case", "c1").state == "decided"
        await press(app, "f9", *PASSPHRASE.replace(" ", "_"), "enter")
        assert app.desk.row("case", "c1").state == "decided"
        app.screen.query_one("#passphrase").value = PASSPHRASE  # type: ignore[attr-defined]
        await press(app, "f9")
        await until(app, lambda: app.desk is not None and app.desk.row("case", "c1").state == "issued")


async def test_papers_sign_themselves_as_soon_as_they_are_numbered(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        await unlock(app)
        await received(hall, counter, "0307")
        await until(app, lambda: _valid(app, "c1") == {"material_receipt"})
        await checked(counter, "0307", "c1")
        await hall.settled(app)
        app.services.review.accept(app.services.review.case("c1"))
        await until(app, lambda: _valid(app, "c1") == {"material_receipt", "acceptance_notice"})
        await hall.settled(app)
        app.goto(2, case_id="c1")
        await press(app, "f10")
        line = next(line for line in text(app) if "看文书" in line)
        await press(app, line.partition("看文书")[0].split()[-1])
        assert "材料接收凭证" in words(app)
        assert "有效" in words(app)


def _valid(app: TerminalApp, case: str) -> set[str]:
    return {paper.kind for paper in app.services.papers.of_case(case) if paper.state == "valid" and not paper.pending}


async def test_without_a_passphrase_papers_wait_and_f9_signs_them_all(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    await received(hall, counter, "0307", "c1")
    await received(hall, counter, "0307", "c2")
    async with hall.sitting("0307") as app:
        await hall.settled(app)
        await press(app, "3")
        assert "待签文书 2 份" in words(app)
        assert "签发口令未输入" in words(app)
        app.screen.query_one("#papers").focus()
        await press(app, "f9", *"secret", "enter", *"secret", "enter")
        await until(app, lambda: _valid(app, "c1") | _valid(app, "c2") == {"material_receipt"})
        await until(app, lambda: "没有待签文书" in words(app))


async def test_a_character_that_no_font_shows_names_its_field_and_stops_nothing_else(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    await received(hall, counter, "0307", "c1", applicant="\U0001f600公司")
    await received(hall, counter, "0307", "c2")
    async with hall.sitting("0307") as app:
        await hall.settled(app)
        await unlock(app)
        app.services.papers.watch(app, frozenset({"*"}))
        await until(app, lambda: _valid(app, "c2") == {"material_receipt"})
        await until(app, lambda: bool(app.services.papers.wrong))
        await press(app, "3")
        app.screen.query_one("#papers").focus()
        await press(app, "enter")
        await until(app, lambda: "U+1F600" in words(app) and "受文人" in words(app))


async def test_several_are_issued_at_once_and_a_bad_one_stops_none(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0308", "0201")
    async with hall.sitting("0307") as app:
        for name in ("c1", "c2", "c3"):
            await to_issue(hall, app, counter, name)
        late = verbs.Edit(field="address", was="振华路1号2-301", value="振华路1号2-309")
        assert (await counter.do("0308", late, id="c2", scope=CASES)).status == "conflict"
        await hall.settled(app)
        await unlock(app)
        app.goto(2)
        await press(app, "space", "space", "space", "f9")
        assert app.top_frame is not None
        assert app.top_frame.NUMBER == 3
        assert app.screen.query_one("#decided").marked == {"c1", "c2", "c3"}  # type: ignore[attr-defined]
        await press(app, "f9")
        assert "批量签发 3 件" in words(app)
        await press(app, *"003")
        send(app, "enter")
        bars = await bars_until(app, lambda: "签成 2 件，未成 1 件" in words(app))
        # The one that may not be signed counts at once; the bar grows and is gone at the end.
        assert {"1/3", "3/3"} <= set(bars)
        assert bars["1/3"].count("#") < bars["3/3"].count("#")
        assert "3/3" not in words(app)
        assert "有未决冲突，定案前不能签发" in words(app)
        await press(app, "escape")
        await hall.settled(app)
        assert app.desk is not None
        assert [app.desk.row("case", name).state for name in ("c1", "c2", "c3")] == ["issued", "decided", "issued"]


async def test_offline_the_registration_is_pending_and_made_up_for_later(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        await to_issue(hall, app, counter, "c1")
        await unlock(app)
        hall.stop_server()
        app.sync_now()
        assert app.desk is not None
        await until(app, lambda: app.desk is not None and not app.desk.engine.status.online)
        tail = await open_case(app, "c1")
        await press(app, *tail, "f9")
        await until(app, lambda: "登记待定" in words(app))
        assert app.desk.row("case", "c1").state == "issued"
        [held] = [each for each in app.services.papers.filing.held() if each.kind == "grant_decision"]
        hall.start_server()
        await hall.settled(app)
        await until(app, lambda: not app.services.papers.filing.held())
        await counter.pull()
        known = counter.row("document", "c1-decision")
        assert known is not None
        assert (known["state"], known["sha256"]) == ("valid", held.signed.sha256)


async def test_what_is_issued_is_shown_and_delivered(hall: LiveHall, tmp_path: Path) -> None:
    program, _ = viewer_of(tmp_path)
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307", viewer=program) as app:
        await to_issue(hall, app, counter, "c1")
        await unlock(app)
        tail = await open_case(app, "c1")
        await press(app, "f2")
        assert "签发以后才能打印" in words(app)
        await press(app, "f4")
        assert "要改先按 F6" in words(app)
        await press(app, "f8")
        await until(app, lambda: (tmp_path / "last").exists() and (tmp_path / "last").read_bytes()[:5] == b"%PDF-")
        assert "> 第 3 步 签名" in words(app)
        await press(app, "f5")
        assert "已重新生成" in words(app)
        await press(app, *tail, "enter")
        await until(app, lambda: "已登记" in words(app))
        await press(app, "f6")
        assert "已经签发" in words(app)
        assert "F9送达" in words(app)
        await press(app, "escape")
        assert app.desk is not None
        by = f"{app.desk.row('case', 'c1').delivery_day[5:]}前送达"
        await until(app, lambda: by in words(app))
        await open_case(app, "c1")
        await press(app, "f9", "4", *["backspace"] * 20, *"bearer", "enter")
        assert "见证人" in words(app)
        await press(app, "enter")
        assert app.desk.row("case", "c1").state == "issued"  # who saw it must be told
        await press(app, *"neighbour", "enter", *"door", "enter")
        await until(app, lambda: "delivery_receipt" in _valid(app, "c1"))
        assert app.desk.row("case", "c1").state == "delivered"
        (receipt,) = (d for d in app.desk.rows("document", case="c1") if d.kind == "delivery_receipt")
        assert "见证人：neighbour" in receipt.facts["body"]
        await press(app, "f9")
        assert "已经送达" in words(app)


async def test_sending_back_returns_the_right_and_voids_the_number(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        await to_issue(hall, app, counter, "c1")
        await open_case(app, "c1")
        await press(app, "f6", *"look again", "enter")
        await hall.settled(app)
        assert app.desk is not None
        assert app.desk.row("case", "c1").state == "in_review"
        assert app.desk.row("document", "c1-decision").state == "void"
        assert app.desk.row("issue_authorisation", "c1-right").state == "returned"
        [void] = app.desk.read("SELECT number FROM void_number")
        assert void["number"].endswith("第00001号")


async def test_a_right_that_has_run_out_is_claimed_anew_with_the_same_number(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        await to_issue(hall, app, counter, "c1")
        await unlock(app)
        hall.clock.advance(9 * 3_600_000)
        await hall.sign_on(app, "0307")
        tail = await open_case(app, "c1")
        assert "授权已过期" in words(app)
        assert "F9重领授权" in words(app)
        await press(app, "f9")
        await until(app, lambda: "F9签发" in words(app))
        await press(app, *tail, "f9")
        await until(app, lambda: app.desk is not None and app.desk.row("case", "c1").state == "issued")
        assert app.desk is not None
        assert app.desk.row("document", "c1-decision").number.endswith("第00001号")


async def test_the_right_at_another_machine_is_said(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        await to_issue(hall, app, counter, "c1")
    async with hall.sitting("0307") as other:
        await hall.settled(other)
        tail = await open_case(other, "c1")
        assert "授权在另一台设备上" in words(other)
        await press(other, *tail, "f9")
        assert "授权在另一台设备上" in words(other)
        assert other.desk is not None
        assert other.desk.row("case", "c1").state == "decided"


SIGN_AND_DIE = """
import sys
from pathlib import Path
from sync.clock import DrivenClock
import sync.rules.register
from sync.replica.store import ReplicaStore
from sync.replica.engine import Engine
from workstation.locations import locate
from workstation.services.desk import Desk
from workstation.services.suite import Services

replica, data, now, half = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
clock = DrivenClock(now)
store = ReplicaStore(replica)
desk = Desk(store, Engine(store, "http://127.0.0.1:9", clock), clock, "")
papers = Services(desk, locate(data)).papers
desk.engine.transport = type("T", (), {"url": "http://127.0.0.1:9"})
papers.seal.open("a passphrase of the tests", now)
held = papers.sign("c1-decision", "0307")
if half == "half":
    (papers.filing.folder / ".held" / "c1-decision.json").unlink()
print(held.signed.sha256, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("half", ["whole", "half"])
async def test_killed_between_signing_and_registering_one_file_and_one_number(hall: LiveHall, half: str) -> None:
    counter = await hall.device("0307", "0201")
    machine = await hall.enrol()
    async with hall.sitting("0307", machine=machine) as app:
        await to_issue(hall, app, counter, "c1")
        await unlock(app)
        data = str(machine.path.parent)
    child = subprocess.Popen(  # noqa: ASYNC220 - it is killed before anything else goes on
        [sys.executable, "-c", SIGN_AND_DIE, str(machine.path), data, str(hall.clock.now()), half],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    signed = child.stdout.readline().strip()
    assert len(signed) == 64
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    async with hall.sitting("0307", machine=machine) as app:
        assert app.desk is not None
        if half == "half":  # nobody has ever seen it: it is gone, and the case can be issued as ever
            await until(app, lambda: not list((locate(data).data / "documents" / ".held").glob("*.pdf")))
            assert app.desk.row("case", "c1").state == "decided"
            return
        await until(app, lambda: app.desk is not None and app.desk.row("case", "c1").state == "issued")
        await hall.settled(app)
        await until(app, lambda: not app.services.papers.filing.held())
    await counter.pull()
    documents = [row for row in counter.rows("SELECT * FROM document") if row["kind"] == "grant_decision"]
    assert [(row["state"], row["sha256"]) for row in documents] == [("valid", signed)]
    assert not counter.rows("SELECT * FROM void_number")


async def test_a_held_file_of_a_case_that_went_back_is_discarded(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    machine = await hall.enrol()
    async with hall.sitting("0307", machine=machine) as app:
        await to_issue(hall, app, counter, "c1")
        await unlock(app)
        papers = app.services.papers
        await asyncio.to_thread(papers.sign, "c1-decision", "0308")  # another person's, who never came back
        assert len(papers.filing.held()) == 1
        app.services.issue.send_back("c1", "look again")
        await hall.settled(app)
        papers.watch(app, frozenset({"*"}))
        await until(app, lambda: not papers.filing.held())
        assert not papers.filing.path_of("李沧区行政审批服务局准字(2026)第00001号").exists()


async def test_a_second_decision_after_the_first_went_back_has_its_own_number(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as app:
        await received(hall, counter, "0307", "c1")
        await checked(counter, "0307", "c1")
        await reviewed_at(app, hall, "c1")
        await decided(hall, counter, "c1")
        await hall.settled(app)
        app.services.issue.send_back("c1", "look again")
        await hall.settled(app)
        app.services.review.submit(app.services.review.case("c1"), "again", "granted")
        await hall.settled(app)
        await counter.exchange()
        again = verbs.Decide(decision="granted", reasons="", authorisation="right-2", document="decision-2")
        assert (await counter.do("0201", again, id="c1", scope=CASES)).status == "accepted"
        await hall.settled(app)
        await unlock(app)
        tail = await open_case(app, "c1")
        await press(app, *tail, "f9")
        await until(app, lambda: app.desk is not None and app.desk.row("case", "c1").state == "issued")
        assert app.desk is not None
        assert app.desk.row("document", "decision-2").number.endswith("第00002号")
