"""A second client, written from docs/protocol.md and docs/verbs.md alone: the standard library, Ed25519 and zstd,
nothing of the product.

    client = Stranger("127.0.0.1", port, "replica.db")
    client.enrol(code); client.sign_on("0307", "1234"); client.pull()
    client.do("ticket.issue@1", id, scope, {…}); client.push()      client.send(file)      client.live()

It previews nothing: what it shows is what the server has said.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import re
import sqlite3
import urllib.parse
from collections.abc import Generator, Iterator
from typing import Any

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

BEGINNING = "0" * 64
COVERED = '("@method" "@path" "content-digest")'
PIECE = 1 << 18
SECONDS = 60.0
_BLANK = re.compile(r"[ \t\r\n]*")
_read = json.JSONDecoder().raw_decode


class Refused(Exception):
    """Problem details."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem}")
        self.status, self.code = status, problem.get("code", "")


def without_padding(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def members(text: str, at: int) -> dict[str, tuple[int, int]]:
    """Where the values of an object stand that begins at `at`: a digest is of the bytes in the answer."""
    found = {}
    at = _after(text, at + 1)
    while text[at] != "}":
        name, at = _read(text, at)
        start = _after(text, _after(text, at) + 1)
        _, end = _read(text, start)
        found[name] = (start, end)
        at = _next(text, end)
    return found


def elements(text: str, at: int) -> Iterator[int]:
    """Where the values of a list begin."""
    at = _after(text, at + 1)
    while text[at] != "]":
        yield at
        at = _next(text, _read(text, at)[1])


def _after(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _next(text: str, at: int) -> int:
    at = _after(text, at)
    return _after(text, at + 1) if text[at] == "," else at


class Stranger:
    """One device; everything blocks. `rows` is what it shows."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self.where = host, port
        self.token = self.session = self.staff = self.device = ""
        self.key = Ed25519PrivateKey.generate()
        self.session_key = b""
        self.shapes: dict[str, Any] = {}
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.executescript(
            "CREATE TABLE outbox (n INTEGER PRIMARY KEY, op TEXT); CREATE TABLE last (n INTEGER);"
            "CREATE TABLE cursor (scope TEXT PRIMARY KEY, seq INTEGER, hash TEXT); INSERT INTO last VALUES (0);"
            "CREATE TABLE row (name TEXT, id TEXT, scope TEXT, v INTEGER, body TEXT, PRIMARY KEY (name, id));"
        )

    # -- requests

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
        connection = http.client.HTTPConnection(*self.where, timeout=SECONDS)
        try:
            told = {name.replace("_", "-"): value for name, value in headers.items()}
            if self.token:
                told["authorization"] = f"Bearer {self.token}"
            connection.request(method, path, body, told)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise Refused(answer.status, json.loads(content or b"{}"))
        return answer.status, answer.headers, content

    def post(self, path: str, message: Any, signature: dict[str, str] | None = None) -> Any:
        body = json.dumps(message).encode()
        if self.token and signature is None:
            signature = self.signature(path, body)
        content = self.request("POST", path, body, content_type="application/json", **signature or {})[2]
        return json.loads(content)

    def signature(self, path: str, body: bytes, *, own: bool = False) -> dict[str, str]:
        """With the session's key, or in the device's own name."""
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        keyid, algorithm = (self.device, "ed25519") if own else (self.session, "hmac-sha256")
        params = f'{COVERED};keyid="{keyid}";alg="{algorithm}";tag="hall-sync"'
        lines = ['"@method": POST', f'"@path": {path}', f'"content-digest": {digest}', f'"@signature-params": {params}']
        text = "\n".join(lines).encode()
        signed = self.key.sign(text) if own else hmac.digest(self.session_key, text, "sha256")
        value = f"sig=:{base64.b64encode(signed).decode()}:"
        return {"content_digest": digest, "signature_input": f"sig={params}", "signature": value}

    def proof(self, *lines: str) -> str:
        return without_padding(self.key.sign("\n".join(lines).encode()))

    # -- enrolment and sessions

    def enrol(self, code: str) -> None:
        public = without_padding(self.key.public_key().public_bytes_raw())
        told = {"code": code, "label": "二号客户端", "key": public, "proof": self.proof("hall-enrol-1", code)}
        given = self.post("/v1/enrol", told)
        self.device, self.shapes = given["device"], given["shapes"]

    def challenge(self) -> str:
        token, self.token = self.token, ""
        try:
            return str(self.post("/v1/challenge", {"device": self.device})["challenge"])
        finally:
            self.token = token

    def sign_on(self, staff: str, pin: str) -> None:
        challenge, self.token = self.challenge(), ""
        proof = self.proof("hall-session-1", self.device, challenge, staff)
        told = {"device": self.device, "challenge": challenge, "proof": proof, "staff": staff, "pin": pin}
        opened = self.post("/v1/session", told)
        self.token, self.session, self.staff = opened["token"], opened["session"], opened["staff"]
        self.session_key = base64.urlsafe_b64decode(opened["key"] + "=" * (-len(opened["key"]) % 4))
        self.db.execute("UPDATE last SET n = max(n, ?)", (opened.get("expect", 1) - 1,))

    def renew(self) -> None:
        challenge, self.token = self.challenge(), ""
        proof = self.proof("hall-renew-1", self.device, challenge, self.session)
        told = {"device": self.device, "session": self.session, "challenge": challenge, "proof": proof}
        self.token = self.post("/v1/session/renew", told)["token"]

    # -- push

    def do(self, kind: str, id: str, scope: str, args: Any, said_at: int = 0) -> None:
        """One transaction: its number and the operation."""
        self.db.execute("BEGIN IMMEDIATE")
        [n] = self.db.execute("UPDATE last SET n = n + 1 RETURNING n").fetchone()
        op = {"n": n, "kind": kind, "id": id, "scope": scope, "args": args, "by": self.staff, "session": self.session}
        self.db.execute("INSERT INTO outbox VALUES (?, ?)", (n, json.dumps(op | {"said_at": said_at})))
        self.db.execute("COMMIT")

    def said(self) -> dict[str, Any]:
        ops = [json.loads(op) for (op,) in self.db.execute("SELECT op FROM outbox ORDER BY n LIMIT 100")]
        return {"device": self.device, "boot": "", "boot_now": 0, "ops": ops}

    def settle(self, pushed: Any) -> Any:
        ended = [(result["n"],) for result in pushed["results"] if result["status"] != "retry"]
        self.db.executemany("DELETE FROM outbox WHERE n = ?", ended)
        return pushed

    def push(self) -> list[Any]:
        results: list[Any] = self.settle(self.post("/v1/push", self.said()))["results"]
        return results

    def last_push(self) -> Any:
        """Of a device that is not taken any more: in its own name, without a token."""
        self.token, told = "", self.said()
        return self.settle(self.post("/v1/push", told, self.signature("/v1/push", json.dumps(told).encode(), own=True)))

    # -- pull

    def pull(self) -> None:
        more = True
        while more:
            held = self.db.execute("SELECT scope, seq FROM cursor").fetchall()
            asked = {"c": ",".join(f"{scope}.{seq}" for scope, seq in held), "shapes": self.shapes_digest()}
            text = self.request("GET", f"/v1/pull?{urllib.parse.urlencode(asked)}")[2].decode()
            pulled, at = json.loads(text), members(text, 0)
            if "shapes" in pulled:
                self.reshape(pulled["shapes"])
                continue
            for scope in pulled.get("missing", []):
                self.db.execute("INSERT INTO cursor VALUES (?, 0, ?)", (scope, BEGINNING))
            for scope in pulled.get("drop", []):
                for table in ("row", "cursor"):
                    self.db.execute(f"DELETE FROM {table} WHERE scope = ?", (scope,))
            pages = members(text, at["scopes"][0])
            for scope, page in pulled["scopes"].items():
                if page.get("snapshot"):
                    self.whole(scope)
                else:
                    self.take(scope, page, text, members(text, pages[scope][0])["rows"][0])
            more = bool(pulled.get("missing")) or any(
                page.get("more") or page.get("snapshot") for page in pulled["scopes"].values()
            )

    def shapes_digest(self) -> str:
        told = [self.shapes[name] for name in sorted(self.shapes)]
        return hashlib.sha256(json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()

    def reshape(self, shapes: Any) -> None:
        """The tables are others than at the enrolment: scopes with rows of those come again from their beginning."""
        changed = [name for name in shapes if shapes[name] != self.shapes.get(name)]
        self.shapes = shapes
        again = [
            scope for name in changed for scope in self.db.execute("SELECT scope FROM row WHERE name = ?", (name,))
        ]
        self.db.executemany(
            "UPDATE cursor SET seq = 0, hash = ? WHERE scope = ?", [(BEGINNING, *each) for each in again]
        )

    def take(self, scope: str, page: Any, text: str, rows: int) -> None:
        [(seq, hashed)] = self.db.execute("SELECT seq, hash FROM cursor WHERE scope = ?", (scope,)).fetchall()
        assert page["from"] == seq
        self.db.execute("BEGIN IMMEDIATE")
        for row, at in zip(page["rows"], elements(text, rows), strict=True):
            seq += 1
            assert row["seq"] == seq
            start, end = members(text, at)["body"]
            body = b"" if row["body"] is None else text[start:end].encode()
            assert row["digest"] == hashlib.sha256(body).hexdigest()
            told = {name: row[name] for name in ("at", "by", "digest", "id", "op", "seq", "table", "v")}
            linked = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            hashed = hashlib.sha256((hashed + linked).encode()).hexdigest()
            assert row["hash"] == hashed
            self.put(scope, row["table"], row["id"], row["v"], row["body"])
        if seq == page["head"]["seq"]:
            assert hashed == page["head"]["hash"]
        self.db.execute("UPDATE cursor SET seq = ?, hash = ? WHERE scope = ?", (seq, hashed, scope))
        self.db.execute("COMMIT")

    def put(self, scope: str, name: str, id: str, v: int, body: Any) -> None:
        here = self.db.execute("SELECT scope, v FROM row WHERE name = ? AND id = ?", (name, id)).fetchone()
        if here is not None and here[0] != scope and (body is None or here[1] >= v):
            return  # it has moved since
        self.db.execute("DELETE FROM row WHERE name = ? AND id = ?", (name, id))
        if body is not None:
            whole = {column["name"]: column.get("default") for column in self.shapes[name]["columns"]} | body
            self.db.execute("INSERT INTO row VALUES (?, ?, ?, ?, ?)", (name, id, scope, v, json.dumps(whole)))

    def whole(self, scope: str) -> None:
        told = json.loads(self.request("GET", f"/v1/snapshot?{urllib.parse.urlencode({'scope': scope})}")[2])
        content = b""
        while len(content) < told["size"]:
            stretch = f"bytes={len(content)}-{len(content) + 999}"
            status, _, more = self.request("GET", f"/v1/blob/{told['blob']}", range=stretch)
            assert status == 206
            content += more
        assert hashlib.sha256(content).hexdigest() == told["blob"]
        unpacked = zstandard.ZstdDecompressor(max_window_size=8 << 20).decompressobj().decompress(content)
        head, *lines = unpacked.removesuffix(b"\n").split(b"\n")
        assert json.loads(head)["seq"] == told["seq"]
        assert len(lines) == told["rows"]
        self.db.execute("BEGIN IMMEDIATE")
        gone = set(self.db.execute("SELECT name, id FROM row WHERE scope = ?", (scope,)))
        for name, id, v, body in map(json.loads, lines):
            self.put(scope, name, id, v, body)
            gone.discard((name, id))
        self.db.executemany("DELETE FROM row WHERE name = ? AND id = ?", gone)
        self.db.execute("UPDATE cursor SET seq = ?, hash = ? WHERE scope = ?", (told["seq"], told["hash"], scope))
        self.db.execute("COMMIT")

    def rows(self, name: str) -> dict[str, dict[str, Any]]:
        """What it shows of a table."""
        found = self.db.execute("SELECT id, scope, v, body FROM row WHERE name = ?", (name,))
        return {id: {"scope": scope, "v": v, **json.loads(body)} for id, scope, v, body in found}

    # -- the live channel, files

    def live(self) -> Generator[dict[str, int], None, None]:
        """Heads as they move; an empty dictionary for a sign of life. Ends with the stream."""
        connection = http.client.HTTPConnection(*self.where, timeout=SECONDS)
        try:
            connection.request("GET", "/v1/live", headers={"authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            assert answer.headers["content-type"].startswith("text/event-stream")
            while line := answer.readline():
                if line.startswith(b":"):
                    yield {}
                elif line.startswith(b"data:"):
                    yield json.loads(line[5:])
        finally:
            connection.close()

    def send(self, content: bytes, media_type: str) -> int:
        """A file that an accepted operation has named, in pieces from where it stands; how many it took."""
        path, pieces = f"/v1/blob/{hashlib.sha256(content).hexdigest()}", 0
        status, headers, _ = self.request("HEAD", path)
        at = 0 if status == 204 else len(content)
        at = int(headers.get("Upload-Offset", at))
        while at < len(content):
            last = min(at + PIECE, len(content)) - 1
            told = {"content_range": f"bytes {at}-{last}/{len(content)}", "content_type": media_type}
            status, headers, _ = self.request("PUT", path, content[at : last + 1], **told)
            at = int(headers["Upload-Offset"]) if status == 202 else len(content)
            pieces += 1
        return pieces
