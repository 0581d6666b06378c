"""Papers of generic content, short and long, a sample PKI and a signer over it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sync.records.states import PaperKind
from sync.verify import TrustRoots
from tests.sample_papers import AT, BUREAU, paper_data
from workstation.documents.keys import FileKey
from workstation.documents.papers import PaperData
from workstation.documents.pki import SAMPLE_WORDS, SamplePki, make_sample_pki
from workstation.documents.render import Renderer, shared_renderer
from workstation.documents.seal import SealFace
from workstation.documents.sign import DocumentSigner, SignedDocument

PASSPHRASE = b"a passphrase of the tests"

MakePaper = Callable[..., PaperData]
SignPaper = Callable[..., SignedDocument]


@pytest.fixture(scope="session")
def paper() -> MakePaper:
    """`paper(kind, **changes)`: the shortest data that the kind takes; `long=True` the longest that a case may
    have.
    """

    return paper_data


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return shared_renderer()


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> SamplePki:
    return make_sample_pki(tmp_path_factory.mktemp("pki"), PASSPHRASE, bureau=BUREAU, now_ms=AT)


@pytest.fixture(scope="session")
def trust(pki: SamplePki) -> TrustRoots:
    return TrustRoots.load(pki.root)


@pytest.fixture(scope="session")
def pki_root_text(pki: SamplePki) -> str:
    return pki.root.read_text()


@pytest.fixture(scope="session")
def signer(pki: SamplePki, renderer: Renderer) -> DocumentSigner:
    return DocumentSigner(FileKey.load(pki.seal, PASSPHRASE), SealFace(name=BUREAU, line=SAMPLE_WORDS), renderer)


@pytest.fixture(scope="session")
def signed(signer: DocumentSigner, renderer: Renderer, paper: MakePaper) -> SignedDocument:
    """One grant decision, rendered, sealed and signed."""
    return signer.sign(renderer.render(PaperKind.GRANT_DECISION, paper(PaperKind.GRANT_DECISION)), at_ms=AT)


@pytest.fixture(scope="session")
def signed_file(signed: SignedDocument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("signed") / "准予.pdf"
    path.write_bytes(signed.data)
    return path
