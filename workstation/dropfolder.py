"""The drop folder (收件夹): scans and photographs that lie there are offered to whoever takes papers in.

    watchfiles ─ a sign that something moved ─┐
    every half second without one ────────────┴─▶ look at the whole folder ─▶ whole, twice the same size ─▶ ready
                                                        │                     still growing, no end yet  ─▶ coming
                                                        └ no PDF/PNG/JPEG, or too large ──────────────────▶ refused
    read(file) ─▶ kept elsewhere ─▶ remove(file)             a refused file is left where it lies

The folder itself is the only truth: an event that is lost, or a network mount that sends none, costs half a second.
The watcher is a thread; watchfiles is imported in it, after the first paint.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sync.errors import StoreError
from sync.protocol.media import media_type
from sync.protocol.messages import BLOB_BYTES
from workstation.scans import wholeness

State = Literal["ready", "coming", "refused"]
Polling = Literal["auto", "always"]

DEBOUNCE_MS: Final = 100
STEP_MS: Final = 20
LOOK_MS: Final = 500
AGAIN_SECONDS: Final = 0.1  # between two looks at a file that may still be growing
AGAIN_LOOKS: Final = 5
PATIENCE: Final = 20  # looks at a file that stands still without an end, before it is called broken
UNFINISHED: Final = (".part", ".partial", ".tmp", ".crdownload", ".download", "~")
NETWORKED: Final = frozenset(
    {"9p", "afs", "ceph", "cifs", "davfs", "lustre", "ncpfs", "nfs", "nfs4", "prl_fs", "smb3", "smbfs", "vboxsf"}
    | {"fuse.davfs2", "fuse.rclone", "fuse.sshfs", "fuse.vmhgfs-fuse", "virtiofs", "vmhgfs"}
)
"""Mounts whose changes from elsewhere the kernel does not tell of."""

_OCTAL = re.compile(r"\\([0-7]{3})")  # how the list of mounts writes blanks

Seal = tuple[int, int]
"""(size, mtime in ns): as long as it is the same, nobody writes."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file in the folder. `problem` of a refused one: "type", "size", "broken", "unreadable"."""

    path: Path
    size: int
    mtime_ns: int
    state: State
    media_type: str = ""
    problem: str = ""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def seal(self) -> Seal:
        """By which a change is noticed."""
        return self.size, self.mtime_ns


@dataclass(slots=True)
class _Seen:
    """What earlier looks found: how often the file stood still, and the word on it as it stands."""

    seal: Seal
    looks: int = 1
    word: Dropped | None = None


class DropFolder:
    """One folder, watched from `start` to `stop`. `listeners` are called on the watcher's thread with what has come
    ready, whenever anything changed; `files` may be read from any thread."""

    def __init__(
        self,
        folder: Path,
        *,
        limit: int = BLOB_BYTES,
        polling: Polling = "auto",
    ) -> None:
        self.folder = folder
        self.limit = limit
        self.files: tuple[Dropped, ...] = ()
        self.trouble = ""  # a word of the catalogue: why nothing is watched
        self.listeners: list[Callable[[tuple[Dropped, ...]], None]] = []
        self._polling = polling
        self._seen: dict[str, _Seen] = {}
        self._taken: set[tuple[str, Seal]] = set()  # kept, but its folder did not let it go
        self._looking = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._main, name="drop-folder", daemon=True)

    def start(self) -> None:
        """Begin with a look at everything that lies there; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def of_state(self, state: State) -> tuple[Dropped, ...]:
        """The files in this state, oldest first."""
        return tuple(file for file in self.files if file.state == state)

    # -- taking -------------------------------------------------------------------------------------------------------

    def read(self, file: Dropped) -> bytes:
        """The file's bytes. Raises StoreError `drop.gone`, `drop.changed` where it is not what was offered."""
        try:
            descriptor = os.open(file.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            with os.fdopen(descriptor, "rb") as opened:
                found = os.fstat(opened.fileno())
                content = opened.read(self.limit + 1)
        except OSError:
            raise StoreError("drop.gone", name=file.name) from None
        if (found.st_size, found.st_mtime_ns) != file.seal or len(content) != file.size:
            raise StoreError("drop.changed", name=file.name)
        return content

    def remove(self, file: Dropped) -> bool:
        """Take the file out of the folder, its bytes being kept elsewhere; False where the folder does not let it go –
        then it is not offered again as it stands. What has taken its name meanwhile stays."""
        with self._looking:
            gone = True
            try:
                now = file.path.lstat()
                if (now.st_size, now.st_mtime_ns) == file.seal:
                    file.path.unlink()
            except FileNotFoundError:
                pass
            except OSError:
                self._taken.add((file.name, file.seal))
                gone = False
            self._seen.pop(file.name, None)
            self.files = tuple(each for each in self.files if each.path != file.path)
        return gone

    def give_back(self, name: str, content: bytes) -> Path:
        """Put a file into the folder again, whole or not at all, under its name or one beside it. Raises StoreError
        `drop.unwritable`."""
        name = Path(name).name or "scan"
        part = self.folder / f".{name}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content)
            path, number = self.folder / name, 1
            while path.exists():
                number += 1
                path = self.folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
            part.replace(path)
        except OSError as error:
            raise StoreError("drop.unwritable", folder=str(self.folder), detail=error.strerror or "") from None
        return path

    # -- looking ------------------------------------------------------------------------------------------------------

    def look(self) -> tuple[Dropped, ...]:
        """Look at the whole folder once; what came ready by that."""
        with self._looking:
            before = {file.name: file for file in self.files}
            self.files = tuple(sorted(self._look(), key=lambda file: (file.mtime_ns, file.name)))
            changed = self.files != tuple(before.values())
            ready = tuple(f for f in self.files if f.state == "ready" and before.get(f.name) != f)
        if changed:
            for listener in tuple(self.listeners):
                listener(ready)
        return ready

    def _look(self) -> Iterable[Dropped]:
        found: set[str] = set()
        try:
            entries = list(os.scandir(self.folder))
            self.trouble = ""
        except OSError:
            self.trouble = "drop.unreadable"
            entries = []
        for entry in entries:
            if entry.name.startswith(".") or entry.name.lower().endswith(UNFINISHED):
                continue
            with contextlib.suppress(OSError):
                now = entry.stat(follow_symlinks=False)
                if not stat.S_ISREG(now.st_mode) or (entry.name, (now.st_size, now.st_mtime_ns)) in self._taken:
                    continue
                found.add(entry.name)
                yield self._judge(Path(entry.path), (now.st_size, now.st_mtime_ns))
        self._seen = {name: seen for name, seen in self._seen.items() if name in found}

    def _judge(self, path: Path, seal: Seal) -> Dropped:
        """The word on a file, said once it has stood still for two looks."""
        seen = self._seen.get(path.name)
        if seen is None or seen.seal != seal:
            seen = self._seen[path.name] = _Seen(seal)
        else:
            seen.looks += 1
        if seen.word is not None:
            return seen.word
        word = Dropped(path, *seal, "coming")
        if seal[0] > self.limit:
            word = Dropped(path, *seal, "refused", problem="size")
        elif seen.looks >= 2 and seal[0]:
            word = self._open(path, seal, patient=seen.looks < PATIENCE)
        if word.state != "coming":
            seen.word = word
        return word

    def _open(self, path: Path, seal: Seal, *, patient: bool) -> Dropped:
        try:
            content = path.read_bytes()
        except OSError:
            return Dropped(path, *seal, "coming") if patient else Dropped(path, *seal, "refused", problem="unreadable")
        whole = wholeness(content)
        if whole == "whole" and len(content) == seal[0]:
            return Dropped(path, *seal, "ready", media_type(content) or "")
        if whole == "unknown":
            return Dropped(path, *seal, "refused", problem="type")
        return Dropped(path, *seal, "coming") if patient else Dropped(path, *seal, "refused", problem="broken")

    # -- the thread ---------------------------------------------------------------------------------------------------

    def _main(self) -> None:
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
        self._look_until_still()
        from watchfiles import watch

        force = True if self._polling == "always" or on_network(self.folder) else None
        while not self._stop.is_set():
            # A folder that is not there (a mount that went away) ends the watch: look again until it is back.
            with contextlib.suppress(OSError, RuntimeError):
                for _ in watch(
                    self.folder,
                    watch_filter=None,
                    debounce=DEBOUNCE_MS,
                    step=STEP_MS,
                    stop_event=self._stop,
                    rust_timeout=LOOK_MS,
                    yield_on_timeout=True,
                    raise_interrupt=False,
                    force_polling=force,
                    recursive=False,
                ):
                    self._look_until_still()
                    if self.trouble:
                        break
            self._stop.wait(LOOK_MS / 1000)
            if not self._stop.is_set():
                self.look()

    def _look_until_still(self) -> None:
        """Look, and again soon while something is coming; what takes longer waits for the next sign."""
        self.look()
        for _ in range(AGAIN_LOOKS):
            if not self.of_state("coming") or self._stop.wait(AGAIN_SECONDS):
                return
            self.look()


def on_network(folder: Path, mounts: Path = Path("/proc/mounts")) -> bool:
    """Whether the folder lies on a mount that tells of no changes; False where the system has no list of mounts."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False
    best, kind = "", ""
    target = str(folder.resolve())
    for line in lines:
        parts = line.split()
        if len(parts) < 3:
            continue
        point = _OCTAL.sub(lambda found: chr(int(found[1], 8)), parts[1])
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, parts[2]
    return kind in NETWORKED
