"""The right to print one copy of a paper, once.

    given ──take──▶ taken ──printed (blank serial)──▶ printed ──confirm──▶ confirmed
      │               │                                  │
      └───────────────┴──────────────fail────────────────┴──▶ failed, the blank void ──▶ given anew
                                  lapse (clock): nobody came

At a window it is given and taken in one step. For a terminal it is given with a code, and its double `print_job` says
there what is to be printed. Only the centre gives and lets take: a copy is printed where it knows of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from sync.protocol.identifiers import class_of, derived, hall_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import printing as verbs
from sync.records.masking import masked
from sync.records.states import BlankState, DocumentState, PaperKind, PrintState, Role
from sync.rules.case.machine import WINDOW, chosen, filled
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.printing import blanks
from sync.rules.rule import GUARD, rule
from sync.rules.states import Machine

if TYPE_CHECKING:
    from sync.records.document import Document
    from sync.records.printing import PrintAuthorisation, PrintJob

P = PrintState
OPEN: Final = (P.GIVEN, P.TAKEN, P.PRINTED)
PRINTERS: Final = WINDOW | {Role.KIOSK}
CHANNELS: Final = ("window", "kiosk")
CODE_DIGITS: Final = 8
MACHINE: Final = Machine(
    "print",
    {
        "take": {P.GIVEN: P.TAKEN},
        "printed": {P.TAKEN: P.PRINTED},
        "confirm": {P.PRINTED: P.CONFIRMED},
        "fail": dict.fromkeys(OPEN, P.FAILED),
        "lapse": dict.fromkeys((P.GIVEN, P.TAKEN), P.FAILED),
    },
)

Step = (
    Operation[verbs.TakePrint] | Operation[verbs.Printed] | Operation[verbs.ConfirmPrint] | Operation[verbs.FailPrint]
)


def print_scope(op: Operation[Any]) -> str:
    """All that terminals for citizens hold."""
    return scope_of(hall_of(op.scope), "print")


def code_of(id: str) -> str:
    """What the citizen types: eight digits that only the authorisation's id leads to."""
    return f"{int(hashlib.sha256(f'code {id}'.encode()).hexdigest(), 16) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def hash_of(hall: str, code: str) -> str:
    """What a terminal finds the job by; it never holds the codes themselves."""
    return derived("print code", hall, code)


def _code_hash(op: Operation[verbs.GivePrint]) -> str:
    return hash_of(hall_of(op.scope), code_of(op.id))


def _read_for_give(op: Operation[verbs.GivePrint]) -> tuple[Read, ...]:
    return (
        Key("print_authorisation", op.id),
        Key("document", op.args.document),
        match("print_authorisation", document=op.args.document),
        match("print_job", code_hash=_code_hash(op)),
    )


@rule(
    verbs.GivePrint,
    GUARD,
    WINDOW,
    reads=_read_for_give,
    scopes=lambda op: (op.scope, print_scope(op)),
    exclusive=True,
)
def give(op: Operation[verbs.GivePrint], facts: Facts) -> Effects:
    """Refused `not_found` and `paper_not_valid` (document), `print_out` while another copy is on its way."""
    args = op.args
    facts.absent("print_authorisation", op.id)
    channel = chosen(args.channel, CHANNELS, "channel")
    document: Document = facts.need("document", args.document)
    if document.scope != op.scope:
        raise Refused("not_found", table="document", id=args.document)
    if document.state != DocumentState.VALID or not document.sha256:
        raise Refused("paper_not_valid", document=args.document)
    given: Sequence[PrintAuthorisation] = facts.match("print_authorisation", document=document.id)
    for other in given:
        if other.state in OPEN:
            raise Refused("print_out", print=other.id, pickup=other.code or "-")
    at_once = channel == "window"
    code = None if at_once else code_of(op.id)
    effects = Effects().put(
        "print_authorisation",
        op.id,
        case=document.case,
        document=document.id,
        kind=document.kind,
        number=document.number,
        channel=channel,
        copy_no=1 + sum(each.state == P.CONFIRMED for each in given),
        state=(P.TAKEN if at_once else P.GIVEN).value,
        code=code,
        given_at=facts.now,
        given_by=op.by,
        device=op.device if at_once else None,
        taken_at=facts.now if at_once else None,
    )
    if code is None:
        return effects
    if any(job.state in OPEN for job in facts.match("print_job", code_hash=_code_hash(op))):
        raise Refused("code_taken")
    told = document.facts or {}
    effects.put(
        "print_job",
        op.id,
        scope=print_scope(op),
        home=op.scope,
        kind=document.kind,
        title=told.get("licence") if document.kind == PaperKind.LICENCE else "",
        number=document.number,
        holder=masked(str(told.get("addressee") or "")),
        pages=document.pages,
        sha256=document.sha256,
        code_hash=_code_hash(op),
        state=P.GIVEN.value,
    )
    return effects.later(facts.now + facts.setting("print_open"), "print.lapse@1", op.id)


def _home(op: Step) -> str:
    return op.args.home or op.scope


def _scopes(op: Step) -> tuple[str, ...]:
    return tuple(dict.fromkeys((op.scope, _home(op), print_scope(op))))


def _reads(op: Step) -> tuple[Read, ...]:
    return Key("print_authorisation", op.id, _home(op)), Key("print_job", op.id, print_scope(op))


def _job(op: Step | Operation[verbs.LapsePrint], facts: Facts) -> PrintJob | None:
    """The double at the terminals; a clerk's copy does not hold it."""
    known = facts.authority or class_of(op.scope) == "print"
    job: PrintJob | None = facts.get("print_job", op.id) if known else None
    return job


def _named(op: Step, facts: Facts, *, by_device: bool = True) -> PrintAuthorisation:
    """The authorisation, reached from its own scope, or from a terminal by its job. Refused `not_found`,
    `print_elsewhere`."""
    found: PrintAuthorisation = facts.need("print_authorisation", op.id)
    at_terminal, job = class_of(op.scope) == "print", _job(op, facts)
    if found.scope != _home(op) or (at_terminal and (job is None or job.home != _home(op))):
        raise Refused("not_found", table="print_authorisation", id=op.id)
    if by_device and found.device != op.device:
        raise Refused("print_elsewhere", device=found.device or "")
    return found


def _put(effects: Effects, op: Step | Operation[verbs.LapsePrint], facts: Facts, home: str, **columns: Any) -> Effects:
    """The same on the authorisation and, where there is one, its job."""
    effects.put("print_authorisation", op.id, scope=home, **columns)
    if _job(op, facts) is not None:
        shown = {name: columns[name] for name in ("state", "device", "stock", "serial", "ended_at") if name in columns}
        gone = {"sha256": None, "code_hash": None} if columns["state"] not in OPEN else {}
        effects.put("print_job", op.id, scope=print_scope(op), **shown, **gone)
    return effects


@rule(verbs.TakePrint, GUARD, PRINTERS, reads=_reads, scopes=_scopes, exclusive=True)
def take(op: Operation[verbs.TakePrint], facts: Facts) -> Effects:
    """It is this device's; a second one is told `state`."""
    right = _named(op, facts, by_device=False)
    after = MACHINE.after(right, "take")
    return _put(Effects(), op, facts, right.scope, state=after, device=op.device, taken_at=facts.now)


def _read_for_printed(op: Operation[verbs.Printed]) -> tuple[Read, ...]:
    return (*_reads(op), *blanks.reads(op.args.stock, op.args.serial))


@rule(verbs.Printed, GUARD, PRINTERS, reads=_read_for_printed, scopes=_scopes)
def printed(op: Operation[verbs.Printed], facts: Facts) -> Effects:
    """Refused `blank_needed` for a licence without a serial, `blank_needless` for another paper with one."""
    right, args = _named(op, facts), op.args
    after = MACHINE.after(right, "printed")
    needs = right.kind == PaperKind.LICENCE
    if needs != bool(args.stock and args.serial):
        raise Refused("blank_needed" if needs else "blank_needless")
    effects = Effects()
    if args.stock and args.serial:
        blanks.leave(effects, op, facts, args.stock, args.serial, BlankState.USED, authorisation=op.id)
    blank = {"stock": args.stock, "serial": args.serial} if needs else {}
    return _put(effects, op, facts, right.scope, state=after, printed_at=facts.now, **blank)


@rule(verbs.ConfirmPrint, GUARD, PRINTERS, reads=_reads, scopes=_scopes)
def confirm(op: Operation[verbs.ConfirmPrint], facts: Facts) -> Effects:
    """The copy is in somebody's hands: the right is used up. Said at the device, or by a clerk of its scope."""
    right = _named(op, facts, by_device=not facts.roles & WINDOW)
    after = MACHINE.after(right, "confirm")
    return _put(Effects(), op, facts, right.scope, state=after, ended_at=facts.now)


def _read_for_fail(op: Operation[verbs.FailPrint]) -> tuple[Read, ...]:
    return (*_reads(op), *blanks.reads(op.args.stock, op.args.serial))


@rule(verbs.FailPrint, GUARD, PRINTERS, reads=_read_for_fail, scopes=_scopes)
def fail(op: Operation[verbs.FailPrint], facts: Facts) -> Effects:
    """At the device that took it, or by a clerk of its scope; the blank it was printed on is void."""
    right = _named(op, facts, by_device=not facts.roles & WINDOW)
    after = MACHINE.after(right, "fail")
    reason = filled(op.args.reason, "reasons_missing")
    if (right.stock, right.serial) != (op.args.stock, op.args.serial):
        raise Refused("blank_needed" if right.serial else "blank_needless")
    effects = Effects()
    if right.stock and right.serial:
        blanks.spoil(effects, facts, right.stock, right.serial, reason)
    return _put(effects, op, facts, right.scope, state=after, ended_at=facts.now, reason=reason)


@rule(
    verbs.LapsePrint,
    GUARD,
    {Role.CLOCK},
    reads=lambda op: (Key("print_authorisation", op.id), Key("print_job", op.id, print_scope(op))),
    scopes=lambda op: (op.scope, print_scope(op)),
)
def lapse(op: Operation[verbs.LapsePrint], facts: Facts) -> Effects:
    """Nobody came for it."""
    right: PrintAuthorisation = facts.need("print_authorisation", op.id)
    after = MACHINE.after(right, "lapse")
    until = (right.given_at or 0) + facts.setting("print_open")
    if facts.now < until:
        raise Refused("too_early", until=until)
    return _put(Effects(), op, facts, right.scope, state=after, ended_at=facts.now, reason="lapsed")
