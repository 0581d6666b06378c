"""Scopes written down as a whole, once, for everybody who comes within the hour.

    GET /v1/snapshot ─▶ one of this hour? ─ no ─▶ one moment of the store: its head, then its live rows, into a file
                              └────────── yes ──▶ told which file it is; fetched by Range like any blob

A snapshot's cursor is the head at its beginning. As long as it lies here the log is not cut above it, so that whoever
takes it can go on from there; one that the log was cut above meanwhile is told to nobody.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import msgspec
import zstandard

from server_stub.central.statements import by_keys, upsert
from server_stub.central.store import Store, Tx
from server_stub.files.part import Part
from server_stub.files.vault import SNAPSHOT, Vault
from sync.clock import Clock
from sync.protocol.chain import encode_body
from sync.protocol.messages import Snapshot, SnapshotHead

KEPT_MS = 3_600_000
LARGE = 5_000
"""A scope with so many rows in its log is given to a newcomer as a whole."""
ROWS = 500  # read at once
LEVEL = 3
_KEEP = upsert("snapshot", ("scope", "seq", "hash", "rows", "blob", "size", "at"))
_HEAD = by_keys("head", ("scope",), ("floor",))
_LYING = """SELECT seq, hash, rows, blob, size FROM snapshot
WHERE scope = ? AND at > ? AND seq >= (SELECT floor FROM head WHERE head.scope = snapshot.scope)"""
_encode = msgspec.json.Encoder().encode


class Snapshots:
    """Makes them, one at a time, tells of them, takes them away. `large` as LARGE."""

    def __init__(self, store: Store, vault: Vault, clock: Clock, large: int = LARGE) -> None:
        self.large = large
        self._store = store
        self._vault = vault
        self._clock = clock
        self._making = asyncio.Lock()
        self._strays: set[Path] = set()

    def _path(self, blob: str) -> Path:
        return self._vault.path(blob + SNAPSHOT)

    async def of(self, scope: str) -> Snapshot:
        """The scope's snapshot of this hour; made where there is none. Raises KeyError for an unknown scope."""
        while (known := await self._told(scope)) is None:
            async with self._making:
                if await self._told(scope) is None:
                    await self.clean()
                    await self._make(scope)
        return known

    async def _told(self, scope: str) -> Snapshot | None:
        known = await self._store.read(lambda tx: self._lying(tx, scope))
        return known if known is not None and self._path(known.blob).exists() else None

    async def _lying(self, tx: Tx, scope: str) -> Snapshot | None:
        found = await tx.fetch_one(_LYING, (scope, self._clock.now() - KEPT_MS))
        if found is None:
            return None
        seq, hashed, rows, blob, size = found
        return Snapshot(seq=seq, hash=hashed, rows=rows, blob=blob, size=size)

    async def _make(self, scope: str) -> None:
        with self._vault.fresh("snapshot") as part:
            lines = _Lines(part)
            seq, hashed, rows = await self._store.read(lambda tx: self._write(tx, scope, lines))
            lines.end()
            made = Snapshot(seq=seq, hash=hashed, rows=rows, blob=lines.hash.hexdigest(), size=part.size)
            await asyncio.to_thread(part.keep, self._path(made.blob))
        await self._store.write(lambda tx: self._keep(tx, scope, made))

    async def _write(self, tx: Tx, scope: str, lines: _Lines) -> tuple[int, str, int]:
        """One moment's live rows, table by table in the order of their ids; the head of that moment, and how many."""
        head = await tx.fetch_one("SELECT seq, hash FROM head WHERE scope = ?", (scope,))
        if head is None:
            raise KeyError(scope)
        seq, hashed = head
        lines.line(_encode(SnapshotHead(scope=scope, seq=seq, hash=hashed, shapes=self._store.shapes)))
        count = 0
        for name, columns in self._store.columns.items():
            page, last = f"{columns.select} WHERE scope = ? AND id > ? ORDER BY id LIMIT {ROWS}", ""
            while rows := await tx.fetch(page, (scope, last)):
                for row in rows:
                    lines.line(_encode((name, row[0], row[2], msgspec.Raw(encode_body(columns.body(row))))))
                count, last = count + len(rows), rows[-1][0]
        return seq, hashed, count

    async def _keep(self, tx: Tx, scope: str, made: Snapshot) -> None:
        """Lay it open, unless the log was cut above it since it was begun."""
        [[floor]] = await tx.fetch_keys(_HEAD, [(scope,)], lock=True)
        if made.seq >= floor:
            row = (scope, made.seq, made.hash, made.rows, made.blob, made.size, self._clock.now())
            await tx.bulk(_KEEP, [row])

    async def scope_of(self, tx: Tx, blob: str) -> str | None:
        """Of which scope the file of this name is a snapshot."""
        found = await tx.fetch_one("SELECT scope FROM snapshot WHERE blob = ?", (blob,))
        return None if found is None else str(found[0])

    async def clean(self) -> None:
        """Take away what is over an hour old, and files that nobody has known for two cleanings."""

        async def over(tx: Tx) -> set[Path]:
            await tx.execute("DELETE FROM snapshot WHERE at <= ?", (self._clock.now() - KEPT_MS,))
            return {self._path(blob) for (blob,) in await tx.fetch("SELECT blob FROM snapshot")}

        known = await self._store.write(over)
        strays = {path for path in self._vault.folder.glob(f"*{SNAPSHOT}*") if path not in known}
        for path in strays & self._strays:
            path.unlink(missing_ok=True)
        self._strays = strays - self._strays


class _Lines:
    """A file in the making: packed and hashed line by line."""

    def __init__(self, part: Part) -> None:
        self.hash = hashlib.sha256()
        self._part = part
        self._packer = zstandard.ZstdCompressor(level=LEVEL).compressobj()

    def line(self, text: bytes) -> None:
        """One line."""
        self._put(self._packer.compress(text + b"\n"))

    def end(self) -> None:
        """That was all of it."""
        self._put(self._packer.flush())

    def _put(self, packed: bytes) -> None:
        if packed:
            self.hash.update(packed)
            self._part.write(packed)
