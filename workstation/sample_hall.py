"""The demo's folder: the sample hall's store, its terminals, and the claim of the process that serves it.

DIR/central.db, central.blobs    the store
    hall.lock                    held by the process whose child serves it
    hall.json                    where it listens, while it does
    people.json                  the sample's people with their PINs
    terminal-N/                  one terminal: its local copy, its device's key, journal, cache
    server.log
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import msgspec

from sync.calendar import day_of
from sync.clock import Clock
from sync.device_key import DeviceKey
from sync.errors import HallError, StoreError
from sync.replica.claim import Claim
from sync.replica.store import ReplicaStore
from workstation.hall_process import HallProcess, ask_server
from workstation.hours import hhmm
from workstation.locations import Locations, locate

MOST_TERMINALS = 20
ANSWER_SECONDS = 5.0
LOOK_SECONDS = 20.0
_LAST_DAY = "SELECT max(t.day) FROM ticket t JOIN hall h ON t.scope = h.id || ':queue'"


class SamplePerson(msgspec.Struct, frozen=True):
    """One of the sample's people, as `sync-server sample` lists them. `pin` is the sample's own."""

    staff: str
    name: str
    pin: str
    role: str
    site: str
    window: str | None = None
    office: str | None = None

    @property
    def window_label(self) -> str:
        """The label on the window that this person usually has: `w03` is 03, `jinhainiu-1` is 1."""
        return (self.window or "").removeprefix("w").rpartition("-")[2]


class Running(msgspec.Struct, frozen=True):
    """What `hall.json` tells a joining terminal: where the server listens, and its process."""

    url: str
    pid: int


class TerminalPlace:
    """The folder of one terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.replica = folder / "replica.db"
        self._key = folder / "device.key"

    @property
    def enrolled(self) -> bool:
        """Whether its local copy is there."""
        return self.replica.exists() and self._key.exists()

    @property
    def locations(self) -> Locations:
        """Its own journal, cache and inbox; settings are the person's."""
        return replace(locate(self.folder), config=locate().config)

    def key(self) -> DeviceKey:
        """The device's key. A sample's needs no keyring, and its copy is plain. Raises StoreError."""
        try:
            return DeviceKey.read(self._key.read_text())
        except OSError:
            raise StoreError("signon.key_lost", where=str(self._key), path=str(self.folder)) from None

    async def enrol(self, url: str, code: str, label: str) -> None:
        """Become a device of the hall. Raises HallError."""
        from sync.replica.sessions import enrol
        from sync.transport.http import HttpTransport

        door, key = HttpTransport(url), DeviceKey.make()
        try:
            given = await enrol(door, code, label, key)
        finally:
            await door.close()
        with _writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            for left in (self.replica, self._key):
                left.unlink(missing_ok=True)
            self._key.touch(mode=0o600)
            self._key.write_text(key.text)
        ReplicaStore.create(self.replica, device=given.device, hall=given.hall, shapes=given.shapes)

    def erase(self) -> None:
        """Nothing is left of this terminal, its key first."""
        self._key.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def take(self) -> bool:
        """Whether this process has the place, from now until it ends: two that are started at once take two."""
        if self.folder not in _TAKEN:
            try:
                _TAKEN[self.folder] = Claim(self.folder.with_name(f".{self.folder.name}"))
            except StoreError as error:
                if error.code != "replica_in_use":
                    raise
                return False
        return True

    def claimed(self) -> bool:
        """Whether another process has it open."""
        try:
            Claim(self.replica).release()
        except StoreError:
            return True
        return False


_TAKEN: dict[Path, Claim] = {}
"""The places of this process; the system gives them free as it ends."""


class SampleHall:
    """The demo's folder, and what is done with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "central.db"

    @property
    def store_url(self) -> str:
        """As `sync-server --store` takes it."""
        return f"sqlite:///{self.store}"

    @property
    def made(self) -> bool:
        """Whether there is a hall already."""
        return self.store.exists()

    def make(self, seed: int) -> None:
        """Make the sample hall as it stands now, its store put in place last: a making that was cut short is none.
        Raises StoreError."""
        if self.made:
            raise StoreError("server.store_exists", detail=str(self.store))
        with _writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for place in self.folder.glob("terminal-*"):  # terminals of a hall that is no more
                for name in ("replica.db", "device.key"):
                    (place / name).unlink(missing_ok=True)
        making = self.folder / ".making"
        shutil.rmtree(making, ignore_errors=True)
        try:
            told = ask_server("sample", "--store", f"sqlite:///{making / self.store.name}", "--seed", str(seed))
            with _writing(self.folder):
                (self.folder / "people.json").write_text(told, encoding="utf-8")
                blobs = self.store.with_suffix(".blobs")
                shutil.rmtree(blobs, ignore_errors=True)
                (making / blobs.name).replace(blobs)
                (making / self.store.name).replace(self.store)
        finally:
            shutil.rmtree(making, ignore_errors=True)

    def set_aside(self) -> Path:
        """A hall of another version, and its terminals, go into a folder beside; a new one can be made. Where to.

        Raises StoreError `demo.folder_unwritable`.
        """
        with _writing(self.folder):
            number = 1 + sum(1 for _ in self.folder.glob("older-*"))
            aside = self.folder / f"older-{number}"
            aside.mkdir(mode=0o700)
            for place in [*self.folder.glob("terminal-*"), *self.folder.glob(f"{self.store.stem}.*")]:
                place.replace(aside / place.name)
        return aside

    def open_morning(self, seed: int, clock: Clock) -> bool:
        """Close the days before in the ordinary way and open today, unless it is open. Raises StoreError."""
        now = clock.now()
        if self._last_day() == day_of(now):
            return False
        when = ("--day", day_of(now), "--at", hhmm(now))
        return not ask_server("morning", "--store", self.store_url, "--seed", str(seed), *when).startswith("open alr")

    def _last_day(self) -> str:
        """The day that the hall is in."""
        try:
            connection = sqlite3.connect(f"{self.store.as_uri()}?mode=ro", uri=True)
            try:
                return str(connection.execute(_LAST_DAY).fetchone()[0] or "")
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise StoreError("server.store_open", detail=str(error)) from None

    @contextlib.contextmanager
    def days(self, seed: int, clock: Clock) -> Iterator[None]:
        """As long as the block lasts, each new day gets its morning, also while the server runs: it is one more writer
        of the same store, and every terminal pulls what it wrote."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(LOOK_SECONDS):
                with contextlib.suppress(StoreError):  # a clock set back: said at the next start
                    self.open_morning(seed, clock)

        thread = threading.Thread(target=watch, name="days", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def people(self) -> list[SamplePerson]:
        """Who works here. Raises StoreError `demo.people_missing`."""
        try:
            return msgspec.json.decode((self.folder / "people.json").read_bytes(), type=list[SamplePerson])
        except (OSError, msgspec.DecodeError):
            raise StoreError("demo.people_missing", path=str(self.folder)) from None

    @contextlib.contextmanager
    def claim(self) -> Iterator[None]:
        """This process serves the hall; raises StoreError `demo.running` where another does."""
        with _writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            claim = Claim(self.folder / "hall")
        except StoreError as error:
            if error.code == "replica_in_use":
                raise StoreError("demo.running", path=str(self.folder)) from None
            raise StoreError("demo.folder_unwritable", path=str(self.folder), why=error.params.get("detail")) from None
        try:
            yield
        finally:
            claim.release()

    @contextlib.contextmanager
    def serve(self) -> Iterator[HallProcess]:
        """The server child, as long as the block lasts; `hall.json` tells where it is. Raises StoreError."""
        note = self.folder / "hall.json"
        with self._listening() as process:
            try:
                with _writing(self.folder):
                    (self.folder / "port").write_text(str(process.port))
                    note.write_bytes(msgspec.json.encode(Running(process.url, process.pid)))
                yield process
            finally:
                note.unlink(missing_ok=True)

    def _listening(self) -> HallProcess:
        """On the port of last time where it is free: terminals that stayed open and citizens' pages find it again."""
        log = self.folder / "server.log"
        try:
            return HallProcess(self.store_url, log=log, port=int((self.folder / "port").read_text()))
        except (OSError, ValueError):
            return HallProcess(self.store_url, log=log)
        except StoreError as error:
            if error.code != "server.port_in_use":
                raise
            return HallProcess(self.store_url, log=log)

    def running(self) -> str:
        """Where the running hall listens. Raises StoreError `demo.not_running`."""
        try:
            noted = msgspec.json.decode((self.folder / "hall.json").read_bytes(), type=Running)
        except (OSError, msgspec.DecodeError):
            raise StoreError("demo.not_running", path=str(self.folder)) from None
        host, _, port = noted.url.rpartition("/")[2].rpartition(":")
        door = HTTPConnection(host, int(port), timeout=ANSWER_SECONDS)
        try:
            door.request("GET", "/v1/health")
            if door.getresponse().status != 200:
                raise StoreError("demo.not_running", path=str(self.folder))
        except (OSError, HTTPException):
            raise StoreError("demo.not_running", path=str(self.folder)) from None
        finally:
            door.close()
        return noted.url

    def code(self) -> str:
        """A one-time enrolment code."""
        return ask_server("code", "--store", self.store_url).strip()

    def terminal(self, n: int) -> TerminalPlace:
        """The place of terminal `n`, from 1."""
        return TerminalPlace(self.folder / f"terminal-{n}")

    async def free_terminal(self, url: str, first: int) -> TerminalPlace:
        """The first terminal from `first` on that nobody sits at, enrolled. Raises HallError."""
        for n in range(first, MOST_TERMINALS + 1):
            place = self.terminal(n)
            if not place.take():
                continue
            if not place.enrolled:
                await place.enrol(url, self.code(), f"demo {n}")
                return place
            if not place.claimed():
                return place
        raise HallError("demo.too_many", most=MOST_TERMINALS)


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """What the system says against writing here, as a sentence."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise StoreError("demo.folder_unwritable", path=str(folder), why=why) from None
