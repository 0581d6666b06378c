"""Two versions of the same fields side by side; `*` a change, `!` a problem. `jump` goes to the next one (F7, F8)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workstation.locale import say
from workstation.widgets.rows import Row
from workstation.widgets.window_table import Column, WindowTable

TONES = {" ": "", "*": "strong", "!": "bad"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: `mark` is `*` where the sides differ, `!` where there is a problem, else a blank."""

    key: Hashable
    label: str
    left: str
    right: str
    mark: Literal[" ", "*", "!"] = " "
    data: Any = None


class FieldDiff(WindowTable):
    """A table of differences; `left` and `right` are catalogue keys of the two sides' heads."""

    def __init__(
        self, left: str, right: str, *, label: str = "app.field", id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(
            [
                Column("mark", "app.blank", 1),
                Column("label", label, 12),
                Column("left", left, 14),
                Column("right", right, 14, flexible=True),
            ],
            id=id,
            classes=classes,
        )

    def show_differences(self, differences: Sequence[Difference]) -> None:
        """Show them; an unchanged right side says so instead of repeating the left one."""
        same = say("app.unchanged")
        self.show_rows(
            [
                Row(
                    each.key,
                    (
                        each.mark,
                        each.label,
                        each.left,
                        same if each.mark == " " and each.left == each.right else each.right,
                    ),
                    tone=TONES[each.mark],
                    data=each,
                )
                for each in differences
            ]
        )

    def on_resize(self) -> None:
        """The two sides share the width."""
        room = max(self.size.width - 20, 16)
        self.columns[2] = Column("left", self.columns[2].label, room // 2)
        super().on_resize()
        self.refresh()

    @property
    def differences(self) -> list[Difference]:
        """All that are shown."""
        rows = (self.cache.row(index) for index in range(self.count))
        return [row.data for row in rows if row is not None]

    def jump(self, way: int) -> bool:
        """To the next (1) or former (-1) field that differs; False: there is none that way."""
        marked = [index for index, each in enumerate(self.differences) if each.mark != " "]
        there = [index for index in marked if (index - self.cursor) * way > 0]
        if not there:
            return False
        self.action_step((min(there) if way > 0 else max(there)) - self.cursor)
        return True
