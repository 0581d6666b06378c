"""The seal's key on a PKCS#11 token: it never leaves the token, and signs only while the token is there.

    seal_token = "pkcs11:token=bureau;object=seal?module-path=/usr/lib/softhsm/libsofthsm2.so"     (RFC 7512)
      └─ Token ── open(pin) ─▶ logged in, certificate and key found ─▶ TokenKey ── sign ─▶ signature value

A PIN is precious: tokens lock themselves after a few wrong ones. What a person typed is tried as typed, three wrong
ones end it for this program; what a keyring holds is tried only while the token counts no wrong one.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from workstation.documents.keys import KeyUnusable

TRIES = 3
COUNT_LOW, FINAL_TRY, LOCKED = 0x10000, 0x20000, 0x40000  # CKF_USER_PIN_… (PKCS#11 v2.40, CK_TOKEN_INFO)


class TokenUri(msgspec.Struct, frozen=True):
    """What a PKCS#11 URI (RFC 7512) says of a token and the key on it; empty: any."""

    module: Path
    token: str = ""
    serial: str = ""
    object: str = ""
    id: bytes = b""

    @classmethod
    def parse(cls, text: str) -> TokenUri:
        """Raises KeyUnusable `document.token_uri`; a PIN written into the address is refused (RFC 7512, 7.)."""
        scheme, _, rest = text.partition(":")
        path, _, query = rest.partition("?")
        told = dict(pair.partition("=")[::2] for pair in path.split(";") if pair)
        asked = dict(pair.partition("=")[::2] for pair in query.split("&") if pair)
        module = unquote(asked.get("module-path", ""))
        if scheme != "pkcs11" or not module or {"pin-value", "pin-source"} & set(asked) or not told.get("token"):
            raise KeyUnusable("document.token_uri")
        return cls(
            module=Path(module),
            token=unquote(told["token"]),
            serial=unquote(told.get("serial", "")),
            object=unquote(told.get("object", "")),
            id=unquote_to_bytes(told.get("id", "")),
        )


class Token:
    """One token for the life of the process: it remembers how many wrong PINs were typed."""

    def __init__(self, uri: TokenUri) -> None:
        self.uri = uri
        self._wrong = 0

    def open(self, pin: str, *, typed: bool) -> TokenKey:
        """Log in and find the key. Raises KeyUnusable `document.token_module`, `token_absent`, `token_pin_wrong`
        (left), `token_pin_unsure` (not tried: typed by nobody, and the token counts a wrong one), `token_pin_thrice`,
        `token_pin_locked`, `token_no_key`, `key_unsupported`.
        """
        import pkcs11

        if self._wrong >= TRIES:
            raise KeyUnusable("document.token_pin_thrice", token=self.uri.token)
        token = self._find()
        flags = int(token.flags)
        if flags & LOCKED:
            raise KeyUnusable("document.token_pin_locked", token=self.uri.token)
        if not typed and flags & (COUNT_LOW | FINAL_TRY):
            raise KeyUnusable("document.token_pin_unsure", token=self.uri.token)
        try:
            session = token.open(user_pin=pin)
        except pkcs11.PinLocked:
            raise KeyUnusable("document.token_pin_locked", token=self.uri.token) from None
        except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.ArgumentsBad):
            self._wrong += 1
            left = TRIES - self._wrong
            if not left:
                raise KeyUnusable("document.token_pin_thrice", token=self.uri.token) from None
            raise KeyUnusable("document.token_pin_wrong", token=self.uri.token, left=left) from None
        except pkcs11.PKCS11Error as failure:
            raise gone(self.uri.token, failure) from None
        self._wrong = 0
        try:
            return TokenKey(self.uri, session)
        except pkcs11.PKCS11Error as failure:
            raise gone(self.uri.token, failure) from None

    def _find(self) -> Any:
        """The token as it is put in now: the module is asked anew, for some see a token only then."""
        import pkcs11

        try:
            module = pkcs11.lib(str(self.uri.module))
            module.reinitialize()
        except (pkcs11.PKCS11Error, RuntimeError, OSError):
            raise KeyUnusable("document.token_module", path=str(self.uri.module)) from None
        serial = self.uri.serial.encode() or None
        try:
            return module.get_token(token_label=self.uri.token, token_serial=serial)
        except pkcs11.MultipleTokensReturned:
            raise KeyUnusable("document.token_uri") from None
        except pkcs11.PKCS11Error:
            raise KeyUnusable("document.token_absent", token=self.uri.token) from None


class TokenKey:
    """A private key on a token, logged in; its certificates are read once."""

    def __init__(self, uri: TokenUri, session: Any) -> None:
        from pkcs11 import Attribute, ObjectClass

        self._token = uri.token
        self._lock = threading.Lock()
        kept = [
            (bytes(each[Attribute.ID] or b""), x509.load_der_x509_certificate(each[Attribute.VALUE]))
            for each in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
        ]
        wanted: Mapping[Any, Any] = {
            Attribute.CLASS: ObjectClass.PRIVATE_KEY,
            **({Attribute.LABEL: uri.object} if uri.object else {}),
            **({Attribute.ID: uri.id} if uri.id else {}),
        }
        keys = {bytes(key[Attribute.ID] or b""): key for key in session.get_objects(dict(wanted))}
        pairs = [(keys[id], certificate) for id, certificate in kept if id in keys]
        if len(keys) != 1 or len(pairs) != 1:  # none, or several of which nobody has chosen
            raise KeyUnusable("document.token_no_key", token=uri.token)
        self._key, self._certificate = pairs[0]
        if not isinstance(self._certificate.public_key(), (ec.EllipticCurvePublicKey, rsa.RSAPublicKey)):
            raise KeyUnusable("document.key_unsupported", path=uri.token)
        self._chain = _chain(self._certificate, [certificate for _, certificate in kept])

    @property
    def certificate(self) -> x509.Certificate:
        """The signer's certificate."""
        return self._certificate

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The issuers' certificates that lie on the token, from the nearest upwards."""
        return self._chain

    @property
    def mechanism(self) -> str:
        """`sha256_ecdsa` or `sha256_rsa`."""
        elliptic = isinstance(self._certificate.public_key(), ec.EllipticCurvePublicKey)
        return "sha256_ecdsa" if elliptic else "sha256_rsa"

    def sign(self, data: bytes) -> bytes:
        """The signature value over `data`. Raises KeyUnusable `document.token_gone`: pulled out, or it failed."""
        import hashlib

        import pkcs11
        from pkcs11.util.ec import encode_ecdsa_signature

        try:
            with self._lock:
                if self.mechanism == "sha256_rsa":
                    return bytes(self._key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))
                digest = hashlib.sha256(data).digest()
                return bytes(encode_ecdsa_signature(self._key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)))
        except pkcs11.PKCS11Error as failure:
            raise gone(self._token, failure) from None


def gone(token: str, failure: Exception) -> KeyUnusable:
    """A token that does not answer, with its own word for why."""
    return KeyUnusable("document.token_gone", token=token, reason=type(failure).__name__)


def _chain(leaf: x509.Certificate, others: list[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    chain: list[x509.Certificate] = []
    below = leaf
    while below.issuer != below.subject:
        above = next((each for each in others if each.subject == below.issuer and each not in chain), None)
        if above is None:
            break
        chain.append(above)
        below = above
    return tuple(chain)
