"""A copy damaged before anything came into it: the terminal says so, what was unsent in it, and the way out."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sync.errors import HallError
from sync.replica.store import ReplicaStore
from tests.screens.live_hall import LiveHall
from tests.sync.hall_names import PIN
from workstation.locale import say
from workstation.terminal import DemoPerson


def harm(path: Path, table: str) -> None:
    """The first page of a table is no page any more."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    path.write_bytes(content)


def draft(path: Path) -> None:
    """Something begun that nobody else has."""
    with closing(ReplicaStore(path)) as store, store.write() as connection:
        connection.execute("INSERT INTO draft VALUES ('review/c1', '0308', '{\"opinion\": \"x\"}', 1)")


@pytest.mark.parametrize(
    ("table", "unsent", "sample", "words"),
    [
        ("role_assignment", False, False, ("什么都没有丢", "workstation reset 清除", "workstation enrol")),
        ("role_assignment", True, False, ("草稿 1 份", "reset --export", "reset --import")),
        ("outbox", False, False, ("无从知道", "reset --lost")),
        ("role_assignment", False, True, ("什么都没有丢", "移到一边", "样板大厅")),
    ],
)
async def test_a_damaged_copy_says_what_is_lost_and_the_way_out(
    hall: LiveHall, table: str, unsent: bool, sample: bool, words: tuple[str, ...]
) -> None:
    machine = await hall.enrol()
    if unsent:
        draft(machine.path)
    harm(machine.path, table)
    people = (DemoPerson("0307", "clerk", "赵某", PIN, "03"),) if sample else ()
    app = hall.terminal(machine, people=people)
    async with asyncio.timeout(60), app.run_test():
        with contextlib.suppress(HallError):
            await app.sign_on("0307", PIN)
        while app.trouble is None:
            await asyncio.sleep(0.01)
    told = say(app.trouble.code, **app.trouble.params)
    assert str(machine.path) in told
    for each in ("本机数据读不出来", *words):
        assert each in told
    assert app.return_code == 1
