"""办件进度: how far a case is, for whoever holds its number and code, its ticket or a paper of it. A projection of what
was done: days and papers, never a name, a form field, an opinion or which way it was decided.

number + code ─┐
ticket's page ─┼─▶ /c/<number>.<seal> ─▶ ProgressPage
paper's page ──┘
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server_stub.public import token
from server_stub.public.store import PublicStore, one
from sync.progress_code import is_code
from sync.protocol.identifiers import class_of
from sync.records.states import CASE_OVER, CaseState
from sync.rules.paper import known_as

CASE = "case"
"""The purpose that a page's address is sealed for."""
LONGEST_NUMBER, LONGEST_CODE = 80, 20
NOBODY = "no-such-case"
BEFORE = frozenset({CaseState.RECEIVED, CaseState.CORRECTED})
AT_WORK = frozenset({CaseState.ACCEPTED, CaseState.IN_REVIEW, CaseState.REVIEWED})


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done, and when (ms); `round` of a correction."""

    name: str
    at: int
    round: int = 0


@dataclass(frozen=True, slots=True)
class ProgressPage:
    """A case. `limits` are (which, day) that run now; `lacking` the materials of an open correction notice; `certain`
    False: a limit lies beyond the calendar's end."""

    number: str
    matter: str
    state: str
    steps: Sequence[Step]
    limits: Sequence[tuple[str, str]]
    certain: bool
    lacking: Sequence[str]
    office: str
    site: str
    over: bool


async def case_of(store: PublicStore, told: str, code: str) -> Any:
    """The case of this number, as papers have it or with the office or site before it, if the code is its own; None
    for a wrong code and for no such case, after the same work."""
    found = None
    for number in await _numbers(store, told.strip()):
        for case in await store.read("case", number=number):
            if is_code(code, case.id):
                found = case
    is_code(code, NOBODY)
    return found


async def _numbers(store: PublicStore, told: str) -> list[str]:
    """What the number may be in full: on papers the office or site that leads it is left out."""
    form = str(store.setting("case_number_format"))
    head, part, rest = form.partition("{part}")
    if not part or head:
        return [told]
    between = rest.partition("{")[0]
    places = [*await store.read("office"), *await store.read("site")]
    return [told, *(f"{each.id}{between}{told}" for each in places)]


def address(store: PublicStore, number: str) -> str:
    """The path of a case's page."""
    return f"/c/{token.make(store.secret, CASE, number)}"


async def address_of(store: PublicStore, case: str | None) -> str:
    """The path of the page of a case by its id; empty where there is none, or no number yet."""
    found = await one(store, "case", case)
    return address(store, found.number) if found is not None and found.number else ""


async def progress_page(store: PublicStore, number: str) -> ProgressPage | None:
    """How far it is; None where there is no such case."""
    rows = await store.read("case", number=number)
    if not rows:
        return None
    case: Any = rows[0]
    matter, office = await one(store, "matter", case.matter), await one(store, "office", case.office)
    site = await one(store, "site", case.site)
    corrections = sorted(await store.read("correction", case=case.id), key=lambda each: each.round)
    archived = class_of(case.scope) == "archive"
    state = CaseState.ARCHIVED if archived else CaseState(case.state)
    return ProgressPage(
        number=known_as(case.number, case.scope) or "",
        matter=matter.name if matter else "",
        state=str(state),
        steps=_steps(case, corrections),
        limits=_limits(case, state),
        certain=bool(case.deadline_certain),
        lacking=await _lacking(store, state, corrections),
        office=office.name if office else "",
        site=site.name if site else "",
        over=state in CASE_OVER,
    )


def _steps(case: Any, corrections: Sequence[Any]) -> list[Step]:
    """What was done, in its order."""
    steps = [Step("received", case.received_at or 0)]
    for each in corrections:
        steps.append(Step("correction", each.at or 0, each.round))
        if each.answered_at:
            steps.append(Step("corrected", each.answered_at, each.round))
    named = (
        ("deemed" if case.deemed else "accepted", case.accepted_at),
        ("reviewed", case.reviewed_at),
        ("decided", case.decided_at),
        ("issued", case.issued_at),
        ("delivered", case.delivered_at),
    )
    steps += [Step(name, at) for name, at in named if at]
    if case.ended_at and case.ended_at != case.delivered_at:
        steps.append(Step("ended", case.ended_at))
    return sorted(steps, key=lambda step: step.at)


def _limits(case: Any, state: CaseState) -> list[tuple[str, str]]:
    """The days that something must be done by, as things stand."""
    if state in BEFORE:
        days = [("told", case.correction_due_day)]
    elif state in AT_WORK:
        days = [("promised", case.promised_day), ("statutory", case.statutory_day)]
    elif state in (CaseState.DECIDED, CaseState.ISSUED):
        days = [("delivery", case.delivery_day)]
    else:
        days = []
    return [(name, day) for name, day in days if day]


async def _lacking(store: PublicStore, state: CaseState, corrections: Sequence[Any]) -> list[str]:
    """The names of what a correction notice asks for, as it stands in the notice."""
    if state != CaseState.NEED_CORRECTION or not corrections:
        return []
    named = dict.fromkeys(each.get("material") for each in corrections[-1].defects or ())
    found = [await one(store, "material", id) for id in named if id]
    return [row.name for row in found if row is not None]
