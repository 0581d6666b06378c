"""What a rated clerk can lay hands on, gathered as text by place: the machine's copy and files, every route of the wire
with every scope and id there is, every screen under every key, the citizens' pages that the clerk's own things lead to.

    gathered = await reached(hall, "0307", "w03")
    told(gathered, marks)      (place, mark) for each mark that stands somewhere
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

from server_stub.public import screens
from server_stub.public.central import CentralStore
from sync.errors import HallError
from sync.progress_code import progress_code
from sync.protocol.messages import Push, Pushed
from sync.protocol.operation import KINDS, Envelope
from tests.screens.live_hall import LiveHall, press, text
from workstation.headless.device import Device

OWN = frozenset({"outbox", "kept"})
"""What the machine itself said: the invitation's id was made at it. Nothing that comes to it names that id again."""
KEYS = (*(f"f{n}" for n in range(1, 12)), "enter", "ctrl+e")
Gathered = dict[str, str]
_HOLE = re.compile(r"\{.*?\}")


def told(gathered: Mapping[str, str], marks: Iterable[str]) -> list[tuple[str, str]]:
    """Where a mark stands."""
    return [(place, mark) for place, content in gathered.items() for mark in marks if mark in content]


async def reached(hall: LiveHall, staff: str, window: str, device: Device) -> Gathered:
    """Everything, of one clerk at one machine and at a terminal."""
    await device.exchange()
    found = copy_of(device.store.path) | await wire(hall, device)
    found |= await pages(hall, window)
    return found | await walked(hall, staff)


def copy_of(replica: Path) -> Gathered:
    """Each table of a copy."""
    connection = sqlite3.connect(f"{replica.as_uri()}?mode=ro", uri=True)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {
        f"copy {name}": str(connection.execute(f'SELECT * FROM "{name}"').fetchall())
        for name in tables
        if name not in OWN
    }
    connection.close()
    return found


async def wire(hall: LiveHall, device: Device) -> Gathered:
    """Every GET of the server's own document with everything that could be asked; and what pushes are answered."""
    scopes = [scope for (scope,) in await hall.services.store.read(lambda tx: tx.fetch("SELECT scope FROM head"))]
    ids = await _ids(hall)
    asked: dict[str, list[dict[str, Any]]] = {
        "/v1/pull": [{"c": ",".join(f"{scope}.0" for scope in scopes), "limit": 2000}],
        "/v1/snapshot": [{"scope": scope} for scope in scopes],
        "/v1/find": [{"q": each} for each in ("MARK", "139", *ids)],
        "/v1/slip": [{"ticket": id} for id in ids],
    }
    blobs = [path.name for path in hall.services.store.blob_folder.iterdir()]
    found: Gathered = {}
    headers = {"authorization": f"Bearer {device.transport.token}"}
    async with httpx.AsyncClient(base_url=hall.url, trust_env=False, timeout=20, headers=headers) as client:
        document = (await client.get("/schema/openapi.json")).json()
        for path in (path for path, item in document["paths"].items() if "get" in item and path != "/v1/live"):
            named = [_HOLE.sub(blob, path) for blob in blobs] if "{" in path else [path]
            for each in named:
                for params in asked.get(path, [{}]):
                    found[f"GET {each} {params}"] = (await client.get(each, params=params)).text
        for id in ids:  # as if the machine were a terminal at which people rate
            for said in ({"scanned": f"/t/{id}"}, {"scanned": f"/r/{id}"}, {"number": "001", "code": "0000"}):
                found[f"POST /v1/rating/find {said}"] = (await client.post("/v1/rating/find", json=said)).text
        async with client.stream("GET", "/v1/live") as stream:
            found["GET /v1/live"] = await anext(stream.aiter_text())
    links = await hall.services.store.read(lambda tx: tx.fetch("SELECT id FROM invite"))
    found["push"] = await _pushed(device, scopes, [id for (id,) in links])
    return found


async def _ids(hall: LiveHall) -> list[str]:
    sql = " UNION ".join(f"SELECT id FROM {table}" for table in ("ticket", "invite", "rectification", "staff"))
    return [id for (id,) in await hall.services.store.read(lambda tx: tx.fetch(sql))]


async def _pushed(device: Device, scopes: list[str], ids: list[str]) -> str:
    """Operations of every kind on every id in the scopes of ratings: what the answers say."""
    said: list[Envelope] = []
    for scope in (scope for scope in scopes if scope.endswith((":rating", ":callback"))):
        for kind in sorted(KINDS):
            args = {field.name: "x" for field in msgspec.structs.fields(KINDS[kind]) if field.required}
            said += [
                Envelope(
                    n=500_000 + len(said) + k,
                    kind=kind,
                    id=id,
                    scope=scope,
                    args=msgspec.Raw(msgspec.json.encode(args)),
                    by="0307",
                    session=device.transport.session,
                    said_at=0,
                )
                for k, id in enumerate(ids)
            ]
    answers = []
    for begin in range(0, len(said), 100):
        push = Push(device=device.id, boot="b", boot_now=1, ops=said[begin : begin + 100])
        try:
            pushed = await device.transport.ask("POST", "/v1/push", Pushed, push)
            answers.append(msgspec.json.encode(pushed.results).decode())
        except HallError as error:
            answers.append(f"{error.code} {error.params}")
    return "\n".join(answers)


async def pages(hall: LiveHall, window: str) -> Gathered:
    """The small screen that stands before the clerk, the rating that its code leads to, the hall's display, what
    anybody may read, and the page of each case, whose number and code stand on the receipt that the clerk hands out."""
    citizens = CentralStore(hall.services.store, hall.services.applier, hall.clock)
    found: Gathered = {}
    async with httpx.AsyncClient(base_url=hall.url, trust_env=False, timeout=20) as client:
        paths = [f"/w/{screens.address(citizens, window)}", "/d", "/", "/n", "/p", "/b"]
        for path in paths:
            found[path] = (await client.get(path)).text
        found["/c"] = (await client.get("/c")).text
        for id, number in await hall.services.store.read(lambda tx: tx.fetch('SELECT id, number FROM "case"')):
            opened = await client.post("/c", data={"number": number, "code": progress_code(id)})
            assert opened.status_code == 303, number
            page = await client.get(opened.headers["location"])
            assert number in page.text, "the case's own page"
            found[f"/c {id}"] = f"{opened.headers} {page.headers} {page.text}"
    return found


async def walked(hall: LiveHall, staff: str) -> Gathered:
    """Each screen, and on each every key; then the files that the terminal has written."""
    found: Gathered = {}
    machine = await hall.enrol()
    async with hall.sitting(staff, machine=machine) as app:
        for digit in "12345678":
            await press(app, "escape", "escape", digit)
            found[f"screen {digit}"] = "\n".join(text(app))
            for key in KEYS:
                await press(app, "escape", "escape", digit, key)
                found[f"screen {digit} {key}"] = "\n".join(text(app))
    for path in machine.path.parent.rglob("*"):
        if path.is_file() and not path.name.startswith("replica"):
            found[str(path.relative_to(machine.path.parent))] = path.read_bytes().decode(errors="replace")
    return {**found, **{f"terminal {name}": content for name, content in copy_of(machine.path).items()}}
