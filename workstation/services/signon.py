"""Signing on at a terminal and sitting down at a window.

sign_on(staff, pin) ─▶ the server's session, or the verifier kept here
take_window("03")   ─▶ one's own session there goes on   (after a lock, a crash, an evening)
                    ─▶ window.open                       (the server is asked; without it, by preview)
leave()             ─▶ window.close, also by the person who has just locked the screen
"""

from __future__ import annotations

import asyncio
import unicodedata

from sync.errors import HallError
from sync.protocol.verbs.ticket import CloseWindow, OpenWindow
from workstation.services.desk import Desk, SignedOn
from workstation.views import signon as view
from workstation.views.signon import WindowChoice
from workstation.window_words import window_words

FIRST_PULL_SECONDS = 20.0
AT_WINDOW = frozenset({"clerk", "grid"})


class SignOnService:
    """What screen 0 calls."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def windows(self, staff: str = "") -> list[WindowChoice]:
        """Windows of the person's site; of all sites while nobody known is named."""
        return view.windows(self.desk.read, view.site_of(self.desk.read, staff))

    def last_window(self, staff: str = "") -> str:
        """The label to offer."""
        return view.last_window(self.desk.read, staff)

    async def sign_on(self, staff: str, pin: str) -> SignedOn:
        """Raises HallError `signon.<code>`. Once it returns, the copy holds what the person's roles reach."""
        person = await asyncio.to_thread(self.desk.sign_on, staff, pin)
        if not person.offline:
            reached = {over for _, over in person.grants} | {self.desk.scope("base")}
            await asyncio.to_thread(self.desk.engine.wait_held, reached, FIRST_PULL_SECONDS)
        return person

    async def take_window(self, label: str) -> str:
        """Sit down; the window's label, empty where the person needs none. Raises HallError `refusal.<code>`,
        `signon.no_such_window`."""
        desk, me = self.desk, self.desk.me
        desk.window = desk.window_session = None
        if not AT_WINDOW & me.roles:
            return ""
        label = plain(label)
        mine = view.own_session(desk.read, me.staff, desk.store.device)
        known = view.windows(desk.read)
        if not label:
            if mine is None:
                return ""
            return self._sit(next(window for window in known if window.id == mine[1]), mine[0])
        window = next((each for each in known if each.site == me.site and plain(each.label) == label), None)
        if window is None:
            raise HallError("signon.no_such_window", window=window_words(label))
        if mine is not None and mine[1] == window.id:
            return self._sit(window, mine[0])
        if mine is not None:
            await self._close(mine[0], me)
        left = desk.left
        if left is not None and (window.by, window.device) == (left.staff, desk.store.device):
            await self._close(window.session, left)  # handed over at this very machine
        session = desk.new_id()
        scope = str(desk.row("window", window.id).queue_scope)
        if desk.engine.status.online:
            await desk.ask(OpenWindow(window=window.id), id=session, scope=scope)
        else:
            desk.do(OpenWindow(window=window.id), id=session, scope=scope)
        return self._sit(window, session)

    def _sit(self, window: WindowChoice, session: str) -> str:
        self.desk.window, self.desk.window_session = window.id, session
        self.desk.save_draft(view.LAST_WINDOW, {"label": window.label})
        return window.label

    async def leave(self) -> bool:
        """签退: the window session of the person here, or of the one who locked the screen, ends. False: there is
        none. Raises HallError `refusal.<code>`."""
        person = self.desk.person or self.desk.left
        if person is None:
            return False
        mine = view.own_session(self.desk.read, person.staff, self.desk.store.device)
        if mine is None:
            return False
        await self._close(mine[0], person)
        self.desk.window = self.desk.window_session = None
        self.desk.engine.sit(None)
        return True

    async def _close(self, session: str, by: SignedOn) -> None:
        desk = self.desk
        row = desk.row("window_session", session)
        if desk.engine.status.online:
            await desk.ask(CloseWindow(), id=session, scope=row.scope, by=by)
        else:
            desk.do(CloseWindow(), id=session, scope=row.scope, by=by)


def plain(label: str) -> str:
    """A window's label as it is compared: full-width digits, a leading zero and blanks do not matter."""
    return unicodedata.normalize("NFKC", label).strip().lstrip("0")
