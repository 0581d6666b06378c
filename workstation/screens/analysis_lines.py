"""How screen 8 words a period: view models in, cells and lines out."""

from __future__ import annotations

from collections.abc import Mapping

from sync.calendar import day_of
from workstation.cells import bar, clip, width
from workstation.hours import hhmm
from workstation.locale import say
from workstation.services.analysis import DAY, MONTH, YEAR, Period
from workstation.views.analysis import PERIOD, WINDOW, Alarm, Analysis, BadOne, Figures, Line
from workstation.widgets import lines as widget
from workstation.widgets.rows import Row
from workstation.window_words import window_words

FIGURES = ("invited", "rated", "participation", "satisfied", "bad", "bad_rate", "before", "bar", "defaulted", "alarm")
"""The figures that F1 explains."""
BAR_CELLS = 12


def period(shown: Period) -> str:
    """The period in words: a day, a week by its two ends, a month, a year."""
    if shown.length == DAY:
        return shown.first.isoformat()
    if shown.length == MONTH:
        return f"{shown.first:%Y-%m}"
    if shown.length == YEAR:
        return f"{shown.first:%Y}"
    return f"{shown.first.isoformat()} ~ {shown.last.isoformat()}"


def share(value: float | None) -> str:
    """A share as a person reads it; `-` where there is nothing to divide by."""
    return "-" if value is None else f"{value * 100:.1f}%"


def head(found: Analysis, shown: Period, cells: int) -> widget.Line:
    """The period's figures with those of the period before, closer together where the screen is narrow."""
    now, before = found.total, found.before
    said = [
        (period(shown), "title"),
        (say("analysis.head.rated", rated=now.rated, invited=now.invited), "strong"),
        (say("analysis.head.satisfied", share=share(now.satisfied), before=share(before.satisfied)), ""),
        (say("analysis.head.bad", bad=now.bad, before=before.bad), "warn" if now.bad else ""),
        (say("analysis.head.defaulted", count=now.defaulted), "dim"),
    ]
    room = (cells - 1 - sum(width(text) for text, _ in said)) // len(said)
    if room < 1:
        said.pop()  # what is counted apart stands in the export and in F1
    apart = " " * max(min(room, 3), 1)
    return [(apart + text if place else " " + text, tone) for place, (text, tone) in enumerate(said)]


def rows(found: Analysis) -> list[Row]:
    """The groups; a bar is bad ratings against those of the worst line, in a course the share that is bad."""

    def height(line: Line) -> float:
        return (line.now.bad_rate or 0.0) if found.group == PERIOD else float(line.now.bad)

    most = max((height(line) for line in found.lines), default=0.0)
    return [_row(line, height(line) / most if most else 0.0) for line in found.lines]


def _row(line: Line, ratio: float) -> Row:
    now: Figures = line.now
    cells = (
        line.name,
        str(now.invited),
        str(now.rated),
        share(now.participation),
        share(now.satisfied),
        share(line.before.satisfied),
        str(now.bad),
        str(line.before.bad),
        share(now.bad_rate),
        bar(ratio, BAR_CELLS, empty=" "),
    )
    return Row(line.key or "-", cells, tone="warn" if now.bad else "", data=line)


def alarms(found: Analysis, words: Mapping[str, str], cells: int, most: int) -> list[widget.Line]:
    """What bad ratings have in common."""
    if not found.alarms:
        return [[(" " + say("analysis.alarms"), "title"), ("  " + say("analysis.alarm.none"), "dim")]]
    lines: list[widget.Line] = [[(f" {say('analysis.alarms')} {len(found.alarms)}", "title")]]
    lines += [[(clip(f" ! {alarm(each, words)}", cells - 1), "bad")] for each in found.alarms[: most - 1]]
    return lines


def alarm(each: Alarm, words: Mapping[str, str]) -> str:
    """One alarm in words."""
    reason = words.get(each.reason, each.reason)
    name = window_words(each.name) if each.kind == WINDOW else each.name
    return say(f"analysis.alarm.{each.kind}", name=name, reason=reason, count=each.count, before=each.before)


def bad_one(each: BadOne, words: Mapping[str, str]) -> Row:
    """One bad rating."""
    tags = "、".join(words.get(tag, tag) for tag in each.tags)
    level = say(f"callback.level.{each.level}")
    if each.person_level and each.person_level != each.level:
        level = f"{level}/{say(f'callback.level.{each.person_level}')}"
    state = say(f"analysis.state.{each.state}") if each.state else "-"
    cells = (
        f"{day_of(each.at)[5:]} {hhmm(each.at)}",
        level,
        each.number or "-",
        each.window,
        each.matter,
        tags,
        each.words,
        state,
    )
    return Row(each.id, cells)
