"""The Textual program: who is at the terminal, which screen is shown, and what every screen can do.

    cli ──▶ HallApp(clock, settings, locations, keymap, journal, screens, services) ──▶ run()
                │ painted: the rest of the program is loaded only now
                ├── goto(2, case_id=…)      change the screen; lock(), back()
                ├── ask(dialog)             a question, awaited
                ├── notice(key, …)          something happened while the person looks elsewhere
                ├── station, person         what the header says; what exists for whom
                └── screens/code_line, palette, help over any screen

The app knows no cases and no server: `services` is what the screens call, and `resolver` finds what the code line
asks for.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events
from textual.binding import Binding, BindingsMap, BindingType
from textual.screen import Screen

from sync.clock import Clock
from sync.errors import HallError
from workstation import copying, crash, locale
from workstation.actions.table import NOBODY, Person
from workstation.codes import Hit, Resolver
from workstation.journal import Journal
from workstation.keymap import Keymap
from workstation.locale import Phrase, say
from workstation.locations import Locations
from workstation.screens import SCREEN_CLASSES, frame_of, loaded
from workstation.screens.frame import Frame
from workstation.sealed import SealedApp
from workstation.settings import Settings
from workstation.widgets.header import Station
from workstation.widgets.status_line import StatusLine
from workstation.widgets.themes import THEMES

if TYPE_CHECKING:
    from workstation.widgets.dialog import Dialog

Answer = TypeVar("Answer")
NOTICE_S = 10.0


class HallApp(SealedApp):
    """The workstation. `services` is handed to the screens as it is; `screens` maps numbers to Frame classes or their
    names."""

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = []
    mark = ""  # what stands in the header whatever else is left out

    def __init__(
        self,
        *,
        clock: Clock,
        settings: Settings,
        locations: Locations,
        journal: Journal,
        keymap: Keymap | None = None,
        screens: Mapping[int, str | type[Frame]] = SCREEN_CLASSES,
        services: Any = None,
        resolver: Resolver | None = None,
        start: int = 0,
    ) -> None:
        self.clock = clock
        self.settings = settings
        self.locations = locations
        self.journal = journal
        self.keymap = keymap or Keymap()
        self.services = services
        self.resolver = resolver
        self.person: Person = NOBODY
        self.when_painted: list[Callable[[], Awaitable[None] | None]] = []
        self.when_locked: list[Callable[[], Awaitable[None] | None]] = []
        self._station = Station()
        self._screens_by_number = screens
        self._frames: dict[int, Frame] = {}
        self._start = start
        self._visited: list[int] = []
        self._notice: tuple[str, str] | None = None
        self._touched_at = clock.now()
        locale.use(settings.language)
        super().__init__()
        self.escape_ms = settings.escape_ms
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = THEMES[settings.theme].name
        self._bind()

    # -- what the screens use -----------------------------------------------------------------------------------------

    @property
    def program(self) -> str:
        """The program's name in the header."""
        return self.settings.hall_name or say("app.program")

    @property
    def station(self) -> Station:
        """What the header says of this terminal; set it and every screen shows it."""
        return self._station

    @station.setter
    def station(self, station: Station) -> None:
        self._station = station
        if (frame := self.top_frame) is not None:
            frame.show_header()

    @property
    def top_frame(self) -> Frame | None:
        """The screen shown, dialogs aside."""
        return next((screen for screen in reversed(self._screen_stack) if isinstance(screen, Frame)), None)

    def goto(self, number: int, **what: Any) -> None:
        """Show screen `number` and tell it what to show; dialogs close unanswered. Without a person only screen 0
        opens."""
        if number and self.person is NOBODY:
            self.say("app.sign_on_first")
            return
        try:
            frame = self._frame(number)
        except HallError as error:
            self.say((error.code, error.params))
            return
        self.close_dialogs()
        current = self.top_frame
        frame._arrival = what
        if current is frame:
            self.call_later(frame.on_screen_resume)
            return
        if current is not None:
            self._visited.append(current.NUMBER)
        self.journal.write("screen", number=number)
        self.switch_screen(frame)

    def back(self) -> None:
        """The screen before, if there is one besides the sign-on."""
        while self._visited:
            if number := self._visited.pop():
                current = self.top_frame
                self.goto(number)
                if current is not None and self._visited:
                    self._visited.pop()
                return

    def lock(self) -> None:
        """Back to screen 0: nobody is signed on, dialogs and the other screens are gone, drafts are in the local
        copy."""
        self.close_dialogs()
        self.person = NOBODY
        self._notice = None
        self._visited.clear()
        self.goto(0)
        self._visited.clear()
        for listener in self.when_locked:
            self._call(listener)
        self.call_after_refresh(self._forget_frames)

    async def ask(self, dialog: Dialog[Answer]) -> Answer | None:
        """Show `dialog` and wait for its answer; keys go to it meanwhile. None: Esc, or the terminal was locked."""
        answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self.push_screen(dialog, lambda given: None if answer.done() else answer.set_result(given))
        with self.aside():
            return await answer

    def say(self, key: Phrase, **params: object) -> None:
        """A hint on whatever is on top."""
        top = self.screen
        hint = getattr(top, "hint", None)
        if hint is not None:
            hint(key, **params)

    def notice(self, key: Phrase, *, tone: str = "notice", ring: bool = False, **params: object) -> None:
        """Something happened while the person looks elsewhere: shown on every screen for some seconds, with the bell if
        `ring`."""
        self._notice = (say(key, **params), tone)
        if ring and self.settings.bell:
            self.bell()
        if (frame := self.top_frame) is not None:
            self.show_notice(frame)
        notice = self._notice
        self.set_timer(NOTICE_S, lambda: self._notice_over(notice))

    def show_notice(self, frame: Frame) -> None:
        """Show the notice that is still fresh on a screen that comes up."""
        if self._notice is not None and frame.is_mounted:
            frame.query_one(StatusLine).say(*self._notice, seconds=NOTICE_S)

    def _notice_over(self, notice: tuple[str, str]) -> None:
        if self._notice is notice:
            self._notice = None

    def why_disabled(self, action_id: str) -> Phrase | None:
        """Why one of the app's own actions cannot be done now. Undo and export are the screens': `do_undo`, `do_export`
        there, with their own `why_disabled`."""
        frame = self.top_frame
        if action_id in ("app.undo", "app.export") and frame is not None:
            if not hasattr(frame, f"do_{action_id.partition('.')[2]}"):
                return frame.NO_UNDO if action_id == "app.undo" else "app.nothing_here"
            return frame.why_disabled(action_id)
        return None

    def work_or_done(self, frame: Frame, handler: Callable[[], object]) -> None:
        """Call a handler; if it is a coroutine, keys wait until it is over."""
        try:
            done = handler()
        except HallError as error:
            frame.hint((error.code, error.params))
            return
        if isawaitable(done):
            self.work(self._told(frame, done))

    async def _told(self, frame: Frame, done: Awaitable[object]) -> None:
        try:
            await done
        except HallError as error:
            frame.hint((error.code, error.params))
        frame.show_keys()

    # -- actions of every screen --------------------------------------------------------------------------------------

    def do_help(self) -> None:
        """F1."""
        self._over("workstation.screens.help:Help")

    def do_lock(self) -> None:
        """F12."""
        self.lock()

    def do_code_line(self) -> None:
        """Ctrl+G."""
        self._over("workstation.screens.code_line:CodeLine", self.resolver)

    def do_palette(self) -> None:
        """Ctrl+P."""
        self._over("workstation.screens.palette:Palette")

    def _over(self, screen: str, *more: Any) -> None:
        if (frame := self.top_frame) is not None:
            self.push_screen(loaded(screen)(frame, *more))

    def do_undo(self) -> object:
        """Ctrl+Z: the screen's own."""
        return self._screens_own("do_undo")

    def do_export(self) -> object:
        """Ctrl+E: the screen's own."""
        return self._screens_own("do_export")

    def _screens_own(self, name: str) -> object:
        own = getattr(self.top_frame, name, None)
        return own() if own is not None else None

    do_copy = copying.copy

    def do_back(self) -> None:
        """Esc: a screen that has something open closes it in `do_back`, else the screen before."""
        if not self._screens_own("do_back"):
            self.back()

    def do_quit(self) -> None:
        """Ctrl+Q."""
        self.exit()

    def open_hit(self, hit: Hit) -> None:
        """Go where the code line found something."""
        self.goto(hit.screen, **hit.what)

    def get_default_screen(self) -> Screen[Any]:
        """The first paint is the first screen, without an empty one before."""
        frame = self._frame(self._start)
        frame._arrival = {}
        # Textual gives its default screen no result callback, and switching from it would want to take one away.
        frame._push_result_callback(frame, None)
        return frame

    def on_mount(self) -> None:
        """The first screen is there: paint it, then do the rest."""
        self.start_pump()
        self.set_interval(1.0, self._tick)
        self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        gc.enable()
        gc.freeze()
        asyncio.get_running_loop().set_exception_handler(self._stray)
        for path in (reports := crash.unseen(self.locations.crash_dir)):
            self.journal.write("crash.told", code=f"at:{path.stem}")
        if reports:
            self.notice("app.crashed_before", count=len(reports))
            crash.mark_seen(reports)
        for problem in self.keymap.problems:
            self.notice(problem)
        for listener in self.when_painted:
            self._call(listener)

    def _call(self, listener: Callable[[], Awaitable[None] | None]) -> None:
        result = listener()
        if result is not None:
            self.run_worker(_awaited(result), exit_on_error=True)

    async def on_event(self, event: events.Event) -> None:
        """Remember when somebody was last there, for the lock by itself."""
        if isinstance(event, (events.Key, events.MouseDown)):
            self._touched_at = self.clock.now()
        await super().on_event(event)

    def _tick(self) -> None:
        idle_ms = self.clock.now() - self._touched_at
        if self.settings.lock_after_minutes and idle_ms >= self.settings.lock_after_minutes * 60_000:
            self._touched_at = self.clock.now()
            if self.person is not NOBODY:
                self.lock()
        if (frame := self.top_frame) is not None:
            frame.show_header()

    async def on_unmount(self) -> None:
        """Stop delivering keys."""
        await self.stop_pump()

    def close_dialogs(self) -> None:
        """Every dialog goes, unanswered."""
        while len(self._screen_stack) > 1:
            self.screen.dismiss(None)

    def remap(self, keymap: Keymap) -> None:
        """Other keys from now on (the file was saved)."""
        self.keymap = keymap
        self._bind()
        for frame in self._frames.values():
            frame.bind_keys(keymap)
            frame.show_keys()

    def _bind(self) -> None:
        """What works over dialogs too: lock and quit; and the digits, where nothing focused wants them."""
        bindings = [
            Binding(str(number), f"digit({number})", show=False) for number in self._screens_by_number if number
        ]
        for action_id, name in (("app.quit", "quit"), ("app.lock", "lock")):
            action = next(each for each in self.keymap.actions if each.id == action_id)
            bindings += [Binding(key, name, show=False, priority=True) for key in self.keymap.keys(action)]
        bindings.append(Binding("ctrl+c", "help_quit", show=False, system=True))
        self._bindings = BindingsMap(bindings)

    def action_digit(self, number: int) -> None:
        """A digit nobody wanted changes the screen; not under a dialog."""
        if isinstance(self.screen, Frame):
            self.goto(number)

    async def action_quit(self) -> None:
        """Ctrl+Q over anything."""
        self.do_quit()

    def action_lock(self) -> None:
        """F12 over anything."""
        if self.person is not NOBODY or not isinstance(self.screen, Frame):
            self.lock()

    def action_help_quit(self) -> None:
        """Ctrl+C is no way out: say which key is."""
        self.say("app.how_to_quit")

    def input_method_on(self) -> None:
        """A full-width key that nothing wanted."""
        self.say("app.input_method_on")

    def escape_pending(self, waiting: bool) -> None:
        """While Esc waits for its digit, say so."""
        if isinstance(frame := self.screen, Frame):
            if waiting:
                frame.hint("app.escape_pending", tone="dim")
            else:
                frame.query_one(StatusLine).clear()

    def _frame(self, number: int) -> Frame:
        frame = self._frames.get(number)
        if frame is None:
            frame = self._frames[number] = frame_of(number, self._screens_by_number)
            self.install_screen(frame, f"frame-{number}")
        return frame

    async def _forget_frames(self) -> None:
        for number, frame in list(self._frames.items()):
            if number and frame not in self._screen_stack:
                del self._frames[number]
                self.uninstall_screen(frame)
                if frame.is_running:
                    await frame.remove()


async def _awaited(result: Awaitable[None]) -> None:
    await result
