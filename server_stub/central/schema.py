"""What a store is made of, and which revision of it lies there.

    ddl(dialect)   every CREATE statement, from the one set of tables; every constraint and index has a name
    judge          empty, ours of this revision, or refused
    prepare        empty → made; ours → opened

A store that was left half made has tables and no revision: the mark is written last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, String, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from server_stub.central.migrations import HEAD, REVISIONS
from server_stub.central.tables import CENTRAL
from sync.errors import StoreError
from sync.records.tables import TABLES

if TYPE_CHECKING:
    from server_stub.central.store import Tx

DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]
}
VERSION = MetaData()
Table(  # as Alembic keeps it
    "alembic_version", VERSION, Column("version_num", String(32), primary_key=True, nullable=False)
)
_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
}


def tables() -> list[Table]:
    """Every table of a store, by name."""
    assert TABLES, "the records are loaded"
    return sorted([*SQLModel.metadata.tables.values(), *CENTRAL.tables.values()], key=lambda table: table.name)


def ddl(dialect: str) -> list[str]:
    """The statements that make a store, without its mark."""
    made: list[CreateTable | CreateIndex] = []
    for table in tables():
        made += [CreateTable(table), *map(CreateIndex, sorted(table.indexes, key=lambda index: str(index.name)))]
    return [str(each.compile(dialect=DIALECTS[dialect])).strip() for each in made]


async def judge(tx: Tx, place: str, *, stamp: bool = True) -> set[str]:
    """The tables that are there: none, or those of a store of this revision; without `stamp` also what was left half
    made. Raises StoreError `store_foreign`, `store_unmarked`, `store_older`, `store_newer` where it is something else.
    """
    found = await existing(tx)
    if found and "head" not in found:
        raise StoreError("store_foreign", path=place)
    revision = await revision_of(tx)
    if found and revision is None and stamp:
        raise StoreError("store_unmarked", path=place)
    if revision not in (HEAD, None):
        raise StoreError("store_older" if revision in REVISIONS else "store_newer", path=place, revision=revision)
    return found


async def prepare(tx: Tx, place: str, *, stamp: bool = True) -> None:
    """Make the tables in an empty place, and mark them as whole unless `stamp` is False; raises as `judge` does."""
    found = await judge(tx, place, stamp=stamp)
    if found and not stamp:
        await clear(tx)
    if not found or not stamp:
        for statement in ddl(tx.dialect):
            await tx.execute(statement)
        if stamp:
            await mark(tx)


async def existing(tx: Tx) -> set[str]:
    """The tables that are there."""
    return {name for (name,) in await tx.fetch(_TABLES[tx.dialect])}


async def revision_of(tx: Tx) -> str | None:
    """The store's mark, or None."""
    if "alembic_version" not in await existing(tx):
        return None
    found = await tx.fetch_one("SELECT version_num FROM alembic_version")
    return str(found[0]) if found else None


async def mark(tx: Tx) -> None:
    """Say that the store is whole, and of this revision."""
    for table in VERSION.sorted_tables:
        await tx.execute(str(CreateTable(table).compile(dialect=DIALECTS[tx.dialect])).strip())
    await tx.execute("INSERT INTO alembic_version (version_num) VALUES (?)", (HEAD,))


async def clear(tx: Tx) -> None:
    """Take away what was left half made."""
    for name in sorted(await existing(tx) & {"alembic_version", *(table.name for table in tables())}):
        await tx.execute(f'DROP TABLE "{name}"')
