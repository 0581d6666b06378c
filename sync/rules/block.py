"""Blocks of numbers: what a device may number without asking, because no approval precedes it.

    give ─▶ out ── a paper or ticket made with one of its numbers ──▶ used grows
             └──end (returned, device_revoked) | expire──▶ ended, the rest in the void register

    given = used + void + open. A number never returns to a series. One that was written off and turns out to be used
    – the device comes back after all – leaves the void register for the paper that bears it.

Series of tickets lie in the queue's scope, one a prefix and day; those of papers in the hall's scope of numbers, one a
kind and year.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sync.calendar import day_of, end_of_day_ms
from sync.protocol.identifiers import derived, hall_of, scope_of
from sync.protocol.operation import Operation, kind_of
from sync.protocol.verbs import block as verbs
from sync.records.states import BlockState, PaperKind, Role
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.series import claim, draw
from sync.rules.states import Machine

if TYPE_CHECKING:
    from sync.protocol.verbs.block import BlockNumber
    from sync.records.document import NumberBlock
    from sync.records.ticket import NumberSeries

TICKET: Final = "ticket"
PAPERS: Final = (PaperKind.MATERIAL_RECEIPT, PaperKind.CORRECTION_NOTICE)
"""What a grid worker hands out on the spot; every other paper follows a decision of somebody else's."""

REASONS: Final = ("returned", "device_revoked")
MACHINE: Final = Machine(
    "block", {"end": {BlockState.OUT: BlockState.ENDED}, "expire": {BlockState.OUT: BlockState.ENDED}}
)


def series_of(scope: str, of: str, prefix: str | None = None) -> str:
    """The id of a series: a prefix of a queue, or a kind of paper of a hall."""
    return f"{scope}:{prefix}" if of == TICKET else f"{hall_of(scope)}/{of}"


def scope_of_series(scope: str, of: str) -> str:
    """Where it lies, asked for from `scope`."""
    return scope if of == TICKET else scope_of(hall_of(scope), "numbers")


def reads(op: Operation[Any], number: BlockNumber | None, scope: str) -> tuple[Read, ...]:
    """What `use` looks at, beside the series' row, which the caller reads anyway."""
    if number is None:
        return ()
    return Key("number_block", number.block, scope), match("void_number", block=number.block)


def use(
    effects: Effects,
    op: Operation[Any],
    facts: Facts,
    number: BlockNumber,
    series: str,
    scope: str,
    row: NumberSeries | None,
) -> None:
    """The number is used; at the centre only. Refused `bad_number` where it is not this device's, not of this series,
    or used already. A block that a restored centre has never heard of lies among the numbers it passed over."""
    block: NumberBlock | None = facts.get("number_block", number.block)
    if block is None and claim(effects, facts, row, series, scope, number.period, (number.period, number.n)):
        return
    used = (block.used or []) if block is not None else []
    mine = block is not None and block.series == series and block.device == op.device and block.period == number.period
    if block is None or not mine or number.n in used or not block.first <= number.n <= block.last:
        raise Refused("bad_number", n=number.n)
    effects.put("number_block", block.id, scope=scope, used=[*used, number.n])
    for void in facts.match("void_number", block=block.id):
        if void.n == number.n:
            effects.delete("void_number", void.id, scope=scope)


def _read_for_give(op: Operation[verbs.GiveBlock]) -> tuple[Read, ...]:
    return Key("number_block", op.id), Key("number_series", series_of(op.scope, op.args.of, op.args.prefix))


@rule(verbs.GiveBlock, GUARD, {Role.CLOCK}, reads=_read_for_give)
def give(op: Operation[verbs.GiveBlock], facts: Facts) -> Effects:
    """The next numbers of the series go to the device; those who ask after it get the ones behind. Refused
    `bad_choice` (what), `bad_value` (period), `no_blocks` where the hall gives none."""
    args = op.args
    if args.of not in (TICKET, *PAPERS) or (args.of == TICKET) != bool(args.prefix):
        raise Refused("bad_choice", field="of", value=args.of[:40])
    facts.absent("number_block", op.id)
    today = day_of(facts.received)
    if args.period != (today if args.of == TICKET else today[:4]):
        raise Refused("bad_value", field="period")
    size: int = facts.setting("number_block")["ticket" if args.of == TICKET else "paper"]
    if not size:
        raise Refused("no_blocks")
    series = series_of(op.scope, args.of, args.prefix)
    row: NumberSeries | None = facts.get("number_series", series)
    expires_at = facts.received + facts.setting("number_block_kept")
    if args.of == TICKET:
        expires_at = min(expires_at, end_of_day_ms(today))
    effects = Effects()
    period, first = draw(effects, facts, row, series, op.scope, args.period, size)
    effects.put(
        "number_block",
        op.id,
        series=series,
        kind=args.of,
        prefix=args.prefix,
        period=period,
        first=first,
        last=first + size - 1,
        used=[],
        device=args.device,
        state=BlockState.OUT.value,
        given_at=facts.received,
        expires_at=expires_at,
    )
    return effects.later(expires_at + facts.setting("number_block_margin"), kind_of(verbs.ExpireBlock), op.id)


def _read_block(op: Operation[Any]) -> tuple[Read, ...]:
    return (Key("number_block", op.id),)


@rule(verbs.EndBlock, GUARD, {Role.CLOCK}, reads=_read_block)
def end(op: Operation[verbs.EndBlock], facts: Facts) -> Effects:
    """Refused `bad_choice` for a reason that is none."""
    if op.args.reason not in REASONS:
        raise Refused("bad_choice", field="reason", value=op.args.reason[:40])
    block: NumberBlock = facts.need("number_block", op.id)
    MACHINE.after(block, "end")
    return _ended(facts, block, op.args.reason)


@rule(verbs.ExpireBlock, GUARD, {Role.CLOCK}, reads=_read_block)
def expire(op: Operation[verbs.ExpireBlock], facts: Facts) -> Effects:
    """Refused `too_early` before the margin is past."""
    block: NumberBlock = facts.need("number_block", op.id)
    MACHINE.after(block, "expire")
    until = (block.expires_at or 0) + facts.setting("number_block_margin")
    if facts.received < until:
        raise Refused("too_early", until=until)
    return _ended(facts, block, "block_expired")


def _ended(facts: Facts, block: NumberBlock, reason: str) -> Effects:
    used = set(block.used or ())
    effects = Effects().put(
        "number_block", block.id, state=BlockState.ENDED.value, reason=reason, ended_at=facts.received
    )
    for n in range(block.first, block.last + 1):
        if n not in used:
            effects.put(
                "void_number",
                derived("void", block.id, n),
                number=f"{block.prefix}{n:03d}" if block.kind == TICKET else f"{block.period}/{n}",
                series=block.series,
                period=block.period,
                n=n,
                block=block.id,
                reason=reason,
                at=facts.received,
            )
    return effects
