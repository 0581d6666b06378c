"""The end of a month: frozen once from the log, met again by whoever counts its rows, whichever process was there."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from server_stub.apply.incoming import Incoming, by_the_clock
from server_stub.central.seed import SeedRow, seed
from server_stub.central.statements import insert
from server_stub.cli import main
from server_stub.months import Months, recount
from server_stub.services import Services
from sync.appraisal import figures, hash_of
from sync.calendar import start_of_day_ms
from sync.protocol.identifiers import once
from sync.protocol.operation import kind_of
from sync.protocol.verbs.appraisal import Freeze
from sync.protocol.verbs.ticket import CloseDay
from tests.sync.small_hall import QUEUE, RATING, SmallHall

FEBRUARY, MARCH = start_of_day_ms("2026-02-10"), start_of_day_ms("2026-03-02") + 9 * 3_600_000
ABOUT = {"window": "w1", "staff": "0307", "matter": "m1", "site": "hall"}


def rows() -> list[SeedRow]:
    """Twelve invited in February: nine rated, two of them badly, one lapsed; one rated in March."""
    found = []
    for n in range(12):
        at = FEBRUARY + n * 1000
        invite = {"subject": "service", "state": "rated", "opened_at": at, **ABOUT}
        found.append(SeedRow("invite", f"r{n}", RATING, invite))
        rating = {"level": "dissatisfied" if n < 2 else "satisfied", "channel": "phone", "rated_at": at, **ABOUT}
        if n == 9:
            rating |= {"level": "fair", "defaulted": True}
        if n < 10:
            found.append(SeedRow("rating", f"r{n}", RATING, rating))
    march = {"level": "dissatisfied", "channel": "phone", "rated_at": MARCH, **ABOUT}
    return [*found, SeedRow("rating", "r11", RATING, march)]


async def test_a_month_is_frozen_once_and_anyone_comes_to_its_hash(tmp_path: Path) -> None:
    hall = SmallHall(tmp_path, now=MARCH).make(rows())
    async with hall.open():
        services = hall.services
        await services.months.look()
        assert (
            await Months(services.store, services.applier, services.timers, hall.clock).look() == []
        )  # another process finds it done
        [(hash, seq)] = hall.all("SELECT hash, head_seq FROM appraisal WHERE id = '2026-02'")
        counted = await services.store.read(lambda tx: recount(tx, RATING, "2026-02", seq))
        assert counted.figures["total"] == {"invited": 12, "rated": 9, "bad": 2, "defaulted": 1}
        assert hash_of(counted.figures) == hash
        columns = ("window", "staff", "matter", "site")
        invites = hall.all('SELECT "window", staff, matter, site, opened_at FROM invite')
        ratings = hall.all('SELECT "window", staff, matter, site, rated_at, level, person_level, defaulted FROM rating')
        of_invite, of_rating = (*columns, "opened_at"), (*columns, "rated_at", "level", "person_level", "defaulted")
        again = figures(
            "2026-02",
            [dict(zip(of_invite, row, strict=True)) for row in invites],
            [dict(zip(of_rating, row, strict=True)) for row in ratings],
        )
        assert hash_of(again) == hash
    assert hall.faults() == []


async def test_two_processes_that_count_at_different_heads_freeze_it_once(tmp_path: Path) -> None:
    """Something was rated between their counts. The second is no copy of the clock, and what else it says is done."""
    hall = SmallHall(tmp_path, now=MARCH).make(rows())
    async with hall.open():
        services = hall.services
        one = await freezing(services, "2026-02")
        late = {"level": "satisfied", "channel": "phone", "rated_at": MARCH, **ABOUT}
        seed(services.store, [], [SeedRow("rating", "r10", RATING, late)], {}, MARCH)
        two = await freezing(services, "2026-02")
        assert one.said != two.said
        [first] = await services.applier.submit([one])
        day, n = CloseDay(day="2026-02-27"), once("behind it")
        behind = by_the_clock(kind_of(day), day, QUEUE, QUEUE, n=n, now=MARCH)
        second, other = await services.applier.submit([two, behind])
        assert (first.status, second, other.status) == ("accepted", first, "accepted")
        assert hall.all("SELECT count(*) FROM appraisal") == [(1,)]
        assert hall.all("SELECT count(*) FROM held_operation") == [(0,)]
    assert hall.faults() == []


async def freezing(services: Services, month: str) -> Incoming:
    """What a process says that has counted a month as of now."""
    counted = await services.store.read(lambda tx: recount(tx, RATING, month))
    args = Freeze(head_seq=counted.seq, figures=counted.figures, names={})
    return by_the_clock(kind_of(args), args, month, RATING, n=once(kind_of(args), month), now=MARCH)


async def test_a_command_counts_every_frozen_month_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hall = SmallHall(tmp_path, now=MARCH).make(rows())
    async with hall.open():
        await hall.services.months.look()
    [(hash,)] = hall.all("SELECT hash FROM appraisal")
    assert main(["months", "--store", hall.url]) == 0
    assert capsys.readouterr().out == f"2026-02 {hash} same\n1 months counted again, all the same\n"
    with closing(sqlite3.connect(hall.url.removeprefix("sqlite:///"))) as store, store:
        [(body,)] = store.execute("SELECT body FROM log WHERE id = 'r0' AND \"table\" = 'rating'")
        better = (body if isinstance(body, str) else body.decode()).replace("dissatisfied", "satisfied")
        changed = better if isinstance(body, str) else better.encode()
        store.execute("UPDATE log SET body = ? WHERE id = 'r0' AND \"table\" = 'rating'", (changed,))
    assert main(["months", "--store", hall.url]) == 1
    said = capsys.readouterr().out
    assert f"2026-02 {hash} counted " in said
    assert "1 months come to another hash" in said


async def test_what_lapsed_while_no_server_ran_counts_in_its_own_month(tmp_path: Path) -> None:
    late = {"subject": "service", "state": "open", "opened_at": FEBRUARY, "lapses_at": FEBRUARY + 1000, **ABOUT}
    hall = SmallHall(tmp_path, now=MARCH).make([*rows(), SeedRow("invite", "late", RATING, late)])
    async with hall.open():
        await hall.services.months.stop()
        due = insert("due", ("id", "at", "kind", "record", "scope", "args"))
        row = ("d1", FEBRUARY + 1000, "invite.lapse@1", "late", RATING, "{}")
        await hall.services.store.write(lambda tx: tx.execute("DELETE FROM appraisal"))
        await hall.services.store.write(lambda tx: tx.bulk(due, [row]))
        await Months(hall.services.store, hall.services.applier, hall.services.timers, hall.clock).look()
        counted = await hall.services.store.read(lambda tx: recount(tx, RATING, "2026-02"))
        assert counted.figures["total"]["defaulted"] == 2


async def test_the_present_month_waits_until_ten_minutes_after_its_end(tmp_path: Path) -> None:
    hall = SmallHall(tmp_path, now=MARCH).make(rows())
    async with hall.open():
        months = Months(hall.services.store, hall.services.applier, hall.services.timers, hall.clock)
        await hall.services.months.stop()
        await months.look()
        hall.clock.advance(start_of_day_ms("2026-04-01") - MARCH + 9 * 60_000)
        assert await months.look() == []
        hall.clock.advance(2 * 60_000)
        assert await months.look() == ["2026-03"]
        [(text,)] = hall.all("SELECT figures FROM appraisal WHERE id = '2026-03'")
        assert '"bad":1' in text.replace(" ", "")
