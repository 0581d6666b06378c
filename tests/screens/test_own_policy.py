"""The hall's own policy over a real server: chosen by a key, called by at windows, leased, without a network."""

from __future__ import annotations

import json

from sync.protocol.verbs import ticket as verbs
from sync.protocol.verbs.staff import PutSetting
from tests.screens.live_hall import BASE, QUEUE, LiveHall, press, text, until
from workstation.headless.device import Device
from workstation.terminal import TerminalApp
from workstation.widgets.dialog import Dialog


def shows(app: TerminalApp, *words: str) -> bool:
    screen = "\n".join(text(app))
    return all(word in screen for word in words)


def layout(device: Device) -> dict[str, list[str]]:
    """What windows take, as another machine's copy has it."""
    found = device.rows("SELECT takes FROM layout")
    return json.loads(found[0]["takes"]) if found else {}


async def laid_out(hall: LiveHall, device: Device, *windows: str) -> dict[str, list[str]]:
    """The layout once these windows are in it, and no others."""
    for _ in range(100):
        await hall.services.timers.catch_up()
        await device.pull()
        if set(found := layout(device)) == set(windows):
            return found
    raise AssertionError(found)


async def test_the_duty_manager_has_the_hall_call_by_its_own_policy(hall: LiveHall) -> None:
    """Chosen on screen 6; a window whose own people are few takes on who has waited too long, and calls them in the
    order of its list."""
    device = await hall.device("0308")
    await device.do("0308", verbs.OpenWindow(window="w04"), id="s-04", scope=QUEUE)
    async with hall.sitting("0101") as app:
        await press(app, "6")
        await until(app, lambda: shows(app, "叫号方式"))
        await press(app, "f4")
        await until(app, lambda: isinstance(app.screen, Dialog) and shows(app, "现在: 按技能"))
        await press(app, "4")
        await until(app, lambda: shows(app, "从现在起: 动态均衡"))
        assert app.services.overview.policy == "balanced"
    await hall.tickets(device, "0308", "m-food", "m-food", "m-change")
    assert (await device.do("0308", verbs.CallNext(call="c-0"), id="s-04", scope=QUEUE)).status == "accepted"
    assert [row["state"] for row in device.rows("SELECT state FROM ticket ORDER BY number")] == [
        "called",
        *("waiting", "waiting"),
    ]  # w04 has registrations alone: nobody has waited a minute and a half for a food licence
    await laid_out(hall, device, "w04")  # the call asked for a layout
    hall.clock.advance(2_000)
    async with hall.sitting("0307", "03") as app:
        found = await laid_out(hall, device, "w03", "w04")
        assert {prefix for each in found.values() for prefix in each} == {"A", "B"}
        await until(app, lambda: shows(app, "B001", "B002", "可办: "))
        await until(app, lambda: app.services.queue.takes() == found["w03"])
        listed = [ticket.number for ticket in app.services.queue.waiting()]
        called = []
        for _ in listed:
            await press(app, "f2")
            called.append(app.services.queue.current().number)
            await press(app, "f6")
        assert called == listed == ["B001", "B002"]


async def test_without_a_network_what_is_leased_is_called_though_the_layout_has_changed(hall: LiveHall) -> None:
    """The lease says whose the ticket is, not the layout of the moment."""
    device = await hall.device("0308", "0901")
    assert (await device.do("0901", PutSetting(value="balanced"), id="queue_policy", scope=BASE)).status == "accepted"
    await hall.tickets(device, "0308", "m-food")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "断网可办: B001 (已租，剩 "))
        await laid_out(hall, device, "w03")
        await hall.settled(app)
        hall.stop_server()
        await until(app, lambda: not app.services.queue.online)
        assert app.desk is not None
        with app.desk.store.write() as connection:  # as a pull would have left it just before the network went
            connection.execute("""UPDATE layout SET takes = '{"w03": ["A"], "w04": ["B"]}'""")
        assert [ticket.number for ticket in app.services.queue.waiting()] == []
        assert [ticket.number for ticket in app.services.queue.leased()] == ["B001"]
        await press(app, "f2")
        assert app.services.queue.current().number == "B001"
        hall.start_server()
        app.sync_now()
        await hall.settled(app)
        await device.pull()
        assert [row["state"] for row in device.rows("SELECT state FROM ticket")] == ["called"]
