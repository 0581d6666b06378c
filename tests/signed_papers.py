"""One decision signed at every level and in both ways, over real time-stamp, OCSP and CRL servers; made once a run.

seal                  B-B (offline) ─▶ B-T ─▶ B-LT ─▶ B-LTA ─▶ again (another time stamp)
approver-then-seal    B-B (the approver's is stamped) ─▶ …     the same
"""

from __future__ import annotations

from pathlib import Path

from sync.records.states import PaperKind
from sync.verdict import TrustRoots
from sync.verify import verify_bytes
from tests.documents.authorities import OutsideWorld
from tests.sample_papers import AT, BUREAU, paper_data
from workstation.documents.approval import approve
from workstation.documents.augment import LEVELS, Augmenter, state_of
from workstation.documents.outside import Outside
from workstation.documents.render import shared_renderer
from workstation.documents.seal import SealFace
from workstation.documents.sign import DocumentSigner

LATER = AT + 3_600_000  # an hour offline
WAYS = ("seal", "approver-then-seal")
HANDED_OUT = ("B-B", "B-T", "B-LTA", "again")
"""B-LT is passed on the way up and never given to anybody."""


class SignedPapers:
    """`files` by way and level, `trust` where their signers end, what the registry has `known` of each way's paper, and
    the `world` that stamped them."""

    def __init__(self, folder: Path) -> None:
        self.world = OutsideWorld(folder, LATER)
        self.trust = TrustRoots((self.world.certificate("root").dump(),))
        self.files: dict[tuple[str, str], bytes] = {}
        self.known: dict[str, tuple[str | None, str | None]] = {}
        augmenter = Augmenter(self.world.authorities(), Outside(), lambda: LATER)
        self.signer = DocumentSigner(self.world.key("seal"), SealFace(name=BUREAU, line="测试"), shared_renderer())
        plain = shared_renderer().render(PaperKind.GRANT_DECISION, paper_data(PaperKind.GRANT_DECISION, long=True))
        approved = approve(plain, self.world.key("approver"), augmenter, at_ms=LATER)
        for way, pdf in zip(WAYS, (plain, approved), strict=True):
            data = self.signer.sign(pdf, at_ms=AT if way == "seal" else LATER).data
            for level in LEVELS:
                assert state_of(data).level == level
                self.files[way, level] = data
                data = augmenter.step(data)
            self.files[way, "again"] = data
            verdict = verify_bytes(data, self.trust)
            self.known[way] = (verdict.message_digest, verdict.signature_value_hash)
