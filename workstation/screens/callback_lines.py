"""How screen 4 words the ledger: view models in, cells and lines out; nothing is read and nothing done here."""

from __future__ import annotations

from datetime import date

from sync.calendar import day_of
from workstation.cells import clip, wrap
from workstation.hours import MINUTE, hhmm, hhmmss
from workstation.locale import has, say
from workstation.services.callback import ITEMS, CallbackService, OpenCall, Step
from workstation.views.callback import CALLBACK, RECTIFY, Entry, EntryLine, Figures, File
from workstation.widgets.checklist import Item, State
from workstation.widgets.countdown import time_left
from workstation.widgets.lines import Line
from workstation.widgets.rows import Row
from workstation.window_words import window_words

YES = "1"
WORDS_LINES = 3


def head(figures: Figures) -> Line:
    """Today's figures."""
    rate = f"{figures.rate * 100:.0f}%" if figures.rate is not None else "-"
    line: list[tuple[str, str]] = [(" " + say("callback.head.bad", count=figures.bad), "strong")]
    if figures.complaints:
        line.append(("   " + say("callback.head.complaints", count=figures.complaints), ""))
    line += [
        ("   " + say("callback.head.in_time", count=figures.in_time), ""),
        ("   " + say("callback.head.overdue", count=figures.overdue), "bad" if figures.overdue else ""),
        ("   " + say("callback.head.rate", rate=rate), ""),
        ("   " + say("callback.head.second", content=figures.content, second=figures.second), ""),
    ]
    return line


def limit(span_ms: int) -> str:
    """Within what time everybody is called back."""
    minutes = span_ms // MINUTE
    hours, rest = divmod(minutes, 60)
    return say("callback.limit.minutes", count=minutes) if rest else say("callback.limit.hours", count=hours)


def row(line: EntryLine, now: int, *, near_ms: int, doubtful: bool) -> Row:
    """One line of the list."""
    left, tone = remaining(line, now, near_ms=near_ms, doubtful=doubtful)
    cells = (left, level(line), line.matter_name, where(line), line.holder or "-", line.phone or "-", state(line))
    return Row(line.id, cells, tone=tone, data=line)


def remaining(line: EntryLine, now: int, *, near_ms: int, doubtful: bool) -> tuple[str, str]:
    """What is left of the clock that runs, with a word beside the colour."""
    if line.clock == CALLBACK:
        return time_left(line.ends_at, now, near_ms=near_ms, doubtful=doubtful)
    if line.clock != RECTIFY:
        return "-", "dim" if line.state in ("closed", "voided") else ""
    sign = "~" if doubtful else ""
    days = (date.fromisoformat(line.rectify_day) - date.fromisoformat(day_of(now))).days
    if days < 0:
        return sign + say("callback.left.over", days=-days), "bad"
    if days == 0:
        return sign + say("callback.left.today"), "warn"
    return sign + say("callback.left.days", days=days), ""


def level(line: EntryLine) -> str:
    """The level of the rating, or that it came by telephone."""
    return say(f"callback.level.{line.level}") if line.level else say("callback.by_telephone")


def where(line: EntryLine) -> str:
    """The window, with its site where that is not the hall; or the site."""
    return f"{line.away} {window_words(line.window)}".lstrip() if line.window else line.site_name


def place(line: EntryLine) -> str:
    """Matter and window."""
    return f"{line.matter_name} / {where(line)}"


def short_day(day: str) -> str:
    """`11-26` of an ISO day."""
    return day[5:]


def state(line: EntryLine) -> str:
    """The state in words, with what comes next."""
    if line.state in ("open", "assigned", "callback_tried"):
        if line.reached:
            return say("callback.state.reached")
        if line.outcome and line.attempts:
            words = say(f"callback.outcome.{line.outcome}")
            return say("callback.state.tried", outcome=words, at=hhmm(line.tried_at), count=line.attempts)
        return say(f"callback.state.{line.state}", count=line.attempts + 1)
    if line.state in ("verified", "interviewed"):
        return say(f"callback.state.{line.state}", finding=say(f"callback.finding.{line.finding}"))
    if line.state == "rectified" and line.second_time:
        return say("callback.state.rectified_until", at=short_day(line.second_time))
    if line.state == "second_callback":
        return say("callback.state.second_callback", level=say(f"callback.level.{line.second_level}"))
    return say(f"callback.state.{line.state}", day=short_day(line.rectify_day))


def title(entry: Entry, call: OpenCall | None, now: int, *, near_ms: int, doubtful: bool) -> Line:
    """Whose checklist it is; while the call is open, the number in full."""
    line = entry.line
    if call is not None:
        words = say("callback.call_open", holder=call.holder, phone=call.phone)
        return [(f" {words}", "notice"), (f"  {line.matter_name}", "")]
    left, tone = remaining(line, now, near_ms=near_ms, doubtful=doubtful)
    handler = line.handler or say("callback.nobody")
    return [
        (" " + say("callback.list_of"), "title"),
        (f"  {clip(line.holder or '-', 18)}  {clip(line.matter_name, 22)}  ", ""),
        (left, tone),
        (_by_wall(entry), "dim"),
        ("  " + say("callback.handled_by", handler=handler), "dim"),
    ]


def _by_wall(entry: Entry) -> str:
    """When the limit ends by the clock on the wall, where the hall's open hours make it another moment."""
    line = entry.line
    if line.clock != CALLBACK or entry.wall_at in (0, line.ends_at):
        return ""
    return "  " + say("callback.by_wall", at=hhmm(entry.wall_at))


def items(service: CallbackService, entry: Entry) -> list[Item]:
    """The nine lines of the checklist with what has been answered."""
    return [_item(service, entry, name) for name in ITEMS]


def _item(service: CallbackService, entry: Entry, name: str) -> Item:
    answer = entry.answers.get(name)
    value = answer.value if answer else _settled(entry, name)
    open_now = service.may_answer(name, entry)
    draft = service.draft(entry.line.id, name) if open_now and not value else ""
    mark: State = "x" if value else ("?" if draft else " ")
    if value:
        note = _answered(entry, name, value, answer.at if answer else 0)
    elif draft:
        note = say("callback.draft", text=clip(draft, 40))
    else:
        note = _open_note(service, entry, name) if open_now else ""
    return Item(name, say(f"callback.item.{name}"), mark, note, fixed=not open_now)


def _settled(entry: Entry, name: str) -> str:
    """What the entry itself says, where a step was taken without the checklist."""
    line = entry.line
    said = {"finding": line.finding, "cause": entry.cause, "measure": entry.measure, "office": entry.office}
    return (said | {"evidence": entry.evidence, "second_level": line.second_level}).get(name, "")


def _answered(entry: Entry, name: str, value: str, at: int) -> str:
    if name in ("identity", "explained"):
        return hhmmss(at)
    if name == "finding":
        return known("finding", value)
    if name == "cause":
        return known("cause", value)
    if name == "second_level":
        return known("level", value)
    if name == "office":
        return f"{entry.office_names.get(value, value)}{_due(entry)}"
    if name == "second_time":
        return short_day(value)
    return clip(value, 60)


def _open_note(service: CallbackService, entry: Entry, name: str) -> str:
    if name == "office":
        return say("callback.due_after", days=service.rectify_days) if not entry.line.rectify_day else _due(entry)
    return say(f"callback.choices.{name}") if has(f"callback.choices.{name}") else ""


def _due(entry: Entry) -> str:
    if not entry.line.rectify_day:
        return ""
    doubt = "" if entry.day_certain else say("callback.uncertain_day")
    return "  " + say("callback.due", day=short_day(entry.line.rectify_day)) + doubt


def known(kind: str, value: str) -> str:
    """The catalogue's word for a code; what is no code stays as it was typed."""
    key = f"callback.{kind}.{value}"
    return say(key) if value.isascii() and has(key) else value


def words(entry: Entry, cells: int) -> list[Line]:
    """Where it was and by whom, the customer's own words, and what was said since; inert like all data."""
    said = [("callback.served", f"{where(entry.line)}  {entry.rated_staff}".rstrip())]
    said.append(("callback.words", entry.words or say("callback.no_words")))
    if entry.tags:
        said.append(("callback.tags", "、".join(entry.tags)))
    told = (("appeal", entry.appeal), ("void_reason", entry.void_reason), ("interview", entry.answer("interview")))
    said += [(f"callback.{name}", text) for name, text in told if text]
    if entry.files:
        said.append(("callback.files", "  ".join(map(state_of, entry.files))))
    lines: list[Line] = []
    for key, text in said:
        label = say(key)
        for place, piece in enumerate(wrap(f"{label}  {text}", max(cells - 2, 20))[:WORDS_LINES]):
            begun = piece.startswith(label) and place == 0
            lines.append([(f" {label}", "title"), (piece[len(label) :], "")] if begun else [(f" {piece}", "")])
    return lines


def state_of(file: File) -> str:
    """A piece of evidence and where it is, in words."""
    where = say(f"callback.file.{'arrived' if file.arrived else 'waits'}")
    if file.back:
        where = say("callback.file.taken_back", why=file.back)
    return say("callback.file.line", name=file.name, where=where)


def next_step(entry: Entry, step: Step) -> str:
    """What F9 does, and what it still needs, for the status line."""
    if not step.verb:
        return say("callback.step.none", state=state(entry.line))
    what = say("callback.step", verb=say(f"callback.verb.{step.verb}"))
    if step.call:
        return f"{what}  {say('callback.step.call_first')}"
    if step.missing:
        listed = "、".join(str(ITEMS.index(item) + 1) for item in step.missing)
        return f"{what}  {say('callback.step.missing', items=listed)}"
    return what
