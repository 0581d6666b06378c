"""Keys and settings as they are saved: what is in force at once, what waits, what is told, and that the thread ends."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "terminal"))
from hall import SmallHall, in_hall, press, small_hall, text

from workstation.keymap import Keymap
from workstation.locale import Phrase
from workstation.locations import Locations, locate
from workstation.reload import Reload, apply, rekey
from workstation.settings import Settings

DEADLINE_S = 30.0


class Saved:
    """What a watcher has told of, and a way to wait for more."""

    def __init__(self, locations: Locations) -> None:
        self.keymaps: list[Keymap] = []
        self.settings: list[tuple[Settings, list[Phrase]]] = []
        self._news = threading.Condition()
        self.reload = Reload(locations, self._keys, self._settings)

    def _keys(self, keymap: Keymap) -> None:
        with self._news:
            self.keymaps.append(keymap)
            self._news.notify_all()

    def _settings(self, settings: Settings, problems: list[Phrase]) -> None:
        with self._news:
            self.settings.append((settings, problems))
            self._news.notify_all()

    def wait(self, condition: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(condition, DEADLINE_S)


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    return Saved(locate(tmp_path))


def test_a_saved_file_is_told_however_it_is_saved(saved: Saved, tmp_path: Path) -> None:
    places = locate(tmp_path)
    saved.reload.start()
    try:
        places.config.mkdir(parents=True, exist_ok=True)  # the watcher may have made it already
        places.settings_file.write_text('theme = "light"\n')
        saved.wait(lambda: any(settings.theme == "light" for settings, _ in saved.settings))
        part = places.config / "settings.new"  # as editors do: written beside, then renamed over
        part.write_text('theme = "contrast"\nnothing = 1\n')
        part.replace(places.settings_file)
        saved.wait(lambda: saved.settings[-1][0].theme == "contrast")
        assert [problem[0] for problem in saved.settings[-1][1]] == ["settings.unknown"]
        places.keys_file.write_text('"queue.call_next" = "ctrl+n"\n')
        saved.wait(lambda: bool(saved.keymaps) and "queue.call_next" in saved.keymaps[-1].changed)
        places.settings_file.unlink()  # taken away: all defaults
        saved.wait(lambda: saved.settings[-1] == (Settings(), []))
    finally:
        saved.reload.stop()
    assert not any(thread.name == "reload" for thread in threading.enumerate())


def test_a_folder_that_cannot_be_made_is_looked_at_all_the_same(tmp_path: Path) -> None:
    blocked = tmp_path / "config"
    blocked.write_text("a file where the folder should be")
    saved = Saved(locate(tmp_path))
    saved.reload.start()
    try:
        blocked.unlink()
        blocked.mkdir()
        (blocked / "keys.toml").write_text('"queue.call_next" = "ctrl+n"\n')
        saved.wait(lambda: bool(saved.keymaps))
    finally:
        saved.reload.stop()


def test_a_watcher_that_never_began_stops(saved: Saved) -> None:
    saved.reload.stop()


async def settled(app: SmallHall) -> str:
    await press(app)
    await asyncio.sleep(0)
    return "\n".join(text(app))


async def test_theme_bell_and_escape_change_at_once(tmp_path: Path) -> None:
    async with in_hall(app=small_hall(tmp_path)) as (app, pilot):
        before = app.theme
        apply(app, Settings(theme="light", bell=False, escape_ms=0, hall_name="某某大厅"), [])
        await pilot.pause()
        assert app.theme != before
        assert app.escape_ms == 0
        assert not app.settings.bell
        shown = "\n".join(text(app))
        assert "某某大厅" in shown
        assert "设置已生效" in shown


async def test_what_waits_for_the_next_start_is_named(tmp_path: Path) -> None:
    async with in_hall(app=small_hall(tmp_path)) as (app, pilot):
        apply(app, Settings(language="en", server="https://hall.example"), [])
        await pilot.pause()
        shown = "\n".join(text(app))
        assert "language, server" in shown
        assert "下次打开时生效" in shown


async def test_a_broken_file_leaves_the_settings_as_they_are(tmp_path: Path) -> None:
    async with in_hall(app=small_hall(tmp_path, theme="contrast")) as (app, pilot):
        theme = app.theme
        apply(app, Settings(), [("settings.broken", {"path": "settings.toml", "reason": "line 3"})])
        await pilot.pause()
        assert app.theme == theme
        assert app.settings.theme == "contrast"
        assert "格式有误" in "\n".join(text(app))


async def test_several_problems_are_counted(tmp_path: Path) -> None:
    async with in_hall(app=small_hall(tmp_path)) as (app, pilot):
        wrong: list[Phrase] = [("settings.unknown", {"path": name}) for name in ("one", "two", "three")]
        apply(app, Settings(bell=False), wrong)
        await pilot.pause()
        assert "one" in "\n".join(text(app))
        assert "另有 2 处" in "\n".join(text(app))
        assert not app.settings.bell  # the right ones hold


async def test_keys_change_on_the_screen_that_is_up(tmp_path: Path) -> None:
    async with in_hall(app=small_hall(tmp_path)) as (app, _pilot):
        rekey(app, Keymap({"queue.call_next": "ctrl+n"}))
        await press(app, "ctrl+n", *"000123", "enter")
        assert app.queue.called == ["000123"]
        await press(app, "f2")
        assert app.queue.called == ["000123"]
        rekey(app, Keymap({"queue.call_next": "m"}))  # a plain letter: not taken, the built-in key is back
        await press(app, "f2", *"000124", "enter")
        assert app.queue.called == ["000123", "000124"]


def test_a_clock_is_not_needed(tmp_path: Path) -> None:
    """Two saves within the clock's grain differ by size or inode."""
    from workstation.reload import _seal

    path = tmp_path / "x"
    assert _seal(path) is None
    path.write_text("a")
    one = _seal(path)
    path.write_text("ab")
    assert _seal(path) != one
