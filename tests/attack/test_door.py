"""At the door: PINs tried from a device, files others may read, pages that load from elsewhere, streams piling up."""

import asyncio
import sqlite3
import stat
from contextlib import closing
from typing import Any, cast

import httpx
import pytest

from server_stub.central.people import new_code
from server_stub.central.sessions import DEVICE_TRIES
from server_stub.cli import main
from server_stub.live import OF_A_DEVICE, Hub
from sync.device_key import DeviceKey
from sync.errors import ServerRefused
from sync.replica.sessions import enrol
from sync.transport.http import HttpTransport
from tests.sync.small_hall import PIN, Machine, SmallHall


async def code(machine: Machine, staff: str, pin: str = "0000") -> tuple[str, object]:
    try:
        await machine.sign_on(staff, pin)
    except ServerRefused as refused:
        return refused.code, refused.params.get("left")
    return "in", None


async def test_nobody_is_locked_out_by_what_is_tried_at_another_device(hall: SmallHall) -> None:
    hostile, own = await hall.device(), await hall.device()
    for staff in ("0307", "0308", "0201", "0901"):
        for _ in range(5):
            assert (await code(hostile, staff))[0] == "pin_wrong"
        assert (await code(hostile, staff, PIN))[0] == "pin_wait"
        assert (await code(own, staff, PIN))[0] == "in"


async def test_one_pin_is_not_tried_with_everybodys_number(hall: SmallHall) -> None:
    machine = await hall.device()
    answers = [(await code(machine, f"{number:04d}"))[0] for number in range(DEVICE_TRIES + 5)]
    assert answers == ["pin_wrong"] * DEVICE_TRIES + ["pin_wait"] * 5
    hall.clock.advance(3_600_000)
    assert (await code(machine, "0307", PIN))[0] == "in"


async def test_an_account_of_ones_own_wins_no_more_tries(hall: SmallHall) -> None:
    machine = await hall.device()
    for number in range(DEVICE_TRIES):
        assert (await code(machine, "0307", PIN))[0] == "in"
        assert (await code(machine, f"8{number:03d}"))[0] == "pin_wrong"
    assert (await code(machine, "8999"))[0] == "pin_wait"


async def test_tries_left_do_not_tell_who_works_here(hall: SmallHall) -> None:
    machine = await hall.device()
    assert [await code(machine, "9999") for _ in range(6)] == [await code(machine, "0307") for _ in range(6)]


@pytest.mark.parametrize(
    "label", ["", " ", "\0", "\x1b[2J\x1b]0;x\x07", "03\nd0 revoked  03", "\u202e30 wodniw", "x" * 81]
)
async def test_a_machine_under_a_name_that_no_list_can_show_is_not_taken_in(hall: SmallHall, label: str) -> None:
    """A row that could not be made would leave a device that nobody can see or revoke."""
    now = hall.clock.now()
    code = await hall.services.store.write(lambda tx: new_code(tx, now))
    door = HttpTransport.in_memory(hall.app)
    with pytest.raises(ServerRefused, match="label_unfit"):
        await enrol(door, code, label, DeviceKey.make())
    assert hall.all("SELECT count(*) FROM device") == [(0,)]
    given = await enrol(door, code, " 窗口 03 ", DeviceKey.make())
    assert hall.all("SELECT label FROM machine WHERE id = ?", given.device) == [("窗口 03",)]
    await door.close()
    assert hall.faults() == []


def test_what_was_written_into_a_store_does_not_steer_the_keeper_s_terminal(
    closed_hall: SmallHall, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(closed_hall.folder / "central.db")) as store, store:
        store.execute("UPDATE log SET id = ? WHERE seq = 1", ("\x1b[2J\nchain whole",))
        store.execute(
            "INSERT INTO machine (id, scope, v, state, label, enrolled_at) VALUES (?, ?, 1, 'active', ?, 1)",
            ("d1\x1b]0;x\x07", "licang:device", "03\nd2  active  04"),
        )
    url = f"sqlite:///{closed_hall.folder / 'central.db'}"
    assert main(["audit", "verify", "--store", url]) == 1
    assert main(["devices", "--store", url]) == 0
    told = capsys.readouterr().out
    assert "chain whole" not in told.splitlines()
    assert "chain broken" in told.splitlines()
    assert "\x1b" not in told
    assert [line for line in told.splitlines() if line.startswith("d2")] == []


async def test_files_with_pins_and_telephones_are_their_owners_alone(hall: SmallHall) -> None:
    machine = await hall.machine("0307")
    beside = [*hall.folder.glob("*.db*"), *machine.path.parent.glob(f"{machine.path.name}*")]
    assert len(beside) >= 4
    for path in beside:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(hall.services.store.blob_folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("path", ["/schema", "/schema/", "/schema/swagger", "/schema/redoc", "/schema/openapi.json"])
async def test_no_page_loads_anything_from_elsewhere(hall: SmallHall, path: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=cast(Any, hall.app)), base_url="http://hall") as ask:
        answer = await ask.get(path)
    assert "://cdn" not in answer.text
    assert "<script" not in answer.text


async def test_what_the_wire_says_is_not_kept_or_guessed(hall: SmallHall) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=cast(Any, hall.app)), base_url="http://hall") as ask:
        answer = await ask.get("/v1/health")
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")


async def test_live_connections_of_one_device_do_not_pile_up() -> None:
    hub, ended = Hub(), []

    async def listen(device: str, number: int) -> None:
        async with hub.listen(device) as listener:
            while not listener.closed:
                await listener.wait(30)
            ended.append((device, number))

    others = asyncio.create_task(listen("other", 0))
    tasks = []
    for number in range(50):
        tasks.append(asyncio.create_task(listen("hostile", number)))
        await asyncio.sleep(0)  # it listens
    oldest = tasks[: 50 - OF_A_DEVICE]
    await asyncio.wait_for(asyncio.gather(*oldest), 5)
    assert sorted(number for _, number in ended) == list(range(50 - OF_A_DEVICE))
    assert not others.done()
    hub.close()
    await asyncio.gather(others, *tasks)
