"""双向快递 at screen 3: parcels of a case, what may lie in one, and the slip that is packed with it.

offered ─▶ contents ─▶ send ─▶ slip ─▶ printer | folder        arrive | fail, told when the carrier says so
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sync.calendar import day_of
from sync.errors import HallError
from sync.protocol.verbs import parcel as verbs
from sync.protocol.verbs.parcel import ParcelItem
from sync.records.states import Leg, ParcelState
from sync.rules.case.receipt import papers_of
from sync.rules.paper import known_as
from sync.rules.parcel import NOT_HERE, holds
from workstation import printer
from workstation.documents.filing import file_name
from workstation.documents.packing import PackingData, packing_pdf
from workstation.documents.render import shared_renderer
from workstation.locale import say
from workstation.views.delivery import last_carrier

if TYPE_CHECKING:
    from workstation.services.desk import Desk

WORDS = ("title_out", "title_back", "carrier", "tracking", "to", "from", "case", "n", "name", "copies", "sum", "check")


class ParcelService:
    """What screen 3 calls for parcels; `folder` takes the slips where there is no printer, `font_folder` is the
    machine's setting."""

    def __init__(
        self, desk: Desk, folder: Path, bureau: Callable[[], str], font_folder: Callable[[], str] = lambda: ""
    ) -> None:
        self.desk = desk
        self.folder = folder
        self._bureau = bureau
        self._font_folder = font_folder

    # -- what is shown ------------------------------------------------------------------------------------------------

    def of_case(self, case: str) -> list[Any]:
        """The parcels of a case, by the time of their sending."""
        return sorted(self.desk.rows("parcel", case=case), key=lambda each: (each.sent_at or 0, each.id))

    def delivering(self, case: str) -> Any:
        """The parcel on its way whose arrival delivers the decision; None without."""
        out = [each for each in self.of_case(case) if (each.leg, each.state) == (Leg.OUT, ParcelState.SENT)]
        return next((each for each in out if holds(each)), None)

    def papers(self, case: str) -> list[ParcelItem]:
        """What a delivery must hold: the decision and its licence."""
        row: Any = self.desk.row("case", case)
        titles = self.desk.setting("decision_titles")
        found = papers_of(row, self.desk.rows("document", case=case), titles) if row is not None else []
        return [ParcelItem(what="document", id=id, name=words) for id, words in found]

    def originals(self, case: str, leg: str) -> list[ParcelItem]:
        """The materials, outwards those that are here."""
        found = sorted(self.desk.rows("material", case=case), key=lambda each: each.ordinal)
        there = [each for each in found if leg == Leg.BACK or each.state not in NOT_HERE]
        return [ParcelItem(what="material", id=each.id, name=each.name) for each in there]

    def carrier(self) -> str:
        """Whom the last parcel went with."""
        return last_carrier(self.desk.read) or str(self.desk.setting("courier"))

    @property
    def today(self) -> str:
        """The hall's day."""
        return day_of(self.desk.clock.now())

    # -- what is done -------------------------------------------------------------------------------------------------

    def send(
        self, case: str, leg: str, carrier: str, tracking: str, receiver: str, contents: Sequence[ParcelItem]
    ) -> str:
        """Handed to the carrier; the parcel's id. Raises HallError `refusal.…`."""
        id = self.desk.new_id()
        args = verbs.Send(
            case=case, leg=leg, carrier=carrier, tracking=tracking, receiver=receiver, contents=list(contents)
        )
        self.desk.do(args, id=id, scope=self._scope(case))
        return id

    def arrive(self, parcel: Any, day: str) -> int:
        """It has arrived. Raises HallError `refusal.…`."""
        return self.desk.do(verbs.Arrive(case=parcel.case, day=day), id=parcel.id, scope=self._scope(parcel.case))

    def fail(self, parcel: Any, outcome: str, day: str, reason: str) -> int:
        """It came back, or is lost. Raises HallError `refusal.…`."""
        args = verbs.Fail(case=parcel.case, outcome=outcome, day=day, reason=reason)
        return self.desk.do(args, id=parcel.id, scope=self._scope(parcel.case))

    async def print(self, id: str) -> printer.Sent:
        """The slip that is packed with it. Raises HallError."""
        return await asyncio.to_thread(self._print, id)

    def _print(self, id: str) -> printer.Sent:
        parcel = self.desk.row("parcel", id)
        case = self.desk.row("case", parcel.case) if parcel is not None else None
        if parcel is None or case is None:
            raise HallError("issue.not_decided")
        data = PackingData(
            bureau=self._bureau(),
            leg=parcel.leg,
            carrier=parcel.carrier,
            tracking=parcel.tracking,
            receiver=parcel.receiver,
            case_number=known_as(case.number, case.scope) or "",
            contents=tuple((item["name"], item["copies"]) for item in parcel.contents or ()),
            words={name: say(f"parcel.slip.{name}") for name in WORDS},
            at=day_of(parcel.sent_at or 0),
            at_ms=parcel.sent_at or 0,
        )
        content = packing_pdf(shared_renderer(self._font_folder()), data)
        path = self.folder / f"parcel-{file_name(parcel.id)}.pdf"
        return printer.send_content(content, path, parcel.tracking, self.folder / "print")

    def _scope(self, case: str) -> str:
        row: Any = self.desk.row("case", case)
        if row is None:
            raise HallError("issue.not_decided")
        return str(row.scope)
