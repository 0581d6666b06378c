"""An older store becomes one of this version, whole or not at all: one transaction, on either engine.

upgrade(url) ─▶ Alembic over a connection of SQLAlchemy's ─▶ versions/*.py ─▶ commit
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine

from server_stub.central.migrations import HEAD
from server_stub.central.url import is_postgres, path_of


def config() -> Config:
    """Alembic's configuration, without a file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return made


def upgrade(url: str, revision: str = HEAD) -> None:
    """Bring a store to `revision`. The store is there, its revision known and older."""

    def run(connection: Connection) -> None:
        chosen = config()
        chosen.attributes["connection"] = connection
        command.upgrade(chosen, revision)

    if is_postgres(url):
        asyncio.run(_postgres(url, run))
    else:
        _sqlite(path_of(url), run)


def _sqlite(path: Path, run: Any) -> None:
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path, isolation_level=None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            run(connection)
    finally:
        engine.dispose()


async def _postgres(url: str, run: Any) -> None:
    import asyncpg

    from server_stub.central.postgres import parsed

    dsn, _ = parsed(url)
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()
