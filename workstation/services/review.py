"""Screen 2: cases and what people do with them; each step is an operation of `sync.protocol.verbs.case`.

list ─▶ case ─▶ draft (ticks of reasons, opinion, what was opened; saved with every change)
                  └─▶ take, accept, correct, decline, submit | decide, reopen, extend | edit, note, check …
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sync.calendar import Calendar, day_of
from sync.errors import HallError, TransportError
from sync.protocol.identifiers import class_of, part_of
from sync.protocol.messages import Found
from sync.protocol.operation import Args
from sync.protocol.verbs import case as verbs
from sync.protocol.verbs import ticket
from sync.records.states import PaperKind, Role
from sync.replica.submit import Taking
from sync.rules.case import change
from sync.rules.case.amend import fields_of, shown
from sync.rules.case.machine import MACHINE
from workstation.locale import Phrase
from workstation.services.desk import Desk
from workstation.views import moves, worklist
from workstation.views.case import CaseView, read_case
from workstation.views.masking import mask_name
from workstation.views.moves import CasePlace, Moved
from workstation.views.papers import Paper
from workstation.views.working_days import calendar_of
from workstation.views.worklist import Wanted, WorkRow, scopes_of

WINDOW = (Role.CLERK, Role.GRID)
DRAFT = "review/"
FIND_SECONDS = 10.0
VERBS_OF_STATES = {"decline": ("not_needed", "not_competent")}


@dataclass(frozen=True, slots=True)
class AtCentre:
    """A case as the centre shows it to a search."""

    id: str
    number: str
    matter: str
    applicant: str
    state: str


class ReviewService:
    """What screen 2 calls."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._calendar: tuple[int, Calendar] | None = None

    # -- lists --------------------------------------------------------------------------------------------------------

    @property
    def decides(self) -> bool:
        """Whether the person is here to approve."""
        return Role.APPROVER in self.desk.me.roles and not set(WINDOW) & self.desk.me.roles

    def wanted(self, only: str, text: str = "", found: tuple[str, ...] = ()) -> Wanted:
        """A list of this person: "mine", "offices", "deciding", "found" (what `search` found for the text)."""
        me = self.desk.me
        scopes = scopes_of(me.grants, *WINDOW, Role.APPROVER, Role.SUPERVISOR)
        return Wanted(only, scopes, me.staff if only == "mine" else "", text, found)

    async def search(self, text: str) -> tuple[str, ...]:
        """The cases of this copy that a text means, by id."""
        return await asyncio.to_thread(worklist.search, self.desk.read, text)

    def page(self, wanted: Wanted, after: Any, limit: int, *, skip: int = 0, reverse: bool = False) -> list[WorkRow]:
        """Rows of a list after a place."""
        device = self.desk.store.device
        return worklist.page(self.desk.read, wanted, device, after, limit, skip=skip, reverse=reverse)

    def count(self, wanted: Wanted) -> int:
        """How many cases a list has."""
        return worklist.count(self.desk.read, wanted)

    async def ask_centre(self, text: str) -> list[AtCentre]:
        """At most twenty cases of the centre that the person's roles reach, names masked; nothing of them is kept.
        Raises HallError `review.centre_offline`."""
        if not self.desk.engine.status.online:
            raise HallError("review.centre_offline")
        try:
            found = await asyncio.to_thread(
                self.desk.engine.run, lambda wire: wire.ask("GET", "/v1/find", Found, q=text), FIND_SECONDS
            )
        except TransportError:
            raise HallError("review.centre_offline") from None
        return [AtCentre(c.id, c.number, c.matter, mask_name(c.applicant), c.state) for c in found.cases]

    def position(self, wanted: Wanted, id: str) -> int | None:
        """Where a case stands in a list."""
        return worklist.position(self.desk.read, wanted, id)

    def due(self, row: WorkRow) -> tuple[Phrase, str]:
        """The words for what is left, and their tone."""
        return worklist.due_words(row.due, day_of(self.desk.clock.now()), self.calendar, certain=row.certain)

    @property
    def calendar(self) -> Calendar:
        """The calendar with the years that the hall has imported."""
        count = int(self.desk.read("SELECT count(*) FROM calendar_day")[0][0])
        if self._calendar is None or self._calendar[0] != count:
            self._calendar = count, calendar_of(self.desk.read)
        return self._calendar[1]

    def moved_away(self, text: str) -> list[Moved]:
        """Cases that have left this machine's scopes for another place, by the end of their number."""
        return moves.moved_away(self.desk.read, self.desk.hall, text)

    def places(self, view: CaseView) -> list[CasePlace]:
        """Where a case may go from where it is."""
        return moves.places(self.desk.read, self.desk.hall, view.row)

    # -- one case -----------------------------------------------------------------------------------------------------

    def case(self, id: str, *, reveal: bool = False) -> CaseView | None:
        """The case as this copy has it."""
        return read_case(self.desk.row, self.desk.rows, self.desk.read, id, reveal=reveal)

    def draft(self, case: str) -> dict[str, Any]:
        """What the person has ticked and typed for a case."""
        return self.desk.draft(DRAFT + case) or {}

    async def keep_draft(self, case: str, body: Mapping[str, Any]) -> int:
        """On disk before this returns; when (ms)."""
        await asyncio.to_thread(self.desk.save_draft, DRAFT + case, dict(body))
        return self.desk.clock.now()

    def drop_draft(self, case: str) -> None:
        """It is done with."""
        self.desk.drop_draft(DRAFT + case)

    def roles_on(self, view: CaseView) -> frozenset[str]:
        """The person's roles on the case's scope."""
        return frozenset(role for role, over in self.desk.me.grants if over == view.row.scope)

    def can(self, view: CaseView, verb: str) -> Phrase | None:
        """Why a verb of the case's machine is not possible for this person now; None: it is, as far as is known
        here."""
        roles = self.roles_on(view)
        needed = {Role.APPROVER} if verb in ("decide", "extend", "revoke", "cancel", "amend", "change") else set(WINDOW)
        if verb in ("reopen", "note"):
            needed = {*WINDOW, Role.APPROVER}
        if verb == "move":
            needed = {*WINDOW, Role.DUTY}
        if not needed & roles:
            return "app.not_yours"
        if verb == "note":
            return None
        states = [state for each in VERBS_OF_STATES.get(verb, (verb,)) for state in MACHINE.steps[each]]
        if view.row.state not in states:
            return "review.not_in_state", {"state": view.row.state}
        if verb == "take":
            return "review.own_already" if view.row.owner == self.desk.me.staff else None
        owned = verb in ("accept", "correct", "decline", "step", "suspend", "continue", "submit")
        if owned and view.row.owner != self.desk.me.staff:
            return "review.take_first", {"owner": view.row.owner or "-"}
        if verb == "decide" and view.clashes:
            return "review.clash_blocks", {"fields": "、".join(view.clashes)}
        return None

    # -- steps --------------------------------------------------------------------------------------------------------

    def _say(self, view: CaseView, args: Args | Taking, *, id: str = "") -> int:
        return self.desk.do(args, id=id or view.row.id, scope=view.row.scope)

    def take(self, view: CaseView) -> int:
        """Take the case over."""
        return self._say(view, verbs.Take())

    def accept(self, view: CaseView) -> int:
        """受理."""
        return self._say(view, verbs.Accept(document=self.desk.new_id()))

    def correct(self, view: CaseView, defects: Sequence[Mapping[str, Any]]) -> int:
        """补正: one notice with every defect, `{"material": id or None, "reason": code, "words": …, "remedy": …}`."""
        new = self.desk.new_id
        args = verbs.Correct(correction=new(), defects=[dict(each) for each in defects], document=new())
        numbered = self.desk.numbered(
            lambda number: msgspec.structs.replace(args, number=number), PaperKind.CORRECTION_NOTICE
        )
        return self._say(view, numbered)

    def corrected(self, view: CaseView) -> int:
        """The applicant has answered."""
        return self._say(view, verbs.Corrected())

    def decline(self, view: CaseView, outcome: str, reason: str) -> int:
        """不予受理: `outcome` is not_needed or not_competent."""
        return self._say(view, verbs.Decline(outcome=outcome, reason=reason, document=self.desk.new_id()))

    def step(self, view: CaseView, activity: str) -> int:
        """A step of the review."""
        return self._say(view, verbs.Step(step=self.desk.new_id(), activity=activity))

    def suspend(self, view: CaseView, reason: str) -> int:
        """特别程序: the clock stops."""
        return self._say(view, verbs.Suspend(reason=reason, document=self.desk.new_id()))

    def go_on(self, view: CaseView) -> int:
        """The special procedure is over."""
        return self._say(view, verbs.Continue())

    def withdraw(self, view: CaseView, reason: str) -> int:
        """The applicant withdraws."""
        return self._say(view, verbs.Withdraw(reason=reason))

    def submit(self, view: CaseView, opinion: str, proposal: str) -> int:
        """送审批: `proposal` is granted or denied."""
        return self._say(view, verbs.Submit(opinion=opinion, proposal=proposal))

    def decide(self, view: CaseView, decision: str, reasons: str) -> int:
        """准予 or 不予; the number and the right to issue come from the centre."""
        new = self.desk.new_id
        args = verbs.Decide(decision=decision, reasons=reasons, authorisation=new(), document=new())
        return self._say(view, args)

    def reopen(self, view: CaseView, reason: str) -> int:
        """Back to the review."""
        return self._say(view, verbs.Reopen(reason=reason))

    def extend(self, view: CaseView, reason: str) -> int:
        """延期, once."""
        return self._say(view, verbs.Extend(reason=reason, document=self.desk.new_id()))

    def revoke(self, view: CaseView, reason: str) -> int:
        """撤销 a granted permit."""
        return self._say(view, verbs.Revoke(reason=reason, document=self.desk.new_id()))

    def cancel(self, view: CaseView, reason: str) -> int:
        """注销 a granted permit."""
        return self._say(view, verbs.Cancel(reason=reason, document=self.desk.new_id()))

    def amend(self, view: CaseView, paper: Paper, changes: Mapping[str, str], reason: str) -> int:
        """更正: a new paper replaces a signed one once it is signed itself."""
        new = self.desk.new_id()
        args = verbs.Amend(corrects=paper.id, kind=paper.kind, changes=dict(changes), reason=reason, document=new)
        return self._say(view, args)

    def correctable(self, paper: Paper) -> list[tuple[str, str]]:
        """(field, what stands there) of a signed paper."""
        row = self.desk.row("document", paper.id)
        facts = (row.facts or {}) if row is not None else {}
        return [(field, shown(facts, field)) for field in fields_of(facts)]

    def change(self, view: CaseView, licence: Paper, changes: Mapping[str, str], reason: str) -> int:
        """变更: a decision and the licence anew, both to be signed."""
        ids = {"document": self.desk.new_id(), "reissue": self.desk.new_id()}
        return self._say(view, verbs.Change(licence=licence.id, changes=dict(changes), reason=reason, **ids))

    def changeable(self, licence: Paper) -> list[tuple[str, str]]:
        """(field, what stands there) of a signed licence."""
        row = self.desk.row("document", licence.id)
        return change.fields_of((row.facts or {}) if row is not None else {})

    def move(self, view: CaseView, to: str, reason: str) -> int:
        """移交 to another place of cases, with everything that belongs to it."""
        return self._say(view, verbs.Move(to=to, reason=reason))

    def note(self, view: CaseView, text: str) -> int:
        """A remark."""
        return self._say(view, verbs.Note(note=self.desk.new_id(), text=text))

    def edit(self, view: CaseView, field: str, was: str | None, value: str | None) -> int:
        """A field; `was` is the value that its editor saw."""
        return self._say(view, verbs.Edit(field=field, was=was, value=value))

    def check(self, view: CaseView, material: str, state: str, defect: str | None = None) -> int:
        """Tick a material."""
        return self._say(view, verbs.Check(state=state, defect=defect), id=material)

    def waive(self, view: CaseView, material: str, way: str, source: str) -> int:
        """免提交: a material is not asked for."""
        return self._say(view, verbs.Waive(case=view.row.id, way=way, source=source), id=material)

    # -- a new case ---------------------------------------------------------------------------------------------------

    def matters(self) -> list[Any]:
        """The matters whose cases the person may receive, by id."""
        offices = {part_of(scope) for scope in scopes_of(self.desk.me.grants, *WINDOW)}
        park = self._park()
        return [m for m in self.desk.rows("matter", active=True) if park or m.office in offices]

    def _park(self) -> str:
        """The scope of a park's cases where the person sits in one, else empty."""
        site = self.desk.row("site", self.desk.me.site)
        scope = str(site.case_scope or "") if site is not None else ""
        return scope if scope in scopes_of(self.desk.me.grants, *WINDOW) else ""

    def serving(self) -> Any:
        """The ticket at this window, or None."""
        session = self.desk.row("window_session", self.desk.window_session)
        return self.desk.row("ticket", session.ticket) if session is not None and session.ticket else None

    def receive(self, matter: str, applicant: str, code: str, form: Mapping[str, str], ticket_id: str | None) -> str:
        """Open a case with the matter's list of materials, and put it under the ticket; its id. Raises HallError."""
        desk = self.desk
        rule = desk.row("matter", matter)
        if rule is None:
            raise HallError("review.no_matter")
        park = self._park()
        case = desk.new_id()
        listed = [
            verbs.ListedMaterial(id=desk.new_id(), name=each["name"], required=bool(each.get("required")))
            for each in rule.materials or []
        ]
        args = verbs.Receive(
            matter=matter,
            site=desk.me.site,
            applicant=applicant,
            applicant_code=code or None,
            form={name: value for name, value in form.items() if value},
            materials=listed,
            ticket=ticket_id,
            channel="agent" if park else "window",
            document=desk.new_id(),
        )
        scope = park or desk.scope("case", rule.office)
        assert class_of(scope) == "case"
        desk.do(args, id=case, scope=scope)
        served = desk.row("ticket", ticket_id)
        if served is not None and not served.case:
            desk.do(ticket.Link(case=case), id=served.id, scope=served.scope)
        return case
