"""A store by its URL: opened to be used, or looked into once. Only the engine that the URL names is imported."""

from __future__ import annotations

from typing import TypeVar

from server_stub.central.store import Store, Work
from server_stub.central.url import is_postgres, path_of

T = TypeVar("T")


def open_store(url: str, *, durable: bool = True, stamp: bool = True) -> Store:
    """Open a store; in an empty place its tables are made, and marked as whole unless `stamp` is False.

    `durable` False: one still in the making, thrown away if the machine stops before it is done. Raises InputError
    `store_url`, StoreError `store_open` and its like.
    """
    if is_postgres(url):
        from server_stub.central.postgres import PostgresStore

        return PostgresStore(url, durable=durable, stamp=stamp)
    from server_stub.central.sqlite import SqliteStore

    return SqliteStore(path_of(url), durable=durable, stamp=stamp)


def look(url: str, work: Work[T]) -> T:
    """Run `work` over one moment of a store, opened for this alone and read-only; whatever lies there is not judged.
    Raises StoreError where it cannot be opened."""
    if is_postgres(url):
        from server_stub.central.postgres import look_at

        return look_at(url, work)
    from server_stub.central.sqlite import look_into

    return look_into(path_of(url), work)
