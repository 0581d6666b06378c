"""The load test of another government's queue system, step by step by the verbs of this one.

    ../shared/data/queue/theq_scenarios.json ─▶ groups (QT1) … (QT5) ─▶ what each step is here ─▶ the state it leaves

The file names the steps and not their bodies: what is held against it is the course of a visit – who may be called
after what, what ends it –, not its data. Every step is either played or named below with the reason why not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from ticket_scene import CLERK, SEATS, hall, issue, sit, walk
from world import World

from sync.protocol.verbs import ticket as verbs

NOT_PLAYED = {
    "Setup": "variables and scripts of the tool that plays the steps",
    "Check app health": "`/health` is asked by tests of the server",
    "Check user login": "signing on has tests of its own; there it is another server's",
    "Check channels": "how somebody came is told by the device: desk, terminal or page",
    "Check counters": "a window is known by its session",
    "Check categories": "matters have an office, no tree of categories",
    "Check services": "the list of matters is in every copy",
}
NOTHING = {
    "Create citizen": "nobody is recorded before it is known what they came for",
    "Edit specific citizen": "name and telephone are given with the ticket",
    "List specific citizen": "read from the copy",
    "Get service requests": "read from the copy",
    "Update quantity from 3 to 5": "a ticket has no quantity: each further matter is named",
}
"""Steps that write nothing here."""


def _left(world: World, id: str) -> None:
    if world.get("ticket", id) is not None:  # who has no ticket yet just goes
        walk(world, "cancel", id=id)


def _begin(world: World, id: str) -> None:
    """Also without having been in the queue, and of whom was put aside."""
    if world("ticket", id).state == "held":
        walk(world, "resume", id=id, n=2)
        return
    if world("ticket", id).state == "waiting":
        walk(world, "call", id=id)
    walk(world, "serve", id=id)


def _other_matter(world: World, id: str) -> None:
    """Sent on for the other matter, and called back at once to the same window: its time so far stays the first's."""
    world.must(verbs.Transfer(matter="m-B"), id, by=CLERK, device=SEATS[CLERK][2])
    walk(world, "call", "serve", id=id, n=2)


PLAYED: dict[str, tuple[Callable[[World, str], object], str]] = {
    "Add property tax via phone service request": (issue, "waiting"),
    "Add citizen to queue": (lambda world, id: None, "waiting"),
    "Invite specific citizen": (lambda world, id: walk(world, "call", id=id), "called"),
    "Begin serving citizen": (_begin, "serving"),
    "Place citizen on hold": (lambda world, id: walk(world, "hold", id=id), "held"),
    "Call citizen from hold": (_begin, "serving"),
    "Update service from PropTax to MSP": (_other_matter, "serving"),
    "Finish serving citizen": (lambda world, id: walk(world, "finish", id=id), "done"),
    "Citizen left": (_left, "cancelled"),
}


def test_every_visit_of_the_other_system_goes_the_same_way_here(shared_data: Path) -> None:
    world, played = sit(hall()), 0
    for step in json.loads((shared_data / "queue" / "theq_scenarios.json").read_text()):
        group = re.sub(r" \(.*", "", step["group"])
        if group in NOT_PLAYED:
            continue
        name, visit = re.fullmatch(r"(.*) \((QT\d)\)", step["step"]).groups()  # type: ignore[union-attr]
        if name in NOTHING:
            continue
        act, state = PLAYED[name]
        act(world, visit)
        row = world.get("ticket", visit)
        assert (row.state if row is not None else "cancelled") == state, step
        played += 1
    ended = {row.id: row.state for row in world.find("ticket")}
    assert ended == {"QT1": "done", "QT2": "done", "QT4": "cancelled", "QT5": "done"}  # QT3 left before a ticket
    assert played == 18
    spans = sorted((row.matter, row.ended_by) for row in world.find("service_segment") if row.ticket == "QT5")
    assert spans == [("m-A", "transfer"), ("m-B", "finish")]
