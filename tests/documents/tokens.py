"""A PKCS#11 token for the tests: SoftHSM 2, its store a folder that can be taken away – the token pulled out."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
LABEL, PIN = "bureau", "271828"


@dataclass(frozen=True)
class SoftToken:
    """The token's folder and its address (RFC 7512)."""

    folder: Path
    uri: str

    def pull_out(self) -> None:
        """It is no longer in the machine."""
        _move(self.folder, self.folder.with_name("drawer"))

    def put_back(self) -> None:
        """It is in the machine again."""
        _move(self.folder.with_name("drawer"), self.folder)


def _move(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for each in list(source.iterdir()):
        each.rename(target / each.name)


def soft_token(folder: Path, locked: Path, passphrase: bytes, util: str, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """A token that holds the key and the certificates of a PKCS#12 file; `util` is softhsm2-util."""
    tokens = folder / "tokens"
    tokens.mkdir(parents=True)
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(conf))
    _run(util, "--init-token", "--free", "--label", LABEL, "--so-pin", "31415926", "--pin", PIN)
    key, leaf, others = pkcs12.load_key_and_certificates(locked.read_bytes(), passphrase)
    assert key is not None
    assert leaf is not None
    plain = folder / "key.pem"
    plain.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _run(util, "--import", str(plain), "--token", LABEL, "--label", "seal", "--id", "01", "--pin", PIN)
    plain.unlink()
    module = next(path for path in MODULES if Path(path).exists())
    _put_certificates(module, [(b"\x01", leaf), *((bytes([n]), other) for n, other in enumerate(others, 2))])
    return SoftToken(tokens, f"pkcs11:token={LABEL};object=seal?module-path={module}")


def _put_certificates(module: str, certificates: list[tuple[bytes, x509.Certificate]]) -> None:
    import pkcs11
    from pkcs11 import Attribute
    from pkcs11.util.x509 import decode_x509_certificate

    library = pkcs11.lib(module)
    library.reinitialize()
    with library.get_token(token_label=LABEL).open(rw=True, user_pin=PIN) as session:
        for id, certificate in certificates:
            attributes = decode_x509_certificate(certificate.public_bytes(Encoding.DER))
            session.create_object({**attributes, Attribute.TOKEN: True, Attribute.ID: id})


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stdout + done.stderr
