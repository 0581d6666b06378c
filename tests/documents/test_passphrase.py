"""The seal key's passphrase: kept by a keyring that keeps, else asked for once, never written down."""

import os
import threading
from pathlib import Path

import pytest

from sync.errors import DocumentError, InputError
from workstation.documents.keys import KeyUnusable
from workstation.documents.passphrase import (
    Kept,
    Passphrase,
    PassphraseStore,
    read_passphrase_fd,
    refused,
    safe_backend,
)
from workstation.documents.pki import sample_pki_paths
from workstation.documents.sealing import open_sample_signer

AT = 1_772_600_000_000


class Drawer:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


class Forgetful(Drawer):
    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class Locked(Drawer):
    """A desktop keyring that waits for somebody to unlock it."""

    def get_password(self, service: str, username: str) -> str | None:
        threading.Event().wait(60)
        return None


def no_question() -> str:
    raise AssertionError("nobody is to be asked")


def test_a_keyring_keeps_a_new_passphrase_and_gives_it_back() -> None:
    drawer = Drawer()
    first = PassphraseStore("seal", find_backend=lambda: drawer).obtain(new=True, ask=no_question)
    again = PassphraseStore("seal", find_backend=lambda: drawer).obtain(new=False, ask=no_question)
    assert first == again
    assert first.kept is Kept.KEYRING
    assert len(first.value) >= 32


@pytest.mark.parametrize("backend", [None, Forgetful(), Locked()])
def test_without_a_keyring_it_is_asked_for_once(backend: Drawer | None) -> None:
    answers = ["only once"]
    store = PassphraseStore("seal", find_backend=lambda: backend)
    for _ in range(3):
        found = store.obtain(new=True, ask=lambda: answers.pop(), deadline_s=0.05)
        assert (found.value, found.kept) == (b"only once", Kept.SESSION)


def test_a_keyring_that_fails_is_no_keyring() -> None:
    def broken() -> Drawer:
        raise RuntimeError("no bus")

    assert PassphraseStore("seal", find_backend=broken).obtain(new=True, ask=lambda: "x").kept is Kept.SESSION


def test_with_nobody_to_ask_it_is_an_error() -> None:
    with pytest.raises(DocumentError) as failure:
        PassphraseStore("seal", find_backend=lambda: None).obtain(new=True)
    assert failure.value.code == "document.passphrase_needed"


def test_headless_keeps_a_random_one_and_touches_no_keyring() -> None:
    def touched() -> Drawer:
        raise AssertionError("the keyring is not to be touched")

    stores = [PassphraseStore("seal", headless=True, find_backend=touched) for _ in range(2)]
    found = [store.obtain(new=True) for store in stores]
    assert {one.kept for one in found} == {Kept.RANDOM}
    assert found[0].value != found[1].value


def test_backends_that_keep_nothing_or_plaintext_are_refused_by_class() -> None:
    from keyring.backends import SecretService, fail, null

    plaintext = type("PlaintextKeyring", (), {"__module__": "keyrings.alt.file"})
    derived = type("Mine", (plaintext,), {})
    assert all(refused(kind) for kind in (fail.Keyring, null.Keyring, plaintext, derived))
    assert not refused(SecretService.Keyring)
    assert not refused(Drawer)


def test_this_machines_keyring_is_none_or_a_safe_one() -> None:
    backend = safe_backend()
    assert backend is None or not refused(type(backend))


def test_a_passphrase_never_shows() -> None:
    assert "secret" not in repr(Passphrase(b"secret", Kept.SESSION))
    assert "secret" not in str([Passphrase(b"secret", Kept.SESSION)])


def test_it_comes_through_a_pipe() -> None:
    read, write = os.pipe()
    os.write(write, "口令\r\nrest".encode())
    os.close(write)
    assert read_passphrase_fd(read) == "口令"
    for content in (b"", b"\n", b"\xff\n"):
        read, write = os.pipe()
        os.write(write, content)
        os.close(write)
        with pytest.raises(InputError, match=r"cli\.passphrase_fd\.nothing"):
            read_passphrase_fd(read)
    with pytest.raises(InputError):
        read_passphrase_fd(read)  # it is closed


def test_a_signer_is_made_on_first_use_and_found_again(tmp_path: Path) -> None:
    drawer = Drawer()
    signers = [
        open_sample_signer(
            tmp_path, bureau="样例局", now_ms=AT, store=PassphraseStore("seal", find_backend=lambda: drawer)
        )
        for _ in range(2)
    ]
    assert signers[0][0].key.certificate == signers[1][0].key.certificate
    assert signers[0][1] is Kept.KEYRING
    secret = next(iter(drawer.kept.values())).encode()
    assert all(secret not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_wrong_answer_is_told_and_asked_anew(tmp_path: Path) -> None:
    def store() -> PassphraseStore:
        return PassphraseStore("seal", find_backend=lambda: None)

    open_sample_signer(tmp_path, bureau="样例局", now_ms=AT, store=store(), ask=lambda: "right")
    later, answers = store(), ["right", "wrong"]
    with pytest.raises(KeyUnusable) as failure:
        open_sample_signer(tmp_path, bureau="样例局", now_ms=AT, store=later, ask=answers.pop)
    assert failure.value.code == "document.wrong_passphrase"
    _, kept = open_sample_signer(tmp_path, bureau="样例局", now_ms=AT, store=later, ask=answers.pop)
    assert kept is Kept.SESSION


def test_what_was_asked_for_goes_into_a_keyring_that_came_later(tmp_path: Path) -> None:
    open_sample_signer(
        tmp_path, bureau="局", now_ms=AT, store=PassphraseStore("seal", find_backend=lambda: None), ask=lambda: "asked"
    )
    drawer = Drawer()
    store = PassphraseStore("seal", find_backend=lambda: drawer)
    _, kept = open_sample_signer(tmp_path, bureau="局", now_ms=AT, store=store, ask=lambda: "asked")
    assert kept is Kept.KEYRING
    assert list(drawer.kept.values()) == ["asked"]


def test_a_headless_key_of_an_ended_process_is_replaced(tmp_path: Path) -> None:
    first, _ = open_sample_signer(tmp_path, bureau="局", now_ms=AT, store=PassphraseStore("seal", headless=True))
    second, _ = open_sample_signer(tmp_path, bureau="局", now_ms=AT, store=PassphraseStore("seal", headless=True))
    assert first.key.certificate != second.key.certificate
    assert sample_pki_paths(tmp_path).root.read_text().count("BEGIN CERTIFICATE") == 2
