"""Scenes of `ledger.csv`: an entry in each of its states, walked to by the verbs themselves from a bad rating.

0501 handles it, 0502 is a colleague, 0601 the duty manager, 0307 the clerk who was rated.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import rating_scene
from world import World

from sync.calendar import end_of_day_ms
from sync.protocol.operation import KINDS, Args
from sync.protocol.verbs import rating as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome

HALL_TIME = timezone(timedelta(hours=8))
RECORD = rating_scene.RECORD
HANDLER, COLLEAGUE, DUTY, RATED = "0501", "0502", "0601", "0307"
VERBS = tuple(name for name in KINDS if name.startswith("ledger."))
STATES = (
    "absent",
    "open",
    "assigned",
    "callback_tried",
    "verified",
    "interviewed",
    "rectifying",
    "rectified",
    "second_callback",
    "closed",
    "reopened",
    "appeal_review",
    "voided",
)

RIGHT = ("assign", "try", "verify", "plan", "rectified", "second")
PATHS: dict[str, tuple[str, ...]] = {
    "open": (),
    "assigned": RIGHT[:1],
    "callback_tried": RIGHT[:2],
    "verified": RIGHT[:3],
    "interviewed": (*RIGHT[:3], "interview"),
    "rectifying": RIGHT[:4],
    "rectified": RIGHT[:5],
    "second_callback": RIGHT,
    "closed": (*RIGHT, "close"),
    "reopened": (*RIGHT, "reopen"),
    "appeal_review": ("assign", "try", "untrue", "appeal"),
    "voided": ("assign", "try", "untrue", "appeal", "void"),
}
SAID: dict[str, Args] = {
    "assign": verbs.Assign(handler=HANDLER),
    "verify": verbs.Verify(finding="true", cause="多次跑"),
    "untrue": verbs.Verify(finding="untrue"),
    "mistaken": verbs.Verify(finding="mistaken"),
    "interview": verbs.Interview(note="已约谈"),
    "plan": verbs.Plan(measure="一次告知", office="registration"),
    "transfer": verbs.TransferEntry(office="food"),
    "rectified": verbs.Rectified(evidence="清单已改"),
    "attach": verbs.AttachEvidence(file="e-new", name="照片.jpg", sha256="9f" * 32, size=9, media_type="image/jpeg"),
    "second": verbs.Second(level="satisfied"),
    "close": verbs.Close(),
    "reopen": verbs.ReopenEntry(reason="仍不满意"),
    "appeal": verbs.Appeal(reason="与监控不符"),
    "uphold": verbs.Uphold(reason="证据不足"),
    "void": verbs.Void(reason="确属误评"),
}


def hall(**settings: Any) -> World:
    """A hall with two handlers, two offices and a matter."""
    world = World(settings=settings)
    for staff in (HANDLER, COLLEAGUE, DUTY, RATED):
        world.seed("staff", staff, name="某", site="main")
    for staff in (HANDLER, COLLEAGUE):
        world.seed("role_assignment", f"r-{staff}", staff=staff, role="callback", over=world.callback)
    for office in ("registration", "food"):
        world.seed("office", office, name=office)
    columns: dict[str, Any] = {
        "prefix": "A",
        "expected_minutes": 8,
        "promised_days": 1,
        "statutory_days": 20,
        "basis": "-",
    }
    world.seed("matter", "m-1", name="企业变更登记", office="registration", **columns)
    return world


def tried(world: World, outcome: str, round: str = "first", *, by: str = HANDLER, id: str = RECORD) -> Outcome:
    args = verbs.Attempt(attempt=world.new(), round=round, outcome=outcome)
    return world.do(args, id, Role.CALLBACK, by=by, scope=world.callback)


def step(world: World, name: str, *, id: str = RECORD, by: str = HANDLER, role: Role = Role.CALLBACK) -> Outcome:
    if name == "try":
        return [tried(world, "busy", by=by, id=id) for _ in range(3)][-1]
    if name in ("uphold", "void"):
        by, role = DUTY, Role.DUTY
    return world.do(SAID[name], id, role, by=by, scope=world.callback)


def walk(world: World, *names: str, id: str = RECORD) -> World:
    for name in names:
        outcome = step(world, name, id=id)
        assert isinstance(outcome, Effects), f"{name}: {outcome}"
    return world


def bad_rating(world: World, id: str = RECORD, **said: Any) -> None:
    """A rating of a bad level is given."""
    rating_scene.invite(world, id, staff=RATED)
    outcome = rating_scene.citizen(world, verbs.Give(**({"level": "dissatisfied", "words": "排了两次队"} | said)), id)
    assert isinstance(outcome, Effects), outcome


def scene(state: str) -> World:
    world = hall()
    if state != "absent":
        bad_rating(world)
        walk(world, *PATHS[state])
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    noun = verb.removeprefix("ledger.").removesuffix("@1")
    entry = world.get("rectification", RECORD)
    if noun == "open":
        args: Args = verbs.OpenEntry(matter="m-1", site="main", words="电话投诉")
    elif noun == "attempt":
        args = verbs.Attempt(attempt="attempt-1", round="first", outcome="busy")
    elif noun == "tick":
        args = verbs.Tick(item="identity", value="yes")
    elif noun == "arrived":
        of: dict[str, Any] = {
            "entry": RECORD,
            "name": "照片.jpg",
            "sha256": "9f" * 32,
            "size": 9,
            "media_type": "image/jpeg",
        }
        world.seed("evidence", "e-1", scope=world.callback, staff=HANDLER, **of)
        arrived = verbs.EvidenceArrived(sha256="9f" * 32)
        return world.do(arrived, "e-1", role, by=f"{role}-1", scope=world.callback)
    elif noun == "detach":
        told: dict[str, Any] = {"name": "照片.jpg", "size": 9, "media_type": "image/jpeg", "at": 9**13}
        world.seed("evidence", "e-1", scope=world.callback, staff=HANDLER, entry=RECORD, **told)
        args = verbs.DetachEvidence(file="e-1", reason="附错了")
    elif noun == "warn":
        args = warning(entry)
    else:
        args = SAID[noun]
    if noun == "appeal" and entry is not None and entry.finding == "true":
        world.seed("rectification", RECORD, scope=world.callback, finding="untrue")
    by = {Role.CALLBACK: HANDLER, Role.DUTY: DUTY}.get(role, f"{role}-1")
    if noun in ("uphold", "void") and role == Role.CALLBACK:
        by = COLLEAGUE
    return world.do(args, RECORD, role, by=by, scope=world.callback)


def warning(entry: Any, percent: int = 50) -> verbs.Warn:
    """The warning that this entry's clock would give."""
    if entry is None or entry.state in ("open", "assigned", "callback_tried"):
        return verbs.Warn(clock="callback", percent=percent, until=entry.callback_due_at if entry else 0)
    return verbs.Warn(clock="rectify", percent=percent, until=end_of_day_ms(entry.rectify_due_day))


def state_of(world: World) -> str:
    row = world.get("rectification", RECORD)
    return row.state if row else "absent"


def at(text: str) -> int:
    """`2026-03-02 09:00` in the hall, in ms."""
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=HALL_TIME).timestamp() * 1000)


def told(ms: int | None) -> str:
    assert ms is not None
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(HALL_TIME).strftime("%Y-%m-%d %H:%M")


def entry(world: World, id: str = RECORD) -> Any:
    return world("rectification", id)
