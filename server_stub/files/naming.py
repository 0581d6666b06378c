"""Which records name a file, as far as a device may hold their scopes: materials, evidence, papers, print jobs.

    a record names a hash ─▶ may be sent ──sent for this record──▶ may be read

Naming is not enough to read: who knows the hash of a file of another record would read that.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from server_stub.central.store import Tx
from sync.protocol.media import PDF

_MATERIALS = 'SELECT id, scope, arrived, name, media_type, "case", v FROM material WHERE sha256 = ?'
_EVIDENCE = "SELECT id, scope, arrived, name, media_type, entry, v FROM evidence WHERE sha256 = ?"
_PAPERS = (
    "SELECT id, scope, number, id FROM document WHERE sha256 = ?",
    "SELECT id, scope, number, id FROM document WHERE approval = ?",  # as the approver signed it, before the seal
    """SELECT id, scope, id, (SELECT document FROM print_authorisation WHERE print_authorisation.id = print_job.id)
FROM print_job WHERE sha256 = ?""",
)
_SENT = "SELECT paper FROM blob_paper WHERE sha256 = ?"
_FILES = "SELECT scope, number, files FROM document WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Naming:
    """A record that names a file. `says`: what kind of file, by its author; `case`: that of a material, or the ledger's
    entry that it is evidence of; `arrival`: what the clock says once it is here. `paper`: whose file it is, or "";
    `here`: it has been sent for this very record. `v`: the version of the record that was looked at: a file that was
    replaced and is named again arrives again."""

    id: str
    scope: str
    arrived: bool
    here: bool
    file: str
    says: str
    case: str = ""
    arrival: str = "material.arrived@1"
    paper: str = ""
    v: int = 0


async def namings(tx: Tx, sha256: str, permitted: Collection[str]) -> list[Naming]:
    """Those in these scopes. A paper has arrived with its registration: its signature was judged there. Its file is
    here once it was sent for this very paper."""
    found = [
        Naming(id, scope, bool(arrived), bool(arrived), name, media_type or "", case, v=v)
        for id, scope, arrived, name, media_type, case, v in await tx.fetch(_MATERIALS, (sha256,))
    ]
    found += [
        Naming(id, scope, bool(arrived), bool(arrived), name, says, entry, "ledger.arrived@1", v=v)
        for id, scope, arrived, name, says, entry, v in await tx.fetch(_EVIDENCE, (sha256,))
    ]
    sent = {paper for (paper,) in await tx.fetch(_SENT, (sha256,))}
    for sql in _PAPERS:
        found += [
            Naming(id, scope, True, paper in sent, number or id, PDF, paper=paper)
            for id, scope, number, paper in await tx.fetch(sql, (sha256,))
        ]
    return [each for each in found if each.scope in permitted]


async def naming_of(tx: Tx, sha256: str, document: str, permitted: Collection[str]) -> list[Naming]:
    """A paper in these scopes, if the file is among those that were ever handed out of it, also at a lower level."""
    for scope, number, files in await tx.fetch(_FILES, (document,)):
        known = msgspec.json.decode(files) if isinstance(files, str | bytes) else files
        if scope in permitted and sha256 in (known or {}):
            here = (document,) in map(tuple, await tx.fetch(_SENT, (sha256,)))
            return [Naming(document, scope, True, here, number or document, PDF, paper=document)]
    return []
