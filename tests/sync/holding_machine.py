"""What devices hold, in the machine's hall: tickets leased to a window, numbers of their own, rights to issue a paper.

hold_tickets ─▶ call_without_a_network            the boot clock says until when; answers may be long on their way
ask_for_numbers ─▶ give_out_a_ticket | receive    out of a block, or the centre's
a_case_is_reviewed ─▶ decide (0201) ─▶ issue | give_back | claim | reopen
push_all                                          as the workstation's engine sends: one request ahead of the answer
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from sync.errors import ServerRefused, TransportError
from sync.protocol.operation import Args
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import ticket as tickets
from sync.protocol.verbs.block import BlockNumber
from sync.replica import blocks, leases
from sync.replica.blocks import Series
from sync.replica.centre_time import centre_now
from tests.sync.fault_machine import DEVICE, FAULT, TOLD
from tests.sync.holding_oracle import HoldingOracle
from tests.sync.mortal import Died
from tests.sync.small_hall import BASE, CASES, QUEUE
from tests.sync.stage import PEOPLE
from tests.sync.sync_machine import SyncMachine

TICKETS = Series("ticket", QUEUE, "A")
RECEIPTS = Series("material_receipt", CASES)
APPROVER = 2  # the device at which 0201 has signed on
_MY_SESSION = "SELECT id, staff FROM window_session WHERE device = ? AND closed_at IS NULL ORDER BY id"


class HoldingMachine(SyncMachine):
    """Steps with what is held, among everything else."""

    ORACLE = HoldingOracle
    centre: HoldingOracle

    def __init__(self) -> None:
        super().__init__()
        self.centre.clock = self.hall.clock

    def look(self, i: int) -> None:
        """What a request left, at both ends."""
        self.servers_looked_after()
        self.centre.look()
        self.replicas[i].look()

    def time_now(self, i: int) -> int:
        """The centre's time as device `i` knows it, as the workstation's engine tells it."""
        machine = self.machines[i]
        known = centre_now(machine.store, machine.clock)
        return machine.clock.now() if known is None else known

    async def _ask(self, i: int, work: Coroutine[Any, Any, Any]) -> None:
        """A request, whatever becomes of it."""
        try:
            await work
        except Died:
            self.reopen(i)
        except ServerRefused as refused:
            if refused.code != "window_closed":
                await self._refused(i, refused)
        except TransportError as error:
            if error.code != "unreachable":
                raise

    def ask(self, i: int, work: Coroutine[Any, Any, Any], fault: str, minutes: int = 0) -> None:
        """The same; its answer is so many minutes on its way."""

        def passes() -> None:
            network.passes = None
            for clock in (self.hall.clock, *(machine.clock for machine in self.machines)):
                clock.advance(minutes * 60_000)

        network = self.machines[i].network
        network.lose, network.passes = fault, passes if minutes else None
        self.run(self._ask(i, work))
        network.lose, network.passes = "", None
        TOLD[f"lost {fault}"] += bool(fault)
        TOLD["slow answers"] += bool(minutes)
        self.look(i)

    # -- leases

    def seat(self, i: int) -> tuple[str, str]:
        """The window session of this device as it shows it, and whose."""
        found = self.machines[i].all(_MY_SESSION, self.machines[i].device)
        return (found[0][0], found[0][1]) if found else ("", "")

    def sits(self, i: int) -> None:
        """Somebody sits down at a window of this device, and a ticket waits."""
        self.sit_down(i, 0, f"w{i + 1}", then_pause=False)
        self.issue_a_ticket(i, 0)
        self.exchange(i)

    @rule(i=DEVICE, fault=FAULT, minutes=st.sampled_from([0, 0, 0, 5]))
    def hold_tickets(self, i: int, fault: str, minutes: int) -> None:
        if not self.seat(i)[0]:
            self.sits(i)
        session, _ = self.seat(i)
        if session:
            self.ask(i, self.machines[i].keeper.renew(session), fault, minutes)
            TOLD["leases"] += len(leases.usable(self.machines[i].store, self.machines[i].clock))

    @rule(i=DEVICE, which=st.integers(0, 2), first=st.booleans())
    def call_without_a_network(self, i: int, which: int, first: bool = False) -> None:
        """`first` asks for leases, where there are none."""
        if first and not leases.usable(self.machines[i].store, self.machines[i].clock):
            self.hold_tickets(i, "", 0)
            self.pull(i, "")
        session, staff = self.seat(i)
        mine = leases.usable(self.machines[i].store, self.machines[i].clock)
        if not session or not mine or staff not in self.machines[i].actors:
            return
        one = mine[which % len(mine)]
        taking = leases.take(self.machines[i].clock, one.lease, session=session, call=next(self.ids))
        said = self.say(i, staff, taking, one.ticket, QUEUE)
        if said is not None:
            self.centre.called_offline(said)
            TOLD["called without a network"] += 1

    # -- numbers

    @rule(i=DEVICE, fault=FAULT, of=st.sampled_from([TICKETS, RECEIPTS]))
    def ask_for_numbers(self, i: int, fault: str, of: Series) -> None:
        self.ask(i, self.machines[i].keeper.renew_blocks([of], self.time_now(i)), fault)

    @rule(i=DEVICE, who=st.integers(0, 1))
    def give_out_a_ticket(self, i: int, who: int) -> None:
        def make(number: BlockNumber | None) -> Args:
            return tickets.Issue(matter="m1", site="hall", number=number)

        said = self.say(i, self.clerk(i, who), blocks.numbered(make, TICKETS, self.time_now(i)), next(self.ids), QUEUE)
        if said is not None:
            self.centre.gave(said)
            TOLD["numbers of a block"] += "number" in said.args

    # -- cases with papers and rights

    @rule(i=DEVICE, who=st.integers(0, 1), upto=st.integers(1, 3))
    def a_case_is_reviewed(self, i: int, who: int, upto: int) -> None:
        """Received, accepted, submitted: as far as `upto`."""
        case, by = next(self.ids), self.clerk(i, who)

        def make(number: BlockNumber | None) -> Args:
            return cases.Receive(matter="m1", site="hall", applicant="吴某", document=next(self.ids), number=number)

        received = self.say(i, by, blocks.numbered(make, RECEIPTS, self.time_now(i)), case, CASES)
        if received is None:
            return
        self.centre.gave(received)
        TOLD["numbers of a block"] += "number" in received.args
        rest = (cases.Accept(document=next(self.ids)), cases.Submit(opinion="同意", proposal="granted"))
        for args in rest[: upto - 1]:
            self.say(i, by, args, case, CASES)

    @rule(which=st.integers(0, 2), granted=st.booleans(), at_once=st.booleans())
    def decide(self, which: int, granted: bool, at_once: bool) -> None:
        case = self.pick(APPROVER, which, "SELECT id FROM \"case\" WHERE state = 'reviewed' ORDER BY id")
        if case is not None:
            decision, reasons = ("granted", "") if granted else ("denied", "不行")
            right, paper = next(self.ids), next(self.ids)
            decided = cases.Decide(decision=decision, reasons=reasons, authorisation=right, document=paper)
            self.say(APPROVER, "0201", decided, case, CASES)
            TOLD["decided"] += 1
        if at_once:
            self.exchange(APPROVER)

    @rule(
        i=DEVICE,
        who=st.integers(0, 1),
        which=st.integers(0, 2),
        what=st.sampled_from(["issue", "issue", "give_back", "claim", "reopen", "reopen"]),
    )
    def with_a_right(self, i: int, who: int, which: int, what: str) -> None:
        found = self.machines[i].all('SELECT id, "case" FROM issue_authorisation ORDER BY given_at DESC, id')
        if not found:
            return
        right, case = found[which % len(found)]
        by = "0201" if what == "reopen" and i == APPROVER else self.clerk(i, who)
        digest = f"{next(self.ids).removeprefix('x'):0>64}"
        signed = cases.SignedFile(
            **dict.fromkeys(("sha256", "message_digest", "signature"), digest),
            size=40_000,
            pages=2,
            signer="样例审批局",
            serial="4A19",
            level="B-B",
            signed_at=1,
        )
        verbs: dict[str, tuple[Args, str]] = {
            "issue": (cases.Issue(authorisation=right, signed=signed), case),
            "give_back": (cases.ReturnAuthorisation(), right),
            "claim": (cases.ClaimAuthorisation(authorisation=next(self.ids)), case),
            "reopen": (cases.Reopen(reason="又想了想"), case),
        }
        args, id = verbs[what]
        if self.say(i, by, args, id, CASES) is not None:
            TOLD[f"right: {what}"] += 1

    # -- and how it goes out

    async def _push_all(self, i: int, limit: int) -> None:
        exchange = self.machines[i].exchange
        await exchange.keep()
        async with contextlib.aclosing(exchange.pushes(limit)) as pushes:
            async for results in pushes:
                self._ended(i, results)

    @rule(i=DEVICE, fault=FAULT, spare=st.integers(0, 2), limit=st.sampled_from([1, 2, 100]))
    def push_all(self, i: int, fault: str, spare: int, limit: int) -> None:
        """Request after request, each on its way before the answer to the one before is written."""
        self.hall.clock.advance(1)
        self.machines[i].network.spare = spare if fault else 0
        self.ask(i, self._push_all(i, limit), fault)
        self.machines[i].network.spare = 0
        TOLD["pushed ahead"] += 1

    @rule(i=DEVICE, fault=FAULT, limit=st.sampled_from([1, 2]))
    def a_push_is_overtaken(self, i: int, fault: str, limit: int) -> None:
        """By the one that follows it; it comes later, or not at all."""
        machine, network = self.machines[i], self.machines[i].network
        [(waiting,)] = machine.all("SELECT count(*) FROM outbox WHERE state = 'new'")
        if waiting < 2 * limit:
            return

        async def both() -> None:
            late, network.over = asyncio.Event(), asyncio.Event()
            network.late, machine.exchange.push_ms = late, 0
            pushing, over = asyncio.create_task(self._push_all(i, limit)), asyncio.create_task(network.over.wait())
            await asyncio.wait({pushing, over}, return_when=asyncio.FIRST_COMPLETED)
            over.cancel()
            network.late = None
            late.set()
            await pushing

        self.hall.clock.advance(1)
        self.ask(i, both(), fault)
        TOLD["pushes overtaken"] += 1


__all__ = ["BASE", "PEOPLE", "TOLD", "HoldingMachine"]
