"""Files on their way to the centre: beside the replica, named by their hash, sent smallest first and never before the
operation that names them.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from sync.errors import ServerRefused, StoreError
from sync.replica.store import ReplicaStore
from sync.transport.http import HttpTransport

_WAITING = """SELECT sha256, media_type, size FROM material WHERE sha256 IS NOT NULL AND NOT arrived
    AND NOT EXISTS (SELECT 1 FROM shadow WHERE "table" = 'material' AND shadow.id = material.id)
UNION SELECT sha256, 'application/pdf', size FROM document WHERE sha256 IS NOT NULL AND registered_by IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM shadow WHERE "table" = 'document' AND shadow.id = document.id)
ORDER BY size"""


def blob_folder(store: ReplicaStore) -> Path:
    """Where a replica's files lie."""
    return store.path.with_suffix(".blobs")


def keep_blob(store: ReplicaStore, content: bytes) -> str:
    """Put a file beside the replica; its SHA-256. Raises StoreError `disk_full`."""
    sha256 = hashlib.sha256(content).hexdigest()
    folder = blob_folder(store)
    part = folder / f".{sha256}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / sha256)
    except OSError as error:
        raise StoreError("disk_full", path=str(folder), detail=error.strerror or str(error)) from None
    return sha256


def read_blob(store: ReplicaStore, sha256: str) -> bytes | None:
    """A file that lies here, or None."""
    path = blob_folder(store) / sha256
    return path.read_bytes() if path.is_file() else None


class Blobs:
    """What is here and was not sent yet."""

    def __init__(self, store: ReplicaStore, transport: HttpTransport) -> None:
        self._store = store
        self._transport = transport
        self._sent: set[str] = set()

    def waiting(self) -> list[tuple[str, str, int]]:
        """Files here that the server's own rows name, and not known to have arrived: (sha256, media type, size),
        smallest first."""
        here = {path.name for path in blob_folder(self._store).glob("[0-9a-f]*")}
        if not here:
            return []
        found = self._store.read(_WAITING)
        return [tuple(row) for row in found if row["sha256"] in here and row["sha256"] not in self._sent]

    async def send(self) -> int:
        """Send what waits; answers how many files went. A file that this device may not send (any more) waits on."""
        count = 0
        for sha256, media_type, _ in self.waiting():
            if await self._transport.has_blob(sha256):
                self._sent.add(sha256)
                continue
            content = read_blob(self._store, sha256)
            if content is None:
                continue
            try:
                await self._transport.put_blob(sha256, content, media_type or "application/octet-stream")
            except ServerRefused as refused:
                if refused.params.get("status") == 404:
                    continue
                raise
            self._sent.add(sha256)
            count += 1
        return count
