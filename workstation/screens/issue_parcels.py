"""Parcels at screen 3: the one that delivers (F9, 邮寄送达), and F10 for all of a case, both ways.

F9   none on its way: contents, carrier, number ─▶ the slip      on its way: arrived | came back | lost
F10  the parcels of the case; a new one out with originals, or one that the citizen sends back
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sync.errors import HallError
from sync.records.states import Leg, ParcelState
from workstation.locale import say
from workstation.printer import PrintFailed
from workstation.screens.issue_delivery import LONGEST, IssueDelivery
from workstation.screens.review_steps import wanted
from workstation.widgets.dialog import Ask, Pick
from workstation.widgets.lines import Line

if TYPE_CHECKING:
    from sync.protocol.verbs.parcel import ParcelItem
    from workstation.services.parcels import ParcelService

MOST = 40


class IssueParcels(IssueDelivery):
    """Parcels; the issuing screen is built on it."""

    @property
    def parcels(self) -> ParcelService:
        """What the screen calls for parcels."""
        service: ParcelService = self.hall.services.parcels
        return service

    async def do_parcels(self) -> None:
        """F10: 邮件."""
        assert self.view is not None
        case = self.view.case.id
        found = [each for each in self.parcels.of_case(case) if each.state == ParcelState.SENT]
        options: list[tuple[Any, str]] = [(each.id, parcel_words(each)) for each in found]
        options += [(leg.value, say(f"parcel.new_{leg}")) for leg in Leg]
        told = [parcel_words(each) for each in self.parcels.of_case(case) if each.state != ParcelState.SENT]
        chosen = await self.ask(Pick(say("issue.parcels"), options, told))
        if chosen is None:
            return
        parcel = next((each for each in found if each.id == chosen), None)
        if parcel is not None:
            await self._ends(parcel)
        else:
            await self._send(case, str(chosen), [])

    async def by_courier(self, case: str) -> None:
        """邮寄送达: send it, or say what became of it."""
        parcel = self.parcels.delivering(case)
        if parcel is not None:
            await self._ends(parcel)
        else:
            await self._send(case, Leg.OUT.value, self.parcels.papers(case))

    # -- a new one ----------------------------------------------------------------------------------------------------

    async def _send(self, case: str, leg: str, contents: list[ParcelItem]) -> None:
        assert self.view is not None
        title = say(f"parcel.new_{leg}")
        packed = await self._pack(case, leg, contents)
        if not packed:
            return
        applicant = self.view.case.applicant
        told: list[str] = []
        for key, offered in (("carrier", self.parcels.carrier()), ("tracking", ""), (f"who_{leg}", applicant)):
            answer = await self.ask(Ask(title, say(f"parcel.{key}"), value=offered, limit=LONGEST, check=wanted))
            if not answer:
                return
            told.append(answer)
        carrier, tracking, receiver = told
        id = self.parcels.send(case, leg, carrier, tracking, receiver, packed)
        self.changed(frozenset({"parcel"}))
        self.hint("parcel.sent_now", tone="good", tracking=tracking)
        if leg == Leg.OUT:
            await self._print_slip(id)

    async def _pack(self, case: str, leg: str, contents: list[ParcelItem]) -> list[ParcelItem]:
        """The contents, a line at a time; empty where somebody thought better of it."""
        from sync.protocol.verbs.parcel import ParcelItem as Item

        papers = self.parcels.papers(case) if leg == Leg.OUT else []
        offered = [*papers, *self.parcels.originals(case, leg)]
        packed = list(contents)
        while len(packed) < MOST:
            left = [item for item in offered if item.id not in {each.id for each in packed}]
            options: list[tuple[Any, str]] = [("done", say("parcel.packed", count=len(packed)))] if packed else []
            options += [("other", say("parcel.other")), *((item, item.name) for item in left)]
            told = [f"  {n}. {item.name}" for n, item in enumerate(packed, 1)]
            chosen = await self.ask(Pick(say("parcel.contents"), options, told))
            if chosen is None:
                return []
            if chosen == "done":
                break
            if chosen == "other":
                name = await self.ask(Ask(say("parcel.other"), say("parcel.what"), limit=LONGEST, check=wanted))
                packed += [Item(what="other", name=name)] if name else []
            else:
                packed.append(chosen)
        return packed

    async def _print_slip(self, id: str) -> None:
        self.status("print.printing")
        try:
            sent = await self.parcels.print(id)
        except PrintFailed as failure:
            raise HallError(failure.code, **failure.params) from None
        self.status(f"issue.printed.{sent.how}", where=sent.where)

    # -- what became of one -------------------------------------------------------------------------------------------

    async def _ends(self, parcel: Any) -> None:
        assert self.view is not None
        options = [(name, say(f"parcel.{name}")) for name in ("arrived", "returned", "lost")]
        if parcel.leg == Leg.OUT:
            options.append(("slip", say("parcel.slip")))
        how = await self.ask(Pick(parcel_words(parcel), options, content_words(parcel)))
        if how is None:
            return
        if how == "slip":
            await self._print_slip(parcel.id)
            return
        title = say(f"parcel.{how}")
        day = await self.ask(Ask(title, say("delivery.day"), value=self.parcels.today, limit=10, check=wanted))
        if not day:
            return
        said = f"parcel.{how}_now"
        if how != "arrived":
            reason = await self.ask(Ask(title, say("delivery.why"), limit=LONGEST, check=wanted))
            if not reason:
                return
            self.parcels.fail(parcel, str(how), day, reason)
        elif self._delivers(parcel):
            label = say("issue.receiver")
            receiver = await self.ask(Ask(title, label, value=parcel.receiver, limit=LONGEST, check=wanted))
            if not receiver:
                return
            details = {"tracking": parcel.tracking, "received": day}
            self.delivery.deliver(parcel.case, receiver, "courier", details)
            said = "issue.delivered_now"
        else:
            self.parcels.arrive(parcel, day)
        self.changed(frozenset({"parcel"}))
        self.hint(said, tone="good" if how == "arrived" else "warn", tracking=parcel.tracking)

    def _delivers(self, parcel: Any) -> bool:
        """Whether its arrival is the delivery of the decision."""
        assert self.view is not None
        held = any(item["what"] == "document" for item in parcel.contents or ())
        return bool(parcel.leg == Leg.OUT and held and self.view.case.state == "issued")


def parcel_words(parcel: Any) -> str:
    """`寄出 邮政 EX100 在途`."""
    state = say(f"parcel.state.{parcel.state}")
    end = f" {parcel.day}" if parcel.day else ""
    return f"{say(f'parcel.leg.{parcel.leg}')} {parcel.carrier} {parcel.tracking}  {state}{end}"


def content_words(parcel: Any) -> list[str]:
    """What lies in it."""
    return [f"  {n}. {item['name']}  x{item['copies']}" for n, item in enumerate(parcel.contents or (), 1)]


def parcel_lines(parcels: Sequence[Any]) -> list[Line]:
    """All of a case, below the paper's facts."""
    if not parcels:
        return []
    return [[], [(say("issue.parcels"), "title")], *([(f"     {parcel_words(each)}", "")] for each in parcels)]
