"""A checklist: `[x] 1 变更登记申请书   已核`. Number keys or Space tick, Enter opens."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from workstation.cells import clip, pad, width
from workstation.widgets.lines import Lines

State = Literal[" ", "x", "!", "?"]
TONES = {" ": "", "x": "good", "!": "bad", "?": "warn"}
"""Not done, done, something is wrong, cannot be said yet."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line; `fixed` items only show their state and cannot be ticked."""

    key: Hashable
    label: str
    state: State = " "
    note: str = ""
    fixed: bool = False


class Checklist(Lines, can_focus=True):
    """The list never ticks by itself: it posts `Toggled`, the screen decides and shows the new items."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
        Binding("space", "tick", show=False),
        Binding("enter", "open", show=False),
        *(Binding(str(number), f"digit({number})", show=False) for number in range(1, 10)),
    ]

    class Toggled(Message):
        """Somebody wants an item ticked or unticked."""

        def __init__(self, checklist: Checklist, item: Item) -> None:
            super().__init__()
            self.checklist = checklist
            self.item = item

        @property
        def control(self) -> Checklist:
            """The list."""
            return self.checklist

    class Opened(Toggled):
        """Enter on an item."""

    def __init__(
        self, items: Sequence[Item] = (), *, numbered: bool = True, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.items: list[Item] = []
        self.numbered = numbered
        self.cursor = 0
        self.show(items)

    @property
    def item(self) -> Item | None:
        """The item under the cursor."""
        return self.items[self.cursor] if self.cursor < len(self.items) else None

    def show(self, items: Sequence[Item]) -> None:
        """Other items or states; the cursor stays on its item, and stands at the top of quite another list."""
        held = self.item.key if self.item else None
        before, self.items = self.items, list(items)
        found = next((index for index, item in enumerate(self.items) if item.key == held), None)
        if found is None:
            known = {item.key for item in before}.intersection(item.key for item in self.items)
            found = min(self.cursor, len(self.items) - 1) if known else 0
        self.cursor = max(found, 0)
        self._draw()

    def _draw(self) -> None:
        widest = max((width(item.label) for item in self.items), default=0)
        self.set_lines(
            [
                [
                    (f"[{item.state}]", TONES[item.state]),
                    (f" {index + 1} " if self.numbered else " ", "dim"),
                    (pad(item.label, widest), ""),
                    (f"  {item.note}" if item.note else "", TONES[item.state] or "dim"),
                ]
                for index, item in enumerate(self.items)
            ]
        )

    def render_line(self, y: int) -> Strip:
        """One item; a long label gives way to its note."""
        if y >= len(self.lines):
            return self.strip((), self.size.width)
        box, number, (label, tone), note = self.lines[y]
        room = self.size.width - sum(width(text) for text, _ in (box, number, note))
        here = self.has_focus and y == self.cursor
        under = "cursor" if here else ""
        if here:  # not by colour alone: `[x] 1>`
            number = (f"{number[0][:-1]}>", number[1])
        return self.strip([box, number, (clip(label, max(room, 6)), tone), note], self.size.width, under)

    def watch_has_focus(self, _focus: bool) -> None:
        """Show where keys go."""
        super().watch_has_focus(_focus)
        self.refresh()

    def action_step(self, by: int) -> None:
        """Up or down."""
        for place in {self.cursor, (there := max(min(self.cursor + by, len(self.items) - 1), 0))}:
            self.refresh(Region(0, place, self.size.width, 1))
        self.cursor = there

    def action_digit(self, number: int) -> None:
        """Tick by number."""
        if self.numbered and number <= len(self.items):
            self.action_step(number - 1 - self.cursor)
            self.action_tick()

    def action_tick(self) -> None:
        """Space."""
        if self.item is not None and not self.item.fixed:
            self.post_message(self.Toggled(self, self.item))

    def action_open(self) -> None:
        """Enter."""
        if self.item is not None:
            self.post_message(self.Opened(self, self.item))

    def on_click(self, event: events.Click) -> None:
        """Cursor; on the box: tick; twice: open."""
        event.stop()
        if event.y < len(self.items):
            self.action_step(event.y - self.cursor)
            if event.x < 3:
                self.action_tick()
            elif event.chain == 2:
                self.action_open()
