"""What lies on this machine and nowhere else: what nobody may throw away without knowing it.

    operations    said and not heard by the centre          papers   signed and not registered
    files         of materials and papers, not arrived      drafts   begun and not handed in
    refusals      not accepted, and their authors have not read why

`write` puts all of it into one ZIP file: `unsent.json`, the files under their hashes, the papers under their ids. It is
readable by whoever has it.
"""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from sync.errors import StoreError
from sync.replica.blobs import blob_folder, read_blob, waiting
from sync.replica.sent_files import held
from sync.replica.store import ReplicaStore
from workstation.documents.filing import Filing, Held
from workstation.views.draft import Draft

_PAPER = """SELECT signature, EXISTS (SELECT 1 FROM shadow s WHERE s."table" = 'document' AND s.id = document.id)
AS pending FROM document WHERE id = ?"""
_NOT_ENDED = "SELECT 1 FROM outbox WHERE n = ? UNION ALL SELECT 1 FROM refusal WHERE n = ?"
WORK = "/"  # a draft of work is kept under what it is about; the program's own notes have no such key
INTAKE = "intake/"


@dataclass(frozen=True, slots=True)
class Unsent:
    """Rows as they lie here; `files` are hashes, `papers` ids of documents."""

    operations: tuple[dict[str, Any], ...]
    refusals: tuple[dict[str, Any], ...]
    drafts: tuple[dict[str, Any], ...]
    files: tuple[str, ...]
    papers: tuple[str, ...]

    def counts(self) -> list[tuple[str, int, str]]:
        """(what, how many, whose) of each kind there is; nobody's where it lies with no person."""
        found = [
            ("operations", len(self.operations), _people(self.operations, "by")),
            ("papers", len(self.papers), ""),
            ("files", len(self.files), ""),
            ("drafts", len(self.drafts), _people(self.drafts, "staff")),
            ("refusals", len(self.refusals), _people(self.refusals, "by")),
        ]
        return [each for each in found if each[1]]


def unsent(store: ReplicaStore, filing: Filing) -> Unsent:
    """Of one machine's copy and its folder of papers."""
    operations = _rows(store, "SELECT * FROM outbox WHERE state <> 'accepted' ORDER BY n")
    refusals = _rows(store, "SELECT * FROM refusal WHERE NOT seen ORDER BY n")
    drafts = [each for each in _rows(store, "SELECT * FROM draft ORDER BY staff, key") if _begun(each)]
    words = "".join(str(each.get("args") or each.get("body")) for each in (*operations, *drafts))
    here = sorted(path.name for path in blob_folder(store).glob("[0-9a-f]*"))
    there = held(store)
    needed = {each.sha256 for each in waiting(store) if (each.id, each.sha256) not in there}
    files = [name for name in here if name in needed or name in words]
    papers = [each.document for each in filing.held() if not _registered(store, each, there)]
    return Unsent(tuple(operations), tuple(refusals), tuple(drafts), tuple(files), tuple(papers))


def write(found: Unsent, store: ReplicaStore, filing: Filing, path: Path, label: str) -> None:
    """Into a new file that only its owner reads. Raises StoreError `reset.export_failed`; then there is none."""
    told = {
        "hall": store.hall,
        "device": store.device,
        "label": label,
        **{name: getattr(found, name) for name in ("operations", "refusals", "drafts", "files", "papers")},
    }
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise StoreError("reset.export_failed", path=str(path), detail=error.strerror or str(error)) from None
    try:
        with os.fdopen(fd, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("unsent.json", msgspec.json.format(msgspec.json.encode(told), indent=1))
            for name in found.files:
                archive.writestr(f"files/{name}", read_blob(store, name) or b"")
            for document in found.papers:
                archive.writestr(f"papers/{document}.pdf", filing.content(document) or b"")
            archive.close()
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StoreError("reset.export_failed", path=str(path), detail=error.strerror or str(error)) from None


def _registered(store: ReplicaStore, paper: Held, there: set[tuple[str, str]]) -> bool:
    """Whether the centre knows this signature; of a paper that has left this copy, whether it took what was said and
    the file. It may have gone up a level since."""
    rows = _rows(store, _PAPER, (paper.document,))
    if rows:
        return bool(rows[0]["signature"] == paper.signed.signature and not rows[0]["pending"])
    ended = paper.n is not None and not store.read(_NOT_ENDED, (paper.n, paper.n))
    return ended and (paper.document, paper.signed.sha256) in there


def _begun(draft: dict[str, Any]) -> bool:
    if draft["key"].startswith(INTAKE):
        return msgspec.json.decode(draft["body"], type=Draft).open
    return WORK in draft["key"]


def _people(rows: tuple[dict[str, Any], ...], column: str) -> str:
    return " ".join(sorted({str(each[column]) for each in rows}))


def _rows(store: ReplicaStore, sql: str, params: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
    return [{name: row[name] for name in row.keys()} for row in store.read(sql, params)]  # noqa: SIM118 - a row of the driver
