"""A real server process's parts behind the citizens' pages: store, write path, uvicorn on a free port, a driven clock.

hall.put("ticket", …)   a record that is simply there      hall.get("/t/…")   over HTTP
hall.clock              the time, at 2026-03-02 10:00            hall.rows(table)   what the store holds
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Any

import httpx

from server_stub.central.seed import SeedRow, make_heads
from server_stub.central.store import Tx
from server_stub.public import screens, token
from server_stub.public.central import CentralStore
from server_stub.public.voice import Voice
from server_stub.services import Services
from sync.clock import DrivenClock
from sync.trusted import machine_trust
from tests.signed_papers import SignedPapers

NOW = 1_772_416_800_000  # 2026-03-02 10:00 in the hall, a Monday
BASE, QUEUE, RATING, CALLBACK = (f"licang:{part}" for part in ("base", "queue", "rating", "callback"))
CASES = "licang:case/registration"
SCOPES = (BASE, QUEUE, f"{QUEUE}/park", RATING, CALLBACK, CASES)
HOLDER, PHONE = "赵某", "13900000021"
PAPER = "9f3a27c19f3a27c19f3a27c19f3a27c1"
FACTS = {"addressee": "青岛某机械设备租赁有限公司", "matter": "企业变更登记"}
NUMBER = "样审准字(2026)第00012号"


MATTER = {
    "name": "企业变更登记",
    "office": "registration",
    "prefix": "A",
    "expected_minutes": 8,
    "promised_days": 1,
    "statutory_days": 20,
    "basis": "-",
}


class Hall:
    """A hall with one matter and two windows; everything else the tests put there."""

    def __init__(self, folder: Path) -> None:
        self.clock = DrivenClock(NOW)
        self.services = Services.open(f"sqlite:///{folder / 'centre.db'}", self.clock)
        self.public = CentralStore(self.services.store, self.services.applier, self.clock)
        clips = folder / "clips"
        self.voice = Voice(clips if clips.is_dir() else None)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.url = ""

    def begin(self) -> None:
        """The hall itself, its sites, its matter and its windows."""
        self._put(_beginning())

    def _put(self, rows: list[SeedRow]) -> None:
        store = self.services.store

        async def work(tx: Tx) -> None:
            await make_heads(tx, SCOPES)
            for row in rows:
                columns, records = store.columns[row.table], store.records[row.table]
                there = await tx.fetch_one(records.by_id.one, (row.id,))
                v, old = (there[2], columns.body(there)) if there else (0, None)
                image = columns.image(old, row.body)
                await tx.bulk(records.upsert, [columns.params(row.id, row.scope, v + 1, image)])
                await tx.execute("UPDATE head SET seq = seq + 1 WHERE scope = ?", (row.scope,))

        store.transact(work)
        if self.loop is not None:
            asyncio.run_coroutine_threadsafe(self.services.applier.start(), self.loop).result()

    def put_all(self, rows: list[SeedRow]) -> None:
        """Many at once."""
        self._put(rows)

    def put(self, table: str, id: str, scope: str, **columns: Any) -> None:
        """Make a record or change its columns."""
        self._put([SeedRow(table, id, scope, columns)])

    def rows(self, table: str, **where: Any) -> list[Any]:
        """The records of a table."""
        assert self.loop is not None
        return list(asyncio.run_coroutine_threadsafe(self.public.read(table, **where), self.loop).result())

    def ticket(self, id: str, number: str | None, state: str = "waiting", **columns: Any) -> str:
        """A ticket of today; the path of its page."""
        told: dict[str, Any] = {
            "number": number,
            "day": "2026-03-02",
            "matter": "m-1",
            "prefix": (number or "A")[0],
            "site": "main",
        }
        told |= {"state": state, "arrived_at": self.clock.now(), "holder": HOLDER} | columns
        self.put("ticket", id, QUEUE, **told)
        return f"/t/{token.make(self.public.secret, token.TICKET, id)}"

    def session(self, window: str = "w-03", **columns: Any) -> None:
        """Somebody sits at a window."""
        told = {"window": window, "staff": "0307", "device": "d1", "state": "open", "opened_at": self.clock.now()}
        self.put("window_session", f"s-{window}", QUEUE, **(told | columns))

    def invite(self, id: str = "i-1", ticket: str = "t-1", number: str = "A036", **columns: Any) -> str:
        """An open invitation with its link; the path of its page."""
        now = self.clock.now()
        told: dict[str, Any] = {
            "subject": "service",
            "state": "open",
            "matter": "m-1",
            "window": "w-03",
            "staff": "0307",
        }
        told |= {"site": "main", "opened_at": now, "lapses_at": now + 7 * 86_400_000}
        self.put("invite", id, RATING, **(told | columns))
        self.put("invite_link", id, CALLBACK, ticket=ticket, number=number, holder=HOLDER, phone=PHONE)
        return f"/r/{token.make(self.public.secret, token.RATING, id)}"

    def screen(self, window: str = "w-03") -> str:
        """The path of a window's small screen."""
        return f"/w/{screens.address(self.public, window)}"

    def tags(self, level: str, *codes: str, version: int = 1) -> None:
        """A set of tags of one level."""
        tags = [{"code": code, "zh": f"原因{code}", "en": f"reason {code}"} for code in codes]
        self.put("tag_set", f"{level}/{version}", BASE, version=version, nature="permit", level=level, tags=tags)

    def get(self, path: str, **how: Any) -> httpx.Response:
        return httpx.get(self.url + path, verify=machine_trust(), **how)

    def post(self, path: str, fields: dict[str, Any] | None = None, **how: Any) -> httpx.Response:
        return httpx.post(self.url + path, data=fields, verify=machine_trust(), **how)


def _beginning() -> list[SeedRow]:
    window = {"site": "main", "skills": ["A"], "queue_scope": QUEUE}
    return [
        SeedRow("hall", "licang", BASE, {"name": "样例政务大厅", "bureau": "样例审批局", "sample": True}),
        SeedRow("site", "main", BASE, {"name": "大厅", "kind": "hall", "queue_scope": QUEUE}),
        SeedRow("site", "park", BASE, {"name": "样例产业园", "kind": "park", "queue_scope": f"{QUEUE}/park"}),
        SeedRow("matter", "m-1", BASE, MATTER),
        SeedRow("window", "w-03", BASE, {"label": "窗口03", **window}),
        SeedRow("window", "w-05", BASE, {"label": "窗口05", **window}),
    ]


def text(response: httpx.Response) -> str:
    """A page's text without its tags."""
    assert response.status_code == 200, response.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))


def registered(hall: Hall, papers: SignedPapers, way: str = "seal", *levels: str, **columns: Any) -> None:
    """The paper as the registry has it once these levels were handed out."""
    given = {hashlib.sha256(papers.files[way, level]).hexdigest(): {"level": level, "at": NOW} for level in levels}
    digest, signature = papers.known[way]
    signed = {"message_digest": digest, "signature": signature, "files": given}
    prepared(hall, **({"state": "valid", "signed_at": NOW, "registered_at": NOW} | signed | columns))


def prepared(hall: Hall, **columns: Any) -> None:
    case = {"matter": "m-1", "office": "registration", "site": "main", "state": "issued"}
    hall.put("case", "c-1", CASES, applicant=FACTS["addressee"], **case)
    told = {"case": "c-1", "kind": "grant_decision", "number": NUMBER, "page": PAPER, "facts": FACTS}
    hall.put("document", "d-1", CASES, **({"state": "prepared"} | told | columns))
