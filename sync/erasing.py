"""Files that told of a person go so that the disk does not keep what they said.

    sealed file ─▶ what its key rests on (salt, nonce) is written over, to the disk ─▶ the file is taken away

Whoever finds the rest of it on the disk later, with the key or without, finds nothing.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def erase(path: Path, start: int, end: int) -> None:
    """Write over the bytes from `start` to `end`, as far as the file goes, and take it away; nothing where there is
    none. Raises OSError."""
    try:
        with path.open("r+b") as file:
            file.seek(start)
            file.write(secrets.token_bytes(max(0, min(end, os.fstat(file.fileno()).st_size) - start)))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)
