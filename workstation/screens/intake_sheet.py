"""The left side of screen 5 when a draft or a case is open: head, fields, list of materials, drop folder. It shows what
it is given and knows no services.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll

from workstation.cells import pad, width
from workstation.locale import Phrase, say
from workstation.views.draft import AskedField, Draft, field_hint
from workstation.widgets.checklist import Checklist, Item
from workstation.widgets.form import Field, Form
from workstation.widgets.lines import Line, Lines

LIMITS = {"applicant": 120, "applicant_code": 24, "agent": 40, "agent_id": 24}
CODES = ("applicant_code", "agent_id", "id_number", "phone")


class DraftForm(Form):
    """The matter, a draft's fields and the site, numbered; `*` is required. Messages take room only while there are
    any."""

    DEFAULT_CSS = """
    DraftForm .form-message { display: none; width: 18; }
    """

    def __init__(self, draft: Draft, fields: Sequence[AskedField], matter: str, site: str) -> None:
        self.draft_id = draft.id
        super().__init__([_field(place, field) for place, field in enumerate(fields, 2)], draft.values, keeps=True)
        cells = max(width(each.label) for each in self.fields) + 3  # the labels' column and its bracket
        self._matter = Lines([[(pad(f"1 {say('intake.field.matter')}", cells), ""), (matter, "strong")]])
        last = f"{len(fields) + 2} {say('intake.field.site')}"
        self._site = Lines([[(pad(last, cells), ""), (site, "dim")]])

    def compose(self) -> ComposeResult:
        """What it is, the fields, where it is handed in."""
        yield self._matter
        yield from super().compose()
        yield self._site

    def say_wrong(self, name: str, phrase: Phrase | None) -> None:
        """The message beside a field."""
        super().say_wrong(name, phrase)
        line = next(each for each in self.query(Lines) if each.name == name)
        line.styles.display = "block" if phrase else "none"


def _field(place: int, field: AskedField) -> Field:
    """The field as the form wants it: only hints are checked, and nothing is required of somebody who is typing."""
    name = field.name
    return Field(
        name,
        f"{place} {say(field.label)}" + ("*" if field.required else ""),
        limit=LIMITS.get(name, 200),
        digits=name in CODES,
        secret=name in ("agent_id", "id_number"),
        check=lambda value: field_hint(name, value),
    )


class Sheet(VerticalScroll):
    """One draft or one case."""

    DEFAULT_CSS = """
    Sheet { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    Sheet #place { height: auto; }
    Sheet #papers-title { margin-top: 1; }
    Sheet #promise { margin-top: 1; }
    .-narrow Sheet #promise { margin-top: 0; }
    """
    can_focus = False

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Lines([[]], id="head")
        yield Vertical(id="place")
        yield Lines([[]], id="papers-title")
        yield Checklist(id="papers")
        yield Lines([[]], id="inbox")
        yield Lines([[(say("intake.promise"), "dim")]], id="promise")

    @property
    def papers(self) -> Checklist:
        """The list of materials."""
        return self.query_one("#papers", Checklist)

    @property
    def form(self) -> DraftForm | None:
        """The fields, where a draft is shown."""
        found = list(self.query(DraftForm))
        return found[-1] if found else None

    async def show_form(
        self, draft: Draft | None, fields: Sequence[AskedField] = (), matter: str = "", site: str = ""
    ) -> None:
        """A draft's fields; None: no fields."""
        place = self.query_one("#place", Vertical)
        await place.remove_children()
        if draft is not None:
            await place.mount(DraftForm(draft, fields, matter, site))
        self.query_one("#promise").display = draft is not None
        self.scroll_home(animate=False)

    def show_head(self, lines: Sequence[Line]) -> None:
        """What stands above."""
        self.query_one("#head", Lines).set_lines(lines)

    def show_papers(self, title: str, items: Sequence[Item]) -> None:
        """The materials."""
        self.query_one("#papers-title", Lines).set_lines([[(title, "title")]])
        self.papers.show(items)

    def show_inbox(self, lines: Sequence[Line]) -> None:
        """The drop folder."""
        self.query_one("#inbox", Lines).set_lines(lines)
