"""Which key does what: the action table under a person's remapping.

    actions.ACTIONS + keys.toml ──▶ Keymap ──▶ keys of an action, action of a key on a screen, clashes as sentences

keys.toml holds `"queue.call_next" = "f6"` or a list of keys. A remapping that clashes on any screen, names no action
or no key, or takes a plain letter is reported and left out: the program always starts with a keymap that works.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from workstation.actions import ACTIONS, SCREENS
from workstation.actions.table import Action
from workstation.locale import Phrase

NAMES = {
    "enter": "Enter",
    "space": "Space",
    "escape": "Esc",
    "tab": "Tab",
    "up": "Up",
    "down": "Down",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "insert": "Ins",
    "delete": "Del",
    "home": "Home",
    "end": "End",
    "backspace": "Back",
}
TWINS = {**{f"f{n}": f"Esc {n}" for n in range(1, 10)}, "f10": "Esc 0", "f11": "Esc -", "f12": "Esc ="}
TWIN_DIGITS = {**{str(n): f"f{n}" for n in range(1, 10)}, "0": "f10", "-": "f11", "=": "f12"}
"""What stands for an F-key after Esc."""

_KEY = re.compile(r"((ctrl|alt|shift)\+)*(f([1-9]|1[0-2])|[a-z0-9]|[a-z]+)")


def spoken(key: str) -> str:
    """A key as the key bar and the help write it: `F2`, `Ctrl+G`, `Esc`."""
    *modifiers, last = key.split("+")
    name = NAMES.get(last) or (last.upper() if len(last) <= 3 else last.capitalize())
    return "+".join([*(each.capitalize() for each in modifiers), name])


class Keymap:
    """The table's keys with the changes of a person; `problems` says which changes could not be taken."""

    def __init__(
        self, changes: Mapping[str, Iterable[str] | str] | None = None, actions: tuple[Action, ...] = ACTIONS
    ) -> None:
        self.actions = actions
        self.problems: list[Phrase] = []
        self._keys: dict[str, tuple[str, ...]] = {action.id: action.keys for action in actions}
        wanted = self._usable(changes or {})
        self._keys.update(wanted)
        while (clash := self.clash()) and (culprit := next((each.id for each in clash[1:] if each.id in wanted), "")):
            first, second, key = clash[1], clash[2], clash[0]
            self.problems.append(("keys.clash", {"key": spoken(key), "one": first.id, "other": second.id}))
            self._keys[culprit] = next(action.keys for action in actions if action.id == culprit)
            del wanted[culprit]
        self.changed = wanted

    @classmethod
    def read(cls, path: Path) -> Keymap:
        """The keymap with the changes in a TOML file; a missing file changes nothing, a broken one is reported."""
        try:
            text = path.read_text(encoding="utf-8")
            import tomllib  # 16 ms before the first paint, for the few who remap

            changes = tomllib.loads(text)
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError):  # unreadable, not UTF-8, not TOML
            keymap = cls()
            keymap.problems.append(("keys.unreadable", {"path": str(path)}))
            return keymap
        return cls(changes)

    def _usable(self, changes: Mapping[str, Iterable[str] | str]) -> dict[str, tuple[str, ...]]:
        wanted: dict[str, tuple[str, ...]] = {}
        for action_id, given in changes.items():
            keys = [given] if isinstance(given, str) else given
            if action_id not in self._keys:
                self.problems.append(("keys.no_action", {"name": str(action_id)}))
            elif not isinstance(keys, (list, tuple)) or not keys or not all(isinstance(key, str) for key in keys):
                self.problems.append(("keys.no_key", {"name": action_id, "key": str(given)}))
            else:
                lowered = tuple(key.strip().lower() for key in keys)
                wrong = [key for key in lowered if not _KEY.fullmatch(key)]
                plain = [key for key in lowered if len(key) == 1]
                if wrong:
                    self.problems.append(("keys.no_key", {"name": action_id, "key": wrong[0]}))
                elif plain:
                    self.problems.append(("keys.plain", {"name": action_id, "key": plain[0]}))
                else:
                    wanted[action_id] = lowered
        return wanted

    def clash(self) -> tuple[str, Action, Action] | None:
        """A key that would do two things on one screen, and the two; None where there is none."""
        for screen in SCREENS:
            seen: dict[str, Action] = {}
            for action in self.actions:
                if not action.on(screen):
                    continue
                for key in self._keys[action.id]:
                    other = seen.setdefault(key, action)
                    # Two actions may share a key when no person can have both: their roles do not meet.
                    if other is not action and not (other.roles and action.roles and not other.roles & action.roles):
                        return key, other, action
        return None

    def keys(self, action: Action) -> tuple[str, ...]:
        """The keys of an action, the one to show first."""
        return self._keys[action.id]

    def on(self, screen: int) -> list[Action]:
        """All actions of one screen, in the key bar's order (F1 first, lock last)."""
        mine = [action for action in self.actions if action.on(screen)]
        return sorted(mine, key=lambda action: 100 if action.bar is None else action.bar)

    def find(self, screen: int, key: str) -> list[Action]:
        """The actions that `key` means on one screen (more than one only where their roles do not meet)."""
        return [action for action in self.on(screen) if key in self._keys[action.id]]
