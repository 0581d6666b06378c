"""Receipt, correction, acceptance: what each leaves behind, and the days by which it must be done."""

from __future__ import annotations

import pytest
from case_scene import CLERK, COLLEAGUE, RECORD, SCOPE, hall, said, scene, state_of, step, walk
from material_scene import attach
from material_scene import do as on_material
from world import HALL, HOUR, World

from sync.calendar import start_of_day_ms
from sync.protocol.identifiers import scope_of
from sync.protocol.verbs import case as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Refusal

DAY = 24 * HOUR


def refusal(outcome: object) -> Refusal:
    assert isinstance(outcome, Refusal), outcome
    return outcome


def received_on(day: str) -> World:
    world = hall()
    world.now = start_of_day_ms(day) + 9 * HOUR
    return walk(world, "receive")


def receive(**changed: object) -> verbs.Receive:
    told = {"matter": "m-1", "site": "main", "applicant": "样例公司", "document": "receipt-1"}
    return verbs.Receive(**(told | changed))  # type: ignore[arg-type]


def test_a_case_begins_with_its_owner_its_numbers_and_its_list() -> None:
    world = scene("received")
    case = world("case", RECORD)
    assert (case.scope, case.office, case.owner, case.handlers) == (SCOPE, "registration", CLERK, [CLERK])
    assert case.number == "registration-20260302-0001"
    assert (case.received_at, case.correction_due_day, case.deadline_certain) == (world.now, "2026-03-09", True)
    listed = sorted(world.find("material", case=RECORD), key=lambda m: m.ordinal)
    assert [(m.ordinal, m.name, m.state) for m in listed] == [(1, "申请书", "missing"), (2, "章程", "missing")]
    receipt = world("document", "receipt-1")
    assert (receipt.kind, receipt.state, receipt.number) == (
        "material_receipt",
        "prepared",
        "样例审批局收字(2026)第00001号",
    )
    assert receipt.page
    assert receipt.page != receipt.id


def test_a_preview_gives_no_number_and_all_else() -> None:
    world = hall()
    op = world.operation(said(world, "receive"), RECORD, by=CLERK, scope=SCOPE)
    preview = world.ask(op, authority=False, held={world.base, SCOPE})
    assert isinstance(preview, Effects)
    sure = world.ask(op)
    assert isinstance(sure, Effects)
    assert [c for c in sure.changes if c.table == "number_series"]
    assert not [c for c in preview.changes if c.table == "number_series"]
    same = [c for c in sure.changes if c.table != "number_series"]
    assert [(c.table, c.id, set(c.set or {})) for c in preview.changes] == [
        (c.table, c.id, set(c.set or {})) for c in same
    ]
    assert {c.table: (c.set or {})["number"] for c in preview.changes if c.table != "material"} == {
        "case": None,
        "document": None,
    }


def test_numbers_begin_anew_each_day_and_papers_each_year() -> None:
    world = hall()
    for n in range(3):
        walk(world, "receive", id=f"case-{n}", tag=str(n))
    world.now = start_of_day_ms("2026-12-31") + 10 * HOUR
    walk(world, "receive", id="case-3", tag="3")
    world.now += DAY
    walk(world, "receive", id="case-4", tag="4")
    assert [world("case", f"case-{n}").number[-13:] for n in range(5)] == [
        "20260302-0001",
        "20260302-0002",
        "20260302-0003",
        "20261231-0001",
        "20270101-0001",
    ]
    assert [world("document", f"receipt-{n}").number[5:] for n in range(5)] == [
        "收字(2026)第00001号",
        "收字(2026)第00002号",
        "收字(2026)第00003号",
        "收字(2026)第00004号",
        "收字(2027)第00001号",
    ]


def test_a_clock_set_back_gives_no_number_twice() -> None:
    world = hall()
    walk(world, "receive", id="case-0", tag="0")
    world.now -= 400 * DAY
    walk(world, "receive", id="case-1", tag="1")
    assert world("case", "case-1").number == "registration-20260302-0002"
    assert world("document", "receipt-1").number == "样例审批局收字(2026)第00002号"


def test_two_offices_count_cases_apart_and_papers_together() -> None:
    world = hall()
    walk(world, "receive", id="case-0", tag="0")
    park = scope_of(HALL, "case", "park-3")
    step(world, "receive", "case-1", "1", by=CLERK, scope=park)
    assert world("case", "case-1").number == "park-3-20260302-0001"
    assert world("document", "receipt-1").number == "样例审批局收字(2026)第00002号"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"applicant": "  "}, "applicant_missing"),
        ({"matter": "m-2"}, "not_found"),
        ({"matter": "m-old"}, "matter_inactive"),
    ],
)
def test_a_case_needs_an_applicant_and_a_living_matter(changed: dict[str, str], code: str) -> None:
    world = hall()
    columns = {k: v for k, v in world("matter", "m-1").body.items() if k != "active"}
    world.seed("matter", "m-old", **columns, active=False)
    assert world.code(receive(**changed), RECORD, scope=SCOPE) == code


def test_a_case_lies_in_a_scope_of_cases() -> None:
    assert hall().code(receive(), RECORD, scope=scope_of(HALL, "queue")) == "wrong_scope"
    assert hall().code(receive(), RECORD, scope=scope_of(HALL, "case")) == "wrong_scope"


@pytest.mark.parametrize("verb", ["accept", "take", "withdraw", "step", "note"])
def test_a_role_in_another_scope_gives_no_right_here(verb: str) -> None:
    world = scene("received")
    elsewhere = scope_of(HALL, "case", "food")
    assert refusal(step(world, verb, scope=elsewhere)).code == "moved"


def test_ids_of_other_records_cannot_be_taken() -> None:
    world = scene("received")
    assert world.code(receive(document="receipt-1"), "case-2", scope=SCOPE) == "exists"
    stolen = [verbs.ListedMaterial(id="m-form-1", name="申请书")]
    assert world.code(receive(document="receipt-2", materials=stolen), "case-2", scope=SCOPE) == "exists"
    assert world.code(verbs.Accept(document="receipt-1"), RECORD, scope=SCOPE) == "exists"


def test_acceptance_sets_the_limits_and_prepares_the_notice() -> None:
    world = scene("received")
    world.now += DAY  # Tuesday
    walk(world, "accept")
    case = world("case", RECORD)
    assert (case.accepted_at, case.promised_day, case.statutory_day) == (world.now, "2026-03-12", "2026-03-31")
    notice = world("document", "acceptance-1")
    assert notice.number == "样例审批局受字(2026)第00001号"
    assert (notice.facts["promised_days"], notice.facts["statutory_days"], notice.facts["due_on"]) == (
        7,
        20,
        "2026-03-12",
    )


@pytest.mark.parametrize(
    ("day", "due"), [("2021-09-17", "2021-09-26"), ("2024-02-09", "2024-02-22"), ("2024-12-27", "2025-01-06")]
)
def test_the_day_of_silence_knows_moved_days(day: str, due: str) -> None:
    assert world_due(received_on(day)) == due


def world_due(world: World) -> str:
    return str(world("case", RECORD).correction_due_day)


def test_silence_accepts_from_receipt_at_the_end_of_the_fifth_day() -> None:
    world = scene("received")
    before = start_of_day_ms("2026-03-10") - world.now - 1
    assert world.advance(before) == []
    assert refusal(step(world, "deem", role=Role.CLOCK)).code == "too_early"
    ((kind, outcome),) = world.advance(1)
    assert kind == "case.deem@1"
    assert isinstance(outcome, Effects)
    case = world("case", RECORD)
    assert (case.state, case.deemed, case.accepted_at) == ("accepted", True, case.received_at)
    assert (case.promised_day, case.statutory_day) == ("2026-03-11", "2026-03-30")
    assert [d.kind for d in world.find("document", case=RECORD, state="prepared")].count("acceptance_notice") == 1


def test_a_notice_in_time_breaks_the_silence() -> None:
    world = scene("need_correction")
    ((_, outcome),) = world.advance(10 * DAY)
    assert refusal(outcome).code == "state"
    assert state_of(world) == "need_correction"


def test_a_calendar_that_came_later_moves_the_day() -> None:
    world = scene("received")
    world.seed("case", RECORD, scope=SCOPE, correction_due_day="2026-03-06")  # as an older calendar had it
    world.now = start_of_day_ms("2026-03-07")
    assert isinstance(step(world, "deem"), Effects)
    assert (state_of(world), world_due(world)) == ("received", "2026-03-09")
    world.due = {k: d for k, d in world.due.items() if d.at == start_of_day_ms("2026-03-10")}
    world.advance(3 * DAY)
    assert state_of(world) == "accepted"


def test_a_deadline_beyond_the_calendar_says_that_it_is_a_guess() -> None:
    world = received_on("2099-03-02")
    assert world("case", RECORD).deadline_certain is False


def test_a_correction_names_all_defects_in_one_notice() -> None:
    world = scene("need_correction")
    case, row = world("case", RECORD), world("correction", "correction-1")
    assert (case.correction_round, row.round, row.staff, row.answered_at) == (1, 1, CLERK, None)
    notice = world("document", "notice-1")
    assert notice.facts["defects"] == [{"material": "章程", "problem": "缺第3页", "remedy": ""}]
    assert notice.facts["due_on"] == "2026-03-23"
    assert world("material", "m-charter-1").defect == "缺第3页"


@pytest.mark.parametrize(
    ("defects", "code"),
    [
        ([], "no_defects"),
        ([{"material": None, "words": " "}], "no_defects"),
        ([{"material": "m-9", "words": "缺"}], "not_found"),
    ],
)
def test_a_correction_says_something_of_this_case(defects: list[dict[str, str | None]], code: str) -> None:
    world = scene("received")
    args = verbs.Correct(correction="correction-1", defects=defects, document="notice-1")
    assert world.code(args, RECORD, scope=SCOPE) == code
    assert state_of(world) == "received"


def test_after_a_correction_the_limits_count_from_its_receipt() -> None:
    world = scene("need_correction")
    world.now = start_of_day_ms("2026-03-16") + 10 * HOUR
    walk(world, "corrected")
    assert world("correction", "correction-1").answered_at == world.now
    world.now += 2 * DAY
    walk(world, "accept")
    case = world("case", RECORD)
    assert (case.promised_day, case.statutory_day) == ("2026-03-25", "2026-04-14")  # 2026-04-06 is off


def test_only_its_owner_works_on_a_case_and_anyone_may_take_it_over() -> None:
    world = scene("received")
    for verb in ("step", "accept", "correct", "decline"):
        assert refusal(step(world, verb, by=COLLEAGUE)) == Refusal("not_owner", {"owner": CLERK})
    assert refusal(step(world, "take")).code == "own_already"
    step(world, "take", by=COLLEAGUE)
    step(world, "take")
    step(world, "take", by=COLLEAGUE)
    assert (world("case", RECORD).owner, world("case", RECORD).handlers) == (COLLEAGUE, [CLERK, COLLEAGUE])
    assert refusal(step(world, "step")).code == "not_owner"
    assert isinstance(step(world, "accept", by=COLLEAGUE), Effects)


def test_acceptance_waits_for_required_materials_and_for_files_on_their_way() -> None:
    world = hall()
    listed = [verbs.ListedMaterial(id=f"m-{n}", name="材料", required=n != 2) for n in (1, 2, 3)]
    world.must(receive(materials=listed), RECORD, scope=SCOPE)
    assert refusal(step(world, "accept")) == Refusal("material_missing", {"ordinals": [1, 3]})
    on_material(world, attach("b"), id="m-1")
    on_material(world, verbs.Check(state="received"), id="m-3")  # a paper in hand, no file
    assert refusal(step(world, "accept")) == Refusal("material_not_arrived", {"ordinals": [1]})
    on_material(world, verbs.Arrived(sha256="b" * 64), Role.CLOCK, "m-1")
    walk(world, "accept")
    assert world("document", "acceptance-1").facts["materials"] == [{"name": "材料"}, {"name": "材料"}]


def test_declining_needs_a_reason_and_tells_the_remedies() -> None:
    world = scene("received")
    for outcome, reason, code in (("maybe", "-", "bad_choice"), ("not_needed", " \n", "reasons_missing")):
        args = verbs.Decline(outcome=outcome, reason=reason, document="non-acceptance-1")
        assert world.code(args, RECORD, scope=SCOPE) == code
    walk(world, "not_competent")
    facts = world("document", "non-acceptance-1").facts
    assert facts["reasons"] == ["属市级权限"]
    assert facts["court"]
    assert facts["reconsideration_organ"]
    assert world("case", RECORD).ended_at == world.now
