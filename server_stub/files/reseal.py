"""Files sealed anew under the first of the keys, one after another, while the server runs.

<sha256>, another key's ─▶ opened by its own ─▶ .<lot>.reseal.part, under the first ─▶ is it what its name says?
                                                           yes: on the disk for good, in the other's place ◀┘

Whatever ends this – a kill, a loss of power – leaves each file whole, under one key or the other; the next run goes on
with those that are left. A reader that has the old one open reads it to its end. Snapshots live an hour, and parts are
sealed by their own header: both are gone before the former key is.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from server_stub.files.doctor import NAME
from server_stub.files.vault import Vault
from sync import sealed_file


def left(vault: Vault) -> list[Path]:
    """The files that are sealed with another key than the first, or with one that is not here."""
    first = next(iter(vault.keys))
    return [path for path in sorted(vault.folder.iterdir()) if NAME.fullmatch(path.name) and _key(path) != first]


def reseal(vault: Vault) -> Iterator[tuple[str, str]]:
    """(name, why not) of each file as it is done with; empty where it is sealed anew now."""
    for path in left(vault):
        with contextlib.suppress(FileNotFoundError):  # somebody took it away meanwhile
            yield path.name, _one(vault, path)


def _key(path: Path) -> bytes:
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        header = file.read(sealed_file.HEADER)
        return header[len(sealed_file.MAGIC) : len(sealed_file.MAGIC) + sealed_file.NAME]
    return b""


def _one(vault: Vault, path: Path) -> str:
    summed = hashlib.sha256()
    with path.open("rb") as file, vault.fresh("reseal") as part:
        try:
            for chunk in sealed_file.stretch(file, vault.keys):
                summed.update(chunk)
                part.write(chunk)
        except sealed_file.Unreadable as error:
            return error.why
        if summed.hexdigest() != path.name:
            return "damaged"
        part.keep(path)
    return ""
