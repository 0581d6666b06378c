"""What the house rules promise, read off the files and off running interpreters.

The import contracts of pyproject.toml say who may import whom; here stands what they cannot see: what is really loaded
by an import, who reads the time, how long a file is, which language a screen's code speaks, what a tracked file names.
A rule about a package that does not exist yet says nothing; it begins to bite with the package's first file.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("workstation", "sync", "server_stub")


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tracked_files() -> list[Path]:
    """Every file git tracks; in an exported copy, every file that .gitignore's few names do not cover."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        files = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        hidden = {".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
        files = [path for path in ROOT.rglob("*") if not hidden & set(path.relative_to(ROOT).parts)]
    return [path for path in files if path.is_file()]


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


# ------------------------------------------------------------------------------------------------ what imports load


def loaded_by(statement: str, modules: str = "sys.modules") -> set[str]:
    """The modules in `sys.modules` of a fresh interpreter after `statement`, or those that it kept as `modules`."""
    program = f"import sys, json\n{statement}\nprint(json.dumps(sorted({modules})))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def packages_of(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def exists(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def test_a_fresh_interpreter_is_what_is_looked_into() -> None:
    assert "sqlmodel" not in packages_of(loaded_by("pass"))
    assert "sqlmodel" in packages_of(loaded_by("import sqlmodel"))


@pytest.mark.parametrize("module", ["sync.rules", "sync.protocol", "sync.replica", "sync.clock", "sync.calendar"])
def test_the_agreed_core_loads_without_sqlmodel_httpx_or_a_screen(module: str) -> None:
    """Rules see rows by Protocols; a replica's hot path needs no table classes; HTTP is one transport of several."""
    if exists(module):
        loaded = packages_of(loaded_by(f"import {module}"))
        assert not loaded & {"sqlmodel", "sqlalchemy", "httpx", "pyhanko", "textual", "keyring", "watchfiles"}


def test_every_rule_loads_without_sqlmodel() -> None:
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in python_files("sync/rules")]
    if modules:
        loaded = packages_of(loaded_by("\n".join(f"import {name.removesuffix('.__init__')}" for name in modules)))
        assert not loaded & {"sqlmodel", "sqlalchemy", "httpx"}


PAINTED = """
import asyncio, tempfile
from pathlib import Path
from sync.clock import DrivenClock
from workstation.app import HallApp
from workstation.screens import SCREEN_CLASSES
from workstation.journal import Journal
from workstation.locations import locate
from workstation.screens.frame import Frame
from workstation.settings import Settings

async def main(folder):
    clock = DrivenClock(1_792_000_000_000)
    places = locate(folder)
    journal = Journal(places.journal_file, clock)
    app = HallApp(clock=clock, settings=Settings(), locations=places, journal=journal, screens={0: Frame})
    painted = asyncio.get_running_loop().create_future()
    app.when_painted.append(lambda: painted.set_result(list(sys.modules)))
    async with app.run_test():
        return await asyncio.wait_for(painted, 30)

with tempfile.TemporaryDirectory() as folder:
    loaded = asyncio.run(main(folder))
"""


def test_the_workstation_loads_only_textual_msgspec_and_sqlite_before_its_first_paint() -> None:
    if not exists("workstation.app"):
        return
    first_screen = "import workstation.screens.signon\n" if exists("workstation.screens.signon") else ""
    loaded = packages_of(loaded_by(first_screen + PAINTED, modules="loaded"))
    textual = "import textual.app, textual.pilot, textual.widgets, rich.markup\n"
    textual += "[getattr(textual.widgets, name) for name in textual.widgets.__all__]"
    allowed = packages_of(loaded_by(textual)) | packages_of(loaded_by("import msgspec, sqlite3"))
    allowed |= set(sys.stdlib_module_names) | {"workstation", "sync", "sqlcipher3"}
    assert "textual" in loaded
    assert loaded - allowed == set()


@pytest.mark.parametrize("module", ["workstation.cli", "server_stub.cli"])
def test_a_command_line_loads_nothing_heavy_before_it_knows_the_command(module: str) -> None:
    if exists(module):
        heavy = {"textual", "sqlmodel", "sqlalchemy", "httpx", "pyhanko", "typst", "keyring", "watchfiles", "litestar"}
        assert packages_of(loaded_by(f"import {module}")) & heavy == set()


# ------------------------------------------------------------------------------------------------- who reads the time

TIME_READERS = {
    *(f"time.{name}{ns}" for name in ("time", "monotonic", "perf_counter", "clock_gettime") for ns in ("", "_ns")),
    "time.localtime",
    "time.gmtime",
    "time.ctime",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
}


def time_reads(source: str) -> Iterator[tuple[int, str]]:
    """(line, qualified name) of every use of a clock, whatever the import called it; naming one is using it."""
    tree = ast.parse(source)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            dotted = ast.unparse(node)
            head, dot, rest = dotted.partition(".")
            qualified = names.get(head, "") + dot + rest
            if qualified in TIME_READERS:
                yield node.lineno, qualified


def test_a_clock_is_found_under_any_name() -> None:
    source = (
        "import time as t\nfrom datetime import datetime as d, date\nx = t.time\nd.now(tz)\ndate.today()\nself.now()"
    )
    assert [name for _, name in time_reads(source)] == ["time.time", "datetime.datetime.now", "datetime.date.today"]


def test_nothing_but_the_clock_reads_the_time() -> None:
    files = [path for path in python_files(*PACKAGES) if path != ROOT / "sync" / "clock.py"]
    found = [f"{where(path, line)} {name}" for path in files for line, name in time_reads(path.read_text())]
    assert found == []
    assert list(time_reads((ROOT / "sync" / "clock.py").read_text()))


# ------------------------------------------------------------------------------------------------------- the files

CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}


def test_no_file_is_two_nouns() -> None:
    """Over 400 lines a file is two nouns."""
    long = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in python_files(*PACKAGES, "tests")
    }
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


def test_no_module_is_a_drawer() -> None:
    parts = {part for path in python_files(*PACKAGES, "tests") for part in path.relative_to(ROOT).with_suffix("").parts}
    assert {part for part in parts if part in DRAWERS or part.rpartition("_")[2] in DRAWERS} == set()


def chinese_literals(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of every string with Chinese in it; docstrings and comments are no strings of the program."""
    tree = ast.parse(source)
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in statements:
            continue
        if isinstance(node.value, str) and CHINESE.search(node.value):
            yield node.lineno, node.value


def test_a_chinese_literal_is_told_from_a_docstring() -> None:
    source = '"""叫号"""\ndef f(x):\n    """审查"""\n    # 签发\n    return f"{x}号" + "号" + "number"\n'
    assert [text for _, text in chinese_literals(source)] == ["号", "号"]


def test_screens_speak_through_the_catalogue() -> None:
    files = python_files("workstation/screens", "workstation/widgets")
    assert [f"{where(p, line)} {text!r}" for p in files for line, text in chinese_literals(p.read_text())] == []


# The two halves of each name are apart, so that this file does not name them either.
REGISTRIES = "|".join(
    re.escape(first + rest)
    for first, rest in (
        ("pypi", ".org"),
        ("pythonhosted", ".org"),
        ("registry.npm", "js.org"),
        ("deb.deb", "ian.org"),
        ("archive.ubu", "ntu.com"),
        ("mirrors.ali", "yun.com"),
        ("tuna.tsing", "hua.edu.cn"),
    )
)
MACHINE_PATHS = r"(?<![\w.$}/-])/(?:" + "|".join(("work" + "/", "root" + "/", r"home/\w+/", r"Users/\w+/")) + ")"


@pytest.mark.parametrize(
    "text", ["https://files.python" + "hosted.org/x", "see /wo" + "rk/main", "'/ro" + "ot/.config'"]
)
def test_a_host_and_a_machine_path_are_recognised(text: str) -> None:
    assert re.search(f"{REGISTRIES}|{MACHINE_PATHS}", text)


def test_no_tracked_file_names_a_registry_or_a_path_of_one_machine() -> None:
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for line, content in enumerate(text.splitlines(), 1):
            match = re.search(f"{REGISTRIES}|{MACHINE_PATHS}", content)
            if match:
                found.append(f"{where(path, line)} {match.group()}")
    assert found == []


def test_the_lock_pins_every_package_by_hash() -> None:
    text = (ROOT / "requirements.lock").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 50
    assert [
        entry.partition("\n")[0] for entry in entries if not re.match(r"[\w.-]+==\S+.*\\\n    --hash=sha256:", entry)
    ] == []
    assert "index" not in text
    assert "http:" not in text
    assert "https:" not in text
