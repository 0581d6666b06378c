"""What this machine has for judging a signed file: trust lists, and the registry rows of its local copies.

    locations ─▶ its own copy and key folder, else those of the demo's terminals below it
                    ├─ trust_lists()   root.pem files         hall_roots()   what the hall's settings name
                    ├─ printed_code()  (page, mac) ─▶ the paper that a printed code leads to
                    └─ registry()      (message digest, signature) ─▶ valid | pending | superseded | revoked | unknown

Copies are opened for reading only, also while a terminal works on them, an encrypted one by the device's key; one that
cannot be read is passed over, and where none can the registry was not asked: that is not the same as unknown.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from sync.errors import HallError
from sync.replica import driver
from workstation.locations import Locations

if TYPE_CHECKING:
    from sync.verdict import RegistryLookup, TrustRoots, Verdict
    from workstation.views.papers import PrintedCode, Read

UNKNOWN = "unknown"
PLAIN = b"SQLite format 3\0"
T = TypeVar("T")


class Copy(NamedTuple):
    """A local copy, and its key where it is encrypted."""

    path: Path
    key: bytes | None = None


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


def hall_roots(copies: Sequence[Copy]) -> TrustRoots:
    """The roots at which the hall's signers and time stamps end, as its administrator has set them (`signer_roots`,
    `timestamp_roots`)."""
    from sync.verdict import TrustRoots
    from workstation.documents.outside import certificates_of

    found: dict[str, list[bytes]] = {"signer_roots": [], "timestamp_roots": []}
    asked = "SELECT id, value FROM setting WHERE id IN ('signer_roots', 'timestamp_roots')"
    for copy in copies:
        for row in _ask(copy, lambda read: read(asked)) or ():
            found[row["id"]] += certificates_of(str(msgspec.json.decode(row["value"] or "{}").get("value", "")))
    signers, stamps = (tuple(dict.fromkeys(roots)) for roots in found.values())
    return TrustRoots(signers, stamps)


def replicas(locations: Locations) -> list[Copy]:
    """Local copies at hand."""
    found = [*sorted(locations.replica_dir.glob("*.db")), *(place / "replica.db" for place in places(locations))]
    return [Copy(path, _key(path, locations)) for path in dict.fromkeys(found) if path.is_file()]


def _key(path: Path, locations: Locations) -> bytes | None:
    """The key of this device's copy, if that is encrypted and the key is to be had."""
    from workstation.enrolment import Place

    place = Place(locations)
    with contextlib.suppress(OSError, HallError):
        with path.open("rb") as file:
            if path != place.replica or file.read(len(PLAIN)) == PLAIN:
                return None
        return place.key(place.read()).replica
    return None


def registry(copies: Sequence[Copy]) -> RegistryLookup | None:
    """Asks these copies for a document's state, `unknown` where none knows it; None where none can be read."""
    readable = [copy for copy in copies if _ask(copy, lambda read: read("SELECT 1 FROM document LIMIT 1")) is not None]
    if not readable:
        return None

    def look(verdict: Verdict) -> str | None:
        digest, signature = verdict.message_digest, verdict.signature_value_hash
        if not digest or not signature:
            return None
        told = [state for copy in readable if (state := _state(copy, digest, signature)) is not None]
        return next((state for state in told if state != "pending"), told[0] if told else UNKNOWN)

    return look


def printed_code(copies: Sequence[Copy], page: str, mac: str) -> PrintedCode | None:
    """What these copies know of a code's paper; one that the centre has confirmed before one that is pending."""
    from workstation.views.papers import printed_code as look

    told = [found for copy in copies if (found := _ask(copy, lambda read: look(read, page, mac))) is not None]
    return min(told, key=lambda found: found.state == "pending", default=None)


def _state(copy: Copy, digest: str, signature: str) -> str | None:
    from workstation.views.papers import registry_state

    return _ask(copy, lambda read: registry_state(read, digest, signature))


def _ask(copy: Copy, question: Callable[[Read], T | None]) -> T | None:
    """A question to one copy; None where it cannot be read."""
    try:
        with contextlib.closing(driver.connect(copy.path, copy.key, only_read=True)) as connection:
            driver.named_rows(connection)

            def read(sql: str, params: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
                return connection.execute(sql, params).fetchall()

            return question(read)
    except driver.errors():
        return None
