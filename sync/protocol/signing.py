"""Signed requests: HTTP Message Signatures (RFC 9421) over the method, the path and the digest of the body (RFC 9530).

    Content-Digest:  sha-256=:…:                                        of the body as it is sent, packed or not
    Signature-Input: sig=("@method" "@path" "content-digest");keyid="…";alg="hmac-sha256";tag="hall-sync"
    Signature:       sig=:…:

    hmac-sha256   keyid is the session, its key was told when the session was opened: every POST of a session
    ed25519       keyid is the device, its key never leaves it: the last push of a device that is revoked

No `created` and no nonce: a device's clock may be wrong, and a push that comes twice is answered twice and done once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

HMAC, ED25519 = "hmac-sha256", "ed25519"
TAG = "hall-sync"
COVERED = ("@method", "@path", "content-digest")
LABEL = "sig"
_INPUT = re.compile(r'([a-z*][a-z0-9_.*-]*)=(\(((?:"[^"\\]+" ?)*)\)((?:;[a-z*][a-z0-9_.*-]*=(?:"[^"\\]*"|-?\d+))*))')
_PARAMETER = re.compile(r';([a-z*][a-z0-9_.*-]*)=(?:"([^"\\]*)"|(-?\d+))')
_BYTES = re.compile(r"(?:^|,)\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):\s*(?=,|$)")


class BadSignature(Exception):
    """A request is not signed, or not as it should be."""


@dataclass(frozen=True, slots=True)
class Signer:
    """What a request is signed with."""

    keyid: str
    alg: str
    sign: Callable[[bytes], bytes]

    @classmethod
    def of_session(cls, session: str, key: bytes) -> Signer:
        """A session's MAC."""
        return cls(session, HMAC, lambda base: hmac.digest(key, base, "sha256"))


@dataclass(frozen=True, slots=True)
class Signature:
    """What a request says of its signature, taken apart and not verified yet."""

    keyid: str
    alg: str
    params: str
    covered: tuple[str, ...]
    value: bytes
    digest: str

    def verify(self, method: str, path: str, sha256: bytes, check: Callable[[bytes, bytes], bool]) -> None:
        """`check(signature, base)` with the key; `sha256` is of the body as it came. Raises BadSignature."""
        told = dict(_BYTES.findall(self.digest)).get("sha-256", "")
        if not hmac.compare_digest(_decoded(told), sha256):
            raise BadSignature
        if not check(self.value, _base(method, path, self.digest, self.covered, self.params)):
            raise BadSignature


def sign(signer: Signer, method: str, path: str, body: bytes) -> dict[str, str]:
    """The three headers of a request whose body is sent as these bytes."""
    digest = f"sha-256=:{_encoded(hashlib.sha256(body).digest())}:"
    names = " ".join(f'"{name}"' for name in COVERED)
    params = f'({names});keyid="{signer.keyid}";alg="{signer.alg}";tag="{TAG}"'
    value = signer.sign(_base(method, path, digest, COVERED, params))
    return {
        "content-digest": digest,
        "signature-input": f"{LABEL}={params}",
        "signature": f"{LABEL}=:{_encoded(value)}:",
    }


def read(headers: Mapping[str, str]) -> Signature:
    """Take the headers apart; raises BadSignature where there is none that covers what it must."""
    found = _INPUT.fullmatch(headers.get("signature-input", "").strip())
    if found is None:
        raise BadSignature
    label, params, names, rest = found.groups()
    covered = tuple(name.strip('"') for name in names.split())
    told = {name: text or number for name, text, number in _PARAMETER.findall(rest)}
    value = dict(_BYTES.findall(headers.get("signature", ""))).get(label)
    if value is None or set(covered) != set(COVERED) or len(covered) != len(COVERED) or told.get("tag") != TAG:
        raise BadSignature
    return Signature(
        told.get("keyid", ""), told.get("alg", ""), params, covered, _decoded(value), headers.get("content-digest", "")
    )


def _base(method: str, path: str, digest: str, covered: tuple[str, ...], params: str) -> bytes:
    """RFC 9421 §2.5."""
    values = {"@method": method, "@path": path, "content-digest": digest}
    lines = [f'"{name}": {values[name]}' for name in covered]
    return "\n".join([*lines, f'"@signature-params": {params}']).encode()


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadSignature from None
