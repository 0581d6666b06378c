"""Which papers a set of changes needs. Every one of the 16,383 sets has its papers, by this table alone.

application      always: what was registered, what is applied for
resolution       always but where only a liaison is filed: the holders decide (Company Law art. 59)
transfer         one a transfer (art. 84)
debts            less capital: creditors were told, debts are settled or secured (art. 224)
amendment        what the articles say changes (arts. 46, 66)
appointment      somebody with a post comes or goes (arts. 10, 59, 68, 74)
holders          who holds how much changes (art. 56)
officers         who has a post, or the liaison, changes
"""

from __future__ import annotations

from enum import StrEnum

from sync.registration.form import Changes, Kind


class Paper(StrEnum):
    """A paper of the company's own, in the order of the file; the words are the templates' names."""

    APPLICATION = "company_application"
    RESOLUTION = "company_resolution"
    TRANSFER = "company_transfer"
    DEBTS = "company_debts"
    AMENDMENT = "company_amendment"
    APPOINTMENT = "company_appointment"
    HOLDERS = "company_holders"
    OFFICERS = "company_officers"


POSTS = frozenset({Kind.REPRESENTATIVE, Kind.DIRECTORS, Kind.SUPERVISORS, Kind.MANAGERS})
SHARES = frozenset({Kind.CAPITAL_UP, Kind.CAPITAL_DOWN, Kind.TRANSFERS, Kind.RENAMED})
IN_ARTICLES = frozenset({Kind.NAME, Kind.ADDRESS, Kind.SCOPE, Kind.TYPE, Kind.TERM}) | SHARES


def papers_of(kinds: frozenset[Kind], *, articles: bool = False, liaison: bool = False) -> tuple[Paper, ...]:
    """The papers of these kinds; `articles` and `liaison`: what a filing holds."""
    filed_only = kinds == {Kind.FILING} and not articles
    needed = {
        Paper.APPLICATION: True,
        Paper.RESOLUTION: not filed_only,
        Paper.TRANSFER: Kind.TRANSFERS in kinds,
        Paper.DEBTS: Kind.CAPITAL_DOWN in kinds,
        Paper.AMENDMENT: bool(kinds & IN_ARTICLES) or articles,
        Paper.APPOINTMENT: bool(kinds & POSTS),
        Paper.HOLDERS: bool(kinds & SHARES),
        Paper.OFFICERS: bool(kinds & POSTS) or liaison,
    }
    return tuple(paper for paper, wanted in needed.items() if wanted)


def papers_for(changes: Changes) -> tuple[Paper, ...]:
    """The papers of a form, each once, however many transfers there are."""
    filing = changes.filing
    return papers_of(
        frozenset(changes.kinds),
        articles=bool(filing and filing.articles),
        liaison=bool(filing and filing.liaison),
    )
