"""What a supervisor's own session can be made to send: every route of the server's document, with what somebody of this
hall knows – people, scopes, records, the files that wait – and with nonsense.

forger = Forger(hall, device);  await forger.send(many);  forger.sent[("POST", "/v1/push")], forger.ended
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any, Final

import httpx
import msgspec

from sync.protocol.identifiers import uuid7
from sync.protocol.operation import KINDS
from sync.trusted import machine_trust
from tests.screens.live_hall import LiveHall
from workstation.headless.device import Device

STAFF: Final = "0001"
END: Final = ("DELETE", "/v1/session")
KNOWN = 'SELECT id FROM staff UNION SELECT id FROM matter UNION SELECT id FROM ticket UNION SELECT id FROM "case"'


class Forger:
    """One device at which the supervisor has signed on last. `waits` is a file that a record names and that has not
    come, `sessions` are windows that somebody before them opened there."""

    def __init__(
        self, hall: LiveHall, device: Device, waits: tuple[str, bytes], sessions: list[str], seed: int
    ) -> None:
        self.hall, self.device, self.waits, self.sessions = hall, device, waits, sessions
        self.chance = random.Random(seed)
        self.sent: Counter[tuple[str, str]] = Counter()
        self.ended: Counter[str] = Counter()
        self.scopes: list[str] = []
        self.ids: list[str] = []
        self._n = 100_000

    async def send(self, many: int) -> None:
        """So many requests: half of them pushes, the others go round all routes; the last one ends the session."""
        store = self.hall.services.store
        self.scopes = [scope for (scope,) in await store.read(lambda tx: tx.fetch("SELECT scope FROM head"))]
        found = await store.read(lambda tx: tx.fetch(KNOWN))
        self.ids = [*(id for (id,) in found), *(uuid7(self.hall.clock.now()) for _ in range(3))]
        async with httpx.AsyncClient(
            base_url=self.hall.url, trust_env=False, timeout=60, verify=machine_trust()
        ) as client:
            document = (await client.get("/schema/openapi.json")).json()["paths"]
            routes = [(method.upper(), path) for path, methods in document.items() for method in methods]
            routes.remove(END)
            for n in range(many - 1):
                route = ("POST", "/v1/push") if n % 2 else routes[n // 2 % len(routes)]
                await self._one(client, route, document[route[1]][route[0].lower()])
            await self._one(client, END, document[END[1]]["delete"])
        assert set(self.sent) == {END, *routes}

    async def _one(self, client: httpx.AsyncClient, route: tuple[str, str], told: dict[str, Any]) -> None:
        method, path = route
        address = path.replace("{sha256}", self.waits[0] if self.chance.random() < 0.7 else "a" * 64)
        query = {
            each["name"]: self._value(each["schema"])
            for each in told.get("parameters", ())
            if each["in"] == "query" and self.chance.random() < 0.8
        }
        content = self._content(method, path)
        transport = self.device.transport
        headers = {"authorization": f"Bearer {transport.token}", "content-type": "application/json"}
        if method == "POST":
            headers |= transport.signed(method, address, content)
        if method == "PUT":
            headers["content-type"] = self.chance.choice(["application/pdf", "application/json"])
        self.sent[route] += 1
        async with client.stream(method, address, params=query, headers=headers, content=content) as answer:
            assert answer.status_code < 500, (route, answer.status_code)
            body = b"" if path == "/v1/live" else await answer.aread()
        self._note(method, path, answer.status_code, body)

    def _note(self, method: str, path: str, status: int, body: bytes) -> None:
        """How it ended: a result's status where there are any, else what was given, else the answer's."""
        told = msgspec.json.decode(body) if body[:1] == b"{" else {}
        if path == "/v1/push" and status == 200:
            self.ended.update(each["status"] for each in told["results"])
        elif path == "/v1/lease" and status == 200:
            self.ended["given" if told.get("blocks") or told.get("leases") else "nothing given"] += 1
        elif path == "/v1/code" and status == 200:
            self.ended["given"] += 1
        elif method == "PUT" and status in (202, 204):
            self.ended[f"blob {status}"] += 1
        else:
            self.ended[str(told.get("code", status))] += 1

    def _content(self, method: str, path: str) -> bytes:
        if method == "PUT":
            return self.waits[1] if self.chance.random() < 0.8 else b"%PDF-1.4 nothing"
        if method != "POST":
            return b""
        if self.chance.random() < 0.05:
            return self.chance.choice([b"", b"[]", b'{"a":1}', b"\xff\xfe", b"null"])
        return msgspec.json.encode(self._message(path))

    def _message(self, path: str) -> dict[str, Any]:
        pick = self.chance.choice
        if path == "/v1/push":
            return {"device": self.device.id, "boot": "b", "boot_now": 1, "ops": [self._operation()]}
        if path == "/v1/lease":
            queues = [{"of": "ticket", "scope": scope, "prefix": "A"} for scope in self.scopes if ":queue" in scope]
            papers = [{"of": "material_receipt", "scope": pick(self.scopes)} for _ in range(3)]
            over, back = [pick(self.ids) for _ in range(2)], [pick(self.ids)]
            return {"session": pick([*self.sessions, ""]), "blocks": queues + papers, "over": over, "back": back}
        if path == "/v1/heartbeat":
            return {"session": pick([*self.sessions, uuid7(1)])}
        whose = {"device": self.device.id, "staff": pick([STAFF, "0307", "0901"]), "pin": "9", "code": "AAAA-AAAA"}
        return {**whose, "session": pick(self.sessions), "challenge": "x", "proof": "x", "label": "x", "key": "x"}

    def _operation(self) -> dict[str, Any]:
        """Arguments of the right types for the verb, so that nothing but the role stands in its way."""
        self._n += 1
        pick, kind = self.chance.choice, self.chance.choice(sorted(KINDS))
        args: dict[str, object] = {}
        for field in msgspec.structs.fields(KINDS[kind]):
            if field.required or self.chance.random() < 0.3:
                of = str(field.type)
                args[field.name] = 1 if "int" in of else [] if "list" in of else {} if "dict" in of else "0307"
        return {
            "n": self._n,
            "kind": kind,
            "id": pick(self.ids),
            "scope": pick(self.scopes),
            "args": args,
            "by": pick([STAFF, STAFF, "0101", "0307", "clock", "citizen"]),
            "session": self.device.transport.session,
            "said_at": self.hall.clock.now(),
        }

    def _value(self, schema: dict[str, Any]) -> str:
        """Something of the parameter's kind that is known here."""
        kinds = str(schema)
        if "integer" in kinds:
            return str(self.chance.choice([1, 5, 20]))
        if "boolean" in kinds:
            return "true"
        return self.chance.choice([*self.scopes, *self.ids, "2026-11-23", f"{self.scopes[0]}.0"])
