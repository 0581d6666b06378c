"""A device that is not taken any more: its last push is held, everything else is refused, and a person decides."""

from typing import Any

import pytest

from sync.errors import ServerRefused
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from sync.protocol.verbs.device import DecideHeld, ReadHeld, RevokeDevice
from sync.rules.outcome import Refusal
from tests.sync.small_hall import BASE, CASES, Machine, SmallHall

DEVICES = "licang:device"


def held(hall: SmallHall, device: str) -> list[dict[str, Any]]:
    names = ("id", "n", "kind", "about", "within", "said", "by", "why", "state", "code", "decided_by")
    asked = ", ".join(f'"{name}"' for name in names)
    rows = hall.all(f"SELECT {asked} FROM held_operation WHERE machine = ? ORDER BY n", device)
    return [dict(zip(names, row, strict=True)) for row in rows]


def outcomes(machine: Machine) -> list[dict[str, Any]]:
    names = ("id", "state", "said", "decided_by")
    rows = machine.all(f"SELECT {', '.join(names)} FROM held_outcome WHERE \"by\" = '0307' ORDER BY id")
    return [dict(zip(names, row, strict=True)) for row in rows]


async def duty(hall: SmallHall) -> Machine:
    """The duty manager, who looks after the machines."""
    admin = await hall.machine("0901")
    given = people.AssignRole(staff="0101", role="duty", over=DEVICES)
    assert (await admin.ended(given, id="duty-device", scope=BASE)).status == "accepted"
    return await hall.machine("0101")


async def revoked(hall: SmallHall, manager: Machine, device: str) -> None:
    said = RevokeDevice(reason="丢失")
    assert (await manager.ended(said, id=device, scope=DEVICES)).status == "accepted"


def decide(row: dict[str, Any], choice: str, **changed: Any) -> DecideHeld:
    told = {name: row[name] for name in ("kind", "about", "within", "said", "by")}
    return DecideHeld(**{**told, "choice": choice, "reason": "核实过", **changed})


async def test_the_last_push_of_a_revoked_device_is_held_and_all_else_is_refused(hall: SmallHall) -> None:
    laptop, manager = await hall.machine("0307"), await duty(hall)
    laptop.do(cases.Note(note="n1", text="x"), id="c0", scope=CASES)
    laptop.do(cases.Note(note="n2", text="y"), id="c0", scope=CASES)
    await revoked(hall, manager, laptop.device)
    for ask in (laptop.pull, lambda: laptop.sign_on("0307")):
        with pytest.raises(ServerRefused, match="device_revoked"):
            await ask()
    laptop.transport.token = ""
    assert await laptop.exchange.farewell(laptop.key)
    assert laptop.outbox() == []
    assert {(status, code) for _, status, code in laptop.refusals()} == {("held", "device_revoked")}
    assert [(row["n"], row["state"], row["by"]) for row in held(hall, laptop.device)] == [
        (1, "waiting", "0307"),
        (2, "waiting", "0307"),
    ]
    assert hall.all("SELECT count(*) FROM case_note") == [(0,)]
    assert hall.faults() == []


async def test_what_a_live_session_of_a_revoked_device_pushes_is_held_too(hall: SmallHall) -> None:
    laptop, manager = await hall.machine("0307"), await duty(hall)
    await revoked(hall, manager, laptop.device)
    laptop.do(cases.Note(note="n1", text="x"), id="c0", scope=CASES)
    [result] = await laptop.push()
    assert (result.status, result.code) == ("held", "device_revoked")
    laptop.network.lose = "response"
    laptop.do(cases.Note(note="n2", text="y"), id="c0", scope=CASES)
    with pytest.raises(Exception, match="unreachable"):
        await laptop.push()
    await laptop.push()
    assert [row["n"] for row in held(hall, laptop.device)] == [1, 2], "heard twice, held once"


async def test_the_duty_manager_takes_one_as_its_authors_and_refuses_another(hall: SmallHall) -> None:
    laptop, manager, author = await hall.machine("0307"), await duty(hall), await hall.machine("0307")
    laptop.do(cases.Note(note="n1", text="x"), id="c0", scope=CASES)
    laptop.do(cases.Note(note="n2", text="y"), id="c0", scope=CASES)
    await revoked(hall, manager, laptop.device)
    await laptop.exchange.farewell(laptop.key)
    await manager.pull()
    first, second = held(hall, laptop.device)
    assert manager.row("held_operation", first["id"]) is not None, "on the duty manager's machine"
    assert author.row("held_operation", first["id"]) is None
    result = await manager.ended(decide(first, "accept"), id=first["id"], scope=DEVICES)
    assert result.status == "accepted", result
    assert (await manager.ended(decide(second, "refuse"), id=second["id"], scope=DEVICES)).status == "accepted"
    await author.pull()
    note = author.row("case_note", "n1")
    assert note is not None
    assert note["staff"] == "0307", "as that person's"
    assert author.row("case_note", "n2") is None
    told = {row["id"]: (row["state"], row["said"], row["decided_by"]) for row in outcomes(author)}
    assert told == {first["id"]: ("accepted", None, "0101"), second["id"]: ("refused", second["said"], "0101")}
    clerk = await hall.machine("0308")
    refused = clerk.ask(ReadHeld(), id=first["id"], scope=CASES)
    assert isinstance(refused, Refusal)
    assert refused.code == "not_yours"
    assert (await author.ended(ReadHeld(), id=first["id"], scope=CASES)).status == "accepted"
    assert [row["id"] for row in outcomes(author)] == [second["id"]]
    assert [(row["state"], row["decided_by"]) for row in held(hall, laptop.device)] == [
        ("accepted", "0101"),
        ("refused", "0101"),
    ]
    again = await manager.ended(decide(first, "accept"), id=first["id"], scope=DEVICES)
    assert (again.status, again.code) == ("refused", "state")
    assert hall.faults() == []


async def test_a_telephone_that_was_held_does_not_come_back_into_the_queue(hall: SmallHall) -> None:
    laptop, manager, author = await hall.machine("0307"), await duty(hall), await hall.machine("0307")
    phone = "13900000021"
    laptop.do(tickets.Issue(matter="m1", site="hall", holder="某甲", phone=phone), id="t1")
    await revoked(hall, manager, laptop.device)
    await laptop.exchange.farewell(laptop.key)
    [row] = held(hall, laptop.device)
    assert phone in row["said"], "the duty manager decides what was said"
    assert (await manager.ended(decide(row, "refuse"), id=row["id"], scope=DEVICES)).status == "accepted"
    await author.pull()
    [outcome] = outcomes(author)
    assert (outcome["state"], "某甲" in outcome["said"]) == ("refused", True)
    assert phone not in outcome["said"]
    assert hall.all("SELECT count(*) FROM log WHERE scope = 'licang:queue' AND body LIKE ?", f"%{phone}%") == [(0,)]


async def test_only_what_was_held_can_be_taken_and_only_with_its_authors_roles(hall: SmallHall) -> None:
    laptop, manager = await hall.machine("0307"), await duty(hall)
    laptop.do(cases.Note(note="n1", text="x"), id="c0", scope=CASES)
    await revoked(hall, manager, laptop.device)
    await laptop.exchange.farewell(laptop.key)
    [row] = held(hall, laptop.device)
    other = decide(row, "accept", said='{"note":"n1","text":"another"}')
    result = await manager.ended(other, id=row["id"], scope=DEVICES)
    assert (result.status, result.code) == ("refused", "bad_value")
    admin = await hall.machine("0901")
    await admin.ended(people.RemoveRole(), id=f"0307-clerk-{CASES}", scope=BASE)
    assert (await manager.ended(decide(row, "accept"), id=row["id"], scope=DEVICES)).status == "accepted"
    [row] = held(hall, laptop.device)
    assert (row["state"], row["code"]) == ("refused", "forbidden"), "decided, and its own rule said no"
    assert hall.all("SELECT count(*) FROM held_outcome") == [(0,)], "who has no role there could not read it"
    clerk = await hall.machine("0308")
    result = await clerk.ended(RevokeDevice(reason="x"), id=manager.device, scope=DEVICES)
    assert (result.status, result.code) == ("refused", "forbidden")


async def test_a_cloned_laptop_is_frozen_and_both_copies_are_held(hall: SmallHall) -> None:
    laptop = await hall.machine("0307")
    laptop.do(cases.Note(note="n1", text="x"), id="c0", scope=CASES)
    copy = laptop.path.with_name("copy.db")
    laptop.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy.write_bytes(laptop.path.read_bytes())
    await laptop.push()
    clone = Machine(copy, hall.app, hall.clock, laptop.device, laptop.key)
    hall.machines.append(clone)
    clone.actors, clone.staff = laptop.actors, laptop.staff
    assert laptop.opened is not None
    clone.transport.use(laptop.opened)
    with clone.store.write() as connection:
        connection.execute("DELETE FROM outbox")
        connection.execute("UPDATE meta SET value = '0' WHERE name = 'last_n'")
    clone.do(cases.Note(note="n2", text="other words"), id="c0", scope=CASES)
    [result] = await clone.push()
    assert (result.status, result.code) == ("held", "cloned_device")
    laptop.do(cases.Note(note="n3", text="the first copy"), id="c0", scope=CASES)
    with pytest.raises(ServerRefused, match="device_frozen"):
        await laptop.pull()
    assert not await laptop.exchange.farewell(laptop.key), "frozen, not revoked: nothing is erased"
    assert not laptop.store.pending()
    assert [(row["n"], row["why"]) for row in held(hall, laptop.device)] == [(1, "cloned_device"), (2, "device_frozen")]
    assert hall.all("SELECT state, why FROM machine WHERE id = ?", laptop.device) == [("frozen", "cloned_device")]


async def test_a_copy_restored_from_a_backup_uses_no_number_again(hall: SmallHall) -> None:
    laptop = await hall.machine("0307")
    laptop.do(cases.Note(note="n1", text="before the backup"), id="c0", scope=CASES)
    laptop.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = laptop.path.read_bytes()
    for note in ("n2", "n3"):
        laptop.do(cases.Note(note=note, text="after it"), id="c0", scope=CASES)
    assert [result.status for result in await laptop.push()] == ["accepted"] * 3
    laptop.store.close()
    for left in laptop.path.parent.glob(f"{laptop.path.name}*"):
        left.unlink()
    laptop.path.write_bytes(backup)
    laptop.open()
    assert laptop.outbox() == [(1, "new")]
    await laptop.sign_on("0307")
    n = laptop.do(cases.Note(note="n4", text="goes on"), id="c0", scope=CASES)
    assert n == 4, "2 and 3 were said already"
    assert {result.n: result.status for result in await laptop.push()} == {1: "accepted", 4: "accepted"}
    await laptop.pull()
    assert {id for (id,) in laptop.all("SELECT id FROM case_note")} == {"n1", "n2", "n3", "n4"}
    assert hall.all("SELECT state FROM machine WHERE id = ?", laptop.device) == [("active",)]


async def test_who_is_rated_may_not_read_who_rated(hall: SmallHall) -> None:
    admin = await hall.machine("0901")
    both = people.AssignRole(staff="0307", role="callback", over="licang:callback")
    assert admin.ask(both, id="r1", scope=BASE) == Refusal("roles_apart", {"staff": "0307"})
    handler = people.AssignRole(staff="0001", role="callback", over="licang:callback")
    assert (await admin.ended(handler, id="r2", scope=BASE)).status == "accepted"
    clerk = people.AssignRole(staff="0001", role="clerk", over=CASES)
    assert admin.ask(clerk, id="r3", scope=BASE) == Refusal("roles_apart", {"staff": "0001"})
