"""The two sides of a case under review: on the left materials, what is known of the case and the reasons for sending it
back; on the right its fields side by side and the opinion. They show what they are given and know no services.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll

from workstation.cells import clip, wrap
from workstation.hours import moment
from workstation.locale import Phrase, say
from workstation.views.case import MARKS, CaseView, FieldLine
from workstation.widgets.checklist import Checklist, Item
from workstation.widgets.entry import Entry
from workstation.widgets.field_diff import Difference, FieldDiff
from workstation.widgets.lines import Line, Lines
from workstation.widgets.window_table import Column

REASONS = ("incomplete", "wrong", "undated", "unsigned", "other")
Told = tuple[Phrase, str]


def label_of_field(field: FieldLine) -> str:
    """The matter's own word for a field; those of every case have theirs in the catalogue."""
    return field.label or say(f"review.field.{field.name}")


class CaseLeft(VerticalScroll):
    """Materials with their ticks, the case's own data, the reasons of a correction notice."""

    DEFAULT_CSS = """
    CaseLeft { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    CaseLeft Lines { margin-bottom: 1; }
    CaseLeft Checklist { margin-bottom: 1; }
    """
    can_focus = False

    def compose(self) -> ComposeResult:
        """Three blocks, a line each about the draft."""
        yield Lines([[]], id="materials-title")
        yield Checklist(id="materials")
        yield Lines([[]], id="about")
        yield Lines([[(say("review.reasons"), "title")]], id="reasons-title")
        yield Checklist(id="reasons")
        yield Lines([[]], id="draft")

    def show(self, view: CaseView, opened: Collection[str], due: Sequence[tuple[str, str, Told]], now: int) -> None:
        """Materials and data; `opened` are the hashes of files that the person has looked at, `due` the limits as
        (key, day, words with tone), `now` the time, ms."""
        there = sum(material.state != "missing" for material in view.materials)
        self.query_one("#materials-title", Lines).set_lines(
            [[(say("review.materials", there=there, all=len(view.materials)), "title")]]
        )
        self.query_one("#materials", Checklist).show(
            [
                Item(
                    material.id,
                    material.name + ("" if material.required else say("review.optional")),
                    MARKS.get(material.state, " "),
                    material.defect or say(f"review.material.{self._state(material, opened)}"),
                )
                for material in view.materials
            ]
        )
        row = view.row
        lines: list[Line] = [
            [(say("review.about.matter"), "dim"), (view.matter, "")],
            [(say("review.about.applicant"), "dim"), (view.applicant, "")],
            [(say("review.about.owner"), "dim"), (row.owner or "-", "")],
        ]
        for key, day, (words, tone) in due:
            lines.append([(say(key), "dim"), (f"{day}  ", ""), (say(words), tone)])
        if row.deemed:
            lines.append([(say("review.about.deemed"), "warn")])
        if row.extended:
            lines.append([(say("review.about.extended"), "warn")])
        for staff, at, text in view.notes[-2:]:
            lines.append([(f"{staff} {moment(at, now)} ", "dim"), (text, "")])
        self.query_one("#about", Lines).set_lines(lines)

    @staticmethod
    def _state(material: Any, opened: Collection[str]) -> str:
        if material.state == "received" and material.sha256 is not None and not material.arrived:
            return "on_its_way"
        if material.state == "received" and material.sha256 in opened:
            return "opened"
        if material.state == "received" and material.sha256 is None:
            return "in_hand"
        return str(material.state)

    def show_reasons(self, ticked: Collection[str], shown: bool) -> None:
        """The reasons; `shown` False where no correction notice is possible any more."""
        for id in ("#reasons-title", "#reasons"):
            self.query_one(id).display = shown
        self.query_one("#reasons", Checklist).show(
            [Item(code, say(f"review.reason.{code}"), "x" if code in ticked else " ") for code in REASONS]
        )

    def say_draft(self, text: str) -> None:
        """When the draft was saved."""
        self.query_one("#draft", Lines).set_lines([[(text, "dim")]])


class CaseRight(Vertical):
    """Fields side by side, what is wrong with the one under the cursor, the opinion."""

    DEFAULT_CSS = """
    CaseRight { height: 1fr; }
    CaseRight #diff { height: 1fr; }
    CaseRight #problem { height: 3; margin-top: 1; }
    CaseRight #said { margin-bottom: 1; }
    """

    def compose(self) -> ComposeResult:
        """Head, table, problem, what was said before, the entry."""
        yield Lines([[]], id="diff-title")
        yield FieldDiff("review.registered", "review.applied", id="diff")
        yield Lines([[], [], []], id="problem")
        yield Lines([], id="said")
        yield Lines([[]], id="opinion-title")
        yield Entry("", limit=500, id="opinion")

    def show(self, view: CaseView, decides: bool, now: int) -> None:
        """Fields, counts and earlier opinions; `now` is the time, ms."""
        changed = sum(field.changed for field in view.fields)
        problems = sum(bool(field.problem) for field in view.fields)
        self.query_one("#diff-title", Lines).set_lines(
            [[(say("review.compared", changed=changed, problems=problems), "title")]]
        )
        diff = self.query_one("#diff", FieldDiff)
        heading = "review.registered" if view.compared else "review.writer"
        if diff.columns[2].label != heading:
            diff.columns[2] = Column("left", heading, diff.columns[2].width)
            diff.refresh()
        diff.show_differences([self._difference(view, field, now) for field in view.fields])
        self.query_one("#said", Lines).set_lines(self._said(view))
        title = "review.decision_reasons" if decides else "review.opinion"
        self.query_one("#opinion-title", Lines).set_lines([[(say(title), "title")]])

    def _difference(self, view: CaseView, field: FieldLine, now: int) -> Difference:
        mark: Literal[" ", "*", "!"] = "!" if field.problem else "*" if field.changed else " "
        left = field.registered
        if not view.compared:
            left = f"{field.writer} {moment(field.written_at, now)}" if field.written_at else ""
        return Difference(field.name, label_of_field(field), left, field.value, mark, field)

    def _said(self, view: CaseView) -> list[Line]:
        row, cells = view.row, (self.size.width or 56) - 2
        lines: list[Line] = []
        if row.opinion and row.reviewer:
            proposal = say(f"review.decision.{row.proposal}") if row.proposal else ""
            words = say("review.said_by", staff=row.reviewer, text=f"{row.opinion} ({proposal})")
            lines += [[(line, "")] for line in wrap(words, cells)[:2]]
        if row.decision:
            decided = say(f"review.decision.{row.decision}")
            words = say("review.decided_by", staff=row.approver or "", decision=decided, text=row.reasons or "")
            lines += [[(line, "strong")] for line in wrap(words, cells)[:2]]
        return lines

    def show_problem(self, field: FieldLine | None) -> None:
        """What is wrong with the field under the cursor."""
        lines: list[Line] = [[], [], []]
        if field is not None:
            cells = (self.size.width or 56) - 2
            full = wrap(f"{label_of_field(field)}: {field.value or say('review.empty')}", cells)
            lines = [[(line, "dim")] for line in full[:2]]
            if field.problem:
                lines.insert(
                    0, [(clip(say(f"review.problem.{field.problem}", label=label_of_field(field)), cells), "bad")]
                )
        self.query_one("#problem", Lines).set_lines([*lines, [], [], []][:3])
