"""The shell of a terminal for citizens: its pages, its keys, its keeper.

    copy opened ─▶ keeper's number ─▶ PIN ─▶ first page ─▶ pages of the purpose ─▶ … ─▶ first page
                                               Ctrl+Q ─▶ PIN ─▶ the program ends

Digits, Backspace, Enter, and Ctrl+Q for the keeper: nothing else does anything, but where a page takes text. There is
no palette, no other screen and no way out but the PIN. A scanner that types is a fast person: its signs and its Enter
come in one burst. Where digits are asked for, an address is read at its Enter by the page, if that can (`Page.scan`);
where a page waits for one key of several, a burst that no such page could want is let go by as a whole. What is typed
while an answer is at work goes nowhere, and what nobody goes on typing is forgotten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Digits, Static

from sync.clock import Clock
from sync.errors import HallError
from sync.pin import pin_matches_now
from workstation import settings
from workstation.journal import Journal
from workstation.kiosk.page import TYPING_SECONDS, Page, Purpose, message
from workstation.locale import Phrase, say
from workstation.locations import Locations
from workstation.sealed import SealedApp

if TYPE_CHECKING:
    from sync.device_key import DeviceKey
    from sync.replica.engine import Engine, Status
    from workstation.services.desk import Desk

STAFF_DIGITS, PIN_DIGITS = 12, 12
SCAN_SIGNS = 300
SIGNS_OF_AN_ADDRESS = frozenset("/#=:")
FREE_TRIES, WAIT_MS = 5, 60_000
BURST_SECONDS = 0.5
SHOWN_TEXT = 6
ROLE = "kiosk"


class KioskApp(SealedApp):
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
    ) -> None:
        super().__init__()
        self.escape_ms = 0
        self.clock, self.locations = clock, locations
        self.journal = Journal(locations.journal_file, clock)
        self.desk: Desk | None = None
        self.purpose: Purpose | None = None
        self.page = Page("kiosk.opening")
        self.typed = ""
        self.burst = ""  # all that was typed since the page came, letters too
        self.busy = True
        self.at_first = False
        self.trouble: HallError | None = None
        self._of = purpose
        self._replica, self._server, self._key, self._erase = replica, server, key, erase
        self._given = staff, pin
        self._timer: Timer | None = None
        self._hold: Timer | None = None
        self._wrong: list[int] = []
        self._gone = False
        self._burst_until = 0.0

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
            self.trouble = error
            self.exit(return_code=1)
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

    def _changed(self, _tables: set[str]) -> None:
        if self.at_first and not self.typed and not self.burst:  # `first` may show what is in the copy
            self._show(None)

    def _status(self, status: Status) -> None:
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
        purpose.again = lambda: self._changed(set())
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
            self.exit(return_code=0)
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

    async def on_key(self, event: events.Key) -> None:
        """Digits and Enter, and what a page takes as text; everything else is nothing."""
        event.stop()
        event.prevent_default()
        page, sign = self.page, event.character or ""
        if self.busy:
            return
        if not (page.digits or page.text or page.keys):
            if event.key == "enter" or sign.isdigit() or (self._of.SCANS and _readable(sign)):
                self._show(None)
                self._take(sign)
        elif page.hold:
            self._choose(event.key, sign)
        elif page.keys:
            self._one_of(page.keys, sign)
        elif event.key == "enter":
            self._entered()
        elif event.key == "backspace":
            self.burst = self.burst[:-1]
            self._type(self.typed[:-1])
        else:
            self._take(sign)

    def _one_of(self, keys: str, sign: str) -> None:
        """A key of these; not one of a burst, which began with something else: somebody scanned at the wrong moment."""
        now = asyncio.get_running_loop().time()
        if now < self._burst_until or (_readable(sign) and sign not in keys):
            self._burst_until = now + BURST_SECONDS
        elif sign and sign in keys:
            self._answer(sign)

    def _take(self, sign: str) -> None:
        page = self.page
        digit = sign.isascii() and sign.isdigit()
        if page.scan is not None and _readable(sign):
            self.burst = (self.burst + sign)[-SCAN_SIGNS:]
            typed = self.typed + sign if digit and len(self.typed) < page.digits else self.typed
            self._type("" if self._address() else typed)
        elif (_readable(sign) if page.text else digit) and len(self.typed) < max(page.digits, page.text):
            self._type(self.typed + sign)

    def _entered(self) -> None:
        """Enter: an address that a scanner typed, else the digits."""
        typed, page = self.typed, self.page
        if page.scan is not None and self._address():
            typed = page.scan(self.burst)
            if not typed:
                self._show(message("kiosk.other_code", "bad"))
                return
        if typed:
            self._answer(typed)

    def _address(self) -> bool:
        return bool(SIGNS_OF_AN_ADDRESS & set(self.burst))

    def _choose(self, key: str, sign: str) -> None:
        """A key of a page that holds: it answers when nothing follows, or Enter alone."""
        if key != "enter":
            self.burst += sign
        if self._hold is not None:
            self._hold.stop()
        self._hold = self.set_timer(self.page.hold, self._chosen) if key != "enter" else None
        if key == "enter":
            self._chosen()

    def _chosen(self) -> None:
        burst, self.burst = self.burst, ""
        if not self.busy and len(burst) == 1 and burst in self.page.keys:
            self._answer(burst)

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
        self._show(after)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def _show(self, page: Page | None) -> None:
        """A page that takes keys; None is the first one."""
        self.at_first = page is None and self.purpose is not None
        if page is None:
            page = self.purpose.first() if self.purpose is not None else self._keeper()
        self.busy = False
        self._put(page)

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


def _readable(sign: str) -> bool:
    return len(sign) == 1 and sign.isascii() and sign.isprintable()
