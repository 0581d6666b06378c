"""A file on its way in: in one piece or in many, gone on with wherever it stopped.

    PUT, a piece ─▶ who names it? ─▶ may the device, may the case? ─▶ the part of this device ─▶ sealed as it comes
                        └ 404             └ 507, 413                     │ first kilobyte: what it says? ─▶ 415
                                                                         ▼
          202, so many bytes are here ◀─ more to come ─ whole? ─▶ its SHA-256 ─▶ named, kept ─▶ arrived, by the clock
                                                                    └ 400, nothing of it is left

A part is of one device: nobody else learns how far it is, nor puts bytes into it. A connection that is cut leaves what
came by it; so does a server that dies.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from server_stub.apply.applier import Applier
from server_stub.apply.incoming import Incoming, by_the_clock
from server_stub.central.people import Caller, NotAllowed, reads_only, scopes_for
from server_stub.central.statements import by_keys, insert_missing
from server_stub.central.store import Store, Tx
from server_stub.files import limits
from server_stub.files.naming import Naming, namings
from server_stub.files.part import Part, Taken
from server_stub.files.refusal import FileRefused
from server_stub.files.vault import Vault
from sync.clock import Clock
from sync.protocol.identifiers import once
from sync.protocol.media import MEDIA_TYPES, NEAR, media_type
from sync.protocol.messages import BLOB_BYTES
from sync.sealed_file import Unreadable

T = TypeVar("T")
_HEADS = by_keys("head", ("scope",), ("scope",))
_KEPT = insert_missing("blob", ("sha256", "size", "media_type", "at"))
_SENT = insert_missing("blob_paper", ("sha256", "paper"))


@dataclass(frozen=True, slots=True)
class Piece:
    """What a request brings: `length` bytes from `start` on, of `total`; None where it does not say."""

    start: int = 0
    total: int | None = None
    length: int | None = None


class Uploads:
    """What `PUT /v1/blob` does."""

    def __init__(self, store: Store, vault: Vault, applier: Applier, clock: Clock) -> None:
        self._store, self._vault, self._applier, self._clock = store, vault, applier, clock

    async def namings(self, sha256: str, caller: Caller) -> list[Naming]:
        """What names a file, as far as the device may see it; raises NotAllowed `read_only` for who sends nothing."""

        async def work(tx: Tx) -> list[Naming]:
            if await reads_only(tx, caller.staff):
                raise NotAllowed("read_only")
            return await namings(tx, sha256, set(await scopes_for(tx, caller.device, self._clock.now())))

        return await self._store.read(work)

    async def take(
        self, sha256: str, named: list[Naming], caller: Caller, piece: Piece, body: AsyncIterator[bytes]
    ) -> int:
        """Take a piece in; how many bytes of the file are here, or -1: all, and it has arrived. Raises FileRefused,
        OSError, and whatever `body` raises, with what came until then kept."""
        file = named[0].file
        if piece.total is not None:
            await self._may(sha256, named, caller, piece.total, piece.total - piece.start)
        try:
            with self._vault.part(sha256, caller.device, self._clock.now()) as part:
                return await self._take(sha256, named, caller, piece, body, part)
        except Taken:
            detail = f"{file}: this device sends it by another connection"
            raise FileRefused(409, "upload_elsewhere", detail, file=file) from None

    async def _take(
        self, sha256: str, named: list[Naming], caller: Caller, piece: Piece, body: AsyncIterator[bytes], part: Part
    ) -> int:
        file = named[0].file
        if piece.start <= part.size:
            part.cut(piece.start)
        if piece.start != part.size:
            detail = f"{file}: {part.size} bytes are here"
            raise FileRefused(409, "upload_offset", detail, file=file, offset=part.size)
        allowance = limits.Allowance(self._store, caller.device, self._clock.now(), file)
        if piece.length:
            await allowance.set_aside(piece.length)
        try:
            async for chunk in body:
                if part.size + len(chunk) > (piece.total or BLOB_BYTES):
                    raise _too_large(part, file)
                await allowance.took(len(chunk))
                part.write(chunk)
                if part.size >= NEAR:
                    _judge(part, named)
        finally:
            await allowance.settle()
        if piece.total is not None and part.size < piece.total:
            return part.size
        if part.closed:
            raise Taken
        part.finishing = True
        _judge(part, named)
        await self._whole(sha256, named, caller, part)
        return -1

    async def _whole(self, sha256: str, named: list[Naming], caller: Caller, part: Part) -> None:
        """It gets its name, if it is what the name says; its arrival is an operation of the clock."""
        size, kind, path = part.size, media_type(part.beginning[:NEAR]), self._vault.path(sha256)
        if not await _alone(_is, part, sha256):
            part.drop()
            detail = f"{named[0].file}: the bytes have another SHA-256; send it again from the first"
            raise FileRefused(400, "file_content", detail, file=named[0].file)
        now = self._clock.now()
        row = (sha256, size, str(kind), now)
        arriving, known = await self._store.write(lambda tx: self._enter(tx, named, row))
        try:
            await _alone(part.keep, path)
        except OSError:  # the disk is full: it is not here after all
            if not known:
                await self._store.write(lambda tx: tx.execute("DELETE FROM blob WHERE sha256 = ?", (sha256,)))
            raise
        right = [each for each in arriving if each.says == kind]
        await self._applier.submit([_arrival(each, sha256, now) for each in right])

    async def _enter(
        self, tx: Tx, named: Sequence[Naming], row: tuple[str, int, str, int]
    ) -> tuple[list[Naming], bool]:
        """It is here: counted for its cases, which nobody else counts meanwhile, and sent for its papers. Answers at
        which of the records it arrives, and whether it was here before. Raises FileRefused `case_files_full` where at
        none."""
        await tx.fetch_keys(_HEADS, [(scope,) for scope in sorted({each.scope for each in named})], lock=True)
        may = await _fitting(tx, row[0], named, row[1])
        known = await tx.fetch_one("SELECT 1 FROM blob WHERE sha256 = ?", (row[0],)) is not None
        await tx.bulk(_KEPT, [row])
        await tx.bulk(_SENT, [(row[0], paper) for paper in sorted({each.paper for each in named if each.paper})])
        return may, known

    async def _may(self, sha256: str, named: Sequence[Naming], caller: Caller, size: int, more: int) -> None:
        """Whether a file of this size would arrive at any of the records, as it looks now. Raises FileRefused."""
        file = named[0].file
        if size > BLOB_BYTES:
            raise FileRefused(
                413, "too_large", f"{file}: a file has at most {BLOB_BYTES} bytes", file=file, limit=BLOB_BYTES
            )

        async def work(tx: Tx) -> None:
            await limits.device_may(tx, caller.device, self._clock.now(), more, file)
            await _fitting(tx, sha256, named, size)

        await self._store.read(work)


async def _fitting(tx: Tx, sha256: str, named: Sequence[Naming], size: int) -> list[Naming]:
    """Those of the records whose case has room for it. Raises FileRefused where none has."""
    may, full = [], None
    for each in named:
        if each.arrived:
            continue
        try:
            await limits.case_may(tx, each.case, size, each.file, sha256)
            may.append(each)
        except FileRefused as refused:
            full = refused
    if full is not None and not may:
        raise full
    return may


def _too_large(part: Part, file: str) -> FileRefused:
    part.drop()
    return FileRefused(
        413,
        "too_large",
        f"{file}: more bytes came than were told, or than a file may have",
        file=file,
        limit=BLOB_BYTES,
    )


def _judge(part: Part, named: Sequence[Naming]) -> None:
    """Whether the beginning is that of a kind which a case may hold, and which one of the records says that it is.
    Raises FileRefused `file_type`, and then nothing of it is kept."""
    kind = media_type(part.beginning[:NEAR])
    says = [each.says for each in named if not each.arrived] or [each.says for each in named]
    if kind is not None and kind in says:
        return
    part.drop()
    file, taken = named[0].file, ", ".join(MEDIA_TYPES)
    told = f"it is {kind or 'none of these'}, and its record says {says[0] or 'nothing'}"
    detail = f"{file}: files are {taken}; {told}"
    raise FileRefused(415, "file_type", detail, file=file, says=says[0], **{"is": kind or "unknown"})


async def _alone(work: Callable[..., T], *args: object) -> T:
    """In a thread, and waited for also where a server that stops breaks the request off: whoever let go of a part while
    it gets its name would leave a torn file under it."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *args))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _is(part: Part, sha256: str) -> bool:
    try:
        return part.digest() == sha256
    except Unreadable:  # what a loss of power left
        return False


def _arrival(each: Naming, sha256: str, now: int) -> Incoming:
    n = once(each.arrival, each.id, sha256, each.v)
    return by_the_clock(each.arrival, {"sha256": sha256}, each.id, each.scope, n=n, now=now)
