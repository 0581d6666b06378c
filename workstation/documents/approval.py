"""Where the approver signs too: first the approver, stamped at once (B-T), then the bureau's seal over both.

    PDF ─approver's key─▶ B-B ─time stamp, in place─▶ B-T ─seal─▶ two signatures, the seal covers the whole file

`under_seal` is asked before the seal is set on a file that came from elsewhere: it is this very paper, to the byte,
with one stamped signature of the approver whom the registry names, and nothing else.

Only online: the seal freezes the approver's room, no stamp can be put into it later. Without a time-stamp server the
seal is set alone, and the paper's own text names who decided.
"""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime

import msgspec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.general import SigningError

from sync.errors import DocumentError
from sync.verdict import Trust, Word
from sync.verify import verify_bytes
from workstation.documents.augment import Augmenter
from workstation.documents.keys import SigningKey, check_usable
from workstation.documents.revision import PlainRevision
from workstation.documents.sign import HeldKeySigner, metadata_of, sign_revision


class Approved(msgspec.Struct, frozen=True):
    """The file that the approver signed, and the serial number (hex) of the certificate that it must be signed with."""

    data: bytes
    serial: str


FIELD = "Approval"
FIELD_KEYS = {"/F", "/FT", "/P", "/Rect", "/Subtype", "/T", "/Type", "/V"}


def approve(pdf: bytes, key: SigningKey, augmenter: Augmenter, *, at_ms: int) -> bytes:
    """The rendered paper with the approver's stamped signature, invisible: the text names the approver.

    Raises KeyUnusable, OutsideDown, StampWrong, DocumentError (`document.no_timestamp_server`,
    `document.sign_failed`): nothing was signed then, the seal alone may follow. In a worker thread.
    """
    check_usable(key, at_ms=at_ms)
    at = datetime.fromtimestamp(at_ms / 1000, UTC).replace(microsecond=0)
    try:
        signer = signers.PdfSigner(
            metadata_of(FIELD), signer=HeldKeySigner(key), new_field_spec=SigFieldSpec(FIELD, on_page=0)
        )
        data, _, _ = asyncio.run(sign_revision(signer, PlainRevision(io.BytesIO(pdf)), at))
    except (PdfError, SigningError) as failure:
        raise DocumentError("document.sign_failed", reason=type(failure).__name__) from failure
    return augmenter.step(data)


def under_seal(pdf: bytes, approved: Approved | None, trust: Trust) -> bytes:
    """What the seal is set on: the rendered paper, or what its approver made of it. Raises as `check_approval`."""
    if approved is None:
        return pdf
    check_approval(approved.data, pdf, trust, approved.serial)
    return approved.data


def check_approval(data: bytes, pdf: bytes, trust: Trust, serial: str = "") -> None:
    """Whether `data` is what `approve` makes of the rendered paper `pdf`: renderings of one record are the same to the
    byte, and a signature only adds to them. Raises DocumentError `document.approval_wrong` (reason)."""
    verdict = verify_bytes(data, trust)
    if verdict.verdict is not Word.GOOD:
        raise DocumentError("document.approval_wrong", reason=verdict.verdict.value)
    if verdict.signed_before or verdict.level != "B-T":
        raise DocumentError("document.approval_wrong", reason="one stamped signature")
    if serial and verdict.certificate_serial != serial:
        raise DocumentError("document.approval_wrong", reason="another certificate")
    if not data.startswith(pdf) or not _only_signed(PdfFileReader(io.BytesIO(data)), PdfFileReader(io.BytesIO(pdf))):
        raise DocumentError("document.approval_wrong", reason="another paper")


def _only_signed(reader: PdfFileReader, plain: PdfFileReader) -> bool:
    """Whether the one revision after the rendering brings the approver's signature, unseen, and replaces nothing: two
    of the rendering's objects are touched, the catalog for the form and the first page for the field."""
    [signature] = reader.embedded_signatures
    field = signature.sig_field
    if signature.field_name != FIELD or reader.xrefs.total_revisions != 2 or not field.keys() <= FIELD_KEYS:
        return False
    if any(float(edge) for edge in field["/Rect"]) or reader.root["/AcroForm"].keys() != {"/Fields", "/SigFlags"}:
        return False
    page = plain.root["/Pages"]["/Kids"].raw_get(0).reference
    added = {plain.root_ref.idnum: {"/AcroForm", "/Extensions", "/Version"}, page.idnum: {"/Annots"}}
    last = int(plain.trailer["/Size"])
    for ref in reader.xrefs.explicit_refs_in_revision(1):
        if ref.idnum >= last:
            continue
        before, after = plain.get_object(generic.Reference(ref.idnum, 0, plain)), reader.get_object(ref)
        new = added.get(ref.idnum)
        if new is None or before.keys() & new or _without(before, new) != _without(after, new):
            return False
    return len(reader.root["/Pages"]["/Kids"][0]["/Annots"]) == len(reader.root["/AcroForm"]["/Fields"]) == 1


def _without(entries: generic.DictionaryObject, new: set[str]) -> dict[str, bytes]:
    """A dictionary as it is written, but for what is new."""
    told = {}
    for name in entries.keys() - new:
        out = io.BytesIO()
        entries.raw_get(name).write_to_stream(out, None)
        told[name] = out.getvalue()
    return told
