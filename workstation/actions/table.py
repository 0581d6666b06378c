"""The shape of the one action table.

    actions/<screen>.py   ACTIONS = (Action(...), ...)     what can be done, and with which key
            │
            ▼
    keymap.Keymap ──▶ Textual bindings, key bar, help (F1), palette (Ctrl+P), code line (Ctrl+G), docs/keys.md, tests

An action's id is `<area>.<verb>`; the screen of that area has a method `do_<verb>`. Its label is the catalogue entry of
the same key, its longer sentence (help) the entry `<id>.help`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EVERYWHERE: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person can do.

    keys       Textual's key names; the first is the one that the key bar shows
    screens    numbers of the screens that have it; empty: all of them
    roles      who may; empty: everybody signed on
    writes     does not exist where the session is read-only
    undoable   Ctrl+Z can withdraw or counter it
    confirm    "tail": irreversible, asks for the last digits of the case
    operation  the operation's kind in the log, the audit's verb ("" for what changes nothing)
    bar        its place in the key bar (small comes first); None: not in the bar
    """

    id: str
    keys: tuple[str, ...]
    screens: tuple[int, ...] = EVERYWHERE
    roles: frozenset[str] = frozenset()
    writes: bool = False
    undoable: bool = False
    confirm: Literal["", "tail"] = ""
    operation: str = ""
    bar: int | None = 50

    @property
    def area(self) -> str:
        """The catalogue area: the part before the dot."""
        return self.id.partition(".")[0]

    @property
    def verb(self) -> str:
        """The handler's name without `do_`: the part after the dot."""
        return self.id.partition(".")[2]

    @property
    def label(self) -> str:
        """Catalogue key of the short name."""
        return self.id

    @property
    def help(self) -> str:
        """Catalogue key of the sentence in the help screen; the entry may be missing."""
        return f"{self.id}.help"

    def on(self, screen: int) -> bool:
        """Whether the screen with this number has the action."""
        return not self.screens or screen in self.screens


@dataclass(frozen=True, slots=True)
class Person:
    """Who sits at the terminal, as far as the table needs to know. Roles are those of `sync.records.staff`."""

    staff_id: str
    roles: frozenset[str]
    read_only: bool = False

    def may(self, action: Action) -> bool:
        """Whether the action exists for this person at all."""
        if action.writes and self.read_only:
            return False
        return not action.roles or bool(action.roles & self.roles)


NOBODY = Person("", frozenset(), read_only=True)
