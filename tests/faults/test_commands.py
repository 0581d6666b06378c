"""Every command with input that cannot be used: one sentence in the person's language, the right exit code,
nothing left behind. No terminal is there: what needs one says so."""

from __future__ import annotations

import gzip
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from tests.faults.commands import one_sentence, run
from tests.faults.privileges import small_files, unprivileged
from tests.faults.terminals import LIMIT_S, ROOT, environment
from workstation.cli import names
from workstation.locale import say

PERMITS = "case_id,activity,resource,timestamp\n1,a,r1,2026-03-02 09:00:00\n1,b,r2,2026-03-02 09:30:00\n"


# ------------------------------------------------------------------------------------------------- wrong arguments


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("open --nothing", "--nothing"),
        ("--nothing", "--nothing"),
        ("open --passphrase-fd x", "--passphrase-fd"),
        ("demo --nothing", "--nothing"),
        ("demo --role king", "supervisor"),
        ("demo --seed x", "--seed"),
        ("demo --seed -1", "--seed"),
        ("demo --data", "--data"),
        ("enrol", "--server"),
        ("enrol --server http://127.0.0.1:1", "--code"),
        ("replay", "FILE"),
        ("replay x --devices 0", "--devices"),
        ("replay x --faults all", "flaky"),
        ("replay x --sabotage all", "unchain"),
        ("replay x --sab drop", "--sab"),
        ("verify", "FILE"),
        ("calendar --show 1 --check 2", "--show"),
        ("calendar --statutory-days many", "--statutory-days"),
        ("locate more", "more"),
        ("keys --markdown=yes", "--markdown"),
        ("doctor height", "width"),
    ],
)
def test_wrong_arguments_are_named_with_the_way_out(arguments: str, named: str) -> None:
    done = run(*arguments.split())
    assert named in one_sentence(done, 2)
    assert "--help" in done.stderr


def test_every_command_that_is_listed_can_be_run_and_says_what_it_is_for() -> None:
    for name in names():
        assert callable(import_module(f"workstation.commands.{name}").main), name
        assert say(f"cli.{name}") != f"cli.{name}"


def test_an_unknown_command_shows_what_there_is() -> None:
    done = run("nothing\x1b[31m")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "replay" in done.stderr


@pytest.mark.parametrize(
    "command", ["open", "demo", "replay", "verify", "calendar", "locate", "keys", "doctor", "enrol", "reset"]
)
def test_help_speaks_the_same_language(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("用法: ")
    assert "show this help" not in done.stdout


def test_the_language_of_the_settings_is_spoken(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text('language = "en"\n')
    done = run("demo", "--nothing", HALL_DATA=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("There is no --nothing")


@pytest.mark.parametrize("command", ["open", "demo", "demo --join", "demo --role clerk", "doctor"])
@pytest.mark.parametrize("term", ["xterm-256color", "dumb", None])
def test_without_a_terminal_it_says_so(command: str, term: str | None, tmp_path: Path) -> None:
    done = run(*command.split(), HALL_DATA=str(tmp_path), TERM=term)
    assert "终端" in one_sentence(done, 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lang", ["C", "POSIX", "zh_CN.GBK", "nonsense"])
def test_without_a_locale_the_sentences_are_whole(lang: str) -> None:
    done = run("replay", "/没有/这个", LANG=lang, LC_ALL=lang, PYTHONUTF8=None, PYTHONIOENCODING=None)
    assert "找不到" in one_sentence(done, 2)


def test_whoever_reads_us_may_have_enough() -> None:
    reader, writer = socket.socketpair()
    reader.close()
    with writer:
        done = subprocess.run(
            [sys.executable, "-m", "workstation", "keys"],
            stdout=writer.fileno(),
            stderr=subprocess.PIPE,
            cwd=ROOT,
            timeout=LIMIT_S,
            check=False,
        )
    assert done.returncode == 0
    assert done.stderr == b""


# ---------------------------------------------------------------------------------------------------- recorded logs


def broken(folder: Path) -> dict[str, Path]:
    """Files by what is wrong with them."""
    whole = gzip.compress((PERMITS * 400).encode(), mtime=0)
    files = {
        "missing": None,
        "empty": b"",
        "blank": b"\n \n",
        "header_only": b"case_id,activity,resource,timestamp\n",
        "no_usable_row": b"case_id,activity,resource,timestamp\n1,a,r,yesterday\n",
        "wrong_columns": b"name,when\nx,y\n",
        "binary": bytes(range(256)) * 8,
        "not_utf8": PERMITS.replace("a", "审").encode("gb18030"),
        "truncated_gzip": whole[: len(whole) // 2],
        "gzip_head": whole[:6],
        "gzip_checksum": whole[:-6] + b"\0" * 6,
        "gzip_garbage": b"\x1f\x8b" + b"garbage" * 9,
        "open_quote": PERMITS.encode() + b'2,"a,r1,2026-03-02 09:00:00\n',
    }
    for name, content in files.items():
        if content is not None:
            (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    return {name: folder / name for name in [*files, "folder"]}


def test_every_broken_log_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    said = {}
    for name, path in broken(tmp_path).items():
        done = run("replay", path, "--report", tmp_path / "report.json", TMPDIR=str(scratch))
        said[name] = one_sentence(done, 2)
        assert str(path) in said[name]
        assert list(scratch.iterdir()) == []
        assert not (tmp_path / "report.json").exists()
    assert "gzip" in said["truncated_gzip"]
    assert "gzip" in said["gzip_head"]
    assert "gzip" in said["gzip_checksum"]
    assert "gzip" in said["gzip_garbage"]
    assert "case_id" in said["wrong_columns"]
    assert "CSV" in said["open_quote"]
    assert "UTF-8" in said["not_utf8"]


def test_a_report_or_a_folder_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(PERMITS)
    full = tmp_path / "full"
    full.mkdir()
    (full / "x").write_text("")
    assert "report.json" in one_sentence(run("replay", log, "--report", tmp_path / "no" / "report.json"), 2)
    assert "full" in one_sentence(run("replay", log, "--keep", full), 2)
    assert "log.csv" in one_sentence(run("replay", log, "--keep", log), 2)
    full.chmod(0o500)
    assert "new" in one_sentence(run("replay", log, "--keep", full / "new", before=unprivileged), 2)


@pytest.mark.parametrize("limit", [200_000, 450_000])
def test_a_replay_on_a_full_disk_ends_with_a_sentence(tmp_path: Path, limit: int) -> None:
    log = tmp_path / "log.csv"
    log.write_text(PERMITS)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = run("replay", log, before=small_files(limit), TMPDIR=str(scratch))
    assert done.returncode == 1
    assert "磁盘" in done.stderr.splitlines()[-1]
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_replay_told_to_end_leaves_no_process_and_no_file(
    tmp_path: Path, number: signal.Signals, code: int, needs_tool: Callable[[str, str], str]
) -> None:
    log = tmp_path / "log.csv"
    log.write_text(
        "case_id,activity,resource,timestamp\n"
        + "".join(f"{case},step,r{case % 3},2026-03-02 {9 + case % 8:02d}:{case % 60:02d}:00\n" for case in range(400))
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    child = subprocess.Popen(
        [sys.executable, "-m", "workstation", "replay", str(log)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        cwd=ROOT,
        env=environment(TMPDIR=str(scratch)),
    )
    assert child.stderr is not None
    assert "0%" in child.stderr.readline()  # the hall stands, people are at work
    child.send_signal(number)
    _, said = child.communicate(timeout=LIMIT_S)
    assert child.returncode == code
    assert "Traceback" not in said
    assert "已中断" in said
    assert list(scratch.iterdir()) == []
    left = subprocess.run([needs_tool("ps", "procps"), "-eo", "args"], capture_output=True, text=True, check=True)
    assert str(scratch) not in left.stdout


# --------------------------------------------------------------------------------------------- the headless commands


def test_a_headless_hour_needs_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "file" in one_sentence(run("demo", "--headless", "--data", tmp_path / "file"), 1)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    done = run("demo", "--headless", "--data", locked / "x", before=unprivileged)
    assert "locked" in one_sentence(done, 1)
    done = run("demo", "--headless", before=small_files(300_000))
    assert done.returncode == 1
    assert "磁盘" in done.stderr.splitlines()[-1]


def test_verify_of_what_is_no_paper(tmp_path: Path) -> None:
    (tmp_path / "text.pdf").write_text("no PDF")
    done = run("verify", "--trust", "any", tmp_path / "text.pdf", tmp_path / "missing.pdf", tmp_path)
    assert done.returncode == 3
    assert done.stdout.count("无法读取") == 3


def test_calendar_of_what_is_no_year(tmp_path: Path) -> None:
    (tmp_path / "year.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "lines.csv").write_text("2027-01-01;off\n")
    for given in ("year.csv", "lines.csv", "missing.csv", "."):
        one_sentence(run("calendar", "--check", tmp_path / given), 1)
    one_sentence(run("calendar", "--show", "tomorrow"), 1)


def test_broken_settings_and_keys_keep_no_command_from_running(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_bytes(b"\xff language =")
    (tmp_path / "config" / "keys.toml").write_text("= =")
    done = run("keys", "--data", tmp_path, HALL_DATA=str(tmp_path))
    assert done.returncode == 0
    assert "keys.toml" in done.stdout
    assert run("locate", HALL_DATA=str(tmp_path)).returncode == 0
