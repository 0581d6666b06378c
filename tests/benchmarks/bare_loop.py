"""The floor of the sync benchmarks: the least that can be called a sync – an outbox and a copy in SQLite, HTTP, SQLite.

    python tests/benchmarks/bare_loop.py serve DB PORT_FILE     the server, until killed
    Loop(url)                                                   the client's side: push(documents), pull()

    outbox read ─▶ one JSON body ─▶ HTTP over a socket (httpx, uvicorn) ─▶ decoded ─▶ one row each under a unique id
    ─▶ commit, on the disk ─▶ answer ─▶ deleted from the outbox, on the disk ─▶ the next

A push carries the product's own operations, byte for byte as large; a pull brings rows as large as the product's
images. No roles, no rules, no chain, no results, no signature, nothing packed, no framework behind the socket.
Durable at both ends (synchronous=FULL), as the product is for operations. What the product pulls it can pull again,
and does not wait for the disk; its pages grow beyond the 500 of this loop.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import httpx


class Loop:
    """One client: an outbox, a copy, a cursor."""

    def __init__(self, url: str, path: Path) -> None:
        self.http = httpx.Client(base_url=url, trust_env=False)
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.execute("CREATE TABLE outbox (n INTEGER PRIMARY KEY, body TEXT)")
        self.db.execute("CREATE TABLE document (id TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID")
        self.db.execute("CREATE TABLE cursor (seq INTEGER)")

    def queue(self, bodies: list[str]) -> None:
        """Fill the outbox."""
        self.db.execute("BEGIN")
        self.db.executemany("INSERT INTO outbox (body) VALUES (?)", [(body,) for body in bodies])
        self.db.execute("COMMIT")

    def push(self, batch: int) -> int:
        """Empty it; how many documents went."""
        count = 0
        while rows := self.db.execute("SELECT n, body FROM outbox ORDER BY n LIMIT ?", (batch,)).fetchall():
            content = '{"ops":[' + ",".join(body for _, body in rows) + "]}"
            self.http.post("/push", content=content.encode()).raise_for_status()
            self.db.execute("DELETE FROM outbox WHERE n <= ?", (rows[-1][0],))
            count += len(rows)
        return count

    def pull(self, limit: int) -> int:
        """Fetch everything into the copy; how many documents came."""
        cursor, count = 0, 0
        while True:
            page = self.http.get("/pull", params={"since": cursor, "limit": limit}).json()
            if not page["ops"]:
                return count
            cursor = page["cursor"]
            rows = [(op["id"], json.dumps(op, ensure_ascii=False)) for op in page["ops"]]
            self.db.execute("BEGIN")
            self.db.executemany(
                "INSERT INTO document VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body", rows
            )
            self.db.execute("DELETE FROM cursor")
            self.db.execute("INSERT INTO cursor VALUES (?)", (cursor,))
            self.db.execute("COMMIT")
            count += len(rows)

    def close(self) -> None:
        """Close both ends."""
        self.http.close()
        self.db.close()


def application(path: str) -> Any:
    """The ASGI application over one table."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE log (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, body TEXT NOT NULL)")

    def push(body: bytes) -> bytes:
        ops = json.loads(body)["ops"]
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "INSERT INTO log (id, body) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
            [(op["id"], json.dumps(op, ensure_ascii=False)) for op in ops],
        )
        db.execute("COMMIT")
        return b'{"ok":true}'

    def pull(query: str) -> bytes:
        asked = dict(part.split("=") for part in query.split("&"))
        sql = "SELECT seq, body FROM log WHERE seq > ? ORDER BY seq LIMIT ?"
        rows = db.execute(sql, (int(asked["since"]), int(asked["limit"]))).fetchall()
        cursor = rows[-1][0] if rows else int(asked["since"])
        return f'{{"cursor":{cursor},"ops":[{",".join(body for _, body in rows)}]}}'.encode()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/push":
            content, more = b"", True
            while more:
                message = await receive()
                content, more = content + message.get("body", b""), message.get("more_body", False)
            answer = push(content)
        else:
            answer = pull(scope["query_string"].decode())
        length = (b"content-length", str(len(answer)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": answer})

    return app


def serve(path: str) -> None:
    """On a free port, which is printed."""
    import socket

    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as sock:
        print(f"ready http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
        config = uvicorn.Config(application(path), log_level="error", access_log=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[sock])


if __name__ == "__main__":
    serve(sys.argv[1])
