"""Signatures on their way from B-B to B-LTA: whose turn it is, and what a screen shows of it.

due, and this machine's hour, or nobody's ─▶ todo          due, in another machine's hour ─▶ elsewhere
stayed at its level: no try can help now   ─▶ stays, until it is due again, or the hall names other servers
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workstation.locale import Phrase

Read = Callable[..., list[sqlite3.Row]]
SHOWN = 40
FAR_MS = 40 * 86_400_000  # a paper that stays is due again within this time
LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")


@dataclass(frozen=True, slots=True)
class Stay:
    """Why a paper stays: `words`, and with which servers and trust lists of the hall (`mark`)."""

    words: Phrase
    mark: str


@dataclass(frozen=True, slots=True)
class Climber:
    """A signed paper whose signature is to go up, or to be stamped anew. `files`: every file of it that was handed out,
    the highest level first. Times are the centre's, ms."""

    id: str
    scope: str
    number: str
    level: str
    sha256: str
    files: tuple[str, ...]
    message_digest: str
    signature: str
    due_at: int
    raiser: str
    raiser_label: str
    until: int
    stay: Stay | None

    def stays(self, now: int, mark: str) -> bool:
        """Whether no try can help now."""
        return self.stay is not None and self.due_at > now and self.stay.mark == mark

    def is_of(self, device: str, now: int) -> bool:
        """Whether it is this machine's hour."""
        return self.raiser == device and self.until > now

    def is_elsewhere(self, device: str, now: int) -> bool:
        """Whether it is another machine's."""
        return self.raiser != device and self.until > now


@dataclass(frozen=True, slots=True)
class Listed:
    """One paper as the list shows it: `who` raises it ("" this machine, None nobody yet), why it did not get further,
    and when it is tried again (ms, 0 at once)."""

    number: str
    level: str
    who: str | None
    why: Phrase | None
    next_at: int


@dataclass(frozen=True, slots=True)
class LevelsWaiting:
    """How many papers wait for a higher level, why the first did not get it, and when it is tried again (ms); how many
    of them were another machine's; how many are raised elsewhere, and by whom; how many stay where they are, and why
    the last of them."""

    count: int = 0
    why: Phrase | None = None
    next_at: int = 0
    taken_over: int = 0
    elsewhere: int = 0
    raisers: tuple[str, ...] = ()
    stays: int = 0
    why_stays: Phrase | None = None
    papers: tuple[Listed, ...] = ()


_CLIMBERS = """SELECT id, scope, coalesce(number, id) AS number, coalesce(level, 'B-B') AS level, sha256, files,
coalesce(message_digest, '') AS message_digest, coalesce(signature, '') AS signature, raise_at,
coalesce(raiser, '') AS raiser, coalesce(raiser_label, '') AS raiser_label, coalesce(raise_until, 0) AS raise_until,
raise_why FROM document
WHERE raise_at <= :far AND (raise_at <= :now OR raise_why IS NOT NULL) AND sha256 IS NOT NULL
AND registered_by IS NOT NULL AND scope IN (SELECT value FROM json_each(:scopes))
AND NOT EXISTS (SELECT 1 FROM shadow s WHERE s."table" = 'document' AND s.id = document.id)
ORDER BY raise_at > :now, raiser <> :device, raise_at, id LIMIT :limit"""
_STILL = """SELECT id FROM document WHERE id IN (SELECT value FROM json_each(:ids))
AND (raise_at <= :now OR raise_why IS NOT NULL)"""


def climbers(read: Read, scopes: Sequence[str], device: str, now: int, limit: int = 500) -> list[Climber]:
    """Papers of these scopes that are due, this machine's first, and those that stay; as the centre has them."""
    params = {"scopes": json.dumps(list(scopes)), "device": device, "now": now, "far": now + FAR_MS, "limit": limit}
    return [_climber(row) for row in read(_CLIMBERS, params)]


def still_due(read: Read, ids: Sequence[str], now: int) -> set[str]:
    """Those of these papers that have still to go up."""
    return {row["id"] for row in read(_STILL, {"ids": json.dumps(list(ids)), "now": now})}


def _climber(row: sqlite3.Row) -> Climber:
    files = json.loads(row["files"] or "{}")
    order = sorted(files, key=lambda name: (LEVELS.index(files[name]["level"]), files[name]["at"]), reverse=True)
    return Climber(
        id=row["id"],
        scope=row["scope"],
        number=row["number"],
        level=row["level"],
        sha256=row["sha256"],
        files=tuple(order),
        message_digest=row["message_digest"],
        signature=row["signature"],
        due_at=row["raise_at"],
        raiser=row["raiser"],
        raiser_label=row["raiser_label"],
        until=row["raise_until"],
        stay=_stay(json.loads(row["raise_why"])) if row["raise_why"] else None,
    )


def _stay(why: dict[str, object]) -> Stay:
    params = {name: why.get(name) for name in ("subject", "reason")}
    return Stay((str(why["code"]), params), str(why.get("mark") or ""))


def waiting_of(
    papers: Sequence[Climber], tried: Mapping[str, tuple[Phrase | None, int]], now: int, mark: str, device: str
) -> LevelsWaiting:
    """What screens show of these; `tried` says by paper why this machine's last try failed, and when the next is."""
    stays = [each for each in papers if each.stays(now, mark)]
    elsewhere = [each for each in papers if each.is_elsewhere(device, now) and each not in stays]
    left = [each for each in papers if each not in stays and each not in elsewhere]
    found = [tried[each.id] for each in left if each.id in tried]
    return LevelsWaiting(
        count=len(left),
        why=next((why for why, _ in found if why is not None), None),
        next_at=min((next_at for _, next_at in found), default=0),
        taken_over=sum(bool(each.raiser_label) and each.is_of(device, now) for each in left),
        elsewhere=len(elsewhere),
        raisers=tuple(sorted({each.raiser_label for each in elsewhere if each.raiser_label})),
        stays=len(stays),
        why_stays=stays[-1].stay.words if stays and stays[-1].stay else None,
        papers=tuple(_listed(each, tried.get(each.id, (None, 0)), now, mark, device) for each in papers[:SHOWN]),
    )


def _listed(paper: Climber, tried: tuple[Phrase | None, int], now: int, mark: str, device: str) -> Listed:
    if paper.stay is not None and paper.stays(now, mark):
        return Listed(paper.number, paper.level, None, paper.stay.words, paper.due_at)
    if paper.is_elsewhere(device, now):
        return Listed(paper.number, paper.level, paper.raiser_label or "-", None, paper.until)
    return Listed(paper.number, paper.level, "" if paper.raiser == device else None, *tried)
