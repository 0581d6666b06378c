"""Several halls in one server process: each on its own store, SQLite or PostgreSQL, and nothing leaks between them."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server_stub.central.initial import make
from server_stub.central.people import new_code
from server_stub.halls import Halls, read
from server_stub.serve import serve_halls
from sync.device_key import DeviceKey
from sync.errors import InputError, ServerRefused
from sync.protocol.verbs import case as cases
from sync.replica.blobs import Blobs, keep_blob
from sync.replica.sessions import Opening, enrol, open_session
from sync.transport.http import HttpTransport
from tests.postgres import database, named
from tests.sync.server_process import ServerProcess
from tests.sync.small_hall import CASES, PIN, SmallHall


@dataclass
class Named:
    """The server as it is reached by one name."""

    app: Any
    host: str

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        await self.app({**scope, "headers": [(b"host", self.host.encode()), *others]}, receive, send)


@pytest.fixture
async def two(
    hall_template: Path, postgres: str, postgres_template: str, tmp_path: Path
) -> AsyncIterator[tuple[SmallHall, SmallHall]]:
    """Two halls that even have one id and the same people: whatever is kept apart is so by the map."""
    shutil.copytree(hall_template, tmp_path / "east")
    (tmp_path / "west").mkdir()
    with database(postgres, template=postgres_template) as dsn:
        east = SmallHall(tmp_path / "east")
        west = SmallHall(tmp_path / "west", url=named(dsn, "", blobs=str(tmp_path / "west" / "blobs")))
        async with east.open(), west.open():
            halls = Halls({"East.example": east.app, "west.example": west.app})
            east.app, west.app = Named(halls, "east.example:8470"), Named(halls, "WEST.example.")  # type: ignore[assignment]
            yield east, west


async def test_nothing_of_one_hall_reaches_the_other(two: tuple[SmallHall, SmallHall]) -> None:
    east, west = two
    here, there = await east.machine("0307"), await west.machine("0307")
    for machine, note in ((here, "east"), (there, "west")):
        said = cases.Note(note=f"n-{note}", text=note)
        assert (await machine.ended(said, id="c0", scope=CASES)).status == "accepted"
    assert east.all("SELECT text FROM case_note") == [("east",)]
    assert west.all("SELECT text FROM case_note") == [("west",)]
    assert here.all("SELECT text FROM case_note") == [("east",)]
    assert there.all("SELECT text FROM case_note") == [("west",)]

    sha256 = keep_blob(here.store, b"%PDF-1.7 a scan")
    attach = cases.Attach(case="c0", name="合同", ordinal=1, sha256=sha256, size=15, media_type="application/pdf")
    assert (await here.ended(attach, id="m1", scope=CASES)).status == "accepted"
    assert await Blobs(here.store, here.transport).send() == 1
    assert await here.transport.get_blob(sha256) == b"%PDF-1.7 a scan"
    with pytest.raises(ServerRefused, match="not_found"):
        await there.transport.get_blob(sha256)

    stranger = HttpTransport.in_memory(west.app)
    assert here.opened is not None
    stranger.use(here.opened)
    with pytest.raises(ServerRefused) as refused:
        await stranger.get_blob(sha256)
    assert refused.value.params["status"] == 401, "a session of the one is none of the other"
    with pytest.raises(ServerRefused):
        await open_session(stranger, Opening(here.device, here.key, "0307", PIN))
    now = east.clock.now()
    code = await east.services.store.write(lambda tx: new_code(tx, now))
    with pytest.raises(ServerRefused):
        await enrol(stranger, code, "x", DeviceKey.make())
    await stranger.close()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=west.app.app)) as client:  # type: ignore[attr-defined]
        for host in ("north.example", "east.example.evil", ""):
            answer = await client.get("http://memory/v1/health", headers={"host": host})
            assert (answer.status_code, answer.json()["code"]) == (421, "unknown_hall")
    assert east.faults() == west.faults() == []


def map_of(folder: Path, **stores: str) -> Path:
    """Each store, a folder's name, under the hall that is said to own it."""
    path = folder / "halls.toml"
    path.write_text(
        "\n".join(
            f"[{hall}]\nhost = '{hall}.example'\nstore = 'sqlite:///{folder / store / 'central.db'}'"
            for hall, store in stores.items()
        )
    )
    return path


def another_hall(path: Path) -> None:
    """The store of the hall jimo, where nothing has happened yet."""
    body = {"name": "即墨", "bureau": "样例局"}
    row = {"table": "hall", "id": "jimo", "scope": "jimo:base", "body": body}
    path.parent.mkdir()
    make(f"sqlite:///{path}", msgspec.json.encode({"scopes": ["jimo:base", "jimo:queue"], "rows": [row]}))


def test_one_process_answers_for_each_by_its_name_and_ends_cleanly(hall_template: Path, tmp_path: Path) -> None:
    shutil.copytree(hall_template, tmp_path / "east")
    another_hall(tmp_path / "west" / "central.db")
    for stores, wrong in (({"licang": "west"}, "jimo"), ({"jimo": "west", "east": "east"}, "licang")):
        with pytest.raises(InputError) as refused:
            serve_halls(read(map_of(tmp_path, **stores)), "127.0.0.1", 0, every=900)
        assert (refused.value.code, refused.value.params["hall"]) == ("halls_other_store", wrong)
    map_of_halls = map_of(tmp_path, licang="east", jimo="west")
    server = ServerProcess("", log=tmp_path / "log", halls=map_of_halls)
    try:
        with httpx.Client(base_url=server.url, trust_env=False, timeout=20) as client:
            for host, status in (("licang.example", 200), ("jimo.example", 200), ("127.0.0.1", 421)):
                for path in ("/v1/health", "/"):
                    assert client.get(path, headers={"host": host}).status_code == status, (host, path)
    finally:
        code = server.stop()
    assert code == 0, (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no hall"),
        ("[east]\nhost = 'a'", "store"),
        ("[east]\nhost = 'a'\nstore = 'sqlite:///a'\ncolour = 'red'", "colour"),
        ("[east]\nhost = 'a'\nstore = 'sqlite:///a'\n[west]\nhost = 'A.'\nstore = 'sqlite:///b'", "host a"),
        ("[east]\nhost = 'a'\nstore = 'sqlite:///a'\n[west]\nhost = 'b'\nstore = 'sqlite:///a'", "store sqlite"),
        ("[east]\nhost = ''\nstore = 'sqlite:///a'", "host"),
        ("east = ", "Invalid value"),
    ],
)
def test_a_map_that_would_mix_halls_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "halls.toml"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        read(path)
    assert refused.value.code == "halls_file"
    assert told in str(refused.value.params["detail"])
