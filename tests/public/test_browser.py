"""The pages in Chromium as people meet them: a phone without JavaScript, the small screen, and what axe finds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright
from public_hall import BASE, CASES, FACTS, MATTER, NOW, NUMBER, PAPER, QUEUE, Hall, registered

from server_stub.public import token
from server_stub.public.booking import APPOINTMENT
from server_stub.public.drawing import code_path
from server_stub.public.progress import address as progress_address
from sync.paper_code import mac_of
from tests.fingers import thin
from tests.pictures import picture
from tests.signed_papers import SignedPapers

ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, SMALL_SCREEN = {"width": 390, "height": 844}, {"width": 1024, "height": 600}
DESK, WALL = {"width": 1280, "height": 800}, {"width": 1920, "height": 1080}
# A page that shows a queue is read again by itself: a real-time event, WCAG 2.2.1's exception.
RULES = {"rules": {"meta-refresh": {"enabled": False}}}


@pytest.fixture(scope="module")
def browser(needs_tool: Callable[[str, str], str]) -> Iterator[Browser]:
    """Debian's Chromium."""
    path = needs_tool("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A phone whose owner has switched JavaScript off."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False, device_scale_factor=2)  # type: ignore[arg-type]
    yield context
    context.close()


def opened(context: BrowserContext, hall: Hall, path: str) -> Page:
    """A page of the hall in this browser."""
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(hall.url + path)
    return page


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    size = page.viewport_size
    box = page.locator("html").bounding_box()
    assert size is not None
    assert box is not None
    wide = [e.bounding_box() for e in page.locator("main *").all()]
    return all(b is None or b["x"] + b["width"] <= size["width"] + 0.5 for b in [box, *wide])


def test_a_bad_rating_from_ticket_to_thanks_without_javascript(
    hall: Hall, phone: BrowserContext, tmp_path: Path
) -> None:
    hall.tags("dissatisfied", "等候久", "多次跑", "态度")
    hall.tags("very_satisfied", "很快")
    ticket = hall.ticket("t-1", "A036", "done")
    rating = hall.invite()
    page = opened(phone, hall, ticket)
    picture(page, tmp_path, "ticket-done")
    page.get_by_role("link", name="评价本次服务").click()
    assert page.url == hall.url + rating
    assert fits(page)
    assert page.locator(".tags:visible").count() == 0
    picture(page, tmp_path, "rating")
    page.get_by_text("非常满意", exact=True).first.click()
    assert page.get_by_label("原因很快").count() == 1
    assert page.locator(".tags:visible").count() == 1
    page.get_by_label("原因很快").check(force=True)
    page.get_by_text("不满意", exact=True).first.click()
    page.get_by_text("原因多次跑").click()
    page.get_by_text("原因等候久").click()
    page.locator(".person").get_by_text("基本满意", exact=True).click()
    page.get_by_label("还想说什么").fill("排了两次队\n第二次才说少一份任职文件 <b>")
    assert fits(page)
    picture(page, tmp_path, "rating-filled")
    page.get_by_role("button", name="提交评价").click()
    assert page.url == hall.url + rating
    assert "谢谢您的评价" in page.inner_text("h1")
    picture(page, tmp_path, "thanks")
    [given] = hall.rows("rating")
    assert (given.level, given.person_level, given.tags) == ("dissatisfied", "fair", ["等候久", "多次跑"])
    assert given.words == "排了两次队\n第二次才说少一份任职文件 <b>"
    [entry] = hall.rows("rectification")
    assert entry.state == "open"
    page.reload()
    assert hall.rows("rating")[0].v == given.v
    page.get_by_label("补充说明").fill("还在等电话")
    page.get_by_role("button", name="提交补充").click()
    assert "已补充 1 条" in page.inner_text("main")
    assert [row.words for row in hall.rows("rating_supplement")] == ["还在等电话"]


def test_nothing_can_be_sent_before_a_level_is_chosen(hall: Hall, phone: BrowserContext) -> None:
    page = opened(phone, hall, hall.invite())
    page.get_by_role("button", name="提交评价").click()
    assert page.locator("form").count() == 1
    assert hall.rows("rating") == []


def test_every_level_can_be_chosen_by_keyboard_and_by_a_finger(hall: Hall, phone: BrowserContext) -> None:
    page = opened(phone, hall, hall.invite())
    for label in page.locator(".levels label, .person label, button").all():
        box = label.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.locator("#level-very_satisfied").focus()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    assert page.locator("#level-very_dissatisfied").is_checked()


def test_a_waiting_ticket_on_a_phone(hall: Hall, phone: BrowserContext, tmp_path: Path) -> None:
    hall.ticket("t-0", "A035", arrived_at=NOW - 1)
    page = opened(phone, hall, hall.ticket("t-1", "A036"))
    assert "前面约 1 人" in page.inner_text("main")
    assert fits(page)
    picture(page, tmp_path, "ticket-waiting")
    number = page.locator(".number").bounding_box()
    hall.ticket("t-1", "A036", "called", window="w-03")
    page.get_by_role("link", name="刷新").click()
    page.get_by_text("窗口03").wait_for()
    assert page.locator(".number").bounding_box() == number
    picture(page, tmp_path, "ticket-called")


def test_an_appointment_from_the_first_page_to_the_ticket_without_javascript(
    hall: Hall, phone: BrowserContext, tmp_path: Path
) -> None:
    hall.put("matter", "m-1", BASE, **MATTER, materials=[{"name": "营业执照副本", "required": True}])
    page = opened(phone, hall, "/")
    page.get_by_role("link", name="预约，少排队").click()
    picture(page, tmp_path, "book-matter")
    page.get_by_role("link", name="企业变更登记").click()
    picture(page, tmp_path, "book")
    assert fits(page)
    page.get_by_role("button", name="确认预约").click()
    assert page.locator("form").count() == 1  # neither time nor telephone
    page.get_by_text("11:00").click()
    page.get_by_label("手机号").fill("139 0000 0001")
    page.get_by_role("button", name="确认预约").click()
    assert "/a/" in page.url
    assert "营业执照副本" in page.inner_text("main")
    assert fits(page)
    picture(page, tmp_path, "appointment")
    own = page.url
    hall.clock.set(NOW + 40 * 60_000)
    page.reload()
    picture(page, tmp_path, "appointment-now")
    page.get_by_role("button", name="我到了，签到取号").click()
    assert "A001" in page.inner_text(".number")
    page.goto(own)
    picture(page, tmp_path, "appointment-arrived")
    page.get_by_role("link", name="看我的号票").click()
    assert "/t/" in page.url


def test_the_small_screen_reads_itself_again_without_javascript(hall: Hall, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(viewport=SMALL_SCREEN, java_script_enabled=False)  # type: ignore[arg-type]
    hall.ticket("t-1", "A036", "called", window="w-03")
    hall.session(ticket="t-1")
    page = opened(context, hall, hall.screen("w-03"))
    picture(page, tmp_path, "window-called")
    assert "A036" in page.inner_text("main")
    hall.session(ticket=None)
    hall.invite()
    code = page.locator(".qr svg")
    code.wait_for()  # comes by the page's own refresh
    box = code.bounding_box()
    assert box is not None
    assert box["width"] >= 250
    assert box["y"] + box["height"] <= SMALL_SCREEN["height"]
    assert fits(page)
    picture(page, tmp_path, "window-rate")
    hall.ticket("t-2", "A037", "called", window="w-03")
    hall.session(ticket="t-2")
    page.get_by_text("A037").wait_for()
    picture(page, tmp_path, "window-both")
    context.close()


def test_a_rating_by_touch_at_the_small_screen(hall: Hall, browser: Browser) -> None:
    context = browser.new_context(viewport=SMALL_SCREEN, java_script_enabled=False)  # type: ignore[arg-type]
    hall.invite()
    page = opened(context, hall, hall.screen("w-03"))
    page.get_by_role("link", name="触摸可直接评价").click()
    page.get_by_text("非常满意", exact=True).first.click()
    page.get_by_role("button", name="提交评价").click()
    page.get_by_role("heading", name="谢谢您的评价").wait_for()
    assert [row.channel for row in hall.rows("rating")] == ["window"]
    context.close()


@pytest.mark.parametrize("size", [PHONE, SMALL_SCREEN, WALL])
def test_the_display_shows_all_its_lines_at_once(hall: Hall, browser: Browser, tmp_path: Path, size: object) -> None:
    for n in range(9 + (30 if size == WALL else 4)):  # a whole hall presses at nine o'clock, a small one has no wall
        columns = {"ticket": f"t-{n}", "number": f"A{n:03}", "window": "w-03", "kind": "recall", "at": NOW + n}
        hall.put("announcement", f"n-{n}", QUEUE, **columns)
        hall.ticket(f"t-{n}", f"A{n:03}", "recalled", window="w-03")
    context = browser.new_context(viewport=size, java_script_enabled=False)  # type: ignore[arg-type]
    page = opened(context, hall, "/d")
    box = page.locator("footer").bounding_box()
    assert box is not None
    assert page.locator("tbody tr").count() == 8
    assert box["y"] + box["height"] <= page.viewport_size["height"] + 0.5  # type: ignore[index]
    assert fits(page)
    assert page.locator(".draw").is_visible() == (size != PHONE)  # nobody scans the telephone in their hand
    picture(page, tmp_path, "display-full")
    context.close()


def everything(hall: Hall) -> dict[str, str]:
    """One address of each kind of page."""
    hall.tags("dissatisfied", "等候久", "多次跑")
    hall.session(ticket="t-2")
    case: dict[str, Any] = {"matter": "m-1", "office": "registration", "site": "main", "state": "in_review"}
    case |= {"number": "registration-20260302-0001", "received_at": NOW - 86_400_000, "accepted_at": NOW}
    case |= {"promised_day": "2026-03-03", "statutory_day": "2026-03-30"}
    hall.put("case", "c-1", CASES, applicant="青岛某机械设备租赁有限公司", **case)
    told = {"case": "c-1", "kind": "grant_decision", "number": "样审准字(2026)第00012号", "sha256": "9f3a" * 16}
    hall.put("document", "d-1", CASES, state="valid", page="p-1", signed_at=NOW, registered_at=NOW, **told)
    void = told | {"number": "样审准字(2026)第00013号"}
    hall.put("document", "d-2", CASES, state="void", page="p-2", **void)
    for n, (number, kind) in enumerate([("A036", "call"), ("B011", "call"), ("A036", "recall"), ("C004", "call")]):
        columns = {"ticket": "t-1", "number": number, "window": "w-03", "kind": kind, "at": NOW + n}
        hall.put("announcement", f"n-{n}", QUEUE, **columns)
    slot = {"day": "2026-03-02", "minute": 630, "starts_at": NOW + 30 * 60_000, "prefix": "A", "matter": "m-1"}
    hall.put("appointment", "p-1", QUEUE, seat=1, code="012345", state="booked", channel="phone", **slot)
    rated = hall.invite("i-2", "t-9")
    hall.post(rated, {"level": "dissatisfied"})
    closed = hall.invite("i-3", "t-8", lapses_at=NOW)
    return {
        "index": "/",
        "display": "/d",
        "window": hall.screen("w-03"),
        "waiting": hall.ticket("t-1", "A036"),
        "called": hall.ticket("t-2", "A037", "called", window="w-03"),
        "rating": hall.invite("i-1", "t-2"),
        "thanks": rated,
        "closed": closed,
        "paper": "/v/p-1",
        "void": "/v/p-2",
        "missing": "/v/none",
        "book": "/b",
        "draw": code_path(hall.public, None),
        "book-matter": "/b?m=m-1&day=2026-03-03",
        "progress": progress_address(hall.public, "registration-20260302-0001"),
        "progress-ask": "/c",
        "appointment": f"/a/{token.make(hall.public.secret, APPOINTMENT, 'p-1')}",
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing_on_any_page(hall: Hall, browser: Browser, tmp_path: Path, language: str) -> None:
    found = {}
    screens = {str(size): browser.new_context(viewport=size, bypass_csp=True) for size in (SMALL_SCREEN, PHONE)}  # type: ignore[arg-type]
    for name, path in everything(hall).items():
        context = screens[str(SMALL_SCREEN if name in ("display", "window") else PHONE)]
        with opened(context, hall, f"{path}{'&' if '?' in path else '?'}lang={language}") as page:
            violations = Axe().run(page, options=RULES).response["violations"]
            picture(page, tmp_path, f"{name}-{language}")
            assert fits(page), name
            assert name in ("display", "window") or not thin(page), (name, thin(page))
        if violations:
            found[name] = [(v["id"], [node["html"] for node in v["nodes"]]) for v in violations]
    for context in screens.values():
        context.close()
    assert found == {}


# -- is this paper genuine?

CODE = {
    "right": "二维码核对无误",
    "wrong": "二维码校验码不符",
    "none": "网址中没有校验码",
}


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_the_code_of_a_paper_is_checked_in_the_reader_s_browser_and_sent_to_nobody(
    hall: Hall, browser: Browser, signed_papers: SignedPapers, tmp_path: Path, size: dict[str, int]
) -> None:
    registered(hall, signed_papers, "seal", "B-B")
    mac = mac_of("d-1", PAPER, "grant_decision", NUMBER, FACTS)
    name = "phone" if size is PHONE else "desk"
    for found, fragment in (("right", f"#{mac}"), ("wrong", f"#{mac[:-2]}AA"), ("none", "")):
        context = browser.new_context(viewport=size, locale="zh-CN")  # type: ignore[arg-type]
        asked: list[Request] = []

        def note(request: Request, asked: list[Request] = asked) -> None:
            asked.append(request)

        context.on("request", note)
        page = opened(context, hall, f"/v/{PAPER}{fragment}")
        assert CODE[found] in page.inner_text("#code")
        assert fits(page)
        picture(page, tmp_path, f"paper-{found}-{name}")
        if found == "right":
            path = tmp_path / "paper.pdf"
            path.write_bytes(signed_papers.files["seal", "B-B"])
            page.set_input_files("#held", path)
            page.get_by_role("button", name="与登记比对").click()
            assert "文件与登记的完全一致" in page.inner_text(".compared")
            assert CODE["right"] in page.inner_text("#code")  # the tab remembers it
            assert Axe().run(page, options=RULES).response["violations"] == []
            picture(page, tmp_path, f"paper-same-{name}")
        said = "".join(f"{request.url} {request.headers} {request.post_data_buffer!r}" for request in asked)
        assert mac[:16] not in said
        context.close()


def test_a_file_is_compared_without_javascript(
    hall: Hall, phone: BrowserContext, signed_papers: SignedPapers, tmp_path: Path
) -> None:
    registered(hall, signed_papers, "seal", "B-B")
    page = opened(phone, hall, f"/v/{PAPER}")
    assert page.locator("#code").is_hidden()
    assert "未运行脚本" in page.inner_text("main")
    path = tmp_path / "changed.pdf"
    path.write_bytes(signed_papers.files["seal", "B-B"] + b"x")
    page.set_input_files("#held", path)
    page.get_by_role("button", name="与登记比对").click()
    assert "在签发后被改动" in page.inner_text(".compared")
    assert fits(page)
    picture(page, tmp_path, "paper-changed-phone")


def test_the_script_counts_as_everybody_else_does(hall: Hall, browser: Browser) -> None:
    context = browser.new_context(bypass_csp=True)
    page = opened(context, hall, "/")
    page.add_script_tag(url="/paper.js")
    for text in ("", "abc", "赵" * 20, "x" * 55, "y" * 56, "z" * 64, "a" * 1000):
        assert page.evaluate("text => sha256(text)", text) == hashlib.sha256(text.encode()).hexdigest()
    context.close()


def test_a_page_asks_for_nothing_from_outside_and_runs_no_script(hall: Hall, browser: Browser) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    context.set_default_timeout(60_000)
    context.on("request", lambda request: asked.append(request.url))
    for path in everything(hall).values():
        with context.new_page() as page:
            page.on("console", lambda message: complaints.append(message.text))
            page.goto(hall.url + path, wait_until="networkidle")
    context.close()
    assert [url for url in asked if not url.startswith(hall.url)] == []
    assert [said for said in complaints if "Content Security Policy" in said or "Refused" in said] == []
    assert {url for url in asked if url.endswith(".css")} == {f"{hall.url}/page.css"}


def test_a_ticket_on_a_phone_moves_by_itself(browser: Browser, hall: Hall, tmp_path: Path) -> None:
    papers = [{"name": "申请书", "required": True}, {"name": "法定代表人身份证", "required": True}]
    hall.put("matter", "m-1", BASE, materials=papers)
    hall.put("matter", "m-2", BASE, **{**MATTER, "name": "食品经营许可", "prefix": "B"})
    hall.session()
    hall.ticket("t-0", "A035", arrived_at=NOW - 9)
    path = hall.ticket("t-1", "A036", more=[{"matter": "m-2", "prefix": "B"}])
    context = browser.new_context(viewport=PHONE, locale="zh-CN", device_scale_factor=2)  # type: ignore[arg-type]
    with context.new_page() as page:
        with page.expect_request(lambda request: request.url.endswith("/live")):
            page.goto(hall.url + path)
        page.get_by_text("前面约 1 人").wait_for()
        picture(page, tmp_path, "ticket-waits")
        assert not Axe().run(page, options=RULES).response["violations"]
        hall.put("ticket", "t-1", QUEUE, state="called", window="w-03")
        hall.services.hub.publish({QUEUE: 1_000})
        page.get_by_text("请到窗口").wait_for(timeout=60_000)
        picture(page, tmp_path, "ticket-called")
    context.close()
