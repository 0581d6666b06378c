"""The permit log's people at work, in the order of the log's times.

    first event   receive, accept, and its own step
    each event    the case taken over if it belongs to another, then a review step
    the end       submitted by the resource of the last event, decided by the approver, issued and signed by the former

A machine that is cut off works on from its own copy; whoever needs a case that it has in hand waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sync.errors import HallError
from sync.protocol.identifiers import derived
from sync.protocol.messages import ACCEPTED, Result
from sync.protocol.operation import Args
from sync.protocol.verbs import case as verbs
from sync.rules.outcome import Refusal
from workstation.replay.faults import PARTITION
from workstation.replay.hall import APPROVER, CASES, SITE, Machine, ReplayHall, staff_of
from workstation.replay.log import Event, PermitLog
from workstation.replay.signing import Signing

MATTER = "permit"
LAG_MS = 1_000  # between the steps of one end: submitted, decided, issued
FIRST_CAME = frozenset({"not_owner", "own_already", "taken", "state"})


@dataclass(slots=True)
class Figures:
    """What the replay itself saw."""

    steps: int = 0
    issued: dict[str, str] = field(default_factory=dict)  # case → its signed file
    contention: int = 0


class Permits:
    """One replay of a permit log."""

    def __init__(self, log: PermitLog, hall: ReplayHall, resources: list[str], signing: Signing) -> None:
        self._log = log
        self._hall = hall
        self._staff = {resource: staff_of(i) for i, resource in enumerate(resources)}
        self._signing = signing
        self._in_hand: dict[str, Machine] = {}
        self._left: dict[Machine, int] = {}
        self._owner: dict[str, str] = {}
        self._count: dict[str, int] = {}
        self.figures = Figures()

    async def run(self, progress: Callable[[], None]) -> None:
        """Work through the log."""
        last = {event.case: event for event in self._log.events}
        ends = [(at, 1, last[case]) for case, at in self._log.ends.items()]
        steps = [(event.at, 0, event) for event in self._log.events]
        for at, kind, event in sorted(steps + ends, key=lambda moment: (moment[0], moment[1])):
            self._hall.server.set_time(at)
            await (self._end(event) if kind else self._step(event))
            progress()
        await self._hall.settle()

    # -- steps --------------------------------------------------------------------------------------------------------

    async def _step(self, event: Event) -> None:
        staff, case = self._staff[event.resource], derived("case", event.case)
        machine = await self._at(staff, case)
        if case not in self._owner:
            await self._must(machine, staff, _receive(event, case), case)
            await self._must(machine, staff, verbs.Accept(document=derived("acceptance", case)), case)
        elif self._owner[case] != staff:
            await self._must(machine, staff, verbs.Take(), case)
        self._owner[case] = staff
        count = self._count[case] = self._count.get(case, 0) + 1
        await self._must(machine, staff, verbs.Step(step=derived(case, count), activity=event.activity), case)
        self.figures.steps += 1

    async def _end(self, event: Event) -> None:
        """Decide, sign, issue: online, since the number is the centre's."""
        staff, case = self._staff[event.resource], derived("case", event.case)
        machine = await self._at(staff, case, online=True)
        await self._must(machine, staff, verbs.Submit(opinion="同意", proposal="granted"), case)
        self._hall.server.advance(LAG_MS)
        approver = await self._at(APPROVER, case, online=True)
        right, document = derived("right", case), derived("decision", case)
        decision = verbs.Decide(decision="granted", reasons="", authorisation=right, document=document)
        await self._must(approver, APPROVER, decision, case)
        self._hall.server.advance(LAG_MS)
        await machine.ready(staff)
        await machine.pull()
        row = machine.device.row("document", document)
        if row is None:
            raise HallError("replay.no_document", case=event.case)
        signed = await self._signing.sign(row, self._hall.clock.now())
        await self._must(machine, staff, verbs.Issue(authorisation=right, signed=signed), case)
        self.figures.issued[case] = signed.sha256

    # -- machines -----------------------------------------------------------------------------------------------------

    async def _at(self, staff: str, case: str, *, online: bool = False) -> Machine:
        """The machine of `staff`, knowing all that is known of the case there."""
        machine = self._hall.machines[staff]
        holder = self._in_hand.pop(case, None)
        if holder is not None and (holder is not machine or online):
            await self._heal(holder)
        if machine.cut_off and (online or not self._knows(machine, staff, case)):
            await self._heal(machine)
        if not machine.cut_off:
            await machine.ready(staff)
            await machine.pull()
            if not online and self._hall.chance.strikes(PARTITION):
                machine.cut_off = True
                self._left[machine] = self._hall.chance.random.randint(2, 12)
                self._hall.chance.counters.partitions += 1
        return machine

    def _knows(self, machine: Machine, staff: str, case: str) -> bool:
        """Whether a machine that is cut off can go on: the person is signed on, the case new or here as it is now."""
        self._left[machine] -= 1
        row = machine.device.row("case", case)
        now = case not in self._owner or (
            row is not None and (row["owner"], row["steps"]) == (self._owner[case], self._count[case])
        )
        return self._left[machine] > 0 and now and machine.signed_on(staff)

    async def _heal(self, machine: Machine) -> None:
        machine.cut_off = False
        self._in_hand = {case: holder for case, holder in self._in_hand.items() if holder is not machine}
        await machine.push()
        await machine.pull()

    async def _must(self, machine: Machine, staff: str, args: Args, case: str) -> None:
        """A step that has to succeed in the end: refused because another came first, it is done again on what is so."""
        for _ in range(3):
            outcome = machine.submit(staff, args, id=case, scope=CASES)
            if isinstance(outcome, Refusal):
                raise HallError(f"refusal.{outcome.code}", **outcome.params)
            if machine.cut_off:
                self._in_hand[case] = machine
                return
            await machine.push()
            result: Result = machine.device.results[outcome]
            if result.status == ACCEPTED:
                return
            self.figures.contention += result.code in FIRST_CAME
            await machine.pull()
        raise HallError("replay.step_refused", reason=result.code or result.status)


def _receive(event: Event, case: str) -> verbs.Receive:
    return verbs.Receive(
        matter=derived("matter", MATTER),
        site=SITE,
        applicant=event.case,
        channel="log",
        document=derived("receipt", case),
    )


def matters() -> list[str]:
    """The one matter of a permit log."""
    return [MATTER]
