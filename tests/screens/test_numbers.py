"""F10 at screen 8: numbers that were given and not used, and why."""

from __future__ import annotations

from server_stub.central.store import Tx
from sync.protocol.gaps import Gaps
from sync.protocol.verbs.device import RevokeDevice
from tests.screens.live_hall import PIN, LiveHall, press, until
from tests.screens.test_issue_amend import choose
from tests.screens.test_sync import shows
from workstation.terminal import TerminalApp


async def test_numbers_not_used_are_listed_with_their_reason_for_those_who_oversee(hall: LiveHall) -> None:
    machine, duty = await hall.enrol("grid"), await hall.device("0101", "0307")
    await hall.tickets(duty, "0307", "m-change")
    async with hall.sitting("G012", machine=machine) as app:
        assert app.desk is not None
        desk = app.desk
        await until(app, lambda: desk.read("SELECT 1 FROM block"))
    async with hall.sitting("0001") as app:
        await press(app, "8")
        await until(app, lambda: not shows(app, "读取"))
        await press(app, "f10", "3")
        await until(app, lambda: shows(app, "每个号都有下落"))
        assert shows(app, "材料接收凭证 2026", "未定")
        assert not shows(app, "号票"), "of tickets none is missing"
        await press(app, "escape")
        revoked = RevokeDevice(reason="丢失")
        assert (await duty.do("0101", revoked, id=machine.device, scope="licang:device")).status == "accepted"
        await until(app, lambda: void_runs(app) == {"device_revoked"})
        await press(app, "f10", "3")
        await until(app, lambda: shows(app, "材料接收凭证 2026"))
        receipts = next(n for n, each in enumerate(the_gaps(app).series, 1) if "material_receipt" in each.series)
        await press(app, str(receipts))
        await until(app, lambda: shows(app, "设备停用，没用的号作废"))
        await press(app, "escape")
        await choose(app, "全厅作废登记")
        assert shows(app, "全厅作废登记: ", "材料接收凭证 2026")
        await press(app, "1")
        exports = app.locations.data / "exports"
        await until(app, lambda: bool(list(exports.glob("void-numbers-*.csv"))))
        [file] = exports.glob("void-numbers-*.csv")
        written = file.read_text(encoding="utf-8-sig").splitlines()
        assert written[:2] == ["全厅作废登记", "号段,期间,号码,个数,原因"]
        assert any(line.startswith("材料接收凭证,2026,") for line in written[2:])
        assert all(line.endswith("设备停用，没用的号作废") for line in written[2:])
        await press(app, "escape")

        async def lost(tx: Tx) -> None:
            await tx.execute("DELETE FROM ticket")

        await hall.served(hall.services.store.write(lost))
        await press(app, "f10", "3")
        await until(app, lambda: shows(app, "有 1 个号没有下落", "! 号票 A"))
        await press(app, "1")
        await until(app, lambda: shows(app, "1 号没有下落"))
        await press(app, "escape", "escape")
    for staff, told in (("0101", True), ("0307", False)):
        await duty.sign_on(staff, PIN)
        assert bool((await duty.transport.ask("GET", "/v1/gaps", Gaps)).since) == told, staff


def the_gaps(app: TerminalApp) -> Gaps:
    found = app.services.numbers.gaps()
    assert found is not None
    return found  # type: ignore[no-any-return]


def void_runs(app: TerminalApp) -> set[str]:
    return {run.reason for each in the_gaps(app).series for run in each.runs}
