"""Plays what happened in the sample hall through the one write path, in the order of its times.

    say(at, by, args, id=…, scope=…)   a person's step      ┐
    citizen(at, …), clock(at, …)       the pages', time's   ├─▶ sorted by time ─▶ dues that fall before ─▶ Applier
    scan(at, …)                        a file arrives       ┘

A step that is not accepted is a defect of the sample and raises StoreError `sample_step`, naming it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import msgspec

from server_stub.apply.applier import Applier
from server_stub.apply.hall import keep_secret
from server_stub.apply.incoming import CLOCK_DEVICE, PUBLIC_DEVICE, SAMPLE_DEVICE, Incoming
from server_stub.central.statements import insert_missing
from server_stub.central.store import Store
from server_stub.files.vault import Vault
from server_stub.live import Hub
from server_stub.timers import Timers
from sync.clock import DrivenClock
from sync.errors import StoreError
from sync.protocol.identifiers import derived, once
from sync.protocol.messages import ACCEPTED
from sync.protocol.operation import Args, Envelope, decode, kind_of
from sync.protocol.verbs.case import Arrived

_encode = msgspec.json.Encoder(order="sorted").encode
_KEPT = insert_missing("blob", ("sha256", "size", "media_type", "at"))


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One operation to come; `order` keeps what was said at the same moment in the order in which it was said."""

    at: int
    order: int
    device: str = field(compare=False)
    by: str = field(compare=False)
    kind: str = field(compare=False)
    id: str = field(compare=False)
    scope: str = field(compare=False)
    args: bytes = field(compare=False)
    ends: str = field(compare=False, default=ACCEPTED)


@dataclass(frozen=True, slots=True)
class Scan:
    """A file that is at the centre."""

    content: bytes
    media_type: str

    @property
    def sha256(self) -> str:
        """Its name."""
        return hashlib.sha256(self.content).hexdigest()


class Script:
    """What will be played; ids come from `seed`, the day and what a thing is called."""

    def __init__(self, seed: int, day: str) -> None:
        self.seed = seed
        self.day = day
        self.steps: list[Step] = []
        self.scans: list[tuple[int, Scan]] = []

    def id(self, *what: object) -> str:
        """The id of a thing, the same whenever this script is made."""
        return derived("sample", self.seed, self.day, *what)

    def pick(self, below: int, *what: object) -> int:
        """A number from 0 to `below` - 1 that looks like chance and is none."""
        return int(self.id("pick", *what)[:12], 16) % below

    def say(self, at: int, by: str, args: Args, *, id: str, scope: str, ends: str = ACCEPTED) -> None:
        """A person did this at `at`."""
        self._step(at, SAMPLE_DEVICE, by, args, id, scope, ends)

    def citizen(self, at: int, args: Args, *, id: str, scope: str) -> None:
        """A citizen did this, on a public page."""
        self._step(at, PUBLIC_DEVICE, "citizen", args, id, scope)

    def clock(self, at: int, args: Args, *, id: str, scope: str) -> None:
        """Time did this."""
        self._step(at, CLOCK_DEVICE, "clock", args, id, scope)

    def arrives(self, at: int, scan: Scan, *, material: str, scope: str) -> None:
        """The file of a material arrives at the centre."""
        self.scans.append((at, scan))
        self.clock(at, Arrived(sha256=scan.sha256), id=material, scope=scope)

    def _step(self, at: int, device: str, by: str, args: Args, id: str, scope: str, ends: str = ACCEPTED) -> None:
        self.steps.append(Step(at, len(self.steps), device, by, kind_of(args), id, scope, _encode(args), ends))


async def play(store: Store, vault: Vault, script: Script, until: int) -> None:
    """Play everything, with what falls due in between, and stand at `until` (ms). Raises StoreError `sample_step`."""
    first = min((step.at for step in script.steps), default=until)
    clock = DrivenClock(first)
    applier = Applier(store, Hub())
    await store.write(lambda tx: keep_secret(tx, f"sample {script.seed}".encode()))
    await applier.start()
    timers = Timers(store, applier, clock)
    try:
        for at, scan in script.scans:
            await _keep(store, vault, scan, at)
        for step in sorted(script.steps):
            clock.set(step.at)
            await timers.catch_up()
            await _play_one(applier, script, step)
        clock.set(until)  # no earlier than the last step: time never goes back
        await timers.catch_up()
    finally:
        await applier.stop()
        await store.release()


async def _play_one(applier: Applier, script: Script, step: Step) -> None:
    envelope = Envelope(
        n=once("sample", script.seed, script.day, step.at, step.order, step.kind, step.id),
        kind=step.kind,
        id=step.id,
        scope=step.scope,
        args=msgspec.Raw(step.args),
        by=step.by,
        session="",
        said_at=step.at,
    )
    [result] = await applier.submit([Incoming(envelope, step.device, step.at, step.at, decode(envelope, step.device))])
    if result.status != step.ends:
        raise StoreError("sample_step", kind=step.kind, by=step.by, status=result.status, why=result.code or "")


async def _keep(store: Store, vault: Vault, scan: Scan, at: int) -> None:
    """The file beside the store and its row, as an upload leaves them."""
    vault.put(scan.content)
    row = (scan.sha256, len(scan.content), scan.media_type, at)
    await store.write(lambda tx: tx.bulk(_KEPT, [row]))
