"""An app whose crash says nothing of a person: a redacted report, one sentence, the terminal restored. What an engine's
thread has to tell reaches the screen here too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from rich.text import Text

from sync.clock import Clock
from sync.sealed_log import frames
from workstation import crash
from workstation.journal import Journal
from workstation.keypump import KeyPump
from workstation.locale import say
from workstation.locations import Locations

FAULT = 70
"""The exit code of a defect (sysexits.h, EX_SOFTWARE)."""


class SealedApp(KeyPump):
    """Textual's own report would print local variables, and with them whatever a person has typed."""

    clock: Clock
    journal: Journal
    locations: Locations

    def _from_engine(self, work: Callable[[Any], None], news: Any) -> None:
        """From the engine's thread to the screen's; news for a terminal that is closing are dropped."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._on_screen, work, news)

    def _on_screen(self, work: Callable[[Any], None], news: Any) -> None:
        if self.is_running:
            with self._context():
                work(news)

    def _handle_exception(self, error: Exception) -> None:
        self._return_code = FAULT
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._fatal_error()

    def _fatal_error(self) -> None:
        """Textual would print local variables here, and with them whatever a person has typed."""
        error = self._exception
        path = crash.write(error, self.locations.crash_dir, self.clock.now()) if error is not None else None
        self.journal.write("crash", error=type(error).__name__)
        words = say("app.crashed", path=str(path)) if path else say("app.crashed_unwritten", error=type(error).__name__)
        self._exit_renderables.append(Text(words))
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        for renderable in self._exit_renderables[:1]:
            self.error_console.print(renderable)
        self._exit_renderables.clear()

    def _stray(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An error in a task nobody waits for: into the journal, type and place only."""
        error = context.get("exception")
        places = frames(error)[-1:] if isinstance(error, BaseException) else []
        self.journal.write("stray", error=type(error).__name__, frames=len(places))
