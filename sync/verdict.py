"""What can be said of a signed file, and of whom it is believed. Light: who asks another process needs no PDF library.

good │ good_with_later_timestamps      genuine        changed │ untrusted │ unsigned │ unreadable      not
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

import msgspec

from sync.errors import InputError

LARGEST: Final = 64 << 20  # bytes; our own papers have some 100 kB
ANY: Final = "any"


class Word(StrEnum):
    """The verdict in one word."""

    GOOD = "good"
    GOOD_WITH_LATER_TIMESTAMPS = "good_with_later_timestamps"
    CHANGED = "changed"
    UNTRUSTED = "untrusted"
    UNSIGNED = "unsigned"
    UNREADABLE = "unreadable"


GENUINE = frozenset({Word.GOOD, Word.GOOD_WITH_LATER_TIMESTAMPS})


class TrustRoots(msgspec.Struct, frozen=True):
    """The trust list: DER certificates at which a signer's chain must end, and `stamps`, at which a time stamp's must
    end so that the time it tells is proof. Without those no stamp's is."""

    certificates: tuple[bytes, ...]
    stamps: tuple[bytes, ...] = ()

    @classmethod
    def load(cls, path: Path) -> TrustRoots:
        """Signers' roots from a PEM bundle or one DER certificate. Raises InputError `document.trust_unreadable` (path,
        reason)."""
        from asn1crypto import pem, x509

        try:
            content = path.read_bytes()
            ders = [der for _, _, der in pem.unarmor(content, multiple=True)] if pem.detect(content) else [content]
            for der in ders:
                x509.Certificate.load(der, strict=True).native  # noqa: B018  parses all of it
        except OSError as failure:
            raise InputError(
                "document.trust_unreadable", path=str(path), reason=failure.strerror or type(failure).__name__
            ) from None
        except (ValueError, TypeError):
            raise InputError("document.trust_unreadable", path=str(path), reason="no certificate") from None
        return cls(tuple(ders))


Trust = TrustRoots | Literal["any"]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said of a file; times in ms, hashes lower-case hex of SHA-256.

    `signed_at` is the signer's own statement unless a signature time stamp backs it (level B-T and above). `level` is
    what the parts make up whose time stamps are believed; a stranger's leaves the reason `stamp_not_trusted`, which
    speaks against nothing else.
    `signed_before` names who signed before `signer` did, in that order: an approver, under the bureau's seal.
    `message_digest` and `signature_value_hash` are how the registry knows a document; `registry` is its answer,
    None when it was not asked. `revocation`, by what the file itself brings (B-LT and above): `good` at the time of its
    signatures, `revoked`, None where it proves nothing.
    """

    verdict: Word
    signer: str | None = None
    signed_before: tuple[str, ...] = ()
    signed_at: int | None = None
    level: str | None = None
    covers_entire_file: bool = False
    registry: str | None = None
    revocation: str | None = None
    reasons: tuple[str, ...] = ()
    sha256: str = ""
    certificate_serial: str | None = None
    message_digest: str | None = None
    signature_value_hash: str | None = None


RegistryLookup = Callable[[Verdict], str | None]
