"""`sync-server`: the commands that keep a store – backup and restoration, audit, signed heads, registers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server_stub.sentences import one_line
from sync.errors import InputError, StoreError

if TYPE_CHECKING:
    from server_stub.central.heads import Exported
    from server_stub.central.store import Tx
    from server_stub.files.vault import Vault

MOST_SKIPPED = 100_000


def whole_number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text) if text.removeprefix("-").isdecimal() else least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"a whole number from {least} to {most} is wanted, this is {text}")
        return value

    return read


def existing(url: str) -> str:
    """The URL of a store that is there: only `init` and `sample` make one. Raises StoreError `store_missing`."""
    from server_stub.central.making import exists
    from server_stub.central.url import place_of

    if not exists(url):
        raise StoreError("store_missing", path=place_of(url))
    return url


def add_files_key(command: argparse.ArgumentParser) -> None:
    """The option of commands that read files of cases."""
    command.add_argument(
        "--files-key",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="what files are sealed with; again for one that was changed. Default: the credential files.key, else a "
        "key in the store",
    )


def add(commands: Any, default_store: str) -> None:
    """Their part of the command line."""
    audit = commands.add_parser("audit", help="check the hash chains").add_subparsers(dest="audit", required=True)
    verify = audit.add_parser("verify")
    verify.add_argument("--store", default=default_store, metavar="URL")
    verify.add_argument("--heads", type=Path, metavar="DIR", help="signed heads that were exported before")
    verify.add_argument("--key", default="", help="the public key they must be signed with; default: the store's own")
    heads = commands.add_parser("heads", help="sign what every chain came to, and keep it in another place")
    heads.add_argument("--store", default=default_store, metavar="URL")
    heads.add_argument(
        "--export", type=Path, metavar="DIR", help="a folder of another machine; without: the public key"
    )
    backup = commands.add_parser("backup", help="a copy of the store and its files, while the server runs")
    backup.add_argument("--store", default=default_store, metavar="URL")
    backup.add_argument("file", help="a new file; the files of cases come beside it")
    restore = commands.add_parser("restore", help="put a backup in the store's place; the server stands still")
    restore.add_argument("file", help="what `backup` wrote")
    restored = commands.add_parser("restored", help="the store was restored in another way: say so to all devices")
    for each in (restore, restored):
        each.add_argument("--store", default=default_store, metavar="URL")
        each.add_argument(
            "--skip",
            type=whole_number(1, MOST_SKIPPED),
            default=500,
            metavar="N",
            help="numbers passed over in each series: at least as many as were given since the backup",
        )
    compact = commands.add_parser("compact", help="drop bodies of the logs that later ones supersede")
    compact.add_argument("--store", default=default_store, metavar="URL")
    compact.add_argument(
        "--keep-days",
        type=whole_number(0, 36_500),
        default=30,
        metavar="N",
        help="what is younger stays, so that who was away for so long goes on by pages; default 30",
    )
    blobs = commands.add_parser("blobs", help="look after the files of cases")
    blobs = blobs.add_subparsers(dest="blobs", required=True)
    for name, told in (
        ("doctor", "open every file, and hold it against its name"),
        ("locate", "where the files lie, and what they are sealed with"),
        ("reseal", "seal every file anew with the first key that is given; goes on where it was ended"),
    ):
        each = blobs.add_parser(name, help=told)
        if name == "doctor":
            each.add_argument("--remove", action="store_true", help="take away files that no row knows of")
        each.add_argument("--store", default=default_store, metavar="URL")
        add_files_key(each)
    gaps = commands.add_parser("gaps", help="every number accounted for: given = used + void + open")
    gaps.add_argument("--store", default=default_store, metavar="URL")
    months = commands.add_parser("months", help="count every frozen month of ratings again, from the log")
    months.add_argument("--store", default=default_store, metavar="URL")
    day = commands.add_parser("trace", help="a queue's day as a trace for `workstation simulate`, nobody named")
    day.add_argument("--store", default=default_store, metavar="URL")
    day.add_argument("--day", required=True, metavar="YYYY-MM-DD")
    day.add_argument("--site", metavar="ID", help="a site's queue; without it the hall's")
    day.add_argument("file", metavar="FILE.csv")


def _backup(chosen: argparse.Namespace) -> int:
    from server_stub.central.backup import back_up
    from sync.clock import SystemClock

    rows = back_up(existing(chosen.store), Path(chosen.file), SystemClock().now())
    print(f"backed up {rows} log rows to {chosen.file}")
    return 0


def _restore(chosen: argparse.Namespace) -> int:
    from server_stub.central.backup import put_back

    aside = put_back(chosen.store, Path(chosen.file))
    if aside is not None:
        print(f"what lay there is kept as {aside}")
    return _restored(chosen)


def _restored(chosen: argparse.Namespace) -> int:
    from server_stub.central.backup import restored
    from sync.clock import SystemClock

    print(f"history {restored(existing(chosen.store), chosen.skip, SystemClock().now())} begins: start the server")
    return 0


def _audit(chosen: argparse.Namespace) -> int:
    from server_stub.central.audit import verify
    from server_stub.central.heads import KEY, check, read
    from server_stub.central.opening import look

    url = existing(chosen.store)
    faults = [str(fault) for fault in verify(url)]
    lost: list[str] = []
    if chosen.heads is not None:
        exports = read(chosen.heads)
        found = look(url, lambda tx: check(tx, exports, chosen.key.removeprefix(KEY)))
        faults += [str(fault) for fault in found if fault.what != "lost"]
        lost += [str(fault) for fault in found if fault.what == "lost"]
    for line in (*faults, *lost):
        print(one_line(line))
    if chosen.heads is not None and not faults:
        print(f"{len(exports)} files of heads fit")
    print("chain broken" if faults else "chain whole")
    return 1 if faults else 0


def _heads(chosen: argparse.Namespace) -> int:
    import asyncio

    from server_stub.central.heads import KEY, key_of, signed_heads, write
    from server_stub.central.opening import open_store
    from sync.clock import SystemClock

    store = open_store(existing(chosen.store))
    try:
        key = key_of(store)
        if chosen.export is None:
            print(KEY + key.public)
        else:

            async def signed() -> Exported:
                try:
                    return await signed_heads(store, key, SystemClock().now())
                finally:
                    await store.release()

            written = write(asyncio.run(signed()), chosen.export)
            print(f"exported {written}" if written else "nothing new since the last export")
    finally:
        store.close()
    return 0


def _compact(chosen: argparse.Namespace) -> int:
    import asyncio

    from server_stub.central.compact import Cut, compact
    from server_stub.central.opening import open_store
    from sync.clock import SystemClock

    store = open_store(existing(chosen.store))

    async def cut() -> list[Cut]:
        try:
            return await compact(store, SystemClock().now(), chosen.keep_days)
        finally:
            await store.release()

    try:
        cuts = asyncio.run(cut())
    finally:
        store.close()
    for each in cuts:
        print(f"{one_line(each.scope)}  floor {each.floor}, {each.dropped} bodies dropped")
    if not cuts:
        print("nothing to drop")
    return 0


def _gaps(chosen: argparse.Namespace) -> int:
    from server_stub.central.gaps import accounts
    from server_stub.central.opening import look

    found = look(existing(chosen.store), accounts)
    for account in found:
        for line in account.lines():
            print(one_line(line))
    unexplained = any(account.unexplained for account in found)
    print("numbers not explained" if unexplained else "numbers unique, gaps explained")
    return 1 if unexplained else 0


def _months(chosen: argparse.Namespace) -> int:
    from server_stub.central.opening import look
    from server_stub.months import counted_again

    found = look(existing(chosen.store), counted_again)
    for month in found:
        print(f"{month.month} {month.frozen} {'same' if month.same else 'counted ' + month.counted}")
    other = sum(not month.same for month in found)
    print(f"{other} months come to another hash" if other else f"{len(found)} months counted again, all the same")
    return 1 if other else 0


def _trace(chosen: argparse.Namespace) -> int:
    from server_stub.central.opening import look
    from sync import trace

    async def read(tx: Tx) -> list[tuple[str, ...]]:
        hall = await tx.fetch_one("SELECT id FROM hall")
        scope = f"{hall[0]}:queue" if hall and not chosen.site else ""
        if chosen.site:
            site = await tx.fetch_one("SELECT queue_scope FROM site WHERE id = ?", (chosen.site,))
            scope = site[0] if site and site[0] else ""
        asked = (scope, chosen.day)
        return trace.rows(*[await tx.fetch(each, asked) for each in (trace.TICKETS, trace.CALLS, trace.SEGMENTS)])

    found = look(existing(chosen.store), read)
    if not found:
        raise InputError("no_such_day", day=chosen.day)
    Path(chosen.file).write_bytes(trace.as_csv(found))
    print(f"{len(found)} rows in {chosen.file}")
    return 0


def _blobs(chosen: argparse.Namespace) -> int:
    from server_stub.central.opening import look, open_store
    from server_stub.files.doctor import came, examine, locate, lying, remove
    from server_stub.files.keys import files_keys
    from server_stub.files.vault import Vault

    store = open_store(existing(chosen.store))
    try:
        vault = Vault.of(store, files_keys(chosen.files_key))
    finally:
        store.close()
    if chosen.blobs == "locate":
        for line in locate(vault):
            print(one_line(line))
        return 0
    if chosen.blobs == "reseal":
        return _reseal(vault)
    there = lying(vault)
    found = examine(vault, *look(chosen.store, came), there)
    for fault in found.faults:
        print(one_line(fault))
    gone = remove(found) if chosen.remove else []
    for path in found.unknown:
        print(one_line(f"{'removed' if path in gone else 'unknown'}: {path.name}"))
    print(found)
    return 1 if found.faults or len(gone) < len(found.unknown) else 0


def _reseal(vault: Vault) -> int:
    from server_stub.files.reseal import reseal

    done, kept = 0, 0
    for name, why in reseal(vault):
        done, kept = done + (not why), kept + bool(why)
        if why:
            print(f"{why}: {name}")
    print(f"{done} files sealed anew, {kept} left as they are")
    return 1 if kept else 0


COMMANDS = {
    "blobs": _blobs,
    "backup": _backup,
    "restore": _restore,
    "restored": _restored,
    "audit": _audit,
    "heads": _heads,
    "gaps": _gaps,
    "months": _months,
    "trace": _trace,
    "compact": _compact,
}
