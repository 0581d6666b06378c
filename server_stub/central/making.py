"""A new store, whole or not at all.

sqlite:///      .NAME.making/NAME, NAME.blobs ──▶ NAME.blobs, NAME     the file comes last: with it the store is there
postgresql://   tables without a mark ──▶ rows ──▶ the mark            what has no mark is cleared and made anew
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from server_stub.central import schema
from server_stub.central.opening import look, open_store
from server_stub.central.store import Store
from server_stub.central.url import is_postgres, path_of, place_of
from sync.errors import StoreError


def exists(url: str) -> bool:
    """Whether there is a store, whole or not. Raises StoreError where nothing can be said of the place."""
    if is_postgres(url):
        return "head" in look(url, schema.existing)
    path = path_of(url)
    return path.exists() and path.stat().st_size > 0


@contextmanager
def new_store(url: str, *, durable: bool = True) -> Iterator[Store]:
    """The store to fill; it is there when the block ends well, and nothing is left when it does not.

    `durable` as in `open_store`. Raises StoreError `store_exists`, `store_foreign`, OSError and StoreBusy of the
    filling.
    """
    with _in_database(url, durable) if is_postgres(url) else _in_file(url, durable) as store:
        yield store


@contextmanager
def _in_file(url: str, durable: bool) -> Iterator[Store]:
    path = path_of(url)
    if path.exists():
        raise StoreError("store_exists", path=str(path))
    making = path.with_name(f".{path.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    try:
        making.mkdir(parents=True)
        store = open_store(f"sqlite:///{making / path.name}", durable=durable)
        try:
            yield store
        finally:
            store.close()
        shutil.rmtree(path.with_suffix(".blobs"), ignore_errors=True)
        (making / path.with_suffix(".blobs").name).replace(path.with_suffix(".blobs"))
        (making / path.name).replace(path)
    finally:
        shutil.rmtree(making, ignore_errors=True)


@contextmanager
def _in_database(url: str, durable: bool) -> Iterator[Store]:
    if exists(url) and look(url, schema.revision_of) is not None:
        raise StoreError("store_exists", path=place_of(url))
    store = open_store(url, durable=durable, stamp=False)
    try:
        yield store
        store.transact(schema.mark)
    except BaseException:
        store.transact(schema.clear)
        raise
    finally:
        store.close()
