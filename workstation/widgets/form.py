"""Labelled fields, one a line: `企业名称  [青岛某文化传媒有限公司___]  message`.

Enter and Tab move on; a wrong field gets its message beside it and nobody is stopped. Every change is posted, so that
the screen can save the draft with each key. A form that `keeps` paints nothing until then:

    key ─▶ value ─▶ Changed ─▶ the screen saves it ─▶ kept(name, value) ─▶ painted

so whatever stands on the screen is on the disk too, also for whoever is looking when the machine dies.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from workstation.cells import width
from workstation.locale import Phrase, say
from workstation.widgets.entry import Entry
from workstation.widgets.lines import Lines


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `label` is a catalogue key, `cells` the width of its entry (0: what is left), `check` gives a phrase
    that says what is wrong with a value. `digits`: numbers and codes, full-width signs become plain ones."""

    name: str
    label: str
    cells: int = 0
    limit: int = 200
    digits: bool = False
    secret: bool = False
    required: bool = False
    check: Callable[[str], Phrase | None] | None = None

    def wrong(self, value: str) -> Phrase | None:
        """What is wrong with `value`; an empty optional field is right."""
        if not value.strip():
            return "app.required" if self.required else None
        return self.check(value) if self.check else None


class Form(Vertical):
    """Fields below each other; labels are as wide as the widest."""

    DEFAULT_CSS = """
    Form { height: auto; }
    Form > .form-row { height: 1; }
    Form .form-label { width: 12; height: 1; }
    Form .form-bracket { width: 1; height: 1; }
    Form .form-message { width: 24; height: 1; margin-left: 1; }
    """

    class Changed(Message):
        """A field's value is another."""

        def __init__(self, form: Form, name: str, value: str) -> None:
            super().__init__()
            self.form = form
            self.name = name
            self.value = value

        @property
        def control(self) -> Form:
            """The form."""
            return self.form

    class Submitted(Message):
        """Enter in the last field."""

        def __init__(self, form: Form) -> None:
            super().__init__()
            self.form = form

        @property
        def control(self) -> Form:
            """The form."""
            return self.form

    def __init__(
        self,
        fields: Sequence[Field],
        values: Mapping[str, str] | None = None,
        *,
        keeps: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.fields = list(fields)
        self._known = dict(values or {})
        self._keeps = keeps
        self._unkept: dict[str, str] = {}
        self._held = contextlib.ExitStack()

    def compose(self) -> ComposeResult:
        """A row a field."""
        labels = [say(field.label) for field in self.fields]
        widest = max((width(label) for label in labels), default=0) + 2
        for field, label in zip(self.fields, labels, strict=True):
            with Horizontal(classes="form-row"):
                shown = Lines([[(label, "")]], classes="form-label")
                shown.styles.width = widest
                yield shown
                yield Lines([[("[", "dim")]], classes="form-bracket")
                entry = Entry(
                    self._known.get(field.name, ""),
                    limit=field.limit,
                    digits=field.digits,
                    secret=field.secret,
                    name=field.name,
                    classes="form-entry",
                )
                if field.cells:
                    entry.styles.width = field.cells
                yield entry
                yield Lines([[("]", "dim")]], classes="form-bracket")
                yield Lines([[]], classes="form-message", name=field.name)

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields."""
        return {field.name: self.entry(field.name).value for field in self.fields}

    def entry(self, name: str) -> Entry:
        """The entry of a field."""
        return next(entry for entry in self.query(Entry) if entry.name == name)

    def fill(self, values: Mapping[str, str]) -> None:
        """Put values in, as when a draft is opened; posts no Changed."""
        for field in self.fields:
            self._known[field.name] = values.get(field.name, "")
            self._unkept.pop(field.name, None)
            with self.prevent(Input.Changed):
                self.entry(field.name).value = values.get(field.name, "")
            self.say_wrong(field.name, None)
        self._paint_what_is_kept()

    def say_wrong(self, name: str, phrase: Phrase | None) -> None:
        """The message beside a field; None: nothing is wrong."""
        line = next(each for each in self.query(Lines) if each.name == name)
        line.set_lines([[("! " + say(phrase), "warn")] if phrase else []])

    def check(self) -> list[str]:
        """Check every field and say what is wrong beside it; the names of the wrong ones."""
        wrong = []
        for field in self.fields:
            phrase = field.wrong(self.entry(field.name).value)
            self.say_wrong(field.name, phrase)
            if phrase is not None:
                wrong.append(field.name)
        return wrong

    def focus_field(self, name: str) -> None:
        """Put the cursor there; a form that is being taken down has no entries left to put it in."""
        if self.query(Entry):
            self.entry(name).focus()

    # -- kept before it is painted ------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Follow each entry's value from the moment it changes: a message would come after the next paint."""
        if self._keeps:
            for entry in self.query(Entry):
                self.watch(entry, "value", partial(self._typed, entry.name or ""), init=False)

    def on_unmount(self) -> None:
        """Whoever waits for this form's paint waits no longer."""
        self._keeps = False
        self._held.close()

    def _typed(self, name: str, value: str) -> None:
        if self._keeps and (name in self._unkept or value != self._known.get(name, "")):
            if not self._unkept:
                self._held.enter_context(self.app.batch_update())
            self._unkept[name] = value

    def kept(self, name: str, value: str) -> None:
        """This value of a field is on the disk, or the person was told that it could not be: it may be painted."""
        if self._unkept.get(name) == value:
            del self._unkept[name]
        self._paint_what_is_kept()

    def _paint_what_is_kept(self) -> None:
        if not self._unkept:
            self._held.close()

    @property
    def holds_paint(self) -> bool:
        """Whether something that was typed is not yet kept, and so not yet on the screen."""
        return bool(self._unkept) and self._keeps

    def on_input_changed(self, event: Input.Changed) -> None:
        """Post the change; a message that was there goes as soon as the value is right."""
        event.stop()
        name = event.input.name or ""
        # An entry also tells of the value that it was made with.
        if event.value == self._known.get(name, ""):
            return
        self._known[name] = event.value
        field = next(each for each in self.fields if each.name == name)
        if field.wrong(event.value) is None:
            self.say_wrong(name, None)
        self.post_message(self.Changed(self, name, event.value))

    def on_input_blurred(self, event: Input.Blurred) -> None:
        """Left: check it, without stopping anybody."""
        event.stop()
        name = event.input.name or ""
        field = next(each for each in self.fields if each.name == name)
        self.say_wrong(name, field.wrong(event.value) if event.value.strip() else None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: the next field, or the end."""
        event.stop()
        names = [field.name for field in self.fields]
        place = names.index(event.input.name or "")
        if place + 1 < len(names):
            self.focus_field(names[place + 1])
        else:
            self.post_message(self.Submitted(self))
