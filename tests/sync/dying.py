"""A process that kills itself with -9 before its nth SQL statement, whichever connection and thread it is on.

die_at(n)          from now on; 0 never
fork_lives(live)   a life a line, as tests/sync/nursery.py asks for them
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

from asyncpg.connection import Connection


def die_at(n: int) -> None:
    """End this process before its nth statement from now, BEGIN and COMMIT among them; 0 for never. Once a process.

    Every connection made after this is counted without its maker knowing: what is connected to is SQLite's own module,
    or asyncpg's class of connections.
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
        for name in ("execute", "_execute", "_executemany"):
            _counted(name, statement)


def _counted(name: str, statement: Callable[[str], None]) -> None:
    """asyncpg says everything by one of three methods; BEGIN and COMMIT by the first."""
    whole = getattr(Connection, name)

    async def say(self: Any, query: str, *args: Any, **kwargs: Any) -> Any:
        statement(query)
        return await whole(self, query, *args, **kwargs)

    setattr(Connection, name, say)


def fork_lives(live: Callable[[], object]) -> None:
    """A life for each line of standard input, which says before which statement it ends (0: by nothing of its own);
    prints its process id, and `gone` when it is over. What the program has imported is loaded once for all."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                die_at(int(line))
                live()
            finally:
                sys.stdout.flush()
                os._exit(1)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("gone", flush=True)
