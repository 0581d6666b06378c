"""Between the registry's rows and the files: what a document record says, as a paper; what a signed file is known by.

document record ─paper_of─▶ PaperData ─render, sign─▶ SignedDocument ─signed_file─▶ the verb's SignedFile
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from sync.errors import DocumentError
from sync.paper_code import address, mac_of
from sync.progress_code import ON_THE_WAY, progress_code
from sync.protocol.verbs.case import SignedFile
from workstation.documents.papers import PaperData
from workstation.documents.sign import SignedDocument


class Prepared(Protocol):
    """A document record, as far as its paper needs it."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def case(self) -> str: ...
    @property
    def number(self) -> str | None: ...
    @property
    def page(self) -> str | None: ...
    @property
    def facts(self) -> Mapping[str, Any] | None: ...


def paper_of(record: Prepared, server: str) -> PaperData:
    """The paper that a record's `facts` describe; `server` is where its public page lies.

    Raises DocumentError `document.unnumbered` before the centre has numbered it, `document.bad_facts`.
    """
    if not record.number:
        raise DocumentError("document.unnumbered")
    page = record.page or ""
    code = address(server, page, mac_of(record.id, page, record.kind, record.number, record.facts))
    try:
        told = {**(record.facts or {}), "number": record.number, "verify_url": code}
        if record.kind in ON_THE_WAY:
            told["progress_code"] = progress_code(record.case)
        return msgspec.convert(told, PaperData)
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
