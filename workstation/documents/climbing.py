"""What this machine has done for signatures on their way from B-B to B-LTA, on disk.

    .levels/<document>.pdf     the file as far as it got, also at levels that are not handed out
    .levels/<document>.json    tries, when next, why not

The registry says which papers are due and whose turn it is; this folder only remembers what was done here. Each file is
written whole or not at all, so that whatever ends this program, the next round goes on from a whole file: at worst a
step is done twice, and nothing was told of the first time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from sync.errors import StoreError
from workstation.documents.filing import file_name, write_whole

FIRST_MS = 60_000
LONGEST_MS = 3_600_000


class Climb(msgspec.Struct, frozen=True, kw_only=True):
    """One paper: `why` is what kept it at its level at the last try."""

    document: str
    tries: int = 0
    next_at: int = 0
    why: tuple[str, dict[str, Any]] | None = None

    def failed(self, why: tuple[str, dict[str, Any]], now: int) -> Climb:
        """After a try that did not help: later, and later again, at most an hour."""
        wait = min(FIRST_MS << min(self.tries, 10), LONGEST_MS)
        return msgspec.structs.replace(self, tries=self.tries + 1, next_at=now + wait, why=why)

    def put_off(self, now: int) -> Climb:
        """It came to no try: the centre did not answer. The next look makes it."""
        return msgspec.structs.replace(self, next_at=min(self.next_at, now))

    def told(self, now: int) -> Climb:
        """After the registry was told. Should it refuse that, the file lies here still, and is told of again later."""
        wait = min(FIRST_MS << min(self.tries, 10), LONGEST_MS)
        return msgspec.structs.replace(self, tries=self.tries + 1, next_at=now + wait, why=None)


class Climbing:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / ".levels"

    def find(self, document: str) -> Climb:
        """What is known of a paper; a fresh one where nothing is."""
        try:
            return msgspec.json.decode((self._folder / f"{file_name(document)}.json").read_bytes(), type=Climb)
        except (OSError, msgspec.DecodeError):
            return Climb(document=document)

    def known(self) -> list[str]:
        """The papers of which anything lies here."""
        return sorted({self.find(path.stem).document for path in self._folder.glob("[!.]*.*")})

    def note(self, climb: Climb) -> None:
        """Remember. Raises StoreError `disk_full`."""
        self._write(f"{file_name(climb.document)}.json", msgspec.json.encode(climb, enc_hook=str))

    def content(self, document: str) -> bytes | None:
        """The file as far as it got."""
        path = self._folder / f"{file_name(document)}.pdf"
        return path.read_bytes() if path.is_file() else None

    def keep(self, document: str, content: bytes) -> None:
        """The file one step on. Raises StoreError `disk_full`."""
        self._write(f"{file_name(document)}.pdf", content)

    def forget(self, document: str) -> None:
        """The registry has been told, by this machine or another: nothing of it is needed here any longer."""
        for suffix in (".pdf", ".json"):
            (self._folder / f"{file_name(document)}{suffix}").unlink(missing_ok=True)

    def _write(self, name: str, content: bytes) -> None:
        try:
            write_whole(self._folder / name, content)
        except OSError as error:
            raise StoreError("disk_full", path=str(self._folder), detail=error.strerror or str(error)) from None
