"""Files that show what was put right: named here, sent like any file, and looked at before the second callback.

attach ─▶ named, announced ──blob──▶ arrived (clock)      what the centre does not take stays named, not arrived
             └────────── detach ◀──────┘  by whom attached it, until it was looked at: the line stays, with why; the
                                          file is named by nothing any more, and goes (sync.records.retention)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sync.protocol.media import MEDIA_TYPES
from sync.protocol.operation import Operation
from sync.protocol.verbs import rating as verbs
from sync.records.states import Role
from sync.rules.facts import Facts, Key, match
from sync.rules.ledger.machine import MACHINE, entry_of, own_entry
from sync.rules.ledger.words import needed
from sync.rules.outcome import Effects, Refused
from sync.rules.paper import is_digest
from sync.rules.rule import COMMUTE, GUARD, rule

if TYPE_CHECKING:
    from sync.records.rectification import Evidence

FILES_MOST: Final = 9
LINES_MOST: Final = 27
"""With those that were taken back."""
NAME_MOST: Final = 80


@rule(
    verbs.AttachEvidence,
    GUARD,
    {Role.CALLBACK},
    reads=lambda op: (
        Key("rectification", op.id),
        Key("evidence", op.args.file),
        match("evidence", entry=op.id),
    ),
)
def attach(op: Operation[verbs.AttachEvidence], facts: Facts) -> Effects:
    """By its handler, while it is put right and until it was called again. Refused `bad_value` (name, media_type),
    `bad_file`, `too_many`."""
    entry, said = own_entry(facts, op.id), op.args
    MACHINE.after(entry, "attach")
    facts.absent("evidence", said.file)
    if not is_digest(said.sha256) or said.size <= 0:
        raise Refused("bad_file", document=said.file)
    if said.media_type not in MEDIA_TYPES:
        raise Refused("bad_value", field="media_type")
    name = said.name.strip()
    if not 0 < len(name) <= NAME_MOST:
        raise Refused("bad_value", field="name")
    known = facts.match("evidence", entry=op.id)
    if sum(each.back_at is None for each in known) >= FILES_MOST or len(known) >= LINES_MOST:
        raise Refused("too_many", field="evidence", max=FILES_MOST)
    return Effects().put(
        "evidence",
        said.file,
        entry=op.id,
        name=name,
        sha256=said.sha256,
        size=said.size,
        media_type=said.media_type,
        staff=op.by,
        at=facts.now,
    )


@rule(
    verbs.DetachEvidence,
    GUARD,
    {Role.CALLBACK},
    reads=lambda op: (Key("rectification", op.id), Key("evidence", op.args.file)),
)
def detach(op: Operation[verbs.DetachEvidence], facts: Facts) -> Effects:
    """A photograph of somebody else, or the wrong file: by whom attached it, whoever has the entry by now, with a
    reason. Refused `not_found`, `not_handler` naming whose it is, `evidence_seen` once a second callback rested on
    it, `exists` where it was taken back before, `bad_value` and `too_long` (reason)."""
    entry, said = entry_of(facts, op.id), op.args
    file: Evidence = facts.need("evidence", said.file)
    if file.entry != op.id or file.scope != op.scope:
        raise Refused("not_found", table="evidence", id=said.file)
    if file.staff != facts.actor:
        raise Refused("not_handler", id=op.id, handler=file.staff)
    MACHINE.after(entry, "detach")
    if entry.seen_at is not None and (file.at or 0) <= entry.seen_at:
        raise Refused("evidence_seen", name=file.name)
    if file.back_at is not None:
        raise Refused("exists", table="evidence", id=said.file)
    why = needed(facts, "reason", said.reason)
    return Effects().put("evidence", said.file, sha256=None, arrived=False, back_at=facts.now, back_why=why)


@rule(verbs.EvidenceArrived, COMMUTE, {Role.CLOCK}, reads=lambda op: (Key("evidence", op.id),))
def arrived(op: Operation[verbs.EvidenceArrived], facts: Facts) -> Effects:
    """The blob is at the centre."""
    file: Evidence = facts.need("evidence", op.id)
    if file.sha256 != op.args.sha256:
        raise Refused("other_file", material=op.id)
    return Effects().put("evidence", op.id, arrived=True)
