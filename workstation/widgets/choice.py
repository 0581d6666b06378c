"""A numbered list to choose from: a digit, the arrows and Enter, or the mouse."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from workstation.widgets.lines import Lines


@dataclass(frozen=True, slots=True)
class Option:
    """One choice; `note` follows its label, greyed."""

    key: Hashable
    label: str
    note: str = ""


class Choice(Lines, can_focus=True):
    """Options numbered from 1; digits reach the first nine. `chosen` keeps what was picked, if the list stays on the
    screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
        Binding("enter,space", "choose", show=False),
        *(Binding(str(number), f"digit({number})", show=False) for number in range(1, 10)),
    ]

    class Chosen(Message):
        """An option was picked."""

        def __init__(self, choice: Choice, option: Option) -> None:
            super().__init__()
            self.choice = choice
            self.option = option

        @property
        def control(self) -> Choice:
            """The list."""
            return self.choice

    def __init__(self, options: Sequence[Option] = (), *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.chosen: Hashable = None
        self.cursor = 0
        self.options: list[Option] = []
        self.show(options)

    def show(self, options: Sequence[Option], chosen: Hashable = None) -> None:
        """Other options."""
        self.options, self.chosen = list(options), chosen
        self.cursor = min(self.cursor, max(len(self.options) - 1, 0))
        self._draw()

    def _draw(self) -> None:
        self.set_lines(
            [
                [
                    (">" if index == self.cursor else " ", ""),
                    ("*" if option.key == self.chosen and self.chosen is not None else " ", "key"),
                    (f"{index + 1:>2} ", "key"),
                    (option.label, ""),
                    (f"  {option.note}" if option.note else "", "dim"),
                ]
                for index, option in enumerate(self.options)
            ]
        )

    def render_line(self, y: int) -> Strip:
        """One option; the cursor's line is marked while keys come here."""
        under = "cursor" if self.has_focus and y == self.cursor else ""
        return self.strip(self.lines[y] if y < len(self.lines) else (), self.size.width, under)

    def watch_has_focus(self, _focus: bool) -> None:
        """Show where keys go."""
        super().watch_has_focus(_focus)
        self.refresh()

    def action_step(self, by: int) -> None:
        """Up or down."""
        self.cursor = max(min(self.cursor + by, len(self.options) - 1), 0)
        self._draw()
        self.refresh()

    def action_digit(self, number: int) -> None:
        """Pick by number."""
        if number <= len(self.options):
            self.cursor = number - 1
            self.action_choose()

    def action_choose(self) -> None:
        """Pick what the cursor is on."""
        if self.options:
            option = self.options[self.cursor]
            self.chosen = option.key
            self._draw()
            self.refresh()
            self.post_message(self.Chosen(self, option))

    def on_click(self, event: events.Click) -> None:
        """Pick by mouse."""
        event.stop()
        self.action_digit(event.y + 1)
