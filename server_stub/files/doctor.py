"""Every file held against its name, and the folder against the store: what is missing, what is damaged, and of which
case; what lies there and nobody knows.

missing      it arrived once, and is not in the folder
damaged      it was altered or cut off on the disk, or is another file under this name
other_key    sealed with a key that was not given
not_sealed   somebody laid it there as it is
unknown      no row knows of it: of a store that was put back, or laid there; `--remove` takes those named like a file
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server_stub.central.store import Tx
from server_stub.files.vault import SNAPSHOT, Vault
from sync import sealed_file

NAME = re.compile(r"[0-9a-f]{64}")
_CAME = "SELECT sha256, size FROM blob ORDER BY sha256"
_ARRIVED = """SELECT m.sha256, m.name, c.number FROM material m JOIN "case" c ON c.id = m."case"
WHERE m.arrived AND m.sha256 IS NOT NULL ORDER BY m.sha256, m.id"""
_EVIDENCE = "SELECT sha256, name, entry FROM evidence WHERE arrived ORDER BY sha256, id"
_PAPERS = "SELECT sha256, kind, number FROM document WHERE sha256 IS NOT NULL ORDER BY sha256, id"
_APPROVALS = "SELECT approval, kind, number FROM document WHERE approval IS NOT NULL ORDER BY approval, id"


@dataclass(frozen=True, slots=True)
class Fault:
    """One file; `of` is what names it."""

    what: str
    sha256: str
    of: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.what}: {self.sha256}  {', '.join(self.of) or 'nothing names it'}"


@dataclass(slots=True)
class Found:
    """What came of it. `unnamed`: files that no record names any more."""

    whole: int = 0
    bytes: int = 0
    unnamed: int = 0
    parts: int = 0
    unknown: list[Path] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def __str__(self) -> str:
        told = f"{self.whole} files whole, {self.bytes} bytes, {self.parts} on their way"
        return f"{told}, {self.unnamed} that nothing names" if self.unnamed else told


def lying(vault: Vault) -> list[Path]:
    """What lies in the folder, but for parts and snapshots, which go by themselves. Asked before the rows are: a file
    has its row before it has its name."""
    return sorted(
        path
        for path in vault.folder.iterdir()
        if not path.name.endswith(SNAPSHOT) and not (path.name.startswith(".") and path.name.endswith(".part"))
    )


def remove(found: Found) -> list[Path]:
    """Take away what is named like a file of ours, and no row knows; what they were."""
    gone = [path for path in found.unknown if NAME.fullmatch(path.name) and path.is_file()]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


async def came(tx: Tx) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Of every file that ever came its size, and of what it is. A record whose file never did is no fault: it is on
    its way."""
    names: dict[str, list[str]] = {}
    every = [row for sql in (_ARRIVED, _EVIDENCE, _PAPERS, _APPROVALS) for row in await tx.fetch(sql)]
    for sha256, what, number in every:
        names.setdefault(sha256, []).append(f"{what} {number or ''}".strip())
    return dict(map(tuple, await tx.fetch(_CAME))), names


def examine(
    vault: Vault, sizes: Mapping[str, int], names: Mapping[str, Sequence[str]], there: Sequence[Path] = ()
) -> Found:
    """Open every file; no transaction waits for it. `there` is what lay in the folder before."""
    found = Found(parts=len(vault.parts()), unknown=[path for path in there if path.name not in sizes])
    for sha256, size in sizes.items():
        what = _what(vault, sha256, size)
        if what:
            found.faults.append(Fault(what, sha256, tuple(names.get(sha256, ()))))
        else:
            found.whole += 1
            found.bytes += size
            found.unnamed += sha256 not in names
    return found


def _what(vault: Vault, sha256: str, size: int) -> str:
    """What is wrong with a file; empty where nothing is."""
    summed, length = hashlib.sha256(), 0
    try:
        with vault.path(sha256).open("rb") as file:
            for chunk in sealed_file.stretch(file, vault.keys):
                summed.update(chunk)
                length += len(chunk)
    except FileNotFoundError:
        return "missing"
    except sealed_file.Unreadable as error:
        return error.why
    return "" if summed.hexdigest() == sha256 and length == size else "damaged"


def locate(vault: Vault) -> list[str]:
    """Where the files are, how many, and which key each of them wants."""
    own = list(vault.keys)[-1]
    sealed: Counter[str] = Counter()
    snapshots = 0
    for path in sorted(vault.folder.iterdir()):
        if path.name.startswith("."):
            continue
        snapshots += path.name.endswith(SNAPSHOT)
        with path.open("rb") as file:
            header = file.read(sealed_file.HEADER)
        name = header[len(sealed_file.MAGIC) : len(sealed_file.MAGIC) + sealed_file.NAME]
        if not header.startswith(sealed_file.MAGIC):
            sealed["not sealed"] += 1
        elif name not in vault.keys:
            sealed[f"another key, {name.hex()}"] += 1
        else:
            sealed[f"{'the store' if name == own else 'a given'} key, {name.hex()}"] += 1
    lines = [str(vault.folder), *(f"{count} files: {what}" for what, count in sorted(sealed.items()))]
    return [*lines, f"{snapshots} of them scopes as a whole, for an hour", f"{len(vault.parts())} on their way"]
