"""The keys of files, where they are not to lie in the store: each in a file that the server alone reads.

The first seals new files; the others, which were the first before, still open what was sealed with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from server_stub.credentials import read_secret

CREDENTIAL = "files.key"
SHORTEST = 32


def files_keys(named: Sequence[Path]) -> list[bytes]:
    """Those of the files named, else the service manager's credential; none is none. Raises InputError."""
    found = [read_secret(path, CREDENTIAL, SHORTEST) for path in named or (None,)]
    return [key for key in found if key is not None]
