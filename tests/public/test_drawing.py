"""A ticket drawn with a telephone, over HTTP: by the code that the display shows now, one for each browser."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from public_hall import BASE, MATTER, QUEUE, Hall, text

from server_stub.public import token
from server_stub.public.drawing import CODE_LASTS, OPENS, TAKES, code_path

SECOND = {**MATTER, "name": "个体工商户设立"}


def fields(hall: Hall, path: str, **said: Any) -> dict[str, Any]:
    """The form that the page shows, filled in."""
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', hall.get(path).text))
    return {**hidden, "m": ["m-1"], "priority": "none", **said}


def code(hall: Hall, site: str | None = None) -> str:
    """The path in the code on the display."""
    return code_path(hall.public, site)


def wrong(answer: httpx.Response) -> str:
    """The sentence in a form that came back."""
    found = re.search(r'id="wrong">([^<]+)', answer.text)
    assert found is not None, answer.text
    return found[1]


def test_who_scans_the_display_gets_a_number_and_its_page(hall: Hall) -> None:
    hall.put("matter", "m-2", BASE, **SECOND)
    display = hall.get("/d").text
    assert "手机扫码取号" in display
    assert "<svg" in display
    page = hall.get(code(hall))
    assert "企业变更登记" in text(page)
    answer = hall.post(code(hall), fields(hall, code(hall), m=["m-1", "m-2"], priority="elderly"))
    assert answer.status_code == 303, text(answer)
    assert "A001" in text(hall.get(answer.headers["location"]))
    [ticket] = hall.rows("ticket")
    assert (ticket.number, ticket.priority, ticket.state, ticket.scope) == ("A001", "elderly", "waiting", QUEUE)
    assert [each["matter"] for each in ticket.more] == ["m-2"]
    assert ticket.holder is None


def test_a_browser_holds_one_ticket_and_is_led_to_it_until_it_is_over(hall: Hall) -> None:
    sent = fields(hall, code(hall))
    first = hall.post(code(hall), sent)
    cookie = first.headers["set-cookie"].partition(";")[0]
    again = {"headers": {"cookie": cookie}}
    where = first.headers["location"]
    assert hall.get(code(hall), **again).headers["location"] == where
    assert hall.post(code(hall), fields(hall, code(hall)), **again).headers["location"] == where
    assert len(hall.rows("ticket")) == 1
    hall.put("ticket", hall.rows("ticket")[0].id, QUEUE, state="done")
    assert hall.get(code(hall), **again).status_code == 200


def test_the_same_form_is_one_ticket_however_often_and_whatever_it_says(hall: Hall) -> None:
    hall.put("matter", "m-2", BASE, **SECOND)
    sent = fields(hall, code(hall))
    where = {hall.post(code(hall), {**sent, "m": [m]}).headers["location"] for m in ("m-1", "m-1", "m-2")}
    assert len(where) == 1
    assert len(hall.rows("ticket")) == 1


def test_a_code_is_for_who_is_here(hall: Hall) -> None:
    photographed = code(hall)
    sent = fields(hall, photographed)
    hall.clock.advance(OPENS * CODE_LASTS)
    assert code(hall) != photographed
    assert hall.get(photographed).status_code == 200
    hall.clock.advance(CODE_LASTS)
    old = hall.get(photographed)
    assert old.status_code == 410
    assert "已过期" in old.text
    assert hall.post(photographed, sent).status_code == 303  # begun in time, filled in slowly
    sent = fields(hall, code(hall))
    hall.clock.advance((TAKES + 1) * CODE_LASTS)
    assert hall.post(photographed, sent).status_code == 410
    assert len(hall.rows("ticket")) == 1
    future = token.make(hall.public.secret, "draw-code", f"{hall.clock.now() // CODE_LASTS + 1}.")
    assert hall.get(f"/g/{future}").status_code == 410


@pytest.mark.parametrize("path", ["/g/1.", "/g/1..AAAAAAAAAAAAAAAAAAAAAA", "/g/x"])
def test_a_forged_code_opens_nothing(hall: Hall, path: str) -> None:
    assert hall.get(path).status_code == 404
    assert hall.post(path, fields(hall, code(hall))).status_code == 404
    assert hall.rows("ticket") == []


def test_what_is_refused_is_said_and_what_was_filled_in_stays(hall: Hall) -> None:
    for n in range(2, 8):
        hall.put("matter", f"m-{n}", BASE, **{**SECOND, "name": f"事项{n}"})
    none = hall.post(code(hall), fields(hall, code(hall), m=[], priority="disabled"))
    assert none.status_code == 422
    assert "请先选" in wrong(none)
    assert re.search(r'value="disabled" checked', none.text)
    many = hall.post(code(hall), fields(hall, code(hall), m=[f"m-{n}" for n in range(1, 7)]))
    assert "最多选 5 项" in wrong(many)
    assert many.text.count(" checked") == 7
    green = hall.post(code(hall), fields(hall, code(hall), priority="green"))
    assert green.status_code == 422
    assert "咨询台" in wrong(green)
    assert "<details open>" in many.text  # what was chosen is in sight
    hall.put("matter", "m-8", BASE, **{**SECOND, "prefix": "Z"})
    nobodys = hall.post(code(hall), fields(hall, code(hall), m=["m-1", "m-8"]))  # no window here serves it
    assert "现在不办" in wrong(nobodys)
    gone = hall.post(code(hall), fields(hall, code(hall), m=["m-99"]))
    assert "现在不办" in wrong(gone)
    assert hall.post(code(hall), {**fields(hall, code(hall)), "id": "made-up.AAAA"}).status_code == 404
    assert hall.rows("ticket") == []


def test_a_site_gives_out_its_own_and_a_hall_may_give_none(hall: Hall) -> None:
    hall.put("window", "p-1", BASE, label="园区窗口", site="park", skills=["A"], queue_scope=f"{QUEUE}/park")
    answer = hall.post(code(hall, "park"), fields(hall, code(hall, "park")))
    assert answer.status_code == 303
    assert (hall.rows("ticket")[0].scope, hall.rows("ticket")[0].site) == (f"{QUEUE}/park", "park")
    open_now = code(hall)
    hall.put("setting", "phone_tickets", BASE, value={"value": 0})
    assert code(hall) == ""
    assert hall.get(open_now).status_code == 404
    assert "扫码取号" not in hall.get("/d").text


def test_one_address_of_the_network_draws_so_many_in_an_hour(hall: Hall) -> None:
    hall.put("setting", "phone_tickets", BASE, value={"value": 2})
    by = {"headers": {"x-forwarded-for": "203.0.113.9"}}
    answers = [hall.post(code(hall), fields(hall, code(hall)), **by).status_code for _ in range(3)]
    assert answers == [303, 303, 429]
    other = {"headers": {"x-forwarded-for": "203.0.113.10"}}
    assert hall.post(code(hall), fields(hall, code(hall)), **other).status_code == 303
