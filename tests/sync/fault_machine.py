"""A hall in Hypothesis' hand: three real replicas on real files and two processes' worth of the real server.

    device 0    0307 and the administrator 0901
    device 1    0308 and the administrator too
    device 2    0309 and 0307, and the approver 0201: one laptop, several people

Requests and answers lost, late, twice, overtaken; tunnels of each direction; either end dying between two statements;
two servers that know nothing of each other but the store; clocks wrong, laptops asleep and rebooted, sessions expired,
roles given and taken, rules that break – and after every step the oracles. TOLD counts what was done.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from server_stub.apply.again import WAIT_MS
from server_stub.central.backup import back_up, put_back, restored
from server_stub.central.compact import compact
from server_stub.central.trouble import StoreBusy
from sync.errors import ServerRefused, TransportError
from sync.protocol.messages import Result
from sync.protocol.operation import Args
from sync.replica.submit import Submitted, Taking
from tests.sync.extra_verbs import TRIED
from tests.sync.mortal import Died, mortal
from tests.sync.oracle import CentreOracle, Said
from tests.sync.replica_oracle import ReplicaOracle
from tests.sync.small_hall import BASE
from tests.sync.stage import PEOPLE, Stage

T = TypeVar("T")
DEVICE = st.integers(0, 2)
VALUE = st.sampled_from(["1", "2", "3"])
FAULT = st.sampled_from(["", "", "", "request", "late", "response"])
STATEMENT = st.integers(1, 30)
HELD_DAYS = 13  # what a person may is held on a device for a fortnight after the last sign-on
RESTORATIONS = 6  # in one course: a backup's centre may pass over 100,000 numbers at most
SKIP = 1000  # numbers that a restored centre passes over, and twice as many the next time
TOLD: Counter[str] = Counter()


class FaultMachine(RuleBasedStateMachine):
    """Faults, and what must hold after each step; what people do is a subclass's."""

    DSN = ""  # of a PostgreSQL; empty: SQLite
    ORACLE: type[CentreOracle] = CentreOracle

    def __init__(self) -> None:
        super().__init__()
        TRIED.clear()
        TOLD["examples"] += 1
        self.stage = Stage.get(self.DSN)
        self.hall, self.machines, self.fragile = self.stage.new_run()
        self.said: dict[tuple[str, int], Said] = {}
        self.centre = self.ORACLE(self.stage.reader(self.hall), self.said)
        self.replicas = [ReplicaOracle(m.path, m.device, self.centre) for m in self.machines]
        self.lost: list[CentreOracle] = []
        self.backups = 0
        self.backup: tuple[Path, CentreOracle] | None = None
        self.ids = (f"x{i}" for i in itertools.count())
        self.began = self.hall.clock.now()
        self.centre.look()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.stage.run(work)

    @invariant()
    def a_step_was_done(self) -> None:
        TOLD["steps"] += 1

    def say(self, i: int, by: str, args: Args | Taking, id: str, scope: str) -> Said | None:
        """A step; one that the replica itself refuses is none. Where the process ends in it, it was said or not."""
        machine = self.machines[i]
        before = self.last_n(i)
        try:
            outcome = machine.ask(args, id=id, scope=scope, by=by)
            n = outcome.n if isinstance(outcome, Submitted) else 0
        except Died:
            self.reopen(i)
            n = self.last_n(i) if self.last_n(i) > before else 0
        if n:
            assert (machine.device, n) not in self.said, f"the number {n} a second time"
            [(after, kind, said)] = machine.all("SELECT after, kind, args FROM outbox WHERE n = ?", n)
            told = msgspec.to_builtins(args) if isinstance(args, Args) else msgspec.json.decode(said)
            self.said[machine.device, n] = Said(machine.device, n, kind, id, scope, by, told, after)
            TOLD["operations"] += 1
        self.replicas[i].look()
        return self.said.get((machine.device, n))

    def last_n(self, i: int) -> int:
        [(n,)] = self.machines[i].all("SELECT value FROM meta WHERE name = 'last_n'")
        return int(n)

    # -- what the network does

    async def _push(self, i: int, limit: int = 100) -> None:
        machine = self.machines[i]
        try:
            results = await machine.exchange.push(limit)
        except Died:
            self.reopen(i)
            return
        except ServerRefused as refused:
            await self._refused(i, refused)
            return
        except TransportError as error:
            if error.code != "unreachable":
                raise
            return
        self._ended(i, results)

    def _ended(self, i: int, results: list[Result]) -> None:
        for result in results:
            said = self.said[self.machines[i].device, result.n]
            assert not said.end, f"ended twice: {said}"
            said.end = result.status
            TOLD[f"ended {result.status}"] += 1

    async def _refused(self, i: int, refused: ServerRefused) -> None:
        """At the door: a session that is over is opened anew; a server that ends is started anew."""
        if refused.code in ("session_expired", "session_unknown"):
            TOLD["session expired"] += 1
            try:
                await self.machines[i].sign_on(PEOPLE[i][0])
            except Died:
                self.reopen(i)
            except TransportError as error:
                if error.code not in ("unreachable", "store_busy"):
                    raise
        elif refused.code != "store_busy":
            raise refused

    def servers_looked_after(self) -> None:
        """What was asked for is done, whether or not somebody still waits for the answer; a server process that has
        ended is started again, and knows nothing but its store."""
        for services in self.stage.services:
            self.run(services.applier.stop())
        for fragile, services in zip(self.fragile, self.stage.services, strict=True):
            if fragile.died:
                TOLD["server died"] += fragile.died
                fragile.died = 0
                services.contacts.clear()
                self.run(services.applier.start())

    @rule(i=DEVICE, fault=FAULT, limit=st.sampled_from([1, 3, 100]))
    def push(self, i: int, fault: str, limit: int = 100) -> None:
        self.hall.clock.advance(1)
        self.machines[i].network.lose = fault
        self.run(self._push(i, limit))
        self.machines[i].network.lose = ""
        TOLD[f"lost {fault}"] += bool(fault)
        self.servers_looked_after()
        self.centre.look()
        self.replicas[i].look()

    @rule()
    def all_push_at_once(self) -> None:
        async def together() -> None:
            await asyncio.gather(*(self._push(i) for i in range(len(PEOPLE))))

        self.hall.clock.advance(1)
        self.run(together())
        TOLD["at once"] += 1
        self.servers_looked_after()
        self.centre.look()
        for replica in self.replicas:
            replica.look()

    async def _pull(self, i: int, limit: int = 500) -> bool:
        try:
            await self.machines[i].exchange.pull(limit)
            if self.machines[i].exchange.wanted:
                await self._snapshots(i)
        except Died:
            self.reopen(i)
        except ServerRefused as refused:
            await self._refused(i, refused)
        except TransportError as error:
            if error.code != "unreachable":
                raise
        else:
            return True
        return False

    async def _snapshots(self, i: int) -> None:
        """Scopes whose log was cut above where this device stands."""
        before, wanted = self.replicas[i].cursors(), self.machines[i].exchange.wanted
        try:
            await self.machines[i].exchange.snapshots()
        finally:
            for scope, seq in self.replicas[i].cursors().items():
                if scope in wanted and seq != before.get(scope):
                    self.replicas[i].wholes[scope] = seq
                    TOLD["snapshots"] += 1

    @rule()
    def the_log_is_cut(self) -> None:
        """Everywhere, up to the last row: who has not pulled it takes a snapshot."""
        self.centre.look()
        store = self.stage.services[0].store
        try:
            TOLD["cuts"] += len(self.run(compact(store, self.hall.clock.now(), keep_days=-1)))
        except StoreBusy:
            self.servers_looked_after()
        self.centre.look()

    @rule(i=DEVICE, fault=FAULT, limit=st.sampled_from([1, 2, 500]))
    def pull(self, i: int, fault: str, limit: int = 500) -> None:
        self.machines[i].network.lose = fault
        pulled = self.run(self._pull(i, limit))
        self.machines[i].network.lose = ""
        TOLD[f"lost {fault}"] += bool(fault)
        self.replicas[i].look()
        if pulled and self.hall.clock.now() - self.began < HELD_DAYS * 86_400_000:
            self.replicas[i].permitted(PEOPLE[i], BASE)

    @rule(i=DEVICE)
    def a_push_overtakes_a_pull(self, i: int) -> None:
        """The answer to a pull comes after that to a push which was sent later."""
        network = self.machines[i].network

        async def both() -> None:
            network.held, network.holding = asyncio.Event(), asyncio.Event()
            held = network.held
            pulling = asyncio.create_task(self._pull(i))
            arrived = asyncio.create_task(network.holding.wait())
            await asyncio.wait({pulling, arrived}, return_when=asyncio.FIRST_COMPLETED)
            arrived.cancel()
            living = self.machines[i].store
            await self._push(i)
            if self.machines[i].store is not living:  # the process has ended, and nobody waits for the answer
                pulling.cancel()
            held.set()
            await asyncio.wait({pulling})
            if not pulling.cancelled():
                pulling.result()
            network.held = None

        self.hall.clock.advance(1)
        self.run(both())
        TOLD["overtaken"] += 1
        self.servers_looked_after()
        self.centre.look()
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
            TOLD["copies"] += 1
            self.servers_looked_after()
            self.centre.look()

    @rule(i=DEVICE, dark=st.sampled_from(["request", "response", ""]))
    def a_tunnel(self, i: int, dark: str) -> None:
        """From now on nothing goes out, or nothing comes in, until it is over."""
        self.machines[i].network.dark = dark
        TOLD["tunnels"] += bool(dark)

    @rule(i=DEVICE)
    def the_other_server(self, i: int) -> None:
        """From now on this device is answered by the other process."""
        self.machines[i].network.server ^= 1

    @rule(
        i=DEVICE,
        minutes=st.sampled_from([0, 1, 5, 15, 780]),
        skew=st.integers(-86_400_000, 86_400_000),
        reboot=st.booleans(),
    )
    def time_passes(self, i: int, minutes: int, skew: int, reboot: bool) -> None:
        """A moment, or a night: laptops sleep, and sessions are over in the morning."""
        for clock in (self.hall.clock, *(machine.clock for machine in self.machines)):
            clock.advance(minutes * 60_000)
        self.machines[i].clock.skew_ms = skew
        if reboot:
            self.machines[i].clock.reboot(next(self.ids))
        TOLD["clocks wrong"] += 1
        TOLD["nights"] += minutes > 60

    def reopen(self, i: int) -> None:
        """A process begins anew on its file."""
        self.machines[i].store.close()
        self.machines[i].open()
        TOLD["replica ended"] += 1

    @rule(i=DEVICE)
    def a_process_ends(self, i: int) -> None:
        self.reopen(i)
        self.replicas[i].look()

    @rule(i=DEVICE, statement=STATEMENT)
    def a_process_will_end(self, i: int, statement: int) -> None:
        """Before its nth statement from now."""
        mortal(self.machines[i], statement)

    @rule(server=st.integers(0, 1), statement=STATEMENT)
    def a_server_will_end(self, server: int, statement: int) -> None:
        """Before the nth statement of its next transaction."""
        self.fragile[server].dies_at = statement

    @precondition(lambda self: not self.DSN and self.backups < 2)  # PostgreSQL is put back by its own tools
    @rule()
    def a_backup(self) -> None:
        """While everything goes on."""
        self.centre.look()
        file = self.hall.folder / f"{next(self.ids)}.backup"
        back_up(self.hall.url, file, self.hall.clock.now())
        self.backup = file, self.centre.backup()
        self.backups += 1
        TOLD["backups"] += 1

    @precondition(lambda self: self.backup is not None and len(self.lost) < RESTORATIONS)
    @rule()
    def the_centre_is_restored(self) -> None:
        """The disk is lost, with all that happened since the backup; the administrator puts it back and says so."""
        assert self.backup is not None
        file, known = self.backup
        self.centre.look()
        for services in self.stage.services:
            self.run(services.applier.stop())
            services.store.close()
        put_back(self.hall.url, file)
        self.hall.clock.advance(1)
        epoch = restored(self.hall.url, SKIP << len(self.lost), self.hall.clock.now())
        self.fragile = self.stage.serve(self.hall)
        self.lost.append(self.centre)
        self.centre = known.restored(self.centre, self.stage.reader(self.hall))
        self.centre.look()
        for replica in self.replicas:
            replica.centres[epoch] = self.centre
        TOLD["restored"] += 1

    # -- and in the end

    def heal(self) -> None:
        """Everything gets through, in a bounded number of rounds: three for each operation that breaks."""
        for i, machine in enumerate(self.machines):
            machine.network.dark = ""
            self.reopen(i)
            TOLD["replica ended"] -= 1  # nobody's fault
        for fragile in self.fragile:
            fragile.dies_at = 0
        breaking = sum(said.kind in ("test.break@1", "test.flaky@1") for said in self.said.values())
        for turn in range(5 + 5 * bool(self.lost) + 3 * breaking):
            if self.lost and turn == 5:  # nobody is waited for any longer
                for clock in (self.hall.clock, *(machine.clock for machine in self.machines)):
                    clock.advance(WAIT_MS)
            for i in range(3):
                self.push(i, "")
                self.pull(i, "")
            if all(not machine.outbox() for machine in self.machines):
                break
        for i in range(3):
            self.run(self.machines[i].exchange.pull_all())
        self.centre.look()
        for replica in self.replicas:
            replica.quiet()
        assert set(self.centre.ended) >= {key for key, said in self.said.items() if not said.gone}
        assert self.stage.faults(self.hall) == []

    def teardown(self) -> None:
        try:
            self.heal()
        finally:
            for centre in (self.centre, *self.lost):
                centre.close()
            for replica in self.replicas:
                replica.close()
            for machine in self.machines:
                self.run(machine.close())
            self.stage.end_run(self.hall)
