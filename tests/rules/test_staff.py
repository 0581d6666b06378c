"""The administrator's verbs: who may act where, and what may be set to what."""

from __future__ import annotations

from typing import Any

import pytest
from staff_scene import ADMIN, SAID, hall
from world import HOUR, World

from sync.protocol.operation import Args
from sync.protocol.verbs import staff as verbs
from sync.records.settings import DEFAULTS
from sync.records.states import Role
from sync.rules.outcome import Effects, Refusal
from sync.rules.setting import fits

MATTER = SAID["matter.put@1"][2]


def put(world: World, args: Args, id: str, role: Role = Role.ADMIN, by: str = ADMIN) -> str:
    outcome = world.do(args, id, role, by=by, scope=world.base)
    if isinstance(outcome, Refusal):
        return f"{outcome.code} {outcome.params.get('field', '')}".strip()
    return "ok"


# -- people and roles


def test_a_role_is_given_once_to_somebody_who_works_here() -> None:
    world = hall()
    clerk = verbs.AssignRole(staff="0307", role="clerk", over="licang:queue")
    assert put(world, clerk, "r-1") == "ok"
    assert put(world, clerk, "r-2") == "exists"
    assert put(world, verbs.AssignRole(staff="0307", role="approver", over="licang:case/registration"), "r-3") == "ok"
    assert put(world, verbs.AssignRole(staff="0999", role="clerk", over="licang:queue"), "r-4") == "not_found"


@pytest.mark.parametrize(
    ("role", "over", "expected"),
    [
        ("clock", "licang:queue", "bad_value role"),
        ("citizen", "licang:queue", "bad_value role"),
        ("king", "licang:queue", "bad_value role"),
        ("clerk", "other:queue", "bad_value over"),
        ("clerk", "licang:kitchen", "bad_value over"),
        ("clerk", "licang", "bad_value over"),
        ("admin", "licang:queue", "bad_value over"),
        ("admin", "licang:base", "ok"),
        ("grid", "licang:queue/park", "ok"),
        ("clerk", "licang:rating", "roles_apart"),
        ("grid", "licang:callback", "roles_apart"),
        ("duty", "licang:rating", "ok"),
    ],
)
def test_which_role_over_what(role: str, over: str, expected: str) -> None:
    assert put(hall(), verbs.AssignRole(staff="0307", role=role, over=over), "r-1") == expected


def test_administrators_never_lock_themselves_out() -> None:
    world = hall()
    assert put(world, verbs.RemoveRole(), "r-admin") == "last_admin"
    gone = verbs.PutStaff(name="某", site="main", active=False)
    assert put(world, gone, ADMIN) == "own_account"
    assert put(world, verbs.AssignRole(staff="0307", role="admin", over=world.base), "r-2") == "ok"
    assert put(world, verbs.RemoveRole(), "r-admin", by="0307") == "ok"
    assert [r.staff for r in world.find("role_assignment", role="admin")] == ["0307"]


def test_whoever_leaves_may_nothing_any_more_at_once() -> None:
    world = hall()
    for n, over in enumerate(("licang:queue", "licang:case/registration")):
        put(world, verbs.AssignRole(staff="0307", role="clerk", over=over), f"r-{n}")
    assert put(world, verbs.PutStaff(name="某", site="main", active=False), "0307") == "ok"
    assert world.find("role_assignment", staff="0307") == []
    assert put(world, verbs.AssignRole(staff="0307", role="clerk", over="licang:queue"), "r-9") == "inactive"


def test_a_person_has_a_name_and_a_place() -> None:
    world = hall()
    assert put(world, verbs.PutStaff(name=" ", site="main"), "0311") == "bad_value name"
    assert put(world, verbs.PutStaff(name="赵某", site="moon"), "0311") == "not_found"
    assert put(world, verbs.PutStaff(name="赵某", site="main", office="moon"), "0311") == "not_found"


def test_where_a_window_is_is_short_seen_and_taken_back() -> None:
    world = hall()
    world.seed("window", "w01", label="01", site="main", skills=["A"], queue_scope="licang:queue")
    assert put(world, verbs.PlaceWindow(place=" 2层东侧 "), "w01") == "ok"
    assert world("window", "w01").place == "2层东侧"
    for wrong in ("很长很长很长很长很长很长长", "2层\u202e", "2\n层"):
        assert put(world, verbs.PlaceWindow(place=wrong), "w01") == "bad_value place"
    assert put(world, verbs.PlaceWindow(place=""), "w01") == "ok"
    assert world("window", "w01").place is None


# -- settings

WRONG: dict[str, list[Any]] = {
    "recalls_max": [-1, "3", 3.0, True, None, [3]],
    "always_open": [1, "yes", None],
    "queue_policy": ["anyhow", "", 1],
    "day_closes": ["6pm", "24:00", "18:60", "18.00", 18, "18:00 "],
    "open_hours": [[], [["09:00"]], [["12:00", "9 o'clock"]], "09:00-12:00", [1, 2]],
    "callback_basis": ["moon", ""],
    "paper_year_format": [
        "",
        "no number",
        "{unknown}{n}",
        "{n",
        "{0}{n}",
        "{n.real}",
        "{n:0999999999d}",
        "{n!r}{n",
        "{year}",
    ],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_setting_takes_no_other_kind_of_value(name: str, value: Any) -> None:
    assert put(hall(), verbs.PutSetting(value=value), name) == "bad_value value"


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_every_default_is_a_value_of_its_own_setting(name: str) -> None:
    assert fits(name, DEFAULTS[name])


def test_a_setting_is_one_that_exists() -> None:
    assert put(hall(), verbs.PutSetting(value=1), "coffee_breaks") == "unknown_setting"


def test_the_duty_manager_chooses_how_the_queue_is_shared_out_and_nothing_else() -> None:
    world = hall()
    assert put(world, verbs.PutSetting(value="pool"), "queue_policy", Role.DUTY) == "ok"
    assert world.settings["queue_policy"] == "pool"
    for name in set(DEFAULTS) - {"queue_policy", "small_screen_key"}:
        assert put(world, verbs.PutSetting(value=DEFAULTS[name]), name, Role.DUTY) == "forbidden"


def test_a_dated_setting_holds_from_its_day_on() -> None:
    world = hall()
    assert put(world, verbs.PutSetting(value=5, from_day="2026-03-03"), "rectify_days") == "ok"
    assert "rectify_days" not in world.settings
    assert world.advance(15 * HOUR - 1) == []
    [(kind, outcome)] = world.advance(1)
    assert (kind, isinstance(outcome, Effects)) == ("setting.put@1", True)
    assert world.settings["rectify_days"] == 5
    assert world("setting", "rectify_days").from_day == "2026-03-03"
    assert put(world, verbs.PutSetting(value=5, from_day="soon"), "rectify_days") == "bad_value from_day"


# -- matters and days


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("prefix", "a"),
        ("prefix", "A1"),
        ("prefix", ""),
        ("expected_minutes", 0),
        ("promised_days", -1),
        ("promised_days", 21),
        ("materials", [{"required": True}]),
        ("materials", [{"name": "申请书", "required": "yes"}]),
        ("fields", [{"name": "phone", "personal": 1}]),
    ],
)
def test_a_matter_that_cannot_be(field: str, value: Any) -> None:
    import msgspec

    assert put(hall(), msgspec.structs.replace(MATTER, **{field: value}), "m-A") == f"bad_value {field}"


def test_a_matter_belongs_to_an_office() -> None:
    import msgspec

    assert put(hall(), msgspec.structs.replace(MATTER, office="moon"), "m-A") == "not_found"


@pytest.mark.parametrize(
    ("day", "working"),
    [("2027-02-30", False), ("someday", False), ("20270101", False), ("", True), ("2027-1-1", False)],
)
def test_a_day_that_is_none(day: str, working: bool) -> None:
    assert put(hall(), verbs.PutDay(working=working, name="节"), day or "-") == "bad_value day"
