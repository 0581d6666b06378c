"""A terminal as a process of its own, to be killed: it signs one paper, has it registered, and begins to raise it.

python -m tests.screens.signing_machine REPLICA URL KEY NOW DOCUMENT   "signed" when the centre has paper and file
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from sync.clock import DrivenClock
from sync.device_key import DeviceKey
from sync.replica.engine import Engine
from sync.replica.store import ReplicaStore
from workstation.locations import locate
from workstation.services.desk import Desk
from workstation.services.suite import Services

PASSPHRASE = "a passphrase of the tests"


def until(condition: Callable[[], object]) -> None:
    """Within a minute."""
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.005)


def main(replica: str, url: str, key: str, now: str, document: str) -> None:
    clock, device = DrivenClock(int(now)), DeviceKey.read(key)
    store = ReplicaStore(Path(replica))
    engine = Engine(store, url, clock, key=device)
    engine.start()
    desk = Desk(store, engine, clock, device)
    services = Services(desk, locate(Path(replica).parent))
    me = desk.sign_on("0307", "1234")
    services.papers.seal.open(PASSPHRASE, clock.now())
    until(lambda: getattr(desk.row("document", document), "number", None))
    held = services.papers._put_out(document, me)
    until(lambda: not desk.read("SELECT 1 FROM outbox"))
    until(lambda: engine.run(lambda transport: transport.has_blob(held.signed.sha256), 20))
    until(lambda: desk.read("SELECT 1 FROM sent_file WHERE sha256 = ?", (held.signed.sha256,)))  # noted
    print("signed", flush=True)
    sys.stdin.readline()
    until(lambda: desk.setting("timestamp_url"))
    services.levels.round(me)
    print("raised", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
