"""The file from which a paper's signature goes on: what lies here, else what the centre has of it.

    working copy (climbing.py) ─▶ the registry's file, beside the replica ─▶ the same at the centre ─▶ an earlier file
    of the paper, the highest level first ─▶ nowhere: the machine that signed it has still to send it

Each is one signature; a working copy that is damaged, or behind what another machine has told of, is passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sync.errors import DocumentError
from sync.replica.blobs import read_blob
from sync.replica.store import ReplicaStore
from workstation.documents.climbing import Climbing

LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")


class Raised(Protocol):
    """A paper, as far as its file is asked for."""

    @property
    def id(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def files(self) -> tuple[str, ...]: ...
    @property
    def message_digest(self) -> str: ...
    @property
    def signature(self) -> str: ...
    @property
    def raiser_label(self) -> str: ...


class Whereabouts:
    """Of one machine. `fetch` is asked in a worker thread."""

    def __init__(self, store: ReplicaStore, climbing: Climbing, fetch: Callable[[str, str], bytes | None]) -> None:
        self._store = store
        self._climbing = climbing
        self._fetch = fetch

    def of(self, paper: Raised) -> bytes:
        """The bytes. Raises DocumentError `document.file_elsewhere` where there are none, HallError without a
        network."""
        begun = self._climbing.content(paper.id)
        if begun is not None and self._goes_on(paper, begun):
            return begun
        for sha256 in dict.fromkeys((paper.sha256, *paper.files)):
            content = read_blob(self._store, sha256)
            content = content if content is not None else self._fetch(sha256, paper.id)
            if content is not None:
                return content
        raise DocumentError("document.file_elsewhere", machine=paper.raiser_label or "-")

    @staticmethod
    def _goes_on(paper: Raised, begun: bytes) -> bool:
        from workstation.documents.augment import state_of

        try:
            state = state_of(begun)
        except DocumentError:
            return False
        same = (state.message_digest, state.signature) == (paper.message_digest, paper.signature)
        return same and LEVELS.index(state.level) >= LEVELS.index(paper.level)
