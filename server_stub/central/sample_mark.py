"""Whether a store was marked as a sample at its making: only such a one may have its clock driven."""

from __future__ import annotations

import sqlite3

from server_stub.central.store import path_of


def is_sample(url: str) -> bool:
    """True where the store's hall is a sample; False where there is no store or no hall yet."""
    path = path_of(url)
    if not path.exists():
        return False
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return bool(connection.execute("SELECT 1 FROM hall WHERE sample").fetchone())
    except sqlite3.Error:
        return False
    finally:
        connection.close()
