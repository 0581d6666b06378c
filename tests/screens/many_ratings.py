"""A hall with many ratings, each given or lapsed by its rule, and a count of its own from the log.

    await give_many(store, 40_000)         invitations of three months; answered, lapsed, or open still
    recount(path)                          every invitation and rating once more, from the log's bodies alone
    counted.figures(group, begin, end)     {key: (invited, rated, bad, defaulted)} between two days of the hall

The counting knows no code of the product: bodies are JSON, days are made by the standard library.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec

from server_stub.apply.incoming import CLOCK_DEVICE, PUBLIC_DEVICE, Incoming
from server_stub.central.seed import SeedRow, seed
from server_stub.services import Services
from sync.clock import DrivenClock
from sync.protocol.identifiers import once
from sync.protocol.operation import Args, Envelope, decode, kind_of
from sync.protocol.verbs import rating as verbs
from tests.screens.live_hall import BASE, CALLBACK, NOW, RATING

HALL_TIME = timezone(timedelta(hours=8))
LEVELS = ("very_satisfied", "satisfied", "fair", "dissatisfied", "very_dissatisfied")
WEIGHTS = (900, 80, 12, 5, 3)
BAD = frozenset(LEVELS[3:])
FIRST = datetime(2026, 9, 1, tzinfo=HALL_TIME)
TAGS = ("slow", "told_late", "rude")
AT_ONCE = 40
Four = tuple[int, int, int, int]


def ms(moment: datetime) -> int:
    """Since the epoch."""
    return round(moment.timestamp() * 1000)


def _places() -> list[SeedRow]:
    rows = []
    for i in range(30):
        window = {"label": f"{50 + i}", "site": "hall" if i < 24 else "jinhainiu", "skills": ["A"]}
        rows.append(SeedRow("window", f"c{i}", BASE, {**window, "queue_scope": "licang:queue"}))
        rows.append(SeedRow("staff", f"7{i:03d}", BASE, {"name": "赵某", "site": "hall"}))
    for level in LEVELS:
        tags = [{"code": code, "zh": code, "en": code} for code in TAGS]
        rows.append(
            SeedRow("tag_set", f"{level}/1", BASE, {"version": 1, "nature": "permit", "level": level, "tags": tags})
        )
    return rows


def _moments(ratings: int, chance: random.Random) -> list[int]:
    """When people rate: over the months up to now, and in the first and the last ms of each day's month."""
    first, found = ms(FIRST), []
    for month in (9, 10, 11):
        begin = ms(datetime(2026, month, 1, tzinfo=HALL_TIME))
        found += [begin, begin - 1 if begin > first else begin]
    batches = max(1, (ratings - len(found)) // AT_ONCE)
    found += [chance.randrange(first, NOW - 1) for _ in range(batches)]
    return sorted(found)


async def give_many(url: str, ratings: int, seed_of: int = 1) -> None:
    """Into a store that no server has open: so many answers, an eighth as many defaults, some invitations left open."""
    chance = random.Random(seed_of)
    moments = _moments(ratings, chance)
    each = [1 if i < 6 else AT_ONCE for i in range(len(moments))]
    chance.shuffle(each)
    plan: list[tuple[int, str, bool]] = []
    for at, many in zip(moments, each, strict=True):
        plan += [(at, f"i{len(plan) + k}", True) for k in range(many)]
    lapsed = [(chance.choice(moments), f"l{k}", False) for k in range(ratings // 8)]
    opened = [(chance.choice(moments), f"o{k}", False) for k in range(ratings // 40)]
    rows = _places()
    for at, id, _ in (*plan, *lapsed, *opened):
        rows += _invited(id, at, chance)
    clock = DrivenClock(ms(FIRST))
    services = Services.open(url, clock)
    try:
        seed(services.store, [], rows, {}, clock.now())
        await services.applier.start()
        matters = {row.id: row.body["matter"] for row in rows if row.table == "invite"}
        said = [
            (at, verbs.Lapse() if id[0] == "l" else _answer(matters[id], chance), id)
            for at, id, _ in sorted([*plan, *lapsed])
        ]
        for begin in range(0, len(said), 400):
            await asyncio.gather(*(_submit(services, *one) for one in said[begin : begin + 400]))
        await services.applier.stop()
        await services.store.release()
    finally:
        services.store.close()


def _invited(id: str, at: int, chance: random.Random) -> list[SeedRow]:
    i = min(chance.randrange(30), chance.randrange(30))
    site, matter = "hall" if i < 24 else "jinhainiu", chance.choice(("m-change", "m-set-up", "m-food"))
    by = {"window": f"c{i}", "staff": f"7{i:03d}"} if chance.random() < 0.95 else {}
    told = {"subject": "service", "state": "open", "matter": matter, "site": site, **by}
    opened = max(at - chance.randrange(0, 3 * 86_400_000), ms(FIRST))
    invite = {**told, "opened_at": opened, "lapses_at": at if id[0] == "l" else at + 7 * 86_400_000}
    link = {"ticket": f"t{id}", "number": "A001", "holder": "赵某", "phone": "13900000021"}
    return [SeedRow("invite", id, RATING, invite), SeedRow("invite_link", id, CALLBACK, link)]


def _answer(matter: str, chance: random.Random) -> verbs.Give:
    [level] = chance.choices(LEVELS, WEIGHTS)
    person = chance.choices(LEVELS, WEIGHTS)[0] if chance.random() < 0.3 else None
    tags = [chance.choice(TAGS)] if level in BAD else []
    version = 1 if tags else None
    return verbs.Give(level=level, person_level=person, tags=tags, tag_version=version, matter=matter, channel="phone")


async def _submit(services: Services, at: int, args: Args, id: str) -> None:
    device, by = (CLOCK_DEVICE, "clock") if isinstance(args, verbs.Lapse) else (PUBLIC_DEVICE, "citizen")
    envelope = Envelope(
        n=once(by, kind_of(args), id),
        kind=kind_of(args),
        id=id,
        scope=RATING,
        args=msgspec.Raw(msgspec.json.encode(args)),
        by=by,
        session="",
        said_at=at,
    )
    [result] = await services.applier.submit([Incoming(envelope, device, at, at, decode(envelope, device))])
    assert result.status == "accepted", result


@dataclass(frozen=True)
class Counted:
    """The last image of every invitation and rating."""

    invites: list[dict[str, Any]]
    ratings: list[dict[str, Any]]
    bad: set[str]
    entries: list[str]

    def figures(self, group: str, begin: str, end: str) -> dict[str, Four]:
        """From the day `begin` up to, without it, the day `end`; "" sums what has no such group."""
        low, high = (ms(datetime.fromisoformat(day).replace(tzinfo=HALL_TIME)) for day in (begin, end))
        found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        written = "%Y-%m" if high - low > 40 * 24 * 3_600_000 else "%Y-%m-%d"

        def key(row: dict[str, Any], at: str) -> str:
            if group == "period":
                return f"{datetime.fromtimestamp(row[at] / 1000, HALL_TIME):{written}}"
            return row[group] or ""

        for invite in self.invites:
            if low <= invite["opened_at"] < high:
                found[key(invite, "opened_at")][0] += 1
        for rating in self.ratings:
            if low <= rating["rated_at"] < high:
                line = found[key(rating, "rated_at")]
                if rating["defaulted"]:
                    line[3] += 1
                else:
                    line[1] += 1
                    line[2] += rating["level"] in BAD or rating["person_level"] in BAD
        return {key: (a, b, c, d) for key, (a, b, c, d) in found.items()}

    def total(self, begin: str, end: str) -> Four:
        """All of them."""
        lines = list(self.figures("site", begin, end).values())
        a, b, c, d = (sum(line[k] for line in lines) for k in range(4))
        return a, b, c, d


def recount(store: Path) -> Counted:
    """From the log of a store that no server has open."""
    images: dict[str, dict[str, Any]] = {"invite": {}, "rating": {}, "rectification": {}}
    connection = sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)
    opened: list[str] = []
    for table, id, body, v in connection.execute('SELECT "table", id, body, v FROM log ORDER BY scope, seq'):
        if table in images:
            images[table][id] = json.loads(body)
            if table == "rectification" and v == 1:
                opened.append(id)
    connection.close()
    ratings = images["rating"]
    bad = {
        id
        for id, each in ratings.items()
        if not each["defaulted"] and (each["level"] in BAD or each["person_level"] in BAD)
    }
    return Counted(list(images["invite"].values()), list(ratings.values()), bad, opened)
