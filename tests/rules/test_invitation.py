"""Whoever was served is invited to rate it, by whichever way they left the window."""

from __future__ import annotations

from typing import Any

import pytest
from ticket_scene import CLERK, OTHER, OTHER_SESSION, RECORD, SESSION, hall, issue, scene, sit, step, walk
from world import HOUR, MINUTE, DeclaredRows, World

from sync.protocol.verbs import lease as leases
from sync.protocol.verbs import ticket as verbs
from sync.records.states import Role
from sync.rules.facts import Facts
from sync.rules.outcome import Effects
from sync.rules.rule import decide

DAY = 24 * HOUR


def invited(world: World) -> list[tuple[Any, ...]]:
    """(ticket, matter, window, clerk, state) of each invitation, its two halves put together."""
    found = []
    for link in world.find("invite_link"):
        invite = world("invite", link.id)
        assert (invite.scope, link.scope) == (world.rating, world.callback)
        found.append((link.ticket, invite.matter, invite.window, invite.staff, invite.state))
    return sorted(found)


@pytest.mark.parametrize("by", [Role.CLOCK, Role.DUTY])
@pytest.mark.parametrize(
    "steps", [("serve",), ("serve", "hold"), ("serve", "hold", "resume"), ("serve", "hold", "resume", "hold")]
)
def test_a_service_that_the_day_cut_short_is_rated(steps: tuple[str, ...], by: Role) -> None:
    world = sit(hall())
    issue(world, holder="赵某", phone="13800000000")
    for n, name in enumerate(("call_next", *steps)):
        walk(world, name, n=n)
    world.must(verbs.CloseDay(day=world.today), world.queue, by)
    assert invited(world) == []
    world.advance(0)
    assert invited(world) == [(RECORD, "m-A", "w03", CLERK, "open")]
    [link] = world.find("invite_link")
    assert (link.number, link.holder, link.phone) == ("A001", "赵某", "13800000000")
    assert world("invite", link.id).lapses_at == world.now + 7 * DAY


@pytest.mark.parametrize("state", ["waiting", "called", "recalled", "missed", "done"])
def test_who_was_not_served_is_not_asked_and_who_was_asked_is_not_asked_again(state: str) -> None:
    world = scene(state)
    before = invited(world)
    world.must(verbs.CloseDay(day=world.today), world.queue, Role.CLOCK)
    world.advance(0)
    assert invited(world) == before
    assert len(before) == (1 if state == "done" else 0)


def test_an_invitation_that_the_clock_opened_lapses_like_any_other() -> None:
    world = scene("held")
    world.must(verbs.CloseDay(day=world.today), world.queue, Role.CLOCK)
    world.advance(7 * DAY)
    [rating] = world.find("rating")
    assert (rating.defaulted, rating.staff, rating.window) == (True, CLERK, "w03")
    assert [invite.state for invite in world.find("invite")] == ["lapsed"]


def test_nobody_finds_the_invitation_by_the_ticket() -> None:
    """Its id is of the centre's secret: another centre makes another of the same service."""
    ids = []
    for secret in (b"one", b"another"):
        world = scene("serving")
        [segment] = world.find("service_segment")
        facts = Facts(
            now=world.now,
            received=world.now,
            actor="clock",
            roles=frozenset({Role.CLOCK}),
            device="clock",
            authority=True,
            calendar=world.calendar,
            rows=DeclaredRows(world, world.operation(verbs.CloseDay(day=world.today), world.queue), None),
            settings={},
            secret=secret,
        )
        outcome = decide(world.operation(verbs.CloseDay(day=world.today), world.queue, by="clock"), facts)
        assert isinstance(outcome, Effects)
        ids += [due.id for due in outcome.due]
        assert segment.id not in ids[-1]
    assert len(set(ids)) == 2


def test_who_is_sent_on_rates_each_window_by_itself() -> None:
    world = scene("serving")
    world.must(verbs.Transfer(window="w04"), RECORD)
    world.advance(0)
    assert invited(world) == [(RECORD, "m-A", "w03", CLERK, "open")]
    walk(world, "call_next", "serve", by=OTHER, n=2)
    world.must(verbs.Transfer(matter="m-B"), RECORD, by=OTHER)
    world.advance(MINUTE)
    walk(world, "call_next", "serve", n=3)
    walk(world, "finish", n=3)
    assert invited(world) == sorted(
        [
            (RECORD, "m-A", "w03", CLERK, "open"),
            (RECORD, "m-A", "w04", OTHER, "open"),
            (RECORD, "m-B", "w03", CLERK, "open"),
        ]
    )


def test_a_transfer_is_previewed_without_the_invitation() -> None:
    world = scene("serving")
    effects = world.ask(
        world.operation(verbs.Transfer(window="w04"), RECORD), authority=False, held={world.base, world.queue}
    )
    assert isinstance(effects, Effects)
    assert effects.due == []


def test_where_another_goes_on_the_part_before_is_rated_too() -> None:
    """The device at w03 fell silent while it served; 0308 takes the window over and goes on."""
    world = scene("serving")
    world.must(verbs.CloseWindow(), OTHER_SESSION, by=OTHER)
    world.must(leases.Silence(), SESSION, Role.CLOCK, by="clock")
    world.must(verbs.OpenWindow(window="w03"), "s-new", by=OTHER, device="d2")
    world.must(verbs.Resume(session="s-new", segment="g-2"), RECORD, by=OTHER)
    world.advance(0)
    assert invited(world) == [(RECORD, "m-A", "w03", CLERK, "open")]
    world.must(verbs.Finish(invite="i-2"), RECORD, by=OTHER)
    assert invited(world) == sorted([(RECORD, "m-A", "w03", CLERK, "open"), (RECORD, "m-A", "w03", OTHER, "open")])


def test_the_same_person_going_on_is_rated_once() -> None:
    world = scene("held")
    assert isinstance(step(world, "resume", n=2), Effects)
    world.advance(0)
    assert invited(world) == []
    walk(world, "finish")
    assert invited(world) == [(RECORD, "m-A", "w03", CLERK, "open")]
