"""The decisions of a replay: signed at the end of each case, kept under their hash, and verified after.

Rendering and signing run in a thread, verifying too.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sync.protocol.verbs.case import SignedFile
from workstation.headless.signing import Seal

BUREAU = "回放样例审批局"


class Signing:
    """The signed files of one replay, in `folder`/documents."""

    def __init__(self, folder: Path, server: str, now_ms: int) -> None:
        self.folder = folder / "documents"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._seal = Seal(folder / "pki", bureau=BUREAU, server=server, now_ms=now_ms)

    async def sign(self, document: dict[str, Any], at_ms: int) -> SignedFile:
        """Render and sign a document record; its file is on disk when this returns. Raises DocumentError."""
        return await asyncio.to_thread(self._keep, document, at_ms)

    def _keep(self, document: dict[str, Any], at_ms: int) -> SignedFile:
        data, signed = self._seal.signed(document, at_ms)
        (self.folder / f"{signed.sha256}.pdf").write_bytes(data)
        return signed

    async def verified(self, registry: dict[str, str]) -> int:
        """How many files are good, and have the message digest that `registry` (file hash → digest) keeps of them."""
        return await asyncio.to_thread(self._verified, registry)

    def _verified(self, registry: dict[str, str]) -> int:
        from sync.verify import TrustRoots, Word, verify_bytes

        trust = TrustRoots.load(self._seal.root)
        good = 0
        for path in sorted(self.folder.glob("*.pdf")):
            verdict = verify_bytes(path.read_bytes(), trust)
            good += verdict.verdict == Word.GOOD and registry.get(path.stem) == verdict.message_digest
        return good
