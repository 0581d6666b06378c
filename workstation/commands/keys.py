"""`workstation keys`: the keys of every screen, remapped as on this machine; `--markdown` makes docs/keys.md."""

from __future__ import annotations

from collections.abc import Sequence

from workstation.actions import SCREENS
from workstation.commands import parser_of
from workstation.keymap import TWINS, Keymap, spoken
from workstation.kiosk import PURPOSES
from workstation.locale import has, say
from workstation.locations import locate


def main(argv: Sequence[str]) -> int:
    """Print the keys."""
    parser = parser_of("keys")
    parser.add_argument("--markdown", action="store_true", help=say("cli.keys.markdown"))
    arguments = parser.parse_args(argv)
    if arguments.markdown:
        print(markdown(Keymap()), end="")
        return 0
    keymap = Keymap.read(locate(arguments.data).keys_file)
    for number, area in SCREENS.items():
        print(f"{number} {say(f'{area}.title')}")
        for action in keymap.on(number):
            print(f"  {' '.join(map(spoken, keymap.keys(action))):<10} {say(action.label)}")
    for problem in keymap.problems:
        print(say(problem))
    return 0


def markdown(keymap: Keymap) -> str:
    """The page docs/keys.md, made from the action table."""
    lines = ["# Keys", "", "Made by `workstation keys --markdown` from workstation/actions; a test compares.", ""]
    everywhere = [action for action in keymap.on(1) if action.area == "app"]
    lines += ["## Everywhere", "", *_table([(action.id, keymap.keys(action)) for action in everywhere])]
    for number, area in SCREENS.items():
        own = [action for action in keymap.on(number) if action.area != "app"]
        lines += [f"## {number} {say(f'{area}.title')}", "", *_table([(each.id, keymap.keys(each)) for each in own])]
    lines += [f"## {say('kiosk.keys')}", "", "| `--for` | terminal | keys |", "|---|---|---|"]
    lines += [f"| `{purpose}` | {say(f'kiosk.{purpose}')} | {say(f'kiosk.keys.{purpose}')} |" for purpose in PURPOSES]
    return "\n".join(lines).rstrip() + "\n"


def _table(entries: list[tuple[str, tuple[str, ...]]]) -> list[str]:
    lines = ["| key | twin | action | what it does | code |", "|---|---|---|---|---|"]
    for action_id, keys in entries:
        what = say(f"{action_id}.help") if has(f"{action_id}.help") else ""
        lines.append(
            f"| {' '.join(map(spoken, keys))} | {TWINS.get(keys[0], '')} | {say(action_id)} | {what} | `{action_id}` |"
        )
    return [*lines, ""]
