"""The right to issue, over the real server and the real clock of its timers: while it is out nobody decides otherwise,
until expiry and margin are past; a device that dies and comes late finds one number and one document."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest

from sync.protocol.verbs import case as cases
from sync.records.settings import DEFAULTS
from tests.sync.small_hall import CASES, Machine, SmallHall

LASTS, MARGIN = DEFAULTS["authorisation"], DEFAULTS["authorisation_margin"]


def signed(letter: str, at: int) -> cases.SignedFile:
    """What a signed file is known by; another letter, another file."""
    told = dict.fromkeys(("sha256", "message_digest", "signature"), letter * 64)
    return cases.SignedFile(**told, size=40_000, pages=2, signer="样例审批局", serial="4A19", level="B-B", signed_at=at)


async def accepted(machine: Machine, args: object, *, id: str = "c1", by: str = "0307") -> None:
    result = await machine.ended(args, id=id, scope=CASES, by=by)  # type: ignore[arg-type]
    assert result.status == "accepted", result
    await machine.pull()


async def code(machine: Machine, args: object, *, by: str) -> str:
    """What the centre says: the machine does not know better and asks."""
    asked = machine.ask(args, id="c1", scope=CASES, by=by)  # type: ignore[arg-type]
    if not hasattr(asked, "n"):
        return str(asked.code)  # type: ignore[union-attr]
    [result] = await machine.push()
    await machine.pull()
    return result.code or result.status


@contextlib.asynccontextmanager
async def decided(hall: SmallHall) -> AsyncIterator[tuple[Machine, Machine]]:
    """A laptop that holds the right for c1 and is off the network, and the counter's machine."""
    laptop, counter = await hall.machine("0307"), await hall.machine("0308", "0201")
    receive = cases.Receive(
        matter="m1",
        site="hall",
        applicant="某某公司",
        form={},
        materials=[cases.ListedMaterial(id="m-1", name="申请书", required=False)],
        document="receipt-1",
    )
    await accepted(laptop, receive)
    await accepted(laptop, cases.Accept(document="accept-1"))
    await accepted(laptop, cases.Submit(opinion="同意", proposal="granted"))
    await counter.pull()
    await accepted(
        counter, cases.Decide(decision="granted", reasons="", authorisation="right-1", document="d-1"), by="0201"
    )
    await laptop.pull()
    laptop.network.dark = "request"
    yield laptop, counter
    assert hall.faults() == []


def numbers(hall: SmallHall) -> list[tuple[object, ...]]:
    return hall.all("SELECT id, number, state FROM document WHERE kind = 'grant_decision' ORDER BY id")


CONTRARY = {
    "reopen": (cases.Reopen(reason="又想了想"), "0201"),
    "decide": (cases.Decide(decision="denied", reasons="不行", authorisation="right-2", document="d-2"), "0201"),
    "withdraw": (cases.Withdraw(reason="不办了"), "0308"),
    "correct": (cases.Correct(correction="k-1", defects=[], document="d-3"), "0308"),
    "claim": (cases.ClaimAuthorisation(authorisation="right-3"), "0308"),
}


async def test_while_the_right_is_out_nobody_decides_otherwise(hall: SmallHall) -> None:
    async with decided(hall) as (_, counter):
        for later in (0, LASTS, MARGIN - 1):
            hall.clock.advance(later)
            await hall.services.timers.catch_up()
            told = {verb: await code(counter, args, by=by) for verb, (args, by) in CONTRARY.items()}
            assert told == {
                "reopen": "authorisation_out",
                "decide": "state",
                "withdraw": "state",
                "correct": "state",
                "claim": "authorisation_out",
            }
        assert hall.all("SELECT state FROM issue_authorisation") == [("out",)]
        assert len(numbers(hall)) == 1


@pytest.mark.parametrize("claimed", [False, True])
async def test_signed_in_time_and_heard_of_late_there_is_one_number_and_one_document(
    hall: SmallHall, claimed: bool
) -> None:
    async with decided(hall) as (laptop, counter):
        [(_, number, _)] = numbers(hall)
        hall.clock.advance(LASTS - 1)
        laptop.do(cases.Issue(authorisation="right-1", signed=signed("a", hall.clock.now())), id="c1", scope=CASES)
        laptop.store.close()  # it dies with the operation in its outbox
        laptop.open()
        hall.clock.advance(MARGIN + 1)
        await hall.services.timers.catch_up()
        assert hall.all("SELECT state FROM issue_authorisation") == [("expired",)]
        await counter.pull()
        if claimed:
            await accepted(counter, cases.ClaimAuthorisation(authorisation="right-2"), by="0308")
        laptop.network.dark = ""
        [result] = await laptop.push()
        assert (result.status == "accepted") is not claimed
        if claimed:
            again = cases.Issue(authorisation="right-2", signed=signed("b", hall.clock.now()))
            await accepted(counter, again, by="0308")
        assert [(known, state) for _, known, state in numbers(hall)] == [(number, "valid")]
        assert hall.all("SELECT 1 FROM void_number") == []
        [(digest,)] = hall.all("SELECT sha256 FROM document WHERE kind = 'grant_decision'")
        assert digest == ("b" if claimed else "a") * 64
