"""kill -9 at the grid worker's terminal, a real process in a pseudo-terminal: what was typed and handed in is there."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pexpect
import pyte

from tests.intake.files import jpeg, pdf, png
from tests.screens.live_hall import LiveHall, Machine, press, until

PROGRAM = Path(__file__).with_name("intake_program.py")
WORKER = "G012"
F2, F9 = "\x1bOQ", "\x1b[20~"


class Child:
    """The program in a terminal of 100x30."""

    def __init__(self, machine: Machine, url: str) -> None:
        self.screen = pyte.Screen(100, 30)
        self.stream = pyte.ByteStream(self.screen)
        environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self.child = pexpect.spawn(
            sys.executable,
            [str(PROGRAM), str(machine.path), url, machine.key.text, WORKER],
            env=environment,
            dimensions=(30, 100),
            timeout=60,
        )

    @property
    def text(self) -> str:
        return "".join("\n".join(self.screen.display).split())

    def shows(self, words: str) -> bool:
        """Whether these words stand on the screen, blanks left out."""
        return words in self.text

    async def wait_for(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Read what it writes until the condition holds."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    try:
                        self.stream.feed(await asyncio.to_thread(self.child.read_nonblocking, 65536, 0.05))
                    except pexpect.TIMEOUT:
                        continue
        except TimeoutError:
            raise AssertionError("not within the time; the screen shows:\n" + "\n".join(self.screen.display)) from None

    async def kill(self) -> None:
        """-9, and wait until it is gone."""
        self.child.kill(signal.SIGKILL)
        await asyncio.to_thread(self.child.wait)
        self.child.close()


def count(machine: Machine, sql: str) -> int:
    with closing(sqlite3.connect(machine.path)) as connection:
        return int(connection.execute(sql).fetchone()[0])


async def test_what_the_screen_shows_is_there_after_kill_9(hall: LiveHall) -> None:
    """A key is saved before it is painted: at whatever moment the process dies, nothing was seen that is lost."""
    machine = await hall.enrol()
    child = Child(machine, hall.url)
    await child.wait_for(lambda: "还没有代办件" in child.text)
    child.child.send(F2 + "gthsl\rqingdao mou gongsi\r")
    await child.wait_for(lambda: "qingdaomougongsi" in child.text)
    typed = ""
    for digit in "913702130674":
        child.child.send(digit)
        typed += digit
        await child.wait_for(partial(child.shows, f"[{typed}_"))
        with closing(sqlite3.connect(machine.path)) as connection:
            body = connection.execute("SELECT body FROM draft WHERE key LIKE 'intake/%'").fetchone()[0]
        assert json.loads(body)["values"]["applicant_code"] == typed
    await child.kill()
    async with hall.sitting(WORKER, machine=machine) as app:
        [(draft, _)] = app.services.drafts.all()
        assert (draft.values["applicant"], draft.values["applicant_code"]) == ("qingdao mou gongsi", typed)


async def test_three_files_handed_in_offline_outlive_kill_9_and_arrive(hall: LiveHall) -> None:
    machine = await hall.enrol()
    child = Child(machine, hall.url)
    await child.wait_for(lambda: "还没有代办件" in child.text)
    child.child.send(F2 + "gthsl\rqingdao\r")
    await child.wait_for(lambda: "qingdao" in child.text)
    inbox = machine.path.parent / "data" / "inbox"
    for name, content in (("a.pdf", pdf(size=200_000)), ("b.png", png()), ("c.jpg", jpeg())):
        (inbox / name).write_bytes(content)
    await child.wait_for(lambda: "有3个新文件" in child.text)
    child.child.send("\r" * 7 + " ")  # past the last field: the materials
    await child.wait_for(lambda: "全部3个" in child.text)
    child.child.send("4")
    await child.wait_for(lambda: "3件" in child.text and not list(inbox.iterdir()))
    await asyncio.to_thread(hall.stop_server)
    child.child.send(F9)
    await child.wait_for(lambda: count(machine, "SELECT count(*) FROM outbox") == 4)
    await child.kill()
    assert count(machine, "SELECT count(*) FROM outbox WHERE state = 'new'") == 4
    hall.start_server()
    async with hall.sitting(WORKER, machine=machine) as app:
        await until(app, lambda: not app.desk.read("SELECT 1 FROM outbox"))  # type: ignore[union-attr]
        await until(app, lambda: app.desk.read("SELECT sum(arrived) FROM material")[0][0] == 3)  # type: ignore[union-attr]
        await until(app, lambda: app.services.drafts.all() == [])
        await press(app)
    found = await hall.services.store.read(
        lambda tx: tx.fetch_one(
            'SELECT count(*), (SELECT count(*) FROM material WHERE arrived), (SELECT count(*) FROM blob) FROM "case"'
        )
    )
    assert tuple(found) == (1, 3, 3)


async def test_a_hand_in_cut_short_is_finished_once(hall: LiveHall) -> None:
    """The process dies between the case and its files: the draft says that it was begun."""
    machine = await hall.enrol()
    async with hall.sitting(WORKER, machine=machine) as app:
        await press(app, "f2", *"gthsl", "enter", *"abc")
        app.screen.sheet.papers.focus()  # type: ignore[attr-defined]
        path = app.services.drop_folder().folder / "a.pdf"
        path.write_bytes(pdf())
        await until(app, lambda: not path.exists())
        await until(app, lambda: app.services.drafts.all()[0][0].files)
        [(draft, _)] = app.services.drafts.all()
        service = app.services.intake
        started = app.services.drafts.change(draft.id, sending=True)
        rule = app.services.drafts.matter(draft.matter)
        scope = service.scope_for(rule)
        assert app.desk is not None
        app.desk.do(service._receive(started, rule, scope), id=draft.id, scope=scope)
        await hall.settled(app)  # and the centre has it already
    async with hall.sitting(WORKER, machine=machine) as app:
        await until(app, lambda: app.services.drafts.all() == [])
        await hall.settled(app)
        await until(app, lambda: app.desk.read("SELECT sum(arrived) FROM material")[0][0] == 1)  # type: ignore[union-attr]
        assert len(app.desk.read('SELECT 1 FROM "case"')) == 1  # type: ignore[union-attr]
        assert app.desk.read("SELECT 1 FROM refusal") == []  # type: ignore[union-attr]
