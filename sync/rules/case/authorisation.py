"""The right to issue a decision: one at a time for a case, at one device, with the number reserved for it.

             case.decide | authorisation.claim
                          ▼
                         out ──case.issue──▶ used
                          ├── authorisation.return | case.reopen ──▶ returned
                          └── authorisation.expire (expiry + margin) ──▶ expired ──▶ claimed anew, same number

It can be used until `expires_at` by the time of the operation. The margin after it is for what was signed in time but
is not heard of yet; even later such an issue is taken, unless the right has gone to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.states import AuthorisationState, Role
from sync.rules.case.machine import MACHINE as CASE
from sync.rules.case.machine import WINDOW, case_of, lies_here
from sync.rules.facts import Facts, Key, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.states import Machine

if TYPE_CHECKING:
    from sync.records.document import IssueAuthorisation

A = AuthorisationState
MACHINE: Final = Machine(
    "authorisation",
    {
        "use": {A.OUT: A.USED, A.EXPIRED: A.USED},
        "return": {A.OUT: A.RETURNED},
        "claim": {A.OUT: A.EXPIRED, A.RETURNED: A.RETURNED, A.EXPIRED: A.EXPIRED},
        "expire": {A.OUT: A.EXPIRED},
    },
)


def give(
    effects: Effects,
    facts: Facts,
    case: str,
    id: str,
    document: str,
    number: str | None,
    page: str | None,
    device: str,
) -> Effects:
    """The right `id` goes out to `device`; it falls due after its expiry and the margin."""
    expires_at = facts.now + facts.setting("authorisation")
    effects.put(
        "issue_authorisation",
        id,
        case=case,
        document=document,
        number=number,
        page=page,
        device=device,
        state=A.OUT.value,
        given_at=facts.now,
        expires_at=expires_at,
    )
    return effects.later(expires_at + facts.setting("authorisation_margin"), "authorisation.expire@1", id)


def newest(rights: Sequence[IssueAuthorisation]) -> IssueAuthorisation | None:
    """The one that counts; those before it have ended."""
    return max(rights, key=lambda right: (right.given_at or 0, right.id), default=None)


def is_out(right: IssueAuthorisation, facts: Facts) -> bool:
    """Whether a device may still come with a paper issued under it."""
    return right.state == A.OUT and facts.now < _over_at(right, facts)


def ended(effects: Effects, facts: Facts, right: IssueAuthorisation, state: AuthorisationState) -> Effects:
    """The right is over."""
    return effects.put("issue_authorisation", right.id, state=state.value, ended_at=facts.now)


def _over_at(right: IssueAuthorisation, facts: Facts) -> int:
    margin: int = facts.setting("authorisation_margin")
    return (right.expires_at or 0) + margin


def _named(
    op: Operation[verbs.ReturnAuthorisation] | Operation[verbs.ExpireAuthorisation], facts: Facts
) -> IssueAuthorisation:
    right: IssueAuthorisation = facts.need("issue_authorisation", op.id)
    lies_here(right, op, "issue_authorisation")
    return right


@rule(verbs.ReturnAuthorisation, GUARD, WINDOW, reads=lambda op: (Key("issue_authorisation", op.id),))
def give_back(op: Operation[verbs.ReturnAuthorisation], facts: Facts) -> Effects:
    """The device that holds it gives it back; the number stays reserved for the case."""
    right = _named(op, facts)
    MACHINE.after(right, "return")
    if right.device != op.device:
        raise Refused("authorisation_out", device=right.device, until=right.expires_at)
    return ended(Effects(), facts, right, A.RETURNED)


@rule(
    verbs.ClaimAuthorisation,
    GUARD,
    WINDOW,
    reads=lambda op: (
        Key("case", op.id),
        Key("issue_authorisation", op.args.authorisation),
        match("issue_authorisation", case=op.id),
    ),
)
def claim(op: Operation[verbs.ClaimAuthorisation], facts: Facts) -> Effects:
    """This device asks for a right that was given back or has run out; paper and number stay the same."""
    case = case_of(op, facts)
    CASE.after(case, "claim")
    facts.absent("issue_authorisation", op.args.authorisation)
    former = newest(facts.match("issue_authorisation", case=op.id))
    if former is None:
        raise Refused("not_found", table="issue_authorisation", id=op.id)
    after = MACHINE.after(former, "claim")
    if is_out(former, facts):
        raise Refused("authorisation_out", device=former.device, until=former.expires_at)
    effects = Effects()
    if former.state != after:
        ended(effects, facts, former, A(after))
    return give(effects, facts, op.id, op.args.authorisation, former.document, former.number, former.page, op.device)


@rule(verbs.ExpireAuthorisation, GUARD, {Role.CLOCK}, reads=lambda op: (Key("issue_authorisation", op.id),))
def expire(op: Operation[verbs.ExpireAuthorisation], facts: Facts) -> Effects:
    """Expiry and margin are past: another device may claim it."""
    right = _named(op, facts)
    after = MACHINE.after(right, "expire")
    if is_out(right, facts):
        raise Refused("too_early", until=_over_at(right, facts))
    return ended(Effects(), facts, right, A(after))
