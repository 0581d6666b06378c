"""One decision signed at every level and in both ways, over real time-stamp, OCSP and CRL servers; made once a run.

seal                  B-B (offline) ─▶ B-T ─▶ B-LT ─▶ B-LTA ─▶ again (another time stamp)
approver-then-seal    B-B (the approver's is stamped) ─▶ …     the same
"""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.timestamps import DummyTimeStamper

from sync.records.states import PaperKind
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
    """`files` by way and level, `trust` where their signers and stamps end, what the registry has `known` of each way's
    paper, and the `world` that stamped them."""

    def __init__(self, folder: Path) -> None:
        self.world = OutsideWorld(folder, LATER)
        self.trust = self.world.trust()
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


def stamped_by_anybody(data: bytes) -> bytes:
    """With a document time stamp of an authority that nobody knows."""
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "time stamps of the tests")])
    at = datetime.fromtimestamp(AT / 1000, UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(private, hashes.SHA256())
    )
    authority = DummyTimeStamper(
        tsa_cert=asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        tsa_key=asn1_keys.PrivateKeyInfo.load(
            private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        ),
        fixed_dt=at,
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    out = PdfTimeStamper(authority).timestamp_pdf(writer, "sha256", validation_context=None)
    return bytes(out.getvalue())
