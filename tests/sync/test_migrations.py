"""A store's revision: what `migrate` makes is what a new store is, on both engines, and no other version is opened."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import UniqueConstraint

from server_stub.central import schema
from server_stub.central.migrations import HEAD, REVISIONS, baseline
from server_stub.central.migrations.upgrade import upgrade
from server_stub.central.opening import look, open_store
from server_stub.central.store import Tx
from server_stub.cli import main
from sync.errors import StoreError
from tests.postgres import database, named

_SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' ORDER BY name"
_COLUMNS = """SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'alembic_version' ORDER BY table_name, column_name"""
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_CONSTRAINTS = """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'"""


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two empty places on one engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'one.db'}", f"sqlite:///{tmp_path / 'two.db'}"
        return
    dsn = request.getfixturevalue("postgres")
    with database(dsn) as one, database(dsn) as two:
        yield (named(one, "", blobs=str(tmp_path / "one")), named(two, "", blobs=str(tmp_path / "two")))


async def _described(tx: Tx) -> list[Any]:
    """Everything that the engine knows of its tables."""
    asked = [_SQLITE] if tx.dialect == "sqlite" else [_COLUMNS, _INDEXES, _CONSTRAINTS]
    found = [tuple(row) for sql in asked for row in await tx.fetch(sql)]
    return sorted((tuple(" ".join(str(value).split()) for value in row) for row in found), key=repr)


def test_an_upgraded_store_is_as_a_created_one(places: tuple[str, str]) -> None:
    created, upgraded = places
    open_store(created).close()
    upgrade(upgraded)
    assert look(upgraded, _described) == look(created, _described)
    assert look(upgraded, schema.revision_of) == look(created, schema.revision_of) == HEAD
    open_store(upgraded).close()


@pytest.mark.parametrize("dialect", sorted(schema.DIALECTS))
def test_the_baseline_is_what_the_tables_are_now(dialect: str) -> None:
    assert baseline.path_of(dialect).read_text() == baseline.text(dialect), (
        "tables have changed: python -m server_stub.central.migrations.baseline"
    )


def test_every_constraint_and_index_has_a_name() -> None:
    for table in schema.tables():
        unnamed = [str(each) for each in (*table.constraints, *table.indexes) if not getattr(each, "name", None)]
        assert unnamed == [], table.name
        assert all(
            str(each.name).startswith("uq_") for each in table.constraints if isinstance(each, UniqueConstraint)
        ), table.name
        assert all(str(each.name).startswith(("ix_", "uq_")) for each in table.indexes), table.name


async def _set_revision(tx: Tx, revision: str) -> None:
    await tx.execute("UPDATE alembic_version SET version_num = ?", (revision,))


@pytest.mark.parametrize(
    ("revision", "code"), [("0000", "store_older"), ("9999", "store_newer"), ("", "store_unmarked")]
)
def test_no_other_version_is_opened(
    places: tuple[str, str],
    revision: str,
    code: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(schema, "REVISIONS", ("0000", *REVISIONS))  # as if there had been one before the first
    url, _ = places
    store = open_store(url)
    if revision:
        store.transact(lambda tx: _set_revision(tx, revision))
    else:
        store.transact(lambda tx: tx.execute("DELETE FROM alembic_version"))
    store.close()
    with pytest.raises(StoreError, match=code):
        open_store(url)
    assert main(["serve", "--store", url, "--port", "0"]) == 1
    said = capsys.readouterr().err
    assert code in said
    assert ("sync-server migrate" in said) == (code == "store_older")


def test_migrate_says_what_it_did_and_makes_nothing_where_nothing_is(
    places: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = places
    open_store(one).close()
    assert main(["migrate", "--store", one]) == 0
    assert capsys.readouterr().out == f"revision {HEAD} already\n"
    assert main(["migrate", "--store", two]) == 1
    assert "store_missing" in capsys.readouterr().err


def test_a_making_that_fails_leaves_nothing_and_can_be_done_again(places: tuple[str, str]) -> None:
    from server_stub.central.making import exists, new_store

    url, _ = places

    def half() -> None:
        with new_store(url) as store:
            store.secret("first")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert not exists(url)
    with new_store(url) as store:
        store.secret("second")
    assert exists(url)
    with closing(open_store(url)):
        pass
    with pytest.raises(StoreError, match="store_exists"), new_store(url):
        pass
