"""Screen 8 and the frozen months over many ratings, against a count from the log that shares no code with them;
defaults apart. Every bad rating has its one entry in the ledger."""

from __future__ import annotations

import hashlib
import json
import shutil
import statistics
import time
from dataclasses import astuple
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.screens.live_hall import RATING, LiveHall, press, text, until
from tests.screens.many_ratings import Counted, give_many, recount
from workstation.screens.analysis import AnalysisScreen
from workstation.screens.analysis_lines import share
from workstation.services.analysis import LENGTHS, MONTH, Period
from workstation.terminal import TerminalApp
from workstation.views.analysis import GROUPS

DAYS = ("2026-09-01", "2026-09-30", "2026-10-01", "2026-10-31", "2026-11-01", "2026-11-23")


async def rated_hall(folder: Path, template: Path, ratings: int) -> tuple[LiveHall, Counted]:
    """The hall with its ratings, its server running; and the count."""
    store = folder / "made" / "hall.db"
    store.parent.mkdir()
    for part in template.parent.glob("hall.db*"):
        shutil.copy(part, store.parent / part.name)
    await give_many(f"sqlite:///{store}", ratings)
    counted = recount(store)
    return LiveHall(folder, store), counted


async def screen_8(app: TerminalApp) -> AnalysisScreen:
    await press(app, "8")
    found = app.top_frame
    assert isinstance(found, AnalysisScreen)
    await until(app, lambda: found.analysis is not None)
    return found


def every_period(found: AnalysisScreen, counted: Counted) -> int:
    """Each group of each period around the days, as the screen reads it; how many figures were compared."""
    compared = 0
    for day in DAYS:
        for period in (Period.around(length, day) for length in LENGTHS):
            begin, end = period.first.isoformat(), period.next.first.isoformat()
            for group in GROUPS:
                analysed = found.service.read([RATING], period, group)
                assert analysed is not None
                told = {line.key: astuple(line.now) for line in analysed.lines if any(astuple(line.now))}
                assert told == counted.figures(group, begin, end), (period, group)
                assert astuple(analysed.total) == counted.total(begin, end)
                assert astuple(analysed.before) == counted.total(period.previous.first.isoformat(), begin)
                compared += 4 * (len(told) + 2)
    return compared


async def seen(app: TerminalApp, found: AnalysisScreen, counted: Counted) -> None:
    """What stands on the screen for this month, by window: the head's figures and the first lines'."""
    await press(app, "f4", "3")
    await until(app, lambda: found.analysis is not None and found.period == Period.around(MONTH, DAYS[-1]))
    end = "2026-12-01"
    invited, rated, bad, defaulted = counted.total("2026-11-01", end)
    whole = f"评价 {rated}/邀请 {invited}"
    await until(app, lambda: any(whole in line for line in text(app)))
    [head] = [line for line in text(app) if whole in line]
    assert f"满意 {share(1 - bad / rated)}" in head
    assert f"差评 {bad}" in head
    assert f"默认 {defaulted}" in head
    lines = counted.figures("window", "2026-11-01", end)
    rows = [line.strip(" >").split() for line in text(app)]
    shown = {row[0]: row for row in rows if row and row[0] in {str(50 + i) for i in range(24)}}
    assert len(shown) > 10
    for label, row in shown.items():
        invited, rated, bad, _ = lines.get(f"c{int(label) - 50}", (0, 0, 0, 0))
        assert [int(row[1]), int(row[2]), int(row[6])] == [invited, rated, bad]


def frozen_months(app: TerminalApp, counted: Counted) -> int:
    """September and October as they were frozen, and their hash over canonical JSON."""
    months: list[Any] = app.services.appraisal.months()
    assert [month.id for month in months] == ["2026-10", "2026-09"]
    for month in months:
        first = date.fromisoformat(f"{month.id}-01")
        begin, end = first.isoformat(), (first + timedelta(days=31)).replace(day=1).isoformat()
        names = ("invited", "rated", "bad", "defaulted")
        figures: dict[str, Any] = {"month": month.id, "total": dict(zip(names, counted.total(begin, end), strict=True))}
        for group in ("staff", "window", "matter", "site"):
            lines = counted.figures(group, begin, end).items()
            figures[group] = {key: dict(zip(names, four, strict=True)) for key, four in lines}
        canonical = json.dumps(figures, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert dict(month.figures) == figures
        assert month.hash == hashlib.sha256(canonical.encode()).hexdigest()
        assert app.services.appraisal.recount(month) == (True, month.hash)
    return len(months)


async def counted_again(folder: Path, template: Path, ratings: int) -> dict[str, Any]:
    """Everything that screen 8 shows of so many ratings; what was compared, and how long it took."""
    hall, counted = await rated_hall(folder, template, ratings)
    try:
        given = sum(not rating["defaulted"] for rating in counted.ratings)
        assert sorted(counted.entries) == sorted(counted.bad)
        async with hall.sitting("0001", size=(120, 40)) as app:
            began = time.perf_counter()
            found = await screen_8(app)
            opened = time.perf_counter() - began
            await until(app, lambda: len(app.services.appraisal.months()) == 2)
            compared = every_period(found, counted)
            await seen(app, found, counted)
            months = frozen_months(app, counted)
            times = {length: reading(found, length) for length in LENGTHS}
        return {
            "ratings": given,
            "defaults": len(counted.ratings) - given,
            "bad": len(counted.bad),
            "entries": len(counted.entries),
            "figures_compared": compared,
            "months": months,
            "differences": 0,
            "screen_8_ms": round(opened * 1000),
            "read_ms": times,
        }
    finally:
        await hall.stop()


def reading(found: AnalysisScreen, length: str) -> float:
    """The median of five readings of a period, ms."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        found.service.read([RATING], Period.around(length, DAYS[-1]), "window")
        taken.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(taken), 1)


async def test_a_few_hundred_ratings_are_what_the_screens_show(tmp_path: Path, seeded_store: Path) -> None:
    told = await counted_again(tmp_path, seeded_store, 400)
    assert told["bad"] > 3
    assert told["defaults"] == 50


@pytest.mark.prove
async def test_forty_thousand_ratings_are_what_the_screens_show(
    tmp_path: Path, seeded_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = await counted_again(tmp_path, seeded_store, 40_000)
    assert told["ratings"] >= 39_900
    with capsys.disabled():
        print(json.dumps({"proof": "ratings recounted", **told}))
