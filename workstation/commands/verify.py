"""`workstation verify FILE… [--json] [--trust FILE|any]` – is this paper genuine and unchanged?

--code      the code on a print instead of a file (`workstation.printed_code`)
exit code   0 every file is good   1 one is not   3 one cannot be read   2 wrong usage        several files: the worst
--trust     roots of signers and of time stamps alike. Without it a stamp's must be in the hall's `timestamp_roots`; one
            of somebody else neither raises the level nor proves anything
registry    a paper that it says is revoked or superseded is not good; nor, by the bureau's own trust list, one that it
            does not know. With --trust that says nothing: another bureau's papers are in another's registry
--json      one object a line: file, verdict, signer, signed_before (names), signed_at (ms), level,
            covers_entire_file, registry, revocation (by the file's own proof: good, revoked, null), reasons
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import msgspec

from workstation.at_hand import UNKNOWN, hall_roots, replicas, sample_hall_of, trust_lists
from workstation.at_hand import registry as at_hand
from workstation.cells import inert
from workstation.commands import parser_of
from workstation.locations import locate
from workstation.printed_code import verify_code

if TYPE_CHECKING:
    from sync.verdict import RegistryLookup, Trust, Verdict

GOOD, NOT_GOOD, WRONG_USAGE, UNREADABLE = 0, 1, 2, 3
HALL_TIME = timezone(timedelta(hours=8))
SENTENCES = {
    "good": "真实，未经改动 · genuine and unchanged",
    "good_with_later_timestamps": "真实，签发后仅追加时间戳 · genuine, only time stamps were added later",
    "changed": "签发后被改动 · changed after signing",
    "untrusted": "签名人不受信任 · the signer is not trusted",
    "unsigned": "没有签名 · not signed",
    "unreadable": "无法读取 · cannot be read",
}
GENUINE_BUT = "签名真实，但登记不支持 · genuinely signed, but the registry does not confirm it"
REASONS = {
    "digest_mismatch": "内容与签名不符 · the content is not what was signed",
    "signature_invalid": "签名值错误 · the signature value is wrong",
    "not_covered": "签名未覆盖全文 · the signature does not cover the whole file",
    "later_changes": "签名之后有增改 · something was added or changed after signing",
    "hole_not_empty": "签名空位中有多余数据 · extra data lie in the signature's room",
    "hole_not_hex": "签名数据格式异常 · the signature's data are malformed",
    "container_odd": "签名数据结构异常 · the signature's structure is not as it was made",
    "timestamp_broken": "时间戳无效 · a time stamp is broken",
    "chain_not_trusted": "证书不在信任名单内或签署时无效 · not on the trust list, or not valid when signed",
    "revoked": "证书在签署时已吊销 · the certificate was revoked when it signed",
    "stamp_not_trusted": "时间戳机构不在信任名单内，不作证明 · a time stamp is of nobody on the trust list: no proof",
    "no_signing_time": "没有签署时间 · no signing time is stated",
    "only_timestamps": "只有时间戳 · time stamps only",
    "too_large": "文件过大 · the file is too large",
    "time_out": "核验超时 · verification took too long",
    "crash": "核验进程中止 · the verifying process ended",
    "parser": "文件结构无法解析 · the file's structure cannot be parsed",
    "signature": "签名数据无法解析 · the signature cannot be parsed",
    "unknown_signature_type": "未知的签名类型 · a signature of an unknown type",
    "file": "打不开文件 · the file cannot be opened",
    "registry_revoked": "登记为已撤销或注销 · the registry says revoked",
    "registry_superseded": "登记为已被更正文书取代 · the registry says superseded",
    "registry_unknown": "本机登记中没有，请扫二维码查询 · not in this machine's registry: ask the page of its code",
}
NOT_IN_FORCE = ("revoked", "superseded")


REGISTRY = {
    "valid": "有效 · valid",
    "pending": "已授权签发，登记中 · issued, registration pending",
    "superseded": "已被更正文书取代 · superseded",
    "revoked": "已撤销或注销 · revoked",
    "unknown": "本机登记中没有 · not in this machine's registry",
}


REVOCATION = {
    "good": "签署时未吊销（文件自带证明） · not revoked when signed, as the file itself proves",
    "revoked": "签署时已吊销（文件自带证明） · revoked when signed, as the file itself proves",
}


class Line(msgspec.Struct, frozen=True):
    """One file's answer as JSON."""

    file: str
    verdict: str
    signer: str | None
    signed_before: tuple[str, ...]
    signed_at: int | None
    level: str | None
    covers_entire_file: bool
    registry: str | None
    revocation: str | None
    reasons: tuple[str, ...]


def main(
    argv: Sequence[str],
    *,
    registry: RegistryLookup | None = None,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Run the command; returns the exit code.

    Without `--trust` the trust lists at hand count: `data/pki/root.pem`, else the demo's, and the hall's own setting
    `signer_roots`; of time stamps its `timestamp_roots`. `registry` asks for a document's state; None asks the local
    copies at hand.
    """
    out, err = out or sys.stdout, err or sys.stderr
    parser = _parser()
    options = parser.parse_args(argv)
    if options.code is not None and options.files:
        parser.error("argument --code: not allowed with argument FILE")
    if options.code is not None:
        return verify_code(options.code, replicas(locate(options.data)), REGISTRY, as_json=options.json, out=out)
    if not options.files:
        parser.error("the following arguments are required: FILE")
    # Late: these libraries take longer to load than the rest of the command.
    from sync.errors import InputError
    from sync.verdict import ANY, TrustRoots
    from sync.verify_apart import ApartVerifier

    locations = locate(options.data)
    copies = replicas(locations)
    lists = [Path(options.trust)] if options.trust else trust_lists(locations)
    hall = TrustRoots(()) if options.trust else hall_roots(copies)
    if not lists and not hall.certificates:
        print("没有信任名单 · no trust list: --trust FILE, --trust any", file=err)
        _tell_of_samples(options.files, err)
        return WRONG_USAGE
    place = ", ".join(map(str, lists))
    try:
        trust: Trust = ANY
        if options.trust != "any":
            named = tuple(root for path in lists for root in TrustRoots.load(path).certificates)
            trust = TrustRoots((*hall.certificates, *named), named if options.trust else hall.stamps)
    except InputError as error:
        print(f"信任名单无法读取 · trust list unreadable: {inert(place)} ({error.params['reason']})", file=err)
        return WRONG_USAGE
    registry = registry or at_hand(copies)
    if copies and registry is None:
        print("本机副本打不开，没有查登记 · this machine's copy cannot be opened: the registry was not asked", file=err)
    worst = GOOD
    with ApartVerifier() as verifier:
        for name in options.files:
            verdict = _verdict(Path(name), lambda data: verifier.verify(data, trust), registry)
            verdict = _in_force(verdict, known_only=not options.trust)
            print(_as_json(name, verdict) if options.json else _as_text(name, verdict), file=out, flush=True)
            worst = max(worst, _code(verdict))
            if verdict.verdict == "untrusted" and not options.data:
                _tell_of_samples([name], err)
    return worst


def _tell_of_samples(files: Sequence[str], err: TextIO) -> None:
    for folder in {found for name in files if (found := sample_hall_of(Path(name))) is not None}:
        print(f"样例大厅的文书，请加 · a paper of a sample hall, add: --data {inert(str(folder))}", file=err)


def _parser() -> argparse.ArgumentParser:
    parser = parser_of("verify")
    parser.add_argument("files", nargs="*", metavar="FILE", help="PDF 文件 · a PDF file")
    parser.add_argument(
        "--code", metavar="ADDRESS", help="纸上二维码的内容，代替 FILE · a printed code, instead of FILE"
    )
    parser.add_argument("--json", action="store_true", help="每行一个 JSON 对象 · one JSON object a line")
    parser.add_argument(
        "--trust",
        metavar="FILE|any",
        help="签名和时间戳的信任名单（PEM）；any 信任任何人 · roots of signers and time stamps (PEM); any: everybody",
    )
    return parser


def _verdict(path: Path, judge: Callable[[bytes], Verdict], registry: RegistryLookup | None) -> Verdict:
    from sync.verdict import GENUINE, LARGEST, Verdict, Word

    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as failure:
        return Verdict(verdict=Word.UNREADABLE, reasons=(f"file:{failure.strerror or type(failure).__name__}",))
    verdict = judge(data)
    if registry is not None and verdict.verdict in GENUINE:
        verdict = msgspec.structs.replace(verdict, registry=registry(verdict))
    return verdict


def _in_force(verdict: Verdict, *, known_only: bool) -> Verdict:
    """The signature's verdict, and what the registry's word makes of it."""
    from sync.verdict import Word

    state = verdict.registry
    if state in NOT_IN_FORCE or (known_only and state == UNKNOWN):
        reasons = (*verdict.reasons, f"registry_{state}")
        return msgspec.structs.replace(verdict, verdict=Word.UNTRUSTED, reasons=reasons)
    return verdict


def _code(verdict: Verdict) -> int:
    if verdict.verdict == "unreadable":
        return UNREADABLE
    return GOOD if verdict.verdict in ("good", "good_with_later_timestamps") else NOT_GOOD


def _as_json(name: str, verdict: Verdict) -> str:
    told = {field: getattr(verdict, field) for field in Line.__struct_fields__ if field != "file"}
    return msgspec.json.encode(Line(file=name.encode(errors="replace").decode(), **told)).decode()


def _as_text(name: str, verdict: Verdict) -> str:
    genuine = any(reason.startswith("registry_") for reason in verdict.reasons)
    lines = [f"{inert(name)}: {GENUINE_BUT if genuine else SENTENCES[verdict.verdict]}"]
    for name in verdict.signed_before:
        lines.append(f"  先签 · before     {inert(name)}")
    if verdict.signer is not None:
        lines.append(f"  签名 · signed by  {inert(verdict.signer)}")
    if verdict.signed_at is not None:
        at = datetime.fromtimestamp(verdict.signed_at / 1000, HALL_TIME)
        lines.append(f"  时间 · at         {at:%Y-%m-%d %H:%M:%S} +08:00")
    if verdict.level is not None:
        lines.append(f"  级别 · level      {verdict.level}")
    if verdict.revocation is not None:
        lines.append(f"  吊销 · revocation {REVOCATION[verdict.revocation]}")
    if verdict.registry is not None:
        lines.append(f"  登记 · registry   {REGISTRY.get(verdict.registry) or inert(verdict.registry)}")
    label = "原因 · because    " if _code(verdict) else "说明 · note       "
    for reason in verdict.reasons:
        head, _, detail = reason.partition(":")
        words = REASONS.get(head, head)
        lines.append(f"  {label}{words}{f' ({inert(detail)})' if detail else ''}")
    return "\n".join(lines)
