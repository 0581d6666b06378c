"""The states of a ledger entry, and who may move it.

    open ─▶ assigned ─▶ callback_tried* ─▶ verified ─[▶ interviewed]─▶ rectifying ─▶ rectified
                                            │  ▲                         ▲              │  └─3 failed─▶ closed
                         untrue, mistaken   ▼  │ uphold             plan │              ▼                 ▲
                                       appeal_review ─▶ voided        reopened ◀── second_callback ───────┘
    mistaken: verified ─▶ second_callback, as nothing is to be put right

A handler moves his own entries; the duty manager assigns and decides appeals. Nobody rated handles what is said of
him (`same_person`), and nobody decides the appeal that he made. Assigning changes the handler and never a clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.records.states import Finding, LedgerState
from sync.rules.facts import Facts
from sync.rules.outcome import Refused
from sync.rules.states import Machine

if TYPE_CHECKING:
    from sync.records.rectification import Rectification

S = LedgerState

TRIED = {S.OPEN: S.CALLBACK_TRIED, S.ASSIGNED: S.CALLBACK_TRIED}
"""Where a try moves the entry; anywhere else it is only written down."""

MACHINE = Machine(
    "ledger",
    {
        "assign": {
            S.OPEN: S.ASSIGNED,
            S.ASSIGNED: S.ASSIGNED,
            S.CALLBACK_TRIED: S.CALLBACK_TRIED,
            S.VERIFIED: S.VERIFIED,
            S.INTERVIEWED: S.INTERVIEWED,
            S.RECTIFYING: S.RECTIFYING,
            S.RECTIFIED: S.RECTIFIED,
            S.SECOND_CALLBACK: S.SECOND_CALLBACK,
            S.REOPENED: S.REOPENED,
        },
        "verify": {S.CALLBACK_TRIED: S.VERIFIED},
        "interview": {S.VERIFIED: S.INTERVIEWED, S.REOPENED: S.INTERVIEWED},
        "plan": {S.VERIFIED: S.RECTIFYING, S.INTERVIEWED: S.RECTIFYING, S.REOPENED: S.RECTIFYING},
        "transfer": {
            S.ASSIGNED: S.ASSIGNED,
            S.CALLBACK_TRIED: S.CALLBACK_TRIED,
            S.VERIFIED: S.VERIFIED,
            S.INTERVIEWED: S.INTERVIEWED,
            S.RECTIFYING: S.RECTIFYING,
            S.REOPENED: S.REOPENED,
        },
        "rectified": {S.RECTIFYING: S.RECTIFIED},
        "attach": {S.RECTIFYING: S.RECTIFYING, S.RECTIFIED: S.RECTIFIED},
        "detach": {S.RECTIFYING: S.RECTIFYING, S.RECTIFIED: S.RECTIFIED, S.REOPENED: S.REOPENED},
        "second": {
            S.RECTIFIED: S.SECOND_CALLBACK,
            S.VERIFIED: S.SECOND_CALLBACK,
            S.INTERVIEWED: S.SECOND_CALLBACK,
        },
        "close": {
            S.SECOND_CALLBACK: S.CLOSED,
            S.RECTIFIED: S.CLOSED,
            S.VERIFIED: S.CLOSED,
            S.INTERVIEWED: S.CLOSED,
        },
        "reopen": {S.SECOND_CALLBACK: S.REOPENED},
        "appeal": {S.VERIFIED: S.APPEAL_REVIEW, S.INTERVIEWED: S.APPEAL_REVIEW},
        "uphold": {S.APPEAL_REVIEW: S.VERIFIED},
        "void": {S.APPEAL_REVIEW: S.VOIDED},
    },
)

BEFORE_RECTIFYING = frozenset({S.VERIFIED, S.INTERVIEWED})


def entry_of(facts: Facts, id: str) -> Rectification:
    """The entry, for anyone but the person rated; refused `not_found`, `same_person`."""
    entry: Rectification = facts.need("rectification", id)
    if entry.rated_staff is not None and entry.rated_staff == facts.actor:
        raise Refused("same_person", id=id)
    return entry


def own_entry(facts: Facts, id: str) -> Rectification:
    """The entry, for its handler alone; refused `not_handler` with the staff number of who is."""
    entry = entry_of(facts, id)
    if entry.handler is not None and entry.handler != facts.actor:
        raise Refused("not_handler", id=id, handler=entry.handler)
    return entry


def found(entry: Rectification, *findings: Finding) -> None:
    """Refused `finding` unless the first callback found one of these."""
    if entry.finding not in findings:
        raise Refused("finding", id=entry.id, finding=entry.finding, allowed=sorted(findings))


def second_round(entry: Rectification) -> bool:
    """Whether a failed try counts towards closing: what was wrong is put right, or nothing was."""
    if entry.state in BEFORE_RECTIFYING:
        return entry.finding == Finding.MISTAKEN
    return entry.state in {S.RECTIFIED, S.SECOND_CALLBACK}
