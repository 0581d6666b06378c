"""The run script for real: `run` in a checkout of its own, a PATH of its own, a lock of one package made here.

    空 格 路径/run  ──▶  .venv  ◀── pip ── wheels/tiny-1.0…whl      no index is asked: pip is configured with find-links

What needs the network – the project's whole lock, with uv, with Debian's pip wheel – is not tested here.
"""

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ["sh", "cat", "chmod", "cmp", "cp", "dirname", "grep", "id", "ln", "mkdir", "mktemp", "mv", "readlink", "rm"]
PROGRAM = "import sys\n\nimport tiny\n\n\ndef main():\n    print({name!r}, *sys.argv[1:])\n    return tiny.CODE\n"


@dataclass
class Checkout:
    folder: Path
    env: dict[str, str]

    def start(self, *arguments: str, cwd: Path | None = None) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            ["sh", str(self.folder / "run"), *arguments],
            cwd=cwd or self.folder.parent,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def run(self, *arguments: str, cwd: Path | None = None) -> tuple[int, str, str]:
        process = self.start(*arguments, cwd=cwd)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    @property
    def stamp(self) -> Path:
        return self.folder / ".venv" / "installed.lock"


def _wheel(folder: Path, code: int) -> str:
    """Writes tiny-1.0, whose main returns `code`, and gives its line for the lock."""
    info = "tiny-1.0.dist-info"
    files = {
        "tiny.py": f"CODE = {code}\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(text)}\n"
    folder.mkdir(exist_ok=True)
    wheel = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return f"tiny==1.0 \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.fixture
def installable() -> None:
    """A bare Debian's python3 has neither pip nor ensurepip; there `run` fetches a pip, which a test does not."""
    python = os.path.realpath(sys.executable)
    if subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False).returncode:
        pytest.skip(f"{python} has no ensurepip: apt-get install python3-venv")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder = tmp_path / "空 格 路径"
    folder.mkdir()
    shutil.copy(ROOT / "run", folder / "run")
    for package in ("workstation", "server_stub"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").touch()
        (folder / package / "cli.py").write_text(PROGRAM.format(name=package))
    (folder / "requirements.lock").write_text(_wheel(tmp_path / "wheels", code=3))
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in TOOLS:
        path = shutil.which(tool)
        assert path, f"{tool} belongs to every Debian"
        (tools / tool).symlink_to(path)
    (tools / "python3").symlink_to(os.path.realpath(sys.executable))
    env = {
        "PATH": str(tools),
        "HOME": str(tmp_path),
        "LC_ALL": "C",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path / "wheels"),
    }
    return Checkout(folder, env)


def test_usage_names_every_command_and_sets_nothing_up(checkout: Checkout) -> None:
    code, out, _ = checkout.run("--help")
    assert code == 0
    for command in ("demo", "workstation", "sync-server", "test", "lint", "bench", "prove"):
        assert f"\n  {command} " in out
    assert checkout.run()[:2] == (0, out)
    assert not (checkout.folder / ".venv").exists()


def test_an_unknown_command_is_named_and_exits_2(checkout: Checkout) -> None:
    code, out, err = checkout.run("dmeo")
    assert (code, out) == (2, "")
    assert "no command 'dmeo'" in err
    assert not (checkout.folder / ".venv").exists()


@pytest.mark.usefixtures("installable")
def test_first_use_sets_up_later_uses_say_and_change_nothing_and_the_folder_may_move(checkout: Checkout) -> None:
    code, out, err = checkout.run("demo", "--role", "a b")
    assert (code, out) == (3, "workstation demo --role a b\n"), err
    assert "first use" in err
    assert list((checkout.folder / ".venv").rglob("__pycache__/tiny.*.pyc")), "installed packages are byte-compiled"
    made = checkout.stamp.stat().st_ino

    moved = checkout.folder.with_name("别 处")
    checkout.folder.rename(moved)
    checkout.folder = moved
    assert checkout.run("sync-server", "serve") == (3, "server_stub serve\n", "")
    assert checkout.stamp.stat().st_ino == made

    link = moved.parent / "link"
    link.symlink_to(moved / ".venv" / "bin" / "workstation")
    script = subprocess.run([link, "version"], env=checkout.env, capture_output=True, text=True, check=False)
    assert (script.returncode, script.stdout) == (3, "workstation version\n"), script.stderr


@pytest.mark.usefixtures("installable")
def test_a_changed_lock_is_installed_anew(checkout: Checkout) -> None:
    assert checkout.run("workstation")[0] == 3
    (checkout.folder / "requirements.lock").write_text(_wheel(checkout.folder.parent / "wheels", code=4))
    code, _, err = checkout.run("workstation")
    assert code == 4
    assert "anew" in err


@pytest.mark.usefixtures("installable")
def test_a_package_with_another_hash_is_refused_and_nothing_is_believed_ready(checkout: Checkout) -> None:
    _wheel(checkout.folder.parent / "wheels", code=5)
    code, out, err = checkout.run("workstation")
    assert (code, out) == (1, "")
    assert "hash" in err.lower()
    assert "could not be installed" in err.splitlines()[-1]
    assert not checkout.stamp.exists()


@pytest.mark.usefixtures("installable")
def test_a_set_up_killed_half_way_is_begun_anew(checkout: Checkout) -> None:
    process = checkout.start("workstation")
    half = checkout.folder / ".venv" / "pyvenv.cfg"
    while not half.exists():
        assert process.poll() is None, "the set-up ended before it could be killed"
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert half.exists()
    assert not checkout.stamp.exists()
    code, out, err = checkout.run("workstation", "after")
    assert (code, out) == (3, "workstation after\n"), err
    assert "anew" in err


@pytest.mark.usefixtures("installable")
def test_two_first_uses_at_once_make_one_venv(checkout: Checkout) -> None:
    both = [checkout.start("workstation", name) for name in ("one", "two")]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [3, 3], said
    assert [out for out, _ in said] == ["workstation one\n", "workstation two\n"]
    assert sum("first use" in err for _, err in said) == 1


@pytest.mark.usefixtures("installable")
def test_relative_paths_are_the_callers(checkout: Checkout, tmp_path: Path) -> None:
    (checkout.folder / "workstation" / "cli.py").write_text("import os\n\n\ndef main():\n    print(os.getcwd())\n")
    assert checkout.run("workstation", cwd=tmp_path)[1] == f"{tmp_path}\n"


def test_without_python_the_line_that_installs_it(checkout: Checkout) -> None:
    python = Path(checkout.env["PATH"]) / "python3"
    python.unlink()
    code, _, err = checkout.run("demo")
    assert code == 1
    assert "apt-get install python3" in err
    python.write_text('#!/bin/sh\n[ "$1" = --version ] || exit 1\necho Python 3.10.12\n')
    python.chmod(0o755)
    code, _, err = checkout.run("demo")
    assert code == 1
    assert "here is Python 3.10.12" in err
    assert "apt-get install" in err
    assert err.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_named() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("run", "requirements.lock"):
            shutil.copy(ROOT / file, folder)
        folder.chmod(0o555)
        # Root may write anywhere, so root lets somebody of no rights try.
        nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(["sh", folder / "run", "demo"], capture_output=True, text=True, check=False, **nobody)  # type: ignore[call-overload]
        folder.chmod(0o755)
    assert done.returncode == 1
    assert done.stderr.startswith(f"run: cannot write in {folder}: ")
    assert done.stderr.count("\n") == 1
