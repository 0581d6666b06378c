"""`workstation hall`: settings, matters, people and roles as a file, and what holds in the hall after it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync.calendar import DAY_MS
from sync.errors import HallError, InputError
from tests.screens.live_hall import CALLBACK, CASES, PIN, QUEUE, LiveHall, make_template, until
from workstation.commands import hall as command
from workstation.hall_file import Step, apply, as_file, judged, read_file
from workstation.terminal import TerminalApp


@pytest.fixture
async def hall(tmp_path: Path) -> Any:
    """The tests' hall."""
    made = LiveHall(tmp_path / "hall", make_template(tmp_path / "seeded"))
    yield made
    await made.stop()


def file_of(**parts: Any) -> bytes:
    return msgspec.json.encode(parts)


async def said(app: TerminalApp, data: bytes) -> list[tuple[str, str]]:
    """What was changed by a file: (what, told)."""
    desk, done = app.desk, list[Step]()
    assert desk is not None
    await asyncio.to_thread(apply, desk, judged(read_file(data), desk.read), done.append)
    return [(step.what, step.told) for step in done]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"[]", "hall.bad_file"),
        (b'{"people": {}}', "hall.bad_file"),
        (file_of(staff={"0309": {"name": "x"}}), "hall.bad_file"),
        (file_of(matters={"m": {"name": "x", "colour": "red"}}), "hall.bad_file"),
        (file_of(settings={"colour": 3}), "hall.unknown_setting"),
        (file_of(settings={"rectify_days": "3"}), "hall.bad_setting"),
        (file_of(settings={"rectify_days": {"value": -1, "from_day": "2027-01-01"}}), "hall.bad_setting"),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(InputError) as refused:
        read_file(data)
    assert refused.value.code == code


async def test_what_is_printed_changes_nothing(hall: LiveHall) -> None:
    async with hall.sitting("0901") as app:
        assert app.desk is not None
        printed = as_file(app.desk.read)
        assert judged(read_file(printed), app.desk.read) == []
        told = msgspec.json.decode(printed)
        assert told["staff"]["0307"]["roles"] == [["clerk", CASES], ["clerk", QUEUE]]
        assert told["settings"]["always_open"] is True
        assert told["matters"]["m-change"]["name"] == "企业变更登记"


async def test_settings_people_and_roles_hold_from_then_on(hall: LiveHall) -> None:
    person = {"name": "卫某", "site": "hall", "office": "registration", "roles": [["callback", CALLBACK]]}
    roles = {"name": "赵某", "site": "hall", "office": "registration", "roles": [["clerk", QUEUE]]}
    async with hall.sitting("0901") as app:
        desk = app.desk
        assert desk is not None
        data = file_of(settings={"rectify_days": 5}, staff={"0409": person, "0307": roles})
        assert await said(app, data) == [
            ("setting", "5"),
            ("staff", "卫某"),
            ("role", f"0409 callback {CALLBACK}"),
            ("no_role", f"0307 clerk {CASES}"),
        ]
        assert await said(app, data) == []
        assert desk.setting("rectify_days") == 5
        gone = {**person, "active": False, "roles": []}
        assert await said(app, file_of(staff={"0409": gone})) == [("staff", "卫某")]
        assert desk.read("SELECT 1 FROM role_assignment WHERE staff = '0409'") == []
    clerk = await hall.device("0307")
    assert {row["over"] for row in clerk.rows("SELECT over FROM role_assignment WHERE staff = '0307'")} == {QUEUE}


async def test_a_dated_setting_begins_on_its_day(hall: LiveHall) -> None:
    async with hall.sitting("0901") as app:
        desk = app.desk
        assert desk is not None
        data = file_of(settings={"callback_limit": {"value": 1_800_000, "from_day": "2026-11-25"}})
        assert await said(app, data) == [("setting", "1800000 (2026-11-25 →)")]
        assert desk.setting("callback_limit") == 3_600_000
        hall.clock.advance(2 * DAY_MS)
        await hall.sign_on(app, "0901")
        desk.engine.nudge()
        await until(app, lambda: desk.setting("callback_limit") == 1_800_000)


async def test_a_step_that_is_refused_ends_it_and_nobody_but_an_administrator_begins(hall: LiveHall) -> None:
    rated = {"name": "赵某", "site": "hall", "office": "registration", "roles": [["callback", CALLBACK]]}
    both = {**rated, "roles": [["clerk", QUEUE], ["clerk", CASES], ["callback", CALLBACK]]}
    async with hall.sitting("0901") as app:
        assert app.desk is not None
        with pytest.raises(HallError, match="roles_apart"):
            await said(app, file_of(settings={"rectify_days": 4}, staff={"0307": both}))
        assert app.desk.setting("rectify_days") == 4
        assert app.desk.read("SELECT 1 FROM role_assignment WHERE staff = '0307' AND role = 'callback'") == []
    async with hall.sitting("0101") as app:
        with pytest.raises(InputError, match="not_admin"):
            await said(app, file_of(settings={"rectify_days": 6}))


def test_the_command_reads_the_file_first_and_needs_a_device(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, good = tmp_path / "bad.json", tmp_path / "good.json"
    bad.write_text("nothing")
    good.write_bytes(file_of(settings={"rectify_days": 4}))
    for arguments, words in ((["--check", str(bad)], "看不懂"), (["--apply", "/none"], "/none"), ([], "注册")):
        assert command.main([*arguments, "--data", str(tmp_path)]) == 1
        assert words in capsys.readouterr().err
    assert command.main(["--apply", str(good), "--data", str(tmp_path)]) == 1
    assert "注册" in capsys.readouterr().err


async def test_a_persons_new_pin_is_set_where_the_server_stands(
    hall: LiveHall, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    from server_stub.cli import main

    store = f"sqlite:///{hall.folder / 'central' / 'hall.db'}"

    def say(pin: str, staff: str = "0307") -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{pin}\n"))
        return main(["pin", "--store", store, staff])

    assert await asyncio.to_thread(say, "12") == 2
    assert "digits" in capsys.readouterr().err
    assert await asyncio.to_thread(say, "246810", "none") == 2
    assert "none" in capsys.readouterr().err
    device = await hall.device()
    for _ in range(3):
        with pytest.raises(HallError, match="pin_wrong"):
            await device.sign_on("0307", "246810")
    assert await asyncio.to_thread(say, "246810") == 0
    await device.sign_on("0307", "246810")
    with pytest.raises(HallError, match="pin_wrong"):
        await device.sign_on("0307", PIN)
