"""Where the approver signs too: first the approver, stamped at once (B-T), then the bureau's seal over both.

    PDF ─approver's key─▶ B-B ─time stamp, in place─▶ B-T ─seal─▶ two signatures, the seal covers the whole file

Only online: the seal freezes the approver's room, no stamp can be put into it later. Without a time-stamp server the
seal is set alone, and the paper's own text names who decided.
"""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.general import SigningError

from sync.errors import DocumentError
from workstation.documents.augment import Augmenter
from workstation.documents.keys import SigningKey, check_usable
from workstation.documents.revision import PlainRevision
from workstation.documents.sign import HeldKeySigner, metadata_of, sign_revision

FIELD = "Approval"


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
