"""The bell at whom a window is asked for, on whatever screen: who pauses at it, and who sits at none.

window_request rows ──▶ resume of one's own window   ring   "值班长请恢复叫号"
                    ──▶ open, and one sits nowhere   ring   "值班长请开窗口04"
"""

from __future__ import annotations

from typing import Any

from workstation.services.desk import Desk
from workstation.views.requests import Wanted, asked_of, wanted
from workstation.window_words import window_words

STAFF = ("clerk", "grid")
TABLES = frozenset({"*", "window_request"})


class WindowBell:
    """A watcher of the services."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._rung: set[tuple[str, str]] = set()

    def watch(self, app: Any, tables: frozenset[str]) -> None:
        """Rows have changed: ring for what is new. Called on the app's thread."""
        for each in self.due() if tables & TABLES else ():
            app.notice(f"queue.wanted.{each.kind}", ring=True, window=window_words(each.label), matter=each.matter)

    def due(self) -> list[Wanted]:
        """What has to be heard now; it counts as heard from then on."""
        person = self.desk.person
        if person is None:
            return []
        there = asked_of(wanted(self.desk.read, person.scopes("queue", *STAFF)), self.desk.window)
        found = [each for each in there if (person.staff, each.id) not in self._rung]
        self._rung.update((person.staff, each.id) for each in found)
        return found
