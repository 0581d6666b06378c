"""Many papers by processes on all cores: all good and each its own, a bad one and a dead process cost one paper each,
and the key stays where it is."""

from __future__ import annotations

import os
import signal

import pytest
from cryptography import x509

from sync.errors import DocumentError
from sync.records.states import PaperKind
from sync.verify import TrustRoots, Word, verify_bytes
from tests.documents.conftest import PASSPHRASE, MakePaper
from tests.sample_papers import AT, BUREAU
from workstation.documents.crew import Crew, Task
from workstation.documents.keys import FileKey, KeyUnusable
from workstation.documents.pki import SAMPLE_WORDS, SamplePki
from workstation.documents.seal import SealFace

FACE = SealFace(name=BUREAU, line=SAMPLE_WORDS)


class CountedKey:
    """Signs so often as it may, then is pulled out."""

    def __init__(self, key: FileKey, often: int = 1000) -> None:
        self._key = key
        self.left = often
        self.mechanism = key.mechanism

    @property
    def certificate(self) -> x509.Certificate:
        return self._key.certificate

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        return self._key.chain

    def sign(self, data: bytes) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise KeyUnusable("document.key_unreadable", path="token", reason="gone")
        return self._key.sign(data)


@pytest.fixture
def key(pki: SamplePki) -> CountedKey:
    return CountedKey(FileKey.load(pki.seal, PASSPHRASE))


def tasks(paper: MakePaper, count: int) -> list[Task]:
    kind = PaperKind.GRANT_DECISION
    return [Task(f"d{n}", str(kind), paper(kind, number=f"准字(2026)第{n:05d}号")) for n in range(count)]


def test_all_are_signed_by_the_key_that_is_here_and_a_bad_one_stops_none(
    key: CountedKey, trust: TrustRoots, paper: MakePaper
) -> None:
    many = tasks(paper, 6)
    bad = paper(PaperKind.GRANT_DECISION, addressee="\U0001f600公司")
    many.insert(2, Task("bad", str(PaperKind.GRANT_DECISION), bad))
    with Crew(key, FACE, trust, now=lambda: AT, size=2) as crew:
        results = {result.document: result for result in crew.results(many)}
    assert set(results) == {task.document for task in many}
    why = results.pop("bad").why
    assert why is not None
    assert (why[0], why[1]["codepoint"]) == ("document.missing_glyph", "U+1F600")
    assert why[1]["place"] == ("paper.field.addressee", {})
    assert 1000 - key.left == 6
    files = [result.signed.data for result in results.values() if result.signed is not None]
    assert len(set(files)) == 6
    assert {result.verdict for result in results.values()} == {"good"}
    assert {verify_bytes(file, trust).verdict for file in files} == {Word.GOOD}


def test_a_key_that_goes_in_the_middle_is_said_for_each_paper_that_is_left(
    key: CountedKey, trust: TrustRoots, paper: MakePaper
) -> None:
    key.left = 2
    with Crew(key, FACE, trust, now=lambda: AT, size=1) as crew:
        results = list(crew.results(tasks(paper, 4)))
    assert [result.why and result.why[0] for result in results] == [None, None, *["document.key_unreadable"] * 2]


def test_a_refused_pre_flight_reaches_no_process(key: CountedKey, trust: TrustRoots, paper: MakePaper) -> None:
    def refuse(at_ms: int) -> None:
        raise DocumentError("document.certificate_revoked", subject="a key", revoked_at=at_ms)

    with Crew(key, FACE, trust, now=lambda: AT, check=refuse, size=1) as crew:
        [result] = crew.results(tasks(paper, 1))
    assert result.why is not None
    assert result.why[0] == "document.certificate_revoked"
    assert key.left == 1000


def test_a_process_that_dies_costs_its_paper_alone(pki: SamplePki, trust: TrustRoots, paper: MakePaper) -> None:
    killed: list[int] = []

    class Deadly(CountedKey):
        def sign(self, data: bytes) -> bytes:
            if not killed:
                killed.append(crew.members[0])
                os.kill(crew.members[0], signal.SIGKILL)
            return super().sign(data)

    with Crew(Deadly(FileKey.load(pki.seal, PASSPHRASE)), FACE, trust, now=lambda: AT, size=1) as crew:
        results = list(crew.results(tasks(paper, 3)))
    assert [result.why and result.why[0] for result in results] == ["document.sign_failed", None, None]
