"""The one form of a change registration: what is registered, what changes, on which days.

    Form ── company      as registered
         ── changes      one field a kind; the kinds that change are the fields that are given
         ── days         resolved ≤ agreed ≤ articles ≤ applied

Whoever changes a holder's name writes the new name in all other changes: a holder renamed itself before.
"""

from __future__ import annotations

from enum import StrEnum

from sync.registration.company import Company, Given, IdKind, Person


class Kind(StrEnum):
    """What can change; the order in which papers name it. The words are those of `Changes`' fields."""

    NAME = "name"
    ADDRESS = "address"
    REPRESENTATIVE = "representative"
    SCOPE = "scope"
    CAPITAL_UP = "capital_up"
    CAPITAL_DOWN = "capital_down"
    TRANSFERS = "transfers"
    RENAMED = "renamed"
    TYPE = "type"
    TERM = "term"
    DIRECTORS = "directors"
    SUPERVISORS = "supervisors"
    MANAGERS = "managers"
    FILING = "filing"


class Part(Given, frozen=True, kw_only=True):
    """One holder's part in more or less capital; `code`, `kind`, `form` and `until` of who is new or promises more."""

    holder: str
    amount: str
    code: str = ""
    kind: IdKind = "identity"
    form: str = "货币"
    until: str = ""


class CapitalUp(Given, frozen=True, kw_only=True):
    """`capital` after it; `parts`: who adds how much."""

    capital: str
    parts: tuple[Part, ...]


class CapitalDown(Given, frozen=True, kw_only=True):
    """`capital` after it; `parts`: whose promise shrinks by how much. `notified_on`: creditors were written to;
    `announced_on`: it was made public; `debts`: how they are settled or secured."""

    capital: str
    parts: tuple[Part, ...]
    announced_on: str
    debts: str
    notified_on: str = ""
    announced_in: str = "国家企业信用信息公示系统"


class Transfer(Given, frozen=True, kw_only=True):
    """`seller` gives up so much of the promised capital for `price`; `paid`: how much of it had been paid in."""

    seller: str
    buyer: str
    buyer_code: str
    amount: str
    price: str
    buyer_kind: IdKind = "identity"
    paid: str = ""
    pay_by: str = ""


class Renaming(Given, frozen=True, kw_only=True):
    """A holder's own name changed."""

    was: str
    now: str


class Filing(Given, frozen=True, kw_only=True):
    """Filed, not registered: `articles` changed otherwise (each a clause in words), another `liaison`."""

    articles: tuple[str, ...] = ()
    liaison: Person | None = None


class Term(Given, frozen=True, kw_only=True):
    """`until`: a day, or nothing for a term without an end."""

    until: str = ""


class Changes(Given, frozen=True, kw_only=True):
    """What changes. Of people: all who hold the post afterwards, not only the new ones."""

    name: str = ""
    address: str = ""
    representative: Person | None = None
    scope: str = ""
    capital_up: CapitalUp | None = None
    capital_down: CapitalDown | None = None
    transfers: tuple[Transfer, ...] = ()
    renamed: tuple[Renaming, ...] = ()
    type: str = ""
    term: Term | None = None
    directors: tuple[Person, ...] = ()
    supervisors: tuple[Person, ...] = ()
    managers: tuple[Person, ...] = ()
    filing: Filing | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What is given, in the papers' order."""
        return tuple(kind for kind in Kind if getattr(self, kind))


class Days(Given, frozen=True, kw_only=True):
    """`agreed` and `articles` only where there is such a paper."""

    resolved: str
    applied: str
    agreed: str = ""
    articles: str = ""


class Form(Given, frozen=True, kw_only=True):
    """`authority`: the registration authority. `clauses`: kind → number of the articles' clause that says it (第三条).
    `agent`: who hands in and fetches."""

    authority: str
    company: Company
    changes: Changes
    days: Days
    agent: Person | None = None
    clauses: dict[Kind, str] = {}
