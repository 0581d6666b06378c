"""Dead, slow and lying time-stamp servers, OCSP and CRLs: each costs a level, none a signature."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from sync.errors import DocumentError
from sync.records.states import PaperKind
from sync.verify import Word, verify_bytes
from tests.documents.authorities import OutsideWorld
from tests.documents.conftest import MakePaper
from tests.sample_papers import AT, BUREAU
from workstation.documents.approval import approve
from workstation.documents.augment import Augmenter, state_of
from workstation.documents.outside import Authorities, Outside, certificates_of
from workstation.documents.render import Renderer
from workstation.documents.seal import SealFace
from workstation.documents.sign import DocumentSigner

LATER = AT + 3_600_000
YEAR = 365 * 86_400_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OutsideWorld]:
    world = OutsideWorld(tmp_path_factory.mktemp("outside"), LATER)
    yield world
    world.close()


@pytest.fixture(autouse=True)
def up(world: OutsideWorld) -> None:
    world.mode.update(tsa="up", ocsp="up", crls="up")
    world.at(LATER)


@pytest.fixture(scope="module")
def plain(renderer: Renderer, paper: MakePaper) -> bytes:
    return renderer.render(PaperKind.GRANT_DECISION, paper(PaperKind.GRANT_DECISION))


@pytest.fixture(scope="module")
def offline(world: OutsideWorld, plain: bytes, renderer: Renderer) -> bytes:
    """A paper signed without a network."""
    return DocumentSigner(world.key("seal"), SealFace(name=BUREAU, line="测试"), renderer).sign(plain, at_ms=AT).data


def augmenter(world: OutsideWorld, now_ms: int = LATER, **changes: object) -> Augmenter:
    return Augmenter(world.authorities(**changes), Outside(deadline_s=1.0), lambda: now_ms)


LIES = {
    "down": "document.outside_down",
    "slow": "document.outside_down",
    "garbage": "document.stamp_wrong unreadable",
    "wrong_imprint": "document.stamp_wrong imprint",
    "wrong_nonce": "document.stamp_wrong nonce",
    "yesterday": "document.stamp_wrong time",
    "expired": "document.stamp_wrong untrusted",
    "stranger": "document.stamp_wrong untrusted",
}


@pytest.mark.parametrize("mode", LIES)
def test_a_bad_time_stamp_server_leaves_the_file_as_it_was(mode: str, world: OutsideWorld, offline: bytes) -> None:
    world.mode["tsa"] = mode
    with pytest.raises(DocumentError) as failure:
        augmenter(world).step(offline)
    assert f"{failure.value.code} {failure.value.params.get('what', '')}".strip() == LIES[mode]
    world.mode["tsa"] = "up"
    assert state_of(augmenter(world).step(offline)).level == "B-T"


@pytest.mark.parametrize("mode", ["down", "wrong_imprint", "expired"])
def test_without_a_good_stamp_the_approver_does_not_sign_at_all(mode: str, world: OutsideWorld, plain: bytes) -> None:
    world.mode["tsa"] = mode
    with pytest.raises(DocumentError):
        approve(plain, world.key("approver"), augmenter(world), at_ms=LATER)


def test_the_stamp_goes_into_the_room_of_the_signature_and_nowhere_else(world: OutsideWorld, offline: bytes) -> None:
    stamped = augmenter(world).step(offline)
    _, start, end, _ = (int(n) for n in PdfFileReader(io.BytesIO(offline)).embedded_regular_signatures[0].byte_range)
    assert len(stamped) == len(offline)
    assert (stamped[:start], stamped[end:]) == (offline[:start], offline[end:])
    assert stamped[start:end] != offline[start:end]


def test_without_ocsp_the_crl_proves_it_and_without_both_the_level_waits(world: OutsideWorld, offline: bytes) -> None:
    stamped = augmenter(world).step(offline)
    world.mode.update(ocsp="down", crls="down")
    with pytest.raises(DocumentError) as failure:
        augmenter(world).step(stamped)
    assert failure.value.code == "document.outside_down"
    world.mode["ocsp"] = "up"
    with pytest.raises(DocumentError):
        augmenter(world).step(stamped)  # the root's CRL speaks of the issuer, OCSP only of the seal
    world.mode["crls"] = "up"
    world.mode["ocsp"] = "down"
    proved = augmenter(world).step(stamped)
    assert state_of(proved).level == "B-LT"
    reader = PdfFileReader(io.BytesIO(proved))
    assert ("/OCSPs" in reader.root["/DSS"], len(reader.root["/DSS"]["/CRLs"])) == (False, 3)


def test_a_seal_that_was_revoked_meanwhile_gets_no_further(
    world: OutsideWorld, plain: bytes, renderer: Renderer
) -> None:
    key = world.key("seal-revoked")
    signed = DocumentSigner(key, SealFace(name=BUREAU, line="测试"), renderer).sign(plain, at_ms=AT).data
    stamped = augmenter(world).step(signed)
    with pytest.raises(DocumentError) as failure:
        augmenter(world).step(stamped)
    assert failure.value.code == "document.chain_revoked"


def test_no_server_set_is_said(world: OutsideWorld, offline: bytes) -> None:
    for changes in ({"timestamp_url": ""}, {"timestamp_roots": ()}):
        with pytest.raises(DocumentError) as failure:
            augmenter(world, **changes).step(offline)
        assert failure.value.code == "document.no_timestamp_server"


def test_a_dead_address_is_a_server_that_is_down(world: OutsideWorld, offline: bytes) -> None:
    for url in ("http://127.0.0.1:9/tsa", "no address at all", "http://nobody.invalid/"):
        with pytest.raises(DocumentError) as failure:
            augmenter(world, timestamp_url=url).step(offline)
        assert failure.value.code == "document.outside_down"


def test_a_stamp_is_renewed_before_its_certificate_ends(tmp_path: object, world: OutsideWorld, offline: bytes) -> None:
    """Nine years on, the stamps' certificate has a year left: another stamp goes over everything."""
    data = offline
    for _ in range(3):
        data = augmenter(world).step(data)
    first = state_of(data)
    ends = datetime.fromtimestamp((first.stamp_ends or 0) / 1000, UTC)
    assert (first.level, ends.year) == ("B-LTA", 2036)
    now = LATER + 9 * YEAR
    world.at(now)
    again = augmenter(world, now).step(data)
    assert again.startswith(data)
    assert len(PdfFileReader(io.BytesIO(again)).embedded_timestamp_signatures) == 2
    verdict = verify_bytes(again, world.trust())
    assert (verdict.verdict, verdict.level) == (Word.GOOD_WITH_LATER_TIMESTAMPS, "B-LTA")


def test_what_is_no_signed_paper_is_told(world: OutsideWorld, plain: bytes) -> None:
    for data in (b"", b"no PDF", plain):
        with pytest.raises(DocumentError) as failure:
            augmenter(world).step(data)
        assert failure.value.code == "document.augment_failed"


def test_trust_lists_are_read_from_pem_and_nothing_else_is_believed(pki_root_text: str) -> None:
    assert len(certificates_of(pki_root_text + "\n" + pki_root_text)) == 2
    assert certificates_of("") == certificates_of("-----BEGIN nonsense") == certificates_of("words") == ()
    assert not Authorities(timestamp_url="http://x").can_stamp
