"""Sign a rendered paper: the seal's appearance and a PAdES B-B signature (ETSI EN 319 142-1) in one revision.

    PDF ─pre-flight of the key─▶ seal on its place ─▶ signature field ─▶ CMS, with room for a later stamp

The room (`RESERVED`) lets the time stamp be put into the signature itself when the network is back; no byte outside
it changes then. `sign` runs an event loop of its own: call it in a worker thread, never inside a running loop.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from datetime import UTC, datetime

import msgspec
from asn1crypto import algos, cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko_certvalidator.registry import SimpleCertificateStore

from sync.errors import DocumentError
from workstation.documents.keys import SigningKey, check_usable, common_name
from workstation.documents.render import Renderer, shared_renderer
from workstation.documents.revision import PlainRevision
from workstation.documents.seal import SealDrawer, SealFace, seal_box, seal_place, seal_stamp

RESERVED = 32768  # bytes of hex digits in /Contents
FIELD = "Seal"


class SignedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A signed file and what the registry keeps of it; hashes are lower-case hex of SHA-256.

    `message_digest` and `signature_value_hash` stay the same when time stamps are added later; `sha256` does not.
    """

    data: bytes
    sha256: str
    pages: int
    message_digest: str
    signature_value_hash: str
    certificate_serial: str
    signer_name: str
    signed_at: int
    level: str = "B-B"

    def __repr__(self) -> str:
        return f"SignedDocument({self.sha256}, {len(self.data)} bytes)"


class DocumentSigner:
    """Signs papers with one key and one seal; keeps the drawn seal and the parsed certificates."""

    def __init__(self, key: SigningKey, face: SealFace, renderer: Renderer | None = None) -> None:
        self.key = key
        self.face = face
        self._drawer = SealDrawer(renderer or shared_renderer())
        self._signer = HeldKeySigner(key)

    def sign(self, pdf: bytes, *, at_ms: int) -> SignedDocument:
        """Seal and sign at `at_ms`, which is the signing time the file claims.

        Raises KeyUnusable, DocumentError (`document.no_seal_place`, `document.sign_failed`).
        """
        check_usable(self.key, at_ms=at_ms)
        at = datetime.fromtimestamp(at_ms / 1000, UTC).replace(microsecond=0)
        try:
            writer = PlainRevision(io.BytesIO(pdf))
            place = seal_place(writer.prev)
            pages = int(writer.prev.root["/Pages"]["/Count"])
            data, digest, value = asyncio.run(
                self._sign(writer, place.page - 1, seal_box(place, self.face.diameter), at)
            )
        except (PdfError, SigningError) as failure:
            raise DocumentError("document.sign_failed", reason=type(failure).__name__) from failure
        return SignedDocument(
            data=data,
            sha256=hashlib.sha256(data).hexdigest(),
            pages=pages,
            message_digest=digest.hex(),
            signature_value_hash=hashlib.sha256(value).hexdigest(),
            certificate_serial=f"{self.key.certificate.serial_number:x}",
            signer_name=common_name(self.key.certificate),
            signed_at=at_ms // 1000 * 1000,
        )

    async def _sign(
        self, writer: IncrementalPdfFileWriter, page: int, box: tuple[int, int, int, int], at: datetime
    ) -> tuple[bytes, bytes, bytes]:
        """The signed file, the digest of what it covers, and the signature's value."""
        signer = signers.PdfSigner(
            metadata_of(FIELD),
            signer=self._signer,
            stamp_style=seal_stamp(self._drawer.draw(self.face)),
            new_field_spec=SigFieldSpec(FIELD, on_page=page, box=box),
        )
        return await sign_revision(signer, writer, at)


def metadata_of(field: str) -> signers.PdfSignatureMetadata:
    """An approval signature in a field of this name."""
    return signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)


async def sign_revision(
    signer: signers.PdfSigner, writer: IncrementalPdfFileWriter, at: datetime
) -> tuple[bytes, bytes, bytes]:
    """One revision with one signature at level B-B: the file, the digest of what it covers, the signature's value."""
    session = signer.init_signing_session(writer)
    session.system_time = at
    prepared = session.prepare_tbs_document(validation_info=None, bytes_reserved=RESERVED)
    digest, output = prepared.digest_tbs_document()
    finished = await prepared.perform_signature(digest.document_digest, PdfCMSSignedAttributes(signing_time=at))
    await finished.post_signature_processing(output)
    output.seek(0)
    data = bytes(output.read())
    container = bytes.fromhex(data[digest.reserved_region_start + 1 : digest.reserved_region_end - 1].decode())
    value = cms.ContentInfo.load(container)["content"]["signer_infos"][0]["signature"].native
    return data, digest.document_digest, value


class HeldKeySigner(signers.Signer):
    """pyHanko's signer over our key interface; the certificates are parsed once."""

    def __init__(self, key: SigningKey) -> None:
        others = SimpleCertificateStore()
        others.register_multiple([_asn1(certificate) for certificate in key.chain])
        super().__init__(
            signing_cert=_asn1(key.certificate),
            cert_registry=others,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": key.mechanism}),
            embed_roots=False,
        )
        self._key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        return self._key.sign(data)


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def sign(pdf: bytes, key: SigningKey, *, at_ms: int, face: SealFace) -> SignedDocument:
    """`DocumentSigner.sign` for a single paper; whoever signs more keeps the signer."""
    return DocumentSigner(key, face).sign(pdf, at_ms=at_ms)
