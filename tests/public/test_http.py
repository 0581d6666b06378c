"""The pages over HTTP: what each says, what it never says, and what a form may do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from public_hall import BASE, HOLDER, MATTER, NOW, PHONE, QUEUE, Hall, text

from server_stub.public.central import CentralStore
from server_stub.public.queue import ticket_page
from sync.rules.facts import Row

MINUTE, DAY = 60_000, 86_400_000
OURS = '<script src="/live.js" defer></script>'
VOICE = '<script src="/display.js" defer></script>'
"""What a page is read again by when something moved."""


# -- the ticket's page


def test_a_ticket_tells_how_many_wait_before_it(hall: Hall) -> None:
    hall.ticket("t-0", "A030", arrived_at=NOW - 5)
    hall.ticket("t-1", "A031", arrived_at=NOW - 4)
    hall.ticket("t-2", "B009", arrived_at=NOW - 9)
    hall.ticket("t-3", "A029", "done", arrived_at=NOW - 9)
    hall.ticket("t-4", "A028", day="2026-03-01", arrived_at=NOW - DAY)
    path = hall.ticket("t-5", "A036", arrived_at=NOW)
    page = text(hall.get(path))
    assert "A036" in page
    assert "前面约 2 人" in page
    assert "企业变更登记" in page
    assert HOLDER not in page
    hall.put("ticket", "t-0", QUEUE, state="called")
    hall.put("ticket", "t-1", QUEUE, state="cancelled")
    assert "下一个就到您" in text(hall.get(path))


class CalledMeanwhile(CentralStore):
    """Between two reads of one page everybody who waited was called."""

    async def read(self, table: str, *, newest: str = "", limit: int = 0, **where: Any) -> Sequence[Row]:
        if where.get("state") == "waiting":
            return []
        return await super().read(table, newest=newest, limit=limit, **where)


async def test_a_ticket_called_while_its_page_is_read_has_no_place(hall: Hall) -> None:
    hall.ticket("t-1", "A036")
    meanwhile = CalledMeanwhile(hall.services.store, hall.services.applier, hall.clock)
    page = await ticket_page(meanwhile, "t-1")
    assert page is not None
    assert (page.number, page.ahead, page.minutes) == ("A036", None, None)


def test_a_ticket_tells_how_long_what_to_bring_and_where(hall: Hall) -> None:
    papers = [{"name": "申请书", "required": True}, {"name": "授权委托书", "required": False}]
    hall.put("matter", "m-1", BASE, materials=papers)
    hall.put("matter", "m-2", BASE, **{**MATTER, "name": "食品经营许可", "prefix": "B"})
    hall.session("w-03")
    hall.ticket("t-0", "A030", arrived_at=NOW - 5)
    hall.ticket("t-1", "A031", arrived_at=NOW - 4)
    path = hall.ticket("t-2", "A032", arrived_at=NOW - 3, more=[{"matter": "m-2", "prefix": "B"}])
    page = text(hall.get(path))
    for words in ("前面约 2 人", "估计再等 16–20 分钟", "大厅 窗口03", "1. 企业变更登记", "2. 食品经营许可", "申请书"):
        assert words in page
    assert "授权委托书 （如有）" in page
    hall.session("w-05", staff="0308")
    assert "估计再等 8–12 分钟" in text(hall.get(path))
    hall.put("window_session", "s-w-03", QUEUE, state="paused")
    hall.put("window_session", "s-w-05", QUEUE, state="paused")
    assert "窗口尚未开放" in text(hall.get(path))


def test_the_wait_is_what_the_queue_s_own_services_have_taught(hall: Hall) -> None:
    """The matter says 8 minutes, which weighs as three; nine took 20 – the span tells how far off that was."""
    for n in range(9):
        begun = NOW - (9 - n) * 30 * MINUTE
        told = {"ticket": f"old-{n}", "window": "w-03", "session": "s", "staff": "0307", "matter": "m-1"}
        ended = {"started_at": begun, "ended_at": begun + 20 * MINUTE, "ended_by": "finish"}
        hall.put("service_segment", f"g-{n}", QUEUE, **told, **ended)
    hall.put("service_segment", "g-held", QUEUE, **{**told, **ended, "ended_at": begun + 1, "ended_by": "hold"})
    hall.session("w-03")
    hall.ticket("t-0", "A030", arrived_at=NOW - 5)
    path = hall.ticket("t-1", "A031", arrived_at=NOW - 4)
    # (3 × 8 + 9 × 20) / 12 = 17; off by 12, 9, 7.2, 6, 5.1, 4.5, 4, 3.6, 3.3 and three times by 30 %: 6.3
    assert "估计再等 17–24 分钟" in text(hall.get(path))
    hall.put("matter", "m-1", BASE, expected_minutes=20)
    assert "估计再等 20–23 分钟" in text(hall.get(path))  # told rightly: what is left is the first guess


def test_the_small_screen_tells_what_follows(hall: Hall) -> None:
    hall.put("matter", "m-2", BASE, **{**MATTER, "name": "食品经营许可", "prefix": "B"})
    hall.ticket("t-1", "A036", "serving", window="w-03", more=[{"matter": "m-2", "prefix": "B"}])
    hall.session(ticket="t-1")
    assert "接着办: 食品经营许可" in text(hall.get(hall.screen()))


def test_a_ticket_given_out_at_a_window_is_taken_along_from_its_small_screen(hall: Hall) -> None:
    path = hall.ticket("t-1", "A036", desk="w-03", issued_at=NOW)
    hall.session()
    page = hall.get(hall.screen())
    assert "您的号码 A036" in text(page)
    assert f'href="{path}"' in page.text
    assert path not in hall.get(hall.screen("w-05")).text
    hall.clock.advance(2 * MINUTE)
    assert path not in hall.get(hall.screen()).text


def test_a_stream_tells_that_a_page_moves_and_nothing_else(hall: Hall) -> None:
    path = hall.ticket("t-1", "A036")
    with httpx.stream("GET", f"{hall.url}{path}/live", timeout=60) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == ": here"
        hall.services.hub.publish({f"{QUEUE}/park": 7})
        hall.services.hub.publish({QUEUE: 7})
        told = [line for line in (next(lines), next(lines), next(lines)) if line]
    assert told == ["event: moved", "data: "]
    for guessed in ("/t/t-1/live", "/w/w-03/live", "/d/none/live"):
        assert hall.get(guessed).status_code == 404


@pytest.mark.parametrize(
    ("state", "words", "reads_again"),
    [
        ("called", "请到窗口 窗口03", True),
        ("recalled", "再次呼叫，请尽快到窗口 窗口03", True),
        ("serving", "办理中 窗口03", True),
        ("missed", "已过号，请到导办台", True),
        ("cancelled", "已取消", False),
        ("closed_end_of_day", "当日已闭厅", False),
    ],
)
def test_a_ticket_tells_its_state(hall: Hall, state: str, words: str, reads_again: bool) -> None:
    response = hall.get(hall.ticket("t-1", "A036", state, window="w-03"))
    assert words in text(response)
    assert ('http-equiv="refresh"' in response.text) is reads_again
    assert "前面" not in response.text


def test_a_ticket_without_a_number_yet_says_so(hall: Hall) -> None:
    assert "等待中心编号" in text(hall.get(hall.ticket("t-1", None)))


def test_a_finished_ticket_leads_to_the_rating_and_then_thanks(hall: Hall) -> None:
    ticket, rating = hall.ticket("t-1", "A036", "done"), hall.invite()
    assert f'href="{rating}"' in hall.get(ticket).text
    hall.post(rating, {"level": "satisfied"})
    page = hall.get(ticket).text
    assert rating not in page
    assert "您已评价" in page


@pytest.mark.parametrize(
    "path", ["/t/t-1", "/t/t-1.AAAAAAAAAAAAAAAAAAAAAA", "/r/i-1.", "/w/w-99", "/v/none", "/d/none"]
)
def test_guessed_addresses_are_not_found(hall: Hall, path: str) -> None:
    hall.ticket("t-1", "A036")
    hall.invite()
    response = hall.get(path)
    assert response.status_code == 404
    assert "链接无效" in response.text
    assert "A036" not in response.text


def test_a_tickets_token_opens_no_rating(hall: Hall) -> None:
    ticket = hall.ticket("i-1", "A036")
    hall.invite("i-1")
    assert hall.get(ticket.replace("/t/", "/r/")).status_code == 404
    assert hall.post(ticket.replace("/t/", "/r/"), {"level": "fair"}).status_code == 404
    assert hall.rows("rating") == []


# -- the rating


def own(answer: httpx.Response) -> dict[str, str]:
    """The headers of the browser that gave a rating."""
    return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


def test_whoever_reads_the_address_off_the_small_screen_learns_nothing_of_the_answer(hall: Hall) -> None:
    """Another browser with the same address, one that sends the rating again, one with the cookie of another rating,
    and the small screen itself: thanks and nothing else, the same page for a good rating and a bad one."""
    good, bad = hall.invite("i-1", "t-1"), hall.invite("i-2", "t-2")
    given = [hall.post(path, {"level": level}) for path, level in ((good, "satisfied"), (bad, "very_dissatisfied"))]
    assert "httponly" in given[0].headers["set-cookie"].lower()
    again = hall.post(bad, {"level": "very_dissatisfied"})
    assert "set-cookie" not in again.headers
    for headers in ({}, own(given[0]), {"cookie": "answered=i-2.AAAAAAAAAAAAAAAAAAAAAA"}):
        page = text(hall.get(bad, headers=headers))
        assert "谢谢您的评价" in page
        assert "您的评价：" not in page
        assert "回电话" not in page
        assert page.replace(bad, good) == text(hall.get(good))
    at_window = hall.post(f"{hall.invite('i-3', 't-3')}?at={hall.screen().rpartition('/')[2]}", {"level": "satisfied"})
    assert at_window.status_code == 303
    assert "set-cookie" not in at_window.headers


def test_a_rating_is_taken_and_the_page_says_thanks(hall: Hall) -> None:
    hall.tags("satisfied", "a", "b")
    path = hall.invite()
    form = hall.get(path).text
    assert "企业变更登记" in form
    assert "窗口03" in form
    assert "2026-03-02" in form
    assert "原因a" in form
    fields = {"level": "satisfied", "person_level": "very_satisfied", "tags-satisfied": ["a", "b"]}
    answer = hall.post(path, {**fields, "version-satisfied": "1", "words": "很快\r\n谢谢"})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    page = text(hall.get(path, headers=own(answer)))
    assert "谢谢您的评价" in page
    assert "您的评价：满意" in page
    assert "回电话" not in page
    [rating] = hall.rows("rating")
    assert (rating.id, rating.level, rating.person_level, rating.tags) == (
        "i-1",
        "satisfied",
        "very_satisfied",
        ["a", "b"],
    )
    assert (rating.words, rating.channel, rating.rated_at, rating.tag_version) == ("很快\n谢谢", "phone", NOW, 1)
    assert hall.rows("rectification") == []


def test_a_bad_rating_opens_an_entry_at_once_and_promises_a_call(hall: Hall) -> None:
    path = hall.invite()
    answer = hall.post(path, {"level": "very_dissatisfied", "words": "排了两次队"})
    [entry] = hall.rows("rectification")
    assert (entry.id, entry.level, entry.holder, entry.phone) == ("i-1", "very_dissatisfied", HOLDER, PHONE)
    assert entry.callback_due_at == NOW + 60 * MINUTE
    page = text(hall.get(path, headers=own(answer)))
    assert "回电话" in page
    assert HOLDER not in page
    assert PHONE not in page


@pytest.mark.parametrize("again", [{"level": "satisfied"}, {"level": "dissatisfied", "words": "改主意"}])
def test_a_second_submission_shows_thanks_and_changes_nothing(hall: Hall, again: dict[str, str]) -> None:
    path = hall.invite()
    hall.post(path, {"level": "satisfied"})
    answer = hall.post(path, again, follow_redirects=True)
    assert "谢谢您的评价" in text(answer)
    [rating] = hall.rows("rating")
    assert (rating.level, rating.v) == ("satisfied", 1)
    assert hall.rows("rectification") == []


def test_an_invitation_past_its_time_is_closed(hall: Hall) -> None:
    path = hall.invite()
    hall.clock.advance(7 * DAY)
    assert "评价已截止" in text(hall.get(path))
    assert "评价已截止" in text(hall.post(path, {"level": "fair"}, follow_redirects=True))
    assert hall.rows("rating") == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"words": "好"}, "请先选择满意程度"),
        ({"level": "perfect", "words": "好"}, "请先选择满意程度"),
        ({"level": "fair", "person_level": "x", "words": "好"}, "请重新选择"),
        ({"level": "fair", "tags-fair": "gone", "version-fair": "1", "words": "好"}, "原因选项已更新"),
        ({"level": "fair", "tags-fair": "a", "version-fair": "9" * 30, "words": "好"}, "原因选项已更新"),
        ({"level": "fair", "words": "好" * 501}, "最多 500 字"),
    ],
)
def test_a_wrong_field_gets_its_sentence_and_keeps_what_was_filled_in(
    hall: Hall, fields: dict[str, str], sentence: str
) -> None:
    hall.tags("fair", "a")
    answer = hall.post(hall.invite(), fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f">\n{fields['words']}</textarea>" in answer.text
    if fields.get("level") == "fair":
        assert 'value="fair" required checked' in answer.text
    assert hall.rows("rating") == []


def test_words_are_added_a_few_times_and_each_once(hall: Hall) -> None:
    path = hall.invite()
    assert hall.post(f"{path}/words", {"words": "太早"}).status_code == 404
    hall.post(path, {"level": "satisfied"})
    for n in (0, 0, 1, 2, 3, 4):
        answer = hall.post(f"{path}/words", {"words": f"补充{n}"})
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert sorted(row.words for row in hall.rows("rating_supplement")) == [f"补充{n}" for n in range(5)]
    page = hall.get(path).text
    assert "已补充 5 条" in page
    assert "<form" not in page
    answer = hall.post(f"{path}/words", {"words": "第六"})
    assert answer.status_code == 422
    assert "最多补充 5 次" in answer.text
    assert hall.post(f"{path}/words", {"words": "  "}).status_code == 422


@pytest.mark.parametrize(
    ("how", "status", "sentence"),
    [
        ({"content": b"level=fair", "headers": {"content-type": "text/plain"}}, 415, "请从页面上的表单提交"),
        ({"content": b'{"level": "fair"}', "headers": {"content-type": "application/json"}}, 415, "请从页面"),
        ({"data": {"level": "fair", "words": "x" * 40_000}}, 413, "请缩短文字"),
        ({"data": {f"f{n}": "" for n in range(80)}}, 400, "表单内容无法识别"),
        (
            {"content": b"level=fair&words=\xff", "headers": {"content-type": "application/x-www-form-urlencoded"}},
            400,
            "表单",
        ),
    ],
)
def test_what_no_form_of_ours_sends_is_refused_with_a_page(
    hall: Hall, how: dict[str, Any], status: int, sentence: str
) -> None:
    answer = httpx.post(hall.url + hall.invite(), **how)
    assert answer.status_code == status
    assert sentence in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert hall.rows("rating") == []


def test_a_body_of_unknown_length_has_the_same_limit(hall: Hall) -> None:
    def pieces() -> Any:
        for _ in range(100):
            yield b"words=" + b"x" * 1000

    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert httpx.post(hall.url + hall.invite(), content=pieces(), headers=headers).status_code == 413


# -- inert data, headers, languages


def test_markup_in_data_is_shown_inert(hall: Hall) -> None:
    hall.put("matter", "m-1", "licang:base", name="<script>alert(1)</script>\"'&")
    hall.put("window", "w-03", "licang:base", label="<b>窗口</b>")
    path = hall.invite()
    pages = [hall.get(path).text, hall.get(hall.ticket("t-1", "A036", "called", window="w-03")).text]
    hall.session(ticket="t-1")
    pages += [hall.get(hall.screen("w-03")).text, hall.get("/").text]
    pages.append(hall.post(path, {"level": "", "words": "</textarea><script>x</script>"}).text)
    for page in pages:
        assert "<script" not in page.replace(OURS, "")
        assert "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[0]
    assert "&lt;/textarea&gt;" in pages[-1]


def test_every_answer_forbids_what_a_page_here_never_needs(hall: Hall) -> None:
    rating = hall.invite()
    for response in (
        hall.get("/"),
        hall.get("/d"),
        hall.get(hall.screen("w-03")),
        hall.get(rating),
        hall.get(hall.ticket("t-1", "A036")),
        hall.get("/v/none"),
        hall.post(rating, {}),
        hall.post(rating, {"level": "fair"}),
    ):
        policy = response.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        source = "'self'" if OURS in response.text else "'none'"
        assert f"script-src {source};" in policy
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cache-control"] == "no-store"
        assert "<script" not in response.text.replace(OURS, "").replace(VOICE, "")
        assert re.findall(r'(?:src|href)="(?!/)[^"]*"', response.text) == []
        assert ' style="' not in response.text


def test_the_style_sheet_is_the_only_resource(hall: Hall) -> None:
    response = hall.get("/page.css")
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert "url(" not in response.text
    assert "@import" not in response.text


def test_a_page_speaks_the_language_asked_for_and_keeps_it(hall: Hall) -> None:
    path = hall.invite()
    assert '<html lang="zh-CN">' in hall.get(path).text
    assert '<html lang="en">' in hall.get(path, headers={"accept-language": "en-GB"}).text
    english = hall.get(f"{path}?lang=en").text
    assert "How satisfied are you" in english
    assert f'action="{path}?lang=en"' in english
    answer = hall.post(f"{path}?lang=en", {"level": "fair"})
    assert answer.headers["location"] == f"{path}?lang=en"
    screen = hall.get(hall.screen("w-03"), headers={"accept-language": "en-GB"}).text
    assert '<html lang="zh-CN">' in screen
