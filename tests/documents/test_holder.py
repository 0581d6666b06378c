"""Whose key signs at a machine: the bureau's own where one lies there, a sample's in a sample hall alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.errors import DocumentError
from tests.sample_papers import AT
from tests.signed_papers import SignedPapers
from workstation.documents.holder import SealHolder
from workstation.documents.keys import KeyUnusable
from workstation.documents.passphrase import PassphraseStore
from workstation.documents.pki import SAMPLE_WORDS
from workstation.documents.sealing import open_sample_signer


def test_a_bureau_s_own_key_is_never_replaced_and_its_seal_is_no_sample_s(
    signed_papers: SignedPapers, tmp_path: Path
) -> None:
    """It lies there alone: its root is one of the hall's setting, and what anybody types may be wrong."""
    path = tmp_path / "seal.p12"
    serial = signed_papers.world.lay_key(path, b"its own", "seal")
    before = path.read_bytes()
    asked = PassphraseStore("seal", find_backend=lambda: None)
    for store in (asked, PassphraseStore("seal", headless=True)):
        with pytest.raises(KeyUnusable, match="wrong_passphrase"):
            open_sample_signer(tmp_path, bureau="局", now_ms=AT, store=store, ask=lambda: "another")
    signer, _ = open_sample_signer(tmp_path, bureau="局", now_ms=AT, store=asked, ask=lambda: "its own")
    assert f"{signer.key.certificate.serial_number:x}" == serial
    assert (signer.face.name, signer.face.line) == ("局", "")
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["seal.p12"]


def holder(folder: Path, *, sample: bool) -> SealHolder:
    return SealHolder(folder, bureau=lambda: "局", server=lambda: "", sample=lambda: sample)


def test_only_a_sample_hall_makes_itself_a_key(tmp_path: Path) -> None:
    real = holder(tmp_path / "pki", sample=False)
    assert not real.is_new
    with pytest.raises(DocumentError) as failure:
        real.open("long enough", AT)
    assert (failure.value.code, failure.value.params) == (
        "document.no_seal",
        {"path": str(tmp_path / "pki" / "seal.p12")},
    )
    assert not (tmp_path / "pki").exists()
    tried = holder(tmp_path / "pki", sample=True)
    assert tried.is_new
    certificate = tried.open("long enough", AT)
    assert certificate.sample
    assert SAMPLE_WORDS in certificate.holder


def test_a_passphrase_given_at_the_start_opens_the_key_and_a_wrong_one_is_tried_once(tmp_path: Path) -> None:
    holder(tmp_path, sample=True).open("long enough", AT)
    started = holder(tmp_path, sample=True)
    started.given = "long enough"
    assert started.open(None, AT).kept == "session"
    mistaken = holder(tmp_path, sample=True)
    mistaken.given = "another"
    for code in ("wrong_passphrase", "passphrase_needed"):
        with pytest.raises(DocumentError, match=code):
            mistaken.open(None, AT)
    assert mistaken.open("long enough", AT).sample
