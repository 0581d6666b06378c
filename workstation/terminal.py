"""Opens the terminal: the app is painted first, then the local copy and the engine open in a thread while the person
types a PIN; from then on the engine's news reach whatever screen is up.

    run() ─▶ HallApp ─painted─▶ open replica, start engine ─▶ app.services
                                   │ on_change(tables) ─▶ screen.changed(tables)
                                   └ on_status(status) ─▶ header
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sync.clock import Clock
from sync.errors import HallError, StoreError
from workstation import settings as settings_file
from workstation.actions.table import Person
from workstation.app import HallApp
from workstation.damaged import UNREADABLE, ending, of_the_copy
from workstation.journal import Journal
from workstation.keymap import Keymap
from workstation.launch import launch
from workstation.locale import Phrase, say
from workstation.locations import Locations
from workstation.widgets.header import Station
from workstation.window_words import window_words

if TYPE_CHECKING:
    from sync.device_key import DeviceKey
    from sync.protocol.messages import SessionOpened
    from sync.replica.engine import Engine, Status
    from workstation.reload import Reload
    from workstation.services.desk import Desk

FIRST_SCREENS = {"clerk": 2, "approver": 2, "callback": 4, "grid": 5, "duty": 6, "supervisor": 6, "admin": 7}
ORDER_OF_ROLES = (*FIRST_SCREENS, "kiosk")


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody of the sample hall, listed at screen 0 with the PIN."""

    role: str
    staff: str
    name: str
    pin: str
    window: str = ""


@dataclass(frozen=True, slots=True)
class Terminal:
    """What a terminal opens on. `people` and `sign_on_as` (a staff number) are the demo's; `erase` takes everything
    from this machine, its key first, once the server has said that it is not taken any more; `passphrase` is the
    seal key's, where it was given at the start."""

    replica: Path
    server: str
    key: Callable[[], DeviceKey]
    locations: Locations
    clock: Clock
    people: tuple[DemoPerson, ...] = ()
    sign_on_as: str = ""
    erase: Callable[[], None] = lambda: None
    passphrase: str = field(default="", repr=False)


class TerminalApp(HallApp):
    """The workstation with its copy and engine behind it."""

    def __init__(self, terminal: Terminal, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.terminal = terminal
        self.mark = say("app.demo_mark") if terminal.people else ""  # on every screen of a sample hall
        self.desk: Desk | None = None
        self.trouble: HallError | None = None
        self.opened = asyncio.Event()
        self._reload: Reload | None = None
        self._gone = False  # the server takes nothing from this machine any more: what is here goes
        self.problems: list[Phrase] = []  # of the settings' file, told once painted
        self.when_painted.append(self._open)
        self.when_locked.append(self._left)

    async def _open(self) -> None:
        """Load the rest of the program, open the copy, start the engine."""
        from workstation.reload import told

        told(self, self.problems)
        try:
            self.desk = await asyncio.to_thread(self._open_desk)
        except HallError as error:
            self._end(error)
            return
        from workstation.reload import Reload, apply, rekey
        from workstation.services.suite import Services

        self.services = Services(self.desk, self.locations, lambda: self.settings)
        self.services.papers.seal.given = self.terminal.passphrase
        self.when_locked.append(self.services.viewer.empty)
        self.resolver = self.services.find.resolve
        self._reload = Reload(
            self.locations,
            on_keys=lambda keymap: self._from_engine(lambda found: rekey(self, found), keymap),
            on_settings=lambda *read: self._from_engine(lambda found: apply(self, *found), read),
        )
        self._reload.start()
        self.opened.set()
        self._changed({"*"})
        await self._begin_as()

    def _handle_exception(self, error: Exception) -> None:
        """A local copy that cannot be read or written in the middle of the work is no defect of the program: it is said
        as at the start. What was saved is as safe as the file."""
        found = None if self.trouble is not None else of_the_copy(error, self.terminal.replica)
        if found is None:
            super()._handle_exception(error)
            return
        self._end(found)

    def _end(self, trouble: HallError) -> None:
        """Nothing can be done here any more: the terminal closes, and says why. Of a damaged copy also what was unsent
        in it, and the way out."""
        if self.trouble is not None:
            return
        self.journal.write("trouble", code=trouble.code)
        store = self.desk.store if self.desk is not None else None
        filing = self.services.papers.filing if self.services is not None else None
        self.trouble = ending(trouble, self.terminal.replica, store, filing, sample=bool(self.terminal.people))
        self.exit(return_code=1)

    async def _begin_as(self) -> None:
        """The demo was told who sits down: they sign on as if their line had been chosen."""
        person = next((each for each in self.terminal.people if each.staff == self.terminal.sign_on_as), None)
        if person is not None:
            try:
                await self.sign_on(person.staff, person.pin, person.window)
            except HallError as error:
                self.notice((error.code, error.params))

    async def sign_on(self, staff: str, pin: str, window: str = "") -> None:
        """Sign a person on, seat them at the window with this label, and show the screen of their role. Raises
        HallError `signon.…`, or why the window could not be taken; nobody is signed on then."""
        await self.opened.wait()
        assert self.desk is not None
        left = self.desk.left
        signed_on = await self.services.signon.sign_on(staff, pin)
        try:
            label = await self.services.signon.take_window(window)
        except HallError:
            self.desk.sign_off()
            self.desk.left = left
            raise
        self.person = Person(signed_on.staff, signed_on.roles, read_only=signed_on.roles <= {"supervisor"})
        self.station = replace(self.station, who=self._who(label))
        self.goto(self._first_screen(bool(label)))
        self.call_after_refresh(self._changed, {"*"})  # the watchers look once the first rows are there
        if signed_on.offline:
            self.notice("signon.offline")

    def sync_now(self) -> None:
        """A person wants the exchange at once."""
        if self.desk is not None:
            self.desk.engine.nudge()

    def _who(self, window: str) -> str:
        assert self.desk is not None
        me = self.desk.me
        if window:
            return say("signon.at_window", window=window_words(window), staff=me.staff)
        role = min(me.roles, key=ORDER_OF_ROLES.index) if me.roles else ""
        return f"{say(f'signon.role.{role}')} {me.staff}" if role else me.staff

    def _first_screen(self, at_window: bool) -> int:
        """The screen of the person's role."""
        roles = self.person.roles
        if at_window and roles & {"clerk", "duty"}:
            return 1
        role = next((each for each in ORDER_OF_ROLES if each in roles), "admin")
        return FIRST_SCREENS[role]

    def _left(self) -> None:
        """Nobody is here any more; the window session and the drafts stay."""
        if self.desk is not None:
            self.desk.sign_off()
        self.station = replace(self.station, who="")

    def _open_desk(self) -> Desk:
        from sync.replica.engine import Engine
        from sync.replica.store import ReplicaStore
        from workstation.services.desk import Desk

        key = self.terminal.key()
        store = ReplicaStore(self.terminal.replica, key.replica)
        engine: Engine = Engine(
            store,
            self.terminal.server,
            self.clock,
            on_change=lambda tables: self._from_engine(self._changed, tables),
            on_status=lambda status: self._from_engine(self._show_status, status),
            on_session=lambda opened: self._from_engine(self._session, opened),
            on_revoked=lambda unsent: self._from_engine(self._revoked, unsent),
            key=key,
        )
        engine.start()
        desk = Desk(store, engine, self.clock, key)
        desk.on_outbox = lambda: self._from_engine(self._show_status, engine.status)
        return desk

    def rows_changed(self, tables: frozenset[str]) -> None:
        """A service has something new to show."""
        self._changed(set(tables))

    def _changed(self, tables: set[str]) -> None:
        """Rows have changed: the screen that is up reads its own again; of a terminal that ends, none."""
        if self.desk is None or not self.is_running:
            return
        self._show_status(self.desk.engine.status)
        for watcher in getattr(self.services, "watchers", ()):
            watcher(self, frozenset(tables))
        if (frame := self.top_frame) is not None and frame.is_mounted:
            changed = getattr(frame, "changed", None)
            if changed is not None:
                changed(frozenset(tables))
                frame.show_keys()

    def _show_status(self, status: Status) -> None:
        if self.desk is None:
            return
        if status.trouble == UNREADABLE:  # no page of the screens may be hurt, yet nothing comes in any more
            self._end(StoreError(UNREADABLE, path=str(self.terminal.replica)))
            return
        words = "app.link_ok" if status.online and not status.trouble else "app.link_off"
        if status.trouble and status.online:
            words = "app.link_trouble"
        elif not status.online and not status.trouble:
            words = ""  # nobody has tried yet
        self.station = Station(
            who=self.station.who,
            state=words,
            pending=self.desk.store.pending(),
            data_at=status.last_success_at or None,
            tone="" if words in ("", "app.link_ok") else "warn",
        )

    def _session(self, opened: SessionOpened) -> None:
        """The server has opened the session that was begun without it."""
        if self.desk is not None:
            self.desk.keep_verifier(opened)
            self.desk.resume(opened)

    def _revoked(self, unsent: int) -> None:
        """The last push was heard: the terminal closes, and nothing stays on this machine."""
        self._gone = True
        self._end(HallError("signon.revoked_erased", count=unsent))

    async def on_unmount(self) -> None:
        """Stop the engine and close the copy; what is in the outbox stays there."""
        await super().on_unmount()
        if self._reload is not None:
            await asyncio.to_thread(self._reload.stop)
        if self.services is not None:
            await self.services.close()
        if self.desk is not None:
            await asyncio.to_thread(self.desk.engine.stop)
            self.desk.store.close()
        if self._gone:
            await asyncio.to_thread(self.terminal.erase)


def run(terminal: Terminal) -> int:
    """Open the terminal and stay until the person leaves; the exit code. Raises HallError what kept it from opening."""
    opened: list[TerminalApp] = []

    def build() -> TerminalApp:
        settings, problems = settings_file.read(terminal.locations.settings_file)
        app = TerminalApp(
            terminal,
            clock=terminal.clock,
            settings=settings,
            locations=terminal.locations,
            journal=Journal(terminal.locations.journal_file, terminal.clock),
            keymap=Keymap.read(terminal.locations.keys_file),
        )
        app.problems += problems
        opened.append(app)
        return app

    code = launch(build)
    if opened and opened[0].trouble is not None:
        raise opened[0].trouble
    return code
