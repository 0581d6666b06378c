"""The CMS container of a signature or a time stamp (RFC 5652), where neither a digest nor a certificate covers it.

    SignedData ─┬─ versions, digest algorithms, lengths ── as their makers make them, or `container_odd`
                ├─ certificates ── the signer's is the one that its signed attributes name (ESS, RFC 5035); another one
                │                  whose issuer lies beside it was signed by that issuer
                └─ what the signature covers is checked elsewhere

None of it changes what was signed. But a container that is not as it was made is no proof that the file is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from asn1crypto import cms, parser, x509
from cryptography import x509 as loaded
from cryptography.exceptions import InvalidSignature

LATER_ATTRIBUTES = frozenset(
    {
        "signature_time_stamp_token",
        "counter_signature",
        "archive_time_stamp",
        "archive_time_stamp_v3",
        "1.2.840.113549.1.9.16.2.49",  # evidence records (RFC 5276)
        "1.2.840.113549.1.9.16.2.50",
    }
)
"""What may be added to a signature later; which of them is checked, `verify` says."""


def length_of(content: bytes) -> int:
    """The size of the value at the start of `content`, header included; what follows is the hole's padding."""
    return int(parser.peek(content))


def container_faults(content: bytes, certificate: x509.Certificate, *, detached: bool) -> list[str]:
    """`container_odd` where a field that nothing covers is not as a signer makes it; `detached`: the content signed is
    outside, as in a PDF, so that the container has version 1."""
    info = cms.ContentInfo.load(content)
    signed = info["content"]
    signer = signed["signer_infos"][0]
    indefinite = content[1] == 0x80
    header = len(parser.parse(content, strict=False)[3])
    if not indefinite and header + len(info["content_type"].dump()) + len(info["content"].dump()) != length_of(content):
        return ["container_odd"]
    by_serial = signer["sid"].name == "issuer_and_serial_number"
    versions = (signed["version"].native, signer["version"].native)
    digests = [*signed["digest_algorithms"], signer["digest_algorithm"]]
    first = "v1" if detached else "v3"
    sound = (
        versions in ({(first, "v1")} if by_serial else {(first, "v3"), ("v3", "v3")})
        and signer["digest_algorithm"]["algorithm"].native in [digest["algorithm"].native for digest in digests[:-1]]
        and all(digest["parameters"].dump() in (b"", b"\x05\x00") for digest in digests)
        and (not by_serial or signer["sid"].chosen["issuer"].dump() == certificate.issuer.dump())
    )
    return [] if sound else ["container_odd"]


def token_faults(content: bytes) -> list[str]:
    """What speaks against the container of a time stamp (RFC 3161), whose signature is checked elsewhere."""
    signed = cms.ContentInfo.load(content)["content"]
    signer = signed["signer_infos"][0]
    certificates = [each.chosen for each in signed["certificates"] or () if each.name == "certificate"]
    mine = [each for each in certificates if _is_named(signer, each)]
    if not mine:
        return ["timestamp_broken"] if certificates else []
    faults = container_faults(content, mine[0], detached=False)
    return faults if _hang_together(mine[0], certificates) else [*faults, "timestamp_broken"]


def _is_named(signer: cms.SignerInfo, certificate: x509.Certificate) -> bool:
    """Whether the signed attributes name this very certificate, by its hash."""
    der = certificate.dump()
    for attribute in signer["signed_attrs"] or ():
        if attribute["type"].native in ("signing_certificate", "signing_certificate_v2"):
            first: Any = attribute["values"][0]["certs"][0]
            named = "hash_algorithm" in first and first["hash_algorithm"]["algorithm"].native
            algorithm = named or ("sha1" if attribute["type"].native == "signing_certificate" else "sha256")
            return bool(hashlib.new(algorithm, der).digest() == first["cert_hash"].native)
    return False


def _hang_together(mine: x509.Certificate, certificates: Sequence[x509.Certificate]) -> bool:
    """Whether the others are the chain of `mine`, each signed by the next, the last by itself where it is a root."""
    rest = [each for each in certificates if each is not mine]
    at = mine
    while True:
        above = next((each for each in rest if each.subject.dump() == at.issuer.dump()), None)
        if above is None:
            # The issuer lies elsewhere. A root is known by naming no other key, and answers for itself.
            return not rest and (at is mine or _names_another(at) or _issued(at, at))
        if not _issued(at, above):
            return False
        rest.remove(above)
        if above.self_issued:
            return not rest and _issued(above, above)
        at = above


def _names_another(certificate: x509.Certificate) -> bool:
    above: bytes | None = certificate.authority_key_identifier
    return above is not None and above != certificate.key_identifier


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """By the signature alone: names have been compared before."""
    if certificate["signature_value"].contents[:1] != b"\0":  # bits left over, where bytes were signed
        return False
    try:
        one, other = (loaded.load_der_x509_certificate(each.dump()) for each in (certificate, issuer))
        one.verify_directly_issued_by(other)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
