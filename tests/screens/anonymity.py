"""What a rated clerk can lay hands on, gathered as text by place: the machine's copy and files, every route of the wire
with every scope and id there is, every screen under every key at a machine that a handler and a duty manager share,
what streams tell while somebody else is served, every page that a citizen's links lead to.

    gathered = await reached(hall, "0307", "w03")
    told(gathered, marks)      (place, mark) for each mark that stands somewhere
"""

from __future__ import annotations

import contextlib
import html
import re
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

from server_stub.public import screens
from server_stub.public.central import CentralStore
from server_stub.public.drawing import code_path
from sync.errors import HallError
from sync.progress_code import progress_code
from sync.protocol.messages import Push, Pushed
from sync.protocol.operation import KINDS, Envelope
from tests.screens.ledger_hall import rate, visitor
from tests.screens.live_hall import QUEUE, LiveHall, press, text, until
from workstation.headless.device import Device
from workstation.terminal import TerminalApp

OWN = frozenset({"outbox", "kept"})
"""What the machine itself said: the invitation's id was made at it. Nothing that comes to it names that id again."""
KEYS = (*(f"f{n}" for n in range(1, 12)), "enter", "end", "ctrl+e")
Gathered = dict[str, str]
_HOLE = re.compile(r"\{.*?\}")


def told(gathered: Mapping[str, str], marks: Iterable[str]) -> list[tuple[str, str]]:
    """Where a mark stands."""
    return [(place, mark) for place, content in gathered.items() for mark in marks if mark in content]


async def reached(hall: LiveHall, staff: str, window: str, device: Device) -> Gathered:
    """Everything, of one clerk at one machine and at a terminal."""
    await device.exchange()
    found = copy_of(device.store.path) | await wire(hall, device)
    found |= await pushed(hall, staff)
    found |= await pages(hall, window)
    found |= await streams(hall, device, window)
    async with shared(hall, staff) as app:
        found |= await noticed(hall, app, device)
        found |= await walked(app)
        return found | files(app)


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
    """Every GET of the server's own document with everything that could be asked."""
    scopes = await _scopes(hall)
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
    return found


async def _ids(hall: LiveHall) -> list[str]:
    sql = " UNION ".join(f"SELECT id FROM {table}" for table in ("ticket", "invite", "rectification", "staff"))
    return [id for (id,) in await hall.services.store.read(lambda tx: tx.fetch(sql))]


async def _scopes(hall: LiveHall) -> list[str]:
    return [scope for (scope,) in await hall.services.store.read(lambda tx: tx.fetch("SELECT scope FROM head"))]


async def pushed(hall: LiveHall, staff: str) -> Gathered:
    """Operations of every kind on every rating in the scopes of ratings: what the answers say. From a machine of its
    own: what it has said once makes its later numbers come out of order."""
    ids = [id for (id,) in await hall.services.store.read(lambda tx: tx.fetch("SELECT id FROM rating"))]
    device, said = await hall.device(staff), list[Envelope]()
    for scope in (scope for scope in await _scopes(hall) if scope.endswith((":rating", ":callback"))):
        for kind in sorted(KINDS):
            args = {field.name: "x" for field in msgspec.structs.fields(KINDS[kind]) if field.required}
            said += [
                Envelope(
                    n=500_000 + len(said) + k,
                    kind=kind,
                    id=id,
                    scope=scope,
                    args=msgspec.Raw(msgspec.json.encode(args)),
                    by=staff,
                    session=device.transport.session,
                    said_at=0,
                )
                for k, id in enumerate(ids)
            ]
    answers = []
    for begin in range(0, len(said), 100):
        push = Push(device=device.id, boot="b", boot_now=1, ops=said[begin : begin + 100])
        try:
            answer = await device.transport.ask("POST", "/v1/push", Pushed, push)
            answers.append(msgspec.json.encode(answer.results).decode())
        except HallError as error:
            answers.append(f"{error.code} {error.params}")
    return {"push": "\n".join(answers)}


async def pages(hall: LiveHall, window: str) -> Gathered:
    """The small screen that stands before the clerk, the code on the hall's display, and every page that links lead to
    from there and from the first one; the page of each case, whose number and code stand on the receipt that the clerk
    hands out, and of each paper."""
    citizens = CentralStore(hall.services.store, hall.services.applier, hall.clock)
    papers = "SELECT DISTINCT page FROM document WHERE page IS NOT NULL"
    begun = [f"/w/{screens.address(citizens, window)}", code_path(citizens, None), "/"]
    begun += [f"/v/{page}" for (page,) in await hall.services.store.read(lambda tx: tx.fetch(papers))]
    async with httpx.AsyncClient(base_url=hall.url, trust_env=False, timeout=20) as client:
        found = await _linked(client, begun)
        for id, number in await hall.services.store.read(lambda tx: tx.fetch('SELECT id, number FROM "case"')):
            opened = await client.post("/c", data={"number": number, "code": progress_code(id)})
            assert opened.status_code == 303, number
            where = opened.headers["location"]
            page = await client.get(where)
            assert number in page.text, "the case's own page"
            found[where] = f"{opened.headers} {page.headers} {page.text}"
    return found


async def again(hall: LiveHall, paths: Iterable[str]) -> Gathered:
    """Pages that were found before, as they are now."""
    async with httpx.AsyncClient(base_url=hall.url, trust_env=False, timeout=20) as client:
        return {path: (await client.get(path)).text for path in paths}


async def _linked(client: httpx.AsyncClient, begun: Iterable[str]) -> Gathered:
    """These pages and those that their links lead to, in one language, of the days of a month the first."""
    found: Gathered = {}
    to_read = deque(begun)
    while to_read:
        path = to_read.popleft()
        if path in found:
            continue
        page = await client.get(path)
        assert page.status_code == 200, path
        found[path] = f"{page.headers} {page.text}"
        for link in map(html.unescape, re.findall(r'href="(/[^"]*)"', page.text)):
            if not re.search(r"[?&](lang|day)=|\.css$", link):
                to_read.append(link)
    return found


async def streams(hall: LiveHall, device: Device, window: str) -> Gathered:
    """What the streams of the clerk's machine, of the small screen and of the display tell from then on until somebody
    was served who is asked to rate."""
    citizens = CentralStore(hall.services.store, hall.services.applier, hall.clock)
    paths = ("/v1/live", f"/w/{screens.address(citizens, window)}/live", "/d/live")
    headers = {"authorization": f"Bearer {device.transport.token}"}
    found: Gathered = {}
    async with contextlib.AsyncExitStack() as stack:
        client = httpx.AsyncClient(base_url=hall.url, trust_env=False, timeout=60, headers=headers)
        await stack.enter_async_context(client)
        heard = {}
        for path in paths:
            stream = await stack.enter_async_context(client.stream("GET", path))
            heard[path] = stream.aiter_text()
            found[f"GET {path}"] = await anext(heard[path])
        await served(hall, device)
        last = device.results[max(device.results)].seqs[QUEUE]
        for path, said in heard.items():
            until_then = f'"{QUEUE}":{last}' if path == "/v1/live" else "data:"
            while until_then not in found[f"GET {path}"]:
                found[f"GET {path}"] += await anext(said)
    return found


async def served(hall: LiveHall, device: Device) -> str:
    """Somebody more at the clerk's window; the id of the invitation."""
    [session] = [row["id"] for row in device.store.read("SELECT id FROM window_session WHERE closed_at IS NULL")]
    return await visitor(hall, device, session)


@contextlib.asynccontextmanager
async def shared(hall: LiveHall, staff: str) -> AsyncIterator[TerminalApp]:
    """A terminal at which a handler and a duty manager have worked before the clerk: its copy holds who rated, and its
    screens alone keep it from whoever sits there now."""
    async with hall.sitting("0401") as app:
        await walked(app, ())  # what they have looked at must not stand there afterwards
        for each in ("0101", staff):
            await press(app, "f12")
            await hall.sign_on(app, each)
        assert app.desk is not None
        assert app.desk.read("SELECT 1 FROM rating")
        assert app.desk.read("SELECT 1 FROM invite_link")
        yield app


async def noticed(hall: LiveHall, app: TerminalApp, device: Device) -> Gathered:
    """What stands on the screen when a bad rating comes in."""
    assert app.desk is not None
    rated = await served(hall, device)
    await rate(hall, rated)
    await hall.settled(app)
    desk = app.desk
    await until(app, lambda: desk.read("SELECT 1 FROM rectification WHERE id = ?", (rated,)))
    await press(app)
    return {"notice": "\n".join(text(app))}


async def walked(app: TerminalApp, keys: Iterable[str] = KEYS, numbers: Iterable[int] = range(1, 10)) -> Gathered:
    """Each screen as it comes up, and after every key."""
    found: Gathered = {}
    for number in numbers:
        for key in ("", *keys):
            app.goto(number)
            await press(app, *filter(None, (key,)))
            await until(app, lambda: all(worker.is_finished for worker in app.workers))
            assert key or (app.top_frame is not None and number == app.top_frame.NUMBER)
            found[f"screen {number} {key}".rstrip()] = "\n".join(text(app))
    return found


def files(app: TerminalApp) -> Gathered:
    """What the terminal has written beside its copy."""
    folder = app.terminal.replica.parent
    return {
        str(path.relative_to(folder)): path.read_bytes().decode(errors="replace")
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("replica")
    }
