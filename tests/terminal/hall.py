"""A small hall for the terminal tests: the real app and frame, with screens that only record what they are told.

async with in_hall(size=(80, 24)) as (app, pilot):
    await press(app, "f2", *"123456", "enter")
    assert app.queue.called == ["123456"]
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.keys import _character_to_key

from sync.clock import DrivenClock
from sync.errors import HallError
from workstation.actions.table import Person
from workstation.app import HallApp
from workstation.journal import Journal
from workstation.keymap import Keymap
from workstation.keypump import KeyPump
from workstation.locale import Phrase
from workstation.locations import locate
from workstation.screens.frame import Frame
from workstation.settings import Settings
from workstation.widgets.dialog import Ask
from workstation.widgets.lines import Lines
from workstation.widgets.rows import ListSource, Row
from workstation.widgets.window_table import Column, WindowTable

NOW = 1_795_400_000_000
CLERK = Person("0307", frozenset({"clerk"}))
COLUMNS = (
    Column("number", "queue.call_number", 6, sortable=True),
    Column("matter", "queue.title", 16, flexible=True),
    Column("waited", "queue.filter", 6, align="right", sortable=True),
    Column("mark", "queue.miss", 6, priority=2),
)


def tickets(count: int = 40) -> list[Row]:
    """Rows A000, A001 …"""
    return [Row(f"A{n:03d}", (f"A{n:03d}", "企业变更登记", f"{n % 17}分", "预约")) for n in range(count)]


class SignOn(Frame):
    """Screen 0."""

    NUMBER = 0

    def compose_main(self) -> ComposeResult:
        yield Lines([[("0", "")]])


class Queue(Frame):
    """Screen 1: F2 asks for a number and records it."""

    NUMBER = 1

    def __init__(self) -> None:
        super().__init__()
        self.called: list[str] = []
        self.opened: list[object] = []
        self.arrivals: list[dict[str, Any]] = []
        self.why: dict[str, Phrase] = {}
        self.slow = 0

    def compose_main(self) -> ComposeResult:
        yield WindowTable(COLUMNS, ListSource(tickets(), [column.name for column in COLUMNS]), marks=True)

    def compose_side(self) -> ComposeResult:
        yield Lines([[("panel", "")]], id="panel")

    async def shown(self, **what: Any) -> None:
        self.arrivals.append(what)

    def why_disabled(self, action_id: str) -> Phrase | None:
        return self.why.get(action_id)

    async def do_call_next(self) -> None:
        number = await self.ask(Ask("F2", digits=True))
        for _ in range(self.slow):
            await asyncio.sleep(0)
        if number is not None:
            self.called.append(number)

    def do_call_number(self) -> None:
        raise HallError("keys.no_action", name="call_number")

    def do_open_case(self) -> None:
        row = self.query_one(WindowTable).cursor_row
        self.opened.append(row.key if row else None)


class Review(Queue):
    """Screen 2: the same, elsewhere; F9 begins something slow that changes the screen at its end."""

    NUMBER = 2

    async def do_commit(self) -> None:
        for _ in range(200):
            await asyncio.sleep(0)
        self.hall.goto(1)

    def do_back(self) -> bool:
        return False


class Issue(Queue):
    """Screen 3: F9 is irreversible."""

    NUMBER = 3
    tail: str | None = "037"

    def do_sign(self) -> None:
        self.called.append("signed")

    def tail_of(self, action_id: str) -> str | None:
        return self.tail


class SmallHall(HallApp):
    """The app with the four screens above."""

    @property
    def queue(self) -> Queue:
        return self._of(1)

    def _of(self, number: int) -> Any:
        return self._frame(number)


def small_hall(folder: Path, *, keymap: Keymap | None = None, person: Person = CLERK, **options: Any) -> SmallHall:
    """The app, not yet running."""
    locations, clock = locate(folder), DrivenClock(NOW)
    app = SmallHall(
        clock=clock,
        settings=Settings(**options),
        locations=locations,
        journal=Journal(locations.journal_file, clock),
        keymap=keymap,
        screens={0: SignOn, 1: Queue, 2: Review, 3: Issue},
        start=1,
    )
    app.person = person
    return app


@contextlib.asynccontextmanager
async def in_hall(
    size: tuple[int, int] = (100, 30), app: SmallHall | None = None, **options: Any
) -> AsyncIterator[tuple[SmallHall, Any]]:
    """The app running, on screen 1."""
    with tempfile.TemporaryDirectory() as folder:
        app = app or small_hall(Path(folder), **options)
        async with app.run_test(size=size) as pilot:
            await settled(app, pilot)
            yield app, pilot


def key(name: str) -> events.Key:
    """A key as a terminal would send it: a name such as `f2`, or one character."""
    if len(name) == 1:
        return events.Key(_character_to_key(name), name)
    return events.Key(name, {"enter": "\r", "space": " ", "tab": "\t"}.get(name))


def send(app: KeyPump, *names: str) -> None:
    """A burst: all keys at once, without waiting."""
    for name in names:
        app.post_message(key(name))


async def press(app: KeyPump, *names: str) -> None:
    """Keys, and wait until all have settled."""
    send(app, *names)
    reached = asyncio.Event()
    app.call_later(reached.set)
    await reached.wait()
    await app.keys_settled()


async def settled(app: HallApp, pilot: Any) -> None:
    """Nothing is pending: keys, messages, layout."""
    await pilot.pause()
    await app.keys_settled()
    await pilot.pause()


def text(app: KeyPump) -> list[str]:
    """What the screen shows, a string a line."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]
