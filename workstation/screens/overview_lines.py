"""How screen 6 words a day: view models in, cells and lines out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workstation.cells import bar, clip, pad, width
from workstation.hours import MINUTE, hhmmss
from workstation.locale import say
from workstation.views.overview import Overview, Segment, WindowLoad
from workstation.views.requests import Wanted
from workstation.views.staffing import Proposal
from workstation.widgets.header import age
from workstation.widgets.lines import Line
from workstation.widgets.rows import Row
from workstation.window_words import window_words

FIGURES = ("done", "waiting", "minutes", "satisfied", "bad", "overdue", "average", "load", "latest")
"""The figures that F1 explains."""
LOAD_CELLS = 20
HOUR_CELLS = 18
SILENT_MS = 90_000  # a machine that nobody touches asks every 30 s
MOST_HOURS = 8
FULL = 0.9


def head(overview: Overview, cells: int) -> Line:
    """The day's figures, closer together where the screen is narrow."""
    figures = overview.head
    minutes = f"{figures.minutes:.2f}" if figures.minutes is not None else "-"
    said = [
        (say("overview.head.today" if overview.period.live else "overview.head.done", count=figures.done), "strong"),
        (say("overview.head.waiting", count=figures.waiting), ""),
        (say("overview.head.minutes", minutes=minutes), ""),
    ]
    if figures.rated is not None:
        share = f"{figures.satisfied * 100:.1f}%" if figures.satisfied is not None else "-"
        satisfied = say("overview.head.satisfied", share=share)
        said += [
            (f"{satisfied} {say('overview.head.defaulted', count=figures.defaulted)}", ""),
            (say("overview.head.bad", count=figures.bad), "warn" if figures.bad else ""),
        ]
    if figures.overdue is not None:
        said.append((say("overview.head.overdue", count=figures.overdue), "bad" if figures.overdue else ""))
    room = (cells - 2 - sum(width(text) for text, _ in said)) // len(said)
    apart = " " * max(min(room, 3), 1)
    return [(apart + text if place else " " + text, tone) for place, (text, tone) in enumerate(said)]


def row(window: WindowLoad) -> Row:
    """One window."""
    minutes = f"{window.minutes:.2f}" if window.minutes is not None else "-"
    load = f"{bar(window.load, LOAD_CELLS)} {window.load * 100:.0f}%"
    cells = (window.label, window.site_name, state(window), window.number or "-", str(window.done), minutes, load)
    tone = "dim" if window.state == "closed" and not window.done else ("warn" if window.load >= FULL else "")
    return Row(window.id, cells, tone=tone, data=window)


def state(window: WindowLoad) -> str:
    """What a window does; why it pauses, or that its person is asked for."""
    said = say(f"overview.state.{window.state}") if window.state else "-"
    return f"{said} {say('overview.wanted') if window.wanted else window.reason}".rstrip()


def hints(overview: Overview, cells: int, most: int) -> list[Line]:
    """What piles up, two in a line where they fit."""
    if not overview.period.live:
        return []
    found = [("! " + piles_up(hint.kind, hint.params), hint.kind) for hint in overview.hints]
    # What would help is never crowded out by what piles up.
    helps = [("o " + suggested(each), each.kind) for each in overview.proposals]
    helps += [("o " + wanted(each), each.kind) for each in overview.wanted]
    if not found and not helps:
        return [[(" " + say("overview.hints"), "title"), ("  " + say("overview.hint.none"), "dim")]]
    title: Line = [(f" {say('overview.hints')} {len(found) + len(helps)}", "title")]
    while len(lines := _laid(found + helps, cells)) > most and len(found) > 1:
        found.pop()
    return [title, *lines[:most]]


def _laid(found: list[tuple[str, str]], cells: int) -> list[Line]:
    """(text, kind) one after another, two in a line where both fit."""
    found, lines = list(found), list[Line]()
    half = (cells - 2) // 2
    while found:
        text, kind = found.pop(0)
        line = [(" " + pad(text, half) if width(text) <= half else " " + clip(text, cells - 2), _tone(kind))]
        if width(text) <= half - 2 and found and width(found[0][0]) <= half - 1:
            text, kind = found.pop(0)
            line.append((text, _tone(kind)))
        lines.append(line)
    return lines


def piles_up(kind: str, params: Mapping[str, Any]) -> str:
    """What piles up, in words."""
    window = {"window": window_words(params["window"])} if "window" in params else {}
    return say(f"overview.hint.{kind}", **{**params, **window})


def proposed(proposal: Proposal) -> str:
    """A proposal in words, with what it saves where that can be said."""
    minutes = f"{proposal.saves_ms / MINUTE:.1f}"
    key = f"overview.hint.{proposal.kind}" + ("_saves" if proposal.saves_ms else "")
    return say(key, window=window_words(proposal.label), matter=proposal.matter, minutes=minutes)


def suggested(proposal: Proposal) -> str:
    """The same among other lines."""
    return say("overview.hint.proposal", words=proposed(proposal))


def wanted(request: Wanted) -> str:
    """What the duty manager has asked for, and when."""
    at = hhmmss(request.asked_at)[:5]
    return say(f"overview.hint.asked_{request.kind}", window=window_words(request.label), matter=request.matter, at=at)


def _tone(kind: str) -> str:
    return {"callback": "bad", "long_service": "warn", "long_wait": "warn"}.get(kind, "")


def hours(overview: Overview, cells: int, most: int) -> list[Line]:
    """Work by hour, the latest hours; bars in proportion to the busiest."""
    found = list(overview.hours)[-MOST_HOURS:]
    label = " " + say("overview.hours") + "  "
    if not found:
        return [[(label, "title"), (say("overview.hour.none"), "dim")]]
    busiest = max(count for _, count in found)
    across = max((cells - width(label)) // (HOUR_CELLS + 8), 1)
    lines: list[Line] = []
    for start in range(0, len(found), across):
        line: list[tuple[str, str]] = [(label if not start else " " * width(label), "title")]
        for hour, count in found[start : start + across]:
            drawn = bar(count / busiest, HOUR_CELLS - 2, empty=" ").rstrip()
            line += [(f"{hour:02d} ", "dim"), (drawn, "key"), (pad(f" {count}", HOUR_CELLS + 4 - width(drawn)), "")]
        lines.append(line)
    return lines[-most:] if len(lines) > most else lines


def sites(overview: Overview, cells: int, now: int, most: int) -> list[Line]:
    """Each site: work of the day, and when its last step arrived."""
    lines: list[Line] = []
    label = " " + say("overview.sites") + "  "
    room = cells - width(label) - 1
    line, used = "", 0
    for site in overview.sites:
        said = [site.name]
        if site.received is not None:
            said.append(say("overview.site.received", count=site.received))
        said.append(say("overview.site.done", count=site.done))
        if site.minutes is not None:
            said.append(say("overview.site.minutes", minutes=f"{site.minutes:.2f}"))
        if overview.period.live and (heard := overview.contacts.get(site.id)):
            said.append(say("overview.site.heard", at=hhmmss(heard)) + _silence(now - heard))
        elif site.latest_at:
            old = f" ({age(now - site.latest_at)})" if overview.period.live else ""
            said.append(say("overview.site.latest", at=hhmmss(site.latest_at)) + old)
        text = " ".join(said)
        if used and used + 3 + width(text) > room:
            lines.append([(label if not lines else " " * width(label), "title"), (line, "")])
            line, used = "", 0
        line += ("   " if used else "") + clip(text, room)
        used = width(line)
    if line:
        lines.append([(label if not lines else " " * width(label), "title"), (line, "")])
    if len(lines) <= most:
        return lines
    shown = lines[: most - 1]
    return [*shown, [(" " * width(label), "title"), (say("overview.sites_more", count=len(overview.sites)), "dim")]]


def site_rows(overview: Overview) -> list[Row]:
    """Each site a row: work of the day, and how old its data are; those not heard of for longest come first."""
    now, rows = overview.period.now, []
    for site in overview.sites:
        heard = overview.contacts.get(site.id, 0) or site.latest_at
        silent = bool(heard) and now - heard > SILENT_MS
        received = "-" if site.received is None else str(site.received)
        minutes = "-" if site.minutes is None else f"{site.minutes:.2f}"
        at = hhmmss(heard) if heard else "-"
        cells = (
            site.name,
            received,
            str(site.done),
            minutes,
            str(site.waiting),
            at,
            age(now - heard) if heard else "-",
        )
        rows.append((heard, Row(site.id, cells, tone="warn" if silent else "")))
    return [row for _, row in sorted(rows, key=lambda each: each[0])]


def _silence(span_ms: int) -> str:
    """How long nothing was heard of a site, once that is longer than a machine's own pause."""
    return f" ({say('overview.site.silent', age=age(span_ms))})" if span_ms > SILENT_MS else ""


def as_of(at: int, seconds: int) -> dict[str, object]:
    """Parameters of the status line."""
    return {"at": hhmmss(at) if at else "-", "seconds": seconds}


def segment(each: Segment, now: int) -> Row:
    """One stretch of service."""
    took = (each.ended_at or now) - each.started_at
    ended = hhmmss(each.ended_at) if each.ended_at else "-"
    how = say(f"overview.ended.{each.ended_by}") if each.ended_by else say("overview.ended.running")
    cells = (hhmmss(each.started_at), ended, each.number, each.matter, f"{took / MINUTE:.2f}", how, each.staff)
    return Row(each.id, cells)
