"""Proof of revocation that lies in the file itself is believed at verification, with nobody asked: good at the time of
the signature, or revoked then."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore

from sync.records.states import PaperKind
from sync.verdict import ANY, TrustRoots
from sync.verify import Word, verify_bytes
from tests.documents.authorities import OutsideWorld
from tests.documents.conftest import MakePaper
from tests.sample_papers import BUREAU
from tests.signed_papers import LATER, WAYS, SignedPapers, stamped_by_anybody
from workstation.commands.verify import main as verify_command
from workstation.documents.augment import Augmenter
from workstation.documents.outside import Outside
from workstation.documents.render import Renderer
from workstation.documents.revision import PlainRevision
from workstation.documents.seal import SealFace
from workstation.documents.sign import DocumentSigner

HOUR = 3_600_000
NEXT_WEEK = LATER + 8 * 24 * HOUR


@pytest.fixture
def nobody(signed_papers: SignedPapers) -> Iterator[OutsideWorld]:
    """All servers are down, and count who asks."""
    signed_papers.world.mode.update(tsa="down", ocsp="down", crls="down")
    yield signed_papers.world
    signed_papers.world.mode.update(tsa="up", ocsp="up", crls="up")


@pytest.mark.parametrize("way", WAYS)
def test_a_file_proves_itself_with_nobody_to_ask(way: str, signed_papers: SignedPapers, nobody: OutsideWorld) -> None:
    asked = dict(nobody.asked)
    for level, proven in (("B-B", None), ("B-T", None), ("B-LTA", "good"), ("again", "good")):
        verdict = verify_bytes(signed_papers.files[way, level], signed_papers.trust)
        assert verdict.verdict in (Word.GOOD, Word.GOOD_WITH_LATER_TIMESTAMPS)
        assert verdict.revocation == proven, level
    assert nobody.asked == asked


def test_the_command_says_so(
    signed_papers: SignedPapers, nobody: OutsideWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, roots = tmp_path / "paper.pdf", tmp_path / "root.pem"
    path.write_bytes(signed_papers.files["approver-then-seal", "B-LTA"])
    roots.write_bytes(signed_papers.trust.certificates[0])
    asked = dict(nobody.asked)
    assert verify_command([str(path), "--json", "--trust", str(roots)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["revocation"]) == ("good_with_later_timestamps", "good")
    assert verify_command([str(path), "--trust", str(roots)]) == 0
    assert "not revoked when signed" in capsys.readouterr().out
    assert nobody.asked == asked


@pytest.fixture(scope="module")
def plain(renderer: Renderer, paper: MakePaper) -> bytes:
    return renderer.render(PaperKind.GRANT_DECISION, paper(PaperKind.GRANT_DECISION))


def with_proof(papers: SignedPapers, renderer: Renderer, plain: bytes, *, signed_at: int, stamped_at: int) -> bytes:
    """Signed by a seal that was revoked two hours before LATER; stamped, next week's lists put in, stamped."""
    world = papers.world
    world.mode.update(tsa="up", ocsp="up", crls="up")
    signer = DocumentSigner(world.key("seal-revoked"), SealFace(name=BUREAU, line="测试"), renderer)
    data = signer.sign(plain, at_ms=signed_at).data
    world.at(stamped_at)
    data = Augmenter(world.authorities(), Outside(), lambda: stamped_at).step(data)
    world.at(NEXT_WEEK)  # the lists come once a week
    [signature] = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures
    writer = PlainRevision(io.BytesIO(data))
    contents = signature.pkcs7_content.hex().encode("ascii")
    issuer = world.certificate("issuer")
    DocumentSecurityStore.supply_dss_in_writer(writer, contents, certs=[issuer], crls=world.crls())
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    proven = Augmenter(world.authorities(), Outside(), lambda: NEXT_WEEK).step(out.getvalue())
    world.at(LATER)
    return proven


@pytest.mark.parametrize(
    ("signed_at", "stamped_at", "word", "proven"),
    [
        (LATER, LATER, Word.UNTRUSTED, "revoked"),
        (LATER - 3 * HOUR, LATER, Word.UNTRUSTED, "revoked"),  # dated back: the stamp came after the revocation
        (LATER - 3 * HOUR, LATER - 3 * HOUR, Word.GOOD_WITH_LATER_TIMESTAMPS, "good"),
    ],
)
def test_a_revoked_certificate_is_told_unless_a_stamp_came_before(
    signed_papers: SignedPapers,
    renderer: Renderer,
    plain: bytes,
    signed_at: int,
    stamped_at: int,
    word: Word,
    proven: str,
) -> None:
    data = with_proof(signed_papers, renderer, plain, signed_at=signed_at, stamped_at=stamped_at)
    verdict = verify_bytes(data, signed_papers.trust)
    assert (verdict.verdict, verdict.revocation) == (word, proven)
    assert verdict.reasons == (("revoked",) if proven == "revoked" else ())


def test_without_a_stamp_in_the_signature_its_time_is_the_signer_s_word_and_proves_nothing(
    signed_papers: SignedPapers, renderer: Renderer, plain: bytes
) -> None:
    """Who signs with a revoked key dates it back, adds the genuine lists and has anybody stamp the file."""
    world = signed_papers.world
    signer = DocumentSigner(world.key("seal-revoked"), SealFace(name=BUREAU, line="测试"), renderer)
    data = signer.sign(plain, at_ms=LATER - 3 * HOUR).data
    [signature] = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures
    writer = PlainRevision(io.BytesIO(data))
    contents = signature.pkcs7_content.hex().encode("ascii")
    world.at(NEXT_WEEK)
    certs = [world.certificate("issuer")]
    DocumentSecurityStore.supply_dss_in_writer(writer, contents, certs=certs, crls=world.crls())
    world.at(LATER)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    verdict = verify_bytes(stamped_by_anybody(out.getvalue()), signed_papers.trust)
    assert (verdict.level, verdict.revocation) == ("B-B", None)


def test_proof_of_somebody_else_proves_nothing(signed_papers: SignedPapers) -> None:
    """Who believes any signer, or another root, hears nothing of revocation."""
    data = signed_papers.files["seal", "B-LTA"]
    assert verify_bytes(data, ANY).revocation is None
    stranger = TrustRoots((signed_papers.world.certificate("other-root").dump(),))
    verdict = verify_bytes(data, stranger)
    assert (verdict.verdict, verdict.revocation) == (Word.UNTRUSTED, None)
