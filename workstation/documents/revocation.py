"""Is a certificate revoked? CRLs kept on this machine for the pre-flight, OCSP answers and CRLs fetched for a B-LT.

    refresh(chain)  ─network─▶ CRLs in the folder, by the hash of their issuer
    check(chain, …) ─folder──▶ KeyUnusable `document.certificate_revoked`, or how old the oldest CRL is
    gather(path)    ─network─▶ for each certificate below the root an OCSP answer, else a CRL

A CRL counts only with its issuer's signature on it. An old one is better than none: without a network the pre-flight
goes by what is here, and the screen shows its age.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from sync.errors import DocumentError
from workstation.documents.keys import KeyUnusable, common_name
from workstation.documents.outside import Authorities, Outside, OutsideDown

OCSP_TYPE = "application/ocsp-request"


class RevocationUnknown(DocumentError):
    """No OCSP answer and no CRL for a certificate: `document.revocation_unknown` (subject)."""


class CrlState(msgspec.Struct, frozen=True):
    """What the folder knows of a chain: when the oldest of its CRLs was made, when the first of them should be
    replaced (ms), None where there is no CRL; `missing` counts certificates whose issuer has none here."""

    made_at: int | None
    next_at: int | None
    missing: int


class CrlFolder:
    """CRLs on this machine, one file an issuer; read anew only when a file has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, tuple[int, x509.CertificateRevocationList]] = {}

    def keep(self, der: bytes, issuers: Sequence[x509.Certificate]) -> bool:
        """Keep a CRL that one of these issuers has signed, unless the one here is newer. False: it is none."""
        try:
            found = x509.load_der_x509_crl(der)
        except ValueError:
            return False
        if not any(_signed_by(found, issuer) for issuer in issuers):
            return False
        path = self._path(found.issuer)
        here = self._load(path)
        if here is not None and here.last_update_utc >= found.last_update_utc:
            return True
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(".part")
        part.write_bytes(der)
        part.replace(path)
        return True

    def find(self, issuer: x509.Certificate) -> x509.CertificateRevocationList | None:
        """The CRL of an issuer that bears its signature, or None."""
        found = self._load(self._path(issuer.subject))
        return found if found is not None and _signed_by(found, issuer) else None

    def all(self) -> list[x509.CertificateRevocationList]:
        """Whatever is here."""
        found = [self._load(path) for path in sorted(self._folder.glob("*.crl"))]
        return [each for each in found if each is not None]

    def _path(self, issuer: x509.Name) -> Path:
        return self._folder / f"{hashlib.sha256(issuer.public_bytes()).hexdigest()[:32]}.crl"

    def _load(self, path: Path) -> x509.CertificateRevocationList | None:
        try:
            changed = path.stat().st_mtime_ns
            known = self._read.get(path)
            if known is None or known[0] != changed:
                self._read[path] = known = (changed, x509.load_der_x509_crl(path.read_bytes()))
        except (OSError, ValueError):
            return None
        return known[1]


def _signed_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    if crl.issuer != issuer.subject or not isinstance(key, (ec.EllipticCurvePublicKey, rsa.RSAPublicKey)):
        return False
    with contextlib.suppress(TypeError, UnsupportedAlgorithm):
        return crl.is_signature_valid(key)
    return False


def names_source(chain: Sequence[x509.Certificate], authorities: Authorities) -> bool:
    """Whether there is any place to ask for the CRLs of a chain."""
    return bool(authorities.crls) or any(_crl_urls(each) for each in chain)


def refresh(chain: Sequence[x509.Certificate], folder: CrlFolder, authorities: Authorities, outside: Outside) -> int:
    """Fetch the CRLs of a chain; how many came. Raises OutsideDown, after all were
    asked, where one could not be had."""
    urls = list(authorities.crls) or list(dict.fromkeys(url for each in chain for url in _crl_urls(each)))
    count: int = 0
    failure: OutsideDown | None = None
    for url in urls:
        try:
            if folder.keep(outside.get(url), chain):
                count += 1
            else:
                failure = OutsideDown("document.outside_down", server=url, reason="no CRL of the issuer")
        except OutsideDown as error:
            failure = error
        except OSError as error:
            failure = OutsideDown("document.outside_down", server=url, reason=error.strerror or type(error).__name__)
    if failure is not None:
        raise failure
    return count


def check(chain: Sequence[x509.Certificate], folder: CrlFolder, *, at_ms: int) -> CrlState:
    """The chain (signer first) against the CRLs that are here. Raises KeyUnusable `document.certificate_revoked`
    (subject, revoked_at) for one that was revoked before `at_ms`."""
    made: list[int] = []
    due: list[int] = []
    missing = 0
    for certificate in chain:
        if certificate.issuer == certificate.subject:
            continue
        issuer = next((each for each in chain if each.subject == certificate.issuer), None)
        found = folder.find(issuer) if issuer is not None else None
        if found is None:
            missing += 1
            continue
        entry = found.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None and (at := round(entry.revocation_date_utc.timestamp() * 1000)) <= at_ms:
            raise KeyUnusable("document.certificate_revoked", subject=common_name(certificate), revoked_at=at)
        made.append(round(found.last_update_utc.timestamp() * 1000))
        if found.next_update_utc is not None:
            due.append(round(found.next_update_utc.timestamp() * 1000))
    return CrlState(min(made, default=None), min(due, default=None), missing)


class Evidence(msgspec.Struct, frozen=True):
    """What was gathered for some certificates."""

    ocsps: tuple[asn1_ocsp.OCSPResponse, ...]
    crls: tuple[asn1_crl.CertificateList, ...]


def gather(paths: Sequence[Sequence[asn1_x509.Certificate]], authorities: Authorities, outside: Outside) -> Evidence:
    """An OCSP answer, else a CRL, for each certificate of the paths (root first) but the root.

    Raises OutsideDown, RevocationUnknown where a certificate names no source and the hall has set none.
    """
    ocsps: dict[bytes, asn1_ocsp.OCSPResponse] = {}
    crls: dict[str, asn1_crl.CertificateList] = {}
    for path in paths:
        for issuer, certificate in pairwise(path):
            if certificate.sha256 in ocsps:
                continue
            found = x509.load_der_x509_certificate(certificate.dump())
            above = x509.load_der_x509_certificate(issuer.dump())
            answer, failure = _ocsp(found, above, authorities, outside)
            if answer is not None:
                ocsps[certificate.sha256] = answer
                continue
            urls = [*_crl_urls(found), *authorities.crls]
            if not urls and failure is None:
                raise RevocationUnknown("document.revocation_unknown", subject=common_name(found))
            failure = _fetch_crls(urls, crls, outside) or failure
            if not any(url in crls for url in urls) and failure is not None:
                raise failure
    return Evidence(tuple(ocsps.values()), tuple(crls.values()))


def _fetch_crls(
    urls: Sequence[str], crls: dict[str, asn1_crl.CertificateList], outside: Outside
) -> DocumentError | None:
    failure: DocumentError | None = None
    for url in urls:
        if url in crls:
            continue
        try:
            crls[url] = asn1_crl.CertificateList.load(outside.get(url), strict=True)
        except OutsideDown as error:
            failure = error
        except (ValueError, TypeError):
            failure = OutsideDown("document.outside_down", server=url, reason="no CRL")
    return failure


def _ocsp(
    certificate: x509.Certificate, issuer: x509.Certificate, authorities: Authorities, outside: Outside
) -> tuple[asn1_ocsp.OCSPResponse | None, DocumentError | None]:
    failure: DocumentError | None = None
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303 - names, as RFC 5019 has it
    body = asked.build().public_bytes(Encoding.DER)
    for url in _ocsp_urls(certificate) or ([authorities.ocsp] if authorities.ocsp else []):
        try:
            answer = asn1_ocsp.OCSPResponse.load(outside.post(url, body, OCSP_TYPE), strict=True)
            if answer["response_status"].native == "successful":
                return answer, None
            failure = OutsideDown("document.outside_down", server=url, reason="OCSP")
        except OutsideDown as error:
            failure = error
        except (ValueError, TypeError):
            failure = OutsideDown("document.outside_down", server=url, reason="OCSP")
    return None, failure


def _crl_urls(certificate: x509.Certificate) -> list[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    names = [name.value for point in points for name in point.full_name or ()]
    return [name for name in names if isinstance(name, str) and name.startswith(("http://", "https://"))]


def _ocsp_urls(certificate: x509.Certificate) -> list[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    found = [each.access_location.value for each in access if each.access_method == AuthorityInformationAccessOID.OCSP]
    return [url for url in found if isinstance(url, str) and url.startswith(("http://", "https://"))]
