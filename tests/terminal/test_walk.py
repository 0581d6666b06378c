"""The main job in one go, as README's first five minutes tell it: real keys in a real terminal, a real server child.

    demo ─▶ 窗口人员: call, begin, finish ─▶ the citizen rates badly ─▶ review: see papers, tick, accept, submit
         ─▶ 审批: granted ─▶ 窗口人员: issue ─▶ `workstation verify` ─▶ the licence on a blank ─▶ 回访: the bad rating
         ─▶ quit, the child is gone ─▶ the same folder opens again

What each step shows is what the next one waits for; nothing sleeps.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import NeedsTool

LIMIT_S = 60.0
SIGN_ON = "请登录"
CLERK, APPROVER, HANDLER = "1", "3", "4"
"""Their lines in the list of screen 0."""
PASSPHRASE = "walk-2-the-hall"


class Walk:
    """One terminal of 100×30 in tmux with the demo in it."""

    def __init__(self, tmux: str, folder: Path) -> None:
        self.folder = folder
        self.own = folder / "我的 数据"
        self.data = self.own / "data" / "demo"
        self._tmux = [tmux, "-S", str(folder / "tmux"), "-f", "/dev/null"]
        (self.own / "config").mkdir(parents=True)
        (self.own / "config" / "settings.toml").write_text('viewer = "true"\n')
        # No keyring: the passphrase is asked once and the header says so.
        self.environment = {
            "HALL_DATA": str(self.own),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "CUPS_SERVER": "/nowhere/cups.sock",  # nobody's printer: what is printed lies in a folder
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]),
        }

    def tmux(self, *arguments: str) -> str:
        """One tmux command."""
        # os.environ as Python sees it: readline, which pytest loads, adds LINES and COLUMNS below it.
        done = subprocess.run(
            [*self._tmux, *arguments], env=dict(os.environ), capture_output=True, text=True, check=False
        )
        return done.stdout

    def open(self) -> None:
        """`workstation demo` in a terminal of its own."""
        environment = [f"-e{name}={value}" for name, value in self.environment.items()]
        program = [sys.executable, "-m", "workstation", "demo"]
        self.tmux("new-session", "-d", "-x", "100", "-y", "30", *environment, *program)
        self.wait(SIGN_ON)

    def keys(self, *keys: str) -> None:
        """Press keys, in one burst."""
        self.tmux("send-keys", *keys)

    def shows(self) -> str:
        """What the terminal shows."""
        return self.tmux("capture-pane", "-p")

    def wait(self, *words: str, pattern: str = "") -> str:
        """Wait until all words, or a pattern, are on the screen; the screen, or the pattern's first group."""
        began = time.monotonic()
        while True:
            shown = self.shows()
            found = re.search(pattern, shown) if pattern else None
            if all(word in shown for word in words) and (found or not pattern):
                return found[1] if found else shown
            assert time.monotonic() - began < LIMIT_S, f"{words} {pattern} never came:\n{shown}"

    def become(self, line: str, *words: str) -> None:
        """换人: lock, then a digit of the list."""
        self.keys("F12")
        self.wait(SIGN_ON)
        self.keys(line)
        self.wait(*words)

    def to_row(self, words: str) -> None:
        """Move the list's cursor down to the row that holds `words`."""
        self.wait(words)
        for _ in range(30):
            row = self.cursor_row()
            if words in row:
                return
            self.keys("Down")
            began = time.monotonic()
            while self.cursor_row() == row:
                assert time.monotonic() - began < LIMIT_S, self.shows()
        raise AssertionError(self.shows())

    def cursor_row(self) -> str:
        """The row under the cursor of the first list on the screen."""
        return next((line for line in self.shows().splitlines() if re.match(r"[* ]>", line)), "")

    def come(self, path: Path) -> None:
        """Wait for a file."""
        began = time.monotonic()
        while not path.exists():
            assert time.monotonic() - began < LIMIT_S, f"{path.name} never came:\n{self.shows()}"

    def verify(self, path: Path) -> None:
        """`workstation verify`, by what this machine trusts and knows."""
        done = subprocess.run(
            [sys.executable, "-m", "workstation", "verify", str(path)],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "真实，未经改动" in done.stdout

    def running(self) -> dict[str, object]:
        """Where the hall is and which process serves it."""
        found: dict[str, object] = json.loads((self.data / "hall.json").read_bytes())
        return found


@pytest.fixture
def walk(needs_tool: NeedsTool, tmp_path: Path) -> Iterator[Walk]:
    """A terminal, ended with the test."""
    terminal = Walk(needs_tool("tmux", "tmux"), tmp_path)
    yield terminal
    terminal.tmux("kill-server")


def rate_badly(url: str, window: str) -> None:
    """What the citizen does: the small screen's link, then the form."""
    began = time.monotonic()
    with httpx.Client(base_url=url, trust_env=False, follow_redirects=True) as citizen:
        screen = re.search(rf'href="(/w/{window}[.][^"?]+)', citizen.get("/").text)
        assert screen is not None
        while not (link := re.search(r'href="(/r/[^"?]+)', citizen.get(screen[1]).text)):
            assert time.monotonic() - began < LIMIT_S, "the small screen shows no link to the rating"
        rated = citizen.post(
            link[1],
            data={
                "level": "dissatisfied",
                "version-dissatisfied": "1",
                "tags-dissatisfied": "waited",
                "words": "等得太久了",
            },
        )
        assert rated.status_code == 200


def ended(pid: int) -> bool:
    """Whether a process is gone; one that nobody has collected yet is."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_the_main_job_from_the_first_key_to_the_last(walk: Walk) -> None:
    walk.open()
    server = walk.running()

    walk.keys(CLERK)  # screen 1
    walk.wait("窗口03 0303", "窗口现在没有人")
    walk.keys("F2")
    number = walk.wait(pattern=r"请 (\w\d+) 到窗口")
    walk.wait("Enter开始")
    walk.keys("Enter")
    walk.wait(f"{number} 办理中")
    walk.keys("F9")
    walk.wait(f"办结 {number}")
    rate_badly(str(server["url"]), "w03")

    walk.keys("2")  # screen 2: somebody's papers, handed in yesterday
    case = walk.wait("我的待办", pattern=r"(\d{8}-\d{4}).* 已收件")
    walk.to_row(case)
    walk.keys("Enter")
    shown = walk.wait(f"2 案件审查  {case}", "未看")
    walk.keys("Space")
    walk.wait("先按回车打开看过")  # no tick before the paper was seen
    for place in re.findall(r"\[\?\] (\d)[ >]", shown):
        walk.wait(pattern=rf"\[\?\] ({place})>")
        walk.keys("Enter")
        walk.wait("已打开")
        walk.keys("Space")
        walk.wait(pattern=rf"\[x\] ({place})>")
        walk.keys("Down")
    walk.keys("F9")
    walk.wait("已办: 受理", "F9送审批")
    walk.keys("F9")
    walk.wait("先写审查意见")
    walk.keys("材料齐全", "F9")
    walk.wait("拟准予，送审批")
    walk.keys("1")
    walk.wait(f"送审批: {case}")

    walk.become(APPROVER, "待我审批", case)
    walk.to_row(case)
    walk.keys("Enter")
    walk.wait(f"2 案件审查  {case}", "材料齐全")
    walk.keys("F9")
    walk.wait("准予，编号并授权签发")
    walk.keys("1")
    walk.wait(f"审批: {case}")

    walk.become(CLERK, "窗口03 0303")
    walk.keys("3")
    walk.to_row(case)
    walk.keys("Enter")
    tail = walk.wait("准予行政许可决定书", "PDF 指纹", pattern=r"输入案件尾号 (\d{3}) 并按 F9")
    paper = walk.wait(pattern=r"文号  (\S+号)")
    walk.keys(tail, "F9")
    walk.wait("第一次使用: 设定签发口令")
    walk.keys(PASSPHRASE, "Enter")
    walk.wait("再输一次")
    walk.keys(PASSPHRASE, "Enter")
    walk.wait("验签: 真实，未经改动", "口令仅本次")
    walk.wait("签发授权    已登记")
    papers = walk.data / "terminal-1" / "data" / "documents"
    walk.verify(papers / f"{paper}.pdf")

    walk.keys("F7")  # the licence that the decision brings, on one of three blanks
    walk.wait("空白证照", "领取空白证照")
    walk.keys("1")
    walk.keys(walk.wait("领到哪里", pattern=r"(\d) registration"))
    walk.wait("起始编号")
    walk.keys("LC000101", "Enter")
    walk.wait("终止编号")
    walk.keys("LC000103", "Enter")
    walk.wait("签发授权    已登记")
    walk.keys("F7")
    walk.wait("领入 3  用 0  废 0  存 3")
    walk.keys("Escape")
    walk.wait("签发授权    已登记")
    licence = papers / f"{paper.replace('准字', '证字')}.pdf"
    walk.come(licence)  # signed by itself
    walk.verify(licence)
    walk.keys("F2")
    walk.keys(walk.wait(pattern=r"(\d) +行政许可证件"))
    walk.wait("在这里打印一份")
    walk.keys("1")
    walk.wait("余 3 张")
    walk.keys("Enter")
    walk.wait("打印好了吗")
    walk.keys("1")
    walk.wait("已确认")
    [printed] = (papers / "print").glob("*.pdf")
    walk.verify(printed)
    walk.keys("F7")
    walk.wait("领入 3  用 1  废 0  存 2")
    walk.keys("Escape")
    walk.wait("签发授权    已登记")

    walk.become(HANDLER, "4 差评回访", "00:5")  # an hour from the rating on
    walk.to_row("00:5")
    walk.wait("等得太久了", "等候太久")
    walk.keys("F2")
    walk.wait("通话中", "接通")
    walk.keys("1")
    walk.wait("F2挂断", "还缺清单第 1、2、3、4 项")

    walk.keys("C-q")
    began = time.monotonic()
    while walk.tmux("list-sessions"):
        assert time.monotonic() - began < LIMIT_S, walk.shows()
    assert ended(int(str(server["pid"])))
    assert not (walk.data / "hall.json").exists()

    walk.open()  # the same hall, as it was left
    walk.keys(CLERK)
    walk.wait("窗口03 0303")
    walk.keys("2")
    walk.wait("我的待办", pattern=rf"({case}).* 待送达")
    walk.keys("C-q")
    while walk.tmux("list-sessions"):
        assert time.monotonic() - began < LIMIT_S, walk.shows()
