"""Verdicts: what was changed is never good, whatever the file does to the parser."""

import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from sync.errors import InputError
from sync.records.states import PaperKind
from sync.verify import ANY, GENUINE, TrustRoots, Verdict, Word, verify_bytes
from sync.verify_apart import ApartVerifier
from tests.signed_papers import stamped_by_anybody
from workstation.documents.papers import PaperData
from workstation.documents.pki import make_sample_pki
from workstation.documents.render import Renderer
from workstation.documents.sign import DocumentSigner, SignedDocument

AT = 1_772_600_000_000


def hole(data: bytes) -> tuple[int, int]:
    """Where the signature lies in the file, without its brackets."""
    _, first, second, _ = (int(value) for value in PdfFileReader(io.BytesIO(data)).embedded_signatures[0].byte_range)
    return first + 1, second - 1


def test_our_own_file_is_good(signed: SignedDocument, trust: TrustRoots) -> None:
    verdict = verify_bytes(signed.data, trust)
    assert verdict.verdict is Word.GOOD
    assert verdict.reasons == ()
    assert "样例 非正式" in (verdict.signer or "")


def test_another_trust_list_does_not_know_the_signer(signed: SignedDocument, tmp_path: Path) -> None:
    other = make_sample_pki(tmp_path, b"x", bureau="另一局", now_ms=AT)
    verdict = verify_bytes(signed.data, TrustRoots.load(other.root))
    assert verdict.verdict is Word.UNTRUSTED
    assert verdict.reasons == ("chain_not_trusted",)
    assert verify_bytes(signed.data, ANY).verdict is Word.GOOD


@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
@settings(max_examples=40, deadline=None)
@example(place=0.0, mask=1)
@example(place=0.9999999, mask=0x20)
def test_a_changed_byte_anywhere_is_caught(place: float, mask: int, signed: SignedDocument, trust: TrustRoots) -> None:
    changed = bytearray(signed.data)
    changed[int(place * len(changed))] ^= mask
    assert verify_bytes(bytes(changed), trust).verdict not in GENUINE


@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
@settings(max_examples=40, deadline=None)
def test_a_changed_byte_of_the_signature_itself_is_caught(
    place: float, mask: int, signed: SignedDocument, trust: TrustRoots
) -> None:
    """The hole is covered by no digest: its version numbers, lengths and padding must be as they were made, too."""
    start, end = hole(signed.data)
    content = bytearray.fromhex(signed.data[start:end].decode())
    used = len(content.rstrip(b"\0"))
    content[int(place * used)] ^= mask
    changed = signed.data[:start] + content.hex().encode() + signed.data[end:]
    assert verify_bytes(changed, trust).verdict not in GENUINE


@pytest.mark.parametrize("digit", [b"1", b"F", b" ", b"\n", b"\0", b"/"])
def test_the_padding_of_the_hole_holds_zeros_only(digit: bytes, signed: SignedDocument, trust: TrustRoots) -> None:
    start, end = hole(signed.data)
    for place in (end - 1, end - 2, (start + 3 * end) // 4):
        changed = signed.data[:place] + digit + signed.data[place + 1 :]
        assert verify_bytes(changed, trust).verdict not in GENUINE


def test_a_letter_of_the_hex_in_the_other_case_is_caught(signed: SignedDocument, trust: TrustRoots) -> None:
    start, end = hole(signed.data)
    place = next(at for at in range(start, end) if signed.data[at : at + 1] in b"ABCDEF")
    changed = signed.data[:place] + signed.data[place : place + 1].lower() + signed.data[place + 1 :]
    assert verify_bytes(changed, trust).verdict is Word.CHANGED


@given(length=st.floats(0, 1, exclude_max=True))
@settings(max_examples=15, deadline=None)
def test_a_truncated_file_is_caught(length: float, signed: SignedDocument, trust: TrustRoots) -> None:
    assert verify_bytes(signed.data[: int(length * len(signed.data))], trust).verdict not in GENUINE


@given(tail=st.binary(min_size=1, max_size=200))
@settings(max_examples=20, deadline=None)
@example(tail=b"\n")
@example(tail=b"%%EOF\n")
def test_bytes_after_the_end_are_caught(tail: bytes, signed: SignedDocument, trust: TrustRoots) -> None:
    assert verify_bytes(signed.data + tail, trust).verdict not in GENUINE


@given(head=st.binary(min_size=1, max_size=50))
@settings(max_examples=10, deadline=None)
def test_bytes_before_the_beginning_are_caught(head: bytes, signed: SignedDocument, trust: TrustRoots) -> None:
    assert verify_bytes(head + signed.data, trust).verdict not in GENUINE


def test_an_appended_revision_is_caught(signed: SignedDocument, trust: TrustRoots) -> None:
    """Even one that only changes a date: nothing but time stamps may follow."""
    writer = IncrementalPdfFileWriter(io.BytesIO(signed.data))
    writer.root["/PageMode"] = generic.NameObject("/UseNone")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(signed.data)
    verdict = verify_bytes(out.getvalue(), trust)
    assert verdict.verdict is Word.CHANGED
    assert not verdict.covers_entire_file


def test_an_annotation_on_the_signed_page_is_caught(signed: SignedDocument, trust: TrustRoots) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed.data))
    page = writer.root["/Pages"]["/Kids"][0]
    box = generic.ArrayObject([generic.NumberObject(edge) for edge in (100, 100, 200, 200)])
    annotation = generic.DictionaryObject(
        {
            generic.NameObject("/Type"): generic.NameObject("/Annot"),
            generic.NameObject("/Subtype"): generic.NameObject("/FreeText"),
            generic.NameObject("/Contents"): generic.TextStringObject("x"),
            generic.NameObject("/Rect"): box,
        }
    )
    page["/Annots"].append(writer.add_object(annotation))
    writer.update_container(page["/Annots"])
    out = io.BytesIO()
    writer.write(out)
    assert verify_bytes(out.getvalue(), trust).verdict is Word.CHANGED


def test_a_later_time_stamp_leaves_a_paper_genuine(signed: SignedDocument, trust: TrustRoots) -> None:
    later = stamped_by_anybody(signed.data)
    assert later.startswith(signed.data)
    verdict = verify_bytes(later, trust)
    assert (verdict.verdict, verdict.covers_entire_file) == (Word.GOOD_WITH_LATER_TIMESTAMPS, False)
    assert verdict.message_digest == signed.message_digest
    assert verdict.signature_value_hash == signed.signature_value_hash
    assert verdict.sha256 != signed.sha256
    assert verify_bytes(later + b"\n", trust).verdict is Word.CHANGED


@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
@settings(max_examples=20, deadline=None)
def test_a_changed_byte_of_a_stamped_file_is_caught(
    place: float, mask: int, stamped_data: bytes, signed: SignedDocument, trust: TrustRoots
) -> None:
    changed = bytearray(stamped_data)
    changed[int(place * len(signed.data))] ^= mask
    assert verify_bytes(bytes(changed), trust).verdict not in GENUINE


@pytest.fixture(scope="module")
def stamped_data(signed: SignedDocument) -> bytes:
    return stamped_by_anybody(signed.data)


def test_a_stripped_signature_is_told(signed: SignedDocument, trust: TrustRoots) -> None:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(signed.data)))
    del writer.root["/AcroForm"]
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    assert verify_bytes(out.getvalue(), trust).verdict is Word.UNSIGNED


def test_a_paper_that_was_never_signed_is_unsigned(
    paper: Callable[..., PaperData], renderer: Renderer, trust: TrustRoots
) -> None:
    pdf = renderer.render(PaperKind.GRANT_DECISION, paper(PaperKind.GRANT_DECISION))
    assert verify_bytes(pdf, trust) == Verdict(verdict=Word.UNSIGNED, sha256=verify_bytes(pdf, trust).sha256)


def test_a_signature_moved_to_another_paper_is_caught(
    signed: SignedDocument,
    signer: DocumentSigner,
    renderer: Renderer,
    paper: Callable[..., PaperData],
    trust: TrustRoots,
) -> None:
    other = paper(PaperKind.GRANT_DECISION, addressee="另一餐饮管理有限公司")
    theirs = signer.sign(renderer.render(PaperKind.GRANT_DECISION, other), at_ms=AT).data
    (start, end), (begin, stop) = hole(signed.data), hole(theirs)
    forged = theirs[:begin] + signed.data[start:end] + theirs[stop:]
    assert verify_bytes(forged, trust).verdict is Word.CHANGED


@given(data=st.binary(max_size=400))
@settings(max_examples=80, deadline=None)
@example(data=b"")
@example(data=b"%PDF-1.7\n")
def test_any_bytes_get_a_verdict(data: bytes) -> None:
    assert verify_bytes(data, ANY).verdict in (Word.UNREADABLE, Word.UNSIGNED)


def test_deep_nesting_is_a_verdict() -> None:
    body = b"%PDF-1.7\n1 0 obj\n" + b"[" * 100_000 + b"\nendobj\n"
    tail = b"trailer\n<</Root 1 0 R/Size 2>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    xref = b"xref\n0 2\n0000000000 65535 f \n0000000009 00000 n \n"
    assert verify_bytes(body + xref + tail, ANY).verdict is Word.UNREADABLE


def test_the_registry_is_asked_about_intact_signatures_only(signed: SignedDocument, trust: TrustRoots) -> None:
    asked = list[str | None]()

    def registry(verdict: Verdict) -> str:
        asked.append(verdict.signature_value_hash)
        return "superseded"

    assert verify_bytes(signed.data, trust, registry).registry == "superseded"
    assert verify_bytes(signed.data + b"x", trust, registry).registry is None
    assert asked == [signed.signature_value_hash]


def test_a_trust_list_that_is_none_is_told(tmp_path: Path, pki_root_text: str) -> None:
    (tmp_path / "junk.pem").write_text("no certificate")
    (tmp_path / "cut.pem").write_text(pki_root_text[: len(pki_root_text) // 2])
    for name in ("junk.pem", "cut.pem", "missing.pem"):
        with pytest.raises(InputError) as failure:
            TrustRoots.load(tmp_path / name)
        assert failure.value.code == "document.trust_unreadable"


def test_a_process_of_its_own_gives_the_same_verdicts(signed: SignedDocument, trust: TrustRoots) -> None:
    with ApartVerifier() as verifier:
        for data in (signed.data, signed.data + b"x", b"junk"):
            assert verifier.verify(data, trust) == verify_bytes(data, trust)


def test_a_file_that_takes_too_long_costs_its_process_only(signed: SignedDocument, trust: TrustRoots) -> None:
    with ApartVerifier(deadline_s=0.0) as hasty:
        verdict = hasty.verify(signed.data, trust)
    assert (verdict.verdict, verdict.reasons) == (Word.UNREADABLE, ("time_out",))


@pytest.fixture(scope="module")
def apart() -> Iterator[ApartVerifier]:
    with ApartVerifier(deadline_s=4.0) as verifier:
        yield verifier


def pdf_with(*objects: bytes, root: int = 1) -> bytes:
    """A file of these objects, numbered from 1."""
    data, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    xref = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    xref += b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return data + xref + b"trailer\n<</Root %d 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (root, size, len(data))


BOMBS = {
    "a table of objects inside a gigabyte": lambda: _xref_stream_bomb(),
    "fields that are their own children": lambda: pdf_with(
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]/SigFlags 3>>>>",
        b"<</Type/Pages/Kids[2 0 R]/Count 1>>",
        b"<</T(a)/Kids[3 0 R 3 0 R]>>",
    ),
    "a field tree that doubles at each of sixty levels": lambda: pdf_with(
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]/SigFlags 3>>>>",
        b"<</Type/Pages/Kids[]/Count 0>>",
        *(b"<</T(a)/Kids[%d 0 R %d 0 R]>>" % (n, n) for n in range(4, 64)),
        b"<</T(a)/FT/Sig>>",
    ),
    "a reference to itself as the catalogue": lambda: pdf_with(b"1 0 R"),
    "a million brackets": lambda: pdf_with(b"<</Type/Catalog/AcroForm " + b"[" * 1_000_000 + b">>"),
    "a number of a million digits": lambda: pdf_with(b"<</Type/Catalog/AcroForm " + b"9" * 1_000_000 + b">>"),
}


def _xref_stream_bomb() -> bytes:
    """The table of objects itself is a stream: a gigabyte of zeros, twice compressed to some kilobytes."""
    once = zlib.compressobj(1)
    packed = b"".join(once.compress(bytes(1 << 24)) for _ in range(64)) + once.flush()
    stream = zlib.compress(packed, 9)
    head = b"%PDF-1.7\n"
    body = b"1 0 obj\n<</Type/XRef/Size 2/Root 1 0 R/W[1 4 2]/Filter[/FlateDecode/FlateDecode]/Length %d>>\nstream\n"
    return head + body % len(stream) + stream + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_a_verdict_and_the_next_file_is_judged_as_ever(
    bomb: str, apart: ApartVerifier, signed: SignedDocument, trust: TrustRoots
) -> None:
    assert apart.verify(BOMBS[bomb](), ANY).verdict in (Word.UNREADABLE, Word.UNSIGNED)
    assert apart.verify(signed.data, trust).verdict is Word.GOOD
