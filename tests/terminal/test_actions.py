"""The action table: complete, without clashes, and the same in the docs."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from workstation.actions import ACTIONS, SCREENS, by_id
from workstation.actions.table import NOBODY, Action, Person
from workstation.app import HallApp
from workstation.commands.keys import markdown
from workstation.keymap import TWIN_DIGITS, TWINS, Keymap, spoken
from workstation.locale import say
from workstation.pinyin import spellings
from workstation.screens import SCREEN_CLASSES

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_ids_are_unique_and_no_plain_letter_or_digit_is_a_command() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    for action in ACTIONS:
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", action.id)
        assert action.keys
        assert all(len(key) > 1 for key in action.keys)
    assert Keymap().clash() is None


def test_every_function_key_has_a_twin() -> None:
    assert {**{str(n): f"f{n}" for n in range(1, 10)}, "0": "f10", "-": "f11", "=": "f12"} == TWIN_DIGITS
    assert set(TWINS) == set(TWIN_DIGITS.values())


@pytest.mark.parametrize(
    ("screen", "keys"),
    [
        (1, "f1 f2 f3 f4 f5 f6 f7 f8 f9 f12"),
        (2, "f1 f2 f3 f4 f5 f6 f7 f8 f9 f12"),
        (3, "f1 f2 f3 f4 f5 f6 f7 f8 f9 f12"),
        (4, "f1 f2 f3 f4 f5 f6 f7 f8 f9 f12"),
        (5, "f1 f2 f3 f4 f5 f6 f7 f8 f9 f12"),
        (6, "f1 f3 f5 f7 f8 f12"),
        (7, "f1 f3 f4 f5 f6 f7 f8 f9 f12"),
    ],
)
def test_each_screen_has_the_function_keys_of_the_design(screen: int, keys: str) -> None:
    for key in keys.split():
        assert Keymap().find(screen, key), key


def test_a_supervisor_has_nothing_that_writes() -> None:
    supervisor = Person("01", frozenset({"supervisor"}), read_only=True)
    for action in ACTIONS:
        assert not (supervisor.may(action) and (action.writes or action.operation))
    assert not any(NOBODY.may(action) for action in ACTIONS if action.writes)


def test_what_the_log_records_writes() -> None:
    assert all(action.writes for action in ACTIONS if action.operation or action.undoable or action.confirm)


@pytest.mark.parametrize("number", SCREENS)
def test_every_action_has_a_handler(number: int) -> None:
    module, _, name = SCREEN_CLASSES[number].partition(":")
    if find_spec(module) is None:
        pytest.xfail(f"screen {number} is not there yet")
    screen = getattr(import_module(module), name)
    assert number == screen.NUMBER
    by_widget = {"enter", "space"}
    for action in Keymap().on(number):
        owner = HallApp if action.area == "app" else screen
        assert hasattr(owner, f"do_{action.verb}") or set(action.keys) <= by_widget, action.id


def test_every_label_is_found_by_its_pinyin_initials() -> None:
    for action in ACTIONS:
        label = say(action.label)
        assert all(len(each) >= len(re.findall("[\u4e00-\u9fff]", label)) for each in spellings(label)), label
    assert "jxyh" in spellings("叫下一号")
    assert set(spellings("重呼")) == {"zh", "ch"}


def test_docs_keys_is_made_from_the_table() -> None:
    assert (DOCS / "keys.md").read_text(encoding="utf-8") == markdown(Keymap()), (
        "write it anew: .venv/bin/python -m workstation keys --markdown > docs/keys.md"
    )


def test_a_remapped_key_replaces_the_old_one() -> None:
    keymap = Keymap({"queue.call_next": ["ctrl+b", "insert"]})
    assert keymap.problems == []
    assert keymap.keys(by_id("queue.call_next")) == ("ctrl+b", "insert")
    assert keymap.find(1, "f2") == []
    assert [action.id for action in keymap.find(1, "insert")] == ["queue.call_next"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"queue.call_next": "f9"}, "keys.clash"),
        ({"queue.nothing": "f9"}, "keys.no_action"),
        ({"queue.call_next": "m"}, "keys.plain"),
        ({"queue.call_next": "f13+x"}, "keys.no_key"),
        ({"queue.call_next": 4}, "keys.no_key"),
        ({"queue.call_next": []}, "keys.no_key"),
    ],
)
def test_a_remapping_that_cannot_be_is_reported_and_left_out(changes: dict[str, str], problem: str) -> None:
    keymap = Keymap(changes)
    assert [each[0] for each in keymap.problems] == [problem]
    assert say(keymap.problems[0]) != problem
    assert keymap.keys(by_id("queue.call_next")) == ("f2",)
    assert keymap.clash() is None


def test_two_actions_may_change_places() -> None:
    keymap = Keymap({"queue.miss": "f9", "queue.finish": "f6"})
    assert keymap.problems == []
    assert [action.id for action in keymap.find(1, "f9")] == ["queue.miss"]


def test_people_whose_roles_do_not_meet_may_have_the_same_key() -> None:
    mine = Action("queue.a", ("f2",), (1,), frozenset({"clerk"}))
    theirs = Action("queue.b", ("f2",), (1,), frozenset({"approver"}))
    both = Action("queue.c", ("f2",), (1,))
    assert Keymap(actions=(mine, theirs)).clash() is None
    assert Keymap(actions=(mine, both)).clash() is not None


def test_the_key_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    assert Keymap.read(path).problems == []
    path.write_text('"queue.call_next" = "ctrl+b"\n')
    assert Keymap.read(path).keys(by_id("queue.call_next")) == ("ctrl+b",)
    path.write_text("= broken")
    assert [each[0] for each in Keymap.read(path).problems] == ["keys.unreadable"]


def test_keys_are_written_as_people_say_them() -> None:
    assert [spoken(key) for key in ("f2", "ctrl+g", "escape", "enter", "pageup")] == [
        "F2",
        "Ctrl+G",
        "Esc",
        "Enter",
        "PgUp",
    ]
