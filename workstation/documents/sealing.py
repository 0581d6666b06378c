"""The one call that whoever signs papers makes: a signer with its key open.

open_sample_signer(folder) ─▶ passphrase ─▶ the bureau's PKCS#12, else a sample's, made on first use ─▶ key, held ┐
open_token_signer(token)   ─▶ PIN        ─▶ token, logged in ─▶ key there ─────────────────────────────▶ DocumentSigner
open_token, open_file      the key alone: an approver's own (approver.py)

The seal's face says 样例 非正式 where the certificate does, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workstation.documents.keys import FileKey, KeyUnusable, SigningKey, common_name
from workstation.documents.passphrase import Kept, PassphraseStore
from workstation.documents.pki import SAMPLE_WORDS, make_sample_pki, sample_pki_paths
from workstation.documents.seal import SealFace
from workstation.documents.sign import DocumentSigner
from workstation.documents.token import Token, TokenKey

WRONG_PIN = ("document.token_pin_wrong", "document.token_pin_thrice", "document.token_pin_unsure")
WRONG = (*WRONG_PIN, "document.wrong_passphrase")


def open_sample_signer(
    folder: Path, *, bureau: str, now_ms: int, store: PassphraseStore, ask: Callable[[], str] | None = None
) -> tuple[DocumentSigner, Kept]:
    """A signer with the key in the folder, and where its passphrase is kept; without one a sample's is made.

    Headless, a sample's key whose passphrase ended with an earlier process is replaced; the old root stays trusted.
    Raises KeyUnusable (`document.wrong_passphrase`: forget() has been called, try again), DocumentError
    (`document.passphrase_needed`), OSError.
    """
    paths = sample_pki_paths(folder)
    passphrase = store.obtain(new=not paths.seal.exists(), ask=ask)
    make_sample_pki(folder, passphrase.value, bureau=bureau, now_ms=now_ms)
    try:
        key = FileKey.load(paths.seal, passphrase.value)
    except KeyUnusable as failure:
        if failure.code != "document.wrong_passphrase":
            raise
        if passphrase.kept is not Kept.RANDOM or not paths.root.exists():
            store.forget()
            raise
        make_sample_pki(folder, passphrase.value, bureau=bureau, now_ms=now_ms, renew=True)
        key = FileKey.load(paths.seal, passphrase.value)
    return DocumentSigner(key, _face(key, bureau)), store.keep()


def open_token_signer(
    token: Token, *, bureau: str, store: PassphraseStore, ask: Callable[[], str] | None = None
) -> tuple[DocumentSigner, Kept]:
    """A signer with the key on a token, and where its PIN is kept.

    Raises KeyUnusable (`document.token_…`; after a wrong PIN forget() has been called), DocumentError
    (`document.passphrase_needed`).
    """
    key = open_token(token, store, ask)
    return DocumentSigner(key, _face(key, bureau)), store.keep()


def _face(key: SigningKey, bureau: str) -> SealFace:
    """A sample's seal says what it is."""
    return SealFace(name=bureau, line=SAMPLE_WORDS if SAMPLE_WORDS in common_name(key.certificate) else "")


def open_token(token: Token, store: PassphraseStore, ask: Callable[[], str] | None = None) -> TokenKey:
    """The key on a token. Raises as `open_token_signer`."""
    pin = store.obtain(new=False, ask=ask)
    try:
        return token.open(pin.value.decode(), typed=pin.kept is not Kept.KEYRING)
    except KeyUnusable as failure:
        if failure.code in WRONG_PIN:
            store.forget()
        raise


def open_file(path: Path, store: PassphraseStore, ask: Callable[[], str] | None = None) -> FileKey:
    """The key in a PKCS#12 file that is there. Raises KeyUnusable (`document.key_unreadable`,
    `document.wrong_passphrase`: forget() has been called), DocumentError (`document.passphrase_needed`)."""
    passphrase = store.obtain(new=False, ask=ask)
    try:
        return FileKey.load(path, passphrase.value)
    except KeyUnusable as failure:
        if failure.code == "document.wrong_passphrase":
            store.forget()
        raise
