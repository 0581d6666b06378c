"""Screen 5: handing in for others, with or without a network.

    start ─▶ Draft ─ set, claim, … (each on disk before it returns) ─▶ submit ─▶ case.receive + material.attach …
                ▲                                                          │ in the outbox, all of them, also offline
                └── recall (nothing was sent) · refused by the centre ─────┤
                                                                           └─▶ settled: the centre has it, no draft
    case ─▶ attach, edit, corrected                                              left

A hand-in that a crash cut short is finished at the next start: the draft says that it was begun, and every operation is
looked for before it is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from sync.calendar import day_of, start_of_day_ms
from sync.errors import HallError
from sync.protocol.identifiers import part_of
from sync.protocol.operation import kind_of
from sync.protocol.verbs import case as verbs
from sync.records.states import CaseState, MaterialState, PaperKind, Role
from sync.rules.case.machine import MACHINE
from workstation.dropfolder import DropFolder, Dropped
from workstation.locale import Phrase
from workstation.services.desk import Desk
from workstation.views import intake as view
from workstation.views.case import CaseView, read_case
from workstation.views.draft import (
    Attachment,
    Draft,
    DraftFile,
    asked_fields,
    attachments,
    beside,
    code_of,
    form_of,
    own_checks,
)
from workstation.views.intake import IntakeCase, Waiting

if TYPE_CHECKING:
    from workstation.services.drafts import Drafts

WORKERS = (Role.GRID, Role.CLERK)
SEEN = "intake.seen"
RECEIVE = kind_of(verbs.Receive)
ATTACH = kind_of(verbs.Attach)
SEEN_EVERY_MS = 30_000
DONE = 0  # no operation has this number


@dataclass(frozen=True, slots=True)
class Step:
    """Something that Ctrl+Z takes back."""

    kind: Literal["claim", "attach", "withdraw", "submit"]
    id: str  # the draft's or the case's
    material: str = ""
    file: DraftFile | None = None
    n: int = 0


class IntakeService:
    """What screen 5 calls. Calls that write files or rows may run in any thread, one after another."""

    def __init__(self, desk: Desk, drafts: Drafts) -> None:
        self.desk = desk
        self.drafts = drafts
        self.last: Step | None = None
        self._to_correct: set[str] | None = None

    # -- who, where ---------------------------------------------------------------------------------------------------

    @property
    def scopes(self) -> list[str]:
        """The scopes of cases in which the person may hand in."""
        return self.desk.me.scopes("case", *WORKERS)

    def scope_for(self, matter: Any) -> str | None:
        """Where a case of this matter goes: to the person's site, else to its office; None: nowhere."""
        site = self.desk.row("site", self.desk.me.site)
        own = str(site.case_scope or "") if site is not None else ""
        office = self.desk.scope("case", matter.office)
        return next((scope for scope in (own, office) if scope in self.scopes), None)

    def matters(self) -> list[Any]:
        """The matters that the person may hand in, by id."""
        return [matter for matter in self.desk.rows("matter", active=True) if self.scope_for(matter) is not None]

    def site_name(self) -> str:
        """The person's park or hall."""
        site = self.desk.row("site", self.desk.me.site)
        return site.name if site is not None else self.desk.me.site

    def checks(self, draft: Draft) -> list[tuple[str, Phrase]]:
        """The pre-check: (mark, sentence); "!" is a doubt, "o" is right. All of it works offline."""
        matter = self.drafts.matter(draft.matter)
        found = own_checks(draft, matter)
        name, code = draft.values.get("applicant", ""), code_of(draft) or ""
        others = view.others_of_applicant(self.desk.read, draft.id, name, code)
        again = next((number for number, matter, _ in others if matter == draft.matter), None)
        if again is not None:
            found.append(("!", ("intake.check.again", {"number": again or "-"})))
        elif name.strip():
            found.append(("o", "intake.check.not_again"))
        address = "".join(draft.values.get("address", "").split())
        other = next((each for each in others if each[2] and "".join(each[2].split()) != address), None)
        if address and other is not None:
            label = next((each.label for each in asked_fields(matter) if each.name == "address"), "address")
            told = {"field": label, "number": other[0] or "-", "address": other[2]}
            found.append(("!", ("intake.check.address", told)))
        if all(mark != "!" for mark, _ in found):
            found.insert(0, ("o", "intake.check.ready"))
        return found

    # -- drafts, with the way back ------------------------------------------------------------------------------------

    def withdraw(self, id: str) -> Draft:
        """撤回草稿: out of the list, not out of the machine."""
        draft = self.drafts.withdraw(id)
        self.last = Step("withdraw", id)
        return draft

    def claim(self, id: str, material: str, file: Dropped, drop: DropFolder) -> DraftFile:
        """Move a file of the drop folder in, for a material of a draft. Raises StoreError."""
        kept = self.drafts.claim(id, material, file, drop)
        self.last = Step("claim", id, material, kept)
        return kept

    # -- handing in ---------------------------------------------------------------------------------------------------

    def submit(self, id: str) -> None:
        """Into the outbox: the case and every file. Raises HallError where a rule is sure that it will not be taken;
        then it is a draft as before."""
        with self.drafts.one:
            draft = self.drafts.need(id)
            if not draft.open:
                raise HallError("intake.handed_in")
            draft = self.drafts.save(msgspec.structs.replace(draft, sending=True, refused=None))
            try:
                self._hand_in(draft)
            except HallError:
                if not self._queued_parts(draft):
                    self.drafts.save(msgspec.structs.replace(draft, sending=False))
                raise
            self.last = Step("submit", id)

    def _hand_in(self, draft: Draft) -> None:
        """Make every operation that is not made yet."""
        desk, rule = self.desk, self.drafts.matter(draft.matter)
        scope = self.scope_for(rule)
        if scope is None:
            raise HallError("intake.no_scope")
        first = view.queued(desk.read, RECEIVE, draft.id)
        if first is None:
            there = desk.row("case", draft.id) is not None  # sent and answered before a crash was looked after
            first = DONE if there else self._do_receive(draft, rule, scope)
        ns = [first]
        for each in attachments(draft):
            n = view.queued(desk.read, ATTACH, each.material)
            if n is None:
                row = desk.row("material", each.material)
                there = row is not None and row.sha256 == each.file.sha256
                n = DONE if there else desk.do(each.args(draft.id), id=each.material, scope=scope)
            ns.append(n)
        self.drafts.save(msgspec.structs.replace(draft, sending=False, sent=tuple(ns), refused=None))

    def _queued_parts(self, draft: Draft) -> bool:
        return view.queued(self.desk.read, RECEIVE, draft.id) is not None

    def _do_receive(self, draft: Draft, rule: Any, scope: str) -> int:
        """The case; its receipt is numbered here where the centre is not there to do it."""
        args = self._receive(draft, rule, scope)
        numbered = self.desk.numbered(
            lambda number: msgspec.structs.replace(args, number=number), PaperKind.MATERIAL_RECEIPT
        )
        return self.desk.do(numbered, id=draft.id, scope=scope)

    def _receive(self, draft: Draft, rule: Any, scope: str) -> verbs.Receive:
        return verbs.Receive(
            matter=draft.matter,
            site=self.desk.me.site,
            applicant=draft.values.get("applicant", "").strip(),
            applicant_code=code_of(draft),
            form=dict(form_of(draft, rule)),
            materials=[
                verbs.ListedMaterial(id=each.id, name=each.name, required=each.required) for each in draft.materials
            ],
            channel="window" if part_of(scope) == rule.office else "agent",
            document=draft.receipt,
        )

    def recallable(self, draft: Draft) -> bool:
        """Whether no request can have carried any part of a hand-in, and nothing else was built on it. A try that found
        no network counts as one: nobody can tell from here what has arrived."""
        if not draft.sent or not set(draft.sent) <= self.desk.store.unsent:
            return False
        return not view.stood_on(self.desk.read, draft.sent)  # its receipt is signed, say

    def recall(self, id: str) -> Draft:
        """Take a hand-in back that no request has carried: it is a draft again. Raises HallError `intake.too_late`."""
        with self.drafts.one, self.desk.store.lock:  # the engine asks for the next request under the same lock
            draft = self.drafts.need(id)
            if not self.recallable(draft):
                raise HallError("intake.too_late")
            for n in sorted(draft.sent, reverse=True):
                if not self.desk.undo(n):
                    raise HallError("intake.too_late")
            draft = self.drafts.save(msgspec.structs.replace(draft, sent=()))
        self.desk.on_outbox()
        return draft

    def settle(self, drop: DropFolder | None = None) -> list[Phrase]:
        """Look at every hand-in: finish what a crash cut short, forget what the centre has, take back what it refused.
        What a person must be told."""
        told: list[Phrase] = []
        with self.drafts.one:
            for draft, _ in self.drafts.all():
                if draft.sending:
                    self._finish(draft, told)
                elif draft.sent:
                    self._settle(draft, told, drop)
        return told

    def _finish(self, draft: Draft, told: list[Phrase]) -> None:
        try:
            self._hand_in(draft)
        except HallError as error:
            if not self._queued_parts(draft):
                self.drafts.save(msgspec.structs.replace(draft, sending=False))
            told.append((error.code, error.params))

    def _settle(self, draft: Draft, told: list[Phrase], drop: DropFolder | None) -> None:
        refused = view.refusals_of(self.desk.read, draft.sent)
        if view.still_here(self.desk.read, draft.sent) - refused.keys():
            return
        if draft.sent[0] in refused:
            code, params = refused[draft.sent[0]]
            why = self.desk.told(code, msgspec.json.decode(params))
            self.drafts.save(msgspec.structs.replace(draft, sent=(), refused=(why.code, dict(why.params))))
            self.desk.acknowledge(*refused)
            told.append(("intake.refused", {"name": draft.values.get("applicant", "")}))
            return
        for n, each in zip(draft.sent[1:], attachments(draft), strict=False):
            if n in refused:
                if drop is None:
                    return  # the file must be given back: later, when there is a folder
                self.drafts.give_back(each.file, drop)
                told.append(("intake.file_refused", {"name": each.name}))
        self.drafts.drop(draft.id)

    # -- cases --------------------------------------------------------------------------------------------------------

    def cases(self, text: str = "", state: str = "") -> list[IntakeCase]:
        """The newest cases of mine."""
        return view.cases_of(self.desk.read, self.desk.me.staff, self.scopes, text, state)

    def waiting(self) -> Waiting:
        """What of mine is only on this machine."""
        return view.waiting_of(self.cases())

    def today(self) -> tuple[int, int, int]:
        """(handed in, accepted, to correct) of today."""
        day = start_of_day_ms(day_of(self.desk.clock.now()))
        return view.since(self.desk.read, self.desk.me.staff, day)

    def case(self, id: str) -> CaseView | None:
        """One case as this copy has it."""
        return read_case(self.desk.row, self.desk.rows, self.desk.read, id)

    def defects(self, case: str) -> list[dict[str, Any]]:
        """What the centre wants corrected."""
        return view.defects_of(self.desk.rows("correction", case=case))

    def can(self, case: CaseView, verb: str) -> Phrase | None:
        """Why a verb of the case's machine is not possible now; None: it is."""
        if case.row.scope not in self.scopes:
            return "app.not_yours"
        if case.row.state not in MACHINE.steps[verb]:
            return "intake.not_in_state"
        return None

    def attach(self, case: CaseView, material: str, file: Dropped, drop: DropFolder) -> DraftFile:
        """Move a file in for a material of a case: in its place where it is missing or defective, else beside it."""
        with self.drafts.one:
            kept = self.drafts.take_in(file, drop)
            line = next((each for each in case.materials if each.id == material), None)
            if line is None:
                raise HallError("intake.no_material")
            ids = {each.id: each.sha256 for each in case.materials}
            if kept.sha256 in ids.values():
                drop.remove(file)
                raise HallError("intake.same_file", name=file.name)
            place = 1
            if line.sha256 is not None and line.state != MaterialState.DEFECTIVE:
                place = next(n for n in range(2, 1000) if beside(line.id, "", 0, False, n, kept).material not in ids)
            new: Attachment = beside(line.id, line.name, line.ordinal, line.required, place, kept)
            n = self.desk.do(new.args(case.row.id), id=new.material, scope=case.row.scope)
            drop.remove(file)
            self.last = Step("attach", case.row.id, new.material, kept, n)
        return kept

    def corrected(self, case: CaseView) -> int:
        """补正完成."""
        return self.desk.do(verbs.Corrected(), id=case.row.id, scope=case.row.scope)

    def edit(self, case: CaseView, field: str, was: str | None, value: str | None) -> int:
        """Another value for a field; `was` is what its editor saw."""
        return self.desk.do(verbs.Edit(field=field, was=was, value=value), id=case.row.id, scope=case.row.scope)

    # -- Ctrl+Z -------------------------------------------------------------------------------------------------------

    def undo(self, drop: DropFolder) -> Step:
        """Take the last step back. Raises HallError that says why not."""
        step = self.last
        if step is None:
            raise HallError("intake.nothing_to_undo")
        self.last = None
        if step.kind == "withdraw":
            self.drafts.restore(step.id)
        elif step.kind == "submit":
            self.recall(step.id)
        elif step.kind == "claim" and step.file is not None:
            self.drafts.unclaim(step.id, step.material, step.file, drop)
        elif step.kind == "attach" and step.file is not None:
            if not self.desk.undo(step.n):
                raise HallError("intake.too_late")
            self.desk.on_outbox()
            self.drafts.give_back(step.file, drop)
        return step

    # -- link ---------------------------------------------------------------------------------------------------------

    def last_seen(self) -> int:
        """When the centre was last heard (ms); kept, so that a machine that starts offline knows it too."""
        now: int = self.desk.engine.status.last_success_at
        kept = int((self.desk.draft(SEEN) or {}).get("at", 0))
        if now - kept > SEEN_EVERY_MS:
            self.desk.save_draft(SEEN, {"at": now})
        return max(now, kept)

    def watch(self, app: Any, tables: frozenset[str]) -> None:
        """Whatever screen is up: a case of mine came back for correction, or was not taken."""
        if self.desk.person is None or "grid" not in self.desk.person.roles:  # who returns a case at a counter knows it
            self._to_correct = None
            return
        if not tables & {"*", "case", "refusal", "outbox"} or not self.scopes:
            return
        found = {case.id: case for case in self.cases(state=CaseState.NEED_CORRECTION)}
        if self._to_correct is not None:
            for id in found.keys() - self._to_correct:
                app.notice("intake.came_back", number=found[id].number or "-", ring=True)
        self._to_correct = set(found)
