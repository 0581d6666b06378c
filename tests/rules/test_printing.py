"""Printing: one copy at a time, each once; blanks add up whatever happens."""

from __future__ import annotations

from typing import Any

import pytest
from blank_scene import STOCK, receive, void
from case_scene import SCOPE
from case_scene import walk as on_case
from document_scene import register
from hypothesis import given, settings
from hypothesis import strategies as st
from print_scene import HOME, PRINT, RECORD, do, scene, walk
from test_case_intake import refusal
from test_case_licence import licence, licensing
from world import HALL, World

from sync.records.states import Role
from sync.rules.outcome import Effects
from sync.rules.printing.authorisation import code_of, hash_of

SERIAL = "LC000101"


def with_licence() -> tuple[World, str]:
    """A signed licence, and ten blanks at the window."""
    world = on_case(licensing(), "issue")
    id = licence(world).id
    register(world, "d", id=id)
    assert isinstance(receive(world), Effects)
    return world, id


def stock(world: World) -> tuple[int, int, int]:
    row = world("blank_stock", STOCK)
    assert row.received >= row.used + row.void
    gone = [blank.state for blank in world.find("blank", stock=STOCK)]
    assert (gone.count("used"), gone.count("void")) == (row.used, row.void)
    return row.received, row.used, row.void


def test_a_terminal_learns_no_name_no_case_and_no_code() -> None:
    world = scene("given")
    job = world("print_job", RECORD)
    code = world("print_authorisation", RECORD).code
    assert job.scope == PRINT
    assert (job.holder, job.number) == ("样***", "样例审批局收字(2026)第00001号")
    assert code == code_of(RECORD)
    assert len(code) == 8
    assert job.code_hash == hash_of(HALL, code)
    assert code not in str(job)
    assert "样例公司" not in str(job)


def test_what_a_terminal_does_stands_on_the_authorisation_too_and_the_file_goes() -> None:
    world = scene("given")
    for name in ("take", "printed", "confirm"):
        assert isinstance(do(world, name, Role.KIOSK, device="k1"), Effects)
        assert world("print_job", RECORD).state == world("print_authorisation", RECORD).state
    job = world("print_job", RECORD)
    assert (job.state, job.sha256, job.code_hash) == ("confirmed", None, None)


def test_a_terminal_cannot_reach_what_was_not_given_to_it() -> None:
    world = scene("absent")
    walk(world, "give", channel="window")
    assert world("print_authorisation", RECORD).state == "taken"
    assert world.find("print_job") == []
    assert refusal(do(world, "printed", Role.KIOSK)).code == "not_found"
    assert refusal(do(world, "printed", device="d2")).code == "print_elsewhere"


def test_one_copy_at_a_time_and_the_next_has_the_next_number() -> None:
    world = scene("given")
    assert refusal(do(world, "give", id="print-2")).code == "print_out"
    walk(world, "fail")
    walk(world, "give", id="print-2", channel="window")
    assert world("print_authorisation", "print-2").copy_no == 1
    walk(world, "printed", "confirm", id="print-2")
    walk(world, "give", id="print-3", channel="window")
    assert world("print_authorisation", "print-3").copy_no == 2


def test_only_a_valid_paper_of_the_scope_is_printed() -> None:
    world = scene("absent")
    assert refusal(do(world, "give", channel="pigeon")).code == "bad_choice"
    world.seed("document", "receipt-1", scope=SCOPE, state="superseded")
    assert refusal(do(world, "give")).code == "paper_not_valid"
    world.seed("document", "other", scope=f"{HALL}:case/food", case="c", kind="licence", state="valid")
    assert refusal(do(world, "give", document="other")).code == "not_found"


def test_a_code_lapses_and_not_before() -> None:
    world = scene("given")
    assert refusal(do(world, "lapse", Role.CLOCK)).code == "too_early"
    world.advance(7 * 86_400_000)
    assert world("print_authorisation", RECORD).reason == "lapsed"
    assert world("print_job", RECORD).sha256 is None


def test_a_licence_takes_a_blank_and_nothing_else_does() -> None:
    world, id = with_licence()
    walk(world, "give", document=id, channel="window")
    assert refusal(do(world, "printed")).code == "blank_needed"
    walk(world, "printed", stock=STOCK, serial=SERIAL)
    assert stock(world) == (10, 1, 0)
    assert refusal(void(world, SERIAL)).code == "blank_gone"
    assert refusal(do(world, "fail")).code == "blank_needed"
    walk(world, "fail", stock=STOCK, serial=SERIAL)
    assert stock(world) == (10, 0, 1)
    walk(world, "give", id="print-2", document=id, channel="window")
    for serial, code in ((SERIAL, "blank_gone"), ("LC000111", "blank_unknown"), ("XX", "bad_serial")):
        assert refusal(do(world, "printed", id="print-2", stock=STOCK, serial=serial)).code == code
    walk(world, "printed", id="print-2", stock=STOCK, serial="LC000102")
    walk(world, "confirm", id="print-2")
    assert stock(world) == (10, 1, 1)
    plain = scene("taken")
    receive(plain)
    assert refusal(do(plain, "printed", stock=STOCK, serial=SERIAL)).code == "blank_needless"


def test_a_clerk_voids_the_blank_that_a_terminal_spoiled() -> None:
    world, id = with_licence()
    at_terminal = f"{PRINT}/kiosk"
    assert isinstance(
        receive(world, "LC000201", "LC000202", range="r-2", stock=at_terminal, scope=PRINT, role=Role.DUTY), Effects
    )
    walk(world, "give", document=id)
    do(world, "take", Role.KIOSK, device="k1")
    blank: dict[str, Any] = {"stock": at_terminal, "serial": "LC000201"}
    assert refusal(do(world, "printed", Role.KIOSK, device="k1", stock=STOCK, serial=SERIAL)).code == "not_found"
    assert isinstance(do(world, "printed", Role.KIOSK, device="k1", **blank), Effects)
    walk(world, "fail", **blank)
    row = world("blank_stock", at_terminal)
    assert (row.received, row.used, row.void) == (2, 0, 1)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("LC000110", "LC000101", "bad_range"),
        ("LC000101", "LD000110", "bad_range"),
        ("LC000101", "LC0000110", "bad_range"),
        ("LC000101", "LC900000", "bad_range"),
        ("LC-1", "LC-9", "bad_serial"),
        ("LC000105", "LC000120", "serials_twice"),
    ],
)
def test_blanks_come_in_by_ranges_that_never_meet(first: str, last: str, code: str) -> None:
    world = scene("absent")
    receive(world)
    other = f"{SCOPE}/w02"
    assert refusal(receive(world, first, last, range="range-2", stock=other)).code == code
    assert refusal(receive(world, stock="elsewhere/w02", range="range-3")).code == "wrong_scope"
    assert HOME == SCOPE


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("give", "take", "printed", "printed", "confirm", "fail", "void", "receive")), st.integers(0, 3)
    ),
    min_size=4,
    max_size=30,
)


@given(steps=STEPS)
@settings(max_examples=30, deadline=None)
def test_whatever_happens_the_blanks_add_up(steps: list[tuple[str, int]]) -> None:
    world, id = with_licence()
    n = 0
    for name, k in steps:
        serial = f"LC{101 + k:06d}"
        if name == "give":
            n += isinstance(do(world, "give", id=f"p-{n}", document=id, channel="window"), Effects)
        elif name == "void":
            void(world, serial)
        elif name == "receive":
            receive(world, f"LC{200 + 5 * k:06d}", f"LC{204 + 5 * k:06d}", range=world.new())
        elif n:
            right = world("print_authorisation", f"p-{n - 1}")
            blank = {
                "printed": {"stock": STOCK, "serial": serial},
                "fail": {"stock": right.stock, "serial": right.serial},
            }
            do(world, name, id=right.id, **blank.get(name, {}))
        stock(world)
    used = [row.serial for row in world.find("blank", state="used")]
    kept = [row.serial for row in world.find("print_authorisation") if row.state in ("printed", "confirmed")]
    assert sorted(used) == sorted(kept)
