"""The seal on a file that the approver signed elsewhere: only where it is this very paper, signed once and stamped."""

import io
import subprocess
from pathlib import Path

import msgspec
import pytest
from pyhanko.pdf_utils import generic

from sync.errors import DocumentError
from sync.records.document import Document
from sync.records.states import DocumentState, PaperKind
from sync.verdict import ANY, TrustRoots
from sync.verify import Word, verify_bytes
from tests.conftest import NeedsTool
from tests.documents.conftest import MakePaper
from tests.sample_papers import AT, BUREAU
from tests.signed_papers import LATER, SignedPapers
from workstation.documents.approval import Approved, approve, check_approval
from workstation.documents.augment import Augmenter
from workstation.documents.crew import Result
from workstation.documents.holder import SealHolder
from workstation.documents.outside import Outside
from workstation.documents.render import Renderer
from workstation.documents.revision import PlainRevision


@pytest.fixture(scope="module")
def plain(renderer: Renderer, paper: MakePaper) -> bytes:
    return renderer.render(PaperKind.GRANT_DECISION, paper(PaperKind.GRANT_DECISION))


@pytest.fixture(scope="module")
def approved(plain: bytes, signed_papers: SignedPapers) -> bytes:
    return approved_by("approver", plain, signed_papers)


def approved_by(label: str, pdf: bytes, papers: SignedPapers) -> bytes:
    papers.world.mode.update(tsa="up", ocsp="up", crls="up")
    papers.world.at(LATER)
    augmenter = Augmenter(papers.world.authorities(), Outside(), lambda: LATER)
    return approve(pdf, papers.world.key(label), augmenter, at_ms=LATER)


def reason_of(data: bytes, pdf: bytes, trust: TrustRoots) -> str:
    with pytest.raises(DocumentError) as failure:
        check_approval(data, pdf, trust)
    assert failure.value.code == "document.approval_wrong"
    return str(failure.value.params["reason"])


def test_the_seal_on_it_is_the_second_signature_and_poppler_agrees(
    plain: bytes, approved: bytes, signed_papers: SignedPapers, tmp_path: Path, needs_tool: NeedsTool
) -> None:
    check_approval(approved, plain, signed_papers.trust)
    sealed = signed_papers.signer.sign(approved, at_ms=LATER).data
    assert verify_bytes(sealed, signed_papers.trust).verdict is Word.GOOD
    path = tmp_path / "paper.pdf"
    path.write_bytes(sealed)
    said = subprocess.run([needs_tool("pdfsig", "poppler-utils"), path], capture_output=True, text=True, check=False)
    assert said.stdout.count("Signature is Valid") == 2


def test_another_paper_is_refused_however_well_it_is_signed(
    plain: bytes, approved: bytes, renderer: Renderer, paper: MakePaper, signed_papers: SignedPapers
) -> None:
    other = renderer.render(PaperKind.REFUSAL_DECISION, paper(PaperKind.REFUSAL_DECISION))
    assert reason_of(approved, other, signed_papers.trust) == "another paper"


def test_what_was_added_before_the_signature_is_refused(plain: bytes, signed_papers: SignedPapers) -> None:
    """The signature is genuine and its file begins with the rendering: somebody put a page's contents anew."""
    writer = PlainRevision(io.BytesIO(plain))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"q Q"))
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    data = approved_by("approver", out.getvalue(), signed_papers)
    assert data.startswith(plain)
    assert verify_bytes(data, signed_papers.trust).verdict is Word.GOOD
    assert reason_of(data, plain, signed_papers.trust) == "another paper"


def test_unsigned_changed_unstamped_and_untrusted_files_are_refused(
    plain: bytes, approved: bytes, signed_papers: SignedPapers, trust: TrustRoots
) -> None:
    known = signed_papers.trust
    assert reason_of(plain, plain, known) == "unsigned"
    assert reason_of(approved + b"\n", plain, known) == "changed"
    assert reason_of(b"no paper", plain, known) == "unreadable"
    assert reason_of(approved, plain, trust) == "untrusted"
    assert reason_of(signed_papers.signer.sign(plain, at_ms=AT).data, plain, known) == "one stamped signature"
    sealed = signed_papers.signer.sign(approved, at_ms=LATER).data
    assert reason_of(sealed, plain, known) == "one stamped signature"


def test_the_seal_s_holder_renders_the_record_and_seals_the_approved_file_of_it(
    signed_papers: SignedPapers, paper: MakePaper, tmp_path: Path
) -> None:
    holder = SealHolder(tmp_path, bureau=lambda: BUREAU, server=lambda: "", authorities=signed_papers.world.authorities)
    holder.open("long enough", LATER)
    facts = msgspec.to_builtins(paper(PaperKind.GRANT_DECISION))
    record = Document(
        id="d1",
        scope="hall:case/o1",
        case="c1",
        state=DocumentState.PREPARED,
        kind=PaperKind.GRANT_DECISION,
        number="一号",
        page="p1",
        facts=facts,
    )
    approved = approved_by("approver", holder.preview(record).pdf, signed_papers)
    serial = f"{signed_papers.world.key('approver').certificate.serial_number:x}"

    def put_out(approved: Approved | None = None) -> Result:
        [result] = holder.put_out([holder.task(record, approved)], lambda: LATER)
        return result

    done = put_out(Approved(approved, serial)).signed
    assert done is not None
    sealed = verify_bytes(done.data, ANY)
    assert (sealed.verdict, sealed.signed_before) == (Word.GOOD, ("赵某 测试",))
    assert put_out(Approved(approved, "4a19")).why == ("document.approval_wrong", {"reason": "another certificate"})
    record.number = "二号"
    assert put_out(Approved(approved, serial)).why == ("document.approval_wrong", {"reason": "another paper"})
    alone = put_out().signed
    assert alone is not None
    assert verify_bytes(alone.data, ANY).signed_before == ()
