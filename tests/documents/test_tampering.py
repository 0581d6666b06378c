"""Our own papers at every level that is handed out, signed both ways: whatever is done to them later is caught.

CI draws a few examples of everything; `./run prove` draws thousands.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject, copy_into_new_writer

from sync.verdict import GENUINE, Word
from sync.verify import verify_bytes
from tests.signed_papers import HANDED_OUT, WAYS, SignedPapers, stamped_by_anybody

NAME = generic.NameObject
SHARES = st.floats(0, 1, exclude_max=True)
PAPERS = st.tuples(st.sampled_from(WAYS), st.sampled_from(HANDED_OUT))
EVERY = [(way, level) for way in WAYS for level in HANDED_OUT]


def often(few: int, many: int = 4000) -> pytest.MarkDecorator:
    """So many examples in CI, and so many in the long proof."""
    return pytest.mark.parametrize("examples", [few, pytest.param(many, marks=pytest.mark.prove)])


def word(papers: SignedPapers, data: bytes) -> Word:
    return verify_bytes(data, papers.trust).verdict


@often(60)
def test_a_flipped_byte_anywhere(examples: int, signed_papers: SignedPapers) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(paper=PAPERS, place=SHARES, mask=st.integers(1, 255))
    def check(paper: tuple[str, str], place: float, mask: int) -> None:
        data = bytearray(signed_papers.files[paper])
        data[int(place * len(data))] ^= mask
        assert word(signed_papers, bytes(data)) not in GENUINE

    check()


@often(60)
def test_a_flipped_byte_inside_a_signature_or_a_time_stamp(examples: int, signed_papers: SignedPapers) -> None:
    """Written back as hex, so that it is the container that has changed and not only its spelling."""
    holes = {
        paper: [tuple(map(int, each.byte_range))[1:3] for each in PdfFileReader(io.BytesIO(data)).embedded_signatures]
        for paper, data in signed_papers.files.items()
        if paper in EVERY
    }

    @settings(max_examples=examples, deadline=None)
    @given(paper=PAPERS, which=SHARES, place=SHARES, mask=st.integers(1, 255))
    def check(paper: tuple[str, str], which: float, place: float, mask: int) -> None:
        data = signed_papers.files[paper]
        first, second = holes[paper][int(which * len(holes[paper]))]
        content = bytearray.fromhex(data[first + 1 : second - 1].decode())
        content[int(place * len(bytes(content).rstrip(b"\0")))] ^= mask
        changed = data[: first + 1] + content.hex().encode() + data[second - 1 :]
        assert word(signed_papers, changed) not in GENUINE

    check()


@often(30)
def test_a_truncated_file(examples: int, signed_papers: SignedPapers) -> None:
    """Cut at the end of a revision, a file is the paper of that day again: an earlier copy, as genuine as it was."""

    @settings(max_examples=examples, deadline=None)
    @given(paper=PAPERS, place=SHARES)
    def check(paper: tuple[str, str], place: float) -> None:
        data = signed_papers.files[paper]
        cut = data[: int(place * len(data))]
        earlier = [file for (way, _), file in signed_papers.files.items() if way == paper[0]]
        assert word(signed_papers, cut) not in GENUINE or cut in earlier

    check()


@often(40)
def test_bytes_before_after_or_between(examples: int, signed_papers: SignedPapers) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(paper=PAPERS, place=SHARES | st.just(1.0), more=st.binary(min_size=1, max_size=200))
    def check(paper: tuple[str, str], place: float, more: bytes) -> None:
        data = signed_papers.files[paper]
        at = int(place * len(data))
        assert word(signed_papers, data[:at] + more + data[at:]) not in GENUINE

    check()


# -- what a program for PDF can do: a whole, well-formed revision after ours


def stream(content: bytes) -> generic.StreamObject:
    return generic.StreamObject(stream_data=content)


def _pages(writer: IncrementalPdfFileWriter) -> generic.ArrayObject:
    kids: generic.ArrayObject = writer.root["/Pages"]["/Kids"]
    return kids


def overlay(writer: IncrementalPdfFileWriter) -> None:
    """Something is painted over the first page."""
    page_ref, _ = writer.find_page_for_modification(0)
    content = writer.add_object(stream(b"1 1 1 rg 0 0 600 600 re f"))
    page = page_ref.get_object()
    page[NAME("/Contents")] = generic.ArrayObject([page.raw_get("/Contents"), content])
    writer.update_container(page)


def replaced(writer: IncrementalPdfFileWriter) -> None:
    """Shadow content: the page shows another stream, the signed one lies hidden below."""
    page_ref, _ = writer.find_page_for_modification(0)
    page = page_ref.get_object()
    page[NAME("/Contents")] = writer.add_object(stream(b"0 0 600 600 re f"))
    writer.update_container(page)


def annotated(writer: IncrementalPdfFileWriter) -> None:
    page_ref, _ = writer.find_page_for_modification(0)
    page = page_ref.get_object()
    box = generic.ArrayObject(generic.NumberObject(edge) for edge in (100, 100, 400, 400))
    note = generic.DictionaryObject(
        {NAME("/Type"): NAME("/Annot"), NAME("/Subtype"): NAME("/FreeText"), NAME("/Rect"): box}
    )
    page[NAME("/Annots")] = generic.ArrayObject([*page.get("/Annots", []), writer.add_object(note)])
    writer.update_container(page)


def page_added(writer: IncrementalPdfFileWriter) -> None:
    content = writer.add_object(stream(b"0 0 100 100 re f"))
    writer.insert_page(PageObject(contents=content, media_box=(0, 0, 595, 842)))


def pages_swapped(writer: IncrementalPdfFileWriter) -> None:
    kids = _pages(writer)
    kids[0], kids[1] = kids.raw_get(1), kids.raw_get(0)
    writer.update_container(kids)


def page_dropped(writer: IncrementalPdfFileWriter) -> None:
    tree = writer.root["/Pages"]
    del tree["/Kids"][-1]
    tree[NAME("/Count")] = generic.NumberObject(len(tree["/Kids"]))
    writer.update_container(tree)
    writer.update_container(tree["/Kids"])


def signature_dropped(writer: IncrementalPdfFileWriter) -> None:
    form = writer.root["/AcroForm"]
    del form["/Fields"][0]
    writer.update_container(form["/Fields"])
    writer.update_root()


def opened_with(writer: IncrementalPdfFileWriter) -> None:
    """A script that runs when the file is opened."""
    script = {NAME("/S"): NAME("/JavaScript"), NAME("/JS"): generic.TextStringObject("x")}
    writer.root[NAME("/OpenAction")] = generic.DictionaryObject(script)
    writer.update_root()


def evidence_with_more(writer: IncrementalPdfFileWriter) -> None:
    """What may be added, validation data, and with it what may not."""
    store = generic.DictionaryObject({NAME("/Certs"): generic.ArrayObject()})
    writer.root[NAME("/DSS")] = writer.add_object(store)
    writer.root[NAME("/PageMode")] = NAME("/UseNone")
    writer.update_root()


REVISIONS: list[Callable[[IncrementalPdfFileWriter], None]] = [
    overlay,
    replaced,
    annotated,
    page_added,
    pages_swapped,
    page_dropped,
    signature_dropped,
    opened_with,
    evidence_with_more,
]


def revised(data: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(data)
    assert len(out.getvalue()) > len(data)
    return out.getvalue()


@pytest.mark.parametrize("change", REVISIONS, ids=[change.__name__ for change in REVISIONS])
def test_a_later_revision(change: Callable[[IncrementalPdfFileWriter], None], signed_papers: SignedPapers) -> None:
    """Also where somebody vouches for the end of the file by a time stamp of his own: anybody can have one."""
    for paper in EVERY:
        later = revised(signed_papers.files[paper], change)
        assert word(signed_papers, later) in (Word.CHANGED, Word.UNSIGNED), paper
    stamped = stamped_by_anybody(revised(signed_papers.files["seal", "B-B"], change))
    assert word(signed_papers, stamped) in (Word.CHANGED, Word.UNSIGNED)


@often(10, 300)
def test_several_revisions_in_any_order(examples: int, signed_papers: SignedPapers) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(paper=PAPERS, changes=st.lists(st.sampled_from(REVISIONS), min_size=2, max_size=4), stamp=st.booleans())
    def check(paper: tuple[str, str], changes: list[Callable[[IncrementalPdfFileWriter], None]], stamp: bool) -> None:
        data = signed_papers.files[paper]
        for change in changes:
            data = revised(data, change)
        assert word(signed_papers, stamped_by_anybody(data) if stamp else data) not in GENUINE

    check()


@pytest.mark.parametrize(("way", "level"), EVERY)
def test_written_anew_without_its_signatures_a_file_is_unsigned(
    way: str, level: str, signed_papers: SignedPapers
) -> None:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(signed_papers.files[way, level])))
    del writer.root["/AcroForm"]
    out = io.BytesIO()
    writer.write(out)
    assert word(signed_papers, out.getvalue()) is Word.UNSIGNED


@pytest.mark.parametrize("level", HANDED_OUT)
def test_written_anew_with_its_signatures_a_file_is_changed(level: str, signed_papers: SignedPapers) -> None:
    for way in WAYS:
        writer = copy_into_new_writer(PdfFileReader(io.BytesIO(signed_papers.files[way, level])))
        out = io.BytesIO()
        writer.write(out)
        assert word(signed_papers, out.getvalue()) not in GENUINE


def test_the_approver_s_signature_alone_is_not_the_bureau_s_paper(signed_papers: SignedPapers) -> None:
    """Cut back to before the seal, the file bears a genuine signature, but no registered one."""
    data = signed_papers.files["approver-then-seal", "B-B"]
    first = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures[0]
    _, _, start, length = (int(n) for n in first.byte_range)
    verdict = verify_bytes(data[: start + length], signed_papers.trust)
    assert (verdict.message_digest, verdict.signature_value_hash) != signed_papers.known["approver-then-seal"]
