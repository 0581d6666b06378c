"""The sample PKI: what demo and replay sign with.

    样例根证书 ─▶ 样例签发证书 ─▶ <bureau>签发专用 样例 非正式        P-256 each

    <folder>/root.pem       the trust anchor for `workstation verify --trust`
    <folder>/seal.p12       the seal's key and chain, locked by the passphrase; root's and issuer's keys are thrown away

It proves nothing about anybody: every certificate and the seal's face say 样例 非正式.
"""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from workstation.documents.keys import certificate_pem

SAMPLE_WORDS = "样例 非正式"
YEARS = 10
BEFORE = timedelta(days=20 * 365)  # replays sign at the recorded times of years ago


class SamplePki(msgspec.Struct, frozen=True):
    """Where the two files are."""

    root: Path
    seal: Path


def sample_pki_paths(folder: Path) -> SamplePki:
    return SamplePki(root=folder / "root.pem", seal=folder / "seal.p12")


def make_sample_pki(folder: Path, passphrase: bytes, *, bureau: str, now_ms: int, renew: bool = False) -> SamplePki:
    """Make the sample PKI in `folder` unless a key is there already: a bureau's own has no root of ours beside it.

    `renew` makes a new key where the old one's passphrase is gone (headless commands keep theirs in memory only).
    Roots are added to the trust list, never taken away: what was signed before stays genuine. Raises OSError where
    the folder cannot be written.
    """
    paths = sample_pki_paths(folder)
    if paths.seal.exists() and not renew:
        return paths
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = datetime.fromtimestamp(now_ms / 1000, UTC).replace(microsecond=0)
    root_key, issuer_key, seal_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    root_name, issuer_name = _name("样例根证书 " + SAMPLE_WORDS), _name("样例签发证书 " + SAMPLE_WORDS)
    root = _certificate(root_name, root_key, root_name, root_key, now, path_length=1)
    issuer = _certificate(issuer_name, issuer_key, root_name, root_key, now, path_length=0)
    seal = _certificate(_name(seal_name(bureau), bureau), seal_key, issuer_name, issuer_key, now, path_length=None)
    locked = pkcs12.serialize_key_and_certificates(
        b"seal", seal_key, seal, [issuer, root], BestAvailableEncryption(passphrase)
    )
    # The key last: no key is ever there whose root is not trusted. Two processes may do this at once; both roots
    # are kept then.
    _append(paths.root, certificate_pem(root))
    _write(paths.seal, locked)
    return paths


def seal_name(bureau: str) -> str:
    """The common name of the sample seal's certificate; a common name holds 64 characters (RFC 5280,
    ub-common-name).
    """
    tail = f"签发专用 {SAMPLE_WORDS}"
    return bureau[: 64 - len(tail)] + tail


def _name(common: str, organisation: str = "样例") -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    *,
    path_length: int | None,
) -> x509.Certificate:
    """An authority's certificate where `path_length` is given, else one that signs documents."""
    authority = path_length is not None
    usage = x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(secrets.randbits(127) | 1)
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=path_length), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def _append(path: Path, content: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(fd, content)
        os.fsync(fd)
    finally:
        os.close(fd)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, readable by the owner alone."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
