"""Whatever people do, in whatever order: the promises of domain §14, looked at from outside after each step.

The oracle is the domain's own picture, written again here by hand; it shares no code with the rules.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import msgspec
from case_scene import APPROVER, CLERK, COLLEAGUE, SCOPE, hall, said, signed
from hypothesis import given, settings
from hypothesis import strategies as st
from world import HOUR, World

from sync.calendar import day_of
from sync.protocol.operation import Args
from sync.protocol.verbs import case as verbs
from sync.records.states import Role
from sync.rules.outcome import Conflict, Outcome

EDGES = {
    "received": {"not_needed", "not_competent", "accepted", "need_correction", "withdrawn"},
    "need_correction": {"corrected", "withdrawn"},
    "corrected": {"accepted", "not_needed", "not_competent", "withdrawn"},
    "accepted": {"in_review", "reviewed", "withdrawn"},
    "in_review": {"special_procedure", "reviewed", "withdrawn"},
    "special_procedure": {"in_review", "withdrawn"},
    "reviewed": {"decided", "in_review", "withdrawn"},
    "decided": {"issued", "in_review"},
    "issued": {"delivered", "revoked", "cancelled"},
    "delivered": {"archived", "revoked", "cancelled"},
    "archived": {"revoked", "cancelled"},
}
ENTERED_WITH = {  # the paper that a state is entered with
    "need_correction": {"correction_notice"},
    "special_procedure": {"special_procedure"},
    "not_needed": {"non_acceptance"},
    "not_competent": {"non_acceptance"},
    "decided": {"grant_decision", "refusal_decision"},
    "delivered": {"delivery_receipt"},
    "revoked": {"revocation"},
    "cancelled": {"cancellation"},
}
ISSUED = {"issued", "delivered", "archived", "revoked", "cancelled"}
CASES = ("case-0", "case-1")
PEOPLE = ((CLERK, "d1"), (COLLEAGUE, "d2"), (APPROVER, "d9"))
EVERY_ROLE = {Role.CLERK, Role.APPROVER}  # nobody is kept from anything by a missing role
VERBS = (
    *("accept", "correct", "corrected", "decline", "take", "step", "suspend", "continue", "extend", "submit", "decide"),
    *("deny", "reopen", "issue", "deliver", "withdraw", "revoke", "cancel", "edit", "return", "claim", "wait"),
)
ONWARD = {
    "received": "accept",
    "need_correction": "corrected",
    "corrected": "accept",
    "accepted": "step",
    "in_review": "submit",
    "special_procedure": "continue",
    "reviewed": "decide",
    "decided": "issue",
    "issued": "deliver",
}
STEPS = st.lists(
    st.tuples(st.sampled_from(("onward",) * 20 + VERBS), st.integers(0, 1), st.sampled_from((0, 0, 1, 2))),
    min_size=12,
    max_size=40,
)


def onward(case: Any, right: Any) -> tuple[str, int]:
    """What the ordinary way asks for next, and of whom."""
    verb = ONWARD.get(case.state, "wait")
    staff, devices = [staff for staff, _ in PEOPLE], [device for _, device in PEOPLE]
    if verb == "decide":
        return verb, staff.index(APPROVER)
    return verb, devices.index(right.device) if verb == "issue" else staff.index(case.owner)


def act(world: World, verb: str, id: str, person: int, n: int) -> Outcome | None:
    case = world("case", id)
    rights = sorted(world.find("issue_authorisation", case=id), key=lambda right: (right.given_at, right.id))
    right = rights[-1].id if rights else "right-none"
    if verb == "onward":
        verb, person = onward(case, rights[-1] if rights else None)
    by, device = PEOPLE[person]
    args: Args = said(world, verb, f"{n}") if verb not in ("return", "claim", "wait") else verbs.Take()
    target = id
    match verb:
        case "wait":
            world.advance((n % 5 + 1) * 9 * HOUR)
            return None
        case "return":
            target, args = right, verbs.ReturnAuthorisation()
        case "claim":
            args = verbs.ClaimAuthorisation(authorisation=f"right-{n}")
        case "issue":
            args = verbs.Issue(authorisation=right, signed=signed_as(n))
        case "edit":
            args = verbs.Edit(field="address", was=f"{n % 3}" if n % 2 else case.form.get("address"), value=f"{n % 4}")
        case "correct":
            args = verbs.Correct(correction=f"c-{n}", defects=[{"words": "缺页"}], document=f"notice-{n}")
    return world.do(args, target, EVERY_ROLE, by=by, device=device, scope=SCOPE)


def signed_as(n: int) -> verbs.SignedFile:
    """Another file each time."""
    digest = f"{n:064x}"
    return msgspec.structs.replace(signed(), sha256=digest, message_digest=digest, signature=digest)


def look(world: World) -> dict[str, Any]:
    return {id: world("case", id) for id in CASES}


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_the_promises_hold_after_any_sequence_of_work(steps: list[tuple[str, int, int]]) -> None:
    world = hall()
    for n, id in enumerate(CASES):
        world.must(said(world, "receive", f"r{n}"), id, by=CLERK, scope=SCOPE)
    entered: Counter[tuple[str, str]] = Counter()
    for n, (verb, which, person) in enumerate(steps):
        before = look(world)
        outcome = act(world, verb, CASES[which], person, n)
        for id, was in before.items():
            now = world("case", id)
            if now.state != was.state:
                # Time may do more than one thing at once: accept by silence, archive.
                assert verb == "wait" or now.state in EDGES.get(was.state, set()), (was.state, verb, now.state)
                entered[id, now.state] += 1
            if now.state in ("decided", "issued") and now.state != was.state:
                assert not world.find("conflict", case=id, state="open")
        if verb == "edit" and isinstance(outcome, Conflict):
            assert world("case", CASES[which]).form == before[CASES[which]].form
        check_case_by_case(world, entered)
        check_numbers(world)


def check_case_by_case(world: World, entered: Counter[tuple[str, str]]) -> None:
    for id, case in look(world).items():
        papers = world.find("document", case=id)
        rights = Counter(right.state for right in world.find("issue_authorisation", case=id))
        decisions = Counter(p.state for p in papers if p.kind in ("grant_decision", "refusal_decision"))
        assert rights["out"] <= (case.state == "decided")
        assert rights["used"] == (case.state in ISSUED)
        assert decisions["prepared"] == (case.state == "decided")
        assert decisions["valid"] + decisions["revoked"] == (case.state in ISSUED)
        assert (decisions["revoked"] == 1) == (case.state in ("revoked", "cancelled"))
        if case.approver is not None:
            touched = {step.staff for step in world.find("review_step", case=id)}
            assert case.approver not in touched | {case.reviewer, case.received_by}
        assert (case.promised_day is None) == (case.accepted_at is None)
        if case.promised_day:
            assert day_of(case.received_at) < case.promised_day < case.statutory_day
        for state, kinds in ENTERED_WITH.items():
            assert entered[id, state] <= sum(p.kind in kinds for p in papers), state
        assert sum(p.kind == "acceptance_notice" for p in papers) == (case.accepted_at is not None)


def check_numbers(world: World) -> None:
    """Unique, without a gap that is not explained: 1 … n of each kind, and void ones stand in the register."""
    given: dict[str, list[int]] = {}
    for paper in world.find("document"):
        found = re.fullmatch(r"样例审批局(\D+)字\(2026\)第(\d{5})号", paper.number)
        assert found
        given.setdefault(found[1], []).append(int(found[2]))
    for numbers in given.values():
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
    void = Counter(row.number for row in world.find("void_number"))
    assert void == Counter(paper.number for paper in world.find("document", state="void"))
