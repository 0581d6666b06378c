"""Files on their way to the centre: beside the replica, named by their hash, as secret as it is (see `sealed`), sent
smallest first and never before the operation that names them.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sync.clock import Clock, SystemClock
from sync.errors import ServerRefused, StoreError
from sync.records.settings import HOUR
from sync.replica import refused_files, sent_files, unnamed_files
from sync.replica.sealed import seal, unseal
from sync.replica.store import ReplicaStore
from sync.replica.upload import PIECE, upload
from sync.transport.http import HttpTransport

_WAITING = """SELECT id, v AS reported, sha256, media_type, size FROM material WHERE sha256 IS NOT NULL AND NOT arrived
    AND NOT EXISTS (SELECT 1 FROM shadow WHERE "table" = 'material' AND shadow.id = material.id)
UNION SELECT id, v, sha256, media_type, size FROM evidence WHERE NOT arrived AND sha256 IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM shadow WHERE "table" = 'evidence' AND shadow.id = evidence.id)
UNION SELECT id, 0, sha256, 'application/pdf', size FROM document WHERE sha256 IS NOT NULL AND registered_by IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM shadow WHERE "table" = 'document' AND shadow.id = document.id)
UNION SELECT id, 0, approval, 'application/pdf', NULL FROM document WHERE approval > ''
    AND NOT EXISTS (SELECT 1 FROM shadow WHERE "table" = 'document' AND shadow.id = document.id)
ORDER BY size"""


def blob_folder(store: ReplicaStore) -> Path:
    """Where a replica's files lie."""
    return store.path.with_suffix(".blobs")


def keep_blob(store: ReplicaStore, content: bytes) -> str:
    """Put a file beside the replica, sealed where the copy is encrypted; its SHA-256. Raises StoreError `disk_full`."""
    sha256 = hashlib.sha256(content).hexdigest()
    folder = blob_folder(store)
    part = folder / f".{sha256}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with part.open("wb") as file:
            file.write(seal(store.key, sha256, content))
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / sha256)
    except OSError as error:
        with contextlib.suppress(OSError):  # half a file would only take what room is left
            part.unlink(missing_ok=True)
        raise StoreError("disk_full", path=str(folder), detail=error.strerror or str(error)) from None
    return sha256


def read_blob(store: ReplicaStore, sha256: str) -> bytes | None:
    """A file that lies here, or None: also for one that is damaged."""
    path = blob_folder(store) / sha256
    return unseal(store.key, sha256, path.read_bytes()) if path.is_file() else None


class Waiting(NamedTuple):
    """A file to be sent for the record `id`; `reported`: the record's version where only sending it makes it arrive
    there, whoever sent it before for another record (a hash alone proves nobody's possession of the file) or for this
    one (another file may have had its place since); else 0."""

    id: str
    reported: int
    sha256: str
    media_type: str | None
    size: int | None


def waiting(store: ReplicaStore) -> list[Waiting]:
    """Files here that the server's own rows name, and that had not arrived when these were pulled, smallest first."""
    here = {path.name for path in blob_folder(store).glob("[0-9a-f]*")}
    return [each for each in (Waiting(*row) for row in store.read(_WAITING)) if each.sha256 in here] if here else []


OF_THE_FILE = (400, 404, 409, 413, 415, 422)  # refusals that say nothing against the next one
DAY_IS_FULL, READ_ONLY = "device_files_full", "read_only"
BROKE = (500, "internal")  # a defect that the centre met over this file; the next one may be taken


class Blobs:
    """What is here and was not sent yet."""

    def __init__(self, store: ReplicaStore, transport: HttpTransport, clock: Clock | None = None) -> None:
        self._store = store
        self._transport = transport
        self._clock = clock or SystemClock()
        self._sent: set[tuple[str, str, int]] = set()
        self._epoch: str | None = None  # the centre's history in which they were
        self._cleared: int | None = None
        self.piece = PIECE  # bytes of a file at once
        self.told_anew = False  # whether `send` changed what is known of files that are not taken

    def waiting(self) -> list[Waiting]:
        """Files here that the server's own rows name, and not known to have arrived, smallest first. Once the centre
        was restored, nothing is known of any."""
        epoch = self._store.noted(sent_files.EPOCH)
        if epoch != self._epoch:
            self._sent = {(*each, 0) for each in sent_files.lately(self._store, self._clock.now())}
            self._epoch = epoch
        return [each for each in waiting(self._store) if (each.id, each.sha256, each.reported) not in self._sent]

    async def send(self) -> int:
        """Send what waits; answers how many files went. A file that the centre does not take – it is of another kind,
        the case is full, this device may not send it (any more), it was damaged on the disk – is noted with the
        reason, waits on and holds up no other; nor does one over which the centre breaks."""
        await self._clear()
        count, files = 0, self.waiting()
        self.told_anew = refused_files.keep_only(self._store, [(each.id, each.sha256) for each in files])
        later = refused_files.put_off(self._store, self._clock.now())
        for place, each in enumerate(files):
            if (each.id, each.sha256) in later:
                continue
            try:
                count += await self._send(each)
            except ServerRefused as refused:
                full = refused.code == DAY_IS_FULL  # for what is larger, too: no use in trying
                if refused.code == READ_ONLY:  # what others left here waits for one of them
                    break
                status = refused.params.get("status")
                if status not in OF_THE_FILE and (status, refused.code) != BROKE and not full:
                    raise
                if refused.code in ("upload_offset", "upload_elsewhere"):  # the server is still at an earlier try
                    continue
                self._note(files[place:] if full else [each], refused.code, refused.params)
                if full:
                    break
                continue
            self._sent.add((each.id, each.sha256, each.reported))
            if not each.reported:
                sent_files.note(self._store, each.id, each.sha256, self._epoch or "", self._clock.now())
        if refused_files.keep_only(self._store, [(each.id, each.sha256) for each in self.waiting()]):
            self.told_anew = True
        return count

    async def _clear(self) -> None:
        """Once an hour: what nothing here names any more."""
        now = self._clock.now()
        if self._cleared is None or not 0 <= now - self._cleared < HOUR:
            self._cleared = now
            await asyncio.to_thread(unnamed_files.clear, self._store, blob_folder(self._store), now)

    async def _send(self, each: Waiting) -> bool:
        """Whether it went; it had, where not. Raises ServerRefused, TransportError."""
        if not each.reported and await self._transport.has_blob(each.sha256):
            return False
        content = await asyncio.to_thread(_whole, self._store, each.sha256)
        if content is None:
            raise ServerRefused("file_damaged", status=422)
        await upload(self._transport, each.sha256, content, each.media_type or "application/octet-stream", self.piece)
        return True

    def _note(self, files: list[Waiting], code: str, params: Mapping[str, Any]) -> None:
        told = {name: value for name, value in params.items() if name != "status"}
        refused_files.note(self._store, [(each.id, each.sha256) for each in files], code, told, self._clock.now())
        self.told_anew = True


def _whole(store: ReplicaStore, sha256: str) -> bytes | None:
    """A file that is still what its name says."""
    content = read_blob(store, sha256)
    return content if content is not None and hashlib.sha256(content).hexdigest() == sha256 else None
