"""What would help now: another window, or another service at one. Proposals with what they save, never a step.

    today's queue, the last hour's arrivals, services of some weeks ──▶ Situation, expected minutes with their error
    layout now and with one change ──▶ simulated with whoever waits and is expected ──▶ Proposal, if it saves enough

The forecast is the what-if of `workstation.simulate`: those who wait now, and arrivals as in the last hour spread over
the next, each served for the expected minutes. It knows nothing that the hall does not.
"""

from __future__ import annotations

import sqlite3
from collections import Counter as Counting
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from sync import staffing
from sync.rules import policy
from workstation.simulate.day import Job
from workstation.simulate.hall import run
from workstation.simulate.policies import Static
from workstation.views.learned import known

Read = Callable[..., list[sqlite3.Row]]
HOUR_MS, MINUTE_MS, DAY_MS = 3_600_000, 60_000, 86_400_000
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
    minutes: Mapping[str, float]
    matters: Mapping[str, str]
    assigned: bool = True  # windows have the services that they were given; by other policies they have any
    coming: Mapping[str, Sequence[int]] = field(default_factory=dict)  # appointments of the next hour, and when

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


_LAYOUT = "SELECT takes FROM layout WHERE id = :scope"
_COUNTERS = """SELECT w.id, w.label, w.skills,
    CASE WHEN s.id IS NULL THEN 'closed' WHEN s.state = 'paused' THEN 'paused' ELSE 'open' END AS state
FROM "window" w LEFT JOIN window_session s ON s."window" = w.id AND s.closed_at IS NULL
WHERE w.queue_scope = :scope GROUP BY w.id ORDER BY w.label"""
_WAITING = """SELECT prefix, matter, arrived_at FROM ticket WHERE day = :day AND scope = :scope AND state = 'waiting'
    AND target_window IS NULL AND arrived_at < :now + 3600000 ORDER BY arrived_at LIMIT 500"""
_ARRIVALS = """SELECT prefix, matter, count(*) AS n FROM ticket
WHERE day = :day AND scope = :scope AND arrived_at > :now - 3600000 AND arrived_at <= :now GROUP BY prefix, matter"""
_MATTERS = "SELECT id, prefix, name FROM matter WHERE active ORDER BY name"


def situation(read: Read, scope: str, day: str, since: str, now: int, by: str = policy.SKILLS) -> Situation:
    """The queue `scope` at `now`, its windows calling `by` the hall's policy; services since the day `since` teach the
    minutes."""
    asked = {"scope": scope, "day": day, "now": now}
    waiting: dict[str, list[int]] = {}
    coming: dict[str, list[int]] = {}
    arrivals: Counting[str] = Counting()
    wanted: dict[str, Counting[str]] = {}
    for row in read(_WAITING, asked):  # an appointment that is to come waits for nobody yet
        (waiting if row["arrived_at"] <= now else coming).setdefault(row["prefix"], []).append(row["arrived_at"])
        wanted.setdefault(row["prefix"], Counting())[row["matter"]] += 1
    for row in read(_ARRIVALS, asked):
        arrivals[row["prefix"]] += row["n"]
        wanted.setdefault(row["prefix"], Counting())[row["matter"]] += row["n"]
    matters = read(_MATTERS)
    names: dict[str, str] = {}
    for row in matters:
        names.setdefault(row["prefix"], row["name"])
        wanted.setdefault(row["prefix"], Counting({row["id"]: 1}))
    counters = tuple(_counters(read, asked, by, list(names)))
    minutes = _mixed(known(read, scope, since), wanted)
    return Situation(counters, waiting, arrivals, minutes, names, by == policy.SKILLS, coming)


def _mixed(known: Mapping[str, staffing.Expectation], wanted: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    """Minutes of each prefix, by what its matters are learned to take and how many are here for each."""
    found = {}
    for prefix, matters in wanted.items():
        count = {matter: n for matter, n in matters.items() if matter in known}
        if total := sum(count.values()):
            found[prefix] = sum(known[matter].minutes * n for matter, n in count.items()) / total
    return found


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
    jobs += [Job(at, service, _lasts(queue, service)) for service, moments in queue.coming.items() for at in moments]
    return sorted(jobs)


def _lasts(queue: Situation, service: str) -> int:
    return int(queue.minutes.get(service, staffing.PRIOR_MINUTES) * MINUTE_MS)


def _mean_wait(jobs: Sequence[Job], layout: Sequence[Sequence[str]]) -> int:
    """Windows are taken to be free; where none takes a service, its people wait the hour out."""
    offered = {service for skills in layout for service in skills}
    served = [job for job in jobs if job.service in offered]
    waits = run(served, len(layout), Static(lambda _: layout))
    return (sum(waits) + HOUR_MS * (len(jobs) - len(served))) // len(jobs)
