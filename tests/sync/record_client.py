"""Record what this version's client says, as bytes on the wire, for later servers to be held against.

    python -m tests.sync.record_client tests/sync/recorded/client-1.jsonl

Done once for each version of the protocol (`sync.protocol.messages.CLIENT`) that a release has spoken, never again:
what an old client said stays what it said. `test_recorded.py` says it to today's server.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from server_stub.central.people import new_code
from sync.device_key import DeviceKey
from sync.protocol.messages import CLIENT, AskLeases, Beat, Found, Heard, Leases, Slip, Snapshot, WantedBlock
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import ticket as tickets
from sync.replica.blobs import Blobs
from sync.replica.exchange import Exchange
from sync.replica.sessions import enrol, renew
from sync.replica.store import ReplicaStore
from sync.transport.http import HttpTransport
from tests.sync.recording import Recorder, save
from tests.sync.small_hall import CASES, QUEUE, Machine, SmallHall
from tests.sync.test_blob import attach
from tests.sync.test_toxic import listening
from tests.sync.test_uploads import scan, sha

MINUTE = 60_000
PIECE = 2_000


async def record(folder: Path, path: Path) -> None:
    """A short day of one clerk, at a hall in `folder`."""
    hall = SmallHall(folder).make()
    async with listening(hall) as port, Recorder(port, hall.clock) as recorder:
        now, secret = hall.clock.now(), hall.services.store.secret("sessions")
        code = await hall.services.store.write(lambda tx: new_code(tx, now))
        transport, key = HttpTransport(recorder.url), DeviceKey.make()
        given = await enrol(transport, code, "window", key)
        replica = folder / "replica.db"
        ReplicaStore.create(replica, device=given.device, hall=given.hall, shapes=given.shapes)
        machine = Machine(replica, hall.app, hall.clock, given.device, key)
        await machine.transport.close()
        machine.transport = transport
        machine.exchange = Exchange(machine.store, transport, hall.clock, key)
        await a_day(hall, machine)
        await machine.close()
    save(path, CLIENT, secret, recorder.exchanges)


async def a_day(hall: SmallHall, machine: Machine) -> None:
    """Everything that a client says."""
    transport = machine.transport
    await machine.sign_on("0307")
    await machine.pull()
    async for _ in transport.live():
        break
    machine.do(tickets.OpenWindow(window="w1"), id="s1")
    for i in range(3):
        machine.do(tickets.Issue(matter="m1", site="hall"), id=f"t{i}")
    await machine.push()
    await machine.pull()
    hall.clock.advance(MINUTE)
    await machine.ended(tickets.CallNext(call="call1"), id="s1")
    await transport.ask("POST", "/v1/heartbeat", Heard, Beat(session="s1"))
    block = WantedBlock(of="ticket", scope=QUEUE, prefix="A")
    await transport.ask("POST", "/v1/lease", Leases, AskLeases(session="s1", blocks=[block]))
    await transport.ask("GET", "/v1/slip", Slip, ticket="t1")
    machine.do(cases.Edit(field="phone", was="1", value="2"), id="c0", scope=CASES)
    machine.do(cases.Note(note="short", text="电话已核"), id="c0", scope=CASES)
    machine.do(cases.Note(note="long", text="".join(f"第{i}条 " for i in range(400))), id="c0", scope=CASES)
    content = scan(5_000)
    attach(machine, content)
    await machine.push()
    await machine.pull()
    blobs = Blobs(machine.store, transport, machine.clock)
    blobs.piece = PIECE
    await blobs.send()
    await machine.pull()
    await transport.get_blob(sha(content))
    await transport.get_piece(sha(content), 1_000, 500)
    await transport.has_blob(sha(content))
    await transport.ask("GET", "/v1/find", Found, q="0001")
    await transport.ask("GET", "/v1/snapshot", Snapshot, scope=CASES)
    hall.clock.advance(45 * MINUTE)
    await renew(transport, machine.device, machine.key)
    machine.do(cases.Note(note="later", text="后来"), id="c0", scope=CASES)
    await machine.push()
    await machine.pull()
    await transport.ask("DELETE", "/v1/session", type(None))


def main() -> None:
    """Record into the file named."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(record(Path(folder) / "hall", Path(sys.argv[1])))


if __name__ == "__main__":
    main()
