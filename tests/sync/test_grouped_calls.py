"""What windows that press at once cost the store: as much as one window that presses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from server_stub.apply.group import Group
from server_stub.apply.incoming import Incoming
from server_stub.central.statements import Keyed
from server_stub.central.store import Tx, Work
from sync.protocol.operation import Args, Envelope, decode, kind_of
from sync.protocol.verbs import ticket as tickets
from tests.sync.small_hall import QUEUE, Machine, SmallHall, new


class Counted:
    """A transaction whose questions are counted."""

    def __init__(self, tx: Tx, asked: list[str]) -> None:
        self._tx, self._asked = tx, asked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    async def fetch_keys(self, statement: Keyed, keys: Sequence[Sequence[Any]], **told: Any) -> list[Any]:
        """As the transaction's."""
        if keys:
            self._asked.append(statement.one)
        return await self._tx.fetch_keys(statement, keys, **told)


def incoming(machine: Machine, hall: SmallHall, args: Args, id: str, n: int) -> Incoming:
    """What a machine says, at the door of the group."""
    now, said = hall.clock.now(), msgspec.Raw(msgspec.json.encode(args))
    actor = machine.actors[machine.staff]
    envelope = Envelope(
        n=n, kind=kind_of(args), id=id, scope=QUEUE, args=said, by=actor.staff, session=actor.session, said_at=now
    )
    device = machine.store.device
    return Incoming(envelope, device, now, now, decode(envelope, device))


async def test_calls_of_one_group_ask_the_store_as_often_as_one_call(hall: SmallHall) -> None:
    machines = {new("s"): (await hall.machine(staff), window) for staff, window in (("0307", "w1"), ("0308", "w2"))}
    for session, (machine, window) in machines.items():
        await machine.ended(tickets.OpenWindow(window=window), id=session)
    issuer = next(iter(machines.values()))[0]
    for _ in range(6):
        await issuer.ended(tickets.Issue(matter="m1", site="hall"), id=new("t"))
    store, asked = hall.services.store, list[str]()
    whole = store.write

    async def write(work: Work[Any]) -> Any:
        return await whole(lambda tx: work(Counted(tx, asked)))  # type: ignore[arg-type]

    store.write = write  # type: ignore[method-assign]
    counts = []
    for sessions in (list(machines)[:1], list(machines)):
        asked.clear()
        calls = [
            incoming(machines[session][0], hall, tickets.CallNext(call=new("c")), session, 100 * len(sessions))
            for session in sessions
        ]
        results, _ = await Group(store, hall.services.applier.hall, calls).run()
        assert [result.status for result in results] == ["accepted"] * len(sessions), results
        counts.append(len(asked))
        missed = [
            incoming(machines[session][0], hall, tickets.Miss(), result.params["ticket"], 100 * len(sessions) + 1)
            for session, result in zip(sessions, results, strict=True)
        ]
        results, _ = await Group(store, hall.services.applier.hall, missed).run()
        assert all(result.status == "accepted" for result in results), results
    assert counts[0] == counts[1], asked
