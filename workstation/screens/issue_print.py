"""F2 of screen 3: which paper, here or at a terminal, and after it whether the copy is good. F7: the blanks.

here      a licence: which blank ─▶ printer ─▶ good | spoiled (the blank is void)
terminal  a code of eight digits for the citizen, told or on a slip that the terminal's scanner reads
out       a copy that is on its way: confirm it, or void it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.errors import HallError
from workstation.locale import say
from workstation.printer import PrintFailed
from workstation.screens.frame import Frame
from workstation.screens.review_steps import wanted
from workstation.views.issue import IssueView
from workstation.views.papers import Paper
from workstation.views.printing import Copy, Stock, spaced
from workstation.widgets.dialog import Ask, Pick

if TYPE_CHECKING:
    from workstation.services.printing import PrintService

SERIAL = 24
LICENCE = "licence"


class IssuePrint(Frame):
    """Printing and blanks; the issuing screen is built on it."""

    view: IssueView | None = None

    @property
    def printing(self) -> PrintService:
        """What the screen calls for printing."""
        service: PrintService = self.hall.services.printing
        return service

    async def do_print(self) -> None:
        """F2: a paper that is signed, the decision first."""
        assert self.view is not None
        papers = {paper.id: paper for paper in self.view.papers if paper.state == "valid" and paper.sha256}
        first = self.view.decision.id if self.view.decision is not None else ""
        order = sorted(papers, key=lambda id: (id != first, papers[id].kind != LICENCE))
        options = [(id, f"{say(f'issue.paper.{papers[id].kind}')}  {papers[id].number}") for id in order]
        chosen = await self.ask(Pick(say("print.which"), options))
        if chosen is not None:
            await self._print(papers[str(chosen)])

    async def _print(self, paper: Paper) -> None:
        copy = self.printing.open_copy(paper)
        if copy is not None and not self.printing.here(copy):
            await self._settle(paper, copy)
            return
        options = [("here", say("print.here")), ("terminal", say("print.terminal"))]
        if copy is not None:
            options = [("here", say("print.go_on")), ("void", say("print.void"))]
        how = await self.ask(Pick(say(f"issue.paper.{paper.kind}"), options))
        if how == "here":
            await self._here(paper)
        elif how == "terminal":
            given = await self.printing.give_code(paper)
            options = [("told", say("print.told")), ("slip", say("print.slip"))]
            told = [say("print.code", code=spaced(given.code))]
            if await self.ask(Pick(say("print.terminal"), options, told)) == "slip":
                await self._slip(paper, given)
            else:
                self.hint("print.code_given", tone="good", code=spaced(given.code))
        elif how == "void" and copy is not None:
            await self._void(paper, copy)

    async def _slip(self, paper: Paper, copy: Copy) -> None:
        """The code on paper, for the terminal's scanner."""
        sent = await self.printing.slip(paper, copy)
        self.hint(f"issue.printed.{sent.how}", tone="good", where=sent.where)

    async def _here(self, paper: Paper) -> None:
        stock: Stock | None = None
        serial = ""
        if paper.kind == LICENCE:
            stock = self.printing.stock_for(paper)
            if stock is None:
                raise HallError("print.no_blanks")
            serial = await self._blank(stock)
            if not serial:
                return
        copy = await self.printing.begin(paper)
        self.status("print.printing")
        try:
            sent = await self.printing.send(paper)
        except PrintFailed as failure:
            await self.printing.fail(paper, copy, say((failure.code, failure.params)))
            raise
        await self.printing.printed(paper, copy, stock, serial)
        options = [("good", say("print.good")), ("spoiled", say("print.spoiled"))]
        told = [say(f"issue.printed.{sent.how}", where=sent.where)]
        answer = await self.ask(Pick(say("print.is_good"), options, told))
        if answer == "spoiled":
            await self.printing.fail(paper, copy, say("print.spoiled"))
            self.hint("print.voided", tone="warn")
        elif answer == "good":
            await self.printing.confirm(paper, copy)
            self.hint("print.confirmed", tone="good")
        else:  # asked again at the next F2
            self.hint("print.unanswered", tone="warn")

    async def _blank(self, stock: Stock) -> str:
        """The serial of the blank that lies in the printer; the lowest that is left, until somebody says another."""

        def check(serial: str) -> str | None:
            return None if self.printing.lies_there(stock, serial) else "print.not_there"

        label = say("print.serial", left=stock.left)
        answer = await self.ask(Ask(say("print.blank"), label, value=stock.following, limit=SERIAL, check=check))
        return answer or ""

    async def _settle(self, paper: Paper, copy: Copy) -> None:
        """A copy on its way: confirm or void it."""
        options = [("void", say("print.void"))]
        if copy.state == "printed":
            options.insert(0, ("good", say("print.good")))
        if copy.state == "given" and copy.code:
            options.append(("slip", say("print.slip")))
        code = spaced(copy.code) or "-"
        told = [say("print.out", copy=copy.copy_no, state=say(f"refusal.state_of.{copy.state}"), code=code)]
        how = await self.ask(Pick(say(f"issue.paper.{paper.kind}"), options, told))
        if how == "good":
            await self.printing.confirm(paper, copy)
            self.hint("print.confirmed", tone="good")
        elif how == "slip":
            await self._slip(paper, copy)
        elif how == "void":
            await self._void(paper, copy)

    async def _void(self, paper: Paper, copy: Copy) -> None:
        reason = await self.ask(Ask(say("print.void"), say("print.why"), limit=200, check=wanted))
        if reason:
            await self.printing.fail(paper, copy, reason)
            self.hint("print.voided", tone="warn")

    # -- blanks -------------------------------------------------------------------------------------------------------

    async def do_blanks(self) -> None:
        """F7: 空白证照 – what came in, what is left, one that is spoiled."""
        stocks = self.printing.stocks()
        told = [say("print.no_stock")]
        if stocks:
            told = [say("print.stock", **_counts(stock)) for stock in stocks]
            wrong = [stock for stock in stocks if not stock.adds_up]
            told.append(say("print.differs", place=wrong[0].place) if wrong else say("print.adds_up"))
        options = [("receive", say("print.receive"))]
        if any(stock.left for stock in stocks):
            options.append(("spoil", say("print.spoil_blank")))
        how = await self.ask(Pick(say("print.blanks"), options, told))
        if how == "receive":
            await self._receive_blanks()
        elif how == "spoil":
            await self._spoil_blank([stock for stock in stocks if stock.left])

    async def _receive_blanks(self) -> None:
        title, places = say("print.receive"), self.printing.places()
        options = [((over, place), _place(over, place)) for over, place in places]
        if not options:
            raise HallError("print.no_place")
        chosen: tuple[str, str] | None = options[0][0]
        if len(options) > 1:
            chosen = await self.ask(Pick(say("print.where"), options))
        if chosen is None:
            return
        first = await self.ask(Ask(title, say("print.first"), limit=SERIAL, check=wanted))
        if not first:
            return
        last = await self.ask(Ask(title, say("print.last"), limit=SERIAL, check=wanted))
        if last:
            await self.printing.receive_blanks(*chosen, first, last)
            self.hint("print.received", tone="good", first=first.upper(), last=last.upper())

    async def _spoil_blank(self, stocks: list[Stock]) -> None:
        title = say("print.spoil_blank")
        options = [(stock.id, _place(stock.scope, stock.place)) for stock in stocks]
        chosen = options[0][0] if len(options) == 1 else await self.ask(Pick(title, options))
        stock = next((each for each in stocks if each.id == chosen), None)
        serial = await self._blank(stock) if stock is not None else ""
        reason: str | None = ""
        if serial:
            reason = await self.ask(Ask(title, say("print.why"), limit=200, check=wanted))
        if stock is not None and serial and reason:
            await self.printing.void_blank(stock, serial, reason)
            self.hint("print.blank_voided", tone="warn", serial=serial.upper())


def _counts(stock: Stock) -> dict[str, object]:
    return {
        "place": _place(stock.scope, stock.place),
        "received": stock.received,
        "used": stock.used,
        "void": stock.void,
        "left": stock.left,
    }


def _place(scope: str, place: str) -> str:
    """`registration w03`; a terminal by its number."""
    return f"{scope.rpartition('/')[2].rpartition(':')[2]} {place}"
