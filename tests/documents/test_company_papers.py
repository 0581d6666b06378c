"""A company's own papers: everything of the form is on them, all say the same, the same form gives the same bytes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from sync.registration.form import Form, Kind
from sync.registration.papers import Paper, papers_for
from tests.conftest import NeedsTool
from tests.sample_company import SHORT, changing, company_form, eight, longest
from workstation.documents.company import EXAMPLE, TITLES, draw, read_form
from workstation.documents.render import TEMPLATES, MissingGlyph, Renderer, texts_of
from workstation.locale import say

ROOT = Path(__file__).resolve().parents[2]


def text_of(pdf: bytes, tool: str) -> str:
    out = subprocess.run([tool, "-raw", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return "".join(out.split()).replace("\u200b", "")


def text_by_paper(form: Form, renderer: Renderer, tool: str) -> dict[Paper, str]:
    told: dict[Paper, str] = {}
    for each in draw(renderer, form):
        told[each.paper] = told.get(each.paper, "") + text_of(each.data, tool)
    return told


def test_every_paper_has_its_template_and_title() -> None:
    assert {path.stem for path in TEMPLATES.glob("company_*.typ")} == {str(paper) for paper in Paper} == set(TITLES)


def test_eight_changes_at_once(renderer: Renderer, needs_tool: NeedsTool) -> None:
    form = eight()
    assert len(form.changes.kinds) == 8
    told = text_by_paper(form, renderer, needs_tool("pdftotext", "poppler-utils"))
    assert tuple(told) == papers_for(form.changes) == tuple(paper for paper in Paper if paper != Paper.DEBTS)
    application = told[Paper.APPLICATION]
    for wanted in (
        form.company.name,
        form.changes.name,
        form.changes.address,
        form.changes.scope,
        "周某",
        form.authority,
    ):
        assert wanted in application, wanted
    assert "股东会决议、股权转让协议、公司章程修正案、任免职文件、股东出资情况表" in application
    # The same amounts, in figures and in capitals, wherever they stand.
    for paper in (Paper.APPLICATION, Paper.RESOLUTION, Paper.AMENDMENT):
        assert "2,000,000元（人民币贰佰万元整）" in told[paper], paper
    assert "420,000.50元（人民币肆拾贰万元伍角整）" in told[Paper.TRANSFER]
    # Who held shares signs the resolution, who holds them now the articles.
    assert told[Paper.RESOLUTION].endswith("赵某钱某2026年3月2日—1/1—")
    assert told[Paper.AMENDMENT].endswith("赵某吴某2026年3月3日—1/1—")
    assert "钱某" not in told[Paper.HOLDERS]
    assert told[Paper.HOLDERS].count("50%") == 2


@pytest.mark.parametrize("less", [False, True], ids=["more", "less"])
def test_every_text_of_the_longest_form_is_on_some_paper(less: bool, renderer: Renderer, needs_tool: NeedsTool) -> None:
    form = longest(less=less)
    said = "".join(text_by_paper(form, renderer, needs_tool("pdftotext", "poppler-utils")).values())
    said = re.sub(r"(\w{18})?—\d+/\d+—", "", said)  # a text goes on over the foot of a page
    skipped = {"kind", "buyer_kind", "established"}
    for path, text in texts_of(form):
        name = path.rpartition(".")[2]
        is_day = name in form.days.__struct_fields__ or name.endswith("_on") or "until" in name or name == "pay_by"
        if name in skipped or is_day or name in ("amount", "capital", "price", "paid"):
            continue
        if path.startswith("company.") and name in ("telephone", "code") and "holders" not in path:
            continue  # of people who were registered already, only the names
        assert all("".join(line.split()) in said for line in text.split("\n")), path


@pytest.mark.parametrize("paper", Paper)
def test_pages_of_the_longest_are_numbered(paper: Paper, renderer: Renderer, needs_tool: NeedsTool) -> None:
    tool = needs_tool("pdftotext", "poppler-utils")
    drawn = next(each for each in draw(renderer, company_form(paper, long=True)) if each.paper == paper)
    said = text_of(drawn.data, tool)
    assert "—2/" in said
    assert longest().company.code in said


def test_a_single_holder_decides_alone(renderer: Renderer, needs_tool: NeedsTool) -> None:
    form = changing(Kind.TERM)
    alone = msgspec.structs.replace(form.company.holders[0], amount="1000000")
    form = msgspec.structs.replace(form, company=msgspec.structs.replace(form.company, holders=(alone,)))
    drawn = draw(renderer, form)
    assert [each.name for each in drawn] == [
        "01-公司变更登记（备案）申请书.pdf",
        "02-股东决定.pdf",
        "03-公司章程修正案.pdf",
    ]
    assert "第六十条" in text_of(drawn[1].data, needs_tool("pdftotext", "poppler-utils"))


def test_one_agreement_a_transfer(renderer: Renderer) -> None:
    drawn = draw(renderer, longest())
    assert [each.name[3:] for each in drawn].count("股权转让协议.pdf") == len(longest().changes.transfers) == 4
    assert len({each.name for each in drawn}) == len(drawn)


@pytest.mark.parametrize("paper", Paper)
def test_the_shortest_is_one_page_and_the_same_bytes_again(paper: Paper, renderer: Renderer) -> None:
    form = changing(*SHORT[paper])
    drawn = draw(renderer, form)
    assert drawn == draw(Renderer(), form)
    assert b"/Count 1" in next(each.data for each in drawn if each.paper == paper)


@pytest.mark.parametrize("sign", ["\u202e", "\U0001f600"], ids=["direction", "no glyph"])
def test_a_sign_that_cannot_be_printed_is_named_with_its_place_in_the_form(sign: str, renderer: Renderer) -> None:
    form = changing(Kind.SCOPE)
    form = msgspec.structs.replace(form, changes=msgspec.structs.replace(form.changes, scope=f"餐饮{sign}"))
    with pytest.raises(MissingGlyph) as caught:
        draw(renderer, form)
    assert caught.value.params["field"] == "changes.scope"
    assert "changes.scope" in say(caught.value.code, **caught.value.params)


def test_text_is_never_run_as_markup(renderer: Renderer, needs_tool: NeedsTool) -> None:
    form = changing(Kind.SCOPE)
    hostile = "#panic() *粗* $x$ \\ <seal-place> @甲 // 乙"
    form = msgspec.structs.replace(form, changes=msgspec.structs.replace(form.changes, scope=hostile))
    told = text_by_paper(form, renderer, needs_tool("pdftotext", "poppler-utils"))
    assert "".join(hostile.split()) in told[Paper.APPLICATION]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workstation", "registration", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_the_command(tmp_path: Path) -> None:
    example = run("--example")
    assert read_form(example.stdout.encode()) == read_form(EXAMPLE.read_bytes())
    form = tmp_path / "变更.json"
    form.write_text(example.stdout, encoding="utf-8")
    done = run(str(form))
    assert (done.returncode, done.stdout) == (0, "")
    first = {path.name: path.read_bytes() for path in (tmp_path / "变更").iterdir()}
    assert len(first) == 7
    assert run(str(form), "--to", str(tmp_path / "again")).returncode == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == first

    # All defects at once, and no paper.
    wrong = json.loads(example.stdout)
    wrong["changes"]["capital_up"]["capital"] = "3000000"
    wrong["days"]["articles"] = "2026-03-01"
    wrong["company"]["code"] = "91999900MA00000018"
    form.write_text(json.dumps(wrong), encoding="utf-8")
    done = run(str(form), "--to", str(tmp_path / "none"), "--json")
    assert done.returncode == 1
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["code"], each["severity"]) for each in told] == [
        ("day_order", "stop"),
        ("sum", "stop"),
        ("code", "hint"),
    ]
    assert all(each["basis"] and each["message"] for each in told)
    assert not (tmp_path / "none").exists()

    # A name that is not known is not passed over, nor is what is no form at all.
    form.write_text(example.stdout.replace('"scope"', '"scopes"', 1), encoding="utf-8")
    assert run(str(form)).returncode == run(str(tmp_path)).returncode == run().returncode == 2
