"""What the verbs of a ticket leave behind: numbers, calls, segments, invitations, what falls due; refusals."""

from __future__ import annotations

from typing import Any

from ticket_scene import CLERK, OTHER, OTHER_SESSION, RECORD, SESSION, hall, issue, scene, sit, step, walk
from world import HOUR, MINUTE, MONDAY, SECOND, World

from sync.protocol.verbs import rating
from sync.protocol.verbs import ticket as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Refusal

DAY = 24 * HOUR


def refused(outcome: Any, code: str, **params: Any) -> None:
    assert isinstance(outcome, Refusal), outcome
    assert outcome.code == code
    assert {name: outcome.params.get(name) for name in params} == params


# -- issue


def test_numbers_count_by_prefix_and_day() -> None:
    world = hall()
    for n, matter in enumerate(("m-A", "m-A", "m-B", "m-A")):
        issue(world, f"t-{n}", matter)
    assert [world("ticket", f"t-{n}").number for n in range(4)] == ["A001", "A002", "B001", "A003"]
    world.now += DAY
    assert world("ticket", issue(world, "t-next")).number == "A001"
    assert world("ticket", "t-next").day == "2026-03-03"


def test_a_number_never_comes_twice_when_the_servers_clock_is_set_back() -> None:
    world = hall()
    world.now = MONDAY + DAY
    issue(world, "t-1")
    world.now = MONDAY
    issue(world, "t-2")
    assert [(world("ticket", t).day, world("ticket", t).number) for t in ("t-1", "t-2")] == [
        ("2026-03-03", "A001"),
        ("2026-03-03", "A002"),
    ]


def test_a_preview_gives_no_number_and_no_telephone() -> None:
    world = hall()
    op = world.operation(verbs.Issue(matter="m-A", site="main", phone="13800000000"), "t-1")
    effects = world.ask(op, authority=False, held={world.base, world.queue})
    assert isinstance(effects, Effects)
    [ticket] = effects.changes
    assert (ticket.table, ticket.set and ticket.set["number"]) == ("ticket", None)


def test_the_telephone_lies_in_the_callback_scope_alone() -> None:
    world = hall()
    issue(world, "t-1", phone="13800000000", holder="赵某")
    issue(world, "t-2", holder="钱某")
    assert [(c.id, c.scope, c.phone) for c in world.find("contact")] == [("t-1", world.callback, "13800000000")]
    queue_rows = [row for rows in world.rows.values() for row in rows.values() if row.scope == world.queue]
    assert "13800000000" not in repr(queue_rows)


def test_what_cannot_be_issued() -> None:
    world = hall()
    world.seed("matter", "m-old", name="旧", office="o", prefix="O", expected_minutes=1, promised_days=1,
               statutory_days=1, basis="-", active=False)  # fmt: skip
    code = world.code
    assert code(verbs.Issue(matter="m-none", site="main"), "t-1") == "not_found"
    assert code(verbs.Issue(matter="m-old", site="main"), "t-1") == "inactive"
    assert code(verbs.Issue(matter="m-A", site="main", priority="vip"), "t-1") == "bad_value"
    for priority in ("green", "appointment"):
        assert code(verbs.Issue(matter="m-A", site="main", priority=priority), "t-1", Role.CITIZEN) == "forbidden"
    world.must(verbs.Issue(matter="m-A", site="main", priority="green"), "t-1", Role.GRID)
    world.must(verbs.Issue(matter="m-A", site="main", priority="elderly"), "t-2", Role.CITIZEN)


# -- call


def test_a_call_is_announced_and_so_is_each_recall_up_to_the_limit() -> None:
    world = scene("waiting")
    walk(world, "call_next")
    ticket, session = world("ticket", RECORD), world("window_session", SESSION)
    assert (ticket.window, ticket.session, ticket.called_at, ticket.calls) == ("w03", SESSION, MONDAY, 1)
    assert session.ticket == RECORD
    for _ in range(3):
        world.now += 20 * SECOND
        walk(world, "recall")
    refused(step(world, "recall"), "recalls_used", max=3)
    said = sorted(world.find("announcement"), key=lambda row: row.at)
    assert [(a.kind, a.number, a.window) for a in said] == [("call", "A001", "w03")] + 3 * [("recall", "A001", "w03")]
    assert [a.at - MONDAY for a in said] == [0, 20_000, 40_000, 60_000]
    [call] = world.find("call")
    assert (call.open, call.staff) == (True, CLERK)


def test_of_two_windows_that_call_one_ticket_the_second_learns_who_was_first() -> None:
    world = scene("waiting")
    walk(world, "call")
    refused(step(world, "call", by=OTHER, n=2), "taken", window="w03", number="A001", state="called")
    refused(step(world, "call_next", by=OTHER, n=2), "queue_empty", window="w04")
    walk(world, "serve", "finish")
    refused(step(world, "call", by=OTHER, n=2), "taken", window="w03", state="done")
    refused(step(world, "call", n=2), "state", state="done")


def test_a_window_calls_only_when_it_is_free_open_and_the_callers_own() -> None:
    world = scene("called")
    issue(world, "t-2")
    refused(step(world, "call_next", n=2), "already_serving", ticket=RECORD)
    refused(world.do(verbs.CallNext(call="c"), SESSION, by=OTHER), "not_yours", window="w03")
    refused(world.do(verbs.CallNext(call="c"), "s-none"), "not_found")
    world.must(verbs.PauseWindow(pause="p", reason="meal"), OTHER_SESSION, by=OTHER, device="d2")
    refused(step(world, "call_next", by=OTHER), "paused", window="w04")


def test_nobody_is_called_on_another_day() -> None:
    world = scene("waiting")
    world.now += DAY
    refused(step(world, "call_next"), "queue_empty")
    refused(step(world, "call"), "not_today", day="2026-03-02")


def test_a_queue_of_a_site_is_not_seen_from_the_hall() -> None:
    world = scene("absent")
    issue_there = verbs.Issue(matter="m-A", site="park")
    world.must(issue_there, "t-park", Role.GRID, scope="licang:queue/park")
    assert world("ticket", "t-park").number == "A001"
    refused(step(world, "call_next"), "queue_empty")
    refused(step(world, "call", "t-park"), "not_found", table="ticket")
    refused(step(world, "cancel", "t-park"), "not_found", table="ticket")


def test_an_undone_call_leaves_the_ticket_as_it_was() -> None:
    world = scene("waiting")
    before = world("ticket", RECORD).body
    walk(world, "call_next")
    world.now += 10 * SECOND
    walk(world, "recall", "undo_call")
    assert world("ticket", RECORD).body == before
    assert world("window_session", SESSION).ticket is None
    assert [(c.open, c.outcome) for c in world.find("call")] == [(False, "undone")]
    walk(world, "call_next", n=2)
    world.now += 10 * SECOND + 1
    refused(step(world, "undo_call"), "undo_late", within=10_000)


def test_undo_keeps_where_a_ticket_was_sent() -> None:
    world = scene("serving")
    world.must(verbs.Transfer(window="w04"), RECORD)
    walk(world, "call_next", "undo_call", by=OTHER, n=2)
    assert world("ticket", RECORD).target_window == "w04"
    walk(world, "call_next", "serve", by=OTHER, n=3)
    assert world("ticket", RECORD).target_window is None


def test_what_stands_at_a_window_is_its_persons_and_the_duty_managers() -> None:
    for state, steps in {
        "called": ("serve", "miss", "recall", "undo_call", "cancel"),
        "serving": ("hold", "finish"),
    }.items():
        for name in steps:
            refused(step(scene(state), name, by=OTHER), "not_yours", window="w03")
    for state, args in (
        ("called", verbs.Miss()),
        ("serving", verbs.Finish(invite="i")),
        ("serving", verbs.Transfer(window="w04")),
    ):
        world = scene(state)
        world.must(args, RECORD, Role.DUTY, by="0601")
        assert world("window_session", SESSION).ticket is None


# -- missed


def test_a_missed_ticket_rests_and_comes_back_by_its_arrival() -> None:
    world = scene("missed")
    world.now += MINUTE
    issue(world, "t-2")
    walk(world, "reactivate")
    walk(world, "call_next", id="t-2")
    assert world("window_session", SESSION).ticket == "t-2"
    walk(world, "miss", id="t-2")
    world.now += 4 * MINUTE
    walk(world, "call_next", id=RECORD, n=2)
    assert world("window_session", SESSION).ticket == RECORD


def test_a_ticket_waits_again_only_so_often() -> None:
    world = scene("missed")
    for n in (2, 3):
        walk(world, "reactivate", "call", "miss", n=n)
    refused(step(world, "reactivate"), "misses_used", max=2)
    assert world("ticket", RECORD).misses == 3


def test_a_missed_ticket_lapses_two_hours_after_it_was_last_missed() -> None:
    world = scene("missed")
    world.advance(90 * MINUTE)
    walk(world, "reactivate", "call", "miss", n=2)
    [(kind, answer)] = world.advance(30 * MINUTE)
    assert kind == "ticket.expire@1"
    refused(answer, "not_due")
    assert world("ticket", RECORD).state == "missed"
    [(_, answer)] = world.advance(90 * MINUTE)
    assert isinstance(answer, Effects)
    assert world("ticket", RECORD).state == "expired"


# -- service


def test_service_is_the_sum_of_its_segments() -> None:
    world = scene("called")
    world.now += MINUTE
    walk(world, "serve")
    world.now += 5 * MINUTE
    walk(world, "hold")
    world.now += 10 * MINUTE
    walk(world, "resume", n=2)
    world.now += 2 * MINUTE
    walk(world, "finish")
    segments = sorted(world.find("service_segment", ticket=RECORD), key=lambda s: s.started_at)
    assert [(s.ended_at - s.started_at, s.ended_by) for s in segments] == [(5 * MINUTE, "hold"), (2 * MINUTE, "finish")]
    ticket = world("ticket", RECORD)
    assert (ticket.serving_at, ticket.finished_at) == (MONDAY + MINUTE, MONDAY + 18 * MINUTE)


def test_a_late_message_makes_no_time_run_backwards() -> None:
    """The device said it half a minute before the centre's last word on this ticket."""
    world = scene("called")
    world.must(verbs.Serve(segment="g"), RECORD, judged=MONDAY - 30 * SECOND)
    world.must(verbs.Finish(invite="i"), RECORD, judged=MONDAY - 45 * SECOND)
    [segment], [call] = world.find("service_segment"), world.find("call")
    assert call.called_at <= call.ended_at <= segment.started_at <= segment.ended_at
    assert world("ticket", RECORD).finished_at == segment.ended_at


def test_a_held_ticket_goes_on_at_its_own_window_and_nowhere_else() -> None:
    world = scene("held")
    refused(step(world, "resume", by=OTHER, n=2), "other_window", window="w03")
    issue(world, "t-2")
    walk(world, "call_next", id="t-2")
    refused(step(world, "resume", n=2), "already_serving", ticket="t-2")
    walk(world, "cancel", id="t-2")
    walk(world, "resume", n=2)
    assert world("window_session", SESSION).ticket == RECORD


def test_a_transfer_keeps_number_and_arrival_and_goes_first_where_it_was_sent() -> None:
    world = scene("serving")
    world.now += MINUTE
    issue(world, "t-2", priority="elderly")
    world.must(verbs.Transfer(window="w04", matter="m-B"), RECORD)
    ticket = world("ticket", RECORD)
    assert (ticket.number, ticket.arrived_at, ticket.matter, ticket.prefix) == ("A001", MONDAY, "m-B", "B")
    assert [s.ended_by for s in world.find("service_segment")] == ["transfer"]
    walk(world, "call_next", by=OTHER, n=2)
    assert world("window_session", OTHER_SESSION).ticket == RECORD
    walk(world, "call_next", id="t-2")
    assert world("window_session", SESSION).ticket == "t-2"


def test_where_a_ticket_cannot_be_sent() -> None:
    world = scene("serving")
    world.seed("window", "w05", label="窗口05", site="main", skills=["A"], queue_scope=world.queue)
    world.seed("window", "w-park", label="园区01", site="park", skills=["A"], queue_scope="licang:queue/park")
    send = verbs.Transfer
    assert world.code(send(), RECORD) == "no_target"
    assert world.code(send(window="w03"), RECORD) == "no_target"
    assert world.code(send(matter="m-A"), RECORD) == "no_target"
    assert world.code(send(window="w05"), RECORD) == "window_closed"
    assert world.code(send(window="w-park"), RECORD) == "wrong_scope"
    assert world.code(send(window="w-none"), RECORD) == "not_found"
    assert world.code(send(matter="m-none"), RECORD) == "not_found"


def test_finishing_opens_one_invitation_in_two_halves() -> None:
    world = sit(hall())
    issue(world, phone="13800000000", holder="赵某")
    walk(world, "call_next", "serve")
    world.seed("case", "k-1", scope="licang:case/registration", matter="m-A", office="o", site="main", state="received",
               applicant="某公司")  # fmt: skip
    world.must(verbs.Link(case="k-1"), RECORD)
    walk(world, "finish")
    invite, link = world("invite", f"i-{RECORD}"), world("invite_link", f"i-{RECORD}")
    assert invite.scope == world.rating
    assert invite.body == {
        "subject": "service",
        "state": "open",
        "matter": "m-A",
        "window": "w03",
        "staff": CLERK,
        "site": "main",
        "opened_at": MONDAY,
        "lapses_at": MONDAY + 7 * DAY,
    }
    assert link.scope == world.callback
    told = {"ticket": RECORD, "case": "k-1", "number": "A001", "holder": "赵某", "phone": "13800000000"}
    assert link.body == {**told, "at": MONDAY}
    [due] = [due for due in world.due.values() if due.kind == "invite.lapse@1"]
    assert (due.at, due.id, due.scope, dict(due.args)) == (MONDAY + 7 * DAY, f"i-{RECORD}", world.rating, {})


def test_a_window_that_cannot_see_ratings_previews_the_end_of_service_all_the_same() -> None:
    world = scene("serving")
    op = world.operation(verbs.Finish(invite="i"), RECORD)
    effects = world.ask(op, authority=False, held={world.base, world.queue})
    assert isinstance(effects, Effects)
    assert {change.table for change in effects.changes} == {"ticket", "window_session", "service_segment"}
    assert effects.due == []


def test_an_invitation_nobody_answers_lapses() -> None:
    world = scene("done")
    assert isinstance(dict(world.advance(7 * DAY))["invite.lapse@1"], Effects)
    assert world.code(rating.Lapse(), f"i-{RECORD}", Role.CLOCK, scope=world.rating) != ""


def test_a_ticket_is_linked_to_a_case_that_exists_and_anew_after_an_error() -> None:
    world = scene("serving")
    assert world.code(verbs.Link(case="k-none"), RECORD) == "not_found"
    world.must(verbs.Link(case="k-1"), RECORD)
    assert (world("ticket", RECORD).case, world("ticket", RECORD).state) == ("k-1", "serving")


# -- several matters


def _both(world: World) -> None:
    issue(world, more=["m-B"])


def test_several_matters_are_done_one_after_another_at_the_window_that_serves_both() -> None:
    world = sit(hall())
    _both(world)
    walk(world, "call_next", "serve")
    world.now += 5 * MINUTE
    walk(world, "finish")
    ticket = world("ticket", RECORD)
    assert (ticket.state, ticket.matter, ticket.prefix, ticket.more) == ("serving", "m-B", "B", None)
    assert (ticket.number, world("window_session", SESSION).ticket) == ("A001", RECORD)
    world.now += 3 * MINUTE
    world.must(verbs.Finish(invite="i-second"), RECORD)
    assert world("ticket", RECORD).state == "done"
    segments = sorted(world.find("service_segment", ticket=RECORD), key=lambda s: s.started_at)
    assert [(s.matter, s.ended_at - s.started_at) for s in segments] == [("m-A", 5 * MINUTE), ("m-B", 3 * MINUTE)]
    invites = sorted(i.matter for i in world.rows["invite"].values())
    assert invites == ["m-A", "m-B"]


def test_the_next_matter_waits_elsewhere_by_the_old_arrival() -> None:
    world = sit(hall())
    arrived = world.now
    _both(world)
    world.now += MINUTE
    issue(world, "t-later", "m-B")
    world.must(verbs.Call(session=OTHER_SESSION, call="c-1"), RECORD, by=OTHER, device="d2")
    walk(world, "serve", "finish", by=OTHER)
    ticket = world("ticket", RECORD)
    assert (ticket.state, ticket.matter, ticket.arrived_at) == ("waiting", "m-B", arrived)
    assert world("window_session", OTHER_SESSION).ticket is None
    world.must(verbs.CallNext(call="c-2"), SESSION)
    assert world("window_session", SESSION).ticket == RECORD


def test_a_matter_sent_on_before_its_turn_loses_none() -> None:
    world = sit(hall())
    _both(world)
    walk(world, "call_next", "serve")
    world.must(verbs.Transfer(matter="m-B"), RECORD)
    ticket = world("ticket", RECORD)
    assert (ticket.matter, ticket.more) == ("m-B", [{"matter": "m-A", "prefix": "A"}])


def test_a_matter_is_wanted_once_and_five_at_most() -> None:
    world = hall()

    six = ["m-B", "m-C", "m-D", "m-E", "m-F"]
    for more, code in ((["m-A"], "bad_value"), (["m-none"], "not_found"), (six, "too_many")):
        refused(world.do(verbs.Issue(matter="m-A", more=more, site="main"), "t-9", Role.CITIZEN), code)
