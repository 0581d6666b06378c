"""GET /v1/audit: who sees which lines, a day by its receipt, and that the lines prove themselves by the chain."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from server_stub.routes.audit import audited
from sync.protocol.audit import AuditLine, AuditPage, AuditScopes
from sync.protocol.chain import link
from sync.protocol.verbs import staff
from sync.protocol.verbs import ticket as tickets
from tests.sync.small_hall import BASE, CALLBACK, CASES, MONDAY, QUEUE, RATING, Machine, SmallHall, new

DAY = 86_400_000


async def scopes(machine: Machine, day: str = "") -> dict[str, tuple[int, int, int]]:
    found = await machine.transport.ask("GET", "/v1/audit/scopes", AuditScopes, day=day)
    return {each.scope: (each.first, each.last, each.seq) for each in found.scopes}


async def page(machine: Machine, scope: str, **asked: Any) -> AuditPage:
    told: dict[str, Any] = {name: str(value) for name, value in asked.items()}
    return await machine.transport.ask("GET", "/v1/audit", AuditPage, scope=scope, **told)


def fits(line: AuditLine) -> bool:
    names = ("seq", "table", "id", "v", "device", "n", "by", "at", "digest")
    return link(line.previous, **{name: getattr(line, name) for name in names}) == line.hash


@pytest_asyncio.fixture
async def worked(hall: SmallHall) -> AsyncIterator[tuple[SmallHall, Machine, Machine]]:
    """Two days' work of a clerk, and a supervisor."""
    clerk, supervisor = await hall.machine("0307"), await hall.machine("0001")
    for _ in range(2):
        for _ in range(3):
            await clerk.ended(tickets.Issue(matter="m1", site="hall"), id=new("t"))
        hall.clock.advance(DAY)
        await clerk.sign_on("0307")
        await supervisor.sign_on("0001")
    yield hall, clerk, supervisor


async def test_a_supervisor_reads_each_line_and_each_proves_itself(worked: tuple[SmallHall, Machine, Machine]) -> None:
    _, _, supervisor = worked
    found = await scopes(supervisor)
    assert set(found) == {BASE, QUEUE, CASES, "licang:archive/registration"}
    seq = found[QUEUE][2]
    whole = await page(supervisor, QUEUE, upto=seq)
    assert [line.seq for line in whole.lines] == list(range(seq, 0, -1))
    assert whole.reached == 1
    assert all(fits(line) for line in whole.lines)
    assert all(low.hash == line.previous for line, low in zip(whole.lines, whole.lines[1:], strict=False))
    said = [line for line in whole.lines if line.table == "ticket" and line.v == 1]
    assert {(line.by, line.kind) for line in said} == {("0307", "ticket.issue@1")}
    assert all(line.received is not None and line.at <= line.received for line in said)
    base = await page(supervisor, BASE, upto=found[BASE][2])
    assert {line.kind for line in base.lines} >= {""}, "what a hall begins with was said by nobody"
    part = await page(supervisor, QUEUE, upto=seq, limit=2)
    assert [line.seq for line in part.lines] == [seq, seq - 1]
    assert part.reached == seq - 1


async def test_a_day_is_a_stretch_of_each_scope_by_its_receipt(worked: tuple[SmallHall, Machine, Machine]) -> None:
    _, _, supervisor = worked
    days = [(await scopes(supervisor, f"2026-03-0{n}"))[QUEUE] for n in (1, 2, 3, 4)]
    (before, first, second, after) = [(first, last) for first, last, _ in days]
    assert before == (1, 0)
    assert first[0] == 1
    assert second[0] == first[1] + 1
    assert second[1] == days[0][2]
    assert after[1] < after[0]
    for day in ("0000-00-00", "2026-02-30", "9999-12-31", "0001-01-01"):
        assert all(last < first for first, last, _ in (await scopes(supervisor, day)).values()), day
    lines = (await page(supervisor, QUEUE, first=second[0], upto=second[1])).lines
    assert len(lines) == second[1] - second[0] + 1
    assert all((line.received or 0) >= MONDAY + DAY for line in lines)


async def test_one_person_and_one_record(worked: tuple[SmallHall, Machine, Machine]) -> None:
    _, _, supervisor = worked
    seq = (await scopes(supervisor))[QUEUE][2]
    whole = (await page(supervisor, QUEUE, upto=seq)).lines
    mine = await page(supervisor, QUEUE, upto=seq, by="0307")
    assert [line.seq for line in mine.lines] == [line.seq for line in whole if line.by == "0307"]
    ticket = next(line.id for line in whole if line.table == "ticket")
    one = await page(supervisor, QUEUE, upto=seq, record=ticket)
    assert [line.seq for line in one.lines] == [line.seq for line in whole if line.id == ticket]
    assert (await page(supervisor, QUEUE, upto=seq, by="a\x00b")).lines == []


async def test_nobody_else_is_told_anything_and_nobody_of_other_scopes(
    worked: tuple[SmallHall, Machine, Machine],
) -> None:
    hall, clerk, supervisor = worked
    for each in (clerk, await hall.machine("0101"), await hall.machine("0901"), await hall.machine("0201")):
        assert await scopes(each) == {}
        for scope in (QUEUE, BASE, CASES):
            assert (await page(each, scope, upto=1000)).lines == []
    for scope in (RATING, CALLBACK, "licang:device", "licang:numbers", ""):
        assert (await page(supervisor, scope, upto=1000)).lines == []
    admin = await hall.machine("0901")
    ended = await admin.ended(staff.RemoveRole(), id=f"0001-supervisor-{QUEUE}", scope=BASE)
    assert ended.status == "accepted"
    assert QUEUE not in await scopes(supervisor)
    assert (await page(supervisor, QUEUE, upto=1000)).lines == []
    assert await hall.services.store.read(lambda tx: audited(tx, "0307")) == []
