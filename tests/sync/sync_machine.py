"""A hall in Hypothesis' hand: three real replicas and the real server; requests and answers lost, copies that come
late, roles given and taken, clocks moved, processes ended – and after every step the oracles.

    device 0    0307 and the administrator 0901
    device 1    0308 and the administrator too
    device 2    0309 and 0307: one laptop, two people
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from server_stub.services import Services
from sync.clock import DrivenClock
from sync.device_key import DeviceKey
from sync.errors import TransportError
from sync.protocol.messages import SessionOpened
from sync.protocol.operation import Args, kind_of
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from sync.replica.submit import Actor, Submitted
from tests.sync.extra_verbs import TRIED, Break, Flaky, Scratch, Touch
from tests.sync.oracle import CentreOracle, ReplicaOracle, Said
from tests.sync.small_hall import BASE, CASES, QUEUE, Machine, SmallHall

T = TypeVar("T")
PEOPLE = (("0307", "0901"), ("0308", "0901"), ("0309", "0307"))
DEVICE = st.integers(0, 2)
VALUE = st.sampled_from(["1", "2", "3"])
FAULT = st.sampled_from(["", "", "", "request", "response"])


class Stage:
    """What is made once and used by every run: the loop, the application, a hall with its devices signed on."""

    _one: ClassVar[Stage | None] = None

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="sync-machine-"))
        self.hall = SmallHall(self.folder / "template").make()
        self.devices: list[tuple[str, DeviceKey, SessionOpened, dict[str, Actor]]] = []
        self.runs = itertools.count()
        self.runner.run(self._enrol())
        self.app, self.services = self.hall.app, self.hall.services

    @classmethod
    def get(cls) -> Stage:
        """The one of this process."""
        if cls._one is None:
            cls._one = Stage()
        return cls._one

    async def _enrol(self) -> None:
        async with self.hall.open():
            for persons in PEOPLE:
                machine = await self.hall.machine(*persons)
                assert machine.opened is not None
                self.devices.append((machine.device, machine.key, machine.opened, dict(machine.actors)))

    def new_run(self) -> tuple[SmallHall, list[Machine]]:
        """A copy of the hall, served by the one application; its devices on files of their own."""
        folder = self.folder / f"run{next(self.runs)}"
        shutil.copytree(self.folder / "template", folder)
        hall = SmallHall(folder)
        hall.app = self.app
        hall.services = Services.open(hall.url, hall.clock)
        for part in fields(Services):  # building an application for each run would cost more than the run
            object.__setattr__(self.services, part.name, getattr(hall.services, part.name))
        self.runner.run(hall.services.applier.start())
        machines = []
        for device, key, opened, actors in self.devices:
            clock = DrivenClock(hall.clock.now())
            machine = Machine(folder / f"{device}.db", self.app, clock, device, key)
            machine.transport.use(opened)
            machine.actors = actors
            machines.append(machine)
        return hall, machines


class SyncMachine(RuleBasedStateMachine):
    """Steps, faults, and what must hold after each."""

    def __init__(self) -> None:
        super().__init__()
        TRIED.clear()
        self.stage = Stage.get()
        self.hall, self.machines = self.stage.new_run()
        self.said: dict[tuple[str, int], Said] = {}
        self.centre = CentreOracle(self.hall.folder / "central.db", self.said)
        self.replicas = [ReplicaOracle(m.path, m.device, self.centre) for m in self.machines]
        self.ids = (f"x{i}" for i in itertools.count())
        self.centre.look()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.stage.runner.run(work)

    # -- what people do

    def say(self, i: int, by: str, args: Args, id: str, scope: str) -> None:
        """A step; one that the replica itself refuses is none."""
        machine = self.machines[i]
        outcome = machine.ask(args, id=id, scope=scope, by=by)
        if isinstance(outcome, Submitted):
            [(after,)] = machine.all("SELECT after FROM outbox WHERE n = ?", outcome.n)
            told = msgspec.to_builtins(args)
            self.said[machine.device, outcome.n] = Said(
                machine.device, outcome.n, kind_of(args), id, scope, by, told, after
            )
        self.replicas[i].look()

    def clerk(self, i: int, who: int) -> str:
        persons = [person for person in PEOPLE[i] if person != "0901"]
        return persons[who % len(persons)]

    def pick(self, i: int, which: int, sql: str, *params: Any) -> str | None:
        """An id that this machine shows."""
        found = self.machines[i].all(sql, *params)
        return found[which % len(found)][0] if found else None

    @rule(i=DEVICE, who=st.integers(0, 1))
    def note(self, i: int, who: int) -> None:
        self.say(i, self.clerk(i, who), cases.Note(note=next(self.ids), text="有话说"), "c0", CASES)

    @rule(i=DEVICE, who=st.integers(0, 1), field=st.sampled_from(["phone", "address"]), value=VALUE)
    def edit(self, i: int, who: int, field: str, value: str) -> None:
        case = self.machines[i].row("case", "c0")
        if case is not None:
            was = case["form"].get(field)
            self.say(i, self.clerk(i, who), cases.Edit(field=field, was=was, value=value), "c0", CASES)

    @rule(i=DEVICE, who=st.integers(0, 1), what=st.sampled_from(["take", "withdraw", "corrected"]))
    def work_on_the_case(self, i: int, who: int, what: str) -> None:
        verbs = {"take": cases.Take(), "withdraw": cases.Withdraw(reason="申请人撤回"), "corrected": cases.Corrected()}
        self.say(i, self.clerk(i, who), verbs[what], "c0", CASES)

    @rule(i=DEVICE, who=st.integers(0, 1), which=st.integers(0, 3), choice=st.sampled_from(["theirs", "mine", "third"]))
    def decide_a_conflict(self, i: int, who: int, which: int, choice: str) -> None:
        conflict = self.pick(i, which, "SELECT id FROM conflict ORDER BY id")
        if conflict is not None:
            value = "4" if choice == "third" else None
            decided = cases.DecideConflict(case="c0", choice=choice, value=value)
            self.say(i, self.clerk(i, who), decided, conflict, CASES)

    @rule(i=DEVICE, who=st.integers(0, 1))
    def issue_a_ticket(self, i: int, who: int) -> None:
        self.say(i, self.clerk(i, who), tickets.Issue(matter="m1", site="hall"), next(self.ids), QUEUE)

    @rule(i=DEVICE, who=st.integers(0, 1), window=st.sampled_from(["w1", "w1", "w2"]), then_pause=st.booleans())
    def sit_down(self, i: int, who: int, window: str, then_pause: bool) -> None:
        session = next(self.ids)
        self.say(i, self.clerk(i, who), tickets.OpenWindow(window=window), session, QUEUE)
        if then_pause:  # a step that stands on one which the server may refuse
            self.say(i, self.clerk(i, who), tickets.PauseWindow(pause=next(self.ids), reason="午餐"), session, QUEUE)

    @rule(i=DEVICE, who=st.integers(0, 1), what=st.sampled_from(["call_next", "call_next", "pause", "resume", "close"]))
    def at_the_window(self, i: int, who: int, what: str) -> None:
        by = self.clerk(i, who)
        session = self.pick(i, 0, "SELECT id FROM window_session WHERE staff = ? AND closed_at IS NULL", by)
        if session is not None:
            verbs: dict[str, Args] = {
                "call_next": tickets.CallNext(call=next(self.ids)),
                "pause": tickets.PauseWindow(pause=next(self.ids), reason="午餐"),
                "resume": tickets.ResumeWindow(),
                "close": tickets.CloseWindow(),
            }
            self.say(i, by, verbs[what], session, QUEUE)

    @rule(
        i=DEVICE,
        who=st.integers(0, 1),
        which=st.integers(0, 5),
        what=st.sampled_from(["call", "serve", "serve", "miss", "finish", "transfer", "cancel", "recall", "hold"]),
    )
    def with_a_ticket(self, i: int, who: int, which: int, what: str) -> None:
        ticket = self.pick(i, which, "SELECT id FROM ticket ORDER BY session IS NULL, id")
        session = self.pick(i, 0, "SELECT id FROM window_session WHERE staff = ?", self.clerk(i, who))
        if ticket is not None:
            verbs: dict[str, Args] = {
                "call": tickets.Call(session=session or "none", call=next(self.ids)),
                "serve": tickets.Serve(segment=next(self.ids)),
                "miss": tickets.Miss(),
                "finish": tickets.Finish(invite=next(self.ids)),
                "transfer": tickets.Transfer(window="w2"),
                "cancel": tickets.Cancel(),
                "recall": tickets.Recall(),
                "hold": tickets.Hold(),
            }
            self.say(i, self.clerk(i, who), verbs[what], ticket, QUEUE)

    @rule(
        i=st.integers(0, 1),
        staff=st.sampled_from(["0307", "0308", "0309"]),
        over=st.sampled_from([QUEUE, CASES]),
        give=st.booleans(),
        at_once=st.booleans(),
    )
    def roles(self, i: int, staff: str, over: str, give: bool, at_once: bool) -> None:
        held = self.pick(i, 0, "SELECT id FROM role_assignment WHERE staff = ? AND over = ?", staff, over)
        if give and held is None:
            self.say(i, "0901", people.AssignRole(staff=staff, role="clerk", over=over), next(self.ids), BASE)
        elif held is not None:
            self.say(i, "0901", people.RemoveRole(), held, BASE)
        if at_once:
            self.push(i, "")

    @rule(i=DEVICE, breaks=st.sampled_from([False, False, True]))
    def a_defect(self, i: int, breaks: bool) -> None:
        args = Break() if breaks else Flaky(note=next(self.ids))
        self.say(i, self.clerk(i, 0), args, "c0", CASES)

    @rule(i=DEVICE, which=st.integers(0, 3), away=st.booleans())
    def on_a_note(self, i: int, which: int, away: bool) -> None:
        note = self.pick(i, which, "SELECT id FROM case_note WHERE text LIKE 'flaky%' ORDER BY id")
        if note is not None:
            self.say(i, self.clerk(i, 0), Scratch() if away else Touch(text=f"flaky {next(self.ids)}"), note, CASES)

    # -- what the network does

    @rule(i=DEVICE, fault=FAULT, limit=st.sampled_from([1, 3, 100]))
    def push(self, i: int, fault: str, limit: int = 100) -> None:
        machine = self.machines[i]
        self.hall.clock.advance(1)
        machine.network.lose = fault
        try:
            for result in self.run(machine.exchange.push(limit)):
                said = self.said[machine.device, result.n]
                assert not said.end, f"ended twice: {said}"
                said.end = result.status
        except TransportError as error:
            if error.code != "unreachable":
                raise
        machine.network.lose = ""
        self.centre.look()
        self.replicas[i].look()

    @rule(i=DEVICE, fault=FAULT, limit=st.sampled_from([1, 2, 500]))
    def pull(self, i: int, fault: str, limit: int = 500) -> None:
        machine = self.machines[i]
        machine.network.lose = fault
        try:
            self.run(machine.exchange.pull(limit))
        except TransportError as error:
            if error.code != "unreachable":
                raise
        machine.network.lose = ""
        self.replicas[i].look()

    @rule(i=DEVICE)
    def exchange(self, i: int) -> None:
        self.push(i, "")
        self.pull(i, "")

    @precondition(lambda self: any(machine.network.kept for machine in self.machines))
    @rule(i=DEVICE, which=st.integers(0, 9))
    def a_copy_comes_late(self, i: int, which: int) -> None:
        kept = self.machines[i].network.kept
        if kept:
            self.hall.clock.advance(1)
            self.run(self.machines[i].network.again(which % len(kept)))
            self.centre.look()

    @rule(i=DEVICE, minutes=st.integers(0, 15), skew=st.integers(-86_400_000, 86_400_000), reboot=st.booleans())
    def time_passes(self, i: int, minutes: int, skew: int, reboot: bool) -> None:
        for clock in (self.hall.clock, *(machine.clock for machine in self.machines)):
            clock.advance(minutes * 60_000)
        self.machines[i].clock.skew_ms = skew
        if reboot:
            self.machines[i].clock.reboot(next(self.ids))

    @rule(i=DEVICE)
    def a_process_ends(self, i: int) -> None:
        self.machines[i].store.close()
        self.machines[i].open()
        self.replicas[i].look()

    # -- and in the end

    def heal(self) -> None:
        """Everything gets through, in a bounded number of rounds: three for each operation that breaks."""
        for _ in range(4 + 3 * sum(said.kind in ("test.break@1", "test.flaky@1") for said in self.said.values())):
            for i in range(3):
                self.push(i, "")
                self.run(self.machines[i].exchange.pull_all())
                self.replicas[i].look()
            if all(not machine.outbox() for machine in self.machines):
                break
        for i in range(3):
            self.run(self.machines[i].exchange.pull_all())
        self.centre.look()
        for replica in self.replicas:
            replica.quiet()
        assert set(self.centre.ended) >= set(self.said)
        assert self.hall.faults() == []

    def teardown(self) -> None:
        try:
            self.heal()
        finally:
            self.run(self.hall.services.applier.stop())
            self.centre.close()
            for replica in self.replicas:
                replica.close()
            for machine in self.machines:
                self.run(machine.close())
            self.hall.services.store.close()
            shutil.rmtree(self.hall.folder)
