"""Between the registry's rows and the files: what a document record says, as a paper; what a signed file is known by.

document record ─paper_of─▶ PaperData ─render, sign─▶ SignedDocument ─signed_file─▶ the verb's SignedFile
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sync.errors import DocumentError
from sync.protocol.verbs.case import SignedFile
from workstation.documents.papers import PaperData
from workstation.documents.sign import SignedDocument


def paper_of(facts: Mapping[str, Any], *, number: str | None, page: str | None, server: str) -> PaperData:
    """The paper that a record's `facts` describe; `server` is where its public page lies.

    Raises DocumentError `document.unnumbered` before the centre has numbered it, `document.bad_facts`.
    """
    if not number:
        raise DocumentError("document.unnumbered")
    try:
        return msgspec.convert({**facts, "number": number, "verify_url": f"{server}/v/{page}"}, PaperData)
    except msgspec.ValidationError as error:
        raise DocumentError("document.bad_facts", detail=str(error)) from None


def signed_file(signed: SignedDocument) -> SignedFile:
    """What the registry keeps of a signed file."""
    return SignedFile(
        sha256=signed.sha256,
        size=len(signed.data),
        pages=signed.pages,
        message_digest=signed.message_digest,
        signature=signed.signature_value_hash,
        signer=signed.signer_name,
        serial=signed.certificate_serial,
        level=signed.level,
        signed_at=signed.signed_at,
    )
