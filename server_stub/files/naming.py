"""Which records name a file, as far as a device may hold their scopes: materials, evidence, papers, print jobs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from server_stub.central.store import Tx
from sync.protocol.media import PDF

_MATERIALS = 'SELECT id, scope, arrived, name, media_type, "case" FROM material WHERE sha256 = ?'
_EVIDENCE = "SELECT id, scope, arrived, name, media_type, entry FROM evidence WHERE sha256 = ?"
_PAPERS = (
    "SELECT id, scope, number FROM document WHERE sha256 = ?",
    "SELECT id, scope, number FROM document WHERE approval = ?",  # as the approver signed it, before the seal
    "SELECT id, scope, id FROM print_job WHERE sha256 = ?",
)
_FILES = "SELECT scope, number, files FROM document WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Naming:
    """A record that names a file. `says`: what kind of file, by its author; `case`: that of a material, or the ledger's
    entry that it is evidence of; `arrival`: what the clock says once it is here."""

    id: str
    scope: str
    arrived: bool
    file: str
    says: str
    case: str = ""
    arrival: str = "material.arrived@1"


async def namings(tx: Tx, sha256: str, permitted: Collection[str]) -> list[Naming]:
    """Those in these scopes. A paper has arrived with its registration: its signature was judged there."""
    found = [
        Naming(id, scope, bool(arrived), name, media_type or "", case)
        for id, scope, arrived, name, media_type, case in await tx.fetch(_MATERIALS, (sha256,))
    ]
    found += [
        Naming(id, scope, bool(arrived), name, says, entry, "ledger.arrived@1")
        for id, scope, arrived, name, says, entry in await tx.fetch(_EVIDENCE, (sha256,))
    ]
    for sql in _PAPERS:
        found += [Naming(id, scope, True, number or id, PDF) for id, scope, number in await tx.fetch(sql, (sha256,))]
    return [each for each in found if each.scope in permitted]


async def naming_of(tx: Tx, sha256: str, document: str, permitted: Collection[str]) -> list[Naming]:
    """A paper in these scopes, if the file is among those that were ever handed out of it, also at a lower level."""
    for scope, number, files in await tx.fetch(_FILES, (document,)):
        known = msgspec.json.decode(files) if isinstance(files, str | bytes) else files
        if scope in permitted and sha256 in (known or {}):
            return [Naming(document, scope, True, number or document, PDF)]
    return []
