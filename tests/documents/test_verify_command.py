"""`workstation verify`: words, JSON and exit codes."""

import contextlib
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from sync.device_key import DeviceKey
from sync.errors import InputError
from sync.paper_code import address, mac_of
from sync.replica import driver
from sync.verify import Verdict
from tests.signed_papers import SignedPapers
from workstation.commands.verify import REASONS, main
from workstation.documents.pki import SamplePki
from workstation.documents.sign import SignedDocument
from workstation.enrolment import Enrolment, Place
from workstation.locations import locate

ROOT = Path(__file__).resolve().parents[2]
MORE = ["--trust", "any"]


def run(*argv: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(list(argv), out=out, err=err)
    return code, out.getvalue(), err.getvalue()


def test_a_genuine_paper(signed_file: Path, pki: SamplePki) -> None:
    code, out, _ = run(str(signed_file), "--trust", str(pki.root))
    assert code == 0
    assert "真实，未经改动" in out
    assert "genuine and unchanged" in out
    assert "2026-03-04 12:53:20 +08:00" in out
    assert "样例 非正式" in out


def test_whoever_signed_before_the_seal_is_named_before_it(signed_papers: SignedPapers, tmp_path: Path) -> None:
    for way, names in (("seal", []), ("approver-then-seal", ["赵某 测试"])):
        file = tmp_path / f"{way}.pdf"
        file.write_bytes(signed_papers.files[way, "B-T"])
        code, out, _ = run(str(file), *MORE)
        told = json.loads(run(str(file), *MORE, "--json")[1])
        assert (code, re.findall("先签 · before +(.+)", out)) == (0, names)
        assert told["signed_before"] == names
        assert out.index(told["signer"]) > max((out.index(name) for name in names), default=0)


def test_json_says_everything_a_line_each(signed_file: Path, pki: SamplePki, tmp_path: Path) -> None:
    (tmp_path / "changed.pdf").write_bytes(signed_file.read_bytes() + b"x")
    nothing_at_hand = ("--data", str(tmp_path / "fresh"))
    changed_file = str(tmp_path / "changed.pdf")
    code, out, _ = run("--json", str(signed_file), changed_file, "--trust", str(pki.root), *nothing_at_hand)
    good, changed = (json.loads(line) for line in out.splitlines())
    assert code == 1
    assert good == {
        "file": str(signed_file),
        "verdict": "good",
        "signer": "李沧区行政审批服务局签发专用 样例 非正式",
        "signed_before": [],
        "signed_at": 1_772_600_000_000,
        "level": "B-B",
        "covers_entire_file": True,
        "registry": None,
        "revocation": None,
        "reasons": [],
    }
    assert changed["verdict"] != "good"
    assert changed["covers_entire_file"] is False


def test_the_exit_code_is_the_worst_of_all(signed_file: Path, pki: SamplePki, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"no paper")
    changed = tmp_path / "changed.pdf"
    data = bytearray(signed_file.read_bytes())
    data[5000] ^= 1
    changed.write_bytes(bytes(data))
    good = str(signed_file)
    assert run(good, good, "--trust", str(pki.root))[0] == 0
    assert run(good, str(changed), good, "--trust", str(pki.root))[0] == 1
    assert run(str(other), str(changed), good, "--trust", str(pki.root))[0] == 3
    assert run(good, str(tmp_path / "missing.pdf"), "--trust", str(pki.root))[0] == 3


def test_the_workstations_own_trust_list_counts_where_none_is_named(
    signed_file: Path, pki: SamplePki, tmp_path: Path
) -> None:
    own = tmp_path / "data" / "pki" / "root.pem"
    own.parent.mkdir(parents=True)
    own.write_bytes(pki.root.read_bytes())
    assert run(str(signed_file), "--data", str(tmp_path))[0] == 0


def test_wrong_usage_is_two_and_says_what_helps(signed_file: Path, tmp_path: Path) -> None:
    code, out, err = run(str(signed_file), "--data", str(tmp_path / "nothing here"))
    assert (code, out) == (2, "")
    assert "--trust" in err
    (tmp_path / "junk").write_text("junk")
    code, _, err = run(str(signed_file), "--trust", str(tmp_path / "junk"))
    assert code == 2
    assert "junk" in err
    with pytest.raises(InputError, match=r"cli\.wrong\.missing"):
        run()


def test_a_paper_of_a_sample_hall_elsewhere_says_how_to_name_it(signed_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    paper = folder / "terminal-1" / "data" / "documents" / "paper.pdf"
    paper.parent.mkdir(parents=True)
    (folder / "hall.json").write_text("{}")
    paper.write_bytes(signed_file.read_bytes())
    code, _, err = run(str(paper), "--data", str(tmp_path))
    assert code == 2
    assert f"--data {folder}" in err


@pytest.mark.parametrize(
    ("state", "trusted", "code", "verdict"),
    [
        ("valid", MORE, 0, "good"),
        ("pending", MORE, 0, "good"),
        ("revoked", MORE, 1, "untrusted"),
        ("superseded", MORE, 1, "untrusted"),
        ("unknown", MORE, 0, "good"),  # the caller names the roots: their registry may be another one
        ("unknown", None, 1, "untrusted"),
        ("valid", None, 0, "good"),
    ],
)
def test_the_registry_s_word_counts(
    signed_file: Path, pki: SamplePki, tmp_path: Path, state: str, trusted: list[str] | None, code: int, verdict: str
) -> None:
    asked = list[Verdict]()

    def registry(verdict: Verdict) -> str:
        asked.append(verdict)
        return state

    if trusted is None:  # the bureau's own
        root = locate(tmp_path / "own").data / "pki" / "root.pem"
        root.parent.mkdir(parents=True)
        root.write_bytes(pki.root.read_bytes())
        trusted = ["--data", str(tmp_path / "own")]
    out = io.StringIO()
    assert main([str(signed_file), *trusted, "--json"], registry=registry, out=out, err=out) == code
    told = json.loads(out.getvalue())
    assert (told["verdict"], told["registry"]) == (verdict, state)
    assert (f"registry_{state}" in told["reasons"]) == (code == 1)
    assert len(asked) == 1
    out = io.StringIO()
    assert main([str(signed_file), *trusted], registry=registry, out=out, err=out) == code
    assert ("签名真实，但登记不支持" in out.getvalue()) == (code == 1)


def test_a_name_that_a_terminal_would_obey_is_shown_inert(tmp_path: Path) -> None:
    code, out, _ = run(str(tmp_path / "\x1b]0;x\x07\u202e.pdf"), *MORE)
    assert code == 3
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\u202e" not in out


def test_the_console_script_runs_it(signed_file: Path, pki: SamplePki, tmp_path: Path) -> None:
    """A console script has no guard of its main module: the verifying child must not run it anew."""
    script = tmp_path / "workstation"
    script.write_text("import sys\nfrom workstation.cli import main\nsys.exit(main())\n")
    command = [sys.executable, str(script), "verify", str(signed_file), "--trust", str(pki.root)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HALL_DATA": str(tmp_path / "hall")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_as_a_program_it_writes_nothing_else(signed_file: Path, shared_data: Path) -> None:
    """What the parser has to say of odd files stays out of the terminal."""
    names = ("validation__pdf-signed-added-page.pdf", "EmptyPage-corrupted.pdf")
    odd = [str(shared_data / "pdf" / "dss" / name) for name in names]
    program = "import sys; from workstation.commands.verify import REASONS, main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, *odd, str(signed_file), *MORE, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 3
    assert done.stderr == ""
    assert [json.loads(line)["verdict"] for line in done.stdout.splitlines()] == ["changed", "unreadable", "good"]


def test_every_reason_has_its_sentence() -> None:
    told = "".join((ROOT / "sync" / name).read_text(encoding="utf-8") for name in ("verify.py", "verify_apart.py"))
    shapes = (r'(?<![\w\]])\[f?"([a-z_]+)', r'append\("([a-z_]+)', r'reasons=\(f?"([a-z_]+)', r'[( ]data, "([a-z_]+)"')
    codes = {code for shape in shapes for code in re.findall(shape, told)}
    assert {"digest_mismatch", "later_changes", "too_large", "parser", "signature", "time_out"} <= codes
    assert codes <= set(REASONS)


def test_an_encrypted_copy_is_opened_by_the_device_s_key_and_names_the_hall_s_roots(
    signed: SignedDocument, signed_file: Path, pki: SamplePki, tmp_path: Path
) -> None:
    place, key = Place(locate(tmp_path)), DeviceKey.make(encrypted=True)
    place.replica.parent.mkdir(parents=True)
    with contextlib.closing(driver.connect(place.replica, key.replica, create=True)) as copy:
        copy.execute("CREATE TABLE document (id, state, message_digest, signature)")
        row = ("d-1", "valid", signed.message_digest, signed.signature_value_hash)
        copy.execute("INSERT INTO document VALUES (?, ?, ?, ?)", row)
        copy.execute('CREATE TABLE shadow ("table", id)')
        copy.execute("CREATE TABLE setting (id, value)")
        roots = json.dumps({"value": pki.root.read_text()})
        copy.execute("INSERT INTO setting VALUES ('signer_roots', ?)", (roots,))
    place.file.write_bytes(msgspec.json.encode(Enrolment("http://hall.example", "licang", "d-1", "03", "file")))
    place.key_file.write_text(key.text)
    here = ("--data", str(tmp_path), "--json")
    code, out, err = run(str(signed_file), *here)
    told = json.loads(out)
    assert (code, told["verdict"], told["registry"], err) == (0, "good", "valid", "")
    place.key_file.unlink()
    assert run(str(signed_file), *here)[0] == 2  # nothing says whom to believe
    own = locate(tmp_path).data / "pki" / "root.pem"
    own.parent.mkdir()
    own.write_bytes(pki.root.read_bytes())
    code, out, err = run(str(signed_file), *here)
    told = json.loads(out)
    assert (code, told["verdict"], told["registry"]) == (0, "good", None)
    assert "the registry was not asked" in err  # which is not the same as unknown


def test_a_printed_code_is_held_against_the_local_copies(tmp_path: Path) -> None:
    facts = {"addressee": "青岛某机械设备租赁有限公司", "matter": "企业变更登记"}
    folder = tmp_path / "terminal-1"
    folder.mkdir()
    with contextlib.closing(sqlite3.connect(folder / "replica.db")) as copy:
        copy.execute("CREATE TABLE document (id, kind, number, facts, state, page)")
        copy.execute('CREATE TABLE shadow ("table", id)')
        row = ("d-1", "licence", "样证字〔2026〕1号", json.dumps(facts), "superseded", "9f3a")
        copy.execute("INSERT INTO document VALUES (?, ?, ?, ?, ?, ?)", row)
        copy.commit()
    mac = mac_of("d-1", "9f3a", "licence", "样证字〔2026〕1号", facts)
    here = ("--data", str(tmp_path))
    for code, exit_code, sentence in (
        (address("https://hall.example", "9f3a", mac), 0, "made this code for this paper"),
        (address("https://hall.example", "9f3a", mac[:-2] + "xx"), 1, "not made by the authority"),
        ("https://hall.example/v/9f3a", 1, "the part after # is missing"),
        (address("https://hall.example", "ffff", mac), 3, "not in this machine's registry"),
        ("no address\x1b[2J", 3, "not the code of a paper"),
    ):
        got, out, _ = run("--code", code, *here)
        assert (got, sentence in out) == (exit_code, True), out
        assert "\x1b" not in out
        assert ("superseded" in out) is (exit_code < 3)
        assert "机械设备租赁" not in out
    told = json.loads(run("--json", "--code", address("x", "9f3a", mac), *here)[1])
    assert (told["verdict"], told["registry"], told["number"]) == ("right", "superseded", "样证字〔2026〕1号")
    for argv in (("--code", "x", "file.pdf"), ()):
        with pytest.raises(InputError, match=r"cli\.wrong\."):
            run(*argv)
