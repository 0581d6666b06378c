"""docs/protocol.md tells what is there: every route, message, status and code – and its page of a client works.

The client below is written from that page alone: httpx, cryptography, hashlib, hmac and json, nothing of the product.
"""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server_stub.central.people import new_code
from server_stub.problems import _CODES, _DOORS
from server_stub.snapshots import LARGE
from sync.protocol import messages
from sync.protocol.operation import Envelope
from sync.protocol.verbs import ticket as tickets
from tests.sync.small_hall import PIN, QUEUE, SmallHall
from tests.sync.test_wire import ABSENT, ROUTES

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "protocol.md").read_text()


def test_the_page_names_every_route_status_and_code() -> None:
    for _, path, _ in ROUTES:
        if path != "/v1/health":
            assert path.replace(ABSENT, "{sha256}") in PAGE, path
    for status in {*messages.FINAL, messages.RETRY}:
        assert f"`{status}`" in PAGE, status
    for code in {*_CODES.values(), *_DOORS}:
        assert f"`{code}`" in PAGE, code


def test_the_page_names_every_field_of_the_messages() -> None:
    told: list[type[msgspec.Struct]] = [
        *(Envelope, messages.Push, messages.Pushed, messages.Pulled, messages.ScopePage, messages.LogRow),
        *(messages.Snapshot, messages.SnapshotHead),
        *(messages.Enrol, messages.Enrolled, messages.OpenSession, messages.SessionOpened, messages.Problem),
        *(messages.Challenge, messages.Challenged, messages.RenewSession, messages.Renewed),
    ]
    for message in told:
        for field in msgspec.structs.fields(message):
            assert field.encode_name in PAGE, f"{message.__name__}.{field.encode_name}"


def without_padding(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


class Stranger:
    """A second client."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.headers: dict[str, str] = {}
        self.device = ""
        self.n = 0
        self.cursors: dict[str, tuple[int, str]] = {}
        self.rows: dict[tuple[str, str, str], Any] = {}
        self.outbox: list[dict[str, Any]] = []

    async def ask(self, method: str, path: str, **how: Any) -> Any:
        response = await self.http.request(method, path, headers=self.headers, **how)
        assert response.status_code < 400, response.text
        return json.loads(response.content)

    async def begin(self, code: str, staff: str) -> None:
        key = Ed25519PrivateKey.generate()

        def sign(*lines: str) -> str:
            return without_padding(key.sign("\n".join(lines).encode()))

        public = without_padding(key.public_key().public_bytes_raw())
        enrol = {"code": code, "label": "stranger", "key": public, "proof": sign("hall-enrol-1", code)}
        self.device = (await self.ask("POST", "/v1/enrol", json=enrol))["device"]
        challenge = (await self.ask("POST", "/v1/challenge", json={"device": self.device}))["challenge"]
        proof = sign("hall-session-1", self.device, challenge, staff)
        opening = {"device": self.device, "challenge": challenge, "proof": proof, "staff": staff, "pin": PIN}
        session = await self.ask("POST", "/v1/session", json=opening)
        self.headers["authorization"] = f"Bearer {session['token']}"
        self.session, self.key = session["session"], base64.urlsafe_b64decode(session["key"] + "=")
        await self.pull()

    def do(self, kind: str, id: str, scope: str, by: str, args: Any) -> None:
        self.n += 1
        op = {"n": self.n, "kind": kind, "id": id, "scope": scope, "args": args, "by": by, "session": "", "said_at": 0}
        self.outbox.append(op)

    async def push(self) -> list[Any]:
        push = {"device": self.device, "boot": "", "boot_now": 0, "ops": self.outbox}
        body = json.dumps(push).encode()
        headers = self.headers | self.signed("POST", "/v1/push", body)
        response = await self.http.post("/v1/push", content=body, headers=headers)
        assert response.status_code == 200, response.text
        results: list[Any] = response.json()["results"]
        self.outbox = [op for op, result in zip(self.outbox, results, strict=True) if result["status"] == "retry"]
        return results

    def signed(self, method: str, path: str, body: bytes) -> dict[str, str]:
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        covered = '("@method" "@path" "content-digest")'
        params = f'{covered};keyid="{self.session}";alg="hmac-sha256";tag="hall-sync"'
        lines = [f'"@method": {method}', f'"@path": {path}', f'"content-digest": {digest}']
        base = "\n".join([*lines, f'"@signature-params": {params}'])
        mac = base64.b64encode(hmac.digest(self.key, base.encode(), "sha256")).decode()
        return {"content-digest": digest, "signature-input": f"sig={params}", "signature": f"sig=:{mac}:"}

    async def pull(self) -> None:
        more = True
        while more:
            asked = ",".join(f"{scope}.{seq}" for scope, (seq, _) in self.cursors.items())
            pulled = await self.ask("GET", "/v1/pull", params={"c": asked})
            for scope in pulled.get("missing", []):
                self.cursors[scope] = (0, "0" * 64)
            for scope in pulled.get("drop", []):
                del self.cursors[scope]
                self.rows = {key: row for key, row in self.rows.items() if key[0] != scope}
            for scope, page in pulled["scopes"].items():
                await self.whole(scope) if page.get("snapshot") else self.take(scope, page)
            more = bool(pulled.get("missing")) or any(page.get("more") for page in pulled["scopes"].values())

    async def whole(self, scope: str) -> None:
        told = await self.ask("GET", "/v1/snapshot", params={"scope": scope})
        url, content = f"/v1/blob/{told['blob']}", b""
        while len(content) < told["size"]:
            headers = self.headers | {"range": f"bytes={len(content)}-{len(content) + 999}"}
            response = await self.http.get(url, headers=headers)
            assert response.status_code == 206, response.text
            content += response.content
        assert hashlib.sha256(content).hexdigest() == told["blob"]
        head, *lines = zstandard.ZstdDecompressor().decompressobj().decompress(content).splitlines()
        assert json.loads(head)["seq"] == told["seq"]
        assert len(lines) == told["rows"]
        self.rows = {key: row for key, row in self.rows.items() if key[0] != scope}
        self.rows |= {(scope, table, id): body for table, id, _, body in map(json.loads, lines)}
        self.cursors[scope] = (told["seq"], told["hash"])

    def take(self, scope: str, page: Any) -> None:
        seq, hashed = self.cursors[scope]
        assert page["from"] == seq
        for row in page["rows"]:
            assert row["seq"] == seq + 1
            seq = row["seq"]
            told = {name: row[name] for name in ("at", "by", "digest", "id", "op", "seq", "table", "v")}
            text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            hashed = hashlib.sha256((hashed + text).encode()).hexdigest()
            assert hashed == row["hash"]
            self.rows[scope, row["table"], row["id"]] = row["body"]
        self.cursors[scope] = (seq, hashed)
        if seq == page["head"]["seq"]:
            assert hashed == page["head"]["hash"]


@pytest.mark.parametrize("large", [1, LARGE])
async def test_a_client_written_from_the_page_works(hall: SmallHall, large: int) -> None:
    hall.services.snapshots.large = large
    window = await hall.machine("0308")
    now = hall.clock.now()
    code = await hall.services.store.write(lambda tx: new_code(tx, now))
    transport = httpx.ASGITransport(app=cast(Any, hall.app))
    async with httpx.AsyncClient(transport=transport, base_url="http://hall") as http:
        stranger = Stranger(http)
        await stranger.begin(code, "0307")
        stranger.do("ticket.issue@1", "t1", QUEUE, "0307", {"matter": "m1", "site": "hall"})
        stranger.do("ticket.miss@1", "nothing", QUEUE, "0307", {})
        again = list(stranger.outbox)
        results = await stranger.push()
        assert [result["status"] for result in results] == ["accepted", "refused"]
        stranger.outbox = again
        assert await stranger.push() == results, "asked again, answered again"
        window.do(tickets.Issue(matter="m1", site="hall"), id="t2")
        await window.push()
        await stranger.pull()
        await window.pull()
        mine = {id: body["number"] for (_, table, id), body in stranger.rows.items() if table == "ticket"}
        assert mine == {"t1": "A001", "t2": "A002"} == dict(window.all("SELECT id, number FROM ticket"))
        assert {scope: seq for scope, (seq, _) in stranger.cursors.items()} == dict(
            window.all("SELECT scope, seq FROM cursor")
        )
