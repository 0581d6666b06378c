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

A time stamp's time is proof only where its chain ends at the list of time stamps; a stranger's proves nothing.
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
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec
from asn1crypto import cms, crl, ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.generic_cms import message_imprint_checker, validate_tst_signed_data
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel, TimestampSignatureStatus
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
    strangers = list[EmbeddedPdfSignature]()
    proven = bool(evidence)
    for signature in signatures:
        try:
            if signature.sig_object_type == "/Sig":
                found = await _check_signature(signature, data, trust, evidence, is_last=signature is last)
                proven = proven and found.sure
            elif signature.sig_object_type == "/DocTimeStamp":
                found = await _check_timestamp(signature, data, trust, evidence)
            else:
                found = _Found(["unknown_signature_type"])
        except Exception as failure:
            found = _Found([f"signature:{type(failure).__name__}"])
        changed += found.changed
        untrusted += found.untrusted
        if found.stranger:
            strangers.append(signature)
    whole = _covers_entire_file(last, data)
    if not whole and not any(_covers_entire_file(stamp, data) for stamp in stamps):
        changed.append("not_covered")  # whatever stands at the end, nobody vouches for it
    word = Word.GOOD if whole else Word.GOOD_WITH_LATER_TIMESTAMPS
    if untrusted:
        word = Word.UNTRUSTED
    if changed:
        word = Word.CHANGED
    told = ["stamp_not_trusted"] if strangers else []
    reasons = tuple(dict.fromkeys(changed + untrusted + told))
    verdict = _described(word, regular, whole, stamps, strangers, reader, reasons)
    revocation = REVOKED if REVOKED in untrusted else "good" if proven and verdict.verdict in GENUINE else None
    return msgspec.structs.replace(verdict, revocation=revocation)


class _Found(msgspec.Struct, frozen=True):
    """What speaks against one signature or time stamp; whether the file proves that no certificate of it was revoked at
    its time (`sure`), and whether its time stamp is of somebody who is not on the trust list (`stranger`)."""

    changed: list[str]
    untrusted: list[str] = []
    sure: bool = False
    stranger: bool = False


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
) -> _Found:
    changed = _hole_faults(signature, data)
    changed += container_faults(signature.pkcs7_content, signature.signer_cert, detached=True)
    token = _token_in(signature)
    imprint = message_imprint_checker(signature.signer_info)
    believed = token is not None and await _is_believed(token, imprint, trust, evidence)
    stranger = token is not None and not believed
    # Who stamps when the certificate has ended already shows nothing of the time that the signature claims.
    in_time = token is not None and _time_of(token) <= signature.signer_cert.not_valid_after
    sure = bool(evidence) and believed and in_time
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
        return _Found(changed, [], sure, stranger)
    if status.revocation_details is not None:
        return _Found(changed, [REVOKED], stranger=stranger)
    why = ["no_signing_time" if signature.self_reported_timestamp is None else "chain_not_trusted"]
    return _Found(changed, why, stranger=stranger)


async def _status_of(signature: EmbeddedPdfSignature, context: ValidationContext) -> PdfSignatureStatus:
    return await async_validate_pdf_signature(
        signature,
        signer_validation_context=context,
        ts_validation_context=ValidationContext(trust_roots=[], allow_fetching=False),
        key_usage_settings=KeyUsageConstraints(
            key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False
        ),
    )


async def _check_timestamp(signature: EmbeddedPdfSignature, data: bytes, trust: Trust, evidence: _Evidence) -> _Found:
    """A document time stamp must be intact, whoever made it: anybody may add one. The level counts it only where its
    chain ends at the trust list of time stamps."""
    status = await async_validate_pdf_timestamp(signature, ValidationContext(trust_roots=[], allow_fetching=False))
    intact = status.intact and status.valid
    faults = [] if intact else ["timestamp_broken"]
    faults += _hole_faults(signature, data) + token_faults(signature.pkcs7_content)
    believed = await _is_believed(signature.signed_data, signature.compute_digest, trust, evidence)
    return _Found(faults, stranger=not believed)


async def _is_believed(
    token: cms.SignedData, imprint: Callable[[str], bytes], trust: Trust, evidence: _Evidence
) -> bool:
    """Whether a time stamp is intact and its chain ends at the trust list of time stamps, unless the file tells that it
    was revoked; lists that are older than the stamp tell nothing. The chain is checked at the time that it tells: a
    stamp outlives its server's certificate. Where any signer is believed, so is whoever stamped."""
    if trust == ANY:
        return True
    for proof in (evidence, _Evidence(evidence.certificates)):
        context = _context_at(_time_of(token), trust.stamps, proof, "soft-fail")
        status = TimestampSignatureStatus(**await validate_tst_signed_data(token, context, imprint))
        if status.trusted or status.revocation_details is not None:
            return status.trusted
    return False


def _integrity_faults(status: PdfSignatureStatus) -> list[str]:
    if not status.intact:
        return ["digest_mismatch"]
    return [] if status.valid else ["signature_invalid"]


def _context(trust: Trust, signature: EmbeddedPdfSignature, evidence: _Evidence, mode: str) -> ValidationContext:
    """The chain is checked at the time that the signature claims: a paper outlives its signer's certificate. Where the
    file brings proof, a stamp's later time counts if the certificate was still good then: who signs with a key that was
    revoked dates it back. A stranger's counts too, here it can only speak against the signature."""
    roots = () if trust == ANY else trust.certificates
    moment = signature.self_reported_timestamp
    if moment is None:
        roots, moment = (), datetime.fromtimestamp(0, UTC)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    token = _token_in(signature) if evidence else None
    if token is not None and moment < (stamped := _time_of(token)) <= signature.signer_cert.not_valid_after:
        moment = stamped
    return _context_at(moment, roots, evidence, mode)


def _context_at(moment: datetime, roots: Sequence[bytes], evidence: _Evidence, mode: str) -> ValidationContext:
    """Nothing is fetched; the proof was made after the signature, hence `retroactive`."""
    return ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(der) for der in roots],
        other_certs=list(evidence.certificates),
        ocsps=list(evidence.ocsps),
        crls=list(evidence.crls),
        moment=moment,
        allow_fetching=False,
        revocation_mode=mode,
        retroactive_revinfo=True,
    )


def _token_in(signature: EmbeddedPdfSignature) -> cms.SignedData | None:
    """The time stamp in a signature, the first of several; None without one."""
    for attribute in signature.signer_info["unsigned_attrs"] or ():
        if attribute["type"].native == "signature_time_stamp_token":
            token: cms.SignedData = attribute["values"][0]["content"]
            return token
    return None


def _time_of(token: cms.SignedData) -> datetime:
    """What a time stamp says."""
    at: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
    return at


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
    strangers: Sequence[EmbeddedPdfSignature],
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
            level=_level(last, stamps, strangers, reader),
            certificate_serial=f"{certificate.serial_number:x}",
            message_digest=_message_digest(last),
            signature_value_hash=hashlib.sha256(last.signer_info["signature"].native).hexdigest(),
        )
    except Exception as failure:
        told = word if word in (Word.CHANGED, Word.UNTRUSTED) else Word.CHANGED
        return msgspec.structs.replace(verdict, verdict=told, reasons=(*reasons, f"signature:{type(failure).__name__}"))


def _holder(certificate: asn1_x509.Certificate) -> str:
    return str(certificate.subject.native.get("common_name") or certificate.subject.human_friendly)


def _level(
    last: EmbeddedPdfSignature,
    stamps: Sequence[EmbeddedPdfSignature],
    strangers: Sequence[EmbeddedPdfSignature],
    reader: PdfFileReader,
) -> str:
    """The PAdES baseline level that the file's parts make up (ETSI EN 319 142-1) where strangers' time stamps are left
    out, or PKCS7 for the older kind."""
    if str(last.sig_object.get("/SubFilter")) != "/ETSI.CAdES.detached":
        return "PKCS7"
    if _token_in(last) is None or last in strangers:
        return "B-B"
    if "/DSS" not in reader.root:
        return "B-T"
    later = (stamp for stamp in stamps if stamp not in strangers)
    return "B-LTA" if any(stamp.signed_revision > last.signed_revision for stamp in later) else "B-LT"


def _message_digest(signature: EmbeddedPdfSignature) -> str | None:
    for attribute in signature.signer_info["signed_attrs"] or ():
        if attribute["type"].native == "message_digest":
            return str(attribute["values"][0].native.hex())
    return None
