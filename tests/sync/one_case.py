"""A case of the small hall: what is done with it at a machine, and what that machine's file then holds."""

import sqlite3
from pathlib import Path
from typing import Any

from sync.protocol.verbs import case as cases
from tests.sync.small_hall import Machine

TABLES = ("ticket", "case", "case_note", "outbox", "shadow", "refusal", "cursor", "meta", "window_session")


def note(i: int = 1) -> cases.Note:
    return cases.Note(note=f"n{i}", text="有话说")


def edit(was: str, value: str) -> cases.Edit:
    return cases.Edit(field="phone", was=was, value=value)


def phone(machine: Machine) -> Any:
    case = machine.row("case", "c0")
    assert case is not None
    return case["form"]["phone"]


def everything(path: Path) -> dict[str, list[Any]]:
    """The whole file, by a connection of its own."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return {table: connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in TABLES}
    finally:
        connection.close()
