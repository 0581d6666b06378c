"""Verdicts on signed files, for the command and the public page.

    bytes ─▶ parse ──────────▶ unreadable      no PDF, broken, encrypted, a bomb
               │
               ├─ no signature ▶ unsigned
               ▼
             each signature: digest, value, the hole in which it lies, what follows it
               ├──────────────▶ changed        something is not as it was signed, or was added
               ├──────────────▶ untrusted      intact, but the chain does not end at the trust list
               ▼
             good                              the last signature covers the ENTIRE file
             good_with_later_timestamps        … or a time stamp does, and nothing else but validation data was added

Coverage decides, not what a parser takes for permitted changes: a published shadow attack passes as form filling.
Every exception of the parser is a verdict. `verify_bytes` runs an event loop of its own: call it in a worker thread
where one is running already.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from asn1crypto import cms, crl, ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from sync.container import LATER_ATTRIBUTES, container_faults, length_of, token_faults
from sync.verdict import ANY, GENUINE, LARGEST, RegistryLookup, Trust, TrustRoots, Verdict, Word

__all__ = ["ANY", "GENUINE", "RegistryLookup", "Trust", "TrustRoots", "Verdict", "Word", "verify_bytes"]

REVOKED = "revoked"
HEX = re.compile(rb"[0-9a-f]*|[0-9A-F]*")

# What the parser says about odd files belongs to the verdict, not to the terminal.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


def verify_bytes(data: bytes, trust: Trust, registry: RegistryLookup | None = None) -> Verdict:
    """Judge a file; never raises for what is in it.

    `trust` is a trust list or ANY (every signer is believed to be whom its certificate names: for trying out, never
    for a decision). `registry` is asked about every signature that is intact.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    if len(data) > LARGEST:
        return Verdict(verdict=Word.UNREADABLE, reasons=("too_large",), sha256=sha256)
    try:
        verdict = asyncio.run(_judge(data, trust))
    except Exception as failure:  # whatever a hostile file makes of the parser
        verdict = Verdict(verdict=Word.UNREADABLE, reasons=(f"parser:{type(failure).__name__}",))
    verdict = msgspec.structs.replace(verdict, sha256=sha256)
    if registry is not None and verdict.verdict in GENUINE | {Word.UNTRUSTED}:
        verdict = msgspec.structs.replace(verdict, registry=registry(verdict))
    return verdict


async def _judge(data: bytes, trust: Trust) -> Verdict:
    reader = PdfFileReader(io.BytesIO(data))
    evidence = _evidence(reader)
    signatures = list(reader.embedded_signatures)
    regular = [signature for signature in signatures if signature.sig_object_type == "/Sig"]
    stamps = [signature for signature in signatures if signature.sig_object_type == "/DocTimeStamp"]
    if not regular:
        # Read every object once: a broken file without a signature is unreadable, not unsigned.
        return Verdict(verdict=Word.UNSIGNED, reasons=("only_timestamps",) if stamps else ())
    last = regular[-1]
    changed, untrusted = list[str](), list[str]()
    proven = bool(evidence)
    for signature in signatures:
        try:
            if signature.sig_object_type == "/Sig":
                *found, sure = await _check_signature(signature, data, trust, evidence, is_last=signature is last)
                proven = proven and sure
            elif signature.sig_object_type == "/DocTimeStamp":
                found = [await _check_timestamp(signature, data), []]
            else:
                found = [["unknown_signature_type"], []]
        except Exception as failure:
            found = [[f"signature:{type(failure).__name__}"], []]
        changed += found[0]
        untrusted += found[1]
    whole = _covers_entire_file(last, data)
    if not whole and not any(_covers_entire_file(stamp, data) for stamp in stamps):
        changed.append("not_covered")  # whatever stands at the end, nobody vouches for it
    word = Word.GOOD if whole else Word.GOOD_WITH_LATER_TIMESTAMPS
    if untrusted:
        word = Word.UNTRUSTED
    if changed:
        word = Word.CHANGED
    verdict = _described(word, regular, whole, stamps, reader, tuple(dict.fromkeys(changed + untrusted)))
    revocation = REVOKED if REVOKED in untrusted else "good" if proven and verdict.verdict in GENUINE else None
    return msgspec.structs.replace(verdict, revocation=revocation)


class _Evidence(msgspec.Struct, frozen=True):
    """Certificates, OCSP answers and CRLs that a file brings along (its DSS, level B-LT and above): each is signed by
    somebody on the way to the trust list, or says nothing."""

    certificates: tuple[asn1_x509.Certificate, ...] = ()
    ocsps: tuple[ocsp.OCSPResponse, ...] = ()
    crls: tuple[crl.CertificateList, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.ocsps or self.crls)


def _evidence(reader: PdfFileReader) -> _Evidence:
    """What lies in the file; nothing where that cannot be read: it proves nothing then."""
    if "/DSS" not in reader.root:
        return _Evidence()
    try:
        store = DocumentSecurityStore.read_dss(reader)
        told = store.as_validation_context({"trust_roots": [], "allow_fetching": False})
        return _Evidence(tuple(store.load_certs()), tuple(told.ocsps), tuple(told.crls))
    except Exception:
        return _Evidence()


async def _check_signature(
    signature: EmbeddedPdfSignature, data: bytes, trust: Trust, evidence: _Evidence, *, is_last: bool
) -> tuple[list[str], list[str], bool]:
    """What speaks against one signature, (changed, untrusted), and whether the file proves that no certificate of it
    was revoked at its time."""
    changed = _hole_faults(signature, data)
    changed += container_faults(signature.pkcs7_content, signature.signer_cert, detached=True)
    sure = bool(evidence) and _stamped_at(signature) is not None
    status = await _status_of(signature, _context(trust, signature, evidence, "require" if sure else "soft-fail"))
    if sure and not status.trusted:
        sure = False
        status = await _status_of(signature, _context(trust, signature, evidence, "soft-fail"))
    changed += _integrity_faults(status) + _unsigned_faults(signature, status)
    # The last signature must reach the file's end, or be followed by what a time stamp adds. An earlier one is
    # followed by the last one, which vouches for the whole; there a second signature counts as form filling.
    limit = ModificationLevel.LTA_UPDATES if is_last else ModificationLevel.FORM_FILLING
    if not _covers_entire_file(signature, data):
        level = (
            status.diff_result.modification_level
            if isinstance(status.diff_result, DiffResult)
            else ModificationLevel.OTHER
        )
        if status.coverage is None or status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
            changed.append("not_covered")
        elif level > limit:
            changed.append("later_changes")
    if trust == ANY or status.trusted:
        return changed, [], sure
    if status.revocation_details is not None:
        return changed, [REVOKED], False
    return changed, ["no_signing_time" if signature.self_reported_timestamp is None else "chain_not_trusted"], False


async def _status_of(signature: EmbeddedPdfSignature, context: ValidationContext) -> PdfSignatureStatus:
    return await async_validate_pdf_signature(
        signature,
        signer_validation_context=context,
        ts_validation_context=ValidationContext(trust_roots=[], allow_fetching=False),
        key_usage_settings=KeyUsageConstraints(
            key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False
        ),
    )


async def _check_timestamp(signature: EmbeddedPdfSignature, data: bytes) -> list[str]:
    """A document time stamp must be intact. Whose it is, is not asked: no verdict rests on it, the level tells which
    parts are there, and a time that it proves is worth what its authority is.
    """
    status = await async_validate_pdf_timestamp(signature, ValidationContext(trust_roots=[], allow_fetching=False))
    intact = status.intact and status.valid
    faults = [] if intact else ["timestamp_broken"]
    return faults + _hole_faults(signature, data) + token_faults(signature.pkcs7_content)


def _integrity_faults(status: PdfSignatureStatus) -> list[str]:
    if not status.intact:
        return ["digest_mismatch"]
    return [] if status.valid else ["signature_invalid"]


def _context(trust: Trust, signature: EmbeddedPdfSignature, evidence: _Evidence, mode: str) -> ValidationContext:
    """The chain is checked at the time that the signature claims: a paper outlives its signer's certificate. Where the
    file brings proof, a stamp's later time counts if the certificate was still good then: who signs with a key that was
    revoked dates it back. Nothing is fetched; the proof was made after the signature, hence `retroactive`."""
    roots = [] if trust == ANY else [asn1_x509.Certificate.load(der) for der in trust.certificates]
    moment = signature.self_reported_timestamp
    if moment is None:
        roots, moment = [], datetime.fromtimestamp(0, UTC)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    stamped = _stamped_at(signature) if evidence else None
    if stamped is not None and moment < stamped <= signature.signer_cert.not_valid_after:
        moment = stamped
    return ValidationContext(
        trust_roots=roots,
        other_certs=list(evidence.certificates),
        ocsps=list(evidence.ocsps),
        crls=list(evidence.crls),
        moment=moment,
        allow_fetching=False,
        revocation_mode=mode,
        retroactive_revinfo=True,
    )


def _stamped_at(signature: EmbeddedPdfSignature) -> datetime | None:
    """What the time stamp in a signature says, None without one."""
    for attribute in signature.signer_info["unsigned_attrs"] or ():
        if attribute["type"].native == "signature_time_stamp_token":
            told = attribute["values"][0]["content"]["encap_content_info"]["content"].parsed
            at: datetime = told["gen_time"].native
            return at
    return None


def _covers_entire_file(signature: EmbeddedPdfSignature, data: bytes) -> bool:
    """From the first byte to the last, but for the hole in which the signature itself lies."""
    ranges = [int(value) for value in signature.byte_range]
    if len(ranges) != 4:
        return False
    start, first, second, length = ranges
    return (
        start == 0
        and 0 < first < second
        and second + length == len(data)
        and second - first == 2 * len(signature.pkcs7_content) + 2
    )


def _hole_faults(signature: EmbeddedPdfSignature, data: bytes) -> list[str]:
    """The hole is the one part that no digest covers: it holds the signature in hex, then zeros, and nothing else."""
    ranges = [int(value) for value in signature.byte_range]
    if len(ranges) != 4:
        return ["not_covered"]
    hole = data[ranges[1] : ranges[2]]
    if hole[:1] != b"<" or hole[-1:] != b">":
        return ["not_covered"]
    if HEX.fullmatch(hole, 1, len(hole) - 1) is None:
        return ["hole_not_hex"]
    content = bytes.fromhex(hole[1:-1].decode())
    length = length_of(content)
    if content[length:].strip(b"\0"):
        return ["hole_not_empty"]
    return [] if content[:length] == signature.pkcs7_content[:length] else ["hole_not_hex"]


def _unsigned_faults(signature: EmbeddedPdfSignature, status: PdfSignatureStatus) -> list[str]:
    """What no digest covers beside the hole: attributes added to the signature later. A time stamp must be one."""
    stamp = status.timestamp_validity
    faults = [] if stamp is None or (stamp.intact and stamp.valid) else ["timestamp_broken"]
    for attribute in signature.signer_info["unsigned_attrs"] or ():
        name = attribute["type"].native
        if name == "signature_time_stamp_token":
            faults += [fault for value in attribute["values"] for fault in token_faults(value.dump())]
        elif name not in LATER_ATTRIBUTES:
            faults.append("container_odd")
    return faults


def _described(
    word: Word,
    regular: Sequence[EmbeddedPdfSignature],
    whole: bool,
    stamps: Sequence[EmbeddedPdfSignature],
    reader: PdfFileReader,
    reasons: tuple[str, ...],
) -> Verdict:
    """The verdict with who and when, as far as the file can tell."""
    verdict = Verdict(verdict=word, covers_entire_file=whole, reasons=reasons)
    *earlier, last = regular
    try:
        certificate = last.signer_cert
        at = last.self_reported_timestamp
        if at is not None and at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        return msgspec.structs.replace(
            verdict,
            signer=_holder(certificate),
            signed_before=tuple(_holder(signature.signer_cert) for signature in earlier),
            signed_at=None if at is None else int(at.timestamp()) * 1000,
            level=_level(last, stamps, reader),
            certificate_serial=f"{certificate.serial_number:x}",
            message_digest=_message_digest(last),
            signature_value_hash=hashlib.sha256(last.signer_info["signature"].native).hexdigest(),
        )
    except Exception as failure:
        told = word if word in (Word.CHANGED, Word.UNTRUSTED) else Word.CHANGED
        return msgspec.structs.replace(verdict, verdict=told, reasons=(*reasons, f"signature:{type(failure).__name__}"))


def _holder(certificate: asn1_x509.Certificate) -> str:
    return str(certificate.subject.native.get("common_name") or certificate.subject.human_friendly)


def _level(last: EmbeddedPdfSignature, stamps: Sequence[EmbeddedPdfSignature], reader: PdfFileReader) -> str:
    """The PAdES baseline level that the file's parts make up (ETSI EN 319 142-1), or PKCS7 for the older kind."""
    if str(last.sig_object.get("/SubFilter")) != "/ETSI.CAdES.detached":
        return "PKCS7"
    unsigned: cms.CMSAttributes = last.signer_info["unsigned_attrs"]
    stamped = any(attribute["type"].native == "signature_time_stamp_token" for attribute in unsigned or ())
    if not stamped:
        return "B-B"
    if "/DSS" not in reader.root:
        return "B-T"
    return "B-LTA" if any(stamp.signed_revision > last.signed_revision for stamp in stamps) else "B-LT"


def _message_digest(signature: EmbeddedPdfSignature) -> str | None:
    for attribute in signature.signer_info["signed_attrs"] or ():
        if attribute["type"].native == "message_digest":
            return str(attribute["values"][0].native.hex())
    return None
