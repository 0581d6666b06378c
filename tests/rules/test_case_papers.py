"""Each paper that a rule prepares has all that its template needs: nothing is asked of a clerk a second time."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from case_scene import hall, scene, walk
from document_scene import register
from material_scene import attach
from material_scene import do as on_material
from world import World

from sync.records.settings import DEFAULTS
from sync.records.states import PaperKind
from sync.rules.setting import fits
from workstation.documents.papers import REQUIRED, PaperData, check_complete

WAYS: dict[str, tuple[str, ...]] = {
    "material_receipt": ("receive",),
    "correction_notice": ("receive", "correct"),
    "acceptance_notice": ("receive", "accept"),
    "non_acceptance": ("receive", "decline"),
    "special_procedure": ("receive", "accept", "step", "suspend"),
    "extension_notice": ("receive", "accept", "extend"),
    "grant_decision": ("receive", "accept", "submit", "decide"),
    "refusal_decision": ("receive", "accept", "submit", "deny"),
    "delivery_receipt": ("receive", "accept", "submit", "decide", "issue", "deliver"),
    "licence": ("receive", "accept", "submit", "decide"),
    "change_decision": ("receive", "accept", "submit", "decide", "issue", "change"),
    "revocation": ("receive", "accept", "submit", "decide", "issue", "revoke"),
    "cancellation": ("receive", "accept", "submit", "decide", "issue", "cancel"),
}


def paper(world: World, kind: str) -> tuple[PaperData, str]:
    """What the workstation makes of the document: its facts, its number and the address of its page."""
    (row,) = world.find("document", kind=kind)
    told = row.facts | {"number": row.number, "verify_url": f"https://hall.example/v/{row.page}"}
    assert set(told) <= set(PaperData.__struct_fields__), "a fact that no paper knows"
    return msgspec.convert(told, PaperData), row.number


def test_there_is_a_way_to_each_paper() -> None:
    assert set(WAYS) == {kind.value for kind in PaperKind}


@pytest.mark.parametrize("kind", WAYS)
def test_a_prepared_paper_is_complete(kind: str) -> None:
    world = hall()
    world.seed("matter", "m-1", scope=world.base, licence="营业执照", licence_years=0)
    walk(world, *WAYS[kind][:-1])
    if WAYS[kind][-2:-1] == ("issue",):
        (licence,) = world.find("document", kind="licence")
        register(world, "d", id=licence.id)
    walk(world, *WAYS[kind][-1:])
    data, number = paper(world, kind)
    assert (data.bureau, data.addressee, data.matter, data.sample) == ("样例审批局", "样例公司", "企业变更登记", True)
    assert data.case_number == "20260302-0001"
    assert data.dated_at == data.received_at == world.now
    assert number.endswith("(2026)第00001号")
    if kind in REQUIRED:
        check_complete(PaperKind(kind), data)


def test_papers_keep_what_the_matter_promised_when_the_case_came_in() -> None:
    world = scene("received")
    world.seed("matter", "m-1", name="改了名的事项", promised_days=1, statutory_days=2, basis="-")
    walk(world, "accept")
    data, _ = paper(world, "acceptance_notice")
    assert (data.matter, data.promised_days, data.statutory_days) == ("企业变更登记", 7, 20)


def test_a_paper_names_the_applicant_as_the_form_has_him_now() -> None:
    world = scene("received")
    walk(world, "accept")
    world.seed("case", "case-1", scope=world("case", "case-1").scope, applicant="样例有限公司")
    walk(world, "submit", "decide")
    assert paper(world, "grant_decision")[0].addressee == "样例有限公司"
    assert paper(world, "acceptance_notice")[0].addressee == "样例公司"


def test_the_acceptance_notice_lists_what_is_there() -> None:
    world = scene("received")
    on_material(world, attach(), id="m-form-1")
    world.seed("material", "m-form-1", scope=world("case", "case-1").scope, arrived=True)
    walk(world, "accept")
    assert [line.name for line in paper(world, "acceptance_notice")[0].materials] == ["申请书"]


def test_numbers_take_the_bureaus_short_name_and_form() -> None:
    world = hall(bureau_mark="样审", paper_year_format="{bureau}{kind}〔{year}〕{n}号")
    walk(world, "receive")
    assert paper(world, "material_receipt")[1] == "样审收〔2026〕1号"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("paper_year_format", "{bureau}字({year})第{n}号"),  # the series of two kinds would meet
        ("paper_year_format", "{bureau}{kind}第{n}号"),  # so would two years
        ("case_number_format", "{day}-{n}"),
        ("case_number_format", "{part}-{day}-{nr}"),
        ("case_number_format", "{part}-{day}-{n:0999999999d}"),
        ("delivery_remark", "{receiver.__class__}"),
        ("paper_marks", {"material_receipt": "收"}),
        ("paper_marks", dict.fromkeys(DEFAULTS["paper_marks"], "文")),
        ("decision_titles", DEFAULTS["decision_titles"] | {"refusal_decision": " "}),
        ("delivery_methods", {}),
        ("change_words", dict.fromkeys(DEFAULTS["change_words"], "项")),
        ("notice_after", []),
        ("notice_after", ["notice"]),
        ("notice_reasons", {"unknown": "下落不明"}),
        ("notice_words", {}),
        ("delivery_remark", "收件人"),
        ("delivery_details", dict.fromkeys(DEFAULTS["delivery_details"], "事")),
    ],
)
def test_no_setting_can_spoil_a_number_or_a_paper(name: str, value: Any) -> None:
    assert fits(name, DEFAULTS[name])
    assert not fits(name, value)
