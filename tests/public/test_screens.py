"""The screens in the hall and the page that tells whether a paper is genuine, over HTTP."""

from __future__ import annotations

import re
from typing import Any

import pytest
import segno
from public_hall import BASE, CASES, NOW, QUEUE, Hall, text

from server_stub.public import token

MINUTE, DAY = 60_000, 86_400_000


# -- the screens


def shown_code(page: str) -> str | None:
    found = re.search(r'aria-label="评价页面的二维码[^"]*">(.*?)</a>', page, re.DOTALL)
    return found and found.group(1)


def drawn(address: str) -> str:
    return segno.make(address, error="m", micro=False).svg_inline(border=4, light="#fff", omitsize=True)


def test_the_small_screen_shows_number_then_code_for_two_minutes(hall: Hall) -> None:
    assert "窗口未开放" in text(hall.get(hall.screen("w-03")))
    hall.session()
    assert "空闲" in text(hall.get(hall.screen("w-03")))
    hall.ticket("t-1", "A036", "called", window="w-03")
    hall.session(ticket="t-1")
    assert "A036 请到本窗口" in text(hall.get(hall.screen("w-03")))
    hall.put("ticket", "t-1", QUEUE, state="serving")
    assert "A036 正在办理" in text(hall.get(hall.screen("w-03")))
    hall.session(ticket=None)
    rating = hall.invite()
    page = hall.get(hall.screen("w-03")).text
    assert shown_code(page) == drawn(hall.url + rating)
    assert "A036 请扫码评价" in page
    assert shown_code(hall.get(hall.screen("w-05")).text) is None
    hall.clock.advance(2 * MINUTE - 1)
    assert shown_code(hall.get(hall.screen("w-03")).text)
    hall.clock.advance(1)
    assert shown_code(hall.get(hall.screen("w-03")).text) is None


def test_the_code_stays_beside_the_next_number_and_goes_once_it_was_used(hall: Hall) -> None:
    rating = hall.invite()
    hall.ticket("t-2", "A037", "called", window="w-03")
    hall.session(ticket="t-2")
    page = hall.get(hall.screen("w-03")).text
    assert "A037" in page
    assert shown_code(page)
    hall.post(rating, {"level": "satisfied"})
    assert shown_code(hall.get(hall.screen("w-03")).text) is None


def test_the_code_leads_where_citizens_reach_the_hall(hall: Hall) -> None:
    hall.put("setting", "public_url", "licang:base", value={"value": "https://hall.example/"})
    rating = hall.invite()
    assert shown_code(hall.get(hall.screen("w-03")).text) == drawn(f"https://hall.example{rating}")


def test_a_rating_at_the_small_screen_itself_gives_the_screen_back(hall: Hall) -> None:
    rating = hall.invite()
    screen = hall.screen("w-03")
    at = screen.removeprefix("/w/")
    there = f"{rating}?at={at}"
    assert f'href="{there}"' in hall.get(hall.screen("w-03")).text
    form = hall.get(there, headers={"accept-language": "en"}).text
    assert '<html lang="zh-CN">' in form
    assert f'action="{there}"' in form
    assert f'content="120;url={screen}"' in form
    answer = hall.post(there, {"level": "fair"})
    assert answer.headers["location"] == there
    assert hall.rows("rating")[0].channel == "window"
    assert f'content="20;url={screen}"' in hall.get(there).text
    assert 'http-equiv="refresh"' not in hall.get(rating).text
    elsewhere = hall.get(f"{rating}?at=//evil.example/%22%3E").text
    assert 'http-equiv="refresh"' not in elsewhere
    assert "<a href" not in elsewhere
    assert '"//evil' not in elsewhere
    assert f'href="{rating}?lang=en&amp;at={at}"' in form


def test_a_paused_window_says_so(hall: Hall) -> None:
    hall.session(state="paused")
    assert "暂停服务" in text(hall.get(hall.screen("w-03")))


def announce(hall: Hall, id: str, number: str, window: str, at: int, kind: str = "call", scope: str = QUEUE) -> None:
    hall.put("announcement", id, scope, ticket=f"t-{id}", number=number, window=window, kind=kind, at=at)


def test_the_display_keeps_every_call_of_today_newest_first(hall: Hall) -> None:
    assert "还没有叫号" in text(hall.get("/d"))
    announce(hall, "a", "A036", "w-03", NOW - 3 * MINUTE)
    announce(hall, "b", "B011", "w-05", NOW - 2 * MINUTE)
    announce(hall, "c", "A036", "w-03", NOW - MINUTE, "recall")
    announce(hall, "y", "A999", "w-03", NOW - DAY)
    announce(hall, "p", "P001", "w-03", NOW, scope=f"{QUEUE}/park")
    page = hall.get("/d").text
    assert re.findall(r'<td class="number">([^<]+)</td>', page) == ["A036", "B011", "A036"]
    assert page.count("重呼") == 1
    assert "窗口03" in page
    park = hall.get("/d/park").text
    assert re.findall(r'<td class="number">([^<]+)</td>', park) == ["P001"]
    assert "样例产业园" in park


def test_the_display_holds_as_many_lines_as_fit(hall: Hall) -> None:
    for n in range(14):
        announce(hall, f"n{n:02}", f"A{n:03}", "w-03", NOW + n)
    numbers = re.findall(r'<td class="number">([^<]+)</td>', hall.get("/d").text)
    assert numbers == [f"A{n:03}" for n in range(13, 5, -1)]


def test_whom_newer_calls_pushed_off_the_display_still_stands_there_until_he_comes(hall: Hall) -> None:
    for n in range(12):
        announce(hall, f"n{n:02}", f"A{n:03}", "w-03", NOW + n)
        hall.ticket(f"t-n{n:02}", f"A{n:03}", "called" if n != 1 else "serving", window="w-03")
    announce(hall, "again", "A011", "w-03", NOW + 20, "recall")
    columns = {"ticket": "t-n02", "number": "A002", "window": "w-05", "kind": "recall", "at": NOW + 21}
    hall.put("announcement", "elsewhere", QUEUE, **columns)
    page = text(hall.get("/d"))
    assert "还在叫 A005 窗口03 A004 窗口03 A003 窗口03 A000 窗口03" in page
    hall.ticket("t-n05", "A005", "missed")
    hall.ticket("t-n00", "A000", "serving")
    assert "还在叫 A004 窗口03 A003 窗口03" in text(hall.get("/d"))


def test_a_call_taken_back_stands_on_the_display_no_more(hall: Hall) -> None:
    announce(hall, "n1", "A001", "w-03", NOW)
    hall.ticket("t-n1", "A001", "called", window="w-03")
    announce(hall, "n2", "A002", "w-03", NOW + 1)
    hall.ticket("t-n2", "A002", "waiting")
    assert re.findall(r'<td class="number">([^<]+)</td>', hall.get("/d").text) == ["A001"]


def test_the_display_says_where_a_window_is(hall: Hall) -> None:
    announce(hall, "n1", "A001", "w-03", NOW)
    assert "floor" not in hall.get("/d").text
    hall.put("window", "w-03", BASE, label="3号窗口", site="main", skills=["A"], queue_scope=QUEUE, place="2层")
    page = hall.get("/d").text
    assert 'lang="zh-CN">3号窗口 <span class="floor">2层</span></td>' in page
    assert "A001 3号窗口 2层" in text(hall.get("/d"))


def test_the_first_page_says_how_long_each_matter_would_take_and_where_to_go(hall: Hall) -> None:
    """Before anybody takes a ticket; a site's matters are those that its own windows serve."""
    assert "现在没有窗口在办" in text(hall.get("/"))
    hall.put("window", "w-03", BASE, label="3号窗口", site="main", skills=["A"], queue_scope=QUEUE, place="2层")
    columns = {"window": "w-03", "staff": "0307", "device": "d", "state": "open", "opened_at": NOW - 60 * MINUTE}
    hall.put("window_session", "s-03", QUEUE, **columns)
    hall.clock.advance(31_000)
    page = text(hall.get("/"))
    assert "企业变更登记 不用等 3号窗口 (2层)" in " ".join(page.split())
    for n in range(2):
        ticket = {"matter": "m-1", "prefix": "A", "state": "waiting", "site": "main", "day": "2026-03-02"}
        hall.put("ticket", f"t-{n}", QUEUE, number=f"A00{n}", issued_at=NOW, arrived_at=NOW + n, **ticket)
    assert "不用等" in text(hall.get("/"))  # made anew every half minute, not for every phone
    hall.clock.advance(31_000)
    assert "16–20 分钟" in text(hall.get("/"))
    hall.put("window", "p-1", BASE, label="1", site="park", skills=["Z"], queue_scope=f"{QUEUE}/park")
    site = hall.get("/q/park")
    assert site.status_code == 200
    assert "企业变更登记" not in site.text
    assert hall.get("/q/nowhere").status_code == 404


def test_the_index_leads_to_the_screens(hall: Hall) -> None:
    page = hall.get("/").text
    for path in ("/d", "/d/park", hall.screen("w-03"), hall.screen("w-05")):
        assert f'href="{path}"' in page
    assert "样例数据，非正式" in page


# -- is this paper genuine?


def paper(hall: Hall, state: str, **columns: Any) -> None:
    case = {"matter": "m-1", "office": "registration", "site": "main", "state": "decided"}
    hall.put("case", "c-1", CASES, applicant="青岛某机械设备租赁有限公司", **case)
    told = {"case": "c-1", "kind": "grant_decision", "number": "样审准字(2026)第00012号", "page": "9f3a27c1"}
    hall.put("document", "d-1", CASES, state=state, **(told | columns))


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("valid", "有效"),
        ("superseded", "已被更正文书代替"),
        ("revoked", "已撤销"),
        ("void", "文号作废"),
        ("prepared", "已编号，尚未签发"),
    ],
)
def test_a_paper_is_what_the_registry_says(hall: Hall, state: str, sentence: str) -> None:
    paper(hall, state, sha256="ab" * 32, signed_at=NOW - MINUTE, registered_at=NOW)
    page = text(hall.get("/v/9f3a27c1"))
    assert f"文书核验 {sentence}" in page
    assert "准予行政许可决定书" in page
    assert "样审准字(2026)第00012号" in page
    assert "青岛某机*****有限公司" in page
    assert "机械设备租赁" not in page
    assert "2026-03-02 09:59" in page
    assert "ab" * 32 in page


def test_while_the_authorisation_is_out_a_paper_is_pending(hall: Hall) -> None:
    paper(hall, "prepared")
    given = {"case": "c-1", "document": "d-1", "device": "d1", "page": "9f3a27c1", "number": "样审准字(2026)第00012号"}
    hall.put("issue_authorisation", "a-1", CASES, state="out", **given)
    assert "已授权签发，登记中" in text(hall.get("/v/9f3a27c1"))
    hall.put("issue_authorisation", "a-1", CASES, state="returned")
    assert "已编号，尚未签发" in text(hall.get("/v/9f3a27c1"))


def test_a_page_reserved_by_an_authorisation_is_known_before_its_paper(hall: Hall) -> None:
    paper(hall, "void", page="other")
    given = {"case": "c-1", "document": "d-9", "device": "d1", "page": "ffff0001", "number": "样审准字(2026)第00013号"}
    hall.put("issue_authorisation", "a-1", CASES, state="out", **given)
    page = text(hall.get("/v/ffff0001"))
    assert "已授权签发，登记中" in page
    assert "样审准字(2026)第00013号" in page


def test_nobody_opens_a_small_screen_without_its_address(hall: Hall) -> None:
    rating = hall.invite()
    own = hall.screen("w-03")
    assert shown_code(hall.get(own).text)
    seal = own.rpartition(".")[2]
    for guessed in ("/w/w-03", "/w/w-03.", f"/w/w-05.{seal}", "/w/w-03.AAAAAAAAAAAAAAAAAAAAAA"):
        assert hall.get(guessed).status_code == 404
    hall.post(f"{rating}?at=w-03", {"level": "satisfied"})
    assert hall.rows("rating")[0].channel == "phone"  # whoever has no screen's address is not at the screen


def test_another_key_makes_every_screen_s_address_another(hall: Hall) -> None:
    own = hall.screen("w-03")
    hall.put("setting", "small_screen_key", "licang:base", value={"value": 2})
    assert hall.get(own).status_code == 404
    assert hall.get(hall.screen("w-03")).status_code == 200


def test_only_a_sample_hall_lists_its_small_screens(hall: Hall) -> None:
    assert hall.screen("w-03") in hall.get("/").text
    hall.put("hall", "licang", "licang:base", sample=False)
    page = hall.get("/").text
    assert "/w/" not in page
    assert "自己的地址" in page


def test_only_a_sample_hall_lists_pages_that_their_holders_alone_know(hall: Hall) -> None:
    path = hall.ticket("t-1", "A036", "waiting")
    booked = {"day": "2026-03-03", "minute": 600, "prefix": "A", "matter": "m-1", "channel": "phone"}
    hall.put("appointment", "a-1", QUEUE, starts_at=NOW, state="booked", code="123456", seat=1, **booked)
    page = hall.get("/").text
    assert f'href="{path}"' in page
    appointment = re.search(r'href="(/a/[^"]+)"[^/]*123456', page)
    assert appointment is not None
    assert "123456" in hall.get(appointment[1]).text
    assert "一张正在等候的号票" in page
    hall.put("hall", "licang", "licang:base", sample=False)
    page = hall.get("/").text
    assert "/t/" not in page
    assert "样例页面" not in page


def test_the_code_for_rating_at_a_terminal_stands_on_the_tickets_page_alone(hall: Hall) -> None:
    ticket = hall.ticket("t-1", "A036", "serving", window="w-03")
    hall.session(ticket="t-1")
    told = f"评价码 {token.code_of(hall.public.secret, 't-1')}"
    assert told in hall.get(ticket).text
    assert "评价码" not in hall.get(hall.screen()).text  # which the clerk can see
    rating = hall.invite()
    hall.ticket("t-1", "A036", "done")
    assert told in hall.get(ticket).text
    hall.post(rating, {"level": "satisfied"})
    assert "评价码" not in hall.get(ticket).text


def test_from_an_address_that_opens_nothing_one_finds_home_but_a_small_screen_stays_where_it_is(hall: Hall) -> None:
    assert 'href="/?lang=en">Home' in hall.get("/t/none?lang=en").text
    assert 'href="/' not in hall.get("/t/none?at=w").text.replace('href="/page.css"', "")
    at = hall.screen("w-03").removeprefix("/w/")
    assert 'class="hall" href="/"' in hall.get(hall.invite()).text
    assert 'class="hall" href' not in hall.get(f"{hall.invite()}?at={at}").text


def test_a_window_whose_label_is_a_bare_number_is_named(hall: Hall) -> None:
    hall.put("window", "w-05", BASE, label="05", site="main", skills=["A"], queue_scope=QUEUE)
    columns = {"ticket": "t-1", "number": "A036", "window": "w-05", "kind": "recall", "at": NOW}
    hall.put("announcement", "n-1", QUEUE, **columns)
    assert "05号窗口" in hall.get("/d").text
    assert '<h1 lang="zh-CN">05号窗口' in hall.get(hall.screen("w-05")).text
