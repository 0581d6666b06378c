"""Drafts of cases and the files taken for them: on disk before a call returns, with their author, until they are handed
in.

    start ─▶ set_values, set_matter ─▶ claim (drop folder ─▶ beside the replica) ⇄ unclaim ─▶ withdraw ⇄ restore
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import msgspec

from sync.errors import HallError
from sync.replica.blobs import keep_blob, read_blob
from workstation.dropfolder import DropFolder, Dropped
from workstation.services.desk import Desk
from workstation.views.draft import Draft, DraftFile, DraftMaterial

PREFIX = "intake/"
OPENED = "intake.opened"


class Drafts:
    """The drafts of whoever is signed on. Calls may come from any thread; `one` lets them run one after another."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.one = threading.RLock()

    def matter(self, id: str) -> Any:
        """A matter; raises HallError `intake.no_matter`."""
        found = self.desk.row("matter", id)
        if found is None:
            raise HallError("intake.no_matter")
        return found

    def all(self) -> list[tuple[Draft, int]]:
        """All drafts of the person with the time of their last change, newest first; withdrawn and sent ones too."""
        return [(_draft(body), at) for _, body, at in self.desk.drafts(PREFIX)]

    def find(self, id: str) -> Draft | None:
        """One draft."""
        body = self.desk.draft(PREFIX + id)
        return _draft(body) if body is not None else None

    def need(self, id: str) -> Draft:
        """One draft; raises HallError `intake.no_draft`."""
        draft = self.find(id)
        if draft is None:
            raise HallError("intake.no_draft")
        return draft

    def save(self, draft: Draft) -> Draft:
        """Keep it as it is now."""
        self.desk.save_draft(PREFIX + draft.id, msgspec.to_builtins(draft))
        return draft

    def change(self, id: str, **changes: Any) -> Draft:
        """The same with other values."""
        with self.one:
            return self.save(msgspec.structs.replace(self.need(id), **changes))

    def start(self, matter: str) -> Draft:
        """A new draft."""
        new = self.desk.new_id
        rule = self.matter(matter)
        return self.save(Draft(id=new(), matter=matter, receipt=new(), materials=self._listed(rule)))

    def _listed(self, rule: Any) -> tuple[DraftMaterial, ...]:
        new = self.desk.new_id
        return tuple(DraftMaterial(new(), each["name"], bool(each.get("required"))) for each in rule.materials or [])

    def set_values(self, id: str, values: Mapping[str, str]) -> Draft:
        """What stands in the fields."""
        with self.one:
            draft = self.need(id)
            return self.save(msgspec.structs.replace(draft, values={**draft.values, **values}))

    def set_matter(self, id: str, matter: str) -> Draft:
        """Another matter: values stay, and files under a material of the same name; the others' keep their line."""
        with self.one:
            draft = self.need(id)
            listed = {each.name: each for each in self._listed(self.matter(matter))}
            for old in draft.materials:
                if old.files:
                    new = listed.get(old.name) or msgspec.structs.replace(old, required=False)
                    listed[old.name] = msgspec.structs.replace(new, files=old.files)
            return self.save(msgspec.structs.replace(draft, matter=matter, materials=tuple(listed.values())))

    def withdraw(self, id: str) -> Draft:
        """Out of the list, not out of the machine."""
        return self.change(id, withdrawn=True)

    def restore(self, id: str) -> Draft:
        """A withdrawn draft is worked on again."""
        return self.change(id, withdrawn=False)

    def drop(self, id: str) -> None:
        """The centre has it: it is done with."""
        self.desk.drop_draft(PREFIX + id)

    def remember_open(self, id: str) -> None:
        """Which draft is before the person; empty: none. After a lock or a crash it is there again."""
        self.desk.save_draft(OPENED, {"id": id})

    def was_open(self) -> str:
        """The draft that was before the person when they were last here."""
        return str((self.desk.draft(OPENED) or {}).get("id", ""))

    # -- files --------------------------------------------------------------------------------------------------------

    def claim(self, id: str, material: str, file: Dropped, drop: DropFolder) -> DraftFile:
        """Move a file of the drop folder in, for a material of a draft. Raises StoreError."""
        with self.one:
            kept = self.take_in(file, drop)
            draft = self.need(id)
            line = draft.material(material)
            if line is None:
                raise HallError("intake.no_material")
            if all(each.sha256 != kept.sha256 for each in line.files):
                self.save(draft.with_files(material, (*line.files, kept)))
            drop.remove(file)
        return kept

    def take_in(self, file: Dropped, drop: DropFolder) -> DraftFile:
        """Keep a copy beside the replica; the file itself is still in the folder."""
        return DraftFile(keep_blob(self.desk.store, drop.read(file)), file.size, file.media_type, file.name)

    def unclaim(self, id: str, material: str, file: DraftFile, drop: DropFolder) -> None:
        """Put a file back into the drop folder. Raises StoreError; then the draft keeps it."""
        with self.one:
            draft = self.need(id)
            line = draft.material(material)
            if line is None or file not in line.files or not draft.open:
                raise HallError("intake.nothing_to_undo")
            self.give_back(file, drop)
            self.save(draft.with_files(material, (each for each in line.files if each != file)))

    def give_back(self, file: DraftFile, drop: DropFolder) -> None:
        """Put a copy into the folder again."""
        content = read_blob(self.desk.store, file.sha256)
        if content is None:
            raise HallError("review.file_not_here")
        drop.give_back(file.name, content)

    def content(self, sha256: str) -> bytes | None:
        """A file that lies here."""
        return read_blob(self.desk.store, sha256)


def _draft(body: Mapping[str, Any]) -> Draft:
    return msgspec.convert(body, Draft, strict=False)
