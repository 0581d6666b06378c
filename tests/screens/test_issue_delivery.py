"""送达 at screen 3: ways that failed are recorded, then a notice stands on the hall's page and delivers by itself."""

from __future__ import annotations

import asyncio

import httpx

from tests.screens.case_flow import FIRM, to_issue, words
from tests.screens.live_hall import LiveHall, press, text, until
from tests.screens.test_issue import open_case
from workstation.terminal import TerminalApp

PASSPHRASE = "a passphrase of the tests"


async def issued(hall: LiveHall, app: TerminalApp) -> None:
    """The case c1, its decision signed at this terminal, open on screen 3."""
    counter = await hall.device("0307", "0201")
    await to_issue(hall, app, counter, "c1")
    await app.services.papers.open_seal(PASSPHRASE)
    await app.services.issue.issue("c1")
    await hall.settled(app)
    await open_case(app, "c1")


async def choose(app: TerminalApp, label: str) -> None:
    """The line of a list that holds these words."""
    heads = [line.partition(label)[0].split() for line in text(app) if label in line]
    number = next(head[-1].rstrip(".") for head in heads if head and head[-1].rstrip(".").isdigit())
    await press(app, number)


async def test_a_notice_follows_what_failed_and_delivers_when_it_ends(hall: LiveHall) -> None:
    async with hall.sitting("0307") as app:
        await issued(hall, app)
        assert app.desk is not None
        await press(app, "f9")
        await choose(app, "公告送达")
        assert "先记录送达未果：直接送达、邮寄送达" in words(app)
        for way in ("直接送达", "邮寄送达"):
            await press(app, "f9")
            await choose(app, "记录送达未果")
            await choose(app, way)
            await press(app, "enter", *"nobody there", "enter")
            assert f"已记录：{way}未果" in words(app)
        await press(app, "f9")
        assert "邮寄送达未果：nobody there" in words(app)
        await choose(app, "公告送达")
        await choose(app, "受送达人下落不明")
        await until(app, lambda: "公告已发出" in words(app))
        [notice] = app.desk.rows("public_notice", case="c1")
        assert f"公告送达中，{notice.until_day}期满" in words(app)
        listed = await asyncio.to_thread(httpx.get, f"{hall.url}/n")
        assert FIRM in listed.text
        await press(app, "f9")
        await choose(app, "公告送达")
        assert "公告正在进行" in words(app)
        hall.clock.advance(notice.ends_at - hall.clock.now())
        await hall.sign_on(app, "0307")
        await until(app, lambda: app.desk is not None and app.desk.row("case", "c1").state == "delivered")
        await until(app, lambda: _receipt(app).get("delivery_method") == "公告送达")
        listed = await asyncio.to_thread(httpx.get, f"{hall.url}/n")
        assert FIRM not in listed.text


def _receipt(app: TerminalApp) -> dict[str, object]:
    assert app.desk is not None
    found = [paper for paper in app.desk.rows("document", case="c1") if paper.kind == "delivery_receipt"]
    return found[0].facts if found else {}


async def test_a_parcel_that_came_back_is_sent_anew_and_delivers(hall: LiveHall) -> None:
    async with hall.sitting("0307") as app:
        await issued(hall, app)
        assert app.desk is not None
        await _sent(app, "EX100")
        slips = app.locations.data / "documents" / "print"
        await until(app, lambda: len(list(slips.glob("parcel-*.pdf"))) == 1)
        [parcel] = app.desk.rows("parcel", case="c1")
        assert [item["name"][:11] for item in parcel.contents] == ["准予行政许可决定书 李", "old licence"]
        assert "寄出 中国邮政 EX100  在途" in words(app)
        await press(app, "f9")
        await choose(app, "邮寄送达")
        assert "2. old licence  x1" in words(app)
        await choose(app, "退回")
        await press(app, "enter", *"unknown", "enter")
        assert "EX100 退回，可换一种方式送达" in words(app)
        assert "邮寄送达未果：unknown (中国邮政 EX100)" in words(app)
        await _sent(app, "EX101")
        await press(app, "f9")
        await choose(app, "邮寄送达")
        await choose(app, "已签收")
        await press(app, "enter", "enter")
        await until(app, lambda: app.desk is not None and app.desk.row("case", "c1").state == "delivered")
        await until(app, lambda: "邮件单号：EX101" in str(_receipt(app).get("body")))
        await hall.settled(app)
        states = {each.tracking: each.state for each in app.services.parcels.of_case("c1")}
        assert states == {"EX100": "returned", "EX101": "arrived"}


async def _sent(app: TerminalApp, tracking: str) -> None:
    """F9, by courier: the decision, something else, carrier as offered, number, the applicant."""
    await press(app, "f9")
    await choose(app, "邮寄送达")
    assert "1. 准予行政许可决定书" in words(app)
    await choose(app, "其他物品")
    await press(app, *"old licence", "enter")
    await choose(app, "装箱完毕 (2 项)")
    await press(app, "enter", *tracking, "enter", "enter")


async def test_originals_come_back_from_the_citizen(hall: LiveHall) -> None:
    async with hall.sitting("0307") as app:
        await issued(hall, app)
        assert app.desk is not None
        await press(app, "f10")
        await choose(app, "新寄回邮件")
        await choose(app, "租赁合同")
        await choose(app, "装箱完毕 (1 项)")
        await press(app, "enter", *"EX200", "enter", "enter")
        assert "寄回 中国邮政 EX200  在途" in words(app)
        await press(app, "f10")
        await choose(app, "寄回 中国邮政 EX200")
        await choose(app, "已签收")
        await press(app, "enter")
        await hall.settled(app)
        [parcel] = app.desk.rows("parcel", case="c1")
        assert (parcel.leg, parcel.state, app.desk.row("case", "c1").state) == ("back", "arrived", "issued")
