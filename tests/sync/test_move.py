"""A case moves between scopes: on the server in one transaction, on replicas in whatever order scopes are pulled."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server_stub.central.seed import SeedRow
from sync.protocol.messages import Pulled
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import staff as people
from sync.records.settings import DAY
from sync.records.tables import TABLES
from sync.replica.pull import cursors, take
from sync.rules.case.move import DEPENDENTS
from tests.sync.small_hall import ARCHIVE, BASE, CASES, FOOD, Machine, SmallHall, new

TO_FOOD, TO_CASES = (cases.Move(to=to, reason="属食品科") for to in (FOOD, CASES))


def role(staff: str, role: str, over: str) -> SeedRow:
    return SeedRow("role_assignment", f"{staff}-{role}-{over}", BASE, {"staff": staff, "role": role, "over": over})


@pytest.fixture(scope="session")
def hall_template(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The small hall with clerks of both offices: 0308 of food too, 0309 of food alone."""
    rows = [
        role("0308", "clerk", FOOD),
        SeedRow("staff", "0401", BASE, {"name": "郑某", "site": "hall"}),
        role("0401", "clerk", FOOD),
        SeedRow("office", "food", BASE, {"name": "食品科"}),
    ]
    return SmallHall(tmp_path_factory.mktemp("template")).make(rows).folder


def where(machine: Machine, table: str = "case", id: str = "c0") -> str | None:
    row = machine.row(table, id)
    return None if row is None else row["scope"]


def central(hall: SmallHall, table: str = "case", id: str = "c0") -> str:
    [(scope,)] = hall.all(f'SELECT scope FROM "{table}" WHERE id = ?', id)
    return str(scope)


async def with_everything(machine: Machine) -> str:
    """A note and a step on the case; the note."""
    note = new("note")
    assert (await machine.ended(cases.Note(note=note, text="电话"), id="c0", scope=CASES)).status == "accepted"
    assert (await machine.ended(cases.Step(step=new("s"), activity="核对"), id="c0", scope=CASES)).status == "accepted"
    return note


def test_every_table_that_names_its_case_moves_with_it() -> None:
    named = {name for name, table in TABLES.items() if "case" in table.columns}
    elsewhere = {"ticket", "invite_link"}  # the queue's and the callback's own records, which only point at it
    assert named - elsewhere == set(DEPENDENTS)


async def test_the_case_leaves_one_scope_and_arrives_in_the_other(hall: SmallHall) -> None:
    here, there = await hall.machine("0307"), await hall.machine("0401")
    note = await with_everything(here)
    await there.pull()
    assert where(there) is None
    result = await here.ended(TO_FOOD, id="c0", scope=CASES)
    assert (result.status, set(result.seqs)) == ("accepted", {CASES, FOOD})
    await there.pull()
    assert (where(here), where(here, "case_note", note)) == (None, None)
    assert (where(there), where(there, "case_note", note)) == (FOOD, FOOD)
    assert there.row("case", "c0")["owner"] is None  # type: ignore[index]
    [(to, reason)] = here.all("SELECT \"to\", reason FROM case_move WHERE moved = 'c0'")
    assert (to, reason) == (FOOD, "属食品科")
    assert here.outbox() == []
    assert hall.faults() == []


async def test_one_who_holds_both_sees_it_go_over(hall: SmallHall) -> None:
    both = await hall.machine("0308")
    note = await with_everything(await hall.machine("0307"))
    await both.pull()
    n = both.do(TO_FOOD, id="c0", scope=CASES)
    assert (where(both), where(both, "case_note", note)) == (FOOD, FOOD), "at once, by preview"
    assert [result.n for result in await both.push()] == [n]
    await both.pull()
    assert (where(both), where(both, "case_note", note)) == (FOOD, FOOD)
    assert both.outbox() == []
    assert both.all("SELECT count(*) FROM shadow") == [(0,)]


async def test_a_lost_answer_moves_it_once(hall: SmallHall) -> None:
    both = await hall.machine("0308")
    both.do(TO_FOOD, id="c0", scope=CASES)
    both.network.lose = "response"
    with pytest.raises(Exception, match="unreachable"):
        await both.push()
    await both.pull()
    assert where(both) == FOOD
    assert [result.status for result in await both.push()] == ["accepted"]
    await both.pull()
    assert (where(both), central(hall), both.outbox()) == (FOOD, FOOD, [])


async def test_what_is_said_of_it_in_its_old_scope_is_refused_and_told_where_it_went(hall: SmallHall) -> None:
    mover, other = await hall.machine("0307"), await hall.machine("0309")
    waiting = other.do(cases.Note(note="late", text="晚到"), id="c0", scope=CASES)
    edit = other.do(cases.Edit(field="phone", was="1", value="2"), id="c0", scope=CASES)
    assert (await mover.ended(TO_FOOD, id="c0", scope=CASES)).status == "accepted"
    results = {result.n: result for result in await other.push()}
    assert {(results[n].code, results[n].params["to"]) for n in (waiting, edit)} == {("moved", FOOD)}
    await other.pull()
    assert where(other) is None
    assert other.all("SELECT count(*) FROM shadow") == [(0,)]
    assert [code for _, _, code in other.refusals()] == ["moved", "moved"]
    assert hall.all("SELECT count(*) FROM case_note WHERE id = 'late'") == [(0,)]


async def test_a_file_that_is_not_there_yet_keeps_it_here(hall: SmallHall) -> None:
    here = await hall.machine("0307")
    content = b"%PDF-" + b"x" * 59
    attach = cases.Attach(
        case="c0",
        name="章程",
        ordinal=1,
        sha256=hashlib.sha256(content).hexdigest(),
        size=64,
        media_type="application/pdf",
    )
    assert (await here.ended(attach, id="m0", scope=CASES)).status == "accepted"
    assert here.ask(TO_FOOD, id="c0", scope=CASES).code == "material_not_arrived"  # type: ignore[union-attr]
    await here.transport.put_blob(attach.sha256, content, "application/pdf")
    await here.pull()
    assert (await here.ended(TO_FOOD, id="c0", scope=CASES)).status == "accepted"
    assert central(hall, "material", "m0") == FOOD


async def test_what_falls_due_goes_along(hall: SmallHall) -> None:
    here = await hall.machine("0307")
    receive = cases.Receive(matter="m1", site="hall", applicant="吴某", document=new("doc"))
    assert (await here.ended(receive, id="c9", scope=CASES)).status == "accepted"
    assert (await here.ended(TO_FOOD, id="c9", scope=CASES)).status == "accepted"
    hall.clock.advance(10 * DAY)
    await hall.services.timers.catch_up()
    assert hall.all("SELECT state, deemed FROM \"case\" WHERE id = 'c9'") == [("accepted", 1)]


async def test_a_month_after_its_end_it_leaves_every_device(hall: SmallHall) -> None:
    here = await hall.machine("0307")
    note = await with_everything(here)
    await here.ended(cases.Withdraw(reason="申请人要求"), id="c0", scope=CASES)
    hall.clock.advance(31 * DAY)
    await hall.services.timers.catch_up()
    await here.sign_on("0307")
    await here.pull()
    assert (where(here), where(here, "case_note", note)) == (None, None)
    assert (central(hall), central(hall, "case_note", note)) == (ARCHIVE, ARCHIVE)
    assert hall.all("SELECT state FROM \"case\" WHERE id = 'c0'") == [("withdrawn",)]
    assert hall.faults() == []


async def test_to_a_place_that_is_none_it_does_not_go(hall: SmallHall) -> None:
    here = await hall.machine("0307")
    for to in ("licang:case/nowhere", "licang:queue", "other:case/food", ARCHIVE, CASES):
        outcome = here.ask(cases.Move(to=to, reason="x"), id="c0", scope=CASES)
        if to == "licang:case/nowhere":  # a copy does not know every place
            [result] = await here.push()
            assert result.code == "unknown_scope"
        else:
            assert outcome.code == "wrong_scope"  # type: ignore[union-attr]
    await here.pull()
    assert where(here) == CASES


async def answers(hall: SmallHall, machine: Machine) -> Pulled:
    """Everything that the server has for this machine's cursors."""
    return await machine.transport.ask("GET", "/v1/pull", Pulled, c=cursors(machine.store), limit="500")


def part(pulled: Pulled, scope: str, upto: int) -> Pulled:
    """Of a pull, the first `upto` operations of one scope, as another server might have cut its pages."""
    page = pulled.scopes[scope]
    rows: list[Any] = []
    operations: list[tuple[str, int]] = []
    for row in page.rows:
        key = (row.op.device, row.op.n)
        if key not in operations:
            if len(operations) == upto:
                break
            operations.append(key)
        rows.append(row)
    to = rows[-1].seq if rows else page.from_
    cut = msgspec.structs.replace(page, rows=rows, to=to, more=to < page.head.seq)
    return Pulled(scopes={scope: cut}, now=pulled.now)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([CASES, FOOD]), st.integers(1, 3)), max_size=8))
async def test_in_whatever_order_the_scopes_come_it_ends_where_it_is(
    hall: SmallHall, order: list[tuple[str, int]]
) -> None:
    """There and back and there again, between other people's notes; scopes pulled piece by piece, in any order."""
    reader, both = await hall.machine("0308"), await hall.machine("0308")
    scope = central(hall)
    for _ in range(3):
        to = TO_FOOD if scope == CASES else TO_CASES
        assert (await both.ended(cases.Note(note=new("n"), text="一句"), id="c0", scope=scope)).status == "accepted"
        assert (await both.ended(to, id="c0", scope=scope)).status == "accepted"
        scope = to.to
    for each, count in order:
        take(reader.store, part(await answers(hall, reader), each, count))
    await reader.pull()
    assert where(reader) == central(hall) == scope
    for table in ("case", "case_note"):
        held = {tuple(row) for row in reader.store.read(f'SELECT id, scope, v FROM "{table}"')}
        assert held == set(hall.all(f'SELECT id, scope, v FROM "{table}"'))
    for machine in (reader, both):
        hall.machines.remove(machine)
        await machine.close()


async def test_what_a_preview_took_along_goes_with_the_scope_it_came_from(hall: SmallHall) -> None:
    both, admin = await hall.machine("0308"), await hall.machine("0901")
    await with_everything(await hall.machine("0307"))
    await both.pull()
    both.do(TO_FOOD, id="c0", scope=CASES)
    assert where(both) == FOOD, "by preview"
    gone = people.RemoveRole(), f"0308-clerk-{CASES}"
    assert (await admin.ended(gone[0], id=gone[1], scope=BASE)).status == "accepted"
    await both.pull()
    assert where(both) is None, "withdrawn, and the step is not answered yet"
    assert [result.code for result in await both.push()] == ["forbidden"]
    await both.pull()
    assert (where(both), both.all("SELECT id FROM case_note"), both.all("SELECT id FROM shadow")) == (None, [], [])
