"""Where the seal key's passphrase comes from, and where it stays. Never in plaintext on disk.

    headless ─────────────▶ random, in memory                              Kept.RANDOM
    keyring answers in 3 s ▶ read there, or made and put there             Kept.KEYRING
    otherwise ─────────────▶ asked once, in memory until the program ends  Kept.SESSION   (the header says 口令仅本次)
                             or given by `workstation open --passphrase-fd N`, for who starts the program by a script

The keyring is probed once, in a thread: a locked desktop keyring may wait for ever. Backends that keep nothing or
keep it readable are refused by their class; a chain of backends counts by its first safe member.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol, TypeVar

import msgspec

from sync.errors import DocumentError, InputError

SERVICE = "hall-workstation"
PROBE_S = 3.0
T = TypeVar("T")
REFUSED_MODULES = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")


class Kept(StrEnum):
    """Where the passphrase is kept."""

    KEYRING = "keyring"
    SESSION = "session"
    RANDOM = "random"


class Passphrase(msgspec.Struct, frozen=True):
    """The passphrase and where it is kept; its value never shows in a representation."""

    value: bytes
    kept: Kept

    def __repr__(self) -> str:
        return f"Passphrase(kept={self.kept})"


class KeyringBackend(Protocol):
    """What is used of a keyring's backend."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...


class PassphraseStore:
    """One key's passphrase, for the life of the process."""

    def __init__(
        self, account: str, *, headless: bool = False, find_backend: Callable[[], KeyringBackend | None] | None = None
    ) -> None:
        self._account = account
        self._headless = headless
        self._find_backend = find_backend or safe_backend
        self._held: Passphrase | None = None
        self._backend: KeyringBackend | None = None
        self._probed = False

    def obtain(self, *, new: bool, ask: Callable[[], str] | None = None, deadline_s: float = PROBE_S) -> Passphrase:
        """The passphrase; `new` where no key has been locked with it yet, so that one may be made.

        Raises DocumentError `document.passphrase_needed` where there is nobody to ask.
        """
        if self._held is None:
            self._held = self._find(new, ask, deadline_s)
        return self._held

    def forget(self) -> None:
        """It was wrong: ask anew next time; what turns out right takes its place in the keyring."""
        self._held = None
        self._probed = True

    def keep(self, deadline_s: float = PROBE_S) -> Kept:
        """The key opened with it: put a passphrase that was asked for into the keyring, where there is one."""
        held = self._held
        if held is not None and held.kept is Kept.SESSION and self._backend is not None:
            backend, text = self._backend, held.value.decode()
            if within(deadline_s, lambda: _store(backend, self._account, text)):
                self._held = held = Passphrase(held.value, Kept.KEYRING)
        return held.kept if held is not None else Kept.SESSION

    def _find(self, new: bool, ask: Callable[[], str] | None, deadline_s: float) -> Passphrase:
        if self._headless:
            return Passphrase(secrets.token_urlsafe(32).encode(), Kept.RANDOM)
        if not self._probed:
            self._probed = True
            self._backend, text = within(deadline_s, lambda: self._probe(new)) or (None, None)
            if text is not None:
                return Passphrase(text.encode(), Kept.KEYRING)
        if ask is None:
            raise DocumentError("document.passphrase_needed", account=self._account)
        return Passphrase(ask().encode(), Kept.SESSION)

    def _probe(self, new: bool) -> tuple[KeyringBackend | None, str | None]:
        backend = self._find_backend()
        if backend is None:
            return None, None
        text = backend.get_password(SERVICE, self._account)
        if text is None and new:
            text = secrets.token_urlsafe(32)
            if not _store(backend, self._account, text):
                return None, None
        return backend, text


def safe_backend() -> KeyringBackend | None:
    """This machine's keyring, unless its class is one that keeps nothing or keeps it readable."""
    import keyring

    backend = keyring.get_keyring()
    for candidate in getattr(backend, "backends", None) or [backend]:
        if not refused(type(candidate)):
            return candidate  # type: ignore[no-any-return]
    return None


def refused(kind: type) -> bool:
    """Whether a backend's class, or one it derives from, is among those refused."""
    return any(base.__module__.startswith(REFUSED_MODULES) for base in kind.__mro__)


def read_passphrase_fd(fd: int) -> str:
    """`--passphrase-fd N`: everything up to the first line's end. Raises InputError `cli.passphrase_fd.nothing`."""
    try:
        with os.fdopen(fd, "rb") as pipe:
            value = pipe.readline().rstrip(b"\r\n").decode()
    except (OSError, OverflowError, UnicodeDecodeError):
        value = ""
    if not value:
        raise InputError("cli.passphrase_fd.nothing", fd=fd)
    return value


def _store(backend: KeyringBackend, account: str, text: str) -> bool:
    backend.set_password(SERVICE, account, text)
    return backend.get_password(SERVICE, account) == text


def within(seconds: float, work: Callable[[], T]) -> T | None:
    """The result, or None where it failed or took longer; the thread of a keyring that never answers is left
    behind.
    """
    done: list[T] = []

    def run() -> None:
        try:
            done.append(work())
        except Exception:  # a keyring's backends raise what they like
            return

    thread = threading.Thread(target=run, name="keyring-probe", daemon=True)
    thread.start()
    thread.join(seconds)
    return done[0] if done else None
