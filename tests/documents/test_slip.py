"""Slips of a parcel, a ticket, an appointment, a pick-up: what no font shows is told, and in which field it stands."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.sample_papers import packing_data
from workstation.documents.packing import PackingData, packing_pdf
from workstation.documents.render import MissingGlyph, RenderFailed, shared_renderer, texts_of
from workstation.documents.slip import SlipData, slip_pdf
from workstation.locale import Catalogue, say

GLYPH, HIDDEN = "\U00013000", "\u202e"  # Egyptian, and what turns the direction of reading
TICKET = SlipData(
    hall="样例大厅",
    number="A012",
    matters=("食品经营许可", "开办企业"),
    told=("前面还有3人",),
    bring=("身份证",),
    address="https://hall.example/t/x",
    code="4821",
    words={name: name for name in ("bring", "scan", "code", "lapses")},
    at="2026-03-04 10:00",
    at_ms=1_772_600_000_000,
)


def draw(data: SlipData | PackingData) -> bytes:
    renderer = shared_renderer()
    return slip_pdf(renderer, data) if isinstance(data, SlipData) else packing_pdf(renderer, data)


@pytest.mark.parametrize("sign", [GLYPH, HIDDEN], ids=["no glyph", "direction"])
@pytest.mark.parametrize(
    ("data", "changed", "place"),
    [
        (TICKET, {"hall": "大厅*"}, "大厅或机关名称"),
        (TICKET, {"matters": ("开办企业", "食品*")}, "第2项事项"),
        (TICKET, {"told": ("前面*人",)}, "提示第1行"),
        (TICKET, {"bring": ("身份证", "*")}, "第2项应带材料"),
        (packing_data(), {"receiver": "王*某"}, "收件人或寄件人"),
        (packing_data(), {"contents": (("决定书", 1), ("执照*", 2))}, "第2件物品的名称"),
        (packing_data(), {"tracking": "EX*"}, "邮件单号"),
    ],
)
def test_a_sign_that_cannot_be_printed_is_told_with_its_field(
    data: SlipData | PackingData, changed: dict[str, Any], place: str, sign: str
) -> None:
    text = msgspec.json.encode(changed).decode().replace("*", sign)
    typed = msgspec.convert({**msgspec.to_builtins(data), **msgspec.json.decode(text)}, type(data))
    assert draw(data).startswith(b"%PDF-")
    with pytest.raises(MissingGlyph) as failure:
        draw(typed)
    assert failure.value.params["character"] == sign
    said = say((failure.value.code, failure.value.params))
    assert said.startswith(f"{place} 一栏的字符")
    assert f"U+{ord(sign):04X}" in said


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_field_of_a_slip_has_its_words(language: str) -> None:
    words = Catalogue(language).area("paper")
    fields = {f"paper.slip.{field.partition('[')[0]}" for field, _ in texts_of(TICKET)}
    fields |= {f"paper.packing.{field.partition('[')[0]}" for field, _ in texts_of(packing_data())}
    listed = {"paper.slip.matters", "paper.slip.told", "paper.slip.bring", "paper.packing.contents"}
    fields = (fields - listed) | {f"{each}.item" for each in listed if "slip" in each} | {"paper.packing.contents.name"}
    assert fields == {key for key in words if key.startswith(("paper.slip.", "paper.packing."))}


def test_what_is_no_sign_s_fault_is_still_told_as_the_template_s() -> None:
    with pytest.raises(RenderFailed):
        draw(msgspec.structs.replace(TICKET, words={}))
