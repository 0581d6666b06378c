"""A new store, whole or not at all: made beside its place, then put there.

.NAME.making/NAME, NAME.blobs ──▶ NAME.blobs, NAME        the file comes last: with it the store is there
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from server_stub.central.store import Store, open_store, path_of
from sync.errors import StoreError


@contextmanager
def new_store(url: str, *, durable: bool = True) -> Iterator[Store]:
    """The store to fill; it stands in its place when the block ends well, and nothing is left when it does not.

    `durable` as in `open_store`. Raises StoreError `store_exists`, OSError and StoreBusy of the filling.
    """
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
