"""Our files at every level, the seal alone and approver then seal, as other people's programs see them: now, and in
2032, when the signer's certificate has ended long since."""

from __future__ import annotations

import asyncio
import io
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import parser
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESStatus
from pyhanko.sign.validation.ades import (
    AdESBasicValidationResult,
    ades_basic_validation,
    ades_lta_validation,
    ades_with_time_validation,
    simulate_future_ades_lta_validation,
)
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from sync.verify import Word, verify_bytes
from tests.conftest import NeedsTool
from tests.documents.authorities import OutsideWorld
from tests.signed_papers import LATER, WAYS, SignedPapers
from workstation.documents.augment import LEVELS

BEFORE = {"seal": (), "approver-then-seal": ("赵某 测试",)}
IN_2032 = datetime(2032, 6, 1, tzinfo=UTC)


@pytest.fixture
def world(signed_papers: SignedPapers) -> OutsideWorld:
    return signed_papers.world


@pytest.fixture
def files(signed_papers: SignedPapers) -> dict[tuple[str, str], bytes]:
    """(way, level) → the file."""
    return signed_papers.files


EVERY = [(way, level) for way in WAYS for level in (*LEVELS, "again")]


@pytest.mark.parametrize(("way", "level"), EVERY)
def test_poppler_openssl_and_qpdf_agree(
    way: str,
    level: str,
    files: dict[tuple[str, str], bytes],
    world: OutsideWorld,
    tmp_path: Path,
    needs_tool: NeedsTool,
) -> None:
    data = files[way, level]
    path = tmp_path / "paper.pdf"
    path.write_bytes(data)
    said = run(needs_tool("pdfsig", "poppler-utils"), path)
    assert said.count("Signature is Valid") == (1 if way == "seal" else 2)
    assert "No syntax or stream encoding errors found" in run(needs_tool("qpdf", "qpdf"), "--check", path)
    (tmp_path / "root.pem").write_text(pem(world.certificate("root")))
    for signature in signatures(data):
        _, first, second, length = (int(value) for value in signature.byte_range)
        size = parser.peek(signature.pkcs7_content)
        (tmp_path / "cms").write_bytes(signature.pkcs7_content[:size])
        (tmp_path / "covered").write_bytes(data[:first] + data[second : second + length])
        command = ("cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-attime", str(LATER // 1000))
        with_files = ("-in", tmp_path / "cms", "-content", tmp_path / "covered", "-CAfile", tmp_path / "root.pem")
        assert "successful" in run(needs_tool("openssl", "openssl"), *command, *with_files, "-out", "/dev/null")


@pytest.mark.parametrize(("way", "level"), EVERY)
def test_pyhanko_s_ades_validation_agrees_now(
    way: str, level: str, files: dict[tuple[str, str], bytes], world: OutsideWorld
) -> None:
    """B-B goes by CRLs that the validator has, all others by what lies in the file; none may fetch anything."""
    timing = ValidationTimingInfo(moment(LATER + 60_000), moment(LATER + 60_000), point_in_time_validation=True)
    for signature in signatures(files[way, level]):
        digest = signature.compute_digest()
        found: AdESBasicValidationResult[Any]
        if level == "B-B":
            spec = specification(world, known=crls_of(world)).signature_validation_spec
            found = asyncio.run(
                ades_basic_validation(signature.signed_data, spec, timing_info=timing, raw_digest=digest)
            )
        elif level in ("B-T", "B-LT"):
            known = crls_of(world) if level == "B-T" else evidence_of(signature.reader)
            spec = specification(world, known=known).signature_validation_spec
            found = asyncio.run(
                ades_with_time_validation(signature.signed_data, spec, timing_info=timing, raw_digest=digest)
            )
        else:
            found = asyncio.run(ades_lta_validation(signature, specification(world), timing))
        assert found.ades_subindic.status == AdESStatus.PASSED, (signature.field_name, found.ades_subindic)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("level", ["B-LTA", "again"])
def test_pyhanko_s_ades_validation_agrees_in_2032(
    way: str, level: str, files: dict[tuple[str, str], bytes], world: OutsideWorld
) -> None:
    """The signer's certificate has ended in 2029."""
    for signature in signatures(files[way, level]):
        assert signature.signer_cert.not_valid_after < IN_2032
        found = asyncio.run(
            simulate_future_ades_lta_validation(
                signature,
                specification(world),
                future_validation_time=IN_2032,
                current_reference_time=moment(LATER + 60_000),
            )
        )
        assert found.ades_subindic.status == AdESStatus.PASSED, found.ades_subindic


@pytest.mark.parametrize("way", WAYS)
def test_below_b_lta_it_is_known_in_2032_who_has_a_stamp(
    way: str, files: dict[tuple[str, str], bytes], world: OutsideWorld
) -> None:
    """By the lists of that day: the stamp in a signature says that it was made while its certificate was good. B-B
    alone proves no time, and no validator may pass it."""
    timing = ValidationTimingInfo(IN_2032, IN_2032, point_in_time_validation=True)
    world.at(round(IN_2032.timestamp() * 1000))
    spec = specification(world, known=crls_of(world)).signature_validation_spec
    world.at(LATER)
    for level in ("B-B", "B-T", "B-LT"):
        seal = signatures(files[way, level])[-1]
        validate = ades_basic_validation if level == "B-B" else ades_with_time_validation
        found = asyncio.run(
            validate(seal.signed_data, spec, timing_info=timing, raw_digest=seal.compute_digest())  # type: ignore[operator]
        )
        passed = found.ades_subindic.status == AdESStatus.PASSED
        assert passed == (level != "B-B"), (level, found.ades_subindic)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("level", ["B-LTA", "again"])
def test_openssl_agrees_in_2032(
    way: str,
    level: str,
    files: dict[tuple[str, str], bytes],
    world: OutsideWorld,
    tmp_path: Path,
    needs_tool: NeedsTool,
) -> None:
    """Every document time stamp is good then. (That the signatures below were good at its time is asked above; pdfsig
    and qpdf look at no clock.)"""
    (tmp_path / "stamps.pem").write_text(pem(world.certificate("stamp-root")))
    stamps = list(PdfFileReader(io.BytesIO(files[way, level])).embedded_timestamp_signatures)
    assert len(stamps) == (1 if level == "B-LTA" else 2)
    for stamp in stamps:
        _, first, second, length = (int(value) for value in stamp.byte_range)
        data = files[way, level]
        (tmp_path / "token").write_bytes(stamp.pkcs7_content[: parser.peek(stamp.pkcs7_content)])
        (tmp_path / "covered").write_bytes(data[:first] + data[second : second + length])
        command = ("ts", "-verify", "-token_in", "-in", tmp_path / "token", "-data", tmp_path / "covered")
        then = ("-CAfile", tmp_path / "stamps.pem", "-attime", str(round(IN_2032.timestamp())))
        assert "Verification: OK" in run(needs_tool("openssl", "openssl"), *command, *then)


@pytest.mark.parametrize("way", WAYS)
def test_our_own_verdict_at_every_level_that_is_handed_out(
    way: str, files: dict[tuple[str, str], bytes], world: OutsideWorld
) -> None:
    trust = world.trust()
    for level in ("B-B", "B-T", "B-LTA", "again"):
        verdict = verify_bytes(files[way, level], trust)
        assert verdict.verdict is (Word.GOOD if level in ("B-B", "B-T") else Word.GOOD_WITH_LATER_TIMESTAMPS)
        assert verdict.level == ("B-LTA" if level == "again" else level)
        assert (verdict.signed_before, verdict.signer) == (BEFORE[way], "李沧区行政审批服务局签发专用 测试")
    known = {
        (found.message_digest, found.signature_value_hash)
        for level in LEVELS
        if (found := verify_bytes(files[way, level], trust))
    }
    assert len(known) == 1  # the registry knows all levels as one paper


def crls_of(world: OutsideWorld) -> LocalKnowledge:
    return LocalKnowledge(known_crls=[CRLContainer(crl) for crl in world.crls()])


def evidence_of(reader: PdfFileReader) -> LocalKnowledge:
    """What the file itself brings."""
    context = DocumentSecurityStore.read_dss(reader).as_validation_context({"trust_roots": []})
    return LocalKnowledge(
        known_ocsps=[each for answer in context.ocsps for each in OCSPContainer.load_multi(answer)],
        known_crls=[CRLContainer(crl) for crl in context.crls],
    )


def specification(world: OutsideWorld, known: LocalKnowledge | None = None) -> PdfSignatureValidationSpec:
    """Hard rules: every certificate must have its revocation data, and nothing is fetched."""
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build([world.certificate(name) for name in ("root", "stamp-root")]),
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy("require")),
        time_tolerance=timedelta(seconds=1),
    )
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=policy,
            revinfo_gathering_policy=RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY),
            local_knowledge=known or LocalKnowledge(),
        )
    )


def signatures(data: bytes) -> list[EmbeddedPdfSignature]:
    return list(PdfFileReader(io.BytesIO(data)).embedded_regular_signatures)


def moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def pem(certificate: asn1_x509.Certificate) -> str:
    from asn1crypto import pem as armour

    return armour.armor("CERTIFICATE", certificate.dump()).decode()


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
