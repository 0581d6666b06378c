"""A keyring for tests, put in by the library's own setting, PYTHON_KEYRING_BACKEND: a JSON file that a test can look
into. HALL_TEST_DRAWER names the file; HALL_TEST_DRAWER_STUCK makes it let go of nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

SETTING = "tests.screens.keyring_drawer.Drawer"


class Drawer(KeyringBackend):
    """Passwords by service and account."""

    priority = 1  # type: ignore[assignment]

    @property
    def _file(self) -> Path:
        return Path(os.environ["HALL_TEST_DRAWER"])

    def _read(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return found

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._file.write_text(json.dumps(self._read() | {f"{service}/{username}": password}))

    def delete_password(self, service: str, username: str) -> None:
        kept = self._read()
        if os.environ.get("HALL_TEST_DRAWER_STUCK") or kept.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError(username)
        self._file.write_text(json.dumps(kept))
