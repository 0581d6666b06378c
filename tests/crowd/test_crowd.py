"""Windows and terminals at work while they and the server are killed at random: nobody is called twice, no number is
given twice, everybody is served in the end."""

import json
from pathlib import Path

import pytest

from tests.crowd.day import CrowdedDay


async def a_day(day: CrowdedDay, *, server: int, machines: int, away: float) -> None:
    try:
        await day.begin()
        await day.kill(server=server, machines=machines, away=away)
        await day.end()
    finally:
        day.close()


async def test_three_windows_and_the_server_are_killed(tmp_path: Path) -> None:
    day = CrowdedDay(tmp_path, windows=3, terminals=1, tickets=18, past=100)
    await a_day(day, server=1, machines=2, away=0.5)
    assert {name: found for name, found in day.faults().items() if found} == {}
    figures = day.figures()
    assert figures["kills"]["server"] == 1
    assert figures["slips"] >= 18 - figures["kills"]["terminal"]


@pytest.mark.prove
async def test_thirty_windows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = CrowdedDay(tmp_path, windows=30, terminals=2, tickets=850, past=120_000)
    await a_day(day, server=20, machines=100, away=6)
    faults = day.faults()
    assert {name: found for name, found in faults.items() if found} == {}
    with capsys.disabled():
        print(json.dumps({"proof": "thirty windows", **day.figures(), **dict.fromkeys(faults, 0)}))
