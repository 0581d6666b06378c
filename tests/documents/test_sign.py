"""Sealed and signed papers, as other people's programs see them; and keys that may not sign."""

import io
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import parser
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko.pdf_utils.reader import PdfFileReader

from sync.errors import DocumentError
from sync.records.states import PaperKind
from sync.verify import TrustRoots, Word, verify_bytes
from workstation.documents.keys import FileKey, KeyUnusable
from workstation.documents.papers import REQUIRED, PaperData
from workstation.documents.pki import SAMPLE_WORDS, SamplePki, make_sample_pki
from workstation.documents.render import Renderer
from workstation.documents.seal import SealFace
from workstation.documents.sign import RESERVED, DocumentSigner, SignedDocument, sign

Make = Callable[..., PaperData]
NeedsTool = Callable[[str, str], str]
FACE = SealFace(name="样例局", line=SAMPLE_WORDS)


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("kind", sorted(REQUIRED))
@pytest.mark.parametrize("long", [False, True], ids=["shortest", "longest"])
def test_outsiders_agree_on_every_paper(
    kind: PaperKind,
    long: bool,
    signer: DocumentSigner,
    renderer: Renderer,
    paper: Make,
    trust: TrustRoots,
    tmp_path: Path,
    needs_tool: NeedsTool,
) -> None:
    data = paper(kind, long=long)
    document = signer.sign(renderer.render(kind, data), at_ms=data.dated_at)
    path = tmp_path / "paper.pdf"
    path.write_bytes(document.data)
    said = run(needs_tool("pdfsig", "poppler-utils"), path)
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert "No syntax or stream encoding errors found" in run(needs_tool("qpdf", "qpdf"), "--check", path)
    verdict = verify_bytes(document.data, trust)
    assert (verdict.verdict, verdict.level, verdict.covers_entire_file) == (Word.GOOD, "B-B", True)


def test_openssl_agrees(signed: SignedDocument, pki: SamplePki, tmp_path: Path, needs_tool: NeedsTool) -> None:
    signature = PdfFileReader(io.BytesIO(signed.data)).embedded_regular_signatures[0]
    _, first, second, _ = (int(value) for value in signature.byte_range)
    length = parser.peek(signature.pkcs7_content)
    (tmp_path / "signature.der").write_bytes(signature.pkcs7_content[:length])
    (tmp_path / "covered").write_bytes(signed.data[:first] + signed.data[second:])
    command = (needs_tool("openssl", "openssl"), "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any")
    files = ("-in", tmp_path / "signature.der", "-content", tmp_path / "covered", "-CAfile", pki.root)
    assert "successful" in run(*command, *files, "-out", "/dev/null")
    (tmp_path / "covered").write_bytes(signed.data[:first] + signed.data[second:] + b" ")
    assert "successful" not in run(*command, *files, "-out", "/dev/null")


def test_what_the_registry_keeps_is_what_the_file_says(signed: SignedDocument, trust: TrustRoots) -> None:
    verdict = verify_bytes(signed.data, trust)
    assert verdict.message_digest == signed.message_digest
    assert verdict.signature_value_hash == signed.signature_value_hash
    assert verdict.certificate_serial == signed.certificate_serial
    assert verdict.signer == signed.signer_name
    assert verdict.signed_at == signed.signed_at
    assert verdict.sha256 == signed.sha256
    assert verdict.level == signed.level
    assert signed.pages == 1


def test_the_seal_is_drawn_across_the_date(signed_file: Path, needs_tool: NeedsTool) -> None:
    """Red ink lies around the date's words, and the sample's seal says what it is."""
    out = run(needs_tool("pdftotext", "poppler-utils"), "-bbox", signed_file, "-")
    words = re.findall(r'xMin="([0-9.]+)" yMin="([0-9.]+)" xMax="([0-9.]+)" yMax="([0-9.]+)">([^<]+)<', out)
    left, top, right, bottom, _ = next(word for word in reversed(words) if word[4] == "2026年3月4日")
    field = PdfFileReader(io.BytesIO(signed_file.read_bytes())).embedded_regular_signatures[0].sig_field
    x1, y1, x2, y2 = (float(edge) for edge in field["/Rect"])
    assert x1 < float(left) < float(right) < x2
    assert y1 < 841.89 - float(bottom) < 841.89 - float(top) < y2
    assert x2 - x1 == pytest.approx(119, abs=1)  # 42 mm
    assert "样例" in out
    pixels = subprocess.run(
        [needs_tool("pdftoppm", "poppler-utils"), "-r", "72", str(signed_file)], capture_output=True, check=True
    ).stdout
    header, width, height = re.match(rb"(P6\s+(\d+)\s+(\d+)\s+255\s)", pixels).groups()  # type: ignore[union-attr]
    body = pixels[len(header) :]
    red = [
        (x, y)
        for y in range(round(841.89 - y2), round(841.89 - y1))
        for x in range(round(x1), round(x2))
        if body[(y * int(width) + x) * 3] > 150 and body[(y * int(width) + x) * 3 + 1] < 90
    ]
    assert int(height) in (842, 841)
    assert max(x for x, _ in red) - min(x for x, _ in red) > 110
    assert max(y for _, y in red) - min(y for _, y in red) > 110


def test_the_file_keeps_its_own_dates_and_room_for_a_time_stamp(signed: SignedDocument) -> None:
    reader = PdfFileReader(io.BytesIO(signed.data))
    info = reader.trailer_view["/Info"]
    assert info["/ModDate"] == info["/CreationDate"] == "D:20260304045320Z"
    signature = reader.embedded_regular_signatures[0]
    assert len(signature.pkcs7_content) == RESERVED // 2
    assert signature.sig_object["/M"].startswith("D:20260304045320")
    assert signature.docmdp_level is None  # an approval signature, no certification


def test_papers_signed_one_after_another_share_nothing(
    signer: DocumentSigner, renderer: Renderer, paper: Make, trust: TrustRoots
) -> None:
    kinds = [PaperKind.GRANT_DECISION, PaperKind.DELIVERY_RECEIPT, PaperKind.GRANT_DECISION]
    files = [signer.sign(renderer.render(kind, paper(kind)), at_ms=paper(kind).dated_at) for kind in kinds]
    assert {verify_bytes(file.data, trust).verdict for file in files} == {Word.GOOD}
    assert abs(len(files[0].data) - len(files[2].data)) < 200


def certificate_with(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, *, days: tuple[int, int], usage: x509.KeyUsage | None
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a key of the tests")])
    now = datetime(2026, 3, 4, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
    if usage is not None:
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(key, hashes.SHA256())


def usage(**true: bool) -> x509.KeyUsage:
    fields = x509.KeyUsage.__init__.__annotations__
    return x509.KeyUsage(**{name: true.get(name, False) for name in fields if name != "return"})


@pytest.mark.parametrize(
    ("days", "allowed", "code"),
    [
        ((1, 9), usage(digital_signature=True), "document.certificate_not_yet_valid"),
        ((-9, -1), usage(digital_signature=True), "document.certificate_expired"),
        ((-9, 9), usage(key_cert_sign=True), "document.certificate_wrong_usage"),
        ((-9, 9), usage(key_encipherment=True), "document.certificate_wrong_usage"),
    ],
)
def test_a_key_that_may_not_sign_is_refused_before_it_signs(
    days: tuple[int, int], allowed: x509.KeyUsage, code: str, renderer: Renderer, paper: Make
) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    key = FileKey(private, certificate_with(private, days=days, usage=allowed), ())
    data = paper(PaperKind.GRANT_DECISION)
    pdf = renderer.render(PaperKind.GRANT_DECISION, data)
    with pytest.raises(KeyUnusable) as failure:
        sign(pdf, key, at_ms=data.dated_at, face=FACE)
    assert failure.value.code == code
    assert failure.value.params["subject"] == "a key of the tests"


@pytest.mark.parametrize("allowed", [None, usage(digital_signature=True), usage(content_commitment=True)])
@pytest.mark.parametrize("algorithm", ["ec", "rsa"])
def test_keys_that_may_sign_do(algorithm: str, allowed: x509.KeyUsage | None, renderer: Renderer, paper: Make) -> None:
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = (
        ec.generate_private_key(ec.SECP256R1()) if algorithm == "ec" else rsa.generate_private_key(65537, 2048)
    )
    key = FileKey(private, certificate_with(private, days=(-1, 1), usage=allowed), ())
    data = paper(PaperKind.GRANT_DECISION)
    document = sign(renderer.render(PaperKind.GRANT_DECISION, data), key, at_ms=data.dated_at, face=FACE)
    assert verify_bytes(document.data, "any").verdict is Word.GOOD


def test_a_wrong_passphrase_and_a_broken_key_file_are_told_apart(pki: SamplePki, tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable) as wrong:
        FileKey.load(pki.seal, b"another")
    assert wrong.value.code == "document.wrong_passphrase"
    (tmp_path / "broken.p12").write_bytes(pki.seal.read_bytes()[:200])
    with pytest.raises(KeyUnusable) as broken:
        FileKey.load(tmp_path / "broken.p12", b"another")
    assert broken.value.code == "document.key_unreadable"
    with pytest.raises(KeyUnusable) as missing:
        FileKey.load(tmp_path / "none.p12", b"another")
    assert missing.value.code == "document.key_unreadable"


def test_a_file_that_is_no_paper_of_ours_is_not_sealed(
    shared_data: Path, pki: SamplePki, signer: DocumentSigner
) -> None:
    stranger = (shared_data / "pdf" / "pyhanko" / "minimal.pdf").read_bytes()
    with pytest.raises(DocumentError) as failure:
        signer.sign(stranger, at_ms=1_772_600_000_000)
    assert failure.value.code == "document.no_seal_place"
    with pytest.raises(DocumentError) as broken:
        signer.sign(b"no PDF", at_ms=1_772_600_000_000)
    assert broken.value.code == "document.sign_failed"


def test_the_sample_pki_is_made_once_and_renewed_beside_the_old_root(tmp_path: Path) -> None:
    first = make_sample_pki(tmp_path, b"one", bureau="样例局", now_ms=1_772_600_000_000)
    before = first.seal.read_bytes()
    make_sample_pki(tmp_path, b"two", bureau="样例局", now_ms=1_772_600_000_000)
    assert first.seal.read_bytes() == before
    make_sample_pki(tmp_path, b"two", bureau="样例局", now_ms=1_772_600_000_000, renew=True)
    assert FileKey.load(first.seal, b"two").certificate.subject.rfc4514_string().count(SAMPLE_WORDS) == 1
    assert len(TrustRoots.load(first.root).certificates) == 2
    assert first.seal.stat().st_mode & 0o077 == 0
