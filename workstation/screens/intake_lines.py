"""What screen 5 says, line by line: the list's rows, a draft's and a case's head, the right panel, the banner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workstation.cells import clip, pad, width, wrap
from workstation.dropfolder import DropFolder, Dropped
from workstation.hours import MINUTE, hhmm, hhmmss
from workstation.locale import Phrase, say
from workstation.views.case import MARKS, CaseView, MaterialLine
from workstation.views.draft import Draft, steps_of
from workstation.views.intake import IntakeCase, Waiting
from workstation.views.masking import mask_name
from workstation.widgets.checklist import Item
from workstation.widgets.lines import Line
from workstation.widgets.rows import Row

MEGABYTE = 1_000_000
STATE_TONES = {"need_correction": "warn", "corrected": "", "denied": "bad"}


def size(count: int) -> str:
    """Bytes as people say them: 4.8MB, 12KB."""
    return f"{count / MEGABYTE:.1f}MB" if count >= MEGABYTE // 10 else f"{-(-count // 1000)}KB"


def span(seconds: int) -> str:
    """A time to wait: 40秒, 1分40秒."""
    if seconds < 60:
        return say("intake.span.seconds", seconds=seconds)
    return say("intake.span.minutes", minutes=seconds // 60, seconds=f"{seconds % 60:02d}")


def state_of(case: IntakeCase) -> str:
    """A case's state in words."""
    return say(f"refusal.state_of.{case.state}")


# -- the list ----------------------------------------------------------------------------------------------------------


def draft_row(draft: Draft, matter: Any, at: int) -> Row:
    """A draft in the list."""
    done, needed = steps_of(draft, matter)
    papers = sum(bool(each.files) for each in draft.materials)
    words = say("intake.state.draft", done=done, all=needed)
    tone = ""
    if draft.withdrawn:
        words, tone = say("intake.state.withdrawn"), "dim"
    elif draft.refused is not None:
        words, tone = say("intake.state.refused"), "bad"
    cells = (
        words,
        mask_name(draft.values.get("applicant")) or say("intake.no_name"),
        matter.name,
        f"{papers}/{len(draft.materials)}",
        hhmm(at),
        say("intake.transfer.draft"),
    )
    return Row(draft.id, cells, tone=tone, data=draft)


def case_row(case: IntakeCase, online: bool) -> Row:
    """A case in the list."""
    cells = (
        state_of(case),
        case.applicant,
        case.matter,
        f"{case.papers_there}/{case.papers}",
        "-".join(case.number.rsplit("-", 2)[-2:]) or say("intake.no_number"),
        say(case.transfer(online)),
    )
    return Row(case.id, cells, tone=STATE_TONES.get(case.state, ""), data=case)


# -- a draft -----------------------------------------------------------------------------------------------------------


def draft_head(draft: Draft, matter: Any, at: int, cells: int) -> list[Line]:
    """Title with its progress, what the centre said, the matter."""
    done, needed = steps_of(draft, matter)
    title = say("intake.head", done=done, all=needed)
    lines: list[Line] = [[(title, "title"), (say("intake.saved", time=hhmmss(at)), "dim")]]
    if draft.withdrawn:
        lines.append([(say("intake.is_withdrawn"), "warn")])
    if draft.refused is not None:
        why = say(draft.refused[0], **draft.refused[1])
        lines += [[(line, "bad")] for line in wrap(say("intake.was_refused", why=why), cells)[:2]]
    return lines


def draft_items(draft: Draft) -> list[Item]:
    """The list of materials with their files."""
    items = []
    for material in draft.materials:
        name = material.name + ("" if material.required else say("intake.optional"))
        if material.files:
            note = say("intake.files", count=len(material.files), size=size(material.size))
            items.append(Item(material.id, name, "x", note))
        else:
            items.append(Item(material.id, name, " ", say("intake.missing") if material.required else ""))
    return items


# -- a case ------------------------------------------------------------------------------------------------------------


def case_head(
    view: CaseView, online: bool, case: IntakeCase | None, defects: Sequence[Mapping[str, Any]]
) -> list[Line]:
    """Number, state, applicant, limits; what is to be corrected."""
    row = view.row
    number = view.number or say("intake.no_number_yet")
    state = say(f"refusal.state_of.{row.state}")
    transfer = say(case.transfer(online)) if case is not None else ""
    lines: list[Line] = [
        [(number, "title"), ("  ", ""), (state, STATE_TONES.get(row.state, "") or "strong"), (f"  {transfer}", "dim")],
        [],
    ]
    facts = [
        ("intake.field.matter", view.matter),
        ("intake.field.applicant", view.applicant),
        ("intake.fact.received", f"{hhmm(row.received_at)}  {row.received_by or ''}" if row.received_at else ""),
        ("intake.fact.owner", row.owner or "-"),
        ("intake.fact.answer_by", row.correction_due_day if row.state == "received" else ""),
        ("intake.fact.accepted", hhmm(row.accepted_at) if row.accepted_at else ""),
        ("intake.fact.promised", row.promised_day or ""),
        ("intake.fact.opinion", row.opinion or ""),
        ("intake.fact.decision", say(f"intake.decision.{row.decision}") if row.decision else ""),
        ("intake.fact.reasons", row.reasons or ""),
    ]
    for key, value in facts:
        if value:
            lines.append([(pad(say(key), 12), "dim"), (str(value), "")])
    if view.clashes:
        lines.append([(say("intake.clash", fields=" ".join(view.clashes)), "bad")])
    if row.state == "need_correction":
        lines += [[], [(say("intake.defects", round=row.correction_round), "warn")]]
        names = {material.id: material.name for material in view.materials}
        for place, defect in enumerate(defects, 1):
            words = str(defect.get("words") or defect.get("reason") or "")
            remedy = str(defect.get("remedy") or "")
            what = names.get(str(defect.get("material")), say("intake.whole_case"))
            told = f"! {place} {what}: {words}"
            lines.append([(told, "warn"), (f"  {remedy}" if remedy else "", "")])
    return lines


def case_items(view: CaseView) -> list[Item]:
    """The case's materials as they stand."""
    return [
        Item(
            each.id,
            each.name + ("" if each.required or each.sha256 else say("intake.optional")),
            _mark(each),
            _note(each),
        )
        for each in view.materials
    ]


def _mark(material: MaterialLine) -> Any:
    if material.state == "received":
        return "x" if material.arrived or material.sha256 is None else "?"
    return MARKS.get(material.state, " ")


def _note(material: MaterialLine) -> str:
    if material.state == "missing":
        return material.defect or (say("intake.missing") if material.required else "")
    if material.state == "defective":
        return material.defect or say("refusal.state_of.defective")
    if material.state == "waived":
        return say("review.material.waived")
    if material.sha256 is not None and not material.arrived:
        return say("intake.on_its_way")
    return say("intake.arrived" if material.sha256 is not None else "intake.in_hand")


# -- below the papers --------------------------------------------------------------------------------------------------


def inbox(drop: DropFolder, cells: int) -> list[Line]:
    """The drop folder: how many wait, what it refuses."""
    ready, coming = len(drop.of_state("ready")), len(drop.of_state("coming"))
    if drop.trouble:
        return [[(say(drop.trouble, folder=short_path(drop.folder)), "warn")]]
    news = [say("intake.inbox.ready", count=ready)] if ready else []
    news += [say("intake.inbox.coming", count=coming)] if coming else []
    if not news:
        news = [say("intake.inbox.empty")]
    joined = "  ".join(news)
    room = cells - width(joined) - width(say("intake.inbox", folder="")) - 2
    words = say("intake.inbox", folder=end_of_path(short_path(drop.folder), room))
    lines: list[Line] = [[(words + "  ", "dim"), (joined, "key" if ready else "dim")]]
    for file in drop.of_state("refused")[:3]:
        lines.append([(clip("! " + refused(file, drop.limit), cells), "warn")])
    return lines


def refused(file: Dropped, limit: int) -> str:
    """Why a file is left where it lies."""
    return say(f"drop.refused.{file.problem}", name=file.name, limit=size(limit))


def short_path(folder: Path) -> str:
    """A folder as it is told: below the home folder with `~`."""
    try:
        return f"~/{folder.relative_to(Path.home())}/"
    except (ValueError, RuntimeError):
        return f"{folder}/"


def end_of_path(path: str, cells: int) -> str:
    """A folder in at most `cells` cells: whole parts go from its beginning, `.../data/inbox/`; its end tells more."""
    parts = path.rstrip("/").split("/")
    for first in range(1, len(parts)):
        if width(path) <= cells:
            break
        path = f".../{'/'.join(parts[first:])}/"
    return clip(path, cells)


# -- the right panel and the banner ------------------------------------------------------------------------------------


def queue(cases: Sequence[IntakeCase], online: bool, cells: int, room: int = 7) -> list[Line]:
    """What waits, then what went last: name, matter, size, where its bytes are."""
    waiting = [case for case in cases if case.waits]
    gone = [case for case in cases if not case.waits]
    lines: list[Line] = [[(say("intake.queue"), "title")]]
    shown = (waiting + gone[: max(room - len(waiting), 0)])[:room]
    for place, case in enumerate(shown, 1):
        state = say(case.transfer(online))
        left = pad(f"{place} {clip(case.applicant, 9)} {case.matter}", cells - 7 - 7)
        tone = "warn" if case.waits and not online else "" if case.waits else "dim"
        lines.append([(left, ""), (pad(size(case.bytes_all), 7, "right"), "dim"), (pad(" " + state, 7), tone)])
    if len(waiting) > room:
        lines.append([(say("intake.queue.more", count=len(waiting) - room), "dim")])
    if not shown:
        lines.append([(say("intake.queue.none"), "dim")])
    return lines


def checks(found: Sequence[tuple[str, Phrase]], cells: int) -> list[Line]:
    """The pre-check's results."""
    lines: list[Line] = [[(say("intake.checks"), "title")]]
    for mark, phrase in found:
        for place, text in enumerate(wrap(_told(phrase), cells - 2)):
            lines.append([(f"{mark} " if not place else "  ", "warn" if mark == "!" else "good"), (text, "")])
    return lines


def _told(phrase: Phrase) -> str:
    """A sentence whose own parameters may be keys: fields, and what may be wrong with one."""
    if not isinstance(phrase, tuple):
        return say(phrase)
    params = dict(phrase[1])
    for name in {"field", "hint"} & params.keys():
        params[name] = say(str(params[name]))
    if isinstance(fields := params.get("fields"), list):
        params["fields"] = " ".join(map(say, fields))
    return say(phrase[0], **params)


def today(figures: tuple[int, int, int]) -> list[Line]:
    """The green channel in numbers."""
    handed_in, accepted, to_correct = figures
    line = say("intake.today.figures", handed_in=handed_in, accepted=accepted, to_correct=to_correct)
    return [[(say("intake.today"), "title")], [(line, "warn" if to_correct else "")]]


def banner(online: bool, waiting: Waiting, last_seen: int, now: int) -> tuple[str, str]:
    """The status line and its tone."""
    parts = []
    if not online:
        minutes = max(now - last_seen, 0) // MINUTE if last_seen else 0
        parts.append(say("intake.offline_for", minutes=minutes) if last_seen else say("app.link_off"))
    if waiting.cases:
        parts.append(say("intake.waiting", count=waiting.cases, size=size(waiting.bytes_left)))
        if not online:
            parts.append(say("intake.takes", time=span(waiting.seconds)))
    same_day = now - last_seen < 12 * 60 * MINUTE
    if last_seen:
        parts.append(say("intake.last_seen", time=hhmmss(last_seen) if same_day else _day(last_seen)))
    else:
        parts.append(say("intake.never_seen"))
    return "  ".join(parts), "" if online else "warn"


def _day(at: int) -> str:
    from sync.calendar import day_of

    return f"{day_of(at)} {hhmm(at)}"
