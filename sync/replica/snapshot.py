"""A scope taken as a whole: a file fetched in pieces, then written in small transactions while people go on working.
The pieces lie in the replica's own file, so that they are as secret as it is and go with it.

    pull says `snapshot` ─▶ begin: which file ─▶ fetch: by Range, goes on after a restart
                                             ─▶ put: some hundred rows a transaction, `done` counts them
                                             ─▶ finish: what the file lacks goes; cursor, fold: one transaction

Every row that comes is the server's image: under a preview it goes into the shadow, so that own work stays on top. The
cursor moves in the last transaction alone; until then the scope is asked for as before, and a crash leaves rows each of
which is true, and the count of those that are in.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec
import zstandard

from sync.errors import ChainBroken, ServerRefused
from sync.protocol.messages import Snapshot, SnapshotHead
from sync.records.columns import Columns
from sync.replica.fold import refold
from sync.replica.push import sweep
from sync.replica.rows import put_image
from sync.replica.store import ReplicaStore
from sync.transport.http import HttpTransport

BATCH = 400
"""Rows a transaction: some milliseconds in which no key can be saved."""
PIECE = 1 << 18
UNPACKED = 1 << 14  # packed bytes at once
WINDOW = 8 << 20
MAKING_SECONDS = 300.0
_LINE = msgspec.json.Decoder(tuple[str, str, int, msgspec.Raw])
_NOBODYS = "DELETE FROM piece WHERE blob NOT IN (SELECT blob FROM arriving)"
_ARRIVING = "SELECT scope, blob, seq, hash, rows, size, done FROM arriving WHERE scope = ?"
_STILL = "SELECT 1 FROM arriving WHERE scope = ? AND blob = ?"
_BEGUN = """INSERT INTO arriving VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT (scope) DO UPDATE SET blob = excluded.blob,
seq = excluded.seq, hash = excluded.hash, rows = excluded.rows, size = excluded.size, done = 0"""

_SEEN = """UPDATE outbox SET seen = 1 WHERE state = 'accepted' AND EXISTS
(SELECT 1 FROM json_each(outbox.seqs) AS wrote JOIN cursor ON scope = wrote.key WHERE cursor.seq >= wrote.value)"""
"""What came back with the snapshot leaves the overlay, as it would with a page."""


@dataclass(frozen=True, slots=True)
class Arriving:
    """A snapshot on its way in; `done` rows are written."""

    scope: str
    blob: str
    seq: int
    hash: str
    rows: int
    size: int
    done: int


def arriving(store: ReplicaStore) -> tuple[int, int]:
    """Rows that are in and rows that there are, of all snapshots on their way; (0, 0) for none."""
    [row] = store.read("SELECT coalesce(sum(done), 0), coalesce(sum(rows), 0) FROM arriving")
    return row[0], row[1]


async def take_snapshot(store: ReplicaStore, transport: HttpTransport, scope: str, piece: int = PIECE) -> set[str]:
    """Bring a scope to where the server's snapshot stands, fetched in pieces of so many bytes; answers the tables that
    changed, none where the cursor has not moved. Whatever interrupts it – TransportError, StoreError `disk_full` –, the
    next call goes on where this one ended. Raises ChainBroken for a file that is none."""
    known = _begun(store, scope)
    if known is None or not await _fetch(store, transport, known, piece):
        try:
            told = await transport.ask("GET", "/v1/snapshot", Snapshot, seconds=MAKING_SECONDS, scope=scope)
        except ServerRefused as refused:
            if refused.params.get("status") != 404:
                raise
            return set()  # the scope was withdrawn since the pull that named it: the next one takes it from this copy
        known = _begin(store, scope, told)
        if known is None or not await _fetch(store, transport, known, piece):
            return set()  # gone meanwhile: the next pull asks again
    return await _put(store, known)


def give_up(connection: sqlite3.Connection, scope: str) -> None:
    """A scope's snapshot is not taken in any further."""
    connection.execute("DELETE FROM arriving WHERE scope = ?", (scope,))
    connection.execute(_NOBODYS)


def _begun(store: ReplicaStore, scope: str) -> Arriving | None:
    found = store.read(_ARRIVING, (scope,))
    return Arriving(*found[0]) if found else None


def _begin(store: ReplicaStore, scope: str, told: Snapshot) -> Arriving | None:
    """What is fetched from now on; None where it leads no further than this copy is."""
    with store.write() as connection:
        held = connection.execute("SELECT seq FROM cursor WHERE scope = ?", (scope,)).fetchone()
        if held is None or held[0] >= told.seq:
            give_up(connection, scope)
            return None
        known = _begun(store, scope)
        if known is not None and known.blob == told.blob:
            return known
        connection.execute(_BEGUN, (scope, told.blob, told.seq, told.hash, told.rows, told.size))
        connection.execute(_NOBODYS)
    return Arriving(scope, told.blob, told.seq, told.hash, told.rows, told.size, 0)


async def _fetch(store: ReplicaStore, transport: HttpTransport, known: Arriving, size: int) -> bool:
    """The file, whole; False where the server has it no more, or it was another one."""
    [(at,)] = store.read("SELECT coalesce(sum(length(content)), 0) FROM piece WHERE blob = ?", (known.blob,))
    while at < known.size:
        piece = await transport.get_piece(known.blob, at, min(size, known.size - at))
        if not piece:
            return False
        with store.write(lasting=False) as connection:
            connection.execute("INSERT INTO piece VALUES (?, ?, ?)", (known.blob, at, piece))
        at += len(piece)
    summed = hashlib.sha256()
    for piece in _pieces(store, known.blob):
        summed.update(piece)
        await asyncio.sleep(0)
    if summed.hexdigest() == known.blob:
        return True
    with store.write() as connection:
        connection.execute("DELETE FROM piece WHERE blob = ?", (known.blob,))
    return False


def _pieces(store: ReplicaStore, blob: str) -> Iterator[bytes]:
    at = 0
    while found := store.read("SELECT content FROM piece WHERE blob = ? AND at = ?", (blob, at)):
        yield found[0][0]
        at += len(found[0][0])


async def _put(store: ReplicaStore, known: Arriving) -> set[str]:
    """Write what is not written yet, batch by batch; between two of them whatever else waits has its turn."""
    here: dict[str, set[str]] = {}
    count = 0
    try:
        lines = _lines(store, known.blob)
        msgspec.json.decode(next(lines), type=SnapshotHead)
        while batch := [_LINE.decode(line) for line in islice(lines, BATCH)]:
            for table, id, _, _ in batch:
                here.setdefault(table, set()).add(id)
            count += len(batch)
            if count > known.done and not _put_batch(store, known, batch, count):
                return set()
            await asyncio.sleep(0)
    except (zstandard.ZstdError, msgspec.MsgspecError, UnicodeDecodeError, OverflowError, StopIteration):
        with store.write() as connection:
            give_up(connection, known.scope)
        raise ChainBroken("chain_body", scope=known.scope, seq=known.seq) from None
    return await _finish(store, known, here)


def _lines(store: ReplicaStore, blob: str) -> Iterator[bytes]:
    unpacker, rest = zstandard.ZstdDecompressor(max_window_size=WINDOW).decompressobj(), b""
    for piece in _pieces(store, blob):
        for start in range(0, len(piece), UNPACKED):
            *lines, rest = (rest + unpacker.decompress(piece[start : start + UNPACKED])).split(b"\n")
            yield from lines
    if rest:
        yield rest


def _put_batch(store: ReplicaStore, known: Arriving, batch: list[tuple[str, str, int, Any]], count: int) -> bool:
    """One transaction; False where the scope was withdrawn meanwhile, or another file took this one's place. A record
    that has come here from another scope since the snapshot was made stays as it is: the newer image counts."""
    with store.write(lasting=False) as connection:
        if not connection.execute(
            "UPDATE arriving SET done = ? WHERE scope = ? AND blob = ?", (count, known.scope, known.blob)
        ).rowcount:
            return False
        shadowed = set(connection.execute('SELECT "table", id FROM shadow').fetchall())
        rows: dict[str, list[list[Any]]] = {}
        for table, id, v, raw in batch:
            columns = store.columns.get(table)
            if columns is None:
                continue
            if (table, id) in shadowed:
                put_image(connection, columns, id, known.scope, v, msgspec.json.decode(raw, type=dict[str, Any]))
            else:
                rows.setdefault(table, []).append(columns.image_params(id, known.scope, v, bytes(raw)))
        for table, values in rows.items():
            connection.executemany(store.columns[table].take, values)
    return True


async def _finish(store: ReplicaStore, known: Arriving, here: dict[str, set[str]]) -> set[str]:
    """What the scope holds no more goes; then the cursor, and own work back on top. Nothing more where the scope was
    withdrawn meanwhile, or begun anew: what is there since is not this file's to judge."""
    for table, columns in store.columns.items():
        gone = _gone(store, columns, known.scope, here.get(table, set()))
        for start in range(0, len(gone), BATCH):
            with store.write(lasting=False) as connection:
                if not connection.execute(_STILL, (known.scope, known.blob)).fetchone():
                    return set()
                for id in gone[start : start + BATCH]:
                    put_image(connection, columns, id, known.scope, 0, None)
            await asyncio.sleep(0)
    with store.write(lasting=False) as connection:
        if not connection.execute(
            "DELETE FROM arriving WHERE scope = ? AND blob = ?", (known.scope, known.blob)
        ).rowcount:
            return set()
        connection.execute(_NOBODYS)
        connection.execute("UPDATE cursor SET seq = ?, hash = ? WHERE scope = ?", (known.seq, known.hash, known.scope))
        connection.execute(_SEEN)
        sweep(connection)
        refold(connection, store.columns, store.device)
    return {*here, "outbox", "*"}


def _gone(store: ReplicaStore, columns: Columns, scope: str, here: set[str]) -> list[str]:
    """Ids that a table has in this scope – by the server's word: of a previewed row its shadow tells – and the file
    has not."""
    table = columns.shape.name
    shadows = store.read('SELECT id, scope, body IS NULL FROM shadow WHERE "table" = ?', (table,))
    over = {id for id, _, _ in shadows}
    found = {id for (id,) in store.read(columns.select_ids, (scope,))} - over
    found |= {id for id, where, absent in shadows if where == scope and not absent}
    return sorted(found - here)
