"""What would help now: another window, or another service at one. Proposals with what they save, never a step.

    today's queue, the last hour's arrivals, services of some weeks ──▶ Situation, expected minutes with their error
    layout now and with one change ──▶ simulated with whoever waits and is expected ──▶ Proposal, if it saves enough

The forecast is the what-if of `workstation.simulate`: those who wait now, and arrivals as in the last hour spread over
the next, each served for the expected minutes. It knows nothing that the hall does not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from sync import staffing
from sync.rules import policy
from workstation.simulate.day import Job
from workstation.simulate.hall import run
from workstation.simulate.policies import Static

Read = Callable[..., list[sqlite3.Row]]
HOUR_MS, MINUTE_MS, DAY_MS = 3_600_000, 60_000, 86_400_000
HISTORY_DAYS = 28
HISTORY_MOST = 2_000
WORST = 2
"""Services for which another window is looked for: those with the longest waits."""
WORTH_MS = MINUTE_MS // 2
"""What a proposal must save on the mean wait."""
PATIENCE_MS = 5 * MINUTE_MS
"""Nothing is proposed while nobody has waited longer."""
PROPOSALS_MOST = 3


@dataclass(frozen=True, slots=True)
class Counter:
    """A window. `state`: open, paused, or closed."""

    id: str
    label: str
    skills: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class Situation:
    """A queue now: since when people wait, by prefix; arrivals of the last hour; what a service is expected to take."""

    counters: tuple[Counter, ...]
    waiting: Mapping[str, Sequence[int]]
    arrivals: Mapping[str, int]
    known: Mapping[str, staffing.Expectation]
    matters: Mapping[str, str]
    assigned: bool = True  # windows have the services that they were given; by other policies they have any

    @property
    def open(self) -> list[Counter]:
        """Windows that take tickets now."""
        return [counter for counter in self.counters if counter.state == "open"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """`kind`: open, resume, or assign. `saves_ms` of the mean wait of whoever waits and is expected within the hour."""

    kind: str
    window: str
    label: str
    skills: tuple[str, ...]
    service: str
    matter: str
    saves_ms: int


@dataclass(frozen=True, slots=True)
class Learned:
    """What a service is expected to take, minutes: `told` by its matters, `minutes` as learned from `seen` services,
    each time off by `error` on the mean (None before the first)."""

    service: str
    matter: str
    told: float
    minutes: float
    error: float | None
    seen: int


_LAYOUT = "SELECT takes FROM layout WHERE id = :scope"
_COUNTERS = """SELECT w.id, w.label, w.skills,
    CASE WHEN s.id IS NULL THEN 'closed' WHEN s.state = 'paused' THEN 'paused' ELSE 'open' END AS state
FROM "window" w LEFT JOIN window_session s ON s."window" = w.id AND s.closed_at IS NULL
WHERE w.queue_scope = :scope GROUP BY w.id ORDER BY w.label"""
_WAITING = """SELECT prefix, arrived_at FROM ticket WHERE day = :day AND scope = :scope AND state = 'waiting'
    AND target_window IS NULL AND arrived_at IS NOT NULL ORDER BY arrived_at LIMIT 500"""
_ARRIVALS = """SELECT prefix, count(*) AS n FROM ticket
WHERE day = :day AND scope = :scope AND arrived_at > :now - 3600000 GROUP BY prefix"""
_LASTED = """SELECT t.prefix, g.ended_at - g.started_at AS ms FROM ticket t JOIN service_segment g ON g.ticket = t.id
WHERE t.day >= :since AND t.scope = :scope AND g.ended_by = 'finish' ORDER BY g.ended_at DESC LIMIT :most"""
_MATTERS = """SELECT prefix, min(name) AS name, avg(expected_minutes) AS minutes FROM matter
WHERE active GROUP BY prefix"""


def situation(read: Read, scope: str, day: str, since: str, now: int, by: str = policy.SKILLS) -> Situation:
    """The queue `scope` at `now`, its windows calling `by` the hall's policy; services since the day `since` teach the
    minutes."""
    asked = {"scope": scope, "day": day, "now": now}
    waiting: dict[str, list[int]] = {}
    for row in read(_WAITING, asked):
        waiting.setdefault(row["prefix"], []).append(row["arrived_at"])
    matters = read(_MATTERS)
    counters = tuple(_counters(read, asked, by, [row["prefix"] for row in matters]))
    known = _known(read, matters, scope, since)
    arrivals = {row["prefix"]: row["n"] for row in read(_ARRIVALS, asked)}
    names = {row["prefix"]: row["name"] for row in matters}
    return Situation(counters, waiting, arrivals, known, names, by == policy.SKILLS)


def _counters(read: Read, asked: Mapping[str, object], by: str, every: Sequence[str]) -> Iterable[Counter]:
    """Each window with what the hall's policy gives it."""
    layout = next((_Laid(msgspec.json.decode(row["takes"] or "{}")) for row in read(_LAYOUT, asked)), None)
    for row in read(_COUNTERS, asked):
        window = _Window(row["id"], msgspec.json.decode(row["skills"] or "null"))
        takes = policy.skills_of(window, {"queue_policy": by}, layout) or every
        yield Counter(row["id"], row["label"], tuple(takes), row["state"])


@dataclass(frozen=True, slots=True)
class _Window:
    id: str
    skills: list[str] | None


@dataclass(frozen=True, slots=True)
class _Laid:
    takes: Mapping[str, Sequence[str]]
    work: Mapping[str, int] | None = None


def learned(read: Read, scope: str, since: str) -> list[Learned]:
    """What the services of a queue since a day have taught, the most frequent first."""
    matters = read(_MATTERS)
    known = _known(read, matters, scope, since)
    found = [
        Learned(row["prefix"], row["name"], row["minutes"], each.minutes, each.error, each.seen)
        for row in matters
        if (each := known[row["prefix"]]).seen
    ]
    return sorted(found, key=lambda each: (-each.seen, each.service))


def _known(read: Read, matters: Iterable[sqlite3.Row], scope: str, since: str) -> dict[str, staffing.Expectation]:
    """By prefix; services teach it in the order in which they ended."""
    known = {row["prefix"]: staffing.Expectation(row["minutes"]) for row in matters}
    for row in reversed(read(_LASTED, {"scope": scope, "since": since, "most": HISTORY_MOST})):
        if row["prefix"] in known:
            known[row["prefix"]].lasted(row["ms"] / MINUTE_MS)
    return known


def proposals(queue: Situation, now: int) -> list[Proposal]:
    """What saves most, the best first; a window is named once."""
    if not any(now - at > PATIENCE_MS for since in queue.waiting.values() for at in since) or not queue.counters:
        return []
    jobs, worst = _expected(queue, now), _worst(queue, now)
    if not queue.open:
        return [_first(queue, worst[0])]
    present = _mean_wait(jobs, [counter.skills for counter in queue.open])
    found = [
        Proposal(kind, counter.id, counter.label, skills, service, queue.matters.get(service, service), saves)
        for kind, counter, skills, service in _changes(queue, worst)
        if (saves := present - _mean_wait(jobs, _with(queue, counter, skills))) >= WORTH_MS
    ]
    best: dict[str, Proposal] = {}
    for proposal in sorted(found, key=lambda each: (-each.saves_ms, each.kind == "assign", each.label)):
        best.setdefault(proposal.window, proposal)
    return list(best.values())[:PROPOSALS_MOST]


def _changes(queue: Situation, worst: Iterable[str]) -> Iterable[tuple[str, Counter, tuple[str, ...], str]]:
    """One change each: a window opened or resumed for a service, or one that is open taking it on."""
    for service in worst:
        for counter in queue.counters:
            kind = {"closed": "open", "paused": "resume"}.get(counter.state, "assign")
            if service in counter.skills:
                if kind != "assign":
                    yield kind, counter, counter.skills, service
            elif kind != "assign" and not queue.assigned:
                yield kind, counter, (service, *counter.skills[: staffing.SKILLS - 1]), service
            elif kind == "assign" and queue.assigned:
                yield kind, counter, (*counter.skills[: staffing.SKILLS - 1], service), service


def _with(queue: Situation, changed: Counter, skills: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The open windows' services with one window changed or added."""
    layout = [skills if counter.id == changed.id else counter.skills for counter in queue.open]
    return layout if changed.state == "open" else [*layout, skills]


def _first(queue: Situation, service: str) -> Proposal:
    """Nobody sits anywhere: the window to open first. What it saves cannot be said."""
    best = next((each for each in queue.counters if service in each.skills), queue.counters[0])
    kind = "resume" if best.state == "paused" else "open"
    return Proposal(kind, best.id, best.label, best.skills, service, queue.matters.get(service, service), 0)


def _worst(queue: Situation, now: int) -> list[str]:
    """Services by the wait of all who wait for them."""
    waited = {service: sum(now - at for at in since) for service, since in queue.waiting.items()}
    return sorted(waited, key=lambda service: (-waited[service], service))[:WORST]


def _expected(queue: Situation, now: int) -> list[Job]:
    """Whoever waits comes now, in their order; what they have waited so far is the same whatever is changed."""
    there = sorted((at, service) for service, since in queue.waiting.items() for at in since)
    jobs = [Job(now + place, service, _lasts(queue, service)) for place, (_, service) in enumerate(there)]
    for service, count in queue.arrivals.items():
        jobs += [Job(now + HOUR_MS * (2 * i + 1) // (2 * count), service, _lasts(queue, service)) for i in range(count)]
    return sorted(jobs)


def _lasts(queue: Situation, service: str) -> int:
    known = queue.known.get(service)
    return int((known.minutes if known else staffing.PRIOR_MINUTES) * MINUTE_MS)


def _mean_wait(jobs: Sequence[Job], layout: Sequence[Sequence[str]]) -> int:
    """Windows are taken to be free; where none takes a service, its people wait the hour out."""
    offered = {service for skills in layout for service in skills}
    served = [job for job in jobs if job.service in offered]
    waits = run(served, len(layout), Static(lambda _: layout))
    return (sum(waits) + HOUR_MS * (len(jobs) - len(served))) // len(jobs)
