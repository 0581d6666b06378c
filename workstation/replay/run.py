"""One replay from the file to the verdict.

read the log ─▶ make the hall ─▶ people at work ─▶ settle ─▶ stop the server ─▶ [falsify] ─▶ oracle ─▶ report
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync.clock import SystemClock
from sync.errors import InputError
from workstation.replay import permits, queue
from workstation.replay.expected import expected_permits, expected_queue
from workstation.replay.faults import Chance
from workstation.replay.hall import APPROVER, DESK, ReplayHall
from workstation.replay.log import PermitLog, QueueTrace, read_log
from workstation.replay.oracle import Oracle
from workstation.replay.sabotage import falsify
from workstation.replay.signing import Signing
from workstation.replay.waits import waits

EARLIER_MS = 60_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asked for; `folder` keeps the hall, its replicas and its papers."""

    path: Path
    folder: Path
    devices: int | None = None
    faults: str = "none"
    seed: int = 1
    sabotage: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The report, and what is wrong; nothing wrong is exit code 0."""

    report: dict[str, Any]
    wrong: list[str]


async def replay(wish: Wish, progress: Progress) -> Verdict:
    """Run it. Raises InputError for a log that cannot be used, HallError for what stopped it."""
    _, began = SystemClock().boot()
    log = read_log(wish.path)
    found = await (_permits if isinstance(log, PermitLog) else _queue)(log, wish, progress)  # type: ignore[arg-type]
    _, ended = SystemClock().boot()
    found.report["seconds"] = round((ended - began) / 1000, 1)
    return found


async def _permits(log: PermitLog, wish: Wish, progress: Progress) -> Verdict:
    if not log.events:
        raise InputError("replay.nothing_usable", path=str(wish.path))
    resources = sorted({event.resource for event in log.events})
    start = log.events[0].at - EARLIER_MS
    chance = Chance.of(wish.faults, wish.seed)
    hall = await ReplayHall.open(wish.folder, resources, permits.matters(), start, chance, wish.devices, [APPROVER])
    try:
        signing = Signing(wish.folder, hall.server.url, start)
        work = permits.Permits(log, hall, resources, signing)
        total = len(log.events) + len(log.ends)
        await work.run(_counting(progress, total))
        verdict = await _judged(wish, hall)
        report = verdict.report
        issued = len(work.figures.issued)
        verified = await signing.verified(report.pop("registry"))
        report |= {
            "kind": "permits",
            "cases": len({event.case for event in log.events}),
            "events": len(log.events) + sum(log.unusable.values()),
            "steps": work.figures.steps,
            "unusable": dict(log.unusable),
            "expected": expected_permits(wish.path),
            "contention": work.figures.contention,
            "documents": {"issued": issued, "verified": verified},
        }
    finally:
        await hall.close()
    seen = {"cases": report["cases"], "steps": report["steps"], "issued": issued}
    _compare(verdict.wrong, seen, report["expected"])
    if verified != issued:
        verdict.wrong.append(f"documents: {issued} issued, {verified} verified")
    _all_accepted(verdict.wrong, wish, report["operations"], 0)
    return verdict


async def _queue(log: QueueTrace, wish: Wish, progress: Progress) -> Verdict:
    if not log.visits:
        raise InputError("replay.nothing_usable", path=str(wish.path))
    servers = sorted({visit.server for visit in log.visits if visit.server})
    services = sorted({visit.service for visit in log.visits})
    start = log.visits[0].arrived - EARLIER_MS
    chance = Chance.of(wish.faults, wish.seed)
    hall = await ReplayHall.open(wish.folder, servers, services, start, chance, wish.devices, [DESK])
    try:
        work = queue.Queue(log, hall, servers)
        await work.run(_counting(progress, work.moments))
        verdict = await _judged(wish, hall)
        verdict.report.pop("registry")
        figures = work.figures
        report = verdict.report
        report |= {
            "kind": "queue",
            "tickets": log.tickets,
            "served": figures.served,
            "abandoned": figures.abandoned,
            "unusable": dict(log.unusable),
            "expected": expected_queue(wish.path),
            "calls": figures.calls,
            "lost_calls": figures.lost_calls,
            "waits": waits(log.visits),
        }
    finally:
        await hall.close()
    _compare(verdict.wrong, report, report["expected"])
    if log.tickets != figures.served + figures.abandoned + sum(log.unusable.values()):
        verdict.wrong.append("tickets are not the sum of served, abandoned and unusable")
    if report["double_calls"]:
        verdict.wrong.append(f"double_calls: {report['double_calls']}")
    _all_accepted(verdict.wrong, wish, report["operations"], figures.lost_calls)
    return verdict


async def _judged(wish: Wish, hall: ReplayHall) -> Verdict:
    """Stop the server, falsify if asked, and hold everything against everything."""
    hall.server.stop()
    hall.journal.sync()
    if wish.sabotage:
        falsify(hall.server.store_path, wish.sabotage)
    chain = hall.server.audit()
    oracle = Oracle(hall.server.store_path, hall.journal.path)
    try:
        operations = hall.outcomes()
        report: dict[str, Any] = {
            "devices": len(hall.all_machines),
            "operations": operations,
            "faults": hall.chance.counters.as_dict(),
            "lost": oracle.lost(),
            "duplicated": oracle.duplicated(),
            "double_calls": oracle.double_calls(),
            "duplicate_numbers": oracle.duplicate_numbers(),
            "converged": oracle.converged([machine.device.store for machine in hall.all_machines]),
            "chain_valid": not chain,
            "registry": oracle.registry(),
        }
        oracle.numbers()
        wrong = [*oracle.wrong, *(f"chain: {fault}" for fault in chain[:3])]
    finally:
        oracle.close()
    if operations["submitted"] != sum(operations.values()) - operations["submitted"]:
        wrong.append("submitted operations are not the sum of their outcomes")
    wrong += [f"fault never happened: {name}" for name in hall.chance.counters.missing(wish.faults)]
    return Verdict(report, wrong)


def _compare(wrong: list[str], seen: dict[str, Any], expected: dict[str, int]) -> None:
    wrong += [f"{name}: {seen[name]}, expected {count}" for name, count in expected.items() if seen[name] != count]


def _all_accepted(wrong: list[str], wish: Wish, operations: dict[str, int], lost_calls: int) -> None:
    if wish.faults == "none" and operations["accepted"] != operations["submitted"] - lost_calls:
        wrong.append(f"accepted {operations['accepted']} of {operations['submitted']} without any fault")


def _counting(progress: Progress, total: int) -> Callable[[], None]:
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    return one_more
