"""What was made public of a month, for everybody: the text that was let out, no other, no person, no small figure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from public_hall import NOW, RATING, Hall
from public_hall import text as plain
from test_browser import PHONE, RULES, browser, fits, opened

from sync.publicity import LEAST, text
from sync.records.settings import DEFAULTS
from tests.pictures import picture

__all__ = ["browser"]
WALL = {"width": 1920, "height": 1080}
MATTERS = {f"m{n}": f"事项名称较长的第{n}个办理事项" for n in range(12)}
FEW = {"m1": (3, 0), "m2": (40, 1), "m3": (4, 4), "m4": (90, 88)}


def figures(month: str = "2026-02") -> dict[str, Any]:
    """A month with many matters, some of which few people rated, or rated well, or badly."""
    counts = {key: FEW.get(key, (30 + 7 * n, 6 + n)) for n, key in enumerate(MATTERS)}
    lines = {key: {"invited": a + 5, "rated": a, "bad": b, "defaulted": 2} for key, (a, b) in counts.items()}
    total = {name: sum(line[name] for line in lines.values()) for name in ("invited", "rated", "bad", "defaulted")}
    return {"month": month, "total": total, "matter": lines, "site": {"hall": total}, "staff": {"0307": total}}


def put(hall: Hall, month: str = "2026-02", **columns: Any) -> str:
    said = text(
        figures(month), {"matter": MATTERS, "site": {"hall": "主大厅"}}, "样例大厅", DEFAULTS["publicity_words"]
    )
    told: dict[str, Any] = {"state": "approved", "text": said, "hash": hashlib.sha256(said.encode()).hexdigest()}
    told |= {"appraisal": "0" * 64, "drafted_by": "0101", "drafted_at": NOW, "decided_by": "0102", "decided_at": NOW}
    hall.put("publicity", month, RATING, **(told | columns))
    return said


def test_what_was_let_out_stands_there_word_for_word_and_nothing_else(hall: Hall) -> None:
    assert "还没有公示" in hall.get("/p").text
    put(hall, "2026-01", state="draft")
    put(hall, "2025-12", state="refused", reason="标题不对")
    assert "还没有公示" in hall.get("/p").text
    said = put(hall)
    put(hall, "2025-11")
    for path in ("/p", "/p/2026-02"):
        page = hall.get(path)
        for line in said.split("\n"):
            assert line.strip() in page.text, line
        assert hashlib.sha256(said.encode()).hexdigest() in page.text
        for secret in ("0101", "0102", "0307", "标题不对", "2026-01", "2025-12"):
            assert secret not in plain(page), secret
        assert 'href="/p/2025-11"' in page.text
        assert "<script" not in page.text
    assert "2025年11月" in hall.get("/p/2025-11").text
    assert 'href="/p"' in hall.get("/").text
    assert "Made public on 2026-03-02" in hall.get("/p?lang=en").text
    for absent in ("2026-01", "2025-12", "2024-01", "%00"):
        assert hall.get(f"/p/{absent}").status_code in (400, 404), absent


def test_a_text_that_is_not_the_approved_one_is_not_shown(hall: Hall) -> None:
    said = put(hall)
    put(hall, text=said.replace("满意率", "满意率约"), hash=hashlib.sha256(said.encode()).hexdigest())
    assert hall.get("/p/2026-02").status_code == 404
    assert "还没有公示" in hall.get("/p").text


def told(page: str) -> Iterator[tuple[str, int | None, int | None]]:
    """(name, rated, bad) of every line of the page; None where it is hidden."""
    for name, rated, bad in re.findall(r"(\S+?)：评价(\S+?)条，满意率\S+?，差评(\S+?)条", page):
        yield name, *(None if "不公布" in each else int(each) for each in (rated, bad))


def test_no_figure_below_five_stands_on_the_page_nor_can_be_worked_out(hall: Hall) -> None:
    put(hall)
    page = plain(hall.get("/p"))
    lines = list(told(page))
    assert len(lines) == len(MATTERS) + 1
    of_matters = {name: (rated, bad) for name, rated, bad in lines if name in MATTERS.values()}
    everything = figures()
    for each in (0, 1):
        shown = [pair[each] for pair in of_matters.values()]
        assert all(value is None or value >= LEAST for value in shown)
        total = everything["total"]["rated" if each == 0 else "bad"]
        hidden = total - sum(value for value in shown if value is not None)
        count = shown.count(None)
        assert count == 0 or (count >= 2 and hidden >= LEAST)
    for key, (rated, bad) in FEW.items():
        seen = of_matters[MATTERS[key]]
        assert seen[0] is None or rated >= LEAST
        assert seen[1] is None or (bad >= LEAST and rated - bad >= LEAST)
    assert not re.search(r"差评[0-4]条|评价[0-4]条", page)


@pytest.mark.parametrize(("name", "size"), [("phone", PHONE), ("wall", WALL)])
def test_it_is_read_on_a_phone_and_on_a_wall(
    hall: Hall, browser: Browser, tmp_path: Path, name: str, size: dict[str, int]
) -> None:
    put(hall)
    context = browser.new_context(viewport=size, java_script_enabled=False, locale="zh-CN")  # type: ignore[arg-type]
    page = opened(context, hall, "/p")
    picture(page, tmp_path, name)
    assert fits(page)
    box = page.locator(".public").bounding_box()
    assert box is not None
    if name == "wall":  # all of it without scrolling
        assert box["y"] + box["height"] <= size["height"]
    context.close()
    looked_at = browser.new_context(viewport=size, bypass_csp=True)  # type: ignore[arg-type]
    assert Axe().run(opened(looked_at, hall, "/p?lang=en"), options=RULES).response["violations"] == []
    looked_at.close()
