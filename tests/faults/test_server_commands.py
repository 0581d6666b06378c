"""sync-server with input that cannot be used: one sentence, the right exit code, nothing left behind.

A command that is refused before it has begun is run in the tests' own process (`server`); what is denied something by
the kernel, opens a socket or writes is a process (tests/faults/commands.py).
"""

from __future__ import annotations

import gc
import re
import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from server_stub.cli import main
from tests.faults.commands import Done, run
from tests.faults.privileges import small_files, unprivileged
from tests.faults.terminals import ROOT
from tests.once import sample_hall

# ------------------------------------------------------------------------------------------------------ sync-server


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a sample hall, a copy of this file's own."""
    return Path(shutil.copy(sample_hall(tmp_path_factory) / "central.db", tmp_path_factory.mktemp("store")))


Server = Callable[..., Done]


@pytest.fixture
def server(capsys: pytest.CaptureFixture[str]) -> Server:
    """`sync-server` with these arguments, in this process."""

    def run_here(*arguments: str | Path) -> Done:
        words, collected = [str(argument) for argument in arguments], gc.get_threshold()
        try:
            code = main(words)
        except SystemExit as ended:  # argparse's own
            code = int(ended.code or 0)
        finally:
            gc.set_threshold(*collected)
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Done(words, code, said.out, said.err)

    return run_here


def server_says(done: Done, code: int, named: str) -> None:
    """One English sentence with its code for programs in brackets."""
    assert done.returncode == code, done.stderr
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("sync-server: ")
    sentence, _, told = line.removeprefix("sync-server: ").rpartition(" [")
    assert told.startswith(named), line
    assert sentence.endswith((".", ")"))
    assert len(sentence.split()) > 5


@pytest.mark.parametrize(
    "arguments",
    ["", "nothing", "serve --nothing", "serve --port x", "serve --port 70000", "code --count 0", "audit", "init"],
)
def test_the_server_names_wrong_arguments(
    arguments: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = server(*arguments.split())
    assert done.returncode == 2
    assert "usage: sync-server" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["serve", "code", "morning", "audit verify"])
def test_a_store_that_is_not_there_is_not_made(command: str, server: Server, tmp_path: Path) -> None:
    done = server(*command.split(), "--store", f"sqlite:///{tmp_path}/no.db")
    server_says(done, 1, "store_missing")
    assert list(tmp_path.iterdir()) == []
    server_says(server(*command.split(), "--store", "mysql://x"), 2, "store_url")


def test_a_map_of_halls_that_cannot_be_used(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "halls.toml"
    serve = ("serve", "--port", "0", "--halls", str(path))
    server_says(server(*serve), 2, "halls_file")
    path.write_text(f"[east]\nhost = 'east.example'\nstore = 'sqlite:///{tmp_path}/no.db'\n")
    server_says(server(*serve), 1, "store_missing")
    server_says(server(*serve, "--heads", str(tmp_path)), 2, "halls_and")
    assert list(tmp_path.iterdir()) == [path]


NO_DATABASE = b"no database at all" * 400


@pytest.mark.parametrize(
    ("command", "content"),
    [
        *(("serve --port 0", content) for content in (b"", b"SQLite format 3\0" + b"\xff" * 5000, NO_DATABASE)),
        *((command, NO_DATABASE) for command in ("code", "morning", "audit verify")),
    ],
)
def test_a_store_that_is_broken_is_left_as_it_is(command: str, content: bytes, server: Server, tmp_path: Path) -> None:
    path = tmp_path / "central.db"
    path.write_bytes(content)
    done = server(*command.split(), "--store", f"sqlite:///{path}")
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1
    assert path.read_bytes() == content


def test_a_newer_store_and_another_programs_database_are_left_as_they_are(
    server: Server, tmp_path: Path, store: Path
) -> None:
    newer, foreign = tmp_path / "newer.db", tmp_path / "foreign.db"
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(newer)) as copy:
        source.backup(copy)
        copy.execute("UPDATE alembic_version SET version_num = '9999'")
        copy.commit()
    with closing(sqlite3.connect(foreign)) as other:
        other.execute("CREATE TABLE recipe (name TEXT)")
    before = {path: path.read_bytes() for path in (newer, foreign)}
    for command in ("serve --port 0", "code"):
        server_says(server(*command.split(), "--store", f"sqlite:///{newer}"), 1, "store_newer")
        server_says(server(*command.split(), "--store", f"sqlite:///{foreign}"), 1, "store_foreign")
    assert {path: path.read_bytes() for path in before} == before


def test_a_port_in_use_a_strange_host_a_read_only_folder(store: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{store}"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        server_says(run("serve", "--store", url, "--port", port, module="server_stub"), 2, "port_in_use")
    server_says(
        run("serve", "--store", url, "--port", "0", "--host", "not.a.host.invalid", module="server_stub"),
        2,
        "port_not_bound",
    )
    locked = tmp_path / "locked"
    locked.mkdir()
    copy = locked / "central.db"
    copy.write_bytes(store.read_bytes())
    copy.chmod(0o400)
    locked.chmod(0o500)
    for command in ("serve --port 0", "code"):
        done = run(*command.split(), "--store", f"sqlite:///{copy}", module="server_stub", before=unprivileged)
        server_says(done, 1, "store_open")
    done = run("sample", "--store", f"sqlite:///{locked}/new.db", module="server_stub", before=unprivileged)
    server_says(done, 1, "sample_unwritable")


def test_a_hall_that_cannot_be_made_leaves_nothing(server: Server, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/central.db"
    for number, text in enumerate(
        ("", "{}", "[", '{"scopes": [], "rows": [{"table": "no", "id": "1", "scope": "x", "body": {}}]}')
    ):
        path = tmp_path / f"{number}.json"
        path.write_text(text)
        server_says(server("init", "--store", url, path), 2, "hall_description")
    server_says(server("init", "--store", url, "/no"), 2, "hall_desc")
    whole = tmp_path / "whole.json"
    whole.write_text('{"scopes": [], "rows": []}')
    done = run("init", "--store", url, whole, module="server_stub", before=small_files(9000))
    assert done.returncode == 1
    assert [path.name for path in tmp_path.glob("*central*")] == []
    assert run("init", "--store", url, whole, module="server_stub").returncode == 0
    server_says(server("init", "--store", url, whole), 1, "store_exists")


def test_every_code_that_the_servers_commands_raise_has_its_sentence() -> None:
    from server_stub.sentences import SENTENCES, sentence
    from sync.errors import StoreError
    from workstation.locale import Catalogue

    raised = set()
    for path in (ROOT / "server_stub").rglob("*.py"):
        if "public" not in path.parts:
            raised |= set(re.findall(r'(?:Store|Input)Error\(\s*"([a-z_]+)"', path.read_text(encoding="utf-8")))
    wire = {"bad_args", "unknown_kind", "not_text", "form_unreadable"}
    assert raised - wire <= SENTENCES.keys()
    for language in ("zh", "en"):
        words = Catalogue(language)
        assert [code for code in SENTENCES if not words.find(f"server.{code}")] == []
    assert sentence(StoreError("store_missing", path="a\x1b[31mb")).count("\x1b") == 0
    assert "[not_known: a=1]" in sentence(StoreError("not_known", a=1))
