"""How long people would have waited under each policy, with the recorded arrivals, services and staff.

A heap loop over the same moments: each server is there from the first recorded call to the last recorded finish and
takes, when free, the ticket that the policy offers first. `fixed`: a server takes the service it gave most; `skills`:
those it gave at all; `pool`: any. People who gave up are left out: nobody knows how long they would have stayed.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence

from workstation.replay.log import Visit


def waits(visits: Sequence[Visit]) -> dict[str, dict[str, float]]:
    """{recorded, fixed, skills, pool: {mean_min, p95_min}}."""
    served = sorted((visit for visit in visits if visit.server), key=lambda visit: visit.arrived)
    given: dict[str, Counter[str]] = defaultdict(Counter)
    for visit in served:
        given[visit.server][visit.service] += 1
    everything = {visit.service for visit in served}
    policies = {
        "fixed": _covering({server: {count.most_common(1)[0][0]} for server, count in given.items()}, given),
        "skills": {server: set(count) for server, count in given.items()},
        "pool": dict.fromkeys(given, everything),
    }
    found = {"recorded": _figures(visit.called - visit.arrived for visit in served)}
    return found | {name: _figures(simulate(served, offers)) for name, offers in policies.items()}


def _covering(offers: dict[str, set[str]], given: dict[str, Counter[str]]) -> dict[str, set[str]]:
    """Fixed windows with nobody's service left out: the server who gave it most takes it beside the own one."""
    for service in sorted({service for count in given.values() for service in count}):
        if not any(service in offered for offered in offers.values()):
            server = max(sorted(given), key=lambda server: given[server][service])
            offers[server] = offers[server] | {service}
    return offers


def simulate(served: Sequence[Visit], offers: dict[str, set[str]]) -> Iterable[int]:
    """The wait of each visit, ms. A visit whose servers have all gone home is served by the last to leave."""
    shift = {
        server: (
            min(visit.called for visit in served if visit.server == server),
            max(visit.finished for visit in served if visit.server == server),
        )
        for server in offers
    }
    waiting: dict[str, deque[Visit]] = defaultdict(deque)
    moments: list[tuple[int, int, str]] = [(start, 1, server) for server, (start, _) in shift.items()]
    moments += [(visit.arrived, 0, str(i)) for i, visit in enumerate(served)]
    heapq.heapify(moments)
    idle: set[str] = set()
    last = {
        service: max((s for s in offers if service in offers[s]), key=lambda s: (shift[s][1], s))
        for service in {visit.service for visit in served}
    }
    while moments:
        now, kind, who = heapq.heappop(moments)
        if kind == 0:
            visit = served[int(who)]
            waiting[visit.service].append(visit)
        else:
            idle.add(who)
        for server in sorted(idle):
            late = now > shift[server][1]
            offered = {s for s in offers[server] if not late or last[s] == server}
            queues = [waiting[service] for service in offered if waiting[service]]
            if queues:
                visit = min(queues, key=lambda queue: queue[0].arrived).popleft()
                idle.discard(server)
                yield now - visit.arrived
                heapq.heappush(moments, (now + visit.finished - visit.called, 1, server))


def _figures(waited: Iterable[int]) -> dict[str, float]:
    minutes = sorted(wait / 60_000 for wait in waited)
    if not minutes:
        return {"mean_min": 0.0, "p95_min": 0.0}
    at = min(len(minutes) - 1, int(0.95 * len(minutes)))
    return {"mean_min": round(sum(minutes) / len(minutes), 3), "p95_min": round(minutes[at], 3)}
