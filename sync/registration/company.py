"""What is registered of a company, and who belongs to it.

    Company ── holders (股东): who has promised how much, by when
            ── officers: legal representative, directors, supervisors, managers
            ── liaison (联络员)

Money is text as people write it, in yuan with at most two decimals ("1000000", "12.50"); `money.fen` reads it. Days are
`YYYY-MM-DD`. A person's `code` is an identity number or another paper's, a company's its credit code.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sync.records.checkdigits import wrong_credit_code, wrong_id_number

IdKind = Literal["identity", "credit", "other"]


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody gave in a file: a name that is not known is an error, never passed over."""


class Person(Given, frozen=True, kw_only=True):
    """Somebody with a post. `post` is the word of the post (董事长, 监事, 经理 …), where it is not the usual one."""

    name: str
    code: str
    kind: IdKind = "identity"
    post: str = ""
    telephone: str = ""


class Holder(Given, frozen=True, kw_only=True):
    """A shareholder: `amount` promised (认缴), in what form, until when it is to be paid."""

    name: str
    code: str
    amount: str
    kind: IdKind = "identity"
    form: str = "货币"
    until: str = ""


class Company(Given, frozen=True, kw_only=True):
    """As registered. `term_until` empty: without an end (长期)."""

    name: str
    code: str
    address: str
    representative: Person
    scope: str
    capital: str
    type: str
    holders: tuple[Holder, ...]
    established: str
    term_until: str = ""
    directors: tuple[Person, ...] = ()
    supervisors: tuple[Person, ...] = ()
    managers: tuple[Person, ...] = ()
    liaison: Person | None = None


def wrong_code(kind: IdKind, code: str) -> str | None:
    """What is wrong with somebody's number: "length", "signs", "check" and so on; None: nothing."""
    if kind == "identity":
        return wrong_id_number(code)
    return wrong_credit_code(code) if kind == "credit" else None
