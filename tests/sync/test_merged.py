"""Edits that came together without a question are counted, those that clash are asked and not counted."""

from sync.protocol.verbs import case as cases
from sync.records.settings import DAY
from sync.replica.merged import merged
from tests.sync.small_hall import CASES, Machine, SmallHall


def edit(machine: Machine, field: str, was: str | None, value: str) -> None:
    machine.do(cases.Edit(field=field, was=was, value=value), id="c0", scope=CASES)


async def test_only_what_nobody_was_asked_about_counts(hall: SmallHall) -> None:
    here, there = await hall.machine("0307"), await hall.machine("0308")

    def count() -> int:
        return merged(here.store.read, hall.clock.now())

    async def others(field: str, was: str | None, value: str) -> None:
        edit(there, field, was, value)
        await there.push()
        await there.pull()

    assert count() == 0
    edit(here, "address", None, "1")
    await here.push()
    await here.pull()
    assert count() == 0, "nobody else was there"
    await there.pull()
    edit(here, "address", "1", "2")  # without a network
    edit(here, "capital", None, "5")
    await others("legal_person", None, "x")
    await here.pull()  # before they are sent
    assert count() == 2
    await others("fax", None, "9")
    await here.push()
    await here.pull()
    assert count() == 2, "each once, whatever else comes"
    await there.pull()

    edit(here, "phone", "1", "2")
    await others("phone", "1", "2")
    assert [result.status for result in await here.push()] == ["accepted"], "the same value is no clash"
    await here.pull()
    await there.pull()
    edit(here, "phone", "2", "3")
    await others("phone", "2", "4")
    await here.pull()
    assert [result.status for result in await here.push()] == ["conflict"]
    await here.pull()
    assert count() == 2, "this one is asked"
    await there.pull()
    edit(here, "address", "2", "3")
    await others("capital", "5", "6")
    await here.push()
    await here.pull()
    assert count() == 3, "sent before anything was pulled: the server merged it"
    hall.clock.advance(DAY)
    assert count() == 0, "another day"
    assert hall.faults() == []
