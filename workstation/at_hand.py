"""What this machine has for judging a signed file: trust lists, and the registry rows of its local copies.

    locations ─▶ its own copy and key folder, else those of the demo's terminals below it
                    ├─ trust_lists()   root.pem files
                    ├─ printed_code()  (page, mac) ─▶ the paper that a printed code leads to
                    └─ registry()      (message digest, signature) ─▶ valid | pending | superseded | revoked | unknown

Copies are opened for reading only, also while a terminal works on them; one that cannot be read is passed over.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from workstation.locations import Locations

if TYPE_CHECKING:
    from sync.verdict import RegistryLookup, Verdict
    from workstation.views.papers import PrintedCode, Read

UNKNOWN = "unknown"
T = TypeVar("T")


def places(locations: Locations) -> list[Path]:
    """Folders of terminals: this machine's own, the one that was named, and the demo's."""
    root = locations.data.parent
    demos = [*locations.data.glob("demo/terminal-*"), *root.glob("terminal-*")]
    return [locations.data, root, *sorted(demos)]


def sample_hall_of(path: Path) -> Path | None:
    """The folder of a sample hall that a signed paper lies in. Its trust list is not believed by itself, since anybody
    could lay a paper and a list side by side; the person is told how to name it."""
    for folder in path.absolute().parents:
        if folder.name.startswith("terminal-") and (folder.parent / "hall.json").is_file():
            return folder.parent
    return None


def trust_lists(locations: Locations) -> list[Path]:
    """The trust list of this machine; only without one those of the demo's terminals."""
    own = locations.data / "pki" / "root.pem"
    if own.is_file():
        return [own]
    found = [place / "data" / "pki" / "root.pem" for place in places(locations)]
    return [path for path in dict.fromkeys(found) if path.is_file()]


def replicas(locations: Locations) -> list[Path]:
    """Local copies at hand."""
    found = [*sorted(locations.replica_dir.glob("*.db")), *(place / "replica.db" for place in places(locations))]
    return [path for path in dict.fromkeys(found) if path.is_file()]


def registry(paths: Sequence[Path]) -> RegistryLookup | None:
    """Asks these copies for a document's state, `unknown` where none knows it; None without any copy."""
    if not paths:
        return None

    def look(verdict: Verdict) -> str | None:
        digest, signature = verdict.message_digest, verdict.signature_value_hash
        if not digest or not signature:
            return None
        told = [state for path in paths if (state := _state(path, digest, signature)) is not None]
        return next((state for state in told if state != "pending"), told[0] if told else UNKNOWN)

    return look


def printed_code(paths: Sequence[Path], page: str, mac: str) -> PrintedCode | None:
    """What these copies know of a code's paper; one that the centre has confirmed before one that is pending."""
    from workstation.views.papers import printed_code as look

    told = [found for path in paths if (found := _ask(path, lambda read: look(read, page, mac))) is not None]
    return min(told, key=lambda found: found.state == "pending", default=None)


def _state(path: Path, digest: str, signature: str) -> str | None:
    from workstation.views.papers import registry_state

    return _ask(path, lambda read: registry_state(read, digest, signature))


def _ask(path: Path, question: Callable[[Read], T | None]) -> T | None:
    """A question to one copy; None where it cannot be read."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row

            def read(sql: str, params: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
                return connection.execute(sql, params).fetchall()

            return question(read)
    except sqlite3.Error:
        return None
