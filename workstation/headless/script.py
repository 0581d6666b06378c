"""`workstation demo --headless`: scripted people work one hour of a fresh sample hall by the driven clock.

    make hall ─▶ people arrive ─▶ windows, desks, a laptop, the ledger ─▶ settle ─▶ stop ─▶ invariants ─▶ exit code

Real replicas, real HTTP, a real server process (killed once on the way); only the screens are missing.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from sync.calendar import MINUTE_MS, day_of, start_of_day_ms
from sync.clock import DrivenClock, SystemClock
from sync.errors import HallError, StoreError
from workstation.headless import case_scenes, ledger_scenes, queue_scenes
from workstation.headless.hour import Hour, Tell
from workstation.headless.invariants import Evidence, Finding, judge
from workstation.locale import say

BEGINS_MINUTE = 10 * 60 + 30
LASTS_MINUTES = 60
BUREAU = "李沧区行政审批服务局"
CLERKS = ("0301", "0303", "0305")
OTHERS = ("0201", "0202", "0401", "0501", "0101", "0102")


def run_hour(folder: Path | None, *, seed: int) -> int:
    """Run it in `folder`, kept afterwards, or in one that is thrown away; 0 only if every invariant held."""
    if folder is not None:
        return asyncio.run(_run(folder.expanduser().absolute(), seed, _print))
    with tempfile.TemporaryDirectory(prefix="hall-") as thrown_away:
        return asyncio.run(_run(Path(thrown_away), seed, _print))


def _print(line: str) -> None:
    print(line, flush=True)


async def _run(folder: Path, seed: int, tell: Tell) -> int:
    if (folder / "central.db").exists():
        raise StoreError("headless.folder_used", path=str(folder))
    day = day_of(SystemClock().now())
    clock = DrivenClock(start_of_day_ms(day) + BEGINS_MINUTE * MINUTE_MS)
    try:
        hour = Hour(folder, clock, tell)
    except OSError as error:
        raise StoreError("demo.folder_unwritable", path=str(folder), why=error.strerror or "") from None
    try:
        hour.hall.make_sample(day=day, seed=seed)
        hour.hall.start()
        hour.tell("begin", day=day, people=len(hour.hall.people))
        await work(hour)
    except HallError as error:
        print(say(error.code, **error.params), file=sys.stderr)
        return 1
    finally:
        await hour.close()
        hour.hall.stop()
    findings = await asyncio.to_thread(verdict, hour)  # the verifier runs a loop of its own
    broken = [found for found in findings if tell_finding(found, tell)]
    return 1 if broken else 0


async def work(hour: Hour) -> None:
    """The hour itself. Raises HallError where a step did not end as it must."""
    began = hour.clock.now()
    await hour.arrive(*CLERKS, *OTHERS)
    hour.open_seal(BUREAU)
    windows = queue_scenes.Windows(hour)
    await windows.open(*CLERKS)
    hour.tick(1)
    await queue_scenes.transfer(hour, windows)
    laptop = case_scenes.Laptop(hour)
    laptop.leave()
    bad = await queue_scenes.one_ticket_two_windows(hour, windows)
    await queue_scenes.no_show(hour, windows)
    invite = await case_scenes.correction_and_grant(hour)
    await windows.rate(invite, "very_satisfied")
    hour.hall.crash()
    hour.hall.start()
    hour.tell("crashed")
    await laptop.come_back()
    await case_scenes.conflict(hour)
    await case_scenes.refusal(hour)
    await ledger_scenes.callback_to_closing(hour, bad)
    hour.hall.set_time(began + LASTS_MINUTES * MINUTE_MS)
    await windows.close()
    await hour.settle()
    hour.tell("end")


def verdict(hour: Hour) -> list[Finding]:
    """What the oracle says once the server has stopped: the chains by the server's own audit, the rest by ours."""
    evidence = Evidence(
        store=hour.hall.store_path,
        devices=[(worker.device.id, worker.device.store.path) for worker in hour.workers.values()],
        journal=hour.journal.path,
        trust=hour.seal.root,
    )
    return [Finding("chain", hour.hall.audit()), *judge(evidence)]


def tell_finding(found: Finding, tell: Tell) -> bool:
    """One line a check, and the first faults; True where it did not hold."""
    name = say(f"headless.check.{found.name}")
    tell(say("headless.broken" if found.faults else "headless.held", check=name, count=len(found.faults)))
    for fault in found.faults[:5]:
        tell(f"    {fault}")
    return bool(found.faults)
