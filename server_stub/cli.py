"""`sync-server`: the command line of the server.

serve --store URL --port N     run the server
serve --halls FILE --port N    the same for several halls, each by its own name and on its own store
init  --store URL FILE         make the store and its first hall from a JSON description (- for standard input)
code  --store URL              make a one-time enrolment code
pin   --store URL STAFF        a person's PIN, asked for unseen, or the first line of a pipe
screens --store URL            the address of each window's small screen
devices --store URL            list the devices: id, state, label
revoke --store URL DEVICE      take nothing more from a device that is lost or stolen
sample --store URL             make a sample hall; prints its people with their PINs
morning --store URL            open today in a sample hall
backup --store URL FILE        a copy of the store and its files, while the server runs
restore --store URL FILE       put a backup in the store's place; the server stands still
restored --store URL           say that the store was restored in another way
gaps --store URL               every number: given = used + void + open
months --store URL             count every frozen month of ratings again, from the log
trace --store URL --day D FILE   a queue's day as a trace for `workstation simulate`, nobody named
heads --store URL --export DIR  sign what every chain came to, and keep it in another place
audit verify --store URL       check the hash chain of every scope, and what was exported of it
blobs doctor --store URL       open every file, and hold it against its name
blobs locate --store URL       where the files lie, and what they are sealed with
compact --store URL            drop what the logs need no more; the chains stay, and the server may go on meanwhile
migrate --store URL            bring an older store to this version

A store is sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE.

Exit codes: 0 done, 1 failed, 2 the input cannot be used, 70 a defect of the program, 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import gc
import sqlite3
import sys
import traceback
from pathlib import Path

from server_stub import keeping
from server_stub.central.trouble import StoreBusy, StoreRefused
from server_stub.sentences import one_line, sentence
from sync.errors import HallError, InputError, StoreError

DEFAULT_STORE = "sqlite:///hall.db"
FAILED, UNUSABLE, FAULT, INTERRUPTED = 1, 2, 70, 130
MOST_CODES = 1000
COLLECT_AFTER = 50_000
"""So many new objects between two rounds of the collector: nearly all that a command makes first is what it loads, and
stays; walked over and over it made a tenth of the way to the first request."""


def main(argv: list[str] | None = None) -> int:
    """Run a command; its exit code."""
    gc.set_threshold(COLLECT_AFTER)
    parser = argparse.ArgumentParser(
        prog="sync-server", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run the server")
    serve.add_argument("--store", default=DEFAULT_STORE, metavar="URL")
    serve.add_argument("--halls", type=Path, metavar="FILE", help="several halls, each on its own store: a map in TOML")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument(
        "--port", type=keeping.whole_number(0, 65535), default=8470, help="0: any free one, told in the line `ready …`"
    )
    serve.add_argument("--heads", type=Path, metavar="DIR", help="export signed heads there, regularly")
    serve.add_argument("--heads-every", type=keeping.whole_number(1, 1440), default=15, metavar="MINUTES")
    serve.add_argument("--clips", type=Path, metavar="DIR", help="recorded sounds that the display's calls are made of")
    serve.add_argument("--clock-fd", type=int, help="a pipe that drives the clock; sample stores only")
    serve.add_argument(
        "--province-key",
        type=Path,
        metavar="FILE",
        help="the key that the province's rating platform gave the hall; default: the credential province.key",
    )
    keeping.add_files_key(serve)
    serve.add_argument("--parent-fd", type=int, help="a pipe whose closing ends the server")
    init = commands.add_parser("init", help="make the store and its first hall")
    init.add_argument("--store", default=DEFAULT_STORE, metavar="URL")
    init.add_argument("file", help="JSON description of the hall; - for standard input")
    code = commands.add_parser("code", help="make a one-time enrolment code")
    code.add_argument("--store", default=DEFAULT_STORE, metavar="URL")
    code.add_argument(
        "--count", type=keeping.whole_number(1, MOST_CODES), default=1, metavar="N", help="so many codes, one a line"
    )
    code.add_argument("--clock-ms", type=int, metavar="MS", help="the time of a driven clock; sample stores only")
    pin = commands.add_parser("pin", help="set a person's PIN; asked for unseen, or the first line of a pipe")
    pin.add_argument("--store", default=DEFAULT_STORE, metavar="URL")
    pin.add_argument("staff", help="the staff number")
    screens = commands.add_parser("screens", help="the address of each window's small screen, to be entered there once")
    screens.add_argument("--store", default=DEFAULT_STORE, metavar="URL")
    screens.add_argument("--url", default="", metavar="URL", help="where the screens reach the server")
    for name, told in (("sample", "make a sample hall"), ("morning", "open a day in a sample hall")):
        sample = commands.add_parser(name, help=told)
        sample.add_argument("--store", default=DEFAULT_STORE, metavar="URL")
        sample.add_argument("--seed", type=int, default=1, metavar="N")
        sample.add_argument("--day", metavar="YYYY-MM-DD", help="default: today")
        sample.add_argument(
            "--at", metavar="HH:MM", help="hall time up to which it is played; default: now, else 10:30"
        )
    devices = commands.add_parser("devices", help="list the hall's devices")
    devices.add_argument("--store", default=DEFAULT_STORE, metavar="URL")
    revoke = commands.add_parser("revoke", help="take nothing more from a device that is lost or stolen")
    revoke.add_argument("--store", default=DEFAULT_STORE, metavar="URL")
    revoke.add_argument("device", help="its id, as `devices` lists it")
    revoke.add_argument("--reason", required=True, metavar="TEXT", help="for the record")
    keeping.add(commands, DEFAULT_STORE)
    migrate = commands.add_parser("migrate", help="bring an older store to this version")
    migrate.add_argument("--store", default=DEFAULT_STORE, metavar="URL")
    chosen = parser.parse_args(argv)
    try:
        return int(_COMMANDS[chosen.command](chosen))
    except HallError as error:
        return _told(error, UNUSABLE if isinstance(error, InputError) else FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has enough; Python would complain once more at exit
        return 0
    except (sqlite3.Error, StoreBusy, StoreRefused, OSError) as error:
        return _told(StoreError("store_failed", detail=str(error).partition("\n")[0]), FAILED)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        return _told(StoreError("fault", detail=where), FAULT)


def _told(error: HallError, code: int) -> int:
    print(f"sync-server: {sentence(error)}", file=sys.stderr)
    return code


def _serve(chosen: argparse.Namespace) -> int:
    from server_stub.central.sample_mark import is_sample
    from server_stub.files.keys import files_keys
    from server_stub.serve import clock_for, serve
    from server_stub.upstream.province.client import read_key

    if chosen.halls is not None:
        return _serve_halls(chosen)
    store = keeping.existing(chosen.store)
    key = read_key(chosen.province_key)
    clock = clock_for(chosen.clock_fd, sample=chosen.clock_fd is not None and is_sample(store))
    heads = None if chosen.heads is None else (chosen.heads, chosen.heads_every * 60.0)
    return serve(
        *(store, chosen.host, chosen.port, clock),
        exit_with_fd=chosen.parent_fd,
        province_key=key,
        heads=heads,
        files_keys=files_keys(chosen.files_key),
        clips=chosen.clips,
    )


def _serve_halls(chosen: argparse.Namespace) -> int:
    from server_stub.halls import read
    from server_stub.serve import serve_halls

    alone = {"--store": chosen.store != DEFAULT_STORE, "--heads": chosen.heads, "--province-key": chosen.province_key}
    alone["--files-key"] = bool(chosen.files_key)
    given = [name for name, value in {**alone, "--clock-fd": chosen.clock_fd is not None}.items() if value]
    if given:
        raise InputError("halls_and", option=given[0])
    every = chosen.heads_every * 60.0
    return serve_halls(
        *(read(chosen.halls), chosen.host, chosen.port),
        every=every,
        exit_with_fd=chosen.parent_fd,
        clips=chosen.clips,
    )


def _init(chosen: argparse.Namespace) -> int:
    from server_stub.central.initial import make

    try:
        description = sys.stdin.buffer.read() if chosen.file == "-" else Path(chosen.file).read_bytes()
    except OSError as error:
        raise InputError("hall_description", path=chosen.file, detail=error.strerror or str(error)) from None
    print(make(chosen.store, description))
    return 0


def _code(chosen: argparse.Namespace) -> int:
    from server_stub.central.opening import open_store
    from server_stub.central.people import new_code
    from server_stub.central.sample_mark import is_sample
    from sync.clock import SystemClock

    url = keeping.existing(chosen.store)
    if chosen.clock_ms is not None and not is_sample(url):
        raise StoreError("clock_not_sample")
    now = SystemClock().now() if chosen.clock_ms is None else chosen.clock_ms
    store = open_store(url)
    try:
        for _ in range(chosen.count):
            print(store.transact(lambda tx: new_code(tx, now)))
    finally:
        store.close()
    return 0


def _pin(chosen: argparse.Namespace) -> int:
    import getpass

    from server_stub.central.new_pin import set_pin

    store = keeping.existing(chosen.store)
    pin = getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline()
    set_pin(store, chosen.staff, pin.strip())
    print(f"{one_line(chosen.staff)} signs on with the new PIN")
    return 0


def _screens(chosen: argparse.Namespace) -> int:
    import asyncio

    from server_stub.public.central import CentralStore
    from server_stub.public.screens import addresses
    from server_stub.services import Services
    from sync.clock import SystemClock

    services = Services.open(keeping.existing(chosen.store), SystemClock(), files_keys=None)

    async def told() -> list[tuple[str, str]]:
        await services.applier.start()
        try:
            return await addresses(CentralStore(services.store, services.applier, services.clock))
        finally:
            await services.applier.stop()

    try:
        for place, address in asyncio.run(told()):
            print(f"{chosen.url.rstrip('/')}/w/{address}  {one_line(place)}")
    finally:
        services.store.close()
    return 0


def _sample(chosen: argparse.Namespace) -> int:
    import msgspec

    from server_stub.sample.make import make_sample
    from server_stub.sample.people import PEOPLE

    day, now = _day_and_hour(chosen)
    make_sample(chosen.store, seed=chosen.seed, now=now, day=day)
    print(msgspec.json.encode(PEOPLE).decode())
    return 0


def _morning(chosen: argparse.Namespace) -> int:
    from server_stub.sample.make import open_morning

    day, now = _day_and_hour(chosen)
    opened = open_morning(keeping.existing(chosen.store), seed=chosen.seed, now=now, day=day)
    print(f"opened {day}" if opened else f"open already {day}")
    return 0


def _day_and_hour(chosen: argparse.Namespace) -> tuple[str, int]:
    """Today up to now, unless said otherwise; another day up to half past ten."""
    from server_stub.sample.make import moment_of
    from sync.calendar import day_of
    from sync.clock import SystemClock

    now = SystemClock().now()
    if chosen.day is None and chosen.at is None:
        return day_of(now), now
    day = chosen.day or day_of(now)
    return day, moment_of(day, chosen.at or "10:30")


def _devices(chosen: argparse.Namespace) -> int:
    from server_stub.central.machines import listed

    for line in listed(keeping.existing(chosen.store)):
        print(one_line(line))
    return 0


def _revoke(chosen: argparse.Namespace) -> int:
    from server_stub.central.machines import revoke

    revoke(keeping.existing(chosen.store), chosen.device, chosen.reason)
    print(f"revoked {chosen.device}: what it still says waits for the duty manager")
    return 0


def _migrate(chosen: argparse.Namespace) -> int:
    from server_stub.central.migrations import HEAD, REVISIONS
    from server_stub.central.migrations.upgrade import upgrade
    from server_stub.central.opening import look
    from server_stub.central.schema import revision_of
    from server_stub.central.url import place_of

    url = keeping.existing(chosen.store)
    revision = look(url, revision_of)
    if revision is None:
        raise StoreError("store_unmarked", path=place_of(url))
    if revision not in REVISIONS:
        raise StoreError("store_newer", path=place_of(url), revision=revision)
    if revision == HEAD:
        print(f"revision {HEAD} already")
        return 0
    upgrade(url)
    print(f"revision {revision} -> {HEAD}")
    return 0


_COMMANDS = {
    **keeping.COMMANDS,
    "serve": _serve,
    "init": _init,
    "code": _code,
    "pin": _pin,
    "screens": _screens,
    "sample": _sample,
    "morning": _morning,
    "devices": _devices,
    "revoke": _revoke,
    "migrate": _migrate,
}


if __name__ == "__main__":
    sys.exit(main())
