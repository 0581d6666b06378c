"""The approver's own key at this machine: a file or a token of one person, open while that person is here.

    open(staff, passphrase) ─▶ the setting `approver_key`, {staff} in it their number; else pki/<staff>.p12 ─▶ key held
    sign(pdf)               ─▶ pre-flight ─▶ signature ─▶ time stamp ─▶ Approved, for the seal

Everything here takes time: call it in a worker thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import DocumentError

if TYPE_CHECKING:
    from workstation.documents.approval import Approved
    from workstation.documents.augment import Augmenter
    from workstation.documents.keys import SigningKey
    from workstation.documents.outside import Authorities, Outside
    from workstation.documents.passphrase import PassphraseStore
    from workstation.documents.preflight import Preflight
    from workstation.documents.token import Token


class ApproverKey:
    """One person's key at a time; another person's arrival closes it. `address` is the setting."""

    def __init__(
        self,
        folder: Path,
        *,
        address: Callable[[], str],
        authorities: Callable[[], Authorities],
        outside: Callable[[], Outside],
    ) -> None:
        self._folder = folder
        self._address = address
        self._authorities = authorities
        self._outside = outside
        self._lock = threading.Lock()
        self.staff = ""  # whose key it is
        self._store: PassphraseStore | None = None
        self._tokens: dict[str, Token] = {}
        self._held: tuple[SigningKey, Preflight] | None = None

    @property
    def on_token(self) -> bool:
        """Whether what is asked for is a token's PIN."""
        return self._address().startswith("pkcs11:")

    def is_open(self, staff: str) -> bool:
        """Whether this person can sign now."""
        return self._held is not None and self.staff == staff

    def place(self, staff: str) -> str:
        """Where this person's key lies: a file's path, or a PKCS#11 address."""
        return self._address().replace("{staff}", staff) or str(self._folder / f"{staff}.p12")

    def close(self) -> None:
        """Nobody's, also where it is being opened; a token goes on counting its wrong PINs."""
        self.staff, self._store, self._held = "", None, None

    def open(self, staff: str, passphrase: str | None, now_ms: int) -> str:
        """Open this person's key, with the keyring or with `passphrase`; the serial number of its certificate, in hex.

        Raises DocumentError `document.no_own_key` (path) where there is none, `document.passphrase_needed`, KeyUnusable
        `document.wrong_passphrase`, `document.key_unreadable`, `document.token_…`.
        """
        from workstation.documents.passphrase import PassphraseStore
        from workstation.documents.preflight import Preflight

        with self._lock:
            if self.staff != staff:
                self.staff, self._store, self._held = staff, None, None
            held, store = self._held, self._store
            if held is None:
                store = store or PassphraseStore(f"approver {self.place(staff)}")
                self._store = store
                key = self._find(staff, store, None if passphrase is None else lambda: passphrase)
                store.keep()
                held = key, Preflight(self._folder / "crls", self._authorities, self._outside)
                held[1].opened(key, now_ms)
                if self.staff == staff:
                    self._held = held
            return f"{held[0].certificate.serial_number:x}"

    def _find(self, staff: str, store: PassphraseStore, ask: Callable[[], str] | None) -> SigningKey:
        from workstation.documents.sealing import open_file, open_token
        from workstation.documents.token import Token, TokenUri

        place = self.place(staff)
        if self.on_token:
            if place not in self._tokens:
                self._tokens[place] = Token(TokenUri.parse(place))
            return open_token(self._tokens[place], store, ask)
        path = Path(place).expanduser()
        if not path.is_file():
            raise DocumentError("document.no_own_key", path=str(path))
        return open_file(path, store, ask)

    def fetch_crls(self, now_ms: int) -> bool:
        """Fetch what is due; whether anything was asked."""
        held = self._held
        return held is not None and held[1].fetch(now_ms)

    def sign(self, staff: str, pdf: bytes, augmenter: Augmenter, now_ms: int) -> Approved:
        """The rendered paper with this person's stamped signature. A token that was pulled out closes the key. Raises
        DocumentError `document.passphrase_needed`, and as `approve`: nothing was signed then."""
        from workstation.documents.approval import Approved, approve
        from workstation.documents.keys import KeyUnusable

        held = self._held
        if held is None or self.staff != staff:
            raise DocumentError("document.passphrase_needed", account=self.place(staff))
        key, preflight = held
        preflight.check(key, at_ms=now_ms)
        try:
            data = approve(pdf, key, augmenter, at_ms=now_ms)
        except KeyUnusable as failure:
            if failure.code == "document.token_gone":
                self._held = None
            raise
        return Approved(data, f"{key.certificate.serial_number:x}")
