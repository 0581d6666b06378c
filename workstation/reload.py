"""Keymap and settings as they are saved: whoever edits keys.toml or settings.toml sees it on the running terminal.

    watchfiles ─ something moved ─┐
    every half second without ────┴─▶ is a file another than before? ─▶ read ─▶ on_keys(keymap)
                                                                            └─▶ on_settings(settings, problems)

The watcher is a thread of its own; watchfiles is imported in it, after the first paint. Both callbacks come from that
thread. `apply` then puts settings into force, and says which of them wait for the next start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from workstation import settings as settings_file
from workstation.keymap import Keymap
from workstation.locale import Phrase, say
from workstation.locations import Locations
from workstation.settings import Settings
from workstation.widgets.themes import THEMES

if TYPE_CHECKING:
    from workstation.app import HallApp

DEBOUNCE_MS = 200
STEP_MS = 50
LOOK_MS = 500
AT_START = ("language", "server")
"""Settings that a running terminal does not change."""
NOT_READ = ("settings.broken", "settings.unreadable")

Seal = tuple[int, int, int] | None


class Reload:
    """Watches the two files from `start` to `stop`."""

    def __init__(
        self,
        locations: Locations,
        on_keys: Callable[[Keymap], None],
        on_settings: Callable[[Settings, list[Phrase]], None],
    ) -> None:
        self._folder = locations.config
        self._files: dict[Path, Callable[[Path], None]] = {
            locations.keys_file: lambda path: on_keys(Keymap.read(path)),
            locations.settings_file: lambda path: on_settings(*settings_file.read(path)),
        }
        self._seals = {path: _seal(path) for path in self._files}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._main, name="reload", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _main(self) -> None:
        from watchfiles import watch

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for _ in watch(
                self._folder,
                stop_event=self._stop,
                debounce=DEBOUNCE_MS,
                step=STEP_MS,
                rust_timeout=LOOK_MS,
                yield_on_timeout=True,
                recursive=False,
                raise_interrupt=False,
            ):
                self._look()
        except OSError:  # no folder to watch, or the system's watches are used up: looking is enough
            while not self._stop.wait(LOOK_MS / 1000):
                self._look()

    def _look(self) -> None:
        for path, read in self._files.items():
            if (seal := _seal(path)) != self._seals[path]:
                self._seals[path] = seal
                read(path)


def _seal(path: Path) -> Seal:
    """By which another file is known from the one before; an editor that saves by renaming changes the inode."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def apply(app: HallApp, settings: Settings, problems: list[Phrase]) -> None:
    """Put settings into force on a running app; a file that cannot be read leaves everything as it is."""
    if any(problem[0] in NOT_READ for problem in problems if isinstance(problem, tuple)):
        told(app, problems)
        return
    waiting = [name for name in AT_START if getattr(settings, name) != getattr(app.settings, name)]
    app.settings = settings
    app.escape_ms = settings.escape_ms
    app.theme = THEMES[settings.theme].name
    if (frame := app.top_frame) is not None:
        frame.draw_lines(settings.lines)  # the others draw theirs when they come
        frame.show_header()
    if problems:
        told(app, problems)
    elif waiting:
        app.notice("settings.at_next_start", names=", ".join(waiting))
    else:
        app.notice("settings.applied")


def rekey(app: HallApp, keymap: Keymap) -> None:
    """Other keys on a running app; what could not be taken is told."""
    app.remap(keymap)
    for problem in keymap.problems:
        app.notice(problem)
    if not keymap.problems:
        app.notice("keys.applied")


def told(app: HallApp, problems: list[Phrase]) -> None:
    """All problems in one notice: the first in words, the others counted."""
    if len(problems) > 1:
        app.notice("settings.problems", first=say(problems[0]), more=len(problems) - 1)
    elif problems:
        app.notice(problems[0])
