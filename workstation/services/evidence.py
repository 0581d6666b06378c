"""Files of evidence at screen 4: a photograph or a PDF from this machine, sent like any file and waited for by nobody.

detach(file) ─▶ its line stays with why, the file is named by nothing any more
attach(path) ─▶ judged by its bytes ─▶ kept beside the copy ─▶ ledger.attach ─▶ the exchange sends it when it can
"""

from __future__ import annotations

from pathlib import Path

from sync.errors import InputError
from sync.protocol.media import NEAR, media_type
from sync.protocol.messages import BLOB_BYTES
from sync.protocol.verbs import rating as verbs
from sync.replica.blobs import keep_blob
from sync.rules.ledger.evidence import NAME_MOST
from workstation.services.desk import Desk
from workstation.views.callback import Entry, EntryLine, File


class EvidenceService:
    """What screen 4 calls for files."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def attach(self, line: EntryLine, typed: str) -> str:
        """The file at a path; its name. Raises InputError `callback.file.unreadable`, `callback.file.large`,
        `callback.file.kind`, StoreError `disk_full`, HallError `refusal.<code>`."""
        path = Path(typed.strip().strip("'\"")).expanduser()
        content = _content(path)
        kind = media_type(content[:NEAR])
        if kind is None:
            raise InputError("callback.file.kind", name=path.name)
        sha256, name = keep_blob(self.desk.store, content), path.name[-NAME_MOST:]
        said = verbs.AttachEvidence(
            file=self.desk.new_id(), name=name, sha256=sha256, size=len(content), media_type=kind
        )
        self.desk.do(said, id=line.id, scope=line.scope)
        return name

    def own(self, entry: Entry) -> list[File]:
        """Those that who is here attached, and on which no second callback rests yet: they can be taken back."""
        mine = [file for file in entry.files if file.staff == self.desk.me.staff and not file.back]
        return [file for file in mine if file.at > entry.seen_at]

    def detach(self, line: EntryLine, file: File, why: str) -> None:
        """It does not belong here. Raises HallError `refusal.<code>`."""
        self.desk.do(verbs.DetachEvidence(file=file.id, reason=why.strip()), id=line.id, scope=line.scope)


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe or a device would be waited for
            raise InputError("callback.file.unreadable", path=str(path), reason="")
        if path.stat().st_size > BLOB_BYTES:
            raise InputError("callback.file.large", name=path.name, most=BLOB_BYTES >> 20)
        return path.read_bytes()
    except OSError as error:
        raise InputError("callback.file.unreadable", path=str(path), reason=error.strerror or "") from None
