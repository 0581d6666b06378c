"""Bad ratings and what became of them: one just given, one tried in vain, one being put right, one to call anew."""

from __future__ import annotations

from typing import Final

from server_stub.sample.hall import HALL
from server_stub.sample.morning import Morning, Served, rate
from server_stub.sample.play import Script
from sync.calendar import MINUTE_MS
from sync.protocol.identifiers import scope_of
from sync.protocol.verbs import rating as verbs
from sync.records.states import Level

CALLBACK: Final = scope_of(HALL, "callback")


def write_this_morning(script: Script, morning: Morning) -> None:
    """One of 12 minutes ago that nobody has taken, one of 41 minutes ago that was tried once."""
    fresh, tried = sorted(morning.served, key=lambda served: served.finished_at)[:2]
    rate(
        script,
        morning.at(12),
        fresh,
        Level.DISSATISFIED,
        ["waited", "told_late"],
        "等了很久，材料要求也没有一次说清楚。",
    )
    rate(script, morning.at(41), tried, Level.VERY_DISSATISFIED, ["runaround"], "跑了三个窗口才受理。")
    script.say(morning.at(38), "0101", verbs.Assign(handler="0402"), id=tried.invite, scope=CALLBACK)
    attempt = verbs.Attempt(attempt=script.id("attempt", "tried"), round="first", outcome="no_answer")
    script.say(morning.at(30), "0402", attempt, id=tried.invite, scope=CALLBACK)


def write_rectifying(script: Script, served: Served) -> None:
    """Reached the same day; the office has promised to put a notice up."""
    at = served.finished_at + 10 * MINUTE_MS
    rate(script, at, served, Level.DISSATISFIED, ["told_late"], "所需材料没有一次性告知，多跑了一趟。")
    _first_callback(script, served, at, "0401", "true", "一次性告知单未更新")
    plan = verbs.Plan(measure="更新一次性告知单，并在窗口公示", office=served.matter.office)
    script.say(at + 35 * MINUTE_MS, "0401", plan, id=served.invite, scope=CALLBACK)


def write_rectified(script: Script, served: Served) -> None:
    """Put right; the second callback is due."""
    at = served.finished_at + 15 * MINUTE_MS
    rate(script, at, served, Level.VERY_DISSATISFIED, ["manner"], "窗口解释不耐烦。")
    _first_callback(script, served, at, "0402", "partly", "排队高峰时解释过于简略")
    steps = (
        verbs.Interview(note="已约谈，本人说明情况并致歉。"),
        verbs.Plan(measure="约谈并安排文明服务复训", office=served.matter.office),
        verbs.Rectified(evidence="复训签到表与测评结果已归档"),
    )
    for n, args in enumerate(steps, 1):
        script.say(at + (30 + 20 * n) * MINUTE_MS, "0402", args, id=served.invite, scope=CALLBACK)


def _first_callback(script: Script, served: Served, at: int, handler: str, finding: str, cause: str) -> None:
    attempt = verbs.Attempt(attempt=script.id("attempt", served.invite), round="first", outcome="reached")
    script.say(at + 4 * MINUTE_MS, "0101", verbs.Assign(handler=handler), id=served.invite, scope=CALLBACK)
    script.say(at + 20 * MINUTE_MS, handler, attempt, id=served.invite, scope=CALLBACK)
    ticks = {"identity": "1", "explained": "1", "finding": finding, "cause": cause}
    for item, value in ticks.items():
        script.say(at + 24 * MINUTE_MS, handler, verbs.Tick(item=item, value=value), id=served.invite, scope=CALLBACK)
    script.say(
        at + 26 * MINUTE_MS, handler, verbs.Verify(finding=finding, cause=cause), id=served.invite, scope=CALLBACK
    )
