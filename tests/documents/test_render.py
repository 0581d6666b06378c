"""Papers: complete, deterministic, and never with a blank where a character should be."""

import csv
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import verdict, verify
from sync.errors import DocumentError
from sync.records.states import PaperKind
from sync.registration.papers import Paper
from workstation import documents
from workstation.documents.fonts import FontMissing, find_fonts
from workstation.documents.papers import REQUIRED, MaterialLine, PaperData, field_words, template_data
from workstation.documents.render import TEMPLATES, MissingGlyph, Renderer, texts_of
from workstation.locale import Catalogue, say
from workstation.services import levels

Make = Callable[..., PaperData]
NeedsTool = Callable[[str, str], str]
KINDS = sorted(REQUIRED)


def text_of(pdf: bytes, tool: str) -> str:
    """The file's text in the order in which it was set, without blanks and line ends."""
    out = subprocess.run([tool, "-raw", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return "".join(out.split()).replace("\u200b", "")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("long", [False, True], ids=["shortest", "longest"])
def test_every_text_of_a_paper_is_in_the_file(
    kind: PaperKind, long: bool, paper: Make, renderer: Renderer, needs_tool: NeedsTool
) -> None:
    data = paper(kind, long=long)
    text = text_of(renderer.render(kind, data), needs_tool("pdftotext", "poppler-utils"))
    expected = [
        data.bureau,
        data.number,
        data.addressee,
        data.matter,
        "2026年3月4日",
        data.verify_url,
        data.case_number,
        data.progress_code,
    ]
    for field in REQUIRED[kind]:
        value = getattr(data, field)
        if field == "defects":
            expected += [value[-1].material, value[-1].problem]
        elif field == "changed":
            expected += [line.what for line in value] + [line.now for line in value if len(line.now) < 20]
        elif field == "materials":
            expected.append(value[-1].name)
        elif isinstance(value, tuple):
            expected.append(value[-1])
        elif isinstance(value, str):
            expected.append(template_data(data)[field])
    for wanted in expected:
        assert "".join(wanted.split()) in text, wanted


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_paper_numbers_its_pages_and_ends_with_the_seal(
    kind: PaperKind, paper: Make, renderer: Renderer, needs_tool: NeedsTool
) -> None:
    pdf = renderer.render(kind, paper(kind, long=True))
    tool = needs_tool("pdfinfo", "poppler-utils")
    info = subprocess.run([tool, "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    pages = int(info.split("Pages:")[1].split()[0])
    place = info.split("seal-place ")[1].splitlines()[0].split()
    assert pages > 1
    assert int(place[0]) == pages
    x, y = float(place[1]), float(place[2])
    assert 60 <= x <= 535  # a seal of 42 mm stays on the sheet
    assert 60 <= y <= 782
    tool = needs_tool("pdftotext", "poppler-utils")
    assert f"—{pages}/{pages}—" in text_of(pdf, tool)
    last = subprocess.run([tool, "-f", place[0], "-raw", "-", "-"], input=pdf, capture_output=True, check=True).stdout
    with_seal = "".join(last.decode().split())
    assert paper(kind).number in with_seal  # the pages of one paper know each other
    assert any(
        word in with_seal for word in ("咨询", "人民法院", "颁发", "特此", "收件人签名", "有效期限")
    )  # no seal alone


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_data_give_the_same_bytes(kind: PaperKind, paper: Make, renderer: Renderer) -> None:
    data = paper(kind)
    first = renderer.render(kind, data)
    renderer.render(kind, paper(kind, long=True))
    assert renderer.render(kind, data) == first
    assert Renderer(find_fonts()).render(kind, data) == first
    assert renderer.render(kind, paper(kind, dated_at=data.dated_at + 86_400_000)) != first


def test_a_paper_of_a_sample_says_so_and_another_does_not(
    paper: Make, renderer: Renderer, needs_tool: NeedsTool
) -> None:
    tool = needs_tool("pdftotext", "poppler-utils")
    kind = PaperKind.GRANT_DECISION
    assert "非正式" in text_of(renderer.render(kind, paper(kind)), tool)
    assert "非正式" not in text_of(renderer.render(kind, paper(kind, sample=False)), tool)


@pytest.mark.parametrize(
    ("changes", "field", "character"),
    [
        ({"addressee": "王\U00013000某"}, "addressee", "\U00013000"),
        (
            {"materials": (MaterialLine(name="申请书"), MaterialLine(name="表\U0001f600"))},
            "materials[1].name",
            "\U0001f600",
        ),
        ({"number": "李审\u202e准"}, "number", "\u202e"),
        ({"matter": "许可\x07"}, "matter", "\x07"),
        ({"case_number": "LC\u2028"}, "case_number", "\u2028"),
    ],
)
def test_a_character_that_cannot_be_printed_is_named_with_its_field(
    changes: dict[str, object], field: str, character: str, paper: Make, renderer: Renderer
) -> None:
    with pytest.raises(MissingGlyph) as failure:
        renderer.render(PaperKind.MATERIAL_RECEIPT, paper(PaperKind.MATERIAL_RECEIPT, **changes))
    assert failure.value.code == "document.missing_glyph"
    assert failure.value.params["field"] == field
    assert failure.value.params["character"] == character
    assert failure.value.params["codepoint"] == f"U+{ord(character):04X}"


def test_all_characters_that_cannot_be_printed_are_named_at_once(paper: Make, renderer: Renderer) -> None:
    data = paper(PaperKind.GRANT_DECISION, addressee="甲\U00013000乙\U00013001", matter="丙\U00013000")
    with pytest.raises(MissingGlyph) as failure:
        renderer.render(PaperKind.GRANT_DECISION, data)
    others = failure.value.params["others"]
    assert others == [("addressee", "\U00013001"), ("matter", "\U00013000")]


def test_rare_name_characters_print_or_are_named(shared_data: Path, paper: Make, renderer: Renderer) -> None:
    """276 rare characters of personal names: most have a glyph, the others are told; none is left blank."""
    with (shared_data / "text" / "rare_cjk_tgh.csv").open(encoding="utf-8") as file:
        rare = {char for row in csv.reader(file) for cell in row for char in cell if ord(char) > 0x2E80}
    data = paper(PaperKind.GRANT_DECISION, addressee="".join(sorted(rare)))
    told = set[str]()
    try:
        renderer.render(PaperKind.GRANT_DECISION, data)
    except MissingGlyph as failure:
        others = failure.params["others"]
        assert isinstance(others, list)
        told = {str(failure.params["character"]), *(char for _, char in others)}
        rest = paper(PaperKind.GRANT_DECISION, addressee="".join(sorted(rare - told)))
        renderer.render(PaperKind.GRANT_DECISION, rest)
    assert told < rare
    assert len(rare - told) > len(rare) // 2


def test_hostile_names_print_or_are_refused_by_name(shared_data: Path, paper: Make, renderer: Renderer) -> None:
    """Names with marks, variants, other scripts and signs that hide: in the file as they are, or refused."""
    names = [each["text"] for each in json.loads((shared_data / "text" / "names_hostile.json").read_text("utf-8"))]
    refused: dict[str, str] = {}
    for name in names:
        try:
            renderer.render(PaperKind.LICENCE, paper(PaperKind.LICENCE, addressee=name, legal_representative=name))
        except MissingGlyph as failure:
            refused[name] = str(failure.params["character"])
    assert all(character in name for name, character in refused.items())
    assert len(refused) < len(names) * 3 // 4


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_field_of_a_paper_has_its_words(language: str, paper: Make) -> None:
    words = Catalogue(language).area("paper")
    paths = {path for kind in KINDS for path, text in texts_of(paper(kind, long=True)) if text or "[" not in path}
    keys = {field_words(path)[0] for path in paths} | {field_words(f)[0] for f in PaperData.__struct_fields__}
    numbers = {
        f"paper.field.{f}"
        for f in ("dated_at", "sample", "statutory_days", "promised_days", "licence_years", "by_notice")
    }
    assert keys - set(words) == numbers


def test_a_character_without_a_glyph_is_told_in_words(paper: Make, renderer: Renderer) -> None:
    data = paper(PaperKind.MATERIAL_RECEIPT, materials=(MaterialLine(name="申请书"), MaterialLine(name="表\U00013000")))
    with pytest.raises(MissingGlyph) as failure:
        renderer.render(PaperKind.MATERIAL_RECEIPT, data)
    said = say((failure.value.code, failure.value.params))
    assert said.startswith("第2项材料的名称 一栏的字符“\U00013000”（U+13000）没有字形")
    with pytest.raises(MissingGlyph) as failure:
        renderer.render(PaperKind.MATERIAL_RECEIPT, paper(PaperKind.MATERIAL_RECEIPT, addressee="王\u202e某"))
    assert "“□”（U+202E）" in say((failure.value.code, failure.value.params))


@given(text=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).filter(lambda text: text.strip() != ""))
@settings(max_examples=60, deadline=None)
def test_any_text_prints_or_is_refused_by_name(text: str, paper: Make, renderer: Renderer) -> None:
    refused = None
    try:
        pdf = renderer.render(PaperKind.GRANT_DECISION, paper(PaperKind.GRANT_DECISION, addressee=text, matter=text))
    except MissingGlyph as failure:
        refused = str(failure.params["character"])
    assert refused in text if refused is not None else pdf.startswith(b"%PDF-")


@pytest.mark.parametrize("text", ["#panic()", "$x$ *b* _i_ @label <label>", '#import "x"', "]}\\", "//", "= 标题"])
def test_markup_in_data_is_printed_not_run(text: str, paper: Make, renderer: Renderer, needs_tool: NeedsTool) -> None:
    pdf = renderer.render(PaperKind.GRANT_DECISION, paper(PaperKind.GRANT_DECISION, granted=text, addressee=text))
    assert "".join(text.split()) in text_of(pdf, needs_tool("pdftotext", "poppler-utils"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_field_is_named(kind: PaperKind, paper: Make, renderer: Renderer) -> None:
    for field in ("bureau", "addressee", *REQUIRED[kind]):
        empty = {"received_at": None}.get(field, () if isinstance(getattr(paper(kind), field), tuple) else " ")
        with pytest.raises(DocumentError) as failure:
            renderer.render(kind, paper(kind, **{field: empty}))
        assert failure.value.code == "document.field_missing"
        assert failure.value.params["field"] == field


def test_a_day_that_is_none_is_named(paper: Make, renderer: Renderer) -> None:
    with pytest.raises(DocumentError) as failure:
        renderer.render(PaperKind.GRANT_DECISION, paper(PaperKind.GRANT_DECISION, valid_until="2026-02-30"))
    assert (failure.value.code, failure.value.params["field"]) == ("document.bad_day", "valid_until")


APART = ("style", "seal", "probe", "slip", "packing")


def test_each_template_is_a_paper_and_the_other_way_round() -> None:
    assert set(REQUIRED) == set(PaperKind)
    assert {path.stem for path in TEMPLATES.glob("*.typ")} == {*map(str, REQUIRED), *map(str, Paper), *APART}


def test_every_kind_of_paper_has_its_template() -> None:
    assert set(REQUIRED) == set(PaperKind)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_error_has_its_sentence(language: str) -> None:
    folder, others = Path(documents.__path__[0]), (verdict, verify, levels)
    sources = [*folder.glob("*.py"), *(Path(str(each.__file__)) for each in others)]
    codes = {code for path in sources for code in re.findall(r'"(document\.[a-z_]+)"', path.read_text())}
    sentences = Catalogue(language).area("document")
    assert codes == set(sentences)
    missing = MissingGlyph("document.missing_glyph", place="f", shown="c", codepoint="U+0063")
    assert "c" in sentences[missing.code].format(**missing.params)


def test_no_font_is_an_error_that_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(FontMissing) as failure:
        find_fonts((), (str(tmp_path),), packaged=False)
    assert str(tmp_path) in str(failure.value.params["looked_in"])


def test_a_configured_folder_without_a_font_is_never_passed_over(tmp_path: Path) -> None:
    with pytest.raises(FontMissing) as failure:
        find_fonts((tmp_path,))
    assert failure.value.code == "document.font_unusable"
