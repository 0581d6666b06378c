"""Leases of tickets: which are given, who may call under them, when they go to others; silence and taking over."""

from __future__ import annotations

from lease_scene import clock, give, scene
from ticket_scene import CLERK, OTHER, OTHER_SESSION, RECORD, SESSION, hall, issue, sit, step, walk
from world import HOUR, MINUTE, SECOND, World

from sync.protocol.verbs import lease as verbs
from sync.protocol.verbs import ticket as tickets
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome

LASTS, MARGIN = 10 * MINUTE, 30 * SECOND


def morning(count: int = 3, **settings: object) -> World:
    world = sit(hall(**settings))
    for i in range(1, count + 1):
        world.now += SECOND
        issue(world, f"t-{i}")
    return world


def call_leased(world: World, ticket: str = RECORD, lease: str = "l-1", **how: object) -> Outcome:
    args = verbs.CallLeased(session=SESSION, call=f"c-{ticket}", lease=lease)
    return world.do(args, ticket, by=CLERK, device="d1", **how)  # type: ignore[arg-type]


def call_next(world: World, by: str = OTHER) -> str:
    """Which ticket the other window gets, or the code of the refusal."""
    session = OTHER_SESSION if by == OTHER else SESSION
    device = "d2" if by == OTHER else "d1"
    outcome = world.do(tickets.CallNext(call=f"c-{by}-{world.now}"), session, by=by, device=device)
    if not isinstance(outcome, Effects):
        return outcome.code  # type: ignore[union-attr]
    return str(world("window_session", session).ticket)


def test_a_counter_gets_the_likely_next_ticket_and_a_site_three() -> None:
    world = morning()
    give(world, "l-1", "l-2", "l-3")
    assert [(lease.id, lease.ticket) for lease in world.find("ticket_lease")] == [("l-1", "t-1")]
    give(world, "l-4", "l-5", session=OTHER_SESSION)
    assert world("ticket_lease", "l-4").ticket == "t-2"
    park = morning()
    park.seed("site", "park", kind="park", name="园区", queue_scope=park.queue)
    give(park, "l-1", "l-2", "l-3", "l-4")
    assert [lease.ticket for lease in park.find("ticket_lease")] == ["t-1", "t-2", "t-3"]


def test_none_where_the_hall_gives_none() -> None:
    world = morning(offline_tickets={"hall": 0, "site": 0})
    give(world)
    assert world.find("ticket_lease") == []


def test_asking_often_changes_nothing_until_half_the_time_is_over() -> None:
    world = morning()
    give(world)
    until = world("ticket_lease", "l-1").expires_at
    world.now += LASTS // 2 - SECOND
    effects = world.must(
        verbs.GiveLeases(leases=["l-2"], day=world.today), SESSION, Role.CLOCK, by="clock", device="clock"
    )
    assert effects.changes == []
    world.now += 2 * SECOND
    give(world, "l-2")
    assert world("ticket_lease", "l-1").expires_at == world.now + LASTS > until
    assert world.get("ticket_lease", "l-2") is None


def test_others_pass_a_leased_ticket_over_until_expiry_and_margin_are_past() -> None:
    world = morning(2)
    give(world)
    assert call_next(world) == "t-2"
    walk(world, "miss", id="t-2", by=OTHER)
    assert call_next(world) == "leased"
    assert world.code(tickets.Call(session=OTHER_SESSION, call="c"), "t-1", by=OTHER, device="d2") == "leased"
    world.now = world("ticket_lease", "l-1").expires_at + MARGIN - 1
    assert call_next(world) == "leased"
    world.now += 1
    assert call_next(world) == "t-1"


def test_others_get_it_at_once_when_the_holder_confirmed() -> None:
    world = morning(1)
    give(world)
    clock(world, "lease.ask@1")
    assert call_next(world) == "leased"
    clock(world, "lease.return@1")
    give(world, "l-2")
    assert world.get("ticket_lease", "l-2") is None, "whoever wanted it is not passed over a second time"
    assert call_next(world) == "t-1"


def test_its_own_window_calls_it_in_the_ordinary_way_too() -> None:
    world = morning(1)
    give(world)
    assert call_next(world, CLERK) == "t-1"
    assert world("ticket_lease", "l-1").state == "used"


def test_a_call_in_time_is_taken_however_late_it_comes() -> None:
    world = morning(1)
    give(world)
    until = world("ticket_lease", "l-1").expires_at
    world.advance(LASTS // 2)
    world.advance(LASTS + HOUR)
    assert world("ticket_lease", "l-1").state == "expired"
    assert call_leased(world, "t-1", judged=until + 1).code == "lease_over"  # type: ignore[union-attr]
    assert isinstance(call_leased(world, "t-1", judged=until), Effects)
    assert world("ticket", "t-1").session == SESSION


def test_a_call_that_comes_late_ends_the_lease_that_another_window_has_by_then() -> None:
    world = morning(1)
    give(world)
    until = world("ticket_lease", "l-1").expires_at
    world.advance(LASTS + HOUR)
    give(world, "l-2", session=OTHER_SESSION)
    assert world("ticket_lease", "l-2").ended_at is None
    assert isinstance(call_leased(world, "t-1", judged=until), Effects)
    assert world("ticket_lease", "l-2").state == "expired"
    assert world("ticket_lease", "l-2").ended_at == world.now


def test_never_two_windows_for_one_ticket() -> None:
    world = morning(1)
    give(world)
    until = world("ticket_lease", "l-1").expires_at
    world.now = until + MARGIN
    assert call_next(world) == "t-1"
    outcome = call_leased(world, "t-1", judged=until - 1)
    assert (outcome.code, outcome.params["window"]) == ("taken", "w04")  # type: ignore[union-attr]
    walk(world, "miss", id="t-1", by=OTHER)
    assert isinstance(call_leased(world, "t-1", judged=until - 1), Effects), "nobody came there: the person was here"


def test_a_day_that_was_closed_meanwhile_loses_no_service() -> None:
    world = morning(1)
    give(world)
    called = world.now + MINUTE
    world.advance(10 * HOUR)
    assert world("ticket", "t-1").state == "closed_end_of_day"
    assert isinstance(call_leased(world, "t-1", judged=called), Effects)
    world.must(tickets.Serve(segment="g-1"), "t-1", judged=called + MINUTE)
    world.must(tickets.Finish(invite="i-1"), "t-1", judged=called + 8 * MINUTE)
    world.advance(HOUR)
    assert world("ticket", "t-1").state == "done"
    assert world("window_session", SESSION).ticket is None


def test_one_that_is_left_open_so_is_closed_with_the_day_once_more() -> None:
    world = morning(1)
    give(world)
    called = world.now + MINUTE
    world.advance(10 * HOUR)
    assert isinstance(call_leased(world, "t-1", judged=called), Effects)
    world.advance(HOUR)
    assert world("ticket", "t-1").state == "closed_end_of_day"


def test_only_its_own_person_and_device_call_under_it() -> None:
    world = scene("held")
    args = verbs.CallLeased(session=OTHER_SESSION, call="c", lease="l-1")
    assert world.code(args, RECORD, by=OTHER, device="d2") == "not_yours"
    assert world.code(verbs.CallLeased(session=SESSION, call="c", lease="l-1"), RECORD, device="d9") == "not_yours"
    assert world.code(verbs.CallLeased(session=SESSION, call="c", lease="l-9"), RECORD) == "not_found"


def test_leaving_the_window_gives_leases_back_and_another_s_hand_does_not() -> None:
    world = scene("held")
    world.must(tickets.CloseWindow(), SESSION, Role.DUTY, by="0101", device="d8")
    assert world("ticket_lease", "l-1").state == "held"
    world = scene("held")
    world.must(tickets.CloseWindow(), SESSION, by=CLERK)
    assert world("ticket_lease", "l-1").state == "returned"


def test_after_a_crash_the_leases_go_on() -> None:
    world = scene("held")
    world.must(tickets.OpenWindow(window="w03"), "s-again", by=CLERK, device="d1")
    assert world("ticket_lease", "l-1").session == "s-again"
    args = verbs.CallLeased(session="s-again", call="c", lease="l-1")
    world.must(args, RECORD, by=CLERK, device="d1")


def take_window(world: World) -> str:
    world.must(tickets.CloseWindow(), OTHER_SESSION, by=OTHER, device="d2")
    outcome = world.do(tickets.OpenWindow(window="w03"), "s-x", by=OTHER, device="d2")
    return "opened" if isinstance(outcome, Effects) else outcome.code  # type: ignore[union-attr]


def silent(world: World) -> World:
    world.must(verbs.Silence(), SESSION, Role.CLOCK, by="clock", device="clock")
    return world


def test_a_silent_window_is_another_s_once_its_leases_are_over() -> None:
    assert take_window(scene("held")) == "window_taken"
    assert take_window(silent(scene("held"))) == "window_taken"
    world = silent(scene("held"))
    world.now += LASTS + MARGIN
    assert take_window(world) == "opened"
    assert world("ticket_lease", "l-1").state == "expired"
    assert world("window_session", SESSION).state == "closed"


def test_one_that_was_heard_again_stays_its_own() -> None:
    world = silent(scene("absent"))
    world.must(verbs.Heard(), SESSION, Role.CLOCK, by="clock", device="clock")
    assert take_window(world) == "window_taken"


def test_whom_a_silent_window_called_waits_again_and_whom_it_served_is_held() -> None:
    world = scene("absent")
    walk(world, "call_next")
    assert take_window(silent(world)) == "opened"
    assert (world("ticket", RECORD).state, world("ticket", RECORD).session) == ("waiting", None)
    world = scene("absent")
    walk(world, "call_next", "serve")
    silent(world)
    at = world.now
    world.now += HOUR
    assert take_window(world) == "opened"
    assert world("ticket", RECORD).state == "held"
    assert world.find("service_segment")[0].ended_at == at
    world.must(tickets.Resume(session="s-x", segment="g-x"), RECORD, by=OTHER, device="d2")
    assert step(world, "finish", by=OTHER)
