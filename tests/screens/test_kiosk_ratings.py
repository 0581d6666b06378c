"""A terminal at which citizens rate: by number and code or by a scanned slip, by digits alone; once each; and whoever
comes next finds nothing of who was there before.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server_stub.central.opening import open_store
from server_stub.central.seed import SeedRow, seed
from server_stub.public import token
from server_stub.public.central import SEALS
from sync.errors import ServerRefused
from sync.protocol.identifiers import uuid7
from sync.protocol.rating import AskRating, GiveRating, RatingGiven, RatingsAsked
from sync.protocol.verbs import ticket as verbs
from tests.screens.anonymity import copy_of
from tests.screens.kiosk_hall import heard, kiosk, said, shows
from tests.screens.ledger_hall import visitor, window
from tests.screens.live_hall import BASE, PIN, QUEUE, LiveHall, press, send, until
from workstation.headless.device import Device
from workstation.kiosk.app import KioskApp

FIRST = "请扫描取号单上的二维码"
BOTH = pytest.mark.parametrize("size", [(80, 24), (100, 30)])


@contextlib.asynccontextmanager
async def for_ratings(hall: LiveHall, *, size: tuple[int, int] = (80, 24)) -> AsyncIterator[KioskApp]:
    """A terminal for ratings that hears the centre."""
    async with kiosk(hall, "ratings", FIRST, staff="0602", size=size) as app:
        await heard(app)
        yield app


def with_reasons(hall: LiveHall) -> None:
    """Tags for the levels, as a hall has them from its beginning."""
    hall.stop_server()
    store = open_store(f"sqlite:///{hall._store}")
    tags = [
        {"code": code, "zh": zh, "en": code} for code, zh in (("slow", "等得太久"), ("told_late", "材料没有一次说清"))
    ]
    about: dict[str, Any] = {"version": 3, "nature": "permit", "level": "dissatisfied", "tags": tags}
    seed(store, [], [SeedRow("tag_set", "dissatisfied/3", BASE, about)], {}, hall.clock.now())
    store.close()
    hall.start_server()


def sealed(hall: LiveHall) -> bytes:
    return hall.services.store.secret(SEALS)


async def ratings(hall: LiveHall) -> list[tuple[Any, ...]]:
    sql = "SELECT level, person_level, tags, tag_version, channel, staff FROM rating ORDER BY rated_at"
    return [tuple(row) for row in await hall.services.store.read(lambda tx: tx.fetch(sql))]


async def served(hall: LiveHall) -> tuple[str, str, str]:
    """Somebody was served: (ticket, number, code)."""
    device, session = await window(hall)
    await visitor(hall, device, session)
    [(ticket, number)] = await hall.services.store.read(lambda tx: tx.fetch("SELECT id, number FROM ticket"))
    return ticket, number, token.code_of(sealed(hall), ticket)


@BOTH
async def test_a_number_and_its_code_lead_to_a_rating_by_digits(hall: LiveHall, size: tuple[int, int]) -> None:
    with_reasons(hall)
    _, number, code = await served(hall)
    async with for_ratings(hall, size=size) as app:
        await press(app, *number[1:], "enter")
        await shows(app, f"{number[1:]}: 请输入 4 位评价码")
        await press(app, *code, "enter")
        await shows(app, "您对本次办事满意吗", "按 1   非常满意", "按 5   非常不满意", "企业变更登记")
        await press(app, "4")
        await shows(app, "不满意: 原因是什么", "按 1   等得太久", "按 2   材料没有一次说清")
        await press(app, "1")
        await shows(app, "已选 1   等得太久")
        await press(app, "2")
        await shows(app, "已选 2   材料没有一次说清")
        await press(app, "1")
        await shows(app, "按 1   等得太久")
        await press(app, "0")
        await shows(app, "您对工作人员满意吗")
        assert await ratings(hall) == []
        await press(app, "2")
        await shows(app, "谢谢您的评价，回访人员会核实并整改")
        assert await ratings(hall) == [("dissatisfied", "satisfied", '["told_late"]', 3, "terminal", "0307")]
        [entry] = await hall.services.store.read(lambda tx: tx.fetch("SELECT source, level FROM rectification"))
        assert tuple(entry) == ("rating", "dissatisfied")
        await press(app, "enter", *number[1:], "enter")
        await shows(app, "请输入 4 位评价码")
        await press(app, *code, "enter")
        await shows(app, "已经评价过了")
    assert len(await ratings(hall)) == 1


async def test_a_scanned_slip_asks_of_each_part_of_the_visit(hall: LiveHall) -> None:
    """Its holder was sent on; and a code scanned where a key is waited for chooses nothing."""
    one, session = await window(hall)
    other, at_04 = await window(hall, "0308", "w04")
    ticket = await visitor(hall, one, session, finish=False)

    async def do(device: Device, staff: str, args: object) -> None:
        result = await device.do(staff, args, id=ticket, scope=QUEUE)  # type: ignore[arg-type]
        assert result.status == "accepted", result

    await do(one, "0307", verbs.Transfer(window="w04"))
    await do(other, "0308", verbs.Call(session=at_04, call=uuid7(hall.clock.now())))
    await do(other, "0308", verbs.Serve(segment=uuid7(hall.clock.now())))
    hall.clock.advance(60_000)
    await do(other, "0308", verbs.Finish(invite=uuid7(hall.clock.now())))
    address = f"https://hall.example/t/{token.make(sealed(hall), token.TICKET, ticket)}"
    async with for_ratings(hall) as app:

        async def both_open() -> int:
            return len(await hall.services.store.read(lambda tx: tx.fetch("SELECT id FROM invite")))

        async with asyncio.timeout(60):
            while await both_open() < 2:
                await asyncio.sleep(0.01)
        send(app, *address, "enter")
        await shows(app, "您对本次办事满意吗", "企业变更登记  03")
        assert address[-12:] not in said(app)
        await press(app, *address, "enter")
        await shows(app, "您对本次办事满意吗", "企业变更登记  03")
        app._burst_until = 0.0
        await press(app, "1")
        await shows(app, "您对工作人员满意吗")
        await press(app, "0")
        await shows(app, "谢谢您的评价", "您对本次办事满意吗", "企业变更登记  04")
        await press(app, "2")
        await shows(app, "您对工作人员满意吗")
        await press(app, "3")
        await shows(app, "谢谢您的评价", "稍后自动返回")
        await press(app, *address, "enter")  # the last words stand still
        await shows(app, "已经评价过了")
    assert [(row[0], row[1], row[4], row[5]) for row in await ratings(hall)] == [
        ("very_satisfied", None, "terminal", "0307"),
        ("satisfied", "fair", "terminal", "0308"),
    ]


async def test_whoever_goes_leaves_nothing_to_who_comes_next(hall: LiveHall) -> None:
    with_reasons(hall)
    ticket, number, code = await served(hall)
    async with for_ratings(hall) as app:
        for keys in ((), ("4",), ("4", "2"), ("4", "0")):
            await press(app, *number, "enter")
            await shows(app, f"{number}: 请输入")
            await press(app, *code, "enter")
            await shows(app, "您对本次办事满意吗")
            for key in keys:
                await press(app, key)
                await until(app, lambda: not app.busy)
            assert app._timer is not None
            app._over()
            await shows(app, FIRST)
            for left in ("企业变更登记", number, code, "等得太久", "不满意"):
                assert left not in said(app)
        assert await ratings(hall) == []
        await press(app, *number, "enter")
        await shows(app, "请输入")
        await press(app, *code, "enter")
        await shows(app, "您对本次办事满意吗")
        await press(app, "4")
        await shows(app, "原因")
        await press(app, "1", "0")
        await shows(app, "您对工作人员满意吗")
        await press(app, "0")
        await shows(app, "谢谢您的评价")
        assert app.desk is not None
        folder, replica = app.locations.data, app.desk.store.path
    [(invite,)] = await hall.services.store.read(lambda tx: tx.fetch("SELECT id FROM invite"))
    sealed_rating = token.make(sealed(hall), token.RATING, invite)
    sealed_ticket = token.make(sealed(hall), token.TICKET, ticket)
    files = [path for path in folder.parent.rglob("*") if path.is_file() and not path.name.startswith("replica")]
    kept = "".join(path.read_bytes().decode(errors="replace") for path in files)
    kept += "".join(copy_of(replica).values())
    for left in (invite, sealed_rating, sealed_ticket):
        assert left not in kept
    assert copy_of(replica)["copy rating"] == copy_of(replica)["copy invite"] == "[]"


async def test_guessing_the_code_is_slow_and_a_number_alone_opens_nothing(hall: LiveHall) -> None:
    ticket, number, code = await served(hall)
    wrong = f"{(int(code) + 1) % 10_000:04d}"
    async with for_ratings(hall) as app:

        async def tried(typed: str, *words: str) -> None:
            await press(app, *number, "enter")
            await shows(app, "请输入 4 位评价码")
            await press(app, *typed, "enter")
            await shows(app, *words)
            await press(app, "enter")

        for _ in range(5):
            await tried(wrong, "号码或评价码不对")
        await tried(code, "输错次数太多", "60 秒")
        hall.clock.advance(60_000)
        await tried(code, "您对本次办事满意吗")
        await press(app, "0")
        await shows(app, FIRST)
        send(app, *f"https://hall.example/t/{ticket}.{'x' * 22}", "enter")
        await shows(app, "号码或评价码不对")
    assert await ratings(hall) == []


async def test_a_service_that_goes_on_and_one_that_is_long_past(hall: LiveHall) -> None:
    device, session = await window(hall)
    ticket = await visitor(hall, device, session, finish=False)
    asked = AskRating(scanned=f"/t/{token.make(sealed(hall), token.TICKET, ticket)}")
    await device.sign_on("0602", PIN)
    assert await device.transport.ask("POST", "/v1/rating/find", RatingsAsked, asked) == RatingsAsked(why="not_yet")
    await device.sign_on("0307", PIN)
    finished = await device.do("0307", verbs.Finish(invite="i-1"), id=ticket, scope=QUEUE)
    assert finished.status == "accepted"
    for who in ("0307", "0101", "0601"):  # a clerk, the duty manager, a terminal that prints papers
        await device.sign_on(who, PIN)
        said = GiveRating(token="i-1.x", level="fair")
        with pytest.raises(ServerRefused, match="read_only"):
            await device.transport.ask("POST", "/v1/rating/find", RatingsAsked, asked)
        with pytest.raises(ServerRefused, match="read_only"):
            await device.transport.ask("POST", "/v1/rating", RatingGiven, said)
    await device.sign_on("0602", PIN)
    hall.clock.advance(7 * 24 * 3_600_000)
    await device.sign_on("0602", PIN)
    found = await device.transport.ask("POST", "/v1/rating/find", RatingsAsked, asked)
    assert found == RatingsAsked(why="closed")
    forged = GiveRating(token="i-1.forged", level="fair")
    assert await device.transport.ask("POST", "/v1/rating", RatingGiven, forged) == RatingGiven(
        taken=False, code="not_found"
    )


async def test_without_a_network_it_says_so_and_keeps_nothing(hall: LiveHall) -> None:
    _, number, code = await served(hall)
    async with for_ratings(hall) as app:
        await asyncio.to_thread(hall.stop_server)
        await press(app, *number, "enter")
        await shows(app, "请输入 4 位评价码")
        await press(app, *code, "enter")
        await shows(app, "网络已断开，请稍后再来，或用手机评价")
        await asyncio.to_thread(hall.start_server)
