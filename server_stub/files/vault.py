"""The folder of files, sealed.

<sha256>                  a file of a case, whole
<sha256>.snapshot         a scope as a whole, for an hour
.<sha256>.<owner>.part    what a device has sent so far: gone on with, or swept away
.<lot>.snapshot.part      a snapshot in the making

keys   those of files given at the start, the first of them for new files; else, and beside them, the store's own
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from server_stub.central.store import Store, Tx
from server_stub.files.part import Part, Taken
from sync import sealed_file
from sync.erasing import erase
from sync.errors import StoreError

OWN, GIVEN = "files", "files_key"  # names in the store: its own key, and what the given one was known by
SNAPSHOT = ".snapshot"
_NAME = re.compile(r"[0-9a-f]{64}(\.snapshot)?")


class Vault:
    """One folder; its parts are written by one process at a time."""

    def __init__(self, folder: Path, keys: sealed_file.Keys) -> None:
        self.folder = folder
        self.keys = keys
        self._open: dict[Path, Part] = {}

    @classmethod
    def of(cls, store: Store, given: Sequence[bytes] | None = ()) -> Vault:
        """The store's, opened before any request; None where no file is going to be read or written. Raises StoreError
        `files_key_missing`, `files_key_other`."""
        keys = [sealed_file.key_of(secret) for secret in given or ()]
        if given is not None:
            store.transact(lambda tx: _known(tx, keys))
        return cls(store.blob_folder, sealed_file.named(*keys, store.secret(OWN)))

    def path(self, name: str) -> Path:
        """Where a whole file lies. Raises ValueError for a name that is none."""
        if not _NAME.fullmatch(name):
            raise ValueError(name)
        return self.folder / name

    def size(self, name: str) -> int | None:
        """How many bytes are in a file; None where there is none."""
        try:
            return sealed_file.size_in(self.path(name).stat().st_size)
        except FileNotFoundError:
            return None

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """A stretch of a file. Raises StoreError `file_unreadable`, FileNotFoundError."""
        try:
            return sealed_file.read(self.path(name), self.keys, start, end)
        except sealed_file.Unreadable as error:
            raise StoreError("file_unreadable", name=name, why=error.why) from None

    def erase(self, name: str) -> None:
        """A file goes: first the salt of its key, so that what the disk still holds of it says nothing to anybody."""
        erase(self.path(name), sealed_file.HEADER - sealed_file.SALT, sealed_file.HEADER)

    def put(self, content: bytes) -> str:
        """A whole file at once; its name."""
        name = hashlib.sha256(content).hexdigest()
        with self.fresh("put") as part:
            part.write(content)
            part.keep(self.path(name))
        return name

    @contextlib.contextmanager
    def fresh(self, kind: str) -> Iterator[Part]:
        """A file in the making that nobody goes on with: gone if it does not get a name."""
        part = Part(self.folder / f".{secrets.token_hex(8)}.{kind}.part", self.keys)
        try:
            yield part
        finally:
            if not part.closed:
                part.drop()

    @contextlib.contextmanager
    def part(self, name: str, owner: str, now: int) -> Iterator[Part]:
        """What `owner` has sent of a file, to be gone on with; who was at it until now is at it no more. `now`: by
        which it is told how long nobody has. Raises Taken, OSError."""
        path = self._part(name, owner)
        if (earlier := self._open.get(path)) is not None:
            if earlier.finishing:
                raise Taken
            earlier.close()
        part = self._open[path] = Part(path, self.keys)
        try:
            yield part
        finally:
            if self._open.get(path) is part:
                del self._open[path]
            part.close()
            with contextlib.suppress(FileNotFoundError):
                os.utime(path, ns=(now * 1_000_000, now * 1_000_000))

    def sent(self, name: str, owner: str) -> int:
        """How many bytes `owner` has sent of a file; a torn end counts, until somebody goes on with it."""
        path = self._part(name, owner)
        if (at_work := self._open.get(path)) is not None:
            return at_work.size
        try:
            return sealed_file.size_in(path.stat().st_size)
        except FileNotFoundError:
            return 0

    def _part(self, name: str, owner: str) -> Path:
        return self.folder / f".{self.path(name).name}.{hashlib.sha256(owner.encode()).hexdigest()[:16]}.part"

    def parts(self) -> list[Path]:
        """Files that are not whole."""
        return sorted(self.folder.glob(".*.part"))

    def sweep(self, before: int) -> int:
        """Take away parts that nobody has gone on with since `before` (ms); how many."""
        count = 0
        for path in self.parts():
            with contextlib.suppress(FileNotFoundError):
                if path not in self._open and path.stat().st_mtime_ns // 1_000_000 <= before:
                    path.unlink()
                    count += 1
        return count


async def _known(tx: Tx, keys: Sequence[bytes]) -> None:
    """A store that was served with a key of files is served with none but with it: files under it would be lost to
    everybody without a word."""
    found = await tx.fetch_one("SELECT value FROM secret WHERE name = ?", (GIVEN,))
    names = [sealed_file.name_of(key) for key in keys]
    if found is not None and bytes(found[0]) not in names:
        raise StoreError("files_key_other" if names else "files_key_missing")
    if names and (found is None or bytes(found[0]) != names[0]):
        await tx.execute(
            "INSERT INTO secret (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (GIVEN, names[0]),
        )
