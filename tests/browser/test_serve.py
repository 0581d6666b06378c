"""`workstation serve` as a process on a real hall: its pages, who may open them, and that nothing comes of them."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

from tests.conftest import NeedsTool
from tests.fingers import thin
from tests.pictures import picture
from tests.screens.live_hall import PIN
from tests.screens.real_hall import RealHall

PAGES = ("/", "/ledger", "/ratings", "/ratings?by=staff", "/loads", "/yardstick", "/yardstick/minutes", "/audit")


def serve(hall: RealHall, data: Path, staff: str) -> subprocess.Popen[str]:
    """The command, its PIN from a pipe."""
    command = [sys.executable, "-m", "workstation", "serve", "--data", str(data), "--staff", staff, "--port", "0"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=hall.environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert process.stdin is not None
    process.stdin.write(f"{PIN}\n")
    process.stdin.flush()
    return process


def ready(process: subprocess.Popen[str]) -> str:
    """Where it listens."""
    assert process.stdout is not None
    told = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", told)
    assert found, told + (process.stderr.read() if process.stderr else "")
    return found[0]


def heads(hall: RealHall) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(f"file:{hall.store}?mode=ro", uri=True)) as store:
        return store.execute("SELECT scope, hash FROM head WHERE scope NOT LIKE '%:device' ORDER BY scope").fetchall()


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHall]:
    with RealHall(tmp_path_factory.mktemp("serve")) as hall:
        hall.give_out("m-change", 3)
        yield hall


class Links(HTMLParser):
    """Every address that a page makes a browser fetch or go to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset", "data")]


def test_pages_that_only_read_for_any_number_of_viewers(hall: RealHall) -> None:
    data = hall.terminal("the wall")
    before = heads(hall)
    process = serve(hall, data, "0001")
    try:
        with httpx.Client(base_url=ready(process), trust_env=False, timeout=60) as viewer:
            for path in PAGES:
                answer = viewer.get(path)
                assert answer.status_code == 200, path
                links = Links()
                links.feed(answer.text)
                assert not links.tags & {"script", "form", "iframe", "img", "object"}
                assert all(link.startswith("/") and not link.startswith("//") for link in links.found), links.found
                assert "default-src 'none'" in answer.headers["content-security-policy"]
                assert "{" not in re.sub(r"<[^>]+>", "", answer.text)
            assert "等候" in viewer.get("/").text
            assert viewer.get("/nothing").status_code == 404
            assert viewer.get("/yardstick/nothing").status_code == 404
            assert viewer.head("/").content == b""
            assert viewer.get("/", headers={"host": "elsewhere.example"}).status_code == 421
            assert viewer.get("/" + "x" * 600).status_code == 414
            for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
                assert viewer.request(method, "/", content=b"x").status_code == 501, method
        assert heads(hall) == before
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 143


def letters(page: Page) -> float:
    """The size of a page's letters, pixels: 32 of 1,080 lines are what a wall's reader needs at five metres."""
    return float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)"))


def test_every_page_fits_a_phone_and_a_wall_and_asks_for_nothing_outside(
    hall: RealHall, needs_tool: NeedsTool, tmp_path: Path
) -> None:
    chromium = needs_tool("chromium", "chromium")
    process = serve(hall, hall.terminal("a screen"), "0001")
    asked: list[str] = []
    try:
        url = ready(process)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for name, width, height in (("phone", 390, 844), ("wall", 1920, 1080)):
                context = browser.new_context(viewport={"width": width, "height": height})
                context.set_default_timeout(60_000)
                context.on("request", lambda request: asked.append(request.url))
                page = context.new_page()
                for n, path in enumerate(PAGES):
                    page.goto(url + path)
                    assert letters(page) >= (32 if name == "wall" else 15)
                    assert name == "wall" or not thin(page), (path, thin(page))
                    picture(page, tmp_path, f"{name}-{n}")
                    assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, path)
                    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('main'))"), (
                        name,
                        path,
                    )
                context.close()
            browser.close()
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert [each for each in asked if not each.startswith(url)] == []
    assert {each.removeprefix(url) for each in asked} >= {*PAGES, "/page.css"}


def test_who_is_more_than_a_supervisor_opens_no_pages(hall: RealHall) -> None:
    process = serve(hall, hall.terminal("another"), "0307")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "主管" in told
