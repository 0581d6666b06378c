"""空白证照: blanks come in by serial ranges; each that leaves the stock is used or void.

    received = used + void + what lies there

A serial belongs to one stock of the hall; ranges never overlap.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sync.protocol.identifiers import class_of, part_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import printing as verbs
from sync.records.states import BlankState, Role
from sync.rules import paper
from sync.rules.case.machine import WINDOW, filled
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.printing import Blank, BlankRange, BlankStock

KEEPERS = WINDOW | {Role.DUTY}
MOST = 100_000  # blanks of one receipt
_SERIAL = re.compile(r"([A-Z]{0,8})(\d{3,12})")


def parts(serial: str) -> tuple[str, int, int]:
    """(prefix, number, width) of a serial; refused `bad_serial`."""
    found = _SERIAL.fullmatch(serial.strip().upper())
    if found is None:
        raise Refused("bad_serial", serial=serial[:40])
    return found[1], int(found[2]), len(found[2])


def spelled(prefix: str, number: int, width: int) -> str:
    """A serial as it stands on the blank."""
    return f"{prefix}{number:0{width}d}"


def reads(stock: str | None, serial: str | None) -> tuple[Read, ...]:
    """What `use` looks at."""
    if not stock or not serial:
        return ()
    return (
        Key("blank_stock", stock),
        Key("blank", f"{stock}/{serial}"),
        match("blank_range", stock=stock),
    )


def leave(
    effects: Effects,
    op: Operation[verbs.Printed] | Operation[verbs.VoidBlank],
    facts: Facts,
    stock: str,
    serial: str,
    state: BlankState,
    *,
    authorisation: str | None = None,
    reason: str | None = None,
) -> Effects:
    """A blank leaves the stock. Refused `not_found` (stock), `blank_unknown`, `blank_gone`."""
    kept: BlankStock = facts.need("blank_stock", stock)
    if kept.scope != op.scope:
        raise Refused("not_found", table="blank_stock", id=stock)
    prefix, number, width = parts(serial)
    ranges: Sequence[BlankRange] = facts.match("blank_range", stock=stock)
    if not any(r.prefix == prefix and r.width == width and r.first <= number <= r.last for r in ranges):
        raise Refused("blank_unknown", serial=serial)
    if facts.get("blank", f"{stock}/{serial}") is not None:
        raise Refused("blank_gone", serial=serial)
    count = {state.value: getattr(kept, state.value) + 1}
    effects.put("blank_stock", stock, **count)
    return effects.put(
        "blank",
        f"{stock}/{serial}",
        stock=stock,
        serial=serial,
        state=state.value,
        authorisation=authorisation,
        reason=reason,
        at=facts.now,
        staff=op.by,
    )


def spoil(effects: Effects, facts: Facts, stock: str, serial: str, reason: str) -> Effects:
    """A blank that was printed on is void."""
    kept: BlankStock = facts.need("blank_stock", stock)
    blank: Blank = facts.need("blank", f"{stock}/{serial}")
    effects.put("blank_stock", stock, scope=kept.scope, used=kept.used - 1, void=kept.void + 1)
    return effects.put("blank", blank.id, scope=kept.scope, state=BlankState.VOID.value, reason=reason, at=facts.now)


def _read_for_receive(op: Operation[verbs.ReceiveBlanks]) -> tuple[Read, ...]:
    found = _SERIAL.fullmatch(op.args.first.strip().upper())
    prefix = found[1] if found else ""
    return Key("blank_stock", op.id), Key("blank_range", op.args.range), match("blank_range", prefix=prefix)


@rule(
    verbs.ReceiveBlanks,
    GUARD,
    KEEPERS,
    reads=_read_for_receive,
    scopes=lambda op: (op.scope, paper.numbers_scope(op)),
    exclusive=True,
)
def receive(op: Operation[verbs.ReceiveBlanks], facts: Facts) -> Effects:
    """领取空白证照. Refused `bad_serial`, `bad_range`, `serials_twice`, `wrong_scope`."""
    if not op.id.startswith(f"{op.scope}/") or class_of(op.scope) not in ("case", "print"):
        raise Refused("wrong_scope", scope=op.scope)
    if class_of(op.scope) == "case" and not part_of(op.scope):
        raise Refused("wrong_scope", scope=op.scope)
    facts.absent("blank_range", op.args.range)
    prefix, first, width = parts(op.args.first)
    other, last, same = parts(op.args.last)
    if (prefix, width) != (other, same) or not first <= last < first + MOST:
        raise Refused("bad_range", first=op.args.first[:40], last=op.args.last[:40])
    ranges: Sequence[BlankRange] = facts.match("blank_range", prefix=prefix)
    if any(r.width == width and r.first <= last and first <= r.last for r in ranges):
        raise Refused("serials_twice", first=spelled(prefix, first, width), last=spelled(prefix, last, width))
    kept: BlankStock | None = facts.get("blank_stock", op.id)
    place = op.id.removeprefix(f"{op.scope}/")
    effects = Effects().put(
        "blank_stock", op.id, place=place, received=(kept.received if kept else 0) + last - first + 1
    )
    return effects.put(
        "blank_range",
        op.args.range,
        stock=op.id,
        prefix=prefix,
        first=first,
        last=last,
        width=width,
        at=facts.now,
        staff=op.by,
    )


@rule(
    verbs.VoidBlank,
    GUARD,
    KEEPERS,
    reads=lambda op: reads(op.id, op.args.serial) or (Key("blank_stock", op.id),),
)
def void(op: Operation[verbs.VoidBlank], facts: Facts) -> Effects:
    """作废一张空白证照. Refused `words_missing`, and what `leave` refuses."""
    facts.need("blank_stock", op.id)
    reason = filled(op.args.reason, "words_missing")
    serial = spelled(*parts(op.args.serial))
    if serial != op.args.serial:
        raise Refused("bad_serial", serial=op.args.serial[:40])
    return leave(Effects(), op, facts, op.id, serial, BlankState.VOID, reason=reason)
