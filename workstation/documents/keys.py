"""Keys that sign papers, and what is asked of a certificate before each signature.

    SigningKey (interface)
    ├── FileKey        a PKCS#12 file, opened once and held (loading the key anew costs more than signing)
    └── TokenKey       a key on a PKCS#11 token (workstation/documents/token.py)

A seal service (SM2, GB/T 38540) can stand behind the same interface later. pyHanko signs
silently with an expired key or one that is not meant for signing; `check_usable` does not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from sync.errors import DocumentError


class KeyUnusable(DocumentError):
    """The key may not sign now. Codes, with their parameters beside `subject` or `path` (times in ms):

    document.key_unreadable, wrong_passphrase, key_unsupported, certificate_not_yet_valid (valid_from),
    certificate_expired (valid_until), certificate_wrong_usage, token_… of a token (workstation/documents/token.py).
    """


class SigningKey(Protocol):
    """A private key with its certificate; signing may take as long as a token takes."""

    @property
    def certificate(self) -> x509.Certificate:
        """The signer's certificate."""

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The other certificates, from the issuer upwards; they go into the signature."""

    @property
    def mechanism(self) -> str:
        """The signature algorithm's name in CMS: `sha256_ecdsa` or `sha256_rsa`."""

    def sign(self, data: bytes) -> bytes:
        """The signature value over `data` (hashed with SHA-256 inside): DER for ECDSA (RFC 3279), PKCS#1 v1.5 for
        RSA.
        """


class FileKey:
    """A key from a PKCS#12 file (RFC 7292)."""

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
        certificate: x509.Certificate,
        chain: tuple[x509.Certificate, ...],
    ) -> None:
        self._key = key
        self._certificate = certificate
        self._chain = chain

    @classmethod
    def load(cls, path: Path, passphrase: bytes) -> FileKey:
        """Open the file; raises KeyUnusable."""
        try:
            content = path.read_bytes()
        except OSError as failure:
            raise KeyUnusable(
                "document.key_unreadable", path=str(path), reason=failure.strerror or type(failure).__name__
            ) from None
        try:
            key, certificate, chain = pkcs12.load_key_and_certificates(content, passphrase)
        except ValueError as failure:
            # One exception for both; the library tells a wrong passphrase by its words alone.
            code = "document.wrong_passphrase" if "password" in str(failure).lower() else "document.key_unreadable"
            raise KeyUnusable(code, path=str(path), reason="PKCS#12") from None
        if certificate is None or not isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
            raise KeyUnusable("document.key_unsupported", path=str(path))
        return cls(key, certificate, tuple(chain))

    @property
    def certificate(self) -> x509.Certificate:
        """The signer's certificate."""
        return self._certificate

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The other certificates of the file."""
        return self._chain

    @property
    def mechanism(self) -> str:
        """`sha256_ecdsa` or `sha256_rsa`."""
        return "sha256_ecdsa" if isinstance(self._key, ec.EllipticCurvePrivateKey) else "sha256_rsa"

    def sign(self, data: bytes) -> bytes:
        """The signature value over `data`."""
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(data, ec.ECDSA(hashes.SHA256()))
        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def check_usable(key: SigningKey, *, at_ms: int) -> None:
    """Pre-flight of one signature at `at_ms`: the certificate's time, and its right to sign. Raises KeyUnusable."""
    certificate = key.certificate
    subject = common_name(certificate)
    valid_from, valid_until = (
        round(day.timestamp() * 1000) for day in (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    )
    if at_ms < valid_from:
        raise KeyUnusable("document.certificate_not_yet_valid", subject=subject, valid_from=valid_from)
    if at_ms > valid_until:
        raise KeyUnusable("document.certificate_expired", subject=subject, valid_until=valid_until)
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    # RFC 5280 4.2.1.3; what verifiers of PDF signatures accept: nonRepudiation (contentCommitment) or
    # digitalSignature.
    if not (usage.content_commitment or usage.digital_signature):
        raise KeyUnusable(
            "document.certificate_wrong_usage", subject=subject, usage="digital_signature, content_commitment"
        )


def common_name(certificate: x509.Certificate) -> str:
    """The subject's common name, or the whole subject where it has none."""
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def certificate_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
