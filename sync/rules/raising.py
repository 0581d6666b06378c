"""Who raises the signature of a paper, one machine at a time, and when its next step is due.

    registered ─▶ due at once ─▶ document.augment ─▶ B-LTA: due again long before its stamp's certificate ends
                     │                  ▲
      the hour of the machine that signed, or stamped last
                     │ nothing came     │
                     ▼                  │
              document.raise ───────────┤  another machine's hour
                                        └▶ document.stay: no try can help now; due again after a day, two, four …

The hour is a courtesy, no lock: a file that two machines made is two files of one paper, both genuine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sync.protocol.identifiers import hall_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.settings import DAY
from sync.rules import paper
from sync.rules.case.machine import WINDOW, lies_here
from sync.rules.device import device_scope
from sync.rules.facts import Facts, Key
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.document import Document

BEFORE: Final = 180 * DAY
"""So long before a stamp's certificate ends it is renewed; half of what is left, where that is less."""
LONGEST: Final = 32 * DAY
STAYS: Final = frozenset(
    {
        "document.chain_revoked",
        "document.chain_unknown",
        "document.revocation_unknown",
        "document.augment_failed",
        "document.another_signature",
    }
)
"""Why a paper stays at its level; a screen says each of them."""
WORDS: Final = 300


def stamped(op: Operation[Any], facts: Facts, stamp_ends: int | None) -> dict[str, Any]:
    """What a paper at its highest level says: due in time before the stamp's certificate ends, if that is known."""
    if stamp_ends is None:
        return {"raise_at": None, "raise_until": None, "raise_why": None, "raiser": op.device, "raiser_label": None}
    left = stamp_ends - facts.received
    due = facts.received + max(DAY, left - BEFORE if left > 2 * BEFORE else left // 2)
    return {"raise_at": due, "raise_why": None, **paper.raised_by(op, facts, due)}


def _of(op: Operation[Any], facts: Facts, verb: str) -> Document:
    document: Document = facts.need("document", op.id)
    lies_here(document, op, "document")
    paper.MACHINE.after(document, verb)
    return document


def _elsewhere(document: Document) -> Refused:
    return Refused("raised_elsewhere", machine=document.raiser_label or "-", until=document.raise_until)


@rule(
    verbs.Raise,
    GUARD,
    WINDOW,
    reads=lambda op: (Key("document", op.id), Key("machine", op.device, device_scope(hall_of(op.scope)))),
    exclusive=True,
)
def take_up(op: Operation[verbs.Raise], facts: Facts) -> Effects:
    """This machine raises the paper now, and for an hour nobody else begins. Refused `raised_elsewhere` in another's
    hour, `too_early` before its step is due – unless a person asks, or the hall names other servers than those with
    which it stayed."""
    document = _of(op, facts, "raise")
    if document.raiser != op.device and (document.raise_until or 0) > facts.received:
        raise _elsewhere(document)
    stayed = document.raise_why
    other = stayed is not None and (op.args.asked or stayed.get("mark") != op.args.mark)
    if document.raise_at is None or (document.raise_at > facts.received and not other):
        raise Refused("too_early", until=document.raise_at)
    machine = facts.get("machine", op.device)
    label = machine.label if machine is not None else None
    mine = paper.raised_by(op, facts, facts.received) | {"raiser_label": label}
    return Effects().put("document", op.id, raise_at=min(document.raise_at, facts.received), **mine)


@rule(verbs.Stay, GUARD, WINDOW, reads=lambda op: (Key("document", op.id),))
def stay(op: Operation[verbs.Stay], facts: Facts) -> Effects:
    """Whoever raises the paper says why no try can help. Each time in a row it is due twice as long after. Refused
    `raised_elsewhere` for another machine, `bad_value` for a reason that is none."""
    document, args = _of(op, facts, "raise"), op.args
    if document.raiser != op.device:
        raise _elsewhere(document)
    if args.code not in STAYS:
        raise Refused("bad_value", field="code")
    if len(args.subject) + len(args.reason) > WORDS or len(args.mark) > WORDS:
        raise Refused("bad_value", field="reason")
    times = int((document.raise_why or {}).get("times", 0)) + 1
    why = {"code": args.code, "subject": args.subject, "reason": args.reason}
    wait = min(DAY << min(times - 1, 10), LONGEST)
    return Effects().put(
        "document",
        op.id,
        raise_at=facts.received + wait,
        raise_until=facts.received,
        raise_why={**why, "mark": args.mark, "times": times, "at": facts.received},
    )
