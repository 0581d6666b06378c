"""Secrets that whoever runs the server gives it: a file named on the command line, or the service manager's credential.

    --province-key FILE    province.key      what the province gave the hall
    --files-key FILE       files.key         what files of cases are sealed with

Never a setting, since settings are pulled by every terminal, and never in a command line or an environment.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sync.errors import InputError


def read_secret(path: Path | None, credential: str, least: int) -> bytes | None:
    """The secret of the file named, else of the service manager's credentials, at least so many characters; None where
    there is neither. Raises InputError `key_unreadable`, `key_open`, `key_short`."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if path is None and folder and (given := Path(folder) / credential).exists():
        path = given
    if path is None:
        return None
    try:
        mode = path.stat().st_mode
        key = path.read_bytes().strip()
    except OSError as error:
        raise InputError("key_unreadable", path=str(path), detail=error.strerror or str(error)) from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError("key_open", path=str(path))
    if len(key) < least:
        raise InputError("key_short", path=str(path), least=least)
    return key
