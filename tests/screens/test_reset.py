"""`workstation reset`: nothing that lies here alone is thrown away unasked, and afterwards nothing can be read."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync.clock import SystemClock
from sync.device_key import DeviceKey
from sync.errors import InputError
from sync.protocol.verbs import case as verbs
from sync.records.shape import shapes
from sync.replica.blobs import keep_blob
from sync.replica.store import ReplicaStore
from sync.replica.submit import Actor, Submitted, submit
from tests.screens.keyring_drawer import SETTING
from tests.screens.live_hall import CASES, LiveHall
from tests.screens.real_hall import ROOT
from workstation.taken_back import take_back

LABEL = "window 03"


class Machine:
    """An enrolled machine as its data folder, and the keyring of its user."""

    def __init__(self, hall: LiveHall) -> None:
        self.hall = hall
        self.folder = hall.folder / "machine"
        self.drawer = hall.folder / "drawer.json"
        self.replica = self.folder / "data" / "replica" / "replica.db"
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "PYTHON_KEYRING_BACKEND": SETTING,
            "HALL_TEST_DRAWER": str(self.drawer),
            "LANG": "C.UTF-8",
        }

    async def run(self, *argv: str, typed: str = "", **environment: str) -> tuple[int, str]:
        """A command on this machine's data: its exit code, and all that it said."""
        command = [sys.executable, "-m", "workstation", argv[0], "--data", str(self.folder), *argv[1:]]
        done = await asyncio.to_thread(
            subprocess.run,
            command,
            env=self.environment | environment,
            input=typed.encode(),
            capture_output=True,
            timeout=60,
        )
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    async def enrol(self) -> None:
        """With a fresh code."""
        code = await self.hall._code()
        done = await self.run("enrol", "--server", self.hall.url, "--code", code, "--label", LABEL)
        assert done[0] == 0, done

    def keys(self) -> list[str]:
        """What the keyring holds."""
        return list(json.loads(self.drawer.read_text()).values()) if self.drawer.exists() else []

    def open(self) -> ReplicaStore:
        """The copy, with the key from the keyring."""
        [text] = self.keys()
        return ReplicaStore(self.replica, DeviceKey.read(text).replica)

    def work(self) -> str:
        """A note nobody has heard, a paper attached, a draft; the file's hash."""
        with closing(self.open()) as store:
            sha256 = keep_blob(store, b"%PDF-1.7 a scan")
            note = verbs.Note(note="n1", text="PLANTED")
            attach = verbs.Attach(
                case="c1", name="合同", ordinal=1, sha256=sha256, size=15, media_type="application/pdf"
            )
            for args, id in ((note, "c1"), (attach, "m1")):
                said = submit(store, SystemClock(), Actor("0307", "offline:1"), args, id=id, scope=CASES)
                assert isinstance(said, Submitted), said
            with store.write() as connection:
                for key in ("review/c1", "signon.window"):
                    connection.execute("INSERT INTO draft VALUES (?, '0308', '{\"opinion\": \"x\"}', 1)", (key,))
        return sha256


async def test_a_damaged_copy_is_counted_where_it_can_be_and_lost_where_not(hall: LiveHall) -> None:
    machine = Machine(hall)
    await machine.enrol()
    with closing(machine.open()) as store:
        size = int(store.read("PRAGMA page_size")[0][0])
        named = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        pages = {table: store.read(named, (table,))[0][0] for table in ("ticket", "outbox")}
    for table, words in (("ticket", "没有清除"), ("outbox", "请加 --lost")):
        content = bytearray(machine.replica.read_bytes())
        content[(pages[table] - 1) * size : pages[table] * size] = b"\xff" * size
        machine.replica.write_bytes(content)
        code, said = await machine.run("reset", typed="another name")
        assert (code, words in said, "Traceback" in said) == (1, True, False), said
    assert (await machine.run("reset", "--lost", typed=LABEL))[0] == 0
    assert not machine.replica.exists()


async def test_unsent_work_is_told_and_goes_only_once_it_lies_in_a_file(hall: LiveHall) -> None:
    machine = Machine(hall)
    assert (await machine.run("reset"))[0] == 2, "no device"
    await machine.enrol()
    sha256 = machine.work()
    (machine.folder / "data" / "pki").mkdir()
    (machine.folder / "data" / "pki" / "seal.p12").write_bytes(b"the bureau's")
    with closing(machine.open()):
        code, said = await machine.run("reset", typed=LABEL)
        assert code == 1
        assert "另一个程序正开着" in said
    code, said = await machine.run("reset", typed=LABEL)
    assert code == 1
    for words in ("操作 2 笔 (工号 0307)", "材料文件 1 个", "草稿 1 份 (工号 0308)", "没有清除"):
        assert words in said
    assert machine.replica.exists()
    kept = hall.folder / "kept.zip"
    code, said = await machine.run("reset", "--export", str(hall.folder / "no" / "kept.zip"), typed=LABEL)
    assert (code, "什么都没有清除" in said) == (1, True)
    code, said = await machine.run("reset", "--export", str(kept), typed="window 04")
    assert (code, machine.replica.exists(), len(machine.keys())) == (1, True, 1), "another machine's name"
    kept.unlink()

    before = {path: path.read_bytes() for path in machine.replica.parent.glob("replica.db*")}
    code, said = await machine.run("reset", "--export", str(kept), typed=LABEL)
    assert code == 0, said
    assert "钥匙已从系统钥匙串删除" in said
    assert f"workstation enrol --server {hall.url}" in said
    assert machine.keys() == []
    assert not machine.replica.parent.exists()
    assert (machine.folder / "data" / "pki" / "seal.p12").exists()
    assert b"PLANTED" not in b"".join(before.values()), "a copy of the files made earlier says nothing without the key"
    assert kept.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(kept) as archive:
        told = json.loads(archive.read("unsent.json"))
        assert archive.read(f"files/{sha256}") == b"%PDF-1.7 a scan"
    assert [(each["kind"], each["by"]) for each in told["operations"]] == [
        ("case.note@1", "0307"),
        ("material.attach@1", "0307"),
    ]
    assert "PLANTED" in told["operations"][0]["args"]
    assert [each["key"] for each in told["drafts"]] == ["review/c1"]
    await machine.enrol()
    with closing(machine.open()) as store:
        assert store.pending() == 0
    for drafts in ("已放回草稿 1 份 (另有 0 份", "已放回草稿 0 份 (另有 1 份"):
        code, said = await machine.run("reset", "--import", str(kept))
        assert (code, drafts in said) == (0, True), said
        assert re.search(r"0307 +备注 +c1", said)
        assert "0307" in said.partition("请本人重做")[2]
    with closing(machine.open()) as store:
        assert [tuple(row) for row in store.read("SELECT key, staff FROM draft")] == [("review/c1", "0308")]
        assert store.pending() == 0


@pytest.mark.parametrize("wrong", ["nothing", "no zip", "empty", "other hall", "forged file"])
def test_what_is_no_file_of_ours_puts_nothing_back(tmp_path: Path, wrong: str) -> None:
    path, name = tmp_path / "kept.zip", "a" * 64
    ReplicaStore.create(tmp_path / "replica.db", device="d1", hall="licang", shapes=msgspec.to_builtins(shapes()))
    body: dict[str, Any] = {
        "hall": "jimo" if wrong == "other hall" else "licang",
        "label": "x",
        "operations": [],
        "files": [name],
    }
    body["drafts"] = [{"key": "intake/../x", "staff": "0307", "body": name, "at": 1}]
    if wrong == "no zip":
        path.write_bytes(b"no archive")
    elif wrong != "nothing":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("unsent.json", "{}" if wrong == "empty" else json.dumps(body))
            archive.writestr(f"files/{name}", "what has another hash")
    with closing(ReplicaStore(tmp_path / "replica.db")) as store:
        if wrong == "forged file":
            assert take_back(path, store).files == 0
        else:
            with pytest.raises(InputError, match=r"reset\.import"):
                take_back(path, store)
            assert store.read("SELECT * FROM draft") == []
        assert list(tmp_path.rglob(name)) == []


async def test_a_key_that_the_keyring_keeps_stops_it_and_one_that_is_lost_does_not(hall: LiveHall) -> None:
    machine = Machine(hall)
    await machine.enrol()
    code, said = await machine.run("reset", typed=LABEL, HALL_TEST_DRAWER_STUCK="1")
    assert (code, "什么都没有清除" in said) == (1, True)
    assert machine.replica.exists()
    machine.drawer.write_text("{}")
    code, said = await machine.run("reset", typed=LABEL)
    assert (code, "--lost" in said) == (1, True)
    assert machine.replica.exists()
    code, said = await machine.run("reset", "--lost", typed=LABEL)
    assert code == 0, said
    assert not machine.replica.parent.exists()
