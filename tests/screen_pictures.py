"""The pictures of screens in the documentation: the real terminal on a sample hall of now, drawn by Chromium.

python -m tests.screen_pictures docs/pictures
"""

from __future__ import annotations

import asyncio
import html
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.style import Style

from sync.clock import SystemClock
from tests.screens.live_hall import until
from tests.terminal.hall import press
from workstation.cells import width
from workstation.journal import Journal
from workstation.sample_hall import SampleHall
from workstation.settings import Settings
from workstation.terminal import Terminal, TerminalApp

SIZE = (100, 30)
SCREENS: Mapping[str, int] = {"overview": 6, "ratings": 8}
"""Each picture and its screen, as a supervisor sees it."""


CELL, LINE = 9, 20
"""Pixels. Each sign stands in a box of as many cells as it has: no font that a machine has need fit another."""
STYLE = f"""body {{ margin: 0; background: #0c0c0c; color: #d4d4d4; font: 15px "Noto Sans Mono", monospace; }}
p {{ margin: 0; height: {LINE}px; line-height: {LINE}px; white-space: pre; }}
i {{ display: inline-block; font-style: normal; text-align: center; height: {LINE}px; vertical-align: top; }}"""


def as_html(app: TerminalApp) -> str:
    """What stands on a terminal, cell by cell."""
    lines = []
    for strip in app.screen._compositor.render_strips():
        signs = [(sign, segment.style or Style()) for segment in strip for sign in segment.text]
        lines.append("".join(_sign(sign, style) for sign, style in signs))
    return f"<style>{STYLE}</style>{''.join(f'<p>{line}</p>' for line in lines)}"


def _sign(sign: str, style: Style) -> str:
    colours = [style.color, style.bgcolor]
    ink, ground = (colour.get_truecolor().hex if colour else "inherit" for colour in colours)
    weight = "bold" if style.bold else "normal"
    look = f"width:{CELL * width(sign)}px;color:{ink};background:{ground};font-weight:{weight}"
    return f'<i style="{look}">{html.escape(sign)}</i>'


async def drawn(folder: Path) -> dict[str, str]:
    """Each screen as HTML."""
    hall = SampleHall(folder)
    hall.make(1)
    person = next(each for each in hall.people() if each.role == "supervisor")
    with hall.serve() as process:
        place = await hall.free_terminal(process.url, 1)
        clock = SystemClock()
        terminal = Terminal(place.replica, process.url, place.key, place.locations, clock)
        journal = Journal(place.locations.journal_file, clock)
        app = TerminalApp(terminal, clock=clock, settings=Settings(), locations=place.locations, journal=journal)
        found = {}
        async with app.run_test(size=SIZE):
            await app.opened.wait()
            await app.sign_on(person.staff, person.pin)
            for name, number in SCREENS.items():
                app.goto(number)
                await press(app)
                await until(app, lambda: app.desk is not None and app.desk.engine.status.last_success_at)
                await until(app, lambda: all(worker.is_finished for worker in app.workers))
                await press(app)
                found[name] = as_html(app)
    return found


def main(to: Path) -> None:
    """Write them."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(drawn(Path(folder) / "hall"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE[0] * CELL, "height": SIZE[1] * LINE})
        for name, screen in found.items():
            page.set_content(screen)
            page.screenshot(path=to / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
