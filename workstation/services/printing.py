"""Printing at a window: a copy by its authorisation, the code for a terminal, the blanks.

begin(paper) ─▶ right (given and taken here) ─▶ send ─▶ printer | folder ─▶ printed (blank serial) ─▶ confirm
                                                  └ the printer failed ─▶ fail, the right may be given anew  └▶ fail
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sync.calendar import day_of
from sync.errors import HallError
from sync.protocol.verbs import printing as verbs
from sync.records.states import PrintState
from workstation import printer
from workstation.documents.filing import Filing, file_name
from workstation.documents.render import shared_renderer
from workstation.documents.slip import SlipData, slip_pdf
from workstation.hours import hhmm
from workstation.locale import say
from workstation.views import printing as view
from workstation.views.papers import Paper
from workstation.views.printing import Copy, Stock
from workstation.views.worklist import scopes_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workstation.services.desk import Desk

WINDOW = ("clerk", "grid")
OPEN = (PrintState.GIVEN, PrintState.TAKEN, PrintState.PRINTED)


class PrintService:
    """What screen 3 calls for F2 and for the blanks. `content` gives a signed file by its hash."""

    def __init__(
        self,
        desk: Desk,
        filing: Filing,
        content: Callable[[str], Awaitable[bytes]],
        *,
        bureau: Callable[[], str] = lambda: "",
        font_folder: Callable[[], str] = lambda: "",
    ) -> None:
        self.desk = desk
        self.filing = filing
        self._content = content
        self._bureau, self._font_folder = bureau, font_folder

    # -- what is shown ------------------------------------------------------------------------------------------------

    def open_copy(self, paper: Paper) -> Copy | None:
        """The copy that is on its way, if one is: there is one at a time."""
        return next((each for each in view.copies(self.desk.read, paper.id) if each.state in OPEN), None)

    def here(self, copy: Copy) -> bool:
        """Whether this machine took it and has not printed it."""
        return copy.state == PrintState.TAKEN and copy.device == self.desk.store.device

    def stocks(self) -> list[Stock]:
        """The blanks of the scopes in which the person works."""
        return view.stocks(self.desk.read, sorted({scope for scope, _ in self.places()}))

    def stock_for(self, paper: Paper) -> Stock | None:
        """Where the blank for a licence comes from: this window's or site's stock, else any of the scope."""
        scope = self._scope(paper)
        kept = [each for each in self.stocks() if each.scope == scope and each.following]
        return next((each for each in kept if each.place == self.place), kept[0] if kept else None)

    def lies_there(self, stock: Stock, serial: str) -> bool:
        """Whether a blank with this serial lies in the stock."""
        return view.lies_there(self.desk.read, stock.id, serial.strip().upper())

    @property
    def place(self) -> str:
        """The place whose blanks are printed on here: the window, or the person's site without one."""
        return self.desk.window or self.desk.me.site

    def places(self) -> list[tuple[str, str]]:
        """(scope, place) for which the person keeps blanks: offices and sites at this window, and for the duty manager
        each terminal for citizens, whose place is the number that it signs on with."""
        me = self.desk.me
        found = [(over, self.place) for over in scopes_of(me.grants, *WINDOW)]
        for over in me.scopes("print", "duty"):
            found += [(over, each.staff) for each in self.desk.rows("role_assignment", role="kiosk", over=over)]
        return found

    # -- a copy -------------------------------------------------------------------------------------------------------

    async def begin(self, paper: Paper) -> Copy:
        """The right to print a copy here; one that was begun here before goes on. Raises HallError `refusal.…`."""
        copy = self.open_copy(paper)
        if copy is None or not self.here(copy):
            await self._give(paper, "window")
            copy = self.open_copy(paper)
        assert copy is not None
        return copy

    async def give_code(self, paper: Paper) -> Copy:
        """A copy for a terminal: its `code` is told to the citizen. Raises HallError `refusal.…`."""
        await self._give(paper, "kiosk")
        copy = self.open_copy(paper)
        assert copy is not None
        return copy

    async def slip(self, paper: Paper, copy: Copy) -> printer.Sent:
        """取件单: the code to be scanned at a terminal, out of this machine's printer. No name stands on it. Raises
        HallError `print.…`."""
        return await asyncio.to_thread(self._slip, paper, copy)

    def _slip(self, paper: Paper, copy: Copy) -> printer.Sent:
        now = self.desk.clock.now()
        data = SlipData(
            hall=self._bureau(),
            number=view.spaced(copy.code),
            matters=(say(f"issue.paper.{paper.kind}"),),
            told=(paper.number,),
            bring=(),
            address=copy.code,
            words={name: say(f"print.slip.{name}") for name in ("scan", "lapses")},
            at=f"{day_of(now)} {hhmm(now)}",
            at_ms=now,
        )
        content = slip_pdf(shared_renderer(self._font_folder()), data)
        path = self.filing.folder / f"pick-up-{file_name(copy.id)}.pdf"
        return printer.send_content(content, path, say("print.slip.title"), self.filing.folder / "print")

    async def send(self, paper: Paper) -> printer.Sent:
        """Out of the printer, or into the folder. Raises HallError `print.…`."""
        content = await self._content(paper.sha256)
        return await asyncio.to_thread(self._send, paper, content)

    def _send(self, paper: Paper, content: bytes) -> printer.Sent:
        path = self.filing.path_of(paper.number)
        if not path.exists():
            path = self.filing.keep(paper.number, content)
        return printer.send(path, path.stem, self.filing.folder / "print")

    async def printed(self, paper: Paper, copy: Copy, stock: Stock | None = None, serial: str = "") -> None:
        """It has left the printer; a licence on this blank."""
        blank = {"stock": stock.id, "serial": serial.strip().upper()} if stock is not None else {}
        await self._say(paper, copy, verbs.Printed(**blank))

    async def confirm(self, paper: Paper, copy: Copy) -> None:
        """The copy is good."""
        await self._say(paper, copy, verbs.ConfirmPrint())

    async def fail(self, paper: Paper, copy: Copy, reason: str) -> None:
        """The copy is spoiled or will not be printed; its blank is void."""
        now = next((each for each in view.copies(self.desk.read, paper.id) if each.id == copy.id), copy)
        args = verbs.FailPrint(reason=reason[:200], stock=now.stock or None, serial=now.serial or None)
        await self._say(paper, copy, args)

    # -- blanks -------------------------------------------------------------------------------------------------------

    async def receive_blanks(self, scope: str, place: str, first: str, last: str) -> None:
        """空白证照 have come in for a place. Raises HallError `refusal.…`."""
        args = verbs.ReceiveBlanks(range=self.desk.new_id(), first=first, last=last)
        await self._online(args, id=f"{scope}/{place}", scope=scope)

    async def void_blank(self, stock: Stock, serial: str, reason: str) -> None:
        """A blank is spoiled. Raises HallError `refusal.…`."""
        args = verbs.VoidBlank(serial=serial.strip().upper(), reason=reason)
        await self.desk.ask(args, id=stock.id, scope=stock.scope)

    # -- inside -------------------------------------------------------------------------------------------------------

    async def _give(self, paper: Paper, channel: str) -> None:
        args = verbs.GivePrint(document=paper.id, channel=channel)
        await self._online(args, id=self.desk.new_id(), scope=self._scope(paper))

    async def _online(self, args: Any, *, id: str, scope: str) -> None:
        """What only the centre gives: without it the person is told at once."""
        if not self.desk.engine.status.online:
            raise HallError("print.no_network")
        await self.desk.ask(args, id=id, scope=scope)

    async def _say(self, paper: Paper, copy: Copy, args: Any) -> None:
        """The paper is out: what became of it is said with the network or without it."""
        if not self.desk.engine.status.online:
            self.desk.do(args, id=copy.id, scope=self._scope(paper))
            return
        try:
            await self.desk.ask(args, id=copy.id, scope=self._scope(paper))
        except HallError as error:
            if error.code == "sync.no_answer_withdrawn":
                self.desk.do(args, id=copy.id, scope=self._scope(paper))
            elif error.code != "sync.no_answer":  # it waits in the outbox
                raise

    def _scope(self, paper: Paper) -> str:
        row: Any = self.desk.row("document", paper.id)
        if row is None:
            raise HallError("issue.not_prepared")
        return str(row.scope)
