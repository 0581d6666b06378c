"""The seal's key on a token: it signs like a file's, says what is wrong, and is never locked by the program."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from sync.errors import DocumentError
from sync.records.states import PaperKind
from sync.verify import TrustRoots, Word, verify_bytes
from tests.documents.conftest import PASSPHRASE
from tests.documents.tokens import PIN, SoftToken, soft_token
from tests.sample_papers import AT, BUREAU, paper_data
from workstation.documents.keys import KeyUnusable
from workstation.documents.passphrase import Kept, PassphraseStore
from workstation.documents.pki import SamplePki
from workstation.documents.render import Renderer
from workstation.documents.sealing import open_token_signer
from workstation.documents.token import Token, TokenUri

NeedsTool = Callable[[str, str], str]


@pytest.fixture
def util(needs_tool: NeedsTool) -> str:
    return needs_tool("softhsm2-util", "softhsm2")


@pytest.fixture
def token(tmp_path: Path, pki: SamplePki, util: str, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    return soft_token(tmp_path / "hsm", pki.seal, PASSPHRASE, util, monkeypatch)


class Drawer:
    """A keyring in memory that holds one PIN."""

    def __init__(self, pin: str) -> None:
        self.pin: str | None = pin

    def get_password(self, service: str, username: str) -> str | None:
        return self.pin

    def set_password(self, service: str, username: str, password: str) -> None:
        self.pin = password


def test_what_a_token_signs_is_good_to_us_and_to_others(
    token: SoftToken, renderer: Renderer, trust: TrustRoots, needs_tool: NeedsTool, tmp_path: Path
) -> None:
    store = PassphraseStore("token", find_backend=lambda: None)
    signer, kept = open_token_signer(Token(TokenUri.parse(token.uri)), bureau=BUREAU, store=store, ask=lambda: PIN)
    assert kept is Kept.SESSION
    data = renderer.render(PaperKind.GRANT_DECISION, paper_data(PaperKind.GRANT_DECISION))
    signed = [signer.sign(data, at_ms=AT) for _ in range(3)]
    for document in signed:
        verdict = verify_bytes(document.data, trust)
        assert (verdict.verdict, verdict.level, verdict.covers_entire_file) == (Word.GOOD, "B-B", True)
    path = tmp_path / "paper.pdf"
    path.write_bytes(signed[-1].data)
    said = subprocess.run(
        [needs_tool("pdfsig", "poppler-utils"), path], capture_output=True, text=True, check=False
    ).stdout
    assert "Signature is Valid" in said


def test_an_rsa_key_of_a_token_signs_too(
    tmp_path: Path, util: str, monkeypatch: pytest.MonkeyPatch, renderer: Renderer
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "样例 非正式")])
    at = datetime.fromtimestamp(AT / 1000, UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    locked = tmp_path / "rsa.p12"
    locked.write_bytes(
        pkcs12.serialize_key_and_certificates(b"seal", key, certificate, None, BestAvailableEncryption(PASSPHRASE))
    )
    token = soft_token(tmp_path / "hsm", locked, PASSPHRASE, util, monkeypatch)
    store = PassphraseStore("token", find_backend=lambda: None)
    signer, _ = open_token_signer(Token(TokenUri.parse(token.uri)), bureau=BUREAU, store=store, ask=lambda: PIN)
    data = renderer.render(PaperKind.GRANT_DECISION, paper_data(PaperKind.GRANT_DECISION))
    assert verify_bytes(signer.sign(data, at_ms=AT).data, "any").verdict is Word.GOOD


def test_three_wrong_pins_are_the_last_that_are_tried(token: SoftToken) -> None:
    door = Token(TokenUri.parse(token.uri))
    told = []
    for pin in ("000000", "111111", "222222", PIN):
        with pytest.raises(KeyUnusable) as caught:
            door.open(pin, typed=True)
        told.append((caught.value.code, caught.value.params.get("left")))
    assert told == [
        ("document.token_pin_wrong", 2),
        ("document.token_pin_wrong", 1),
        ("document.token_pin_thrice", None),
        ("document.token_pin_thrice", None),  # the right one, but it is not tried
    ]
    assert Token(TokenUri.parse(token.uri)).open(PIN, typed=True).mechanism == "sha256_ecdsa"


def test_a_right_pin_forgives_the_wrong_ones(token: SoftToken) -> None:
    door = Token(TokenUri.parse(token.uri))
    for _ in range(3):
        with pytest.raises(KeyUnusable, match="token_pin_wrong"):
            door.open("000000", typed=True)
        door.open(PIN, typed=True)


def test_a_keyrings_wrong_pin_is_tried_once_and_replaced_by_the_right_one(token: SoftToken) -> None:
    drawer, door = Drawer("000000"), Token(TokenUri.parse(token.uri))

    def start(typed: str | None) -> str:
        """What a start of the program comes to: the keyring first, then what a person types."""
        store = PassphraseStore("token", find_backend=lambda: drawer)
        for ask in (None, None if typed is None else lambda: typed):
            try:
                return str(open_token_signer(door, bureau=BUREAU, store=store, ask=ask)[1])
            except DocumentError as failure:
                told.append(failure.code)
        return ""

    told: list[str] = []
    assert start(None) == ""
    assert told == ["document.token_pin_wrong", "document.passphrase_needed"]
    told.clear()
    assert start(PIN) == "keyring"  # the token counts a wrong one: the keyring's is not tried, the typed one kept
    assert told == ["document.token_pin_unsure"]
    assert drawer.pin == PIN
    told.clear()
    assert start(None) == "keyring"
    assert told == []


def test_a_token_that_is_not_there_or_has_gone_is_named(token: SoftToken) -> None:
    key = Token(TokenUri.parse(token.uri)).open(PIN, typed=True)
    assert key.sign(b"x")
    token.pull_out()
    with pytest.raises(KeyUnusable, match="token_gone"):
        key.sign(b"x")
    with pytest.raises(KeyUnusable, match="token_absent"):
        Token(TokenUri.parse(token.uri)).open(PIN, typed=True)
    token.put_back()
    assert Token(TokenUri.parse(token.uri)).open(PIN, typed=True).sign(b"x")


def test_a_token_without_the_key_says_so(token: SoftToken) -> None:
    with pytest.raises(KeyUnusable, match="token_no_key"):
        Token(TokenUri.parse(token.uri.replace("object=seal", "object=other"))).open(PIN, typed=True)


@pytest.mark.parametrize(
    "text",
    [
        "pkcs11:token=bureau",
        "pkcs11:object=seal?module-path=/lib/x.so",
        "pkcs12:token=bureau?module-path=/lib/x.so",
        "pkcs11:token=bureau?module-path=/lib/x.so&pin-value=1234",
        "pkcs11:token=bureau?module-path=/lib/x.so&pin-source=file:/etc/pin",
        "/dev/token",
    ],
)
def test_an_address_that_names_no_token_or_holds_a_pin_is_refused(text: str) -> None:
    with pytest.raises(KeyUnusable, match="token_uri"):
        TokenUri.parse(text)


def test_an_address_is_read_with_its_escapes() -> None:
    uri = TokenUri.parse("pkcs11:token=%E5%B1%80;serial=12;id=%01%ff?module-path=/opt/a%20b.so")
    assert (uri.token, uri.serial, uri.id, str(uri.module)) == ("局", "12", b"\x01\xff", "/opt/a b.so")


@pytest.mark.parametrize("content", [None, "no library"])
def test_a_driver_that_cannot_be_loaded_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "driver.so"
    if content is not None:
        path.write_text(content)
    with pytest.raises(KeyUnusable, match="token_module"):
        Token(TokenUri.parse(f"pkcs11:token=bureau?module-path={path}")).open(PIN, typed=True)


def test_the_pin_is_on_no_disk(token: SoftToken, tmp_path: Path) -> None:
    store = PassphraseStore("token", find_backend=lambda: None)
    open_token_signer(Token(TokenUri.parse(token.uri)), bureau=BUREAU, store=store, ask=lambda: PIN)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and PIN.encode() in path.read_bytes()]
