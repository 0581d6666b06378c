"""Proof of revocation that lies in the file itself is believed at verification, with nobody asked: good at the time of
the signature, or revoked then."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from asn1crypto import pem
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
    bundle(roots, *signed_papers.trust.certificates, *signed_papers.trust.stamps)
    asked = dict(nobody.asked)
    assert verify_command([str(path), "--json", "--trust", str(roots)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["revocation"]) == ("good_with_later_timestamps", "good")
    assert (told["level"], told["reasons"]) == ("B-LTA", [])
    assert verify_command([str(path), "--trust", str(roots)]) == 0
    assert "not revoked when signed" in capsys.readouterr().out
    assert nobody.asked == asked


def bundle(path: Path, *roots: bytes) -> str:
    """These roots as a trust list."""
    told = "".join(pem.armor("CERTIFICATE", root).decode() for root in roots)
    path.write_text(told)
    return told


def test_time_stamps_are_believed_by_the_hall_s_own_list_or_the_one_that_is_named(
    signed_papers: SignedPapers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, (root,), (stamps,) = tmp_path / "paper.pdf", signed_papers.trust.certificates, signed_papers.trust.stamps
    path.write_bytes(signed_papers.files["seal", "B-LTA"])
    copy = tmp_path / "terminal-1" / "replica.db"
    copy.parent.mkdir()
    with contextlib.closing(sqlite3.connect(copy)) as hall:
        hall.execute("CREATE TABLE setting (id, value)")
        for name, der in (("signer_roots", root), ("timestamp_roots", stamps)):
            value = json.dumps({"value": bundle(tmp_path / f"{name}.pem", der)})
            hall.execute("INSERT INTO setting VALUES (?, ?)", (name, value))
        hall.commit()
        here = [str(path), "--json", "--data", str(tmp_path)]
        alone = [*here, "--trust", str(tmp_path / "signer_roots.pem")]

        def told(argv: list[str]) -> tuple[str, str | None, list[str]]:
            assert verify_command(argv) == 0
            line = json.loads(capsys.readouterr().out)
            return line["level"], line["revocation"], line["reasons"]

        assert told(here) == ("B-LTA", "good", [])
        assert told(alone) == ("B-B", None, ["stamp_not_trusted"])
        hall.execute("DELETE FROM setting WHERE id = 'timestamp_roots'")
        hall.commit()
        assert told(here) == ("B-B", None, ["stamp_not_trusted"])
        assert verify_command([str(path), "--data", str(tmp_path)]) == 0
        assert "note       时间戳机构不在信任名单内" in capsys.readouterr().out


@pytest.fixture(scope="module")
def plain(renderer: Renderer, paper: MakePaper) -> bytes:
    return renderer.render(PaperKind.GRANT_DECISION, paper(PaperKind.GRANT_DECISION))


def with_proof(
    papers: SignedPapers,
    renderer: Renderer,
    plain: bytes,
    *,
    signed_at: int,
    stamped_at: int,
    tsa: str = "up",
    tsa_root: str = "stamp-root",
) -> bytes:
    """Signed by a seal that was revoked two hours before LATER; stamped, next week's lists put in, stamped."""
    world = papers.world
    world.mode.update(tsa=tsa, ocsp="up", crls="up")
    authorities = world.authorities(timestamp_roots=(world.certificate(tsa_root).dump(),))
    signer = DocumentSigner(world.key("seal-revoked"), SealFace(name=BUREAU, line="测试"), renderer)
    data = signer.sign(plain, at_ms=signed_at).data
    world.at(stamped_at)
    data = Augmenter(authorities, Outside(), lambda: stamped_at).step(data)
    world.at(NEXT_WEEK)  # the lists come once a week
    [signature] = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures
    writer = PlainRevision(io.BytesIO(data))
    contents = signature.pkcs7_content.hex().encode("ascii")
    issuer = world.certificate("issuer")
    DocumentSecurityStore.supply_dss_in_writer(writer, contents, certs=[issuer], crls=world.crls())
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    proven = Augmenter(authorities, Outside(), lambda: NEXT_WEEK).step(out.getvalue())
    world.at(LATER)
    world.mode.update(tsa="up")
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


def test_a_stranger_s_stamp_proves_no_time(signed_papers: SignedPapers, renderer: Renderer, plain: bytes) -> None:
    """Who signs with a revoked key and has a time-stamp server of their own dates both back, adds the genuine lists and
    stamps the file: it is worth what the signature alone is. That the key was revoked it may tell."""
    back = LATER - 3 * HOUR
    strange = {"tsa": "stranger", "tsa_root": "other-root"}
    data = with_proof(signed_papers, renderer, plain, signed_at=back, stamped_at=back, **strange)
    verdict = verify_bytes(data, signed_papers.trust)
    assert (verdict.verdict, verdict.revocation) == (Word.GOOD_WITH_LATER_TIMESTAMPS, None)
    assert (verdict.level, verdict.reasons) == ("B-B", ("stamp_not_trusted",))
    anybody = verify_bytes(data, ANY)
    assert (anybody.level, anybody.revocation, anybody.reasons) == ("B-LTA", None, ())
    data = with_proof(signed_papers, renderer, plain, signed_at=back, stamped_at=LATER, **strange)
    verdict = verify_bytes(data, signed_papers.trust)
    assert (verdict.verdict, verdict.revocation) == (Word.UNTRUSTED, "revoked")
    assert (verdict.level, verdict.reasons) == ("B-B", ("revoked", "stamp_not_trusted"))


def test_a_stamp_whose_server_was_revoked_proves_no_time_if_the_file_tells(
    signed_papers: SignedPapers, renderer: Renderer, plain: bytes
) -> None:
    data = with_proof(signed_papers, renderer, plain, signed_at=LATER, stamped_at=LATER, tsa="revoked")
    verdict = verify_bytes(data, signed_papers.trust)
    assert (verdict.level, verdict.reasons) == ("B-B", ("revoked", "stamp_not_trusted"))


def test_a_stamp_after_the_certificate_s_end_proves_no_time(
    signed_papers: SignedPapers, renderer: Renderer, plain: bytes
) -> None:
    """Nor does the bureau's own time-stamp server help who keeps a revoked key for some years."""
    then = LATER + 4 * 365 * 24 * HOUR
    data = with_proof(signed_papers, renderer, plain, signed_at=LATER - 3 * HOUR, stamped_at=then)
    verdict = verify_bytes(data, signed_papers.trust)
    assert (verdict.verdict, verdict.revocation) == (Word.GOOD_WITH_LATER_TIMESTAMPS, None)
    assert verdict.reasons == ()


def test_a_stranger_s_stamp_on_a_proven_paper_takes_nothing_from_it(signed_papers: SignedPapers) -> None:
    stamped = signed_papers.files["seal", "B-T"]
    verdict = verify_bytes(stamped_by_anybody(stamped), signed_papers.trust)
    assert (verdict.verdict, verdict.level) == (Word.GOOD_WITH_LATER_TIMESTAMPS, "B-T")
    proven = verify_bytes(stamped_by_anybody(signed_papers.files["seal", "B-LTA"]), signed_papers.trust)
    assert (proven.level, proven.revocation, proven.reasons) == ("B-LTA", "good", ("stamp_not_trusted",))


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
