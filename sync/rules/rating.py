"""好差评: an invitation is answered once, by the citizen or at last by time itself.

    a service, a case that ends ─▶ open      sync.rules.ticket.invitation, sync.rules.case.delivery
    open ──rating.give──▶ rated     rating; of a bad level: a ledger entry too, in the scope `callback`
      └────invite.lapse─▶ lapsed    rating with `defaulted`, kept apart in every figure

The two scopes are the two halves of a secret: `rating` says what was said of whom, `callback` who said it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import rating as verbs
from sync.records.states import BAD_LEVELS, InviteState, Level, Role
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.ledger.open import enter
from sync.rules.ledger.words import known, within
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import COMMUTE, GUARD, rule

if TYPE_CHECKING:
    from sync.records.matter import Matter, TagSet
    from sync.records.rating import Invite, Rating
    from sync.records.rectification import InviteLink

BEST_FIRST = tuple(Level)
DEFAULT_LEVEL = Level.FAIR
"""What stands for an answer that nobody gave: the weakest level that accuses nobody. It opens no ledger entry and,
being `defaulted`, raises no figure of satisfaction."""


_ADDRESS = re.compile(r"[0-9A-Za-z_-]{1,80}")


def check_invite(id: str) -> None:
    """Refused `bad_value` for an id that no page's address can hold: a window could keep its citizens from rating."""
    if _ADDRESS.fullmatch(id) is None:
        raise Refused("bad_value", field="invite")


def callback_scope(scope: str) -> str:
    """The scope of the links and of the ledger, beside any scope of the same hall."""
    return scope_of(hall_of(scope), "callback")


def _read_for_give(op: Operation[verbs.Give]) -> tuple[Read, ...]:
    beside, base = callback_scope(op.scope), scope_of(hall_of(op.scope), "base")
    return (
        Key("invite", op.id),
        Key("rating", op.id),
        Key("invite_link", op.id, beside),
        Key("rectification", op.id, beside),
        Key("matter", op.args.matter, base),
        match("tag_set", in_scope=base, version=op.args.tag_version, level=op.args.level),
    )


@rule(
    verbs.Give,
    GUARD,
    {Role.CITIZEN},
    reads=_read_for_give,
    scopes=lambda op: (op.scope, callback_scope(op.scope)),
)
def give(op: Operation[verbs.Give], facts: Facts) -> Effects:
    """The citizen rates matter and person; of the two bad levels each opens one ledger entry, at once.

    Refused `invite_closed` (answered, lapsed or past its time) and `bad_value`, `too_long` naming the field.
    """
    said = op.args
    invite: Invite = facts.need("invite", op.id)
    if invite.state != InviteState.OPEN or (invite.lapses_at is not None and facts.now >= invite.lapses_at):
        raise Refused("invite_closed", id=op.id, state=str(invite.state))
    facts.absent("rating", op.id)
    level = known(Level, "level", said.level)
    person_level = None if said.person_level is None else known(Level, "person_level", said.person_level)
    known(("phone", "window", "terminal"), "channel", said.channel)
    words = within(facts, "words", said.words)
    _check_tags(said, invite, facts)
    effects = Effects()
    effects.put("invite", op.id, state=InviteState.RATED)
    effects.put(
        "rating",
        op.id,
        level=level,
        person_level=person_level,
        tags=list(said.tags),
        tag_version=said.tag_version,
        words=words,
        channel=said.channel,
        matter=invite.matter,
        window=invite.window,
        staff=invite.staff,
        site=invite.site,
        rated_at=facts.now,
    )
    worst = max((level, person_level or level), key=BEST_FIRST.index)
    if worst not in BAD_LEVELS:
        return effects
    facts.absent("rectification", op.id)
    link: InviteLink | None = facts.get("invite_link", op.id)
    return enter(
        effects,
        facts,
        op.id,
        scope=callback_scope(op.scope),
        source="rating",
        level=worst,
        matter=invite.matter,
        window=invite.window,
        rated_staff=invite.staff,
        site=invite.site,
        holder=link.holder if link else None,
        phone=link.phone if link else None,
        words=words,
        tags=list(said.tags),
    )


def _check_tags(said: verbs.Give, invite: Invite, facts: Facts) -> None:
    """Every tag is one of the version's for this level and the matter's nature, named once, as figures need it."""
    if not said.tags:
        return
    matter: Matter | None = facts.get("matter", said.matter) if said.matter == invite.matter else None
    sets: Sequence[TagSet] = facts.match("tag_set", version=said.tag_version, level=said.level)
    own = [row for row in sets if matter is not None and row.nature == matter.nature]
    codes = {str(tag["code"]) for row in own for tag in row.tags or ()}
    if len(set(said.tags)) != len(said.tags) or not set(said.tags) <= codes:
        raise Refused("bad_value", field="tags")


@rule(
    verbs.Supplement,
    COMMUTE,
    {Role.CITIZEN},
    reads=lambda op: (
        Key("rating", op.id),
        Key("rating_supplement", op.args.supplement),
        match("rating_supplement", rating=op.id),
    ),
)
def supplement(op: Operation[verbs.Supplement], facts: Facts) -> Effects:
    """Words are added; what was said before stays as it was. Refused `too_many` past the hall's limit."""
    rating: Rating = facts.need("rating", op.id)
    if rating.defaulted:
        raise Refused("invite_closed", id=op.id, state=str(InviteState.LAPSED))
    facts.absent("rating_supplement", op.args.supplement)
    words = within(facts, "words", op.args.words)
    if words is None:
        raise Refused("bad_value", field="words")
    limit = facts.setting("supplements_max")
    if len(facts.match("rating_supplement", rating=op.id)) >= limit:
        raise Refused("too_many", field="words", max=limit)
    return Effects().put("rating_supplement", op.args.supplement, rating=op.id, words=words, at=facts.now)


@rule(verbs.Lapse, GUARD, {Role.CLOCK}, reads=lambda op: (Key("invite", op.id), Key("rating", op.id)))
def lapse(op: Operation[verbs.Lapse], facts: Facts) -> Effects:
    """Nobody answered in time: a default is entered, kept apart."""
    invite: Invite = facts.need("invite", op.id)
    if invite.state != InviteState.OPEN:
        raise Refused("invite_closed", id=op.id, state=str(invite.state))
    if invite.lapses_at is not None and facts.now < invite.lapses_at:
        raise Refused("not_due", id=op.id, at=invite.lapses_at)
    facts.absent("rating", op.id)
    effects = Effects().put("invite", op.id, state=InviteState.LAPSED)
    return effects.put(
        "rating",
        op.id,
        level=DEFAULT_LEVEL,
        tags=[],
        channel="none",
        matter=invite.matter,
        window=invite.window,
        staff=invite.staff,
        site=invite.site,
        rated_at=facts.now,
        defaulted=True,
    )
