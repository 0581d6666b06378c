"""A store's backup, and a store put back from one.

    back_up     FILE        a consistent copy while the server runs: SQLite's online backup, looked through; or pg_dump
                FILE.blobs  the files of cases; what lies there already is not copied again
                            then the store notes how far it reaches: replicas forget what they kept for the case
    put_back    what lies in the store's place is moved aside, never deleted
    restored    an operation of the clock's: another history begins, and every replica hears of it

A database of PostgreSQL is put back with its own pg_restore, then `restored` is said.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from server_stub.apply.applier import Applier
from server_stub.apply.incoming import at_the_door
from server_stub.central.opening import look, open_store
from server_stub.central.restored import mark_saved
from server_stub.central.schema import judge
from server_stub.central.store import Tx
from server_stub.central.url import is_postgres, path_of, place_of
from server_stub.live import Hub
from sync.errors import InputError, StoreError
from sync.protocol.identifiers import scope_of, uuid7
from sync.protocol.messages import ACCEPTED
from sync.protocol.verbs.restore import Restored

_HEADS = "SELECT scope, seq FROM head"


def back_up(url: str, file: Path, now: int) -> int:
    """Copy a store; answers how many log rows the copy holds at least. Raises InputError `backup_exists`,
    `backup_no_tool` without pg_dump, StoreError `backup_broken` where the copy is not whole."""
    if file.exists():
        raise InputError("backup_exists", path=str(file))
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT, 0o600))
        heads, blobs = _dump(url, part, file) if is_postgres(url) else _copy(path_of(url), part, file)
        _copy_files(blobs, _files_of(file))
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    store = open_store(url)
    try:
        store.transact(lambda tx: mark_saved(tx, heads, now))
    finally:
        store.close()
    return sum(heads.values())


def _copy(source: Path, part: Path, file: Path) -> tuple[dict[str, int], Path]:
    """The file of SQLite as it is at one moment: its heads, and where its files of cases lie."""
    with (
        contextlib.closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as there,
        contextlib.closing(sqlite3.connect(part)) as copy,
    ):
        there.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        [whole] = copy.execute("PRAGMA quick_check").fetchone()
        if whole != "ok":
            raise StoreError("backup_broken", path=str(file), detail=str(whole).partition("\n")[0])
        return dict(copy.execute(_HEADS).fetchall()), source.with_suffix(".blobs")


def _dump(url: str, part: Path, file: Path) -> tuple[dict[str, int], Path]:
    """What pg_dump writes for pg_restore; its heads are at least those of the moment before it began."""
    from server_stub.central.postgres import parsed

    async def heads(tx: Tx) -> dict[str, int]:
        return dict(map(tuple, await tx.fetch(_HEADS)))

    program = shutil.which("pg_dump")
    if program is None:
        raise InputError("backup_no_tool", path=place_of(url))
    before, (dsn, blobs) = look(url, heads), parsed(url)
    parts = urlsplit(dsn)
    password = (
        {} if parts.password is None else {"PGPASSWORD": unquote(parts.password)}
    )  # in nobody's list of processes
    done = subprocess.run(
        [program, "--format=custom", f"--file={part}", f"--dbname={place_of(dsn)}"],
        env=os.environ | password,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StoreError("backup_broken", path=str(file), detail=done.stderr.strip().partition("\n")[0])
    return before, blobs


def _files_of(file: Path) -> Path:
    return file.with_name(file.name + ".blobs")


def _copy_files(source: Path, to: Path) -> None:
    """Files are named by their content: what has a name there is there. They are copied as they lie, sealed; what is
    not whole, or a scope's for an hour, stays."""
    to.mkdir(mode=0o700, exist_ok=True)
    for path in sorted(source.iterdir()):
        place = to / path.name
        if "." not in path.name and not place.exists():
            part = place.with_name(place.name + ".part")
            shutil.copyfile(path, part)
            part.replace(place)


def put_back(url: str, file: Path) -> Path | None:
    """The backup takes the store's place; where the store that lay there lies now, None where there was none. Raises
    InputError `backup_missing`, `backup_postgres`, StoreError for what is no store of this version."""
    if is_postgres(url):
        raise InputError("backup_postgres", path=place_of(url))
    if not file.exists():
        raise InputError("backup_missing", path=str(file))
    from server_stub.central.sqlite import look_into

    look_into(file, lambda tx: judge(tx, str(file)))
    path = path_of(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.restoring")
    shutil.copyfile(file, part)
    part.chmod(0o600)
    aside = _move_aside(path)
    part.replace(path)
    if _files_of(file).exists():
        _copy_files(_files_of(file), path.with_suffix(".blobs"))
    return aside


def _move_aside(path: Path) -> Path | None:
    """A store with what SQLite has beside it; its files of cases stay, since a name there says what it holds."""
    if not path.exists():
        return None
    number = 1
    while (aside := path.with_name(f"{path.name}.before{number}")).exists():
        number += 1
    for end in ("-wal", "-shm"):
        if (beside := path.with_name(path.name + end)).exists():
            beside.replace(aside.with_name(aside.name + end))
    path.replace(aside)
    return aside


def restored(url: str, skip: int, now: int) -> str:
    """Another history begins; its name. Raises StoreError `store_failed`."""
    store = open_store(url)
    epoch = f"h{uuid7(now)}"

    async def work() -> str:
        applier = Applier(store, Hub())
        await applier.start()
        try:
            base = scope_of(applier.hall.hall, "base")
            [result] = await applier.submit([at_the_door(Restored(skip=skip), epoch, base, now)])
        finally:
            await applier.stop()
            await store.release()
        if result.status != ACCEPTED:
            raise StoreError("store_failed", detail=str(result.code))
        return epoch

    try:
        return asyncio.run(work())
    finally:
        store.close()
