"""One step of a signature's way to long life, offline first (ETSI EN 319 142-1).

    B-B ─time stamp into the room of the signature itself─▶ B-T ─certificates, OCSP, CRLs─▶ B-LT
                                                                                             │ stamp over all
               before the last stamp's certificate ends: one more ◀──────────────────▶ B-LTA ◀┘

Which step is next is read from the file alone, so that whatever ends this program between two steps, the next start
goes on where the file is. The stamp of B-T changes no byte outside `/Contents`: validation data and a document time
stamp alone after a B-B signature fail AdES validation in every order.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore, collect_validation_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathError, RevokedError, ValidationError
from pyhanko_certvalidator.path import ValidationPath

from sync.errors import DocumentError
from workstation.documents.outside import Authorities, Outside
from workstation.documents.revision import PlainRevision
from workstation.documents.revocation import Evidence, gather
from workstation.documents.timestamp import CheckedTimestamper, token_certificate

LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")
STAMP_ROOM = 24576  # bytes of hex digits for a document time stamp
TOKEN = "signature_time_stamp_token"  # noqa: S105 - the name of an attribute


class FileState(msgspec.Struct, frozen=True):
    """How far a signed file is, and by what the registry knows it. `stamp_ends` is when the certificate of its last
    document time stamp ends (ms)."""

    level: str
    message_digest: str
    signature: str
    stamp_ends: int | None = None


def state_of(data: bytes) -> FileState:
    """The level that the file's parts make up. Raises DocumentError `document.augment_failed` for no signed paper."""
    try:
        reader = PdfFileReader(io.BytesIO(data))
        signatures = reader.embedded_regular_signatures
        stamps = reader.embedded_timestamp_signatures
        if not signatures:
            raise DocumentError("document.augment_failed", reason="unsigned")
        known = _known_by(signatures[-1])
        if not _stamped(signatures[-1]):
            return FileState("B-B", *known)
        if "/DSS" not in reader.root:
            return FileState("B-T", *known)
        if not stamps:
            return FileState("B-LT", *known)
        certificate = token_certificate(stamps[-1].signed_data)
        ends = None if certificate is None else round(certificate.not_valid_after.timestamp() * 1000)
        return FileState("B-LTA", *known, ends)
    except (PdfError, SigningError, ValueError) as failure:
        raise DocumentError("document.augment_failed", reason=type(failure).__name__) from None


class Augmenter:
    """Takes signed files a level on. It runs an event loop of its own: call it in a worker thread."""

    def __init__(self, authorities: Authorities, outside: Outside, now_ms: Callable[[], int]) -> None:
        self._authorities = authorities
        self._outside = outside
        self._now_ms = now_ms

    def step(self, data: bytes) -> bytes:
        """The file one level on; at B-LTA with one more document time stamp, and what proves the former one.

        Raises OutsideDown, StampWrong, RevocationUnknown, DocumentError `document.chain_revoked`,
        `document.chain_unknown`, `document.augment_failed`.
        """
        level = state_of(data).level
        steps = {"B-B": self._stamp_signature, "B-T": self._add_evidence, "B-LT": self._stamp_document}
        try:
            return asyncio.run(steps.get(level, self._stamp_again)(data))
        except RevokedError as failure:
            at = round(failure.revocation_dt.timestamp() * 1000)
            raise DocumentError("document.chain_revoked", revoked_at=at) from None
        except (PathError, PathBuildingError, ValidationError, SignatureValidationError) as failure:
            raise DocumentError("document.chain_unknown", reason=type(failure).__name__) from None
        except (PdfError, SigningError, ValueError) as failure:
            raise DocumentError("document.augment_failed", reason=type(failure).__name__) from failure

    async def _stamp_signature(self, data: bytes) -> bytes:
        signature = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures[-1]
        _, start, end, _ = (int(value) for value in signature.byte_range)
        content_info = cms.ContentInfo.load(signature.pkcs7_content)
        signer = content_info["content"]["signer_infos"][0]
        digest = hashlib.sha256(signer["signature"].native).digest()
        token = await self._timestamper().async_timestamp(digest, "sha256")
        unsigned = signer["unsigned_attrs"]
        attributes = cms.CMSAttributes(list(unsigned) if unsigned.native else [])
        attributes.append(cms.CMSAttribute({"type": TOKEN, "values": [token]}))
        signer["unsigned_attrs"] = attributes
        der: bytes = content_info.dump(force=True)
        room = (end - start - 2) // 2
        if len(der) > room:
            raise DocumentError("document.augment_failed", reason=f"{len(der)} > {room}")
        return data[:start] + b"<" + der.hex().encode().ljust(2 * room, b"0") + b">" + data[end:]

    async def _add_evidence(self, data: bytes) -> bytes:
        reader = PdfFileReader(io.BytesIO(data))
        signatures = reader.embedded_regular_signatures
        plain = self._context(Evidence((), ()), "soft-fail")
        known = [path for each in signatures for path in await collect_validation_info(each, plain)]
        context = self._context(self._gather(known), "require")
        writer = PlainRevision(io.BytesIO(data))
        for signature in signatures:
            paths = await collect_validation_info(signature, context)
            contents = signature.pkcs7_content.hex().encode("ascii")
            DocumentSecurityStore.supply_dss_in_writer(writer, contents, paths=paths, validation_context=context)
        return _written(writer)

    async def _stamp_document(self, data: bytes) -> bytes:
        return await self._stamped(PlainRevision(io.BytesIO(data)))

    async def _stamp_again(self, data: bytes) -> bytes:
        """Proof that the last stamp's certificate was good while it could be had, then a stamp over that."""
        last = PdfFileReader(io.BytesIO(data)).embedded_timestamp_signatures[-1]
        known = await self._path_of(last, self._context(Evidence((), ()), "soft-fail"))
        context = self._context(self._gather([known]), "require")
        writer = PlainRevision(io.BytesIO(data))
        DocumentSecurityStore.supply_dss_in_writer(
            writer,
            last.pkcs7_content.hex().encode("ascii"),
            paths=[await self._path_of(last, context)],
            validation_context=context,
        )
        return await self._stamped(writer)

    async def _stamped(self, writer: PlainRevision) -> bytes:
        stamper = PdfTimeStamper(self._timestamper())
        out = await stamper.async_timestamp_pdf(writer, "sha256", bytes_reserved=STAMP_ROOM)
        return bytes(out.getvalue())

    async def _path_of(self, stamp: EmbeddedPdfSignature, context: ValidationContext) -> ValidationPath:
        others = [each.chosen for each in stamp.signed_data["certificates"]]
        certificate = token_certificate(stamp.signed_data)
        if certificate is None:
            raise DocumentError("document.augment_failed", reason="no certificate")
        validator = CertificateValidator(certificate, intermediate_certs=others, validation_context=context)
        path: ValidationPath = await validator.async_validate_usage(set(), {"time_stamping"})
        return path

    def _gather(self, paths: list[ValidationPath]) -> Evidence:
        return gather([list(path) for path in paths], self._authorities, self._outside)

    def _context(self, evidence: Evidence, mode: str) -> ValidationContext:
        ders = (*self._authorities.roots, *self._authorities.timestamp_roots)
        return ValidationContext(
            trust_roots=[asn1_x509.Certificate.load(der) for der in ders],
            moment=datetime.fromtimestamp(self._now_ms() / 1000, UTC),
            ocsps=evidence.ocsps,
            crls=evidence.crls,
            allow_fetching=False,
            revocation_mode=mode,
        )

    def _timestamper(self) -> CheckedTimestamper:
        if not self._authorities.can_stamp:
            raise DocumentError("document.no_timestamp_server")
        return CheckedTimestamper(self._authorities, self._outside, self._now_ms)


def _known_by(signature: EmbeddedPdfSignature) -> tuple[str, str]:
    """messageDigest, and the hash of the signature's value."""
    signer = signature.signer_info
    digests = [each["values"][0].native for each in signer["signed_attrs"] if each["type"].native == "message_digest"]
    return (digests[0].hex() if digests else ""), hashlib.sha256(signer["signature"].native).hexdigest()


def _stamped(signature: EmbeddedPdfSignature) -> bool:
    return any(attribute["type"].native == TOKEN for attribute in signature.signer_info["unsigned_attrs"] or ())


def _written(writer: PlainRevision) -> bytes:
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()
