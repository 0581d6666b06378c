"""Signing at the end of a case: the decision rendered, sealed and signed with the sample PKI, kept, and verified after.

Rendering and signing run in threads, one signer each; the passphrase is random and lives in memory alone.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sync.protocol.verbs.case import SignedFile
from sync.records.states import PaperKind

BUREAU = "回放样例审批局"


class Signing:
    """The signer of a replay; its files lie in `folder`, named by their hash."""

    def __init__(self, folder: Path, server: str, now_ms: int) -> None:
        from workstation.documents.passphrase import PassphraseStore
        from workstation.documents.render import shared_renderer
        from workstation.documents.sealing import open_sample_signer

        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder / "documents"
        self.folder.mkdir(exist_ok=True)
        self._server = server
        self._renderer = shared_renderer()
        self._pki = folder / "pki"
        self._signer, _ = open_sample_signer(
            self._pki, bureau=BUREAU, now_ms=now_ms, store=PassphraseStore("replay", headless=True)
        )

    async def sign(self, document: dict[str, Any], at_ms: int) -> SignedFile:
        """Render and sign a document record; its file is on disk when this returns. Raises DocumentError."""
        return await asyncio.to_thread(self._sign, document, at_ms)

    def _sign(self, document: dict[str, Any], at_ms: int) -> SignedFile:
        from workstation.documents.registered import paper_of, signed_file

        paper = paper_of(document["facts"], number=document["number"], page=document["page"], server=self._server)
        signed = self._signer.sign(self._renderer.render(PaperKind(document["kind"]), paper), at_ms=at_ms)
        (self.folder / f"{signed.sha256}.pdf").write_bytes(signed.data)
        return signed_file(signed)

    def verified(self, registry: dict[str, str]) -> int:
        """How many files are good, and have the message digest that `registry` (file hash → digest) keeps of them."""
        from sync.verify import TrustRoots, Word, verify_bytes
        from workstation.documents.pki import sample_pki_paths

        trust = TrustRoots.load(sample_pki_paths(self._pki).root)
        good = 0
        for path in sorted(self.folder.glob("*.pdf")):
            verdict = verify_bytes(path.read_bytes(), trust)
            good += verdict.verdict == Word.GOOD and registry.get(path.stem) == verdict.message_digest
        return good
