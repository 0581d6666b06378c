"""The first day of a supervisor, of a callback handler and of a window clerk, in a real tmux at 80×24 and at 120×40:
every screen that is theirs, by its keys, and nothing cut that should be whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sync.clock import SystemClock
from sync.protocol.identifiers import uuid7
from sync.protocol.verbs import ticket as verbs
from sync.trusted import machine_trust
from tests.conftest import NeedsTool
from tests.screens.ledger_hall import WORDS
from tests.screens.live_hall import PIN, QUEUE
from tests.screens.real_hall import RealHall
from tests.screens.test_real_terminals import Tmux
from workstation.cells import width
from workstation.headless.device import Device
from workstation.headless.journal import Journal

SIZES = ((80, 24), (120, 40))
Walk = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]  # (keys, what is there then, or with ! no more)


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHall]:
    """A hall in which somebody was served and rated it badly."""
    with RealHall(tmp_path_factory.mktemp("walk")) as hall:
        asyncio.run(badly(hall))
        yield hall


async def badly(hall: RealHall) -> None:
    folder = hall.folder / "window 03"
    journal = Journal(folder / "journal.jsonl")
    clock = SystemClock()
    device = await Device.enrol(hall.process.url, hall.code(), "window 03", folder / "replica.db", clock, journal)
    await device.sign_on("0307", PIN)
    session, ticket, invite = (uuid7(clock.now()) for _ in range(3))
    steps = (
        (session, verbs.OpenWindow(window="w03")),
        (ticket, verbs.Issue(matter="m-change", holder="赵某某", phone="13900000021", site="hall")),
        (ticket, verbs.Call(session=session, call=uuid7(clock.now()))),
        (ticket, verbs.Serve(segment=uuid7(clock.now()))),
        (ticket, verbs.Finish(invite=invite)),
    )
    for id, args in steps:
        assert (await device.do("0307", args, id=id, scope=QUEUE)).status == "accepted", args
    await device.close()
    journal.close()
    async with httpx.AsyncClient(base_url=hall.process.url, trust_env=False, verify=machine_trust()) as client:
        page = await client.get(await asyncio.to_thread(rating_of, hall, invite))
        assert page.status_code == 200
        told = {"level": "dissatisfied", "words": WORDS}
        assert (await client.post(page.url, data=told, follow_redirects=True)).status_code == 200


def rating_of(hall: RealHall, invite: str) -> str:
    """The page's address, as the citizen's telephone has it."""
    import sqlite3

    from server_stub.public import token
    from server_stub.public.central import SEALS

    with sqlite3.connect(f"file:{hall.store}?mode=ro", uri=True) as store:
        [secret] = store.execute("SELECT value FROM secret WHERE name = ?", (SEALS,)).fetchone()
    store.close()
    return f"/r/{token.make(secret, token.RATING, invite)}"


@pytest.fixture
def tmux(needs_tool: NeedsTool, tmp_path: Path) -> Iterator[Tmux]:
    """tmux, ended with the test."""
    server = Tmux(needs_tool("tmux", "tmux"), tmp_path)
    yield server
    server.run("kill-server")


def goto(screen: str) -> tuple[str, ...]:
    """To another screen by the code line: right after Esc a digit is an F-key."""
    return "C-g", screen, "Enter"


SUPERVISOR: Walk = (
    ((), ("6 主管大屏", "(只读)", "今日办件 1", "差评 1", "主大厅", "F12锁屏")),
    (("F10", "1"), ("临近期限", "首次回访", "企业变更登记")),
    (("Escape",), ("人员负荷", "网点数据时刻")),
    (("Escape",), ("!人员负荷",)),
    (("F10", "6"), ("金海牛产业园", "已过")),
    (("Escape",), ("人员负荷",)),
    (("Escape",), ("!人员负荷", "数据截至")),
    (goto("8"), ("8 评价分析", "差评 1", "03")),
    (("Enter",), ("不满意", "A001")),
    (("Escape",), ("!不满意", "只读")),
    (goto("4"), ("4 差评回访", "赵**", "只读：由回访专员和值班长办理")),
    (goto("7"), ("7 同步状态", "链路 正常", "校验一致")),
    (goto("9"), ("9 审计", "链完好", "与本机所存一致", "市民", "F10日期")),
    (("F4", "2"), ("全部范围  市民", "链完好")),
    (("F3",), ("1 全部范围", "叫号")),
    (("Escape",), ("!1 全部范围",)),
)
HANDLER: Walk = (
    ((), ("4 差评回访", "今日差评 1", "赵**", WORDS, "F2拨号记录", "F12锁屏")),
    (("Enter", "F2"), ("赵某某", "13900000021")),
    (("1", "F2"), ("已接通 待核实",)),
    (goto("7"), ("7 同步状态", "链路 正常")),
    (goto("8"), ("8 评价分析",)),
    (goto("9"), ("9 审计", "审计只给主管看")),
    (goto("4"), ("4 差评回访", "赵**")),
)
CLERK: Walk = (
    ((), ("1 窗口叫号", "窗口04 0308", "F2叫下一号", "F10暂停", "Ctrl+T取号")),
    (("C-t", *"qybg"), ("输入事项名称或拼音首字母", "> ", "企业变更登记")),
    (("Enter",), ("已选: 企业变更登记",)),
    (("Enter",), ("绿色通道",)),
    (("1",), ("已取号",)),
    (("F2",), ("到窗口: 企业变更登记",)),
    (("F2",), ("人来了按回车开始，没来按 F6",)),
    (("Enter",), ("办理中", "F11搁置")),
    (("F11",), ("F11续办", "Enter续办")),
    (("Enter",), ("办理中",)),
    (("F9",), ("办结 A",)),
    (goto("7"), ("7 同步状态", "链路 正常")),
    (("F3",), ("最近的操作和结果", "叫下一号", "已接受")),
    (("Escape",), ("!最近的操作和结果",)),
    (("F12",), ("请登录",)),
    (("F6",), ("已签退，窗口已空出",)),
)


def walk(tmux: Tmux, hall: RealHall, staff: str, steps: Walk, size: tuple[int, int], window: str = "") -> None:
    tmux.open("t", hall, hall.terminal(f"{staff} at {size[0]}"), size=size)
    tmux.wait_for("t", "请登录")
    tmux.keys("t", *staff, "Enter", *PIN, "Enter", *window, "Enter")
    for pressed, words in steps:
        for key in pressed:
            tmux.keys("t", key)
        for word in words:
            tmux.wait_for("t", word.removeprefix("!"), gone=word.startswith("!"))
        shown = tmux.shows("t").rstrip("\n").split("\n")
        assert len(shown) <= size[1]
        assert all(width(line.rstrip()) <= size[0] for line in shown), shown
        assert "Traceback" not in "".join(shown)
    tmux.keys("t", "C-q")


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize(
    ("staff", "window", "steps"),
    [("0001", "", SUPERVISOR), ("0401", "", HANDLER), ("0308", "04", CLERK)],
    ids=["supervisor", "handler", "clerk"],
)
def test_a_first_day(rated: RealHall, tmux: Tmux, size: tuple[int, int], staff: str, window: str, steps: Walk) -> None:
    walk(tmux, rated, staff, steps, size, window)
