"""The centre's write path: who may, what is kept, what a defect may cost – always through the real application."""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from server_stub.apply.incoming import Incoming
from server_stub.central.statements import insert
from sync.clock import DrivenClock
from sync.protocol.messages import Push, Pushed
from sync.protocol.operation import Envelope, decode, kind_of
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from sync.rules.outcome import Refusal
from tests.sync.extra_verbs import Break, Careless, Greedy, Twins, extra_verbs
from tests.sync.small_hall import BASE, CASES, QUEUE, Machine, SmallHall


@pytest.fixture
def extra() -> Iterator[None]:
    with extra_verbs():
        yield


def issue() -> tickets.Issue:
    return tickets.Issue(matter="m1", holder="孙某", site="hall")


def envelope(
    machine: Machine, n: int, args: Any, *, id: str, scope: str = QUEUE, by: str = "0307", **more: Any
) -> Envelope:
    """An operation made by hand, as no replica would."""
    return Envelope(
        n=n,
        kind=kind_of(args),
        id=id,
        scope=scope,
        args=msgspec.Raw(msgspec.json.encode(args)),
        by=by,
        session="s",
        said_at=machine.clock.now(),
        **more,
    )


async def send(machine: Machine, *ops: Envelope) -> list[tuple[str, str | None]]:
    """Push by hand; (status, code) of each."""
    push = Push(device=machine.device, boot="", boot_now=0, ops=list(ops))
    pushed = await machine.transport.ask("POST", "/v1/push", Pushed, push)
    return [(result.status, result.code) for result in pushed.results]


# -- who may


async def test_the_role_of_the_person_who_acted_counts_not_that_of_who_sends(hall: SmallHall) -> None:
    shared = await hall.machine("0307", "0201")  # the approver signed on last, so the push goes under their session
    assert await send(shared, envelope(shared, 1, issue(), id="t1", by="0307")) == [("accepted", None)]
    assert await send(shared, envelope(shared, 2, issue(), id="t2", by="0201")) == [("refused", "forbidden")]
    assert hall.all("SELECT id FROM ticket") == [("t1",)]


async def test_a_role_taken_back_counts_at_once_also_for_what_was_said_before(hall: SmallHall) -> None:
    window, admin = await hall.machine("0307"), await hall.machine("0901")
    before = window.do(issue(), id="t1")
    removed = await admin.ended(people.RemoveRole(), id=f"0307-clerk-{QUEUE}", scope=BASE)
    assert removed.status == "accepted"
    [result] = await window.push()
    assert (result.n, result.status, result.code) == (before, "refused", "forbidden")
    assert window.row("ticket", "t1") is None, "the preview went with the refusal"
    assert hall.all("SELECT id FROM ticket") == []


async def test_a_role_taken_back_counts_within_the_same_group(hall: SmallHall) -> None:
    one = await hall.machine("0307", "0901")
    results = await send(
        one,
        envelope(one, 1, issue(), id="t1", by="0307"),
        envelope(one, 2, people.RemoveRole(), id=f"0307-clerk-{QUEUE}", scope=BASE, by="0901"),
        envelope(one, 3, issue(), id="t3", by="0307"),
        envelope(one, 4, people.AssignRole(staff="0307", role="clerk", over=QUEUE), id="r4", scope=BASE, by="0901"),
        envelope(one, 5, issue(), id="t5", by="0307"),
    )
    assert [status for status, _ in results] == ["accepted", "accepted", "refused", "accepted", "accepted"]
    assert hall.all("SELECT id FROM ticket ORDER BY id") == [("t1",), ("t5",)]


async def test_somebody_who_never_signed_on_at_the_device_cannot_have_acted_at_it(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    assert await send(window, envelope(window, 1, issue(), id="t1", by="0308")) == [("refused", "not_signed_on")]
    assert await send(window, envelope(window, 2, issue(), id="t2", by="clock")) == [("refused", "not_signed_on")]


async def test_a_device_cannot_speak_for_another(hall: SmallHall) -> None:
    window, other = await hall.machine("0307"), await hall.machine("0308")
    window.device = other.device
    with pytest.raises(Exception, match="device_unknown"):
        await send(window, envelope(window, 1, issue(), id="t1"))
    assert hall.results() == {}


@pytest.mark.parametrize(
    ("scope", "code"), [("elsewhere:queue", "unknown_scope"), (CASES, None), ("licang:queue/nowhere", "forbidden")]
)
async def test_an_operation_belongs_to_a_scope_where_the_person_has_the_role(
    hall: SmallHall, scope: str, code: str | None
) -> None:
    window = await hall.machine("0307")
    [(status, got)] = await send(window, envelope(window, 1, tickets.Miss(), id="t1", scope=scope))
    assert status == "refused"
    assert got == (code or "not_found")


# -- what is there already is not overwritten


async def test_a_record_of_another_scope_is_not_reached(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    await window.ended(issue(), id="t1")
    result = await send(window, envelope(window, 2, tickets.Cancel(), id="t1", scope=CASES))
    assert result[0][0] == "refused"
    assert hall.all("SELECT state FROM ticket") == [("waiting",)]


@pytest.mark.usefixtures("extra")
async def test_a_new_id_that_exists_is_refused_whether_the_rule_looked_or_not(hall: SmallHall) -> None:
    one = await hall.machine("0307")
    results = await send(
        one,
        envelope(one, 1, Careless(note="first"), id="x", scope=CASES),
        envelope(one, 2, Careless(note="second"), id="x", scope=CASES),  # in the same group
    )
    assert results == [("accepted", None), ("refused", "exists")]
    assert await send(one, envelope(one, 3, Careless(note="third"), id="x", scope=CASES)) == [("refused", "exists")]
    assert hall.all("SELECT text FROM case_note") == [("first",)]


@pytest.mark.usefixtures("extra")
async def test_all_effects_of_an_operation_or_none(hall: SmallHall) -> None:
    one = await hall.machine("0307")
    await send(one, envelope(one, 1, Careless(note="there"), id="b", scope=CASES))
    heads = hall.all("SELECT * FROM head")
    assert await send(one, envelope(one, 2, Twins(first="a", second="b"), id="x", scope=CASES)) == [
        ("refused", "exists")
    ]
    assert hall.all("SELECT id FROM case_note") == [("b",)]
    assert hall.all("SELECT * FROM head") == heads
    assert await send(one, envelope(one, 3, Twins(first="a", second="c"), id="x", scope=CASES)) == [("accepted", None)]
    assert hall.faults() == []


# -- results


async def test_a_result_is_stored_and_given_again(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    op, none = envelope(window, 1, issue(), id="t1"), envelope(window, 2, tickets.Miss(), id="nothing")
    first = await send(window, op, none)
    assert first == [("accepted", None), ("refused", "not_found")]
    log = hall.all("SELECT * FROM log")
    assert await send(window, op, none) == first
    assert await send(window, none) == first[1:]
    assert hall.all("SELECT * FROM log") == log


async def test_the_same_number_with_other_words_freezes_the_device(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    assert await send(window, envelope(window, 1, issue(), id="t1")) == [("accepted", None)]
    results = await send(window, envelope(window, 1, issue(), id="t2"), envelope(window, 2, issue(), id="t3"))
    assert results == [("held", "cloned_device"), ("held", "device_frozen")]
    assert hall.all("SELECT id FROM ticket") == [("t1",)]
    with pytest.raises(Exception, match="device_frozen"):
        await window.pull()
    with pytest.raises(Exception, match="device_frozen"):
        await window.sign_on("0307")


async def test_a_number_below_the_last_is_out_of_order(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    assert await send(window, envelope(window, 7, issue(), id="t7")) == [("accepted", None)]
    assert await send(window, envelope(window, 3, issue(), id="t3")) == [("refused", "out_of_order")]
    assert await send(window, envelope(window, 9, issue(), id="t9")) == [("accepted", None)], "gaps are withdrawn work"


async def test_nothing_is_built_on_a_refused_step(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    await window.ended(tickets.OpenWindow(window="w1"), id="s1")
    results = await send(
        window,
        envelope(window, 2, tickets.OpenWindow(window="w2"), id="s2"),  # refused: sits at w1
        envelope(window, 3, issue(), id="t3", after=2),
        envelope(window, 4, issue(), id="t4", after=3),
        envelope(window, 5, issue(), id="t5", after=99),
        envelope(window, 6, issue(), id="t6"),
    )
    assert [code for _, code in results] == [
        "session_open",
        "built_on_refused",
        "built_on_refused",
        "built_on_refused",
        None,
    ]
    assert hall.all("SELECT id FROM ticket") == [("t6",)]


async def test_a_replica_names_what_a_step_stands_on(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    opened = window.do(tickets.OpenWindow(window="w1"), id="s1")
    ticket = window.do(issue(), id="t1")
    paused = window.do(tickets.PauseWindow(pause="p1", reason="lunch"), id="s1")
    resumed = window.do(tickets.ResumeWindow(), id="s1")
    assert dict(window.all("SELECT n, after FROM outbox")) == {
        opened: None,
        ticket: None,
        paused: opened,
        resumed: paused,
    }


# -- what a defect costs


@pytest.mark.usefixtures("extra")
async def test_an_operation_that_breaks_is_quarantined_after_three_tries_and_others_go_on(hall: SmallHall) -> None:
    broken, other = await hall.machine("0307"), await hall.machine("0308")
    ops = [
        envelope(broken, 1, issue(), id="t1"),
        envelope(broken, 2, Break(), id="x", scope=CASES),
        envelope(broken, 3, issue(), id="t3"),
    ]
    assert await send(broken, *ops) == [("accepted", None), ("retry", None), ("retry", None)]
    assert (await other.ended(issue(), id="u1")).status == "accepted"
    assert await send(broken, *ops[1:]) == [("retry", None), ("retry", None)]
    assert await send(broken, *ops[1:]) == [("quarantined", "internal"), ("accepted", None)]
    assert await send(broken, *ops) == [("accepted", None), ("quarantined", "internal"), ("accepted", None)]


@pytest.mark.usefixtures("extra")
async def test_a_rule_that_reads_what_it_did_not_name_is_a_defect(hall: SmallHall) -> None:
    one = await hall.machine("0307")
    await one.ended(issue(), id="t1")
    op = envelope(one, 2, Greedy(ticket="t1"), id="x", scope=CASES)
    for expected in (("retry", None), ("retry", None), ("quarantined", "internal")):
        # in a group where another operation did name the row, it is still undeclared
        assert (await send(one, op, envelope(one, 3, tickets.Miss(), id="t1")))[0] == expected


@pytest.mark.usefixtures("extra")
async def test_a_value_that_no_column_holds_stops_its_own_operation_alone(hall: SmallHall) -> None:
    one, other = await hall.machine("0307"), await hall.machine("0308")
    wide = envelope(one, 1, Careless(note="x", ordinal=1 << 70), id="x", scope=CASES)
    mine, theirs = await asyncio.gather(send(one, wide), send(other, envelope(other, 1, issue(), id="t1", by="0308")))
    assert mine == [("retry", None)]
    assert theirs == [("accepted", None)]
    assert [await send(one, wide), await send(one, wide)] == [[("retry", None)], [("quarantined", "internal")]]


async def test_a_constraint_that_refuses_a_group_refuses_one_operation(hall: SmallHall) -> None:
    """Only the applier can be given a group in which a unique index is hurt: rules look before they write."""
    with extra_verbs():
        one, two = await hall.machine("0307"), await hall.machine("0308")

        def incoming(machine: Machine, n: int, args: Any, id: str, by: str, scope: str) -> Incoming:
            said = envelope(machine, n, args, id=id, by=by, scope=scope)
            return Incoming(said, machine.device, said.said_at, said.said_at, decode(said, machine.device))

        clash = [
            incoming(one, 1, Careless(note="a", call="t1"), "c1", "0307", QUEUE),
            incoming(one, 2, Careless(note="b", call="t1"), "c2", "0307", QUEUE),  # uq_call_open
            incoming(one, 3, issue(), "t3", "0307", QUEUE),
        ]
        first, second = await asyncio.gather(
            hall.services.applier.submit(clash),
            hall.services.applier.submit([incoming(two, 1, issue(), "u1", "0308", QUEUE)]),
        )
        assert [result.status for result in first] == ["accepted", "retry", "retry"]
        assert [result.status for result in second] == ["accepted"]
        assert hall.all('SELECT id FROM "call"') == [("c1",)]
        assert [r.status for r in await hall.services.applier.submit(clash)] == ["accepted", "retry", "retry"]
        assert [r.status for r in await hall.services.applier.submit(clash)] == ["accepted", "quarantined", "accepted"]
        assert hall.faults() == []


async def test_a_caller_who_goes_away_does_not_stop_the_others(hall: SmallHall) -> None:
    one, two = await hall.machine("0307"), await hall.machine("0308")
    going = asyncio.create_task(send(one, envelope(one, 1, issue(), id="t1")))
    staying = asyncio.create_task(send(two, envelope(two, 1, issue(), id="u1", by="0308")))
    await asyncio.sleep(0)
    going.cancel()
    assert await staying == [("accepted", None)]
    assert await send(two, envelope(two, 2, issue(), id="u2", by="0308")) == [("accepted", None)]


async def test_hostile_ids_are_refused_before_they_reach_a_statement(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    await window.ended(issue(), id="t1")
    for id in ("t1\0", "\0", "", "x" * 201):
        n = int(hall.all("SELECT max(n) FROM result WHERE kind <> 'device.enrol@1'")[0][0]) + 1
        assert await send(window, envelope(window, n, issue(), id=id)) == [("refused", "bad_args")]
    nul = tickets.Issue(matter="m1\0", site="hall")
    assert await send(window, envelope(window, 9, nul, id="t9")) == [("refused", "bad_args")]
    odd = tickets.Issue(matter="m1", holder="\\u0000 '; DROP TABLE ticket; -- \x1b[2J", site="hall")
    assert await send(window, envelope(window, 10, odd, id="t'\";--")) == [("accepted", None)]


# -- what the clock does


async def test_what_falls_due_happens_once_and_what_is_refused_is_forgotten(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    received = await window.ended(
        cases.Receive(matter="m1", site="hall", applicant="吴某", document="d1"), id="c1", scope=CASES
    )
    assert received.status == "accepted"
    [(due_at,)] = hall.all("SELECT at FROM due WHERE kind = 'case.deem@1'")
    await window.ended(cases.Accept(document="d2"), id="c1", scope=CASES)
    hall.clock.set(due_at)
    assert await hall.services.timers.catch_up() == 1
    assert hall.all("SELECT status, code FROM result WHERE kind = 'case.deem@1'") == [("refused", "state")]
    assert hall.all("SELECT count(*) FROM due") == [(0,)]
    assert await hall.services.timers.catch_up() == 0


async def test_time_does_its_work_before_a_push_is_decided(hall: SmallHall) -> None:
    window = await hall.machine("0307", clock=(own := DrivenClock(hall.clock.now())))
    await window.ended(cases.Receive(matter="m1", site="hall", applicant="吴某", document="d1"), id="c1", scope=CASES)
    [(due_at,)] = hall.all("SELECT at FROM due")
    for clock in (hall.clock, own):
        clock.set(due_at + 1)
    assert not isinstance(
        window.ask(cases.Decline(outcome="not_needed", reason="无须许可", document="d3"), id="c1", scope=CASES), Refusal
    )
    await window.sign_on("0307")  # the token of last week is void
    [result] = await window.push()
    assert (result.status, result.code) == ("refused", "state")
    assert hall.all("SELECT state, deemed FROM \"case\" WHERE id = 'c1'") == [("accepted", 1)]


@pytest.mark.usefixtures("extra")
async def test_a_due_operation_that_breaks_does_not_hold_up_the_others(hall: SmallHall) -> None:
    now = hall.clock.now()
    await hall.services.store.write(
        lambda tx: tx.bulk(
            insert("due", ("id", "at", "kind", "record", "scope", "args")),
            [
                ("d1", now - 2, "test.break@1", "x", CASES, "{}"),
                ("d2", now - 2, "no.such@1", "x", CASES, "{}"),
                ("d3", now - 1, "ticket.expire@1", "t0", QUEUE, "{}"),
            ],
        )
    )
    await hall.services.timers.catch_up()
    assert ("ticket.expire@1",) in hall.all("SELECT kind FROM result"), "it did not wait for the one before it"
    for _ in range(2):
        await hall.services.timers.catch_up()
    assert set(hall.all("SELECT kind, status, code FROM result")) == {
        ("no.such@1", "refused", "unknown_kind"),
        ("ticket.expire@1", "refused", "not_found"),
        ("test.break@1", "quarantined", "internal"),
    }
    assert hall.all("SELECT id FROM due") == []
