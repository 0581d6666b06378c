"""材料: the papers of a case. Nothing here conflicts: a file, its arrival and a tick always merge.

missing ──attach──▶ received, announced ──arrived (clock)──▶ at the centre
   ├──check (paper in hand)──▶ received | checked | defective ──attach──▶ received
   └──waive──▶ waived, and why; handed in all the same it is received, and no paper was saved
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.states import MaterialState, Role, WaivedBy
from sync.rules.case.machine import MACHINE, WINDOW, case_of, chosen, lies_here
from sync.rules.facts import Facts, Key
from sync.rules.outcome import Effects, Refused
from sync.rules.paper import is_digest
from sync.rules.rule import COMMUTE, rule

if TYPE_CHECKING:
    from sync.records.case import Material

SOURCE_MOST: Final = 80
"""Characters that name with whom a paper's facts were verified, or what it rests on."""
TICKS: Final = (MaterialState.RECEIVED, MaterialState.CHECKED, MaterialState.DEFECTIVE)


def _material(op: Operation[Any], facts: Facts) -> Material:
    material: Material = facts.need("material", op.id)
    lies_here(material, op, "material")
    return material


@rule(verbs.Attach, COMMUTE, WINDOW, reads=lambda op: (Key("material", op.id), Key("case", op.args.case)))
def attach(op: Operation[verbs.Attach], facts: Facts) -> Effects:
    """A file for a material; the blob may follow. On a listed one the list's own name and place stay."""
    args = op.args
    MACHINE.after(case_of(op, facts, args.case), "attach")
    if not is_digest(args.sha256) or args.size < 0:
        raise Refused("bad_file", document=op.id)
    listed: Material | None = facts.get("material", op.id)
    if listed is not None and listed.case != args.case:
        raise Refused("exists", table="material", id=op.id)
    new: dict[str, Any] = {"case": args.case, "ordinal": args.ordinal, "name": args.name, "required": args.required}
    return Effects().put(
        "material",
        op.id,
        **({} if listed else new),
        state=MaterialState.RECEIVED.value,
        sha256=args.sha256,
        size=args.size,
        media_type=args.media_type,
        # The same file again: its blob is there and will not arrive a second time.
        arrived=listed is not None and listed.sha256 == args.sha256 and listed.arrived,
        defect=None,
        staff=op.by,
        at=facts.now,
    )


@rule(verbs.Arrived, COMMUTE, {Role.CLOCK}, reads=lambda op: (Key("material", op.id),))
def arrived(op: Operation[verbs.Arrived], facts: Facts) -> Effects:
    """The blob is at the centre, unless another file has taken its place."""
    if _material(op, facts).sha256 != op.args.sha256:
        raise Refused("other_file", material=op.id)
    return Effects().put("material", op.id, arrived=True)


@rule(verbs.Check, COMMUTE, WINDOW | {Role.APPROVER}, reads=lambda op: (Key("material", op.id),))
def check(op: Operation[verbs.Check], facts: Facts) -> Effects:
    """A tick, also for a paper handed in without a file."""
    _material(op, facts)
    state = chosen(op.args.state, TICKS, "state")
    defect = op.args.defect if state == MaterialState.DEFECTIVE else None
    return Effects().put("material", op.id, state=state, defect=defect)


@rule(
    verbs.Waive,
    COMMUTE,
    WINDOW,
    reads=lambda op: (Key("material", op.id), Key("proof_waiver", op.id), Key("case", op.args.case)),
)
def waive(op: Operation[verbs.Waive], facts: Facts) -> Effects:
    """It is not asked for, while the case is open to materials. Refused `material_here` once it was handed in."""
    MACHINE.after(case_of(op, facts, op.args.case), "attach")
    material = _material(op, facts)
    if material.case != op.args.case:
        raise Refused("not_found", table="material", id=op.id)
    if material.state not in (MaterialState.MISSING, MaterialState.WAIVED):
        raise Refused("material_here", ordinal=material.ordinal)
    way = chosen(op.args.way, tuple(WaivedBy), "way")
    source = op.args.source.strip()
    if not 0 < len(source) <= SOURCE_MOST:
        raise Refused("bad_value", field="source")
    effects = Effects().put("material", op.id, state=MaterialState.WAIVED.value, defect=None, staff=op.by, at=facts.now)
    return effects.put("proof_waiver", op.id, case=op.args.case, way=way, source=source, staff=op.by, at=facts.now)
