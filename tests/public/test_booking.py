"""Appointments on a phone, over HTTP: chosen, booked, reported, cancelled, and what is refused in words."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from public_hall import BASE, MATTER, NOW, QUEUE, Hall, text

DAY = "2026-03-02"
MINUTE = 60_000


def fields(hall: Hall, path: str = f"/b?m=m-1&day={DAY}", **said: Any) -> dict[str, Any]:
    """The form that the page shows, filled in."""
    page = hall.get(path).text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    return {**hidden, "minute": "660", "phone": "13900000001", "holder": "", **said}


def book(hall: Hall, **said: Any) -> str:
    """A seat at eleven; the path of its page."""
    answer = hall.post("/b", fields(hall, **said))
    assert answer.status_code == 303, text(answer)
    return answer.headers["location"]


def wrong(answer: httpx.Response) -> str:
    """The sentence in a form that came back."""
    assert answer.status_code == 422, answer.text
    found = re.search(r'id="wrong">([^<]+)', answer.text)
    assert found is not None
    return found[1]


def test_a_matter_a_day_and_the_half_hours_that_are_left(hall: Hall) -> None:
    hall.put("matter", "m-2", BASE, **{**MATTER, "name": "停办的事项", "active": False})
    index = hall.get("/").text
    assert 'href="/b"' in index
    assert 'href="/b/park"' in index
    assert 'href="/b/main"' not in index  # the hall's own
    page = hall.get("/b")
    assert "企业变更登记" in text(page)
    assert "停办的事项" not in text(page)
    page = hall.get("/b?m=m-1")
    shown = text(page)
    assert "10:30" in shown
    assert "10:00" not in shown  # it has begun
    assert "12:00" not in shown
    days = re.findall(r'href="/b\?m=m-1&amp;day=(2026-[0-9-]+)', page.text)
    assert days == ["2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06"]  # no weekend
    assert text(hall.get("/b?m=m-1&day=2026-03-03&lang=en")).count("2 left") == 14
    assert "样例产业园" in text(hall.get("/b/park"))
    assert "企业变更登记" not in text(hall.get("/b/park"))  # no window there serves it
    hall.put("window", "p-1", BASE, label="园区窗口", site="park", skills=["A"], queue_scope=f"{QUEUE}/park")
    assert "企业变更登记" in text(hall.get("/b/park"))
    assert hall.get("/b/nowhere").status_code == 404


def test_a_day_is_named_by_its_day_of_the_week_too(hall: Hall) -> None:
    assert "03-02 周一" in hall.get("/b?m=m-1").text
    assert "Mon 2026-03-02" in hall.get("/b?m=m-1&day=2026-03-02&lang=en").text


def test_the_other_language_keeps_what_was_chosen(hall: Hall) -> None:
    def led_to(answer: httpx.Response) -> str:
        found = re.search(r'class="language" href="([^"]+)"', answer.text)
        assert found is not None
        return found[1].replace("&amp;", "&")

    assert led_to(hall.get("/b")) == "/b?lang=en"
    path = led_to(hall.get("/b?m=m-1&day=2026-03-03"))
    assert path == "/b?lang=en&m=m-1&day=2026-03-03"
    assert 'value="2026-03-03"' in hall.get(path).text
    assert led_to(hall.get(path)) == "/b?lang=zh&m=m-1&day=2026-03-03"
    refused = hall.post("/b", fields(hall, phone="1"))
    assert led_to(refused) == f"/b?lang=en&m=m-1&day={DAY}"
    assert led_to(hall.get("/b?m=none&day=2026-03-03")) == "/b?lang=en"


def test_a_seat_is_taken_once_however_often_the_form_is_sent(hall: Hall) -> None:
    sent = fields(hall, holder="  某 甲 ", phone="139-0000　０００１")
    where = {hall.post("/b", sent).headers["location"] for _ in range(2)}
    assert len(where) == 1
    [row] = hall.rows("appointment")
    assert (row.day, row.minute, row.seat, row.holder, row.channel, row.state) == (
        *(DAY, 660, 1, "某 甲", "phone"),
        "booked",
    )
    [booking] = hall.rows("booking")
    assert (booking.id, booking.phone, booking.scope) == (row.id, "13900000001", "licang:callback")
    page = text(hall.get(where.pop()))
    for word in (row.code, DAY, "11:00–11:30", "企业变更登记", "开始前 30 分钟", "取消预约"):
        assert word in page
    assert "我到了" not in page  # an hour to go
    assert "余 1" in text(hall.get(f"/b?m=m-1&day={DAY}"))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"phone": "12"}, "手机号不对"),
        ({"minute": "601"}, "还没开始的时段"),
        ({"minute": "x"}, "还没开始的时段"),
        ({"day": "2026-03-01"}, "还没开始的时段"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(hall: Hall, said: dict[str, str], sentence: str) -> None:
    answer = hall.post("/b", fields(hall, **{"holder": "某乙", **said}))
    assert sentence in wrong(answer)
    assert 'value="某乙"' in answer.text
    assert hall.rows("appointment") == []


def test_a_full_half_hour_and_a_second_appointment_are_refused_in_words(hall: Hall) -> None:
    third = fields(hall, phone="13900000003")  # opened while there was room
    book(hall)
    assert "没有约上" in wrong(hall.post("/b", fields(hall, minute="690")))
    book(hall, phone="13900000002")
    assert "没有约上" in wrong(hall.post("/b", third))
    assert "11:00" not in text(hall.get(f"/b?m=m-1&day={DAY}"))
    assert len([row for row in hall.rows("appointment") if row.seat is not None]) == 2


def test_no_sentence_tells_whether_a_telephone_has_an_appointment(hall: Hall) -> None:
    said = set()
    for number, matter in enumerate(("m-3", "m-4", "m-5"), 3):
        hall.put("matter", matter, BASE, **{**MATTER, "name": f"事项{number}", "prefix": "A"})
    hall.put("setting", "appointment_seats", BASE, value={"value": 9})
    book(hall)
    said.add(wrong(hall.post("/b", fields(hall, minute="690"))))  # this matter already
    for matter, minute in (("m-3", "690"), ("m-4", "870")):
        book_of = fields(hall, f"/b?m={matter}&day={DAY}", minute=minute)
        assert hall.post("/b", book_of).status_code == 303
    said.add(wrong(hall.post("/b", fields(hall, f"/b?m=m-5&day={DAY}", minute="900"))))  # as many as one may have
    full = fields(hall, phone="13900000007", minute="900")
    hall.put("setting", "appointment_seats", BASE, value={"value": 0})
    said.add(wrong(hall.post("/b", full)))  # no seat is left
    hall.put("setting", "appointment_seats", BASE, value={"value": 9})
    hall.put("setting", "appointment_misses", BASE, value={"value": 1})
    missed = {"phone": "13900000008", "matter": "m-1", "open": False, "missed_at": NOW - 1}
    hall.put("booking", "missed", "licang:callback", **missed)
    said.add(wrong(hall.post("/b", fields(hall, phone="13900000008", minute="900"))))  # did not come
    assert len(said) == 1


def test_an_address_of_the_network_asks_so_often_within_the_hour(hall: Hall) -> None:
    hall.put("setting", "appointment_address", BASE, value={"value": 3})

    def ask(address: str, phone: str = "1") -> httpx.Response:
        return hall.post("/b", fields(hall, phone=phone), headers={"x-forwarded-for": address})

    assert [ask("198.51.100.7").status_code for _ in range(3)] == [422] * 3
    refused = ask("198.51.100.7", "13900000001")
    assert refused.status_code == 429
    found = re.search(r'id="wrong">([^<]+)', refused.text)
    assert found is not None
    assert "11:00 以后再试" in found[1]
    assert hall.rows("appointment") == []
    assert [ask(f"2001:db8:1:2::{n}").status_code for n in range(4)] == [422, 422, 422, 429]  # one household
    assert ask("2001:db8:1:3::1").status_code == 422
    assert [hall.post("/b", fields(hall, phone="1")).status_code for _ in range(5)] == [
        422
    ] * 5  # a proxy that says none
    hall.clock.set(NOW + 60 * MINUTE)
    assert ask("198.51.100.7", "13900000001").status_code == 422  # the half hour has begun by now: not 429


def test_forged_forms_and_addresses_open_nothing(hall: Hall) -> None:
    path = book(hall)
    assert hall.post("/b", fields(hall, id="mine.AAAA")).status_code == 404
    assert hall.get(path[:-2]).status_code == 404
    assert hall.post(f"{path[:-2]}/cancel", {}).status_code == 404
    assert hall.get(path.replace("/a/", "/t/")).status_code == 404


def test_cancelled_by_its_own_page_the_seat_is_free_again(hall: Hall) -> None:
    path = book(hall)
    answer = hall.post(f"{path}/cancel", {})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    page = text(hall.get(path))
    assert "已取消" in page
    assert "取消预约" not in page
    assert hall.post(f"{path}/cancel", {}).status_code == 303
    assert hall.rows("appointment")[0].seat is None
    assert "余 2" in text(hall.get(f"/b?m=m-1&day={DAY}"))


def test_who_reports_in_time_gets_a_ticket_with_its_half_hour_s_place(hall: Hall) -> None:
    path = book(hall)
    assert hall.post(f"{path}/check-in", {}).headers["location"] == path  # too early: the page offers it later
    assert hall.rows("ticket") == []
    hall.clock.set(NOW + 30 * MINUTE)
    assert "我到了，签到取号" in text(hall.get(path))
    window = {"site": "main", "skills": ["A"], "queue_scope": QUEUE}
    hall.put("window", "w-03", BASE, label="窗口03", place="2层", **window)
    assert "在哪里办 大厅 2层" in text(hall.get(path))
    answer = hall.post(f"{path}/check-in", {})
    assert answer.headers["location"].startswith("/t/")
    assert "A001" in text(hall.get(answer.headers["location"]))
    [ticket] = hall.rows("ticket")
    assert (ticket.priority, ticket.arrived_at, ticket.scope) == ("appointment", NOW + 60 * MINUTE, QUEUE)
    page = text(hall.get(path))
    assert "已签到" in page
    assert "我的号票" in page
    assert hall.post(f"{path}/check-in", {}).headers["location"] == path
    assert len(hall.rows("ticket")) == 1


def test_who_reports_late_is_offered_an_ordinary_ticket(hall: Hall) -> None:
    path = book(hall)
    hall.clock.set(NOW + 75 * MINUTE)
    assert "已过时段，取普通号" in text(hall.get(path))
    hall.post(f"{path}/check-in", {})
    [ticket] = hall.rows("ticket")
    assert (ticket.priority, ticket.arrived_at) == ("none", NOW + 75 * MINUTE)
    assert "迟到" in text(hall.get(path))


def test_a_hall_without_seats_says_so(hall: Hall) -> None:
    hall.put("setting", "appointment_seats", BASE, value={"value": 0})
    assert 'href="/b' not in hall.get("/").text
    for path in ("/b", "/b?m=m-1"):
        assert "目前不能预约" in text(hall.get(path))
