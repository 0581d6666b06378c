"""What `workstation reset --export` took along, back onto a machine of the same hall.

    drafts       lie again with their authors, unless a newer one of the same work lies there
    files        beside the copy, where such a draft names them
    operations   are named with their authors, who do them again: they bear the number, the session and the order of a
                 machine that is none any more, and the centre takes no word of such a one from another

Papers and all files stay in the ZIP, to be looked at.
"""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from sync.errors import InputError
from sync.protocol.messages import BLOB_BYTES
from sync.replica.blobs import keep_blob
from sync.replica.store import ReplicaStore

LARGEST = 64 << 20  # of unsent.json


class _Draft(msgspec.Struct, frozen=True):
    key: str
    staff: str
    body: str
    at: int


class _Said(msgspec.Struct, frozen=True):
    """Of an operation, what its author knows it by."""

    kind: str
    id: str
    by: str
    said_at: int | None = None


class _Kept(msgspec.Struct, frozen=True):
    hall: str
    label: str
    operations: list[_Said]
    drafts: list[_Draft]
    files: list[str]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How many came back, how many lay here already, and what has to be done again: (when, who, kind, record)."""

    drafts: int
    there: int
    files: int
    again: tuple[tuple[int, str, str, str], ...]


def take_back(path: Path, store: ReplicaStore) -> TakenBack:
    """Into this copy. Twice is once. Raises InputError `reset.import_unreadable`, `reset.import_other_hall`, StoreError
    `disk_full`."""
    try:
        with zipfile.ZipFile(path) as archive:
            kept = msgspec.json.decode(_read(archive, "unsent.json", LARGEST), type=_Kept)
            if kept.hall != store.hall:
                raise InputError("reset.import_other_hall", path=str(path), hall=kept.hall)
            drafts = [each for each in kept.drafts if not _is_here(store, each)]
            words = "".join(each.body for each in drafts)
            named = [name for name in kept.files if name in words]
            files = sum(_keep(store, name, _read(archive, f"files/{name}", BLOB_BYTES)) for name in named)
    except (OSError, zipfile.BadZipFile, KeyError, RuntimeError, ValueError, NotImplementedError) as error:
        raise InputError("reset.import_unreadable", path=str(path), detail=str(error)) from None
    with store.write() as connection:
        rows = [msgspec.structs.astuple(each) for each in drafts]
        connection.executemany("INSERT OR REPLACE INTO draft (key, staff, body, at) VALUES (?, ?, ?, ?)", rows)
    again = tuple((each.said_at or 0, each.by, each.kind, each.id) for each in kept.operations)
    return TakenBack(len(drafts), len(kept.drafts) - len(drafts), files, again)


def _is_here(store: ReplicaStore, draft: _Draft) -> bool:
    """Whether the person has the same work here, as far as that or farther."""
    found: list[Any] = store.read("SELECT at FROM draft WHERE key = ? AND staff = ?", (draft.key, draft.staff))
    return any((each[0] or 0) >= draft.at for each in found)


def _keep(store: ReplicaStore, name: str, content: bytes) -> bool:
    """A file under the name that it has by its content; any other is none of ours."""
    return hashlib.sha256(content).hexdigest() == name and keep_blob(store, content) == name


def _read(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with archive.open(name) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{name} is too large")
    return content
