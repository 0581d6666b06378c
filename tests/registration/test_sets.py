"""All 16,383 sets of changes: each has its papers, and a form of it passes unless two of its changes contradict."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from sync.registration.checks import findings
from sync.registration.form import Kind
from sync.registration.papers import Paper, papers_for, papers_of
from tests.sample_company import changing

SETS = [frozenset(some) for n in range(1, 15) for some in combinations(Kind, n)]


def test_every_set_has_its_papers() -> None:
    assert len(SETS) == len(set(SETS)) == 16_383
    for kinds in SETS:
        papers = papers_of(kinds, liaison=Kind.FILING in kinds)
        assert papers[0] == Paper.APPLICATION
        assert (Paper.TRANSFER in papers) == (Kind.TRANSFERS in kinds)
        assert (Paper.DEBTS in papers) == (Kind.CAPITAL_DOWN in kinds)
        assert len(papers) > 1
    # What one change needs, so do several: no set loses a paper of its parts.
    alone = {kind: set(papers_of(frozenset({kind}), liaison=kind == Kind.FILING)) for kind in Kind}
    for kinds in SETS:
        together = set(papers_of(kinds, liaison=Kind.FILING in kinds))
        assert together == set(chain.from_iterable(alone[kind] for kind in kinds))


@pytest.mark.parametrize(
    ("step", "contradictions"), [(16, 255), pytest.param(1, 4_096, marks=pytest.mark.prove)], ids=["some", "all"]
)
def test_every_set_has_an_outcome(step: int, contradictions: int) -> None:
    blocked = 0
    for kinds in SETS[::step]:
        form = changing(*kinds)
        codes = {(each.code, each.rule.severity) for each in findings(form)}
        if {Kind.CAPITAL_UP, Kind.CAPITAL_DOWN} <= kinds:
            assert ("contradiction", "stop") in codes
            blocked += 1
        else:
            assert codes == set(), sorted(kinds)
            assert set(form.changes.kinds) == kinds
            assert papers_for(form.changes)
    assert blocked == contradictions
