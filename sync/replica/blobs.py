"""Files on their way to the centre: beside the replica, named by their hash, as secret as it is (see `sealed`), sent
smallest first and never before the operation that names them.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from sync.errors import ServerRefused, StoreError
from sync.replica.sealed import seal, unseal
from sync.replica.store import ReplicaStore
from sync.transport.http import HttpTransport

_WAITING = """SELECT id, 1 AS reported, sha256, media_type, size FROM material WHERE sha256 IS NOT NULL AND NOT arrived
    AND NOT EXISTS (SELECT 1 FROM shadow WHERE "table" = 'material' AND shadow.id = material.id)
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
        raise StoreError("disk_full", path=str(folder), detail=error.strerror or str(error)) from None
    return sha256


def read_blob(store: ReplicaStore, sha256: str) -> bytes | None:
    """A file that lies here, or None: also for one that is damaged."""
    path = blob_folder(store) / sha256
    return unseal(store.key, sha256, path.read_bytes()) if path.is_file() else None


class Waiting(NamedTuple):
    """A file to be sent for the record `id`; `reported`: only sending it makes it arrive there, whoever sent it before
    for another record (a hash alone proves nobody's possession of the file)."""

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


class Blobs:
    """What is here and was not sent yet."""

    def __init__(self, store: ReplicaStore, transport: HttpTransport) -> None:
        self._store = store
        self._transport = transport
        self._sent: set[tuple[str, str]] = set()

    def waiting(self) -> list[Waiting]:
        """Files here that the server's own rows name, and not known to have arrived, smallest first."""
        return [each for each in waiting(self._store) if (each.id, each.sha256) not in self._sent]

    async def send(self) -> int:
        """Send what waits; answers how many files went. A file that the centre does not take – this device may not send
        it (any more), it was damaged on the disk – waits on and holds up no other."""
        count = 0
        for each in self.waiting():
            if not each.reported and await self._transport.has_blob(each.sha256):
                self._sent.add((each.id, each.sha256))
                continue
            content = read_blob(self._store, each.sha256)
            if content is None:
                continue
            try:
                await self._transport.put_blob(each.sha256, content, each.media_type or "application/octet-stream")
            except ServerRefused as refused:
                if refused.params.get("status") in OF_THE_FILE:
                    continue
                raise
            self._sent.add((each.id, each.sha256))
            count += 1
        return count
