"""Signed papers at this machine: held between the signature and the centre's word, then kept by their number.

    sign ─▶ hold()          .held/<document>.pdf, then .json: from here on there is one signed file of that paper,
                            whatever ends this process, and no second one is made
         ─▶ registered      the operation is in the outbox; keep() puts a copy named by its number
         ─▶ release()       the centre has it

    begin_batch()          .batch.json: whose batch, and which cases were meant, until end_batch()

A PDF without its JSON was never finished: nobody has seen it, and it is removed. Ids of papers are made on other
machines: one that is no plain name (`file_name`) leads to no other folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path

import msgspec

from sync.errors import StoreError
from sync.protocol.verbs.case import SignedFile

_UNSAFE = re.compile(r"[^\w〔〕()（）\[\]-]+")
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}")


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A signed file that the centre has not confirmed. `n` is its operation in the outbox, None before there is
    one."""

    document: str
    case: str
    scope: str
    kind: str
    number: str
    staff: str
    signed: SignedFile
    n: int | None = None


class Batch(msgspec.Struct, frozen=True):
    """Cases that a person set out to issue together."""

    staff: str
    cases: tuple[str, ...]


class Filing:
    """The folder of one machine's signed papers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held = folder / ".held"
        self._batch = folder / ".batch.json"

    def hold(self, held: Held, content: bytes) -> None:
        """On disk, whole, before anything is said of it. Raises StoreError `disk_full`."""
        try:
            self._held.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(self._held / f"{file_name(held.document)}.pdf", content)
            write_whole(self._held / f"{file_name(held.document)}.json", msgspec.json.encode(held))
        except OSError as error:
            raise StoreError("disk_full", path=str(self.folder), detail=error.strerror or str(error)) from None

    def note(self, held: Held, n: int) -> Held:
        """Remember the operation that registers it."""
        told = msgspec.structs.replace(held, n=n)
        try:
            write_whole(self._held / f"{file_name(held.document)}.json", msgspec.json.encode(told))
        except OSError as error:
            raise StoreError("disk_full", path=str(self.folder), detail=error.strerror or str(error)) from None
        return told

    def held(self) -> list[Held]:
        """Everything that is held, by document."""
        found = [self.find(path.stem) for path in sorted(self._held.glob("*.pdf"))]
        return [told for told in found if told is not None]

    def sweep(self) -> None:
        """Remove the halves that a crash left; only where nobody is holding a file at this moment."""
        for path in self._held.glob("*.pdf"):
            if self.find(path.stem) is None:
                path.unlink(missing_ok=True)

    def find(self, document: str) -> Held | None:
        """The signed file of a document that is held, or None."""
        try:
            content = (self._held / f"{file_name(document)}.json").read_bytes()
            return msgspec.json.decode(content, type=Held)
        except (OSError, msgspec.DecodeError):
            return None

    def content(self, document: str) -> bytes | None:
        """The held bytes."""
        path = self._held / f"{file_name(document)}.pdf"
        return path.read_bytes() if path.is_file() else None

    def release(self, document: str) -> None:
        """The centre has spoken: it is held no longer."""
        for suffix in (".json", ".pdf"):
            (self._held / f"{file_name(document)}{suffix}").unlink(missing_ok=True)

    def path_of(self, number: str) -> Path:
        """Where the copy of a paper lies, by its number."""
        return self.folder / f"{_UNSAFE.sub('_', number)}.pdf"

    def keep(self, number: str, content: bytes) -> Path:
        """The copy for people. Raises StoreError `disk_full`."""
        path = self.path_of(number)
        try:
            write_whole(path, content)
        except OSError as error:
            raise StoreError("disk_full", path=str(self.folder), detail=error.strerror or str(error)) from None
        return path

    def begin_batch(self, batch: Batch) -> None:
        """Remember what was meant. Raises StoreError `disk_full`."""
        try:
            write_whole(self._batch, msgspec.json.encode(batch))
        except OSError as error:
            raise StoreError("disk_full", path=str(self.folder), detail=error.strerror or str(error)) from None

    def batch(self) -> Batch | None:
        """What was begun and not ended."""
        try:
            return msgspec.json.decode(self._batch.read_bytes(), type=Batch)
        except (OSError, msgspec.DecodeError):
            return None

    def end_batch(self) -> None:
        """Every case of it has been looked at."""
        self._batch.unlink(missing_ok=True)

    def discard(self, held: Held) -> None:
        """It will never be valid: neither held nor kept."""
        self.path_of(held.number).unlink(missing_ok=True)
        self.release(held.document)


def file_name(document: str) -> str:
    """What a paper's files are called after its id: the id itself, or its hash where that might name another place."""
    return document if _PLAIN.fullmatch(document) else hashlib.sha256(document.encode()).hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Whole or not at all, readable by the owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
