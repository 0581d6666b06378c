"""Calling back who rated badly, and putting it right: one entry of the ledger from open to closed.

    dial ─▶ the number is shown, and that is a tick ─▶ record(outcome) ─▶ reached: the call stays open ─▶ hang_up
    tick ─▶ an answer of the checklist, saved at once
    finish ─▶ the verb whose turn it is:
        open, assigned, tried ─ verify ─▶ verified ─ plan ─▶ rectifying ─ rectified ─▶ second ─▶ close | reopen
                                             untrue ─ appeal ─▶ another person's uphold | void
                                             mistaken ─ second ─▶ close

What a person may see is what their grants over the scope `callback` reach, never what is said of themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync.calendar import day_of, end_of_day_ms, start_of_day_ms
from sync.errors import HallError
from sync.protocol.operation import Args
from sync.protocol.verbs import rating as verbs
from sync.records.states import Finding, LedgerState
from sync.rules.ledger.machine import MACHINE
from workstation.locale import language
from workstation.services.desk import Desk
from workstation.views import callback as view
from workstation.views.callback import Entry, EntryLine, Figures

GRANTS = ("callback", "duty", "supervisor")
FIRST, SECOND = "first", "second"
REACHED = "reached"
OUTCOMES = ("reached", "busy", "no_answer", "refused", "wrong_number")
FINDINGS = tuple(str(finding) for finding in Finding)
CAUSES = ("manner", "runaround", "waiting", "materials", "system", "other")
TRIES, DAYS = 3, 2

ITEMS = (
    "identity",
    "explained",
    "finding",
    "cause",
    "measure",
    "office",
    "second_time",
    "evidence",
    "second_level",
)
"""The checklist, in the order of the work; an item's name is that of its tick."""
WRITTEN = frozenset({"measure", "evidence"})
"""Items that are free words: a draft holds them until Enter."""
BEGUN = (LedgerState.OPEN, LedgerState.ASSIGNED, LedgerState.CALLBACK_TRIED)
FOUND = (LedgerState.VERIFIED, LedgerState.INTERVIEWED)
UNTIL = {
    "identity": BEGUN,
    "explained": BEGUN,
    "finding": BEGUN,
    "cause": BEGUN,
    "measure": (*BEGUN, *FOUND, LedgerState.REOPENED),
    "office": (*BEGUN, *FOUND, LedgerState.REOPENED),
    "second_time": (*BEGUN, *FOUND, LedgerState.REOPENED, LedgerState.RECTIFYING, LedgerState.RECTIFIED),
    "evidence": (LedgerState.RECTIFYING,),
    "second_level": (LedgerState.RECTIFIED, *FOUND),
}
"""In which states an item may be answered."""
ANEW = ("measure", "office", "second_time", "evidence", "second_level")
"""Answers that a reopened entry must give again."""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A telephone call: while it is open, the number is shown in full. `recorded`: the person was reached."""

    entry: str
    attempt: str
    round: str
    holder: str
    phone: str
    session: str
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What F9 does now: a verb, `decide` for another person's appeal or "" for nothing; `missing` are the items that it
    still needs, `call` that a call has to be logged first."""

    verb: str = ""
    missing: tuple[str, ...] = ()
    call: bool = False


class CallbackService:
    """What screen 4 calls."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._call: OpenCall | None = None

    # -- who may see what ---------------------------------------------------------------------------------------------

    @property
    def scopes(self) -> list[str]:
        """The ledgers that the person's grants reach; empty for everybody else."""
        person = self.desk.person
        return person.scopes("callback", *GRANTS) if person is not None else []

    @property
    def granted(self) -> bool:
        """Whether the ledger exists for this person."""
        return bool(self.scopes)

    @property
    def handles(self) -> bool:
        """Whether the person calls back."""
        return bool(self.desk.person and self.desk.person.scopes("callback", "callback"))

    @property
    def doubtful(self) -> bool:
        """Whether time left is only this machine's word."""
        return not self.desk.engine.status.online

    # -- what is shown ------------------------------------------------------------------------------------------------

    def entries(self, only: str = view.OPEN) -> list[EntryLine]:
        """The entries of a filter, least time left first."""
        return view.entries(self.desk.read, self.scopes, self.desk.me.staff, only)

    def entry(self, id: str) -> Entry | None:
        """One entry whole."""
        return view.entry(self.desk.read, self.scopes, self.desk.me.staff, id, language())

    def figures(self) -> Figures:
        """Today's."""
        now = self.desk.clock.now()
        today = day_of(now)
        return view.figures(self.desk.read, self.scopes, start_of_day_ms(today), end_of_day_ms(today), now)

    def offices(self, first: str = "") -> list[tuple[str, str]]:
        """(id, name), the one named at the top."""
        return view.offices(self.desk.read, first)

    def handlers(self, entry: EntryLine) -> list[tuple[str, str]]:
        """(staff number, name) of those who may be given the entry."""
        return view.handlers(self.desk.read, entry.scope)

    def matters(self) -> list[tuple[str, str]]:
        """(id, name)."""
        return view.matters(self.desk.read)

    def windows(self) -> list[tuple[str, str, str]]:
        """(id, label, site)."""
        return view.windows(self.desk.read)

    def sites(self) -> list[tuple[str, str]]:
        """(id, name) of where people are served, the person's own first."""
        return view.sites(self.desk.read, self.desk.me.site)

    def no_person(self, staff: str) -> str | None:
        """Why this number names nobody whom a complaint may be about; None where it does, or says nothing."""
        if staff == self.desk.me.staff:
            return "refusal.same_person"
        return "callback.no_person" if staff and self.desk.row("staff", staff) is None else None

    @property
    def rectify_days(self) -> int:
        """Working days from the verification."""
        return int(self.desk.setting("rectify_days"))

    @property
    def near_ms(self) -> int:
        """From when on a first callback is nearly due: the last fifth of its limit, as its warning at 80 %."""
        return self.limit_ms // 5

    @property
    def limit_ms(self) -> int:
        """How soon everybody is called back."""
        return int(self.desk.setting("callback_limit"))

    @property
    def words_max(self) -> int:
        """Characters of free words."""
        return int(self.desk.setting("words_max"))

    # -- what may be done ---------------------------------------------------------------------------------------------

    def own(self, line: EntryLine) -> bool:
        """Whether the person may work on it: it is theirs, or nobody's yet."""
        return self.handles and line.handler in ("", self.desk.me.staff)

    def may(self, verb: str, line: EntryLine) -> bool:
        """Whether the ledger allows the verb in the entry's state."""
        return line.state in MACHINE.steps[verb]

    def may_answer(self, item: str, entry: Entry) -> bool:
        """Whether the item's turn has come and not passed."""
        line = entry.line
        if item == "second_level" and line.state in FOUND:
            return line.finding == Finding.MISTAKEN
        if item in ("measure", "office") and line.state in FOUND:
            return line.finding in (Finding.TRUE, Finding.PARTLY)
        return line.state in UNTIL[item]

    def step(self, entry: Entry) -> Step:
        """What F9 does for this entry now, and what it lacks."""
        line = entry.line
        state, finding = line.state, line.finding
        if state in BEGUN:
            missing = _missing(entry, "identity", "explained") if line.reached else ()
            called = line.reached or line.attempts >= TRIES
            return Step("verify", (*missing, *_missing(entry, "finding", "cause")), call=not called)
        if state in FOUND and finding == Finding.UNTRUE:
            return Step("appeal")
        if (state in FOUND and finding == Finding.MISTAKEN) or state == LedgerState.RECTIFIED:
            if entry.failed_second >= TRIES and entry.failed_days >= DAYS and not entry.second_reached:
                return Step("close")
            return Step("second", _missing(entry, "second_level"), call=not entry.second_reached)
        if state in (*FOUND, LedgerState.REOPENED):
            return Step("plan", _missing(entry, "measure", "office"))
        if state == LedgerState.RECTIFYING:
            return Step("rectified", _missing(entry, "evidence"))
        if state == LedgerState.SECOND_CALLBACK:
            return Step("reopen" if line.second_level in view.BAD else "close")
        return Step("decide" if state == LedgerState.APPEAL_REVIEW else "")

    # -- calling ------------------------------------------------------------------------------------------------------

    @property
    def call(self) -> OpenCall | None:
        """The call that this person has open; none once somebody else is here or nobody."""
        person = self.desk.person
        if self._call is not None and (person is None or person.session != self._call.session):
            self._call = None
        return self._call

    def dial(self, entry: Entry) -> OpenCall:
        """Open a call: the number is shown, and that stands in the log before anybody sees it."""
        me, line = self.desk.me, entry.line
        holder, phone = view.contact(self.desk.read, self.scopes, me.staff, line.id)
        if not phone:
            raise HallError("callback.no_phone")
        attempt = self.desk.new_id()
        self._do(line, verbs.Tick(item="phone_shown", value=attempt))
        self._call = OpenCall(line.id, attempt, self.round_of(line), holder, phone, me.session)
        return self._call

    def round_of(self, line: EntryLine) -> str:
        """Which round a call belongs to now."""
        again = line.state in (LedgerState.RECTIFIED, LedgerState.SECOND_CALLBACK)
        return SECOND if again or (line.state in FOUND and line.finding == Finding.MISTAKEN) else FIRST

    def record(self, line: EntryLine, outcome: str, note: str | None = None) -> None:
        """What came of it; after anything but `reached` the call is over."""
        call = self.call
        attempt = call.attempt if call is not None and call.entry == line.id else self.desk.new_id()
        self._do(line, verbs.Attempt(attempt=attempt, round=self.round_of(line), outcome=outcome, note=note))
        if call is not None and outcome == REACHED:
            self._call = OpenCall(
                call.entry, call.attempt, call.round, call.holder, call.phone, call.session, recorded=True
            )
        else:
            self._call = None

    def hang_up(self) -> None:
        """The number is masked again."""
        self._call = None

    # -- the entry's steps --------------------------------------------------------------------------------------------

    def tick(self, line: EntryLine, item: str, value: str | None) -> None:
        """An answer; None takes it back."""
        self._do(line, verbs.Tick(item=item, value=value))

    def verify(self, entry: Entry) -> None:
        """What the first callback found."""
        self._do(entry.line, verbs.Verify(finding=entry.answer("finding"), cause=entry.answer("cause") or None))

    def plan(self, entry: Entry) -> None:
        """The measure and the office promised."""
        self._do(entry.line, verbs.Plan(measure=entry.answer("measure"), office=entry.answer("office")))

    def interview(self, line: EntryLine, note: str) -> None:
        """约谈."""
        self._do(line, verbs.Interview(note=note))

    def transfer(self, line: EntryLine, office: str) -> None:
        """转科室."""
        self._do(line, verbs.TransferEntry(office=office))

    def rectified(self, entry: Entry) -> None:
        """Put right, with the evidence."""
        self._do(entry.line, verbs.Rectified(evidence=entry.answer("evidence")))

    def second(self, entry: Entry) -> None:
        """The second callback reached the person."""
        self._do(entry.line, verbs.Second(level=entry.answer("second_level")))

    def close(self, line: EntryLine) -> None:
        """Done with."""
        self._do(line, verbs.Close())

    def reopen(self, entry: Entry, reason: str) -> None:
        """To be put right again: what was promised and shown is asked for anew."""
        self._do(entry.line, verbs.ReopenEntry(reason=reason))
        for item in ANEW:
            if entry.answer(item):
                self.tick(entry.line, item, None)

    def appeal(self, line: EntryLine, reason: str) -> None:
        """Ask for the entry to be voided."""
        self._do(line, verbs.Appeal(reason=reason))

    def uphold(self, line: EntryLine, reason: str) -> None:
        """The appeal is refused."""
        self._do(line, verbs.Uphold(reason=reason))

    def void(self, line: EntryLine, reason: str) -> None:
        """The appeal is granted."""
        self._do(line, verbs.Void(reason=reason))

    def assign(self, line: EntryLine, handler: str) -> None:
        """Give it to a handler."""
        self._do(line, verbs.Assign(handler=handler))

    def open_complaint(self, **said: Any) -> str:
        """An entry from a complaint by telephone; its id. `said` as `verbs.OpenEntry`."""
        id = self.desk.new_id()
        scope = self.desk.me.scopes("callback", "callback")[0]
        self.desk.do(verbs.OpenEntry(**said), id=id, scope=scope)
        return id

    def _do(self, line: EntryLine, args: Args) -> int:
        return self.desk.do(args, id=line.id, scope=line.scope)

    # -- drafts -------------------------------------------------------------------------------------------------------

    def draft(self, entry: str, what: str) -> str:
        """Words typed and not yet said; they survive Esc, a lock and a crash."""
        return str((self.desk.draft(_key(entry, what)) or {}).get("text", ""))

    def keep_draft(self, entry: str, what: str, text: str) -> None:
        """Save with each key."""
        if text:
            self.desk.save_draft(_key(entry, what), {"text": text})
        else:
            self.desk.drop_draft(_key(entry, what))

    def drop_draft(self, entry: str, what: str) -> None:
        """Said."""
        self.desk.drop_draft(_key(entry, what))


def _key(entry: str, what: str) -> str:
    return f"callback/{entry}/{what}"


def _missing(entry: Entry, *items: str) -> tuple[str, ...]:
    return tuple(item for item in items if not entry.answer(item))
