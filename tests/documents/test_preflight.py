"""Before every signature: revoked, expired and wrong-usage keys are refused; how old the CRL is that spoke is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents.authorities import OutsideWorld
from tests.documents.conftest import PASSPHRASE
from tests.sample_papers import AT
from workstation.commands.doctor import main as doctor
from workstation.commands.doctor import revocation_lists
from workstation.documents.keys import FileKey, KeyUnusable
from workstation.documents.outside import Outside
from workstation.documents.pki import SamplePki
from workstation.documents.preflight import FRESH_MS, RETRY_MS, Preflight
from workstation.documents.revocation import CrlFolder

DAY = 86_400_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OutsideWorld]:
    world = OutsideWorld(tmp_path_factory.mktemp("outside"), AT)
    yield world
    world.close()


@pytest.fixture(autouse=True)
def up(world: OutsideWorld) -> None:
    world.mode.update(tsa="up", ocsp="up", crls="up")
    world.at(AT)


def preflight(world: OutsideWorld, folder: Path, label: str = "seal") -> Preflight:
    found = Preflight(folder / "crls", world.authorities, lambda: Outside(deadline_s=1.0))
    found.opened(world.key(label), AT)
    return found


def test_a_revoked_key_is_refused_also_without_the_network_once_its_list_is_here(
    world: OutsideWorld, tmp_path: Path
) -> None:
    key = world.key("seal-revoked")
    now = AT + 8 * DAY  # lists come out once a week
    world.at(now)
    first = preflight(world, tmp_path, "seal-revoked")
    first.check(key, at_ms=now)  # nothing is known yet, and the state says so
    assert first.state is not None
    assert (first.state.made_at, first.state.missing, first.state.source) == (None, 2, True)
    assert first.fetch(now)
    with pytest.raises(KeyUnusable) as failure:
        first.check(key, at_ms=now)
    assert failure.value.code == "document.certificate_revoked"
    world.mode["crls"] = "down"
    later = preflight(world, tmp_path, "seal-revoked")
    with pytest.raises(KeyUnusable):
        later.check(key, at_ms=now)
    later.check(world.key("seal"), at_ms=now)  # the same list speaks for another certificate


def test_lists_are_fetched_anew_when_it_is_time_and_a_stale_one_is_said(world: OutsideWorld, tmp_path: Path) -> None:
    one = preflight(world, tmp_path)
    assert one.fetch(AT)
    asked = world.asked["crls"]
    assert one.state is not None
    assert (one.state.missing, one.state.why, one.state.stale(AT)) == (0, None, False)
    assert not one.fetch(AT + RETRY_MS)
    assert world.asked["crls"] == asked
    assert one.fetch(AT + FRESH_MS)
    world.mode["crls"] = "down"
    now = AT + 30 * DAY
    assert one.fetch(now)
    one.check(world.key("seal"), at_ms=now)
    assert one.state.stale(now)
    assert one.state.why is not None
    assert one.state.why[0] == "document.outside_down"
    assert one.state.made_at is not None
    assert not one.fetch(now + RETRY_MS - 1)
    world.mode["crls"] = "up"
    world.at(now + RETRY_MS)
    assert one.fetch(now + RETRY_MS)
    after = one.state
    assert not after.stale(now)
    assert after.why is None


def test_a_list_that_the_issuer_did_not_sign_replaces_none(world: OutsideWorld, tmp_path: Path) -> None:
    key = world.key("seal-revoked")
    folder = CrlFolder(tmp_path / "crls")
    genuine = next(crl for crl in world.crls() if crl.issuer.native["common_name"] == "issuer of the tests")
    assert folder.keep(genuine.dump(), key.chain)
    world.at(AT + 8 * DAY)
    newer = next(crl for crl in world.crls() if crl.issuer.native["common_name"] == "issuer of the tests").dump()
    assert not folder.keep(newer[:-1] + bytes([newer[-1] ^ 1]), key.chain)
    assert not folder.keep(genuine.dump(), ())
    assert not folder.keep(b"no list", key.chain)
    found = folder.find(key.chain[0])
    assert found is not None
    assert found.last_update_utc == genuine["tbs_cert_list"]["this_update"].native


def test_a_disk_that_takes_no_list_stops_no_signature(world: OutsideWorld, tmp_path: Path) -> None:
    (tmp_path / "crls").write_bytes(b"a file where the folder should be")
    one = preflight(world, tmp_path)
    assert one.fetch(AT)
    one.check(world.key("seal"), at_ms=AT)
    assert one.state is not None
    assert one.state.missing == 2
    assert one.state.why is not None


def test_the_sample_key_names_nobody_to_ask(pki: SamplePki, tmp_path: Path) -> None:
    one = Preflight(tmp_path / "crls")
    key = FileKey.load(pki.seal, PASSPHRASE)
    one.opened(key, AT)
    one.check(key, at_ms=AT)
    assert one.fetch(AT)
    assert one.state is not None
    assert (one.state.source, one.state.made_at, one.state.why) == (False, None, None)


def test_the_doctor_tells_the_age_of_every_list(
    world: OutsideWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor(["crl", "--data", str(tmp_path)]) == 0
    assert "还没有吊销列表" in capsys.readouterr().out
    preflight(world, tmp_path).fetch(AT)
    folder = tmp_path / "crls"
    assert revocation_lists(folder, AT) == 0
    said = capsys.readouterr().out
    assert "issuer of the tests" in said
    assert "root of the tests" in said
    assert revocation_lists(folder, AT + 60 * DAY) == 1
    assert "天前发布，已过期" in capsys.readouterr().out
