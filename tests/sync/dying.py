"""A process that kills itself with -9 before its nth SQL statement, whichever connection and thread it is on.

die_at(n)   from now on; 0 never
"""

from __future__ import annotations

import os
import signal
import sqlite3
from typing import Any


def die_at(n: int) -> None:
    """End this process before its nth statement from now, BEGIN and COMMIT among them; 0 for never. Once a process.

    Every connection made after this is counted without its maker knowing: what is connected to is SQLite's own module.
    """
    left = n
    whole = sqlite3.connect

    def statement(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = whole(*args, **kwargs)
        connection.set_trace_callback(statement)
        return connection

    if n:
        for module in (sqlite3, sqlite3.dbapi2):
            module.connect = connect  # type: ignore[attr-defined, assignment]
