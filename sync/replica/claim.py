"""One process a replica: the claim on its file, released by the system however the process ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sync.errors import StoreError


class Claim:
    """Held as long as the file is open; raises StoreError `replica_in_use` when another process holds it."""

    def __init__(self, path: Path) -> None:
        self._fd = -1
        lock = path.with_name(path.name + ".lock")
        try:
            self._fd = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
            self._lock()
        except BlockingIOError:
            self.release()
            raise StoreError("replica_in_use", path=str(path)) from None
        except OSError as error:
            self.release()
            raise StoreError("replica_unwritable", path=str(path), detail=error.strerror or str(error)) from None

    def _lock(self) -> None:
        if sys.platform == "win32":
            import msvcrt

            try:
                msvcrt.locking(self._fd, msvcrt.LK_NBLCK, 1)
            except OSError:
                raise BlockingIOError from None
        else:
            import fcntl

            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """Give it free."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
