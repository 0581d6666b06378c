"""收件: a new case at the counter. First the matter, by Chinese words or pinyin initials; then its form, saved as a
draft with every key.

    PickMatter ─▶ matter ─▶ ReceiveForm ─F9 or Enter in the last field─▶ case.receive (+ ticket.link)
                                 └ Esc: the draft stays, and is there when the same matter is received again
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from sync.errors import HallError
from workstation.locale import say
from workstation.pinyin import spellings
from workstation.screens.search import Search
from workstation.views.draft import field_hint
from workstation.widgets.dialog import Dialog
from workstation.widgets.form import Field, Form
from workstation.widgets.lines import Lines
from workstation.widgets.rows import Row
from workstation.widgets.window_table import Column, WindowTable

if TYPE_CHECKING:
    from workstation.services.review import ReviewService

DRAFT = "receive/"


class Named(NamedTuple):
    """What can be picked by its name."""

    id: str
    name: str


class PickMatter(Search[str]):
    """The matters, or whatever else has a name."""

    COLUMNS = (Column("id", "review.col.code", 8), Column("name", "review.col.matter", 20, flexible=True))
    NOTHING = "review.no_matter"

    def __init__(self, matters: Sequence[Any], title: str = "", lines: Sequence[str] = ()) -> None:
        entries = [
            (Row(each.id, (each.id, each.name)), (each.name, each.id, *spellings(each.name))) for each in matters
        ]
        super().__init__(title or say("review.receive"), entries, lines or [say("review.which_matter")])

    def on_window_table_opened(self, event: WindowTable.Opened) -> None:
        """This one."""
        event.stop()
        self.dismiss(str(event.row.key))


class ReceiveForm(Dialog[str]):
    """The matter's form; answers the new case's id."""

    DEFAULT_CSS = """
    ReceiveForm > Vertical { width: 90; }
    ReceiveForm VerticalScroll { height: auto; max-height: 16; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9", "receive", show=False, priority=True),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(self, service: ReviewService, matter: Any, ticket: Any = None) -> None:
        lines = [say("review.listed", count=len(matter.materials or []))]
        if ticket is not None:
            lines.insert(0, say("review.under_ticket", number=ticket.number or "-"))
        super().__init__(say("review.receiving", matter=matter.name), lines)
        self._service = service
        self._matter = matter
        self._ticket = ticket
        self._key = DRAFT + matter.id
        self._fields = [
            Field("applicant", "review.field.applicant", limit=120, required=True),
            Field(
                "applicant_code",
                "review.field.applicant_code",
                24,
                limit=18,
                digits=True,
                check=partial(field_hint, "applicant_code"),
            ),
            *(
                Field(
                    each["name"],
                    each.get("label") or each["name"],
                    required=bool(each.get("required")),
                    check=partial(field_hint, each["name"]),
                )
                for each in matter.fields or []
            ),
        ]

    def compose_body(self) -> ComposeResult:
        """Form and the line about keys."""
        draft = self._service.desk.draft(self._key) or {}
        values = {name: str(value) for name, value in draft.items()}
        if self._ticket is not None and self._ticket.holder:
            values.setdefault("applicant", self._ticket.holder)
        with VerticalScroll(can_focus=False):
            yield Form(self._fields, values, keeps=True)
        yield Lines([[(say("review.receive_keys"), "dim")]])

    def on_form_changed(self, event: Form.Changed) -> None:
        """Every key is kept before it is painted."""
        event.stop()
        try:
            if self.app.services is not None and self._service.desk.person is not None:  # type: ignore[attr-defined]
                self._service.desk.save_draft(self._key, event.form.values)
        except HallError as error:  # the disk is full: say so, what is on the screen stays there
            self.message((error.code, error.params))
        finally:
            event.form.kept(event.name, event.value)

    def on_form_submitted(self, event: Form.Submitted) -> None:
        """Enter in the last field."""
        event.stop()
        self.action_receive()

    def action_receive(self) -> None:
        """F9: open the case once nothing is missing; a doubtful number is a hint and stops nobody."""
        form = self.query_one(Form)
        values = {name: value.strip() for name, value in form.values.items()}
        if missing := [name for name in form.check() if not values[name]]:
            form.focus_field(missing[0])
            self.message("review.fields_wrong", count=len(missing))
            return
        applicant, code = values.pop("applicant"), values.pop("applicant_code")
        ticket = self._ticket.id if self._ticket is not None else None
        try:
            case = self._service.receive(self._matter.id, applicant, code, values, ticket)
        except HallError as error:
            self.message((error.code, error.params))
            return
        self._service.desk.drop_draft(self._key)
        self.dismiss(case)
