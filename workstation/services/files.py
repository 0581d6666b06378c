"""Files that the centre does not take: told once wherever a person looks, named at screen 7, tried again when asked."""

from __future__ import annotations

from typing import Any

from sync.replica.refused_files import at_once
from workstation.services.desk import Desk
from workstation.views.files import RefusedFile, refused_files


class FilesService:
    """What screen 7 calls."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._told: set[tuple[str, str]] = set()

    def refused(self) -> list[RefusedFile]:
        """Those that wait here with the centre's reason; whoever sits here may have to scan one anew."""
        return refused_files(self.desk.read)

    def try_again(self) -> None:
        """With the next round, whatever the reason was."""
        at_once(self.desk.store)

    def watch(self, app: Any, tables: frozenset[str]) -> None:
        """Tell of one that was not told of, in this program's life."""
        if self.desk.person is None or not tables & {"refused_file", "*"}:
            return
        now = {(each.id, each.sha256) for each in self.refused()}
        if fresh := now - self._told:
            app.notice("sync.new_file", count=len(fresh), ring=True)
        self._told = now
