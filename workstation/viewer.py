"""Papers beside the terminal: a copy in a private folder, shown by the machine's own program.

    content ─▶ cache/viewer/<hash>.pdf (0600) ─▶ [program, path]      no shell, nothing waits for it
    empty()    on lock, on close and at start

The program is the setting `viewer` (its words split as a shell would, without running one), else xdg-open.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from sync.errors import HallError, StoreError
from workstation.documents.filing import file_name

SUFFIXES = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
    "text/plain": ".txt",
}


class Viewer:
    """One private folder of copies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._children: list[subprocess.Popen[bytes]] = []

    def show(self, content: bytes, name: str, media_type: str, program: str = "") -> Path:
        """Write the copy and start the program on it; the copy's path. `name` is a hash or an id, never a person's
        words; one that would lead elsewhere is replaced. Raises HallError `review.no_viewer`, StoreError
        `disk_full`."""
        command = shlex.split(program) if program.strip() else ["xdg-open"]
        found = shutil.which(command[0])
        if found is None:
            raise HallError("review.no_viewer", program=command[0])
        path = self.folder / f"{file_name(name)}{SUFFIXES.get(media_type, '.bin')}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder.chmod(0o700)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
        except OSError as error:
            raise StoreError("disk_full", path=str(self.folder), detail=error.strerror or "") from None
        self._children = [child for child in self._children if child.poll() is None]
        try:
            self._children.append(
                subprocess.Popen(
                    [found, *command[1:], str(path)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
        except OSError:
            raise HallError("review.no_viewer", program=command[0]) from None
        return path

    def empty(self) -> None:
        """No copy is left."""
        self._children = [child for child in self._children if child.poll() is None]
        shutil.rmtree(self.folder, ignore_errors=True)
