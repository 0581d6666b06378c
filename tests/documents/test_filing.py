"""Ids of papers are made on other machines: none leads to a file outside the folder that is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.protocol.verbs.case import SignedFile
from workstation.documents.climbing import Climb, Climbing
from workstation.documents.filing import Filing, Held, file_name
from workstation.viewer import Viewer

HOSTILE = ["../../pki/seal", "/etc/passwd", "..", ".hidden", "a/b", "a\\b", "", "x" * 200, "证", "nul\x00"]
SIGNED = SignedFile(
    sha256="0" * 64,
    size=1,
    pages=1,
    message_digest="0" * 64,
    signature="0" * 64,
    signer="",
    serial="",
    level="B-B",
    signed_at=0,
)


def inside(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("document", HOSTILE)
def test_a_hostile_id_names_a_file_of_its_own_folder_and_is_found_again(tmp_path: Path, document: str) -> None:
    filing = Filing(tmp_path / "deep" / "documents")
    held = Held(document=document, case="c", scope="s", kind="k", number="1", staff="0307", signed=SIGNED)
    filing.hold(held, b"%PDF")
    assert filing.find(document) == held
    assert filing.held() == [held]
    assert filing.content(document) == b"%PDF"
    climbing = Climbing(filing.folder)
    climbing.keep(document, b"%PDF up")
    climbing.note(Climb(document=document))
    assert (climbing.content(document), climbing.known()) == (b"%PDF up", [document])
    viewer = Viewer(tmp_path / "deep" / "viewer")
    shown = viewer.show(b"%PDF", document, "application/pdf", "true")
    for child in viewer._children:
        child.wait(60)
    assert shown.parent == tmp_path / "deep" / "viewer"
    parents = {path.parent.relative_to(tmp_path).as_posix() for path in inside(tmp_path)}
    assert parents == {"deep/documents/.held", "deep/documents/.levels", "deep/viewer"}
    filing.release(document)
    climbing.forget(document)
    assert inside(filing.folder) == set()


def test_an_ordinary_id_is_its_own_name() -> None:
    assert file_name("019c6f0a-7e1a-7000-8000-0123456789ab") == "019c6f0a-7e1a-7000-8000-0123456789ab"
    assert file_name("c1-receipt") == "c1-receipt"
