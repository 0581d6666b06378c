"""What is typed at a terminal for citizens, by a person or by a scanner.

Digits, Backspace, Enter, and Ctrl+Q for the keeper: nothing else does anything, but where a page takes text. A scanner
that types is a fast person: its signs and its Enter come in one burst. Where digits are asked for, an address is read
at its Enter by the page, if that can (`Page.scan`); where a page waits for one key of several, a burst that no such
page could want is let go by as a whole. What is typed while an answer is at work goes nowhere.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod

from textual import events
from textual.timer import Timer

from workstation.kiosk.page import Page, message
from workstation.sealed import SealedApp

SCAN_SIGNS = 300
SIGNS_OF_AN_ADDRESS = frozenset("/#=:")
BURST_SECONDS = 0.5


class Keys(SealedApp):
    """The shell's keys; what comes of them is the shell's."""

    page: Page

    def __init__(self, *, scans: bool) -> None:
        super().__init__()
        self.scans = scans  # whether the first page takes text
        self.typed = ""
        self.burst = ""  # all that was typed since the page came, letters too
        self.busy = True
        self._hold: Timer | None = None
        self._burst_until = 0.0

    @abstractmethod
    def _show(self, page: Page | None) -> None:
        """Another page, or the first one."""

    @abstractmethod
    def _answer(self, typed: str) -> None:
        """What was typed is said."""

    @abstractmethod
    def _type(self, text: str) -> None:
        """So much is typed by now."""

    async def on_key(self, event: events.Key) -> None:
        """Digits and Enter, and what a page takes as text; everything else is nothing."""
        event.stop()
        event.prevent_default()
        page, sign = self.page, event.character or ""
        if self.busy:
            return
        if not (page.digits or page.text or page.keys):
            if event.key == "enter" or sign.isdigit() or (self.scans and _readable(sign)):
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


def _readable(sign: str) -> bool:
    return len(sign) == 1 and sign.isascii() and sign.isprintable()
