"""Hostile strings in every field of every verb: refused with a reason, or carried unchanged to every copy.

The big list of naughty strings, the collected names, terminal escapes, bidirectional marks, markup – each in turn in
each text of each operation, also in the ids, said by people who may say it.
"""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec

from sync.protocol.operation import KINDS, Args
from tests.attack.test_hostile_text import OWN
from tests.sync.small_hall import BASE, CASES, QUEUE, Machine, SmallHall

KNOWN = {  # what makes a verb go through where it can
    "matter": "m1",
    "site": "hall",
    "window": "w1",
    "staff": "0307",
    "role": "clerk",
    "over": QUEUE,
    "case": "c0",
    "field": "phone",
    "was": "1",
    "office": "registration",
    "prefix": "Z",
    "media_type": "text/plain",
    "sha256": "a" * 64,
    "level": "good",
    "channel": "counter",
    "day": "2026-03-02",
    "item": "fair",
    "activity": "done",
}
NUMBERS = {"expected_minutes": 5, "promised_days": 5, "statutory_days": 20, "ordinal": 1, "size": 1, "percent": 50}
BASE_NOUNS = {"calendar", "matter", "role", "setting", "staff"}
QUEUE_NOUNS = {"ticket", "window", "queue", "appointment"}
EACH = 12
"""So many strings a field; the lists go round, so that every string is in some field."""


def filled(args: type[Args]) -> dict[str, Any]:
    """Arguments of a verb that decode."""
    told: dict[str, Any] = {}
    for field in msgspec.structs.fields(args):
        if not field.required:
            continue
        kind = str(field.type)
        if field.name in KNOWN:
            told[field.name] = KNOWN[field.name]
        elif "SignedFile" in kind:
            digest = "a" * 64
            told[field.name] = {"sha256": digest, "size": 1, "pages": 1, "message_digest": digest, "signature": "s"}
            told[field.name] |= {"signer": "x", "serial": "1", "level": "B-B", "signed_at": 1}
        elif "Sequence" in kind or "list" in kind:
            told[field.name] = []
        elif "bool" in kind:
            told[field.name] = True
        elif "int" in kind:
            told[field.name] = NUMBERS.get(field.name, 1)
        else:
            told[field.name] = "x"
    return told


def places(args: type[Args]) -> list[str]:
    """Where a text can stand in a verb's arguments; "" is the id of the record."""
    return ["", *(f.name for f in msgspec.structs.fields(args) if "str" in str(f.type) or "Any" in str(f.type))]


def put(told: dict[str, Any], field: str, kind: type[Args], text: str) -> dict[str, Any]:
    """The arguments with a text in a place, also within lists and maps."""
    found = next((str(f.type) for f in msgspec.structs.fields(kind) if f.name == field), "")
    value: Any = text
    if "Sequence" in found or "list[dict" in found:
        value = [{"reason": text, "material": text, "remedy": text}]
    elif "ListedMaterial" in found:
        value = [{"id": text, "name": text, "ordinal": 1, "sha256": "a" * 64, "size": 1, "media_type": text}]
    elif "list[str" in found:
        value = [text]
    elif "Mapping" in found:
        value = {"phone": text, text: text}
    elif "Any" in found:
        value = {"value": text}
    return {**told, field: value} if field else told


def hostile(shared_data: Path) -> Iterator[str]:
    """Every string, round and round."""
    names = [each["text"] for each in json.loads((shared_data / "text/names_hostile.json").read_bytes())]
    naughty = json.loads((shared_data / "text/blns.json").read_bytes())
    return itertools.cycle([*OWN[:-1], *names, *naughty])


class Pusher:
    """Operations as bytes, a hundred a request, each under a record's id of its own unless that is what is tried."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.waiting: list[tuple[dict[str, Any], str]] = []
        self.n = 0
        self.ended: list[tuple[str, str, str, str | None]] = []

    async def say(self, kind: str, field: str, text: str) -> None:
        noun, args = kind.partition(".")[0], KINDS[kind]
        scope = BASE if noun in BASE_NOUNS else QUEUE if noun in QUEUE_NOUNS else CASES
        by = "0901" if scope == BASE else "0307"
        self.n += 1
        id = text if not field else "c0" if kind in ("case.note@1", "case.edit@1") else f"h{self.n}"
        told = put({**filled(args), **({"note": f"n{self.n}"} if kind == "case.note@1" else {})}, field, args, text)
        op = {"n": self.n, "kind": kind, "id": id, "scope": scope, "by": by, "session": "", "said_at": 0, "args": told}
        self.waiting.append((op, text))
        if len(self.waiting) == 100:
            await self.send()

    async def send(self) -> None:
        sent, self.waiting = self.waiting, []
        body = json.dumps({"device": self.machine.device, "boot": "b", "boot_now": 0, "ops": [op for op, _ in sent]})
        transport, sent_as = self.machine.transport, body.encode()
        headers = {"authorization": f"Bearer {transport.token}"} | transport.signed("POST", "/v1/push", sent_as)
        async with httpx.AsyncClient(transport=self.machine.network, base_url="http://hall", timeout=60) as client:
            answer = await client.post("/v1/push", content=sent_as, headers=headers)
        assert answer.status_code == 200, answer.text
        for (op, text), result in zip(sent, answer.json()["results"], strict=True):
            where = f"{op['kind']} {op} {text!r} → {result}"
            assert result["n"] == op["n"], where
            assert result["status"] in ("accepted", "refused", "conflict"), where
            assert result["status"] == "accepted" or result["code"], where
            self.ended.append((op["kind"], text, result["status"], result.get("code")))


async def test_every_string_in_every_field(hall: SmallHall, shared_data: Path) -> None:
    texts = hostile(shared_data)
    machine, other = await hall.machine("0307", "0901"), await hall.machine("0308")
    pusher = Pusher(machine)
    for kind in sorted(kind for kind in KINDS if not kind.startswith("test.")):
        for field in places(KINDS[kind]):
            for text in itertools.islice(texts, EACH):
                await pusher.say(kind, field, text)
    await pusher.send()
    assert len(pusher.ended) > 1_000
    accepted = [(kind, text) for kind, text, status, _ in pusher.ended if status == "accepted"]
    assert len({text for _, text in accepted}) > 100, "enough of it went through to have travelled"
    await other.pull()
    assert hall.faults() == []
    told = [(table, id) for table, id in hall.all('SELECT DISTINCT "table", id FROM log WHERE n > 0')]
    for table, id in told:
        [(body,)] = hall.all('SELECT body FROM log WHERE "table" = ? AND id = ? ORDER BY seq DESC LIMIT 1', table, id)
        shown = other.row(table, id)
        if shown is not None:
            assert {k: v for k, v in shown.items() if k not in ("scope", "v")} == json.loads(body), (table, id)


async def test_a_text_travels_as_it_was_said(hall: SmallHall, shared_data: Path) -> None:
    texts = list(dict.fromkeys(itertools.islice(hostile(shared_data), 600)))
    machine, other = await hall.machine("0307"), await hall.machine("0308")
    pusher = Pusher(machine)
    for text in texts:
        await pusher.say("case.note@1", "text", text)
        await pusher.say("ticket.issue@1", "holder", text)
    await pusher.send()
    await other.pull()
    notes = {text for (text,) in other.all("SELECT text FROM case_note")}
    holders = {text for (text,) in other.all("SELECT holder FROM ticket")}
    for kind, text, status, code in pusher.ended:
        if status == "accepted":
            shown = notes if kind == "case.note@1" else holders
            assert text in shown or text.strip() in shown, (kind, text)  # no more than white space around it is lost
        else:
            assert code in ("bad_args", "bad_value") or not text.strip(), (kind, text, code)
    assert len(notes) > 400
