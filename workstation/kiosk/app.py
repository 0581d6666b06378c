"""The shell of a terminal for citizens: its pages, its keys, its keeper.

    copy opened ─▶ keeper's number ─▶ PIN ─▶ first page ─▶ pages of the purpose ─▶ … ─▶ first page
                                               Ctrl+Q ─▶ PIN ─▶ the program ends

There is no palette, no other screen and no way out but the PIN. What nobody goes on typing (keys.py) is forgotten.

A damaged copy shuts the terminal: citizens read where to go and are led no further; behind it there may be a shell, so
it ends by the PIN alone, and then says what was unsent and the way out. Before a keeper has signed on it ends at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Digits, Static

from sync.clock import Clock
from sync.errors import HallError, StoreError
from sync.pin import pin_matches_now
from workstation import settings
from workstation.damaged import UNREADABLE, ending, of_the_copy
from workstation.journal import Journal
from workstation.kiosk.keys import Keys
from workstation.kiosk.page import TYPING_SECONDS, Page, Purpose, message
from workstation.locale import Phrase, say
from workstation.locations import Locations

if TYPE_CHECKING:
    from sync.device_key import DeviceKey
    from sync.replica.engine import Engine, Status
    from workstation.services.desk import Desk

STAFF_DIGITS, PIN_DIGITS = 12, 12
FREE_TRIES, WAIT_MS = 5, 60_000
SHOWN_TEXT = 6
ROLE = "kiosk"


class KioskApp(Keys):
    """One terminal. `staff` and `pin` sign its keeper on without being typed."""

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    CSS = """
    Screen { align: center middle; background: #10202c; color: #ffffff; }
    #kiosk { width: 76; height: auto; max-height: 100%; }
    #kiosk Static, #typed { width: 100%; text-align: center; height: auto; }
    #title { color: #9fd3ff; text-style: bold; margin-bottom: 1; }
    #words { text-style: bold; margin: 1 0; }
    #typed { color: #ffffff; margin: 1 0; }
    #note { color: #b7c6d1; }
    #link { dock: bottom; width: 100%; height: 1; text-align: center; display: none; }
    #link.-off { display: block; color: #10202c; background: #ffcf70; }
    .-good #words { color: #8ee29b; }
    .-bad #words { color: #ff9c8f; }
    """

    def __init__(
        self,
        purpose: type[Purpose],
        *,
        replica: Path,
        server: str,
        key: Callable[[], DeviceKey],
        locations: Locations,
        clock: Clock,
        erase: Callable[[], None] = lambda: None,
        staff: str = "",
        pin: str = "",
        sample: bool = False,
    ) -> None:
        super().__init__(scans=purpose.SCANS)
        self.escape_ms = 0
        self.clock, self.locations = clock, locations
        self.journal = Journal(locations.journal_file, clock)
        self.desk: Desk | None = None
        self.purpose: Purpose | None = None
        self.page = Page("kiosk.opening")
        self.at_first = False
        self.trouble: HallError | None = None
        self._of = purpose
        self._replica, self._server, self._key, self._erase = replica, server, key, erase
        self._given, self._sample = (staff, pin), sample
        self._timer: Timer | None = None
        self._wrong: list[int] = []
        self._gone = False

    def compose(self) -> ComposeResult:
        """Title, what to do, what was typed, what may be chosen, what happens next; below, the network."""
        with Vertical(id="kiosk"):
            yield Static(say(self._of.TITLE), id="title", markup=False)
            yield Static("", id="words", markup=False)
            yield Digits("", id="typed")
            yield Static("", id="lines", markup=False)
            yield Static("", id="note", markup=False)
        yield Static(say(self._of.OFFLINE), id="link", markup=False)

    # -- opening and closing ------------------------------------------------------------------------------------------

    async def on_mount(self) -> None:
        """The first paint; then the copy."""
        self.start_pump()
        asyncio.get_running_loop().set_exception_handler(self._stray)
        self._put(self.page)
        self.run_worker(self._begin())

    async def _begin(self) -> None:
        try:
            self.desk = await asyncio.to_thread(self._open_desk)
        except HallError as error:
            self._shut(error)
            return
        staff, pin = self._given
        if staff and pin:
            await self._go(self._sign_on(staff, pin))
        else:
            self._show(self._keeper())

    def _open_desk(self) -> Desk:
        from sync.replica.engine import Engine
        from sync.replica.store import ReplicaStore
        from workstation.services.desk import Desk

        key = self._key()
        store = ReplicaStore(self._replica, key.replica)
        engine: Engine = Engine(
            store,
            self._server,
            self.clock,
            on_change=lambda tables: self._from_engine(self._changed, tables),
            on_status=lambda status: self._from_engine(self._status, status),
            on_revoked=lambda unsent: self._from_engine(self._revoked, unsent),
            on_session=lambda opened: self._from_engine(self._session, opened),
            key=key,
        )
        engine.start()
        return Desk(store, engine, self.clock, key)

    async def on_unmount(self) -> None:
        """Close the copy; what is in the outbox stays there."""
        await self.stop_pump()
        if self.purpose is not None:
            await self.purpose.end()
        if self.desk is not None:
            await asyncio.to_thread(self.desk.engine.stop)
            self.desk.store.close()
        if self._gone:
            await asyncio.to_thread(self._erase)

    def _shut(self, trouble: HallError) -> None:
        """Nothing can be done here any more, and why is said to the keeper."""
        if self.trouble is not None:
            return
        self.journal.write("trouble", code=trouble.code)
        from workstation.documents.filing import Filing

        store, papers = self.desk.store if self.desk is not None else None, Filing(self.locations.data / "documents")
        self.trouble = ending(trouble, self._replica, store, papers, sample=self._sample)
        if self.purpose is None:
            self.exit(return_code=1)
        elif not self.busy:
            self._show(None)

    def _of_the_copy(self, error: Exception) -> bool:
        """Whether an error came of the copy; then the terminal is shut."""
        found = of_the_copy(error, self._replica)
        if found is not None:
            self._shut(found)
        return found is not None

    def _failed(self, error: Exception) -> None:
        """Something nobody waits for went wrong."""
        if not self._of_the_copy(error):
            self._stray(asyncio.get_running_loop(), {"exception": error})

    def _changed(self, _tables: set[str]) -> None:
        if self.at_first and not self.typed and not self.burst:  # `first` may show what is in the copy
            self._show(None)

    def _status(self, status: Status) -> None:
        if status.trouble == UNREADABLE:  # no page here may be hurt, yet nothing comes in any more
            self._shut(StoreError(UNREADABLE, path=str(self._replica)))
        self.query_one("#link").set_class(not status.online and bool(status.trouble), "-off")

    def _session(self, opened: Any) -> None:
        if self.desk is not None:
            self.desk.keep_verifier(opened)
            self.desk.resume(opened)

    def _revoked(self, unsent: int) -> None:
        self._gone = True
        self.trouble = HallError("signon.revoked_erased", count=unsent)
        self.exit(return_code=1)

    # -- the keeper ---------------------------------------------------------------------------------------------------

    def _keeper(self, note: Phrase = "") -> Page:
        async def number(staff: str) -> Page:
            return Page("kiosk.pin", digits=PIN_DIGITS, secret=True, answer=lambda pin: self._sign_on(staff, pin))

        return Page("kiosk.keeper", note=note, digits=STAFF_DIGITS, answer=number)

    async def _sign_on(self, staff: str, pin: str) -> Page | None:
        """The terminal's own number and PIN; a person's are refused, since citizens would stand at their work."""
        assert self.desk is not None
        try:
            person = await asyncio.to_thread(self.desk.sign_on, staff, pin)
        except HallError as error:
            return self._keeper((error.code, error.params))
        if person.roles != {ROLE} or not person.scopes(self._of.OVER):
            self.desk.sign_off()
            return self._keeper("kiosk.no_terminal")
        purpose = self._of(self.desk, self.locations.data / "kiosk", self._put)
        purpose.font_folder = lambda: settings.read(self.locations.settings_file)[0].font_folder
        purpose.again, purpose.failed = lambda: self._changed(set()), self._failed
        await purpose.begin()
        self.purpose = purpose
        return None

    async def _leave(self, pin: str) -> Page | None:
        assert self.desk is not None
        now = self.clock.now()
        found = self.desk.read("SELECT verifier FROM verifier WHERE staff = ?", (self.desk.me.staff,))
        right = False
        if found:
            right = await asyncio.to_thread(pin_matches_now, found[0]["verifier"], pin)
        if right:
            self.exit(return_code=0 if self.trouble is None else 1)
            return Page("kiosk.closing")
        self._wrong = [at for at in self._wrong if now - at < WAIT_MS] + [now]
        return None

    # -- keys ---------------------------------------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """Ctrl+Q: the keeper, by the PIN. Too many wrong ones, and it is not asked for a minute."""
        recent = [at for at in self._wrong if self.clock.now() - at < WAIT_MS]
        if self.purpose is not None and not self.busy and len(recent) < FREE_TRIES:
            self._show(
                Page(
                    "kiosk.pin_to_leave",
                    note="kiosk.only_keeper",
                    digits=PIN_DIGITS,
                    secret=True,
                    seconds=TYPING_SECONDS,
                    answer=self._leave,
                )
            )

    def action_help_quit(self) -> None:
        """Ctrl+C neither ends it nor says how."""

    def _answer(self, typed: str) -> None:
        answer = self.page.answer
        if answer is not None:
            self.busy = True
            self.run_worker(self._go(answer(typed)))

    async def _go(self, answer: Any) -> None:
        """Until the answer is there keys do nothing; what goes wrong is said, and then the first page comes."""
        self.busy, self.at_first = True, False
        self._put(Page("kiosk.looking"))
        try:
            after = await answer
        except HallError as error:
            self.journal.write("trouble", code=error.code)
            after = message((error.code, error.params), "bad")
        except Exception as error:
            if not self._of_the_copy(error):
                raise
            after = None
        self._show(after)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def _show(self, page: Page | None) -> None:
        """A page that takes keys; None is the first one. One that is shut shows what an answer has come to, and the
        keeper's page, but leads to nothing else."""
        if page is not None and self.trouble is not None and page.answer not in (None, self._leave):
            page = None
        shown = page or self._first()
        self.at_first = page is None and self.purpose is not None and self.trouble is None
        self.busy = False
        self._put(shown)

    def _first(self) -> Page:
        if self.purpose is not None and self.trouble is None:
            try:
                return self.purpose.first()
            except Exception as error:
                if not self._of_the_copy(error):
                    raise
        return self._keeper() if self.trouble is None else Page("kiosk.shut", tone="bad")

    def _put(self, page: Page) -> None:
        self.page, self.burst = page, ""
        if self._hold is not None:
            self._hold.stop()
            self._hold = None
        self.query_one("#kiosk").set_class(page.tone == "good", "-good").set_class(page.tone == "bad", "-bad")
        self.query_one("#words", Static).update(say(page.words))
        self.query_one("#lines", Static).update("\n".join(page.lines))
        self.query_one("#note", Static).update(say(page.note) if page.note else "")
        self._type("")

    def _type(self, text: str) -> None:
        """Show what was typed, in fours; the clock of the page begins anew."""
        self.typed, page = text, self.page
        shown = "-" * len(text) if page.secret else f"{text[:4]} {text[4:]}".strip()
        if page.text:  # a long one was scanned: it opens its holder's page, and is nobody else's to read
            shown = text.upper() if len(text) <= SHOWN_TEXT else "- - -"
        self.query_one("#typed", Digits).update(shown or page.big or ("- - - -" if page.digits or page.text else ""))
        if self._timer is not None:
            self._timer.stop()
        seconds = page.seconds or (TYPING_SECONDS if (text or self.burst) and self.purpose is not None else 0)
        self._timer = self.set_timer(seconds, self._over) if seconds else None

    def _over(self) -> None:
        """Whoever it was has gone."""
        after = self.page.after
        self._show(after() if after is not None else None)
