"""Whatever the program refuses with, in words: every code that stands in the code has its sentence.

sync/rules, server_stub/apply        Refused("taken"), Refusal("taken")      refusal.taken, told by the status line
everywhere                           HallError and what is derived of it     replay.not_text, or error.<code>
server_stub                          NotAllowed, problem(401, "…")           signon.<code> or error.<code>
                                     what keeps the server from going on     server_stub/sentences.py
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from server_stub.sentences import SENTENCES
from workstation.locale import Catalogue

ROOT = Path(__file__).resolve().parents[2]
ZH = Catalogue("zh")
ERRORS = {"HallError", "InputError", "StoreError", "TransportError", "ServerRefused", "ChainBroken", "DocumentError"}


def codes(folder: str, names: set[str], place: int = 0) -> Iterator[tuple[str, str]]:
    """(file, code) of every call of these names whose argument at `place` is a literal, and of conditional ones."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) <= place:
                continue
            if getattr(node.func, "id", getattr(node.func, "attr", "")) not in names:
                continue
            value = node.args[place]
            for each in [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield str(path.relative_to(ROOT)), each.value


def test_every_refusal_of_a_rule_has_words() -> None:
    found = [*codes("sync/rules", {"Refused", "Refusal"}), *codes("server_stub/apply", {"Refused", "Refusal"})]
    assert len(found) > 100
    assert [each for each in found if ZH.find(f"refusal.{each[1]}") is None] == []


def test_every_error_has_words() -> None:
    found = [*codes("sync", ERRORS), *codes("workstation", ERRORS)]
    assert len(found) > 150
    assert [each for each in found if not any(map(ZH.find, (each[1], f"sync.file.{each[1]}")))] == []


def test_every_answer_of_the_server_has_words() -> None:
    doors = [*codes("server_stub", {"NotAllowed"}), *codes("server_stub", {"problem", "raw_problem"}, 1)]
    assert len(doors) > 10
    assert [each for each in doors if not any(map(ZH.find, (each[1], f"signon.{each[1]}")))] == []
    ends = [each for each in codes("server_stub", ERRORS) if "." not in each[1]]
    assert [each for each in ends if ZH.find(each[1]) is None and each[1] not in SENTENCES] == []
