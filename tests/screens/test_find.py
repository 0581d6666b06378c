"""Ctrl+G over the local copy: tickets, the ends of cases' numbers, names."""

from __future__ import annotations

from typing import Any

from server_stub.central.store import Tx
from sync.protocol.messages import Found
from tests.screens.live_hall import PIN, LiveHall, press, text, until
from tests.screens.test_sync import a_case
from workstation.terminal import TerminalApp
from workstation.widgets.window_table import WindowTable


def shows(app: TerminalApp, *words: str) -> bool:
    screen = "\n".join(text(app))
    return all(word in screen for word in words)


async def archived(hall: LiveHall, id: str, applicant: str) -> None:
    """A case that only the centre has: no log row tells the copies of it."""
    store = hall.services.store
    columns = store.columns["case"]
    body: dict[str, Any] = {
        "number": f"registration-20190301-{id.removeprefix('case-').replace('old', '0009')}",
        "matter": "m-change",
        "office": "registration",
        "site": "hall",
    }
    body |= {"state": "archived", "applicant": applicant, "received_at": 1_551_400_000_000}
    row = columns.params(id, "licang:archive/registration", 1, columns.image(None, body))

    async def work(tx: Tx) -> None:
        await tx.bulk(store.records["case"].upsert, [row])

    await store.write(work)


async def test_a_ticket_is_found_by_its_number_and_the_cursor_goes_there(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await hall.tickets(device, "0308", "m-change", "m-set-up")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A002"))
        await press(app, "ctrl+g", *"a2", "enter")
        assert app.screen.query_one("#waiting", WindowTable).cursor_row.cells[0] == "A002"  # type: ignore[union-attr]


async def test_a_case_is_found_by_the_digits_at_its_end_and_by_its_name(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await a_case(hall, device)
    async with hall.sitting("0307", "03") as app:
        found = await app.services.find.resolve("0001", 2)
        assert [(hit.screen, dict(hit.what)) for hit in found] == [(2, {"case_id": "case-1"})]
        for words in ("某设备", "设备有限", "某设备有限公司"):
            assert [dict(hit.what) for hit in await app.services.find.resolve(words, None)] == [{"case_id": "case-1"}]
        assert await app.services.find.resolve("9999", None) == []
        await press(app, "ctrl+g", *"2 0001", "enter")
        await until(app, lambda: app.top_frame is not None and app.top_frame.NUMBER == 2)


async def test_several_hits_are_listed_and_picked_by_a_digit(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await hall.tickets(device, "0308", "m-change", "m-food")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "B001"))
        await press(app, "ctrl+g", *"001", "enter")
        await until(app, lambda: shows(app, "号票 A001", "号票 B001"))
        await press(app, "2")
        assert app.screen.query_one("#waiting", WindowTable).cursor_row.cells[0] == "B001"  # type: ignore[union-attr]


async def test_find_asks_the_centre_at_the_second_enter_and_keeps_nothing(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await a_case(hall, device)
    await archived(hall, "case-old", "某旧案有限公司")
    async with hall.sitting("0307") as app:
        await press(app, "2", "f3", *"旧案", "enter")
        await until(app, lambda: shows(app, "本机查找 [旧案]: 0 件"))
        await press(app, "enter")
        await until(app, lambda: shows(app, "中心查到 [旧案]: 1 件", "20190301-0009", "某旧案有限公司"))
        await press(app, "1")
        await until(app, lambda: shows(app, "只在中心"))
        await press(app, "escape")
        assert app.desk is not None
        assert app.desk.row("case", "case-old") is None
        await press(app, "f3", "backspace", "backspace", *"某设备", "enter")  # one is here: it opens
        await until(app, lambda: shows(app, "材料清单"))
        await press(app, "f3", "enter")  # the same once more: the centre's
        await until(app, lambda: shows(app, "中心查到 [某设备]: 1 件"))
        await press(app, "1")
        await until(app, lambda: shows(app, "材料清单"))
        hall.stop_server()
        await until(app, lambda: app.desk is not None and not app.desk.engine.status.online)
        await press(app, "f3", "enter")
        assert shows(app, "现在问不到中心")
    hall.start_server()
    logged = await hall.services.store.read(lambda tx: tx.fetch("SELECT staff, asked, shown FROM lookup ORDER BY at"))
    assert [tuple(row) for row in logged] == [
        ("0307", "旧案", '["case-old"]'),
        ("0307", "某设备", '["case-1"]'),
    ]


async def test_the_centre_finds_only_what_a_role_reaches(hall: LiveHall) -> None:
    await archived(hall, "case-old", "某旧案有限公司")
    device = await hall.device()
    for staff, count in (("0201", 1), ("0401", 0), ("0307", 1)):
        await device.sign_on(staff, PIN)
        found = await device.transport.ask("GET", "/v1/find", Found, q="旧案")
        assert len(found.cases) == count, staff
    many = [f"case-{n}" for n in range(25)]
    for id in many:
        await archived(hall, id, "某旧案有限公司")
    assert len((await device.transport.ask("GET", "/v1/find", Found, q="旧案")).cases) == 20
    assert (await device.transport.ask("GET", "/v1/find", Found, q="%%")).cases == []
