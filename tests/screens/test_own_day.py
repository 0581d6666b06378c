"""The hall's own day: exported by a key of screen 6 and by the server's command, the same, nobody named, simulated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server_stub.cli import main as sync_server
from sync import trace
from sync.calendar import day_of
from tests.screens.ledger_hall import visitor, window
from tests.screens.live_hall import LiveHall, press, text, until
from workstation.cli import main as workstation
from workstation.simulate.day import read_days

NINE, MINUTE = 1_772_413_200_000, 60_000


def at(minute: int) -> int:
    return NINE + minute * MINUTE


def test_a_visit_is_a_row_and_each_stretch_elsewhere_another() -> None:
    tickets = [("t1", "A", at(0), None), ("t2", "A", at(1), at(9))]
    calls = [("t1", at(2)), ("t1", at(20))]
    segments = [
        ("t1", "03", "A", at(3), at(5)),
        ("t1", "03", "A", at(10), at(14)),  # put aside for five minutes
        ("t1", "05", "B", at(21), at(24)),  # sent on
    ]
    found = [dict(zip(trace.HEAD, row, strict=True)) for row in trace.rows(tickets, calls, segments)]
    times = [(row["ticket_id"], *(row[name][11:16] for name in ("arrival", "called", "finished"))) for row in found]
    assert times == [("1", "09:00", "09:02", "09:09"), ("1.2", "09:09", "09:20", "09:24"), ("2", "09:01", "", "")]
    assert [(row["service_type"], row["server"]) for row in found] == [("A", "03"), ("B", "05"), ("A", "")]
    assert found[2]["abandoned"] == "2026-03-02T09:09:00"


async def test_a_day_is_exported_by_a_key_and_by_a_command_and_simulated(
    hall: LiveHall, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    device, session = await window(hall)
    for holder in ("钱某某", "赵某某", "孙某某"):
        await visitor(hall, device, session, holder=holder)
    await hall.tickets(device, "0307", "m-food", holder="李某某")
    day = day_of(hall.clock.now())
    async with hall.sitting("0001") as app:
        await until(app, lambda: any("今日办件 3" in line for line in text(app)))
        await press(app, "ctrl+e", "3")
        folder = app.locations.data / "exports"
        await until(app, lambda: list(folder.glob("trace-*.csv")))
        [kept] = folder.glob("trace-*.csv")
        assert kept.name == f"trace-{day}-queue.csv"
        exported = kept.read_bytes()
    path = tmp_path / "day.csv"
    store = f"sqlite:///{hall.folder / 'central' / 'hall.db'}"
    assert sync_server(["trace", "--store", store, "--day", day, str(path)]) == 0
    assert path.read_bytes() == exported
    for personal in ("某", "0307", "A001", "B001", "t-"):
        assert personal not in exported.decode()
    [found] = read_days(path).values()
    assert [job.lasts // MINUTE for job in found.jobs] == [7, 7, 7]
    assert found.unusable == {"abandoned": 1}
    assert sync_server(["trace", "--store", store, "--day", "2020-01-01", str(path)]) == 2
    told = tmp_path / "report.json"
    capsys.readouterr()
    assert workstation(["simulate", str(path), "--windows", "1", "--report", str(told)]) == 0
    assert set(json.loads(told.read_text())["policies"]) == {"fixed", "skills", "pool", "balanced"}
    assert "当天实际" in capsys.readouterr().out
