"""PINs: verified, never stored; many tries at once are no more tries than one after another."""

import asyncio

from sync.device_key import DeviceKey
from sync.errors import ServerRefused
from sync.pin import hash_pin, pin_matches, pin_matches_now
from tests.sync.small_hall import PIN, SmallHall


async def test_a_pin_matches_its_verifier_and_no_other() -> None:
    verifier = hash_pin("二七0307")
    assert verifier.startswith("$argon2id$")
    assert "0307" not in verifier
    assert await pin_matches(verifier, "二七0307")
    assert not await pin_matches(verifier, "0307")
    assert not await pin_matches(verifier, "")
    assert not await pin_matches("", "0307")


def test_two_verifiers_of_one_pin_differ() -> None:
    one, other = hash_pin(PIN), hash_pin(PIN)
    assert one != other
    assert pin_matches_now(one, PIN)
    assert pin_matches_now(other, PIN)


async def code(hall: SmallHall, pin: str, staff: str = "0307") -> str:
    machine = hall.machines[0]
    try:
        await machine.sign_on(staff, pin)
    except ServerRefused as refused:
        return refused.code
    return "in"


async def test_after_five_wrong_tries_one_waits_longer_each_time(hall: SmallHall) -> None:
    await hall.device()
    assert [await code(hall, "0000") for _ in range(5)] == ["pin_wrong"] * 5
    assert await code(hall, PIN) == "pin_wait"
    hall.clock.advance(60_000)
    assert await code(hall, "0000") == "pin_wrong"
    hall.clock.advance(60_000)
    assert await code(hall, PIN) == "pin_wait", "twice as long now"
    hall.clock.advance(60_000)
    assert await code(hall, PIN) == "in"
    assert await code(hall, "0000") == "pin_wrong", "counted from the beginning again"


async def test_fifty_tries_at_once_are_not_fifty_guesses(hall: SmallHall) -> None:
    machine = await hall.device()
    answers = await asyncio.gather(*(code(hall, f"{i:04d}") for i in range(50)))
    assert answers.count("pin_wrong") == 5
    assert answers.count("pin_wait") == 45
    assert machine.transport.token == ""


async def test_one_does_not_learn_who_works_here(hall: SmallHall) -> None:
    await hall.device()
    assert await code(hall, "0000", "9999") == await code(hall, "0000", "0307") == "pin_wrong"


async def test_without_the_devices_key_a_pin_is_of_no_use(hall: SmallHall) -> None:
    machine = await hall.device()
    machine.key = DeviceKey.make()
    assert await code(hall, PIN) == "device_unknown"
    assert hall.all("SELECT * FROM wrong_pin") == [], "and nobody is locked out by it"
