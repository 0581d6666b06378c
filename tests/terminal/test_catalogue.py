"""The catalogue is complete in both languages, every key that is used exists, and no screen speaks by itself."""

from __future__ import annotations

import ast
import re
import string
import unicodedata
from pathlib import Path

import pytest

from workstation import locale
from workstation.actions import ACTIONS, SCREENS
from workstation.locale import Catalogue, parse, say

ROOT = Path(__file__).resolve().parents[2] / "workstation"
ZH, EN = Catalogue("zh"), Catalogue("en")
SAYING = {"say", "hint", "status", "notice", "message", "has"}
HAN = re.compile("[\u4e00-\u9fff]")


def fields(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def test_both_languages_have_the_same_keys_with_the_same_parameters() -> None:
    assert ZH.areas() == EN.areas()
    for area in ZH.areas():
        zh, en = ZH.area(area), EN.area(area)
        assert set(zh) == set(en), area
        for key, words in zh.items():
            assert key.partition(".")[0] == area, key
            assert words, key
            assert en[key], key
            assert fields(words) == fields(en[key]), key


def test_no_sign_of_doubtful_width_is_said() -> None:
    for area in ["app", "keys", "settings", *SCREENS.values()]:  # the others are printed by commands, in no columns
        for catalogue in (ZH, EN):
            for key, words in catalogue.area(area).items():
                doubtful = [each for each in words if unicodedata.east_asian_width(each) == "A"]
                assert not doubtful, (key, doubtful)


def test_a_window_is_named_by_its_words_alone() -> None:
    twice = re.compile(r"窗口 ?\{|\} ?号?窗口|window \{", re.IGNORECASE)
    for catalogue in (ZH, EN):
        for area in catalogue.areas():
            for key, words in catalogue.area(area).items():
                assert key == "app.window" or not twice.search(words), (key, words)


def test_every_action_and_screen_has_its_name_and_every_action_its_help() -> None:
    for action in ACTIONS:
        assert ZH.find(action.label), action.id
        assert ZH.find(action.help), action.id
    for area in SCREENS.values():
        assert ZH.find(f"{area}.title"), area


def used_keys() -> list[tuple[str, str]]:
    """Every literal first argument of a call that says something, and what `why_disabled` returns."""
    found: list[tuple[str, str]] = []
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            values: list[ast.expr | None] = []
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                values = [node.args[0]] if name in SAYING else []
            elif isinstance(node, ast.FunctionDef) and node.name == "why_disabled":
                values = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
            for value in values:
                for part in [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]:
                    first = part.elts[0] if isinstance(part, ast.Tuple) and part.elts else part
                    if isinstance(first, ast.Constant) and isinstance(first.value, str) and "." in first.value:
                        found.append((str(path.relative_to(ROOT)), first.value))
    return found


def test_every_key_that_is_said_is_in_the_catalogue() -> None:
    keys = used_keys()
    assert len(keys) > 30
    assert [(path, key) for path, key in keys if ZH.find(key) is None] == []


@pytest.mark.parametrize("folder", ["screens", "widgets"])
def test_no_chinese_stands_in_the_code_of_screens_and_widgets(folder: str) -> None:
    for path in sorted((ROOT / folder).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                assert not HAN.search(node.value), f"{path.name}:{node.lineno} {node.value!r}"


def test_saying_never_fails() -> None:
    assert say("app.pending", count=3) == "3待传"
    assert say("app.pending") == "{count}待传"
    assert say(("app.pending", {"count": "{x}"})) == "{x}待传"
    assert say("nowhere.at_all", code=7) == "nowhere.at_all code=7"
    assert not locale.has("nowhere.at_all")
    locale.use("en")
    try:
        assert say("app.pending", count=3) == "3 unsent"
    finally:
        locale.use("zh")


def test_the_reader_of_po_files() -> None:
    text = '# c\nmsgid ""\nmsgstr "Content-Type: x\\n"\n\nmsgid "a.b"\nmsgstr ""\n"x \\"y\\"\\n"\n"z"\n'
    assert parse(text) == {"a.b": 'x "y"\nz'}
    with pytest.raises(ValueError, match=r"a\.b"):
        parse('msgid "a.b"\nmsgstr "1"\n\nmsgid "a.b"\nmsgstr "2"\n')
