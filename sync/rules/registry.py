"""The registry of signed papers: known by their signature, with one file for each level that was handed out.

    document.register ─▶ files {sha256: B-B}
    document.augment ──▶ files {…, sha256: B-T}  {…, sha256: B-LTA}      digest and signature value stay what they are

A time stamp that comes later makes another file of the same paper. The citizen's copy of the day it was issued stays
genuine: its hash is among the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.settings import DAY
from sync.rules import paper
from sync.rules.case.machine import WINDOW
from sync.rules.facts import Facts, Key, match
from sync.rules.outcome import Effects, Refused
from sync.rules.raising import stamped
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.document import Document

LEVELS: Final = ("B-B", "B-T", "B-LT", "B-LTA")
FILES: Final = 32
"""So many files at most are remembered of one paper: a stamp is renewed every few years."""
OF_ONE: Final = 16
"""… and so many from one machine, or said by one person: nobody fills the list alone."""
WITHIN: Final = 30 * DAY
LATELY: Final = 8
"""… and of those within so long: three levels, and some that two machines made at once."""


def level_of_file(files: Mapping[str, Any] | None, sha256: str) -> str | None:
    """The level at which a file was handed out, None where it is none of this paper's."""
    found = (files or {}).get(sha256)
    return str(found["level"]) if found else None


@rule(
    verbs.Augment,
    GUARD,
    WINDOW,
    reads=lambda op: (Key("document", op.id), match("document", sha256=op.args.sha256)),
)
def augment(op: Operation[verbs.Augment], facts: Facts) -> Effects:
    """One more file of a signed paper; the highest level is what is given out from now on. Refused `state` before it is
    signed, `bad_file`, `too_many` from one machine or person, `document_mismatch` where the signature is not the one
    that is registered."""
    document: Document = facts.need("document", op.id)
    args = op.args
    if document.scope != op.scope:
        raise Refused("not_found", table="document", id=op.id)
    paper.MACHINE.after(document, "augment")
    files = dict(document.files or {})
    if not paper.is_digest(args.sha256) or args.size < 1 or args.level not in LEVELS or len(files) >= FILES:
        raise Refused("bad_file", document=op.id)
    _may_add(op, files, facts.received)
    known = (document.message_digest, document.signature)
    others = facts.match("document", sha256=args.sha256)
    if known != (args.message_digest, args.signature) or any(other.id != op.id for other in others):
        raise Refused("document_mismatch", document=op.id)
    files.setdefault(args.sha256, paper.file_of(op, args.level, args.size, facts.received))
    effects = Effects()
    if LEVELS.index(args.level) < LEVELS.index(document.level or "B-B"):
        return effects.put("document", op.id, files=files)  # another machine got further
    told = stamped(op, facts, args.stamp_ends) if args.level == LEVELS[-1] else {"raise_why": None}
    return effects.put("document", op.id, files=files, sha256=args.sha256, size=args.size, level=args.level, **told)


def _may_add(op: Operation[verbs.Augment], files: Mapping[str, Any], now: int) -> None:
    """Refused `too_many` where this machine or person has added enough, in all or of late."""
    if op.args.sha256 in files:
        return
    for field, me in (("device", op.device), ("by", op.by)):
        mine = [int(each["at"]) for each in files.values() if each.get(field) == me]
        if len(mine) >= OF_ONE or sum(at > now - WITHIN for at in mine) >= LATELY:
            raise Refused("too_many", field="files", max=OF_ONE if len(mine) >= OF_ONE else LATELY)
