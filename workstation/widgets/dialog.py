"""Dialogs: a question over the screen. Esc answers nothing (None), and nothing typed elsewhere is lost.

Ask       one line of text                    -> str | None
Pick      one of a numbered list              -> key | None
Confirm   for what cannot be undone: wants the case's last digits, not y or n -> bool | None
Tell      sentences to read                   -> None
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from workstation.locale import Phrase, say
from workstation.widgets.choice import Choice, Option
from workstation.widgets.entry import Entry
from workstation.widgets.lines import Lines

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer | None]):
    """A frame of ASCII signs in the middle of the screen with a title, a body and a line for messages."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > Vertical {
        width: 64; max-width: 96%; height: auto; max-height: 90%; border: ascii $accent; padding: 0 1; background:
        $surface;
    }
    Dialog.-box > Vertical { border: solid $accent; }
    Dialog #dialog-title { height: 1; margin-bottom: 1; }
    Dialog #dialog-message { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]
    AUTO_FOCUS = "Entry, Choice, WindowTable"

    def __init__(self, title: str, lines: Sequence[str] = ()) -> None:
        super().__init__()
        self.heading = title
        self.words = list(lines)

    def on_mount(self) -> None:
        """Its frame as the screens' lines are."""
        below = self.app.screen_stack[-2] if len(self.app.screen_stack) > 1 else self
        self.set_class(below.has_class("-box"), "-box")

    def compose(self) -> ComposeResult:
        """Title, sentences, the dialog's own body, message line."""
        with Vertical():
            yield Lines([[(self.heading, "title")]], id="dialog-title")
            if self.words:
                yield Lines([[(line, "")] for line in self.words])
            yield from self.compose_body()
            yield Lines([[]], id="dialog-message")

    def compose_body(self) -> ComposeResult:
        """What the dialog asks with."""
        yield from ()

    def message(self, key: Phrase, **params: object) -> None:
        """A sentence in the message line."""
        self.query_one("#dialog-message", Lines).set_lines([[(say(key, **params), "warn")]])

    def hint(self, key: Phrase, **params: object) -> None:
        """As `message`: what the app says while the dialog is on top."""
        self.message(key, **params)

    def on_entry_cut(self, event: Entry.Cut) -> None:
        """A paste did not fit."""
        event.stop()
        self.message("app.cut", limit=event.limit)

    def action_cancel(self) -> None:
        """Esc."""
        self.dismiss(None)


class Ask(Dialog[str]):
    """One line of text; `check` gives a phrase that says what is wrong, or None."""

    def __init__(
        self,
        title: str,
        label: str = "",
        *,
        value: str = "",
        lines: Sequence[str] = (),
        check: Callable[[str], Phrase | None] | None = None,
        secret: bool = False,
        limit: int = 60,
        digits: bool = False,
    ) -> None:
        super().__init__(title, lines)
        self.label = label
        self.value = value
        self.check = check
        self.secret = secret
        self.limit = limit
        self.digits = digits

    def compose_body(self) -> ComposeResult:
        """Label and entry."""
        if self.label:
            yield Lines([[(self.label, "")]])
        yield Entry(self.value, secret=self.secret, limit=self.limit, digits=self.digits)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        value = event.value.strip()
        wrong = self.check(value) if self.check else None
        if wrong is None:
            self.dismiss(value)
        else:
            self.message(wrong)


class Confirm(Dialog[bool]):
    """Before the irreversible: `tail` are the digits to type."""

    def __init__(self, title: str, tail: str, lines: Sequence[str] = ()) -> None:
        super().__init__(title, lines)
        self.tail = tail

    def compose_body(self) -> ComposeResult:
        """The question and the entry."""
        yield Lines([[(say("app.confirm_tail", count=len(self.tail)), "")]])
        yield Entry("", limit=max(len(self.tail), 1), digits=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        if event.value.strip() == self.tail:
            self.dismiss(True)
        else:
            self.message("app.wrong_tail")


class Pick(Dialog[Any]):
    """One of several; the answer is the option's key."""

    def __init__(self, title: str, options: Sequence[tuple[Hashable, str]], lines: Sequence[str] = ()) -> None:
        super().__init__(title, lines)
        self.options = [Option(key, label) for key, label in options]

    def compose_body(self) -> ComposeResult:
        """The numbered list."""
        yield Choice(self.options)

    def on_choice_chosen(self, event: Choice.Chosen) -> None:
        """A digit, Enter or a click."""
        event.stop()
        self.dismiss(event.option.key)


class Tell(Dialog[None]):
    """Sentences; Enter or Esc closes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "cancel", show=False)]
