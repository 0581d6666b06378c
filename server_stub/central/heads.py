"""Signed heads: what the chain of every scope came to at a moment, kept where nobody who can write to the store can.

    export   heads ─▶ DIR/heads-20260302T010000.000Z.json, signed with the store's Ed25519 key; nothing new, no file
    read     the files of a folder, each with whether its signature holds
    check    each exported head against the log as it is now

The chain alone shows a row that was altered, removed or inserted. Whoever computes all hashes anew from there on, or
cuts the log's end off, is shown by the heads that were exported before.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from server_stub.central.restored import told
from server_stub.central.store import Store, Tx
from server_stub.rounds import Rounds
from sync.clock import Clock
from sync.device_key import DeviceKey, signed_by
from sync.errors import InputError

SECRET = "heads"  # noqa: S105 - its name in the store
PURPOSE = "hall-heads-1"
_PATTERN = "heads-*.json"


class Exported(msgspec.Struct, kw_only=True):
    """One file: heads as scope → (seq, hash), the public key, and the signature over all of it in canonical form."""

    hall: str
    at: int
    heads: dict[str, tuple[int, str]]
    key: str
    signature: str = ""

    def text(self) -> str:
        """What is signed."""
        unsigned = msgspec.structs.replace(self, signature="")
        return msgspec.json.encode(unsigned, order="sorted").decode()


@dataclass(frozen=True, slots=True)
class HeadFault:
    """An exported head that the log does not bear out; `what` is rewritten | truncated | missing (the whole scope) |
    unsigned (the file) | lost (before a restoration that was declared: no fault)."""

    what: str
    scope: str
    seq: int
    file: str
    since: int = 0

    def __str__(self) -> str:
        if self.what == "unsigned":
            return f"unsigned: {self.file} is not signed by this store's key"
        where = f"{self.scope} seq {self.seq}" if not self.since else f"{self.scope} after seq {self.since}"
        ends = {
            "rewritten": f"and up to seq {self.seq} is not what {self.file} has",
            "truncated": f"is in {self.file} and not in the log",
            "missing": f"is in {self.file}, and there is no such scope",
            "lost": f"is in {self.file}; the store was restored from a backup since",
        }
        return f"{self.what}: {where} {ends[self.what]}"


def key_of(store: Store) -> DeviceKey:
    """The key of a store's heads, made at its first use."""
    return DeviceKey(store.secret(SECRET))


async def signed_heads(store: Store, key: DeviceKey, now: int) -> Exported:
    """The heads of this moment."""

    async def work(tx: Tx) -> tuple[str, dict[str, tuple[int, str]]]:
        found = await tx.fetch_one("SELECT id FROM hall")
        rows = await tx.fetch("SELECT scope, seq, hash FROM head ORDER BY scope")
        return found[0] if found else "", {scope: (seq, hashed) for scope, seq, hashed in rows}

    hall, heads = await store.read(work)
    exported = Exported(hall=hall, at=now, heads=heads, key=key.public)
    return msgspec.structs.replace(exported, signature=key.sign(PURPOSE, exported.text()))


def write(exported: Exported, folder: Path) -> Path | None:
    """The file, whole or not at all; None where the newest one there says the same already."""
    folder.mkdir(parents=True, exist_ok=True)
    newest = max(folder.glob(_PATTERN), default=None)
    if newest is not None and (known := _read(newest)) is not None and known.heads == exported.heads:
        return None
    moment = datetime.fromtimestamp(exported.at / 1000, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
    path = folder / f"heads-{moment}Z.json"
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(msgspec.json.encode(exported, order="sorted") + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return path


def _read(path: Path) -> Exported | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Exported)
    except (msgspec.DecodeError, UnicodeDecodeError, OSError):
        return None


def read(folder: Path) -> list[tuple[str, Exported | None]]:
    """The files of a folder in order of their time; None for one that is none. Raises InputError `heads_missing`."""
    files = sorted(folder.glob(_PATTERN))
    if not files:
        raise InputError("heads_missing", path=str(folder))
    return [(path.name, _read(path)) for path in files]


async def check(tx: Tx, exports: Sequence[tuple[str, Exported | None]], key: str = "") -> list[HeadFault]:
    """Each exported head against the log. `key` is the public key to trust; without it, the store's own."""
    key = key or await _own_key(tx)
    present = {scope for (scope,) in await tx.fetch("SELECT scope FROM head")}
    value = await tx.fetch_one("SELECT value FROM setting WHERE id = 'restored'")
    restoration = told(value[0] if value else None)
    restored_at = restoration["at"] if restoration else 0
    faults: list[HeadFault] = []
    good: dict[str, int] = {}  # the highest exported head that the log bears out
    wrong: set[str] = set()
    for name, exported in exports:
        if exported is None or not signed_by(exported.key, exported.signature, PURPOSE, exported.text()):
            faults.append(HeadFault("unsigned", "", 0, name))
            continue
        if exported.key != key:
            faults.append(HeadFault("unsigned", "", 0, name))
        for scope, (seq, hashed) in sorted(exported.heads.items()):
            what = "" if not seq else await _what(tx, scope, seq, hashed, scope in present)
            if not what:
                good[scope] = max(seq, good.get(scope, 0))
            elif exported.at < restored_at:
                faults.append(HeadFault("lost", scope, seq, name, good.get(scope, 0)))
            elif scope not in wrong:  # the first shows where
                wrong.add(scope)
                faults.append(HeadFault(what, scope, seq, name, good.get(scope, 0) if what == "rewritten" else 0))
    return faults


async def _own_key(tx: Tx) -> str:
    found = await tx.fetch_one("SELECT value FROM secret WHERE name = ?", (SECRET,))
    return DeviceKey(bytes(found[0])).public if found else ""


async def _what(tx: Tx, scope: str, seq: int, hashed: str, present: bool) -> str:
    if not present:
        return "missing"
    found = await tx.fetch_one("SELECT hash FROM log WHERE scope = ? AND seq = ?", (scope, seq))
    if found is not None:
        return "" if found[0] == hashed else "rewritten"
    behind = await tx.fetch_one("SELECT 1 FROM log WHERE scope = ? AND seq > ?", (scope, seq))
    floor = await tx.fetch_one("SELECT floor FROM head WHERE scope = ?", (scope,))
    return "" if floor is not None and seq <= floor[0] else "rewritten" if behind else "truncated"


class HeadKeeper(Rounds):
    """Exports regularly while a server runs; what cannot be written is said in its log and tried again."""

    FAILED = "heads_not_exported"

    def __init__(self, store: Store, clock: Clock, folder: Path, every_s: float) -> None:
        self._store, self._clock, self._folder, self.SECONDS = store, clock, folder, every_s
        self._key = key_of(store)

    async def look(self) -> None:
        """Export once."""
        exported = await signed_heads(self._store, self._key, self._clock.now())
        await asyncio.to_thread(write, exported, self._folder)
