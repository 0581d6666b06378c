"""The audit in words, for screen 9, its files and the browser's page: who, what, to which record, in which scope."""

from __future__ import annotations

from sync.protocol.identifiers import class_of, part_of
from workstation.hours import DAY, HALL_OFFSET_MS, hhmmss, moment
from workstation.locale import has, say
from workstation.views.audit import Chain, Entry, Labels, Verdict

LATE_MS = 60_000


def person(by: str, labels: Labels) -> str:
    """`0307 赵某`, or who is nobody of the hall's: citizen, clock."""
    if has(key := f"audit.by.{by}"):
        return say(key)
    name = labels.of("staff", by)
    return by if name.startswith("..") else f"{by} {name}"


def who(each: Entry, labels: Labels) -> str:
    """Who did it."""
    return person(each.by, labels)


def what(each: Entry) -> str:
    """The operation; what no person says at a terminal has its words here alone."""
    verb = each.kind.partition("@")[0]
    if not verb:
        return say("audit.began")
    return next((say(key) for area in ("sync", "audit") if has(key := f"{area}.verb.{verb}")), verb)


def table(name: str) -> str:
    """What kind of record."""
    return say(key) if has(key := f"audit.table.{name}") else name


def record(each: Entry, labels: Labels) -> str:
    """`号票 A037`."""
    return f"{table(each.table)} {labels.of(each.table, each.id)}"


def scope(name: str, labels: Labels) -> str:
    """`queue/jinhainiu` as people say it."""
    said = say(key) if has(key := f"audit.scope.{class_of(name)}") else class_of(name)
    part = part_of(name)
    if not part:
        return said
    place = next((label for at in ("office", "site") if not (label := labels.of(at, part)).startswith("..")), part)
    return f"{said} {place}"


def cells(each: Entry, labels: Labels) -> tuple[str, str, str]:
    """Who, what, to which record."""
    return who(each, labels), what(each), record(each, labels)


def at(each: Entry, now: int, *, dated: bool) -> str:
    """When it was done, to the second on the day that is shown; `~` where the centre heard of it much later."""
    late = "~" if each.received - each.at > LATE_MS else ""
    other_day = (each.at + HALL_OFFSET_MS) // DAY != (each.received + HALL_OFFSET_MS) // DAY
    return late + (moment(each.at, now) if dated or other_day else hhmmss(each.at))


def chain(told: Chain) -> str:
    """What came of one scope's lines."""
    if told.broken is not None:
        return say("audit.chain.one_broken", seq=told.broken)
    return say("audit.chain.one_met" if told.met else "audit.chain.one_whole", count=told.checked)


def verdict(told: Verdict, labels: Labels) -> tuple[str, str]:
    """(words, tone) of what came of holding the lines against the chain."""
    if told.broken:
        name, seq = told.broken[0]
        return say("audit.chain.broken", scope=scope(name, labels), seq=seq, count=len(told.broken)), "bad"
    if not told.lines:
        return say("audit.chain.nothing"), "dim"
    return say("audit.chain.met" if told.met else "audit.chain.whole", count=told.lines), "good" if told.met else ""
