"""Whole replays through real replicas and a real server process, and what the oracle sees of a falsified store."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sync.clock import DrivenClock
from tests.replay.logs import PERMITS, QUEUE, write
from workstation.commands.replay import main
from workstation.headless.hall import HeadlessHall
from workstation.replay.faults import EXPECTED, MODES
from workstation.replay.oracle import Oracle
from workstation.replay.run import Verdict, Wish, replay
from workstation.replay.sabotage import KINDS, falsify


def run(text: str, folder: Path, **wish: Any) -> Verdict:
    path = write(folder, text)
    return asyncio.run(replay(Wish(path, folder / "hall", **wish), lambda done, total: None))


@pytest.fixture(scope="module", params=[PERMITS, QUEUE], ids=["permits", "queue"])
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Verdict]:
    """A replay without faults, and where its files lie."""
    folder = tmp_path_factory.mktemp("replay")
    return folder / "hall", run(request.param, folder)


def test_everything_holds(finished: tuple[Path, Verdict]) -> None:
    _, verdict = finished
    report = verdict.report
    assert verdict.wrong == []
    assert (report["lost"], report["duplicated"], report["double_calls"], report["duplicate_numbers"]) == (0, 0, 0, 0)
    assert report["converged"]
    assert report["chain_valid"]
    operations = dict(report["operations"])
    submitted = operations.pop("submitted")
    assert submitted == sum(operations.values()) > 0
    for name, count in report["expected"].items():
        seen = report["documents"]["issued"] if name == "issued" else report[name]
        assert seen == count > 0, name


@pytest.mark.parametrize("kind", KINDS)
def test_a_falsified_store_is_noticed_and_named(finished: tuple[Path, Verdict], kind: str, tmp_path: Path) -> None:
    folder, _ = finished
    for name in ("central.db", "journal.jsonl"):
        shutil.copy(folder / name, tmp_path / name)
    falsify(tmp_path / "central.db", kind)
    oracle = Oracle(tmp_path / "central.db", tmp_path / "journal.jsonl")
    figures = {"drop": oracle.lost(), "double": oracle.duplicated(), "renumber": oracle.duplicate_numbers()}
    oracle.close()
    chain = HeadlessHall(tmp_path, DrivenClock(0)).audit()
    if kind in figures:
        assert figures[kind] > 0
        assert oracle.wrong
    assert chain, "every kind breaks the chain or the rows that it vouches for"


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "none"])
@pytest.mark.parametrize("text", [PERMITS, QUEUE], ids=["permits", "queue"])
def test_faults_change_nothing_in_the_end(mode: str, text: str, tmp_path: Path) -> None:
    verdict = run(text, tmp_path, faults=mode, devices=2)
    assert verdict.wrong == []
    assert all(verdict.report["faults"][name] > 0 for name in EXPECTED[mode])


def test_the_command_writes_its_report_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, QUEUE)
    report = tmp_path / "report.json"
    assert main([str(path), "--report", str(report), "--sabotage", "drop"]) == 1
    told = capsys.readouterr()
    assert json.loads(report.read_text())["lost"] > 0
    assert "lost" in told.err


def test_the_beginning_of_the_recorded_logs(shared_data: Path, tmp_path: Path) -> None:
    for number, name in enumerate(("permits/receipt_open.csv", "queue/bank_one_day.csv")):
        lines = (shared_data / name).read_text(encoding="utf-8").splitlines()[:80]
        folder = tmp_path / str(number)
        folder.mkdir()
        assert run("\n".join(lines) + "\n", folder).wrong == []


@pytest.mark.prove
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["permits/receipt_open.csv", "queue/bank_one_day.csv"])
def test_the_recorded_logs(shared_data: Path, tmp_path: Path, name: str, mode: str) -> None:
    verdict = asyncio.run(replay(Wish(shared_data / name, tmp_path / "hall", faults=mode), lambda done, total: None))
    print(json.dumps(verdict.report))
    assert verdict.wrong == []
