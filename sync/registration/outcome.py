"""The company after its changes.

    registered ─ renamed ─▶ who decides (the holders as they are called now) ─ transfers, capital ─▶ afterwards

Nothing is refused here: what does not fit is left out, and `checks` has said so before.
"""

from __future__ import annotations

import msgspec

from sync.registration.company import Company, Holder
from sync.registration.form import Changes, Part, Renaming
from sync.registration.money import fen


def deciding(company: Company, changes: Changes) -> tuple[Holder, ...]:
    """The registered holders under their present names: they sign the resolution."""
    return tuple(msgspec.structs.replace(each, name=_renamed(each.name, changes.renamed)) for each in company.holders)


def afterwards(company: Company, changes: Changes) -> Company:
    """As it will be registered."""
    capital = changes.capital_up or changes.capital_down
    return msgspec.structs.replace(
        company,
        name=changes.name or company.name,
        address=changes.address or company.address,
        representative=changes.representative or company.representative,
        scope=changes.scope or company.scope,
        capital=capital.capital if capital else company.capital,
        type=changes.type or company.type,
        holders=_holders(company, changes),
        term_until=changes.term.until if changes.term else company.term_until,
        directors=changes.directors or company.directors,
        supervisors=changes.supervisors or company.supervisors,
        managers=changes.managers or company.managers,
        liaison=(changes.filing and changes.filing.liaison) or company.liaison,
    )


def _holders(company: Company, changes: Changes) -> tuple[Holder, ...]:
    held = {each.name: each for each in deciding(company, changes)}
    for transfer in changes.transfers:
        part = Part(holder=transfer.buyer, amount=transfer.amount, code=transfer.buyer_code, kind=transfer.buyer_kind)
        seller = held.get(transfer.seller)
        if seller is not None:
            part = msgspec.structs.replace(part, form=seller.form, until=seller.until)
            _move(held, msgspec.structs.replace(part, holder=transfer.seller), -1)
        _move(held, part, +1)
    for change, sign in ((changes.capital_up, 1), (changes.capital_down, -1)):
        for part in change.parts if change else ():
            _move(held, part, sign)
    return tuple(held.values())


def _move(held: dict[str, Holder], part: Part, sign: int) -> None:
    """So much more or less; who has nothing left is no holder any more."""
    moved = sign * (fen(part.amount) or 0)
    before = held.get(part.holder)
    if before is None:
        if moved > 0:
            held[part.holder] = Holder(
                name=part.holder, code=part.code, amount=_text(moved), kind=part.kind, form=part.form, until=part.until
            )
        return
    amount = (fen(before.amount) or 0) + moved
    if amount <= 0:
        del held[part.holder]
    else:
        until = part.until if sign > 0 and part.until else before.until
        held[part.holder] = msgspec.structs.replace(before, amount=_text(amount), until=until)


def _text(amount: int) -> str:
    yuan, rest = divmod(amount, 100)
    return f"{yuan}.{rest:02d}" if rest else str(yuan)


def _renamed(name: str, renamed: tuple[Renaming, ...]) -> str:
    return next((each.now for each in renamed if each.was == name), name)
