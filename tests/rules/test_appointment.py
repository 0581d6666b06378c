"""Appointments: half hours by the calendar, seats, who may book, coming early, in time, late or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from appointment_scene import AT_TEN, PHONE, RECORD, TEN, book, hall
from ticket_scene import CLERK, SESSION, sit
from waiting import NOON, Ticket
from world import HOUR, MINUTE, World

from sync.calendar import Calendar
from sync.protocol.verbs import appointment as verbs
from sync.protocol.verbs import ticket as calls
from sync.records.states import Role
from sync.rules.appointment import ticket_id
from sync.rules.outcome import Refusal
from sync.rules.policy import choose, order
from sync.slots import clock_of, days_from, minutes_of

CALENDAR = Calendar.standard()
DAY = 24 * HOUR


def refused(world: World, args: Any, id: str = "a-new", role: Role = Role.CITIZEN) -> str:
    outcome = world.do(args, id, role, by="citizen")
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def wants(**said: Any) -> verbs.Book:
    return verbs.Book(**{"matter": "m-A", "day": "2026-03-02", "minute": TEN, "phone": "13800000009", **said})


@pytest.mark.parametrize(
    ("day", "first", "last", "many"),
    [
        ("2026-03-02", "09:00", "16:30", 14),  # a Monday
        ("2026-02-28", "09:00", "16:30", 14),  # a Saturday that is worked
        ("2026-02-17", "", "", 0),  # the Spring Festival
        ("2026-03-07", "", "", 0),  # a Saturday
        ("2031-03-03", "", "", 0),  # beyond the calendar's table: never a guess
    ],
)
def test_half_hours_are_the_hall_s_hours_by_the_calendar(day: str, first: str, last: str, many: int) -> None:
    found = [clock_of(minute) for minute in minutes_of(day, CALENDAR, {})]
    assert (len(found), (found or [""])[0], (found or [""])[-1]) == (many, first, last)
    assert not {"12:00", "12:30"} & set(found)


def test_a_rest_of_hours_is_no_half_hour_and_only_days_with_one_are_offered() -> None:
    assert minutes_of("2026-03-02", CALENDAR, {"open_hours": [["09:10", "10:20"]]}) == (550, 580)
    assert days_from("2026-02-13", CALENDAR, {"appointment_days": 16}) == (
        *("2026-02-13", "2026-02-14"),  # a Saturday that is worked, before the festival
        *("2026-02-24", "2026-02-25", "2026-02-26", "2026-02-27", "2026-02-28"),
    )
    assert days_from("2026-03-02", CALENDAR, {"appointment_days": 0}) == ()


def test_no_half_hour_has_more_than_its_seats_and_a_cancelled_one_is_free_again() -> None:
    world = hall()
    for n in range(2):
        book(world, f"a-{n}", phone=f"1380000000{n}")
    assert refused(world, wants()) == "slot_full"
    book(world, "b-1", matter="m-B", phone="13800000003")  # another group has seats of its own
    book(world, "a-3", minute=TEN + 30, phone="13800000004")
    world.must(verbs.CancelAppointment(), "a-0", Role.CITIZEN, by="citizen")
    book(world, "a-4", phone="13800000005")
    taken = {row.id: row.body["seat"] for row in world.find("appointment", minute=TEN, prefix="A")}
    assert taken == {"a-0": None, "a-1": 2, "a-4": 1}
    codes = [row.body["code"] for row in world.find("appointment") if row.body["code"] is not None]
    assert len(set(codes)) == len(codes) == 4
    assert all(len(code) == 6 and code.isdigit() for code in codes)


def test_fewer_seats_than_are_taken_give_out_none() -> None:
    world = hall(appointment_seats=3)
    for n in range(3):
        book(world, f"a-{n}", phone=f"1380000000{n}")
    world.given["appointment_seats"] = 2
    world.must(verbs.CancelAppointment(), "a-0", Role.CITIZEN, by="citizen")
    assert refused(world, wants()) == "slot_full"
    world.given["appointment_seats"] = 0
    assert refused(world, wants(minute=TEN + 30)) == "slot_full"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"phone": "call me"}, "bad_value"),
        ({"holder": " "}, "bad_value"),
        ({"channel": "radio"}, "bad_value"),
        ({"matter": "m-none"}, "not_found"),
        ({"minute": TEN + 1}, "not_offered"),
        ({"minute": 12 * 60}, "not_offered"),
        ({"minute": 9 * 60}, "not_offered"),  # it has begun
        ({"day": "2026-03-01"}, "not_offered"),
        ({"day": "2026-03-09"}, "not_offered"),  # the eighth day
        ({"day": "someday"}, "not_offered"),
    ],
)
def test_what_cannot_be_booked(said: dict[str, Any], code: str) -> None:
    assert refused(hall(), wants(**said)) == code


def test_a_seat_is_a_queue_s() -> None:
    world = hall()
    outcome = world.do(wants(), "a-new", scope="licang:case/registration")
    assert isinstance(outcome, Refusal)
    assert outcome.code == "wrong_scope"


def test_one_open_a_person_and_matter() -> None:
    world = hall()
    book(world)
    assert refused(world, wants(phone=PHONE, minute=TEN + 30)) == "appointment_exists"
    book(world, "a-2", matter="m-B", minute=TEN + 30)
    world.must(verbs.CancelAppointment(), RECORD, Role.CITIZEN, by="citizen")
    book(world, "a-3", minute=TEN + 30)


def test_a_telephone_has_so_many_open_at_a_time() -> None:
    world = hall(appointment_open=1)
    book(world)
    assert refused(world, wants(phone=PHONE, matter="m-B", minute=TEN + 30)) == "appointment_many"
    world.must(verbs.CancelAppointment(), RECORD, Role.CITIZEN, by="citizen")
    book(world, "a-2", matter="m-B", minute=TEN + 30)


def test_who_did_not_come_twice_books_no_more_for_a_while() -> None:
    world = hall()
    for day in ("2026-03-02", "2026-03-03"):
        book(world, f"a-{day}", day=day)
        world.advance(DAY)
        assert world("appointment", f"a-{day}").state == "missed"
    outcome = world.do(wants(phone=PHONE, day="2026-03-05"), "a-3", Role.CLERK)
    assert isinstance(outcome, Refusal)
    assert outcome.code == "appointment_barred"
    book(world, "other", day="2026-03-05", phone="13800000002")
    world.given["appointment_days"] = 120
    world.now = outcome.params["until"]
    book(world, "a-4", day="2026-06-01")


def test_who_came_late_has_an_ordinary_ticket_and_it_does_not_count_against_them() -> None:
    world = hall()
    book(world)
    world.advance(HOUR + 15 * MINUTE)
    assert world("appointment", RECORD).state == "missed"
    world.must(verbs.CheckIn(), RECORD, Role.KIOSK, by="0602")
    ticket = world("ticket", ticket_id(RECORD))
    assert (ticket.priority, ticket.arrived_at, ticket.state) == ("none", world.now, "waiting")
    assert world.get("booking", RECORD) is None
    assert world("contact", ticket.id).phone == PHONE


@pytest.mark.parametrize("longer", [90, 120])
def test_whose_it_was_is_gone_once_nothing_asks_for_it(longer: int) -> None:
    world = hall()
    for n in range(3):
        book(world, f"a-{n}", minute=TEN + 30 * (n // 2), phone=f"1380000000{n}")
    world.must(verbs.CancelAppointment(), "a-0", Role.CITIZEN, by="citizen")
    assert {row.id for row in world.find("booking")} == {"a-1", "a-2"}
    world.now = AT_TEN
    world.must(verbs.CheckIn(), "a-1")
    assert {row.id for row in world.find("booking")} == {"a-2"}
    world.advance(DAY)
    missed = world("booking", "a-2").missed_at
    world.given["appointment_misses_days"] = longer  # judged by what holds when the time has come
    world.advance(missed + longer * DAY - world.now - 1)
    assert world("booking", "a-2").phone == "13800000002"
    world.advance(1)
    assert world.find("booking") == []
    assert world("appointment", "a-2").state == "missed"


@pytest.mark.parametrize("minutes", [-30, 0, 14])
def test_a_ticket_in_time_has_the_place_of_its_half_hour(minutes: int) -> None:
    world = hall()
    book(world, holder="某甲")
    world.now = AT_TEN + minutes * MINUTE
    world.must(verbs.CheckIn(desk="w03"), RECORD)
    ticket = world("ticket", ticket_id(RECORD))
    assert (ticket.number, ticket.priority, ticket.arrived_at) == ("A001", "appointment", AT_TEN)
    assert (ticket.holder, ticket.site, ticket.desk) == ("某甲", "main", "w03")
    assert world("appointment", RECORD).ticket == ticket.id


def test_too_early_and_another_day_are_refused() -> None:
    world = hall()
    book(world)
    book(world, "tomorrow", day="2026-03-03", phone="13800000002")
    world.now = AT_TEN - 30 * MINUTE - 1
    assert refused(world, verbs.CheckIn(), RECORD) == "too_early"
    assert refused(world, verbs.CheckIn(), "tomorrow") == "appointment_day"
    world.now = AT_TEN
    assert refused(world, verbs.CancelAppointment(), RECORD) == "appointment_begun"


def test_who_is_called_before_their_half_hour_is_called_now() -> None:
    world = hall()
    book(world)
    world.now = AT_TEN - 30 * MINUTE
    world.must(verbs.CheckIn(), RECORD, Role.KIOSK, by="0602")
    id = ticket_id(RECORD)
    sit(world, CLERK)
    world.now += MINUTE
    called = world.now
    world.must(calls.CallNext(call="c-1"), SESSION, by=CLERK)
    ticket = world("ticket", id)
    assert (ticket.state, ticket.called_at, ticket.arrived_at) == ("called", called, AT_TEN)
    assert {row.at for row in world.find("announcement")} == {called}, "the display shows it among the calls of now"
    world.now += 2 * MINUTE
    assert world.code(calls.UndoCall(), id, by=CLERK) == "undo_late"
    world.must(calls.Serve(segment="s-1"), id, by=CLERK)
    world.now += 5 * MINUTE
    world.must(calls.Finish(invite="i-1"), id, by=CLERK)
    segment = world("service_segment", "s-1")
    assert (segment.started_at, segment.ended_at) == (called + 2 * MINUTE, called + 7 * MINUTE)


class Window:
    """A window that serves A."""

    id: str = "w"
    skills: Any = ("A",)


def test_coming_early_wins_nothing_and_an_idle_window_takes_it_all_the_same() -> None:
    appointed = Ticket("a", priority="appointment", arrived_at=NOON)
    plain = Ticket("p", arrived_at=NOON - 5 * MINUTE)
    before, then = NOON - 1, NOON
    assert choose([appointed, plain], Window(), before, {}).id == "p"
    assert choose([appointed], Window(), before, {}).id == "a"
    assert [t.id for t in order([appointed, plain], before, {})] == ["p", "a"]
    assert choose([appointed, plain], Window(), then, {}).id == "a"
    patient = Ticket("q", arrived_at=NOON - 31 * MINUTE)  # waited longer than the class is worth
    assert choose([appointed, patient], Window(), then, {}).id == "q"
