"""The sample bureau's seal for people without a screen: a paper rendered, sealed, signed, and kept beside a replica.

The passphrase is random and lives in memory alone; the trust anchor lies in `folder`, for `workstation verify --trust`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sync.protocol.verbs.case import SignedFile
from sync.records.states import PaperKind
from sync.replica.blobs import keep_blob
from sync.replica.store import ReplicaStore


class Seal:
    """One seal key, held."""

    def __init__(self, folder: Path, *, bureau: str, server: str, now_ms: int) -> None:
        from workstation.documents.passphrase import PassphraseStore
        from workstation.documents.pki import sample_pki_paths
        from workstation.documents.render import shared_renderer
        from workstation.documents.sealing import open_sample_signer

        self._server = server
        self._renderer = shared_renderer()
        self.root = sample_pki_paths(folder).root
        held = PassphraseStore("headless", headless=True)
        self._signer, _ = open_sample_signer(folder, bureau=bureau, now_ms=now_ms, store=held)

    async def sign(self, store: ReplicaStore, document: dict[str, Any], at_ms: int) -> SignedFile:
        """Render and sign a document record; its file lies beside the replica. Raises DocumentError."""
        data, signed = await asyncio.to_thread(self.signed, document, at_ms)
        keep_blob(store, data)
        return signed

    def signed(self, document: dict[str, Any], at_ms: int) -> tuple[bytes, SignedFile]:
        """The same on the calling thread, nothing kept: the file's bytes and what the registry is told."""
        from workstation.documents.registered import paper_of, signed_file

        paper = paper_of(SimpleNamespace(**document), self._server)
        signed = self._signer.sign(self._renderer.render(PaperKind(document["kind"]), paper), at_ms=at_ms)
        return signed.data, signed_file(signed)
