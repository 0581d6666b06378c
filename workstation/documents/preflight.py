"""What is asked before every signature: the certificate's time, its right to sign, and whether it was revoked.

    opened(key) ─▶ fetch() ─network─▶ CRLs in the folder      at once, then every few hours
    check(key)  ─folder──▶ KeyUnusable, or `state`: how old the CRLs are that spoke for it

Without a network the signature goes by the CRLs that are here. How old they are is in `state`; the screen says it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509

from sync.errors import DocumentError
from workstation.documents.keys import SigningKey, check_usable
from workstation.documents.outside import Authorities, Outside
from workstation.documents.revocation import CrlFolder, check, names_source, refresh

FRESH_MS = 4 * 3_600_000  # a CRL that is in date is asked for again after so long
RETRY_MS = 5 * 60_000


class Revocation(msgspec.Struct, frozen=True):
    """What is known of a chain's revocation: `made_at` and `next_at` of its oldest CRL (ms), None without one; how many
    certificates no CRL speaks for; whether there is any place to ask; why the last asking failed."""

    made_at: int | None = None
    next_at: int | None = None
    missing: int = 0
    source: bool = False
    why: tuple[str, dict[str, Any]] | None = None

    def stale(self, now_ms: int) -> bool:
        """Whether a newer CRL should have been here."""
        return self.next_at is not None and now_ms > self.next_at


class Preflight:
    """Of one machine. `authorities` and `outside` are asked when they are needed."""

    def __init__(
        self,
        folder: Path,
        authorities: Callable[[], Authorities] = Authorities,
        outside: Callable[[], Outside] = Outside,
    ) -> None:
        self.state: Revocation | None = None
        self._crls = CrlFolder(folder)
        self._authorities = authorities
        self._outside = outside
        self._chain: tuple[x509.Certificate, ...] = ()
        self._next_at = 0
        self._why: tuple[str, dict[str, Any]] | None = None
        self._one = threading.Lock()

    def opened(self, key: SigningKey, now_ms: int) -> None:
        """This key signs from now on."""
        self._chain = (key.certificate, *key.chain)
        self._next_at = 0
        self._look(self._chain, now_ms)

    def check(self, key: SigningKey, *, at_ms: int) -> None:
        """Raises KeyUnusable: expired, not yet valid, not meant for signing, revoked."""
        check_usable(key, at_ms=at_ms)
        chain = (key.certificate, *key.chain)
        found = check(chain, self._crls, at_ms=at_ms)
        self._tell(chain, found.made_at, found.next_at, found.missing)

    def fetch(self, now_ms: int) -> bool:
        """Ask for the chain's CRLs where it is time to; whether anything was asked. In a worker thread."""
        with self._one:
            chain = self._chain
            if not chain or now_ms < self._next_at:
                return False
            self._why = None
            authorities = self._authorities()
            try:
                refresh(chain, self._crls, authorities, self._outside())
            except DocumentError as failure:
                self._why = (failure.code, failure.params)
            self._look(chain, now_ms)
            state = self.state
            again = RETRY_MS if state is None or self._why or state.missing or state.stale(now_ms) else FRESH_MS
            due = state.next_at if state is not None else None
            self._next_at = now_ms + again
            if due is not None and due > now_ms:
                self._next_at = min(self._next_at, max(due, now_ms + RETRY_MS))
            return True

    def _look(self, chain: Sequence[x509.Certificate], now_ms: int) -> None:
        """The state as it is; what is revoked is said when it would sign."""
        try:
            found = check(chain, self._crls, at_ms=now_ms)
        except DocumentError as failure:
            self._why = (failure.code, failure.params)
            self._tell(chain, None, None, 0)
            return
        self._tell(chain, found.made_at, found.next_at, found.missing)

    def _tell(self, chain: Sequence[x509.Certificate], made_at: int | None, next_at: int | None, missing: int) -> None:
        source = names_source(chain, self._authorities())
        self.state = Revocation(made_at, next_at, missing, source, self._why)
