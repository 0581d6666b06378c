"""The one seam between a replica and its database: SQLite as it is, or SQLCipher where the copy has a key.

    connect(path, None)   plain: the demo, and machines without a keyring
    connect(path, key)    every page encrypted with AES-256 and authenticated; 32 raw bytes, so nothing is derived and
                          opening costs no more than plain

Both speak the same language and the same DB-API; only their classes differ, and nobody else has to know them.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import Any

PLAIN_CACHE_KIB = 32 << 10
ENCRYPTED_CACHE_KIB = 256 << 10
"""A page is decrypted when it enters the cache: what the screens work on has to fit."""
CHECKPOINT = 4_000
"""Pages of the log of writes that go into the file at once, as at the centre: a pull writes the same ends of tables and
indexes page after page, and each time it goes into the file the disk is waited for."""


def connect(path: Path, key: bytes | None, *, create: bool = False, only_read: bool = False) -> sqlite3.Connection:
    """Open a file; autocommit, usable from any thread. Raises one of `errors()`."""
    driver: Any = sqlite3 if key is None else _sqlcipher()
    mode = "ro" if only_read else "rwc" if create else "rw"
    connection: sqlite3.Connection = driver.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False, timeout=10
    )
    if key is not None:
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    return connection


def tune(connection: sqlite3.Connection, key: bytes | None) -> None:
    """As a replica works: durable at each commit, its working set in memory. Raises one of `errors()`."""
    cache = PLAIN_CACHE_KIB if key is None else ENCRYPTED_CACHE_KIB
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"cache_size=-{cache:d}",
        "temp_store=MEMORY",
        "secure_delete=ON",
        f"wal_autocheckpoint={CHECKPOINT:d}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def named_rows(connection: sqlite3.Connection) -> None:
    """Rows that answer to the names of their columns."""
    connection.row_factory = sqlite3.Row if isinstance(connection, sqlite3.Connection) else _sqlcipher().Row


def errors(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """What either driver raises, and these; SQLCipher's only where it is loaded."""
    loaded = sys.modules.get("sqlcipher3.dbapi2")
    return (sqlite3.Error, *more) if loaded is None else (sqlite3.Error, loaded.Error, *more)


def _sqlcipher() -> Any:
    from sqlcipher3 import dbapi2  # type: ignore[import-untyped]

    return dbapi2
