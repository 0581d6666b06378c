"""The page of a paper: the code's mac, and a file that somebody holds against the registry."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from public_hall import CASES, FACTS, NUMBER, PAPER, Hall, prepared, registered, text

from server_stub.public.compare import FILE_BYTES, WAITING, Comparer
from sync.paper_code import address, fingerprint, is_mac, mac_of, read_address
from sync.records.document import Document
from sync.records.states import PaperKind
from tests.sample_papers import AT, paper_data
from tests.signed_papers import HANDED_OUT, WAYS, SignedPapers
from workstation.documents.render import shared_renderer


def held(hall: Hall, data: bytes, name: str = "paper.pdf") -> str:
    return text(hall.post(f"/v/{PAPER}", files={"file": (name, data, "application/pdf")}))


# -- the code


def test_the_page_holds_the_mac_s_fingerprint_and_never_the_mac(hall: Hall) -> None:
    prepared(hall)
    mac = mac_of("d-1", PAPER, "grant_decision", NUMBER, FACTS)
    page = hall.get(f"/v/{PAPER}")
    assert f'data-fingerprint="{fingerprint(mac)}"' in page.text
    assert mac not in page.text
    assert "d-1" not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]


def test_whatever_the_page_says_of_a_paper_changes_its_mac() -> None:
    mac = mac_of("d-1", PAPER, "grant_decision", NUMBER, FACTS)
    others = [
        mac_of("d-2", PAPER, "grant_decision", NUMBER, FACTS),
        mac_of("d-1", "another", "grant_decision", NUMBER, FACTS),
        mac_of("d-1", PAPER, "licence", NUMBER, FACTS),
        mac_of("d-1", PAPER, "grant_decision", NUMBER.replace("12", "13"), FACTS),
        mac_of("d-1", PAPER, "grant_decision", NUMBER, FACTS | {"addressee": "另一公司"}),
        mac_of("d-1", PAPER, "grant_decision", NUMBER, FACTS | {"matter": "另一事项"}),
    ]
    assert len({mac, *others}) == 7
    assert mac == mac_of("d-1", PAPER, "grant_decision", NUMBER, {**FACTS, "dated_at": 1})
    assert is_mac(mac, mac)
    assert not any(is_mac(other, mac) for other in (*others, "", "赵", mac[:-1], mac.lower()))


@pytest.mark.parametrize(
    ("told", "read"),
    [
        (address("https://hall.example", PAPER, "abc-_9"), (PAPER, "abc-_9")),
        (f" http://127.0.0.1:8000/v/{PAPER}?lang=en#abc \n", (PAPER, "abc")),
        (f"v/{PAPER}", (PAPER, "")),
        ("https://hall.example/r/1.x", None),
        (f"https://hall.example/v/{PAPER}/../x#abc", None),
        ("", None),
    ],
)
def test_a_code_is_read_as_a_scanner_types_it(told: str, read: tuple[str, str] | None) -> None:
    assert read_address(told) == read


def test_a_corrected_paper_leads_to_the_one_in_force(hall: Hall) -> None:
    prepared(hall, state="valid", superseded_by="d-2")
    newer = {"case": "c-1", "kind": "grant_decision", "number": "样审准字(2026)第00013号", "page": "p-2"}
    hall.put("document", "d-2", CASES, state="prepared", **newer)
    assert "p-2" not in hall.get(f"/v/{PAPER}").text
    hall.put("document", "d-1", CASES, state="superseded")
    hall.put("document", "d-2", CASES, state="valid")
    page = hall.get(f"/v/{PAPER}")
    assert "已被更正文书代替 现行文书： 样审准字(2026)第00013号" in text(page)
    assert 'href="/v/p-2"' in page.text
    assert "In force now" in hall.get(f"/v/{PAPER}?lang=en").text
    assert "有效" in text(hall.get("/v/p-2"))


# -- a file


@pytest.mark.parametrize("way", WAYS)
def test_every_file_of_the_paper_stays_genuine_after_the_signature_has_gone_up(
    way: str, hall: Hall, signed_papers: SignedPapers
) -> None:
    """The citizen's copy of the first day too, and the copy somebody else put another time stamp on."""
    registered(hall, signed_papers, way, "B-B", "B-T", "B-LTA")
    for level in ("B-B", "B-T", "B-LTA"):
        page = held(hall, signed_papers.files[way, level])
        assert "文件与登记的完全一致" in page
        assert f"签名级别 {level} · 2026-03-02 10:00" in page
    assert "签发后只追加了时间戳" in held(hall, signed_papers.files[way, "again"])


def test_what_is_not_this_paper_is_said(hall: Hall, signed_papers: SignedPapers) -> None:
    registered(hall, signed_papers, "seal", "B-B")
    good = signed_papers.files["seal", "B-B"]
    changed = bytearray(good)
    changed[9000] ^= 1
    plain = shared_renderer().render(PaperKind.GRANT_DECISION, paper_data(PaperKind.GRANT_DECISION))
    other = signed_papers.signer.sign(plain, at_ms=AT).data
    for data, sentence in (
        (bytes(changed), "在签发后被改动"),
        (good + b"x", "在签发后被改动"),
        (other, "不是这份文书"),
        (plain, "文件没有签名"),
        (b"%PDF-1.7 nothing", "文件无法读取"),
        (b"", "没有收到文件"),
    ):
        page = held(hall, data)
        assert sentence in page
        assert "与登记的完全一致" not in page
        assert NUMBER in page
    assert "与登记的完全一致" in held(hall, good)


def test_before_its_registration_nothing_is_said_of_a_file(hall: Hall, signed_papers: SignedPapers) -> None:
    """Whoever knows the page could sign a file of his own: without the registered signature no file is genuine."""
    prepared(hall)
    given = {"case": "c-1", "document": "d-1", "device": "d1", "page": PAPER, "number": NUMBER}
    hall.put("issue_authorisation", "a-1", CASES, state="out", **given)
    page = held(hall, signed_papers.files["seal", "B-B"])
    assert "已授权签发，登记中" in page
    assert "登记还没有到达" in page


def test_the_state_stands_above_whatever_a_file_is(hall: Hall, signed_papers: SignedPapers) -> None:
    registered(hall, signed_papers, "seal", "B-B", state="revoked")
    page = held(hall, signed_papers.files["seal", "B-B"])
    assert page.index("已撤销") < page.index("文件与登记的完全一致")


def test_a_file_is_limited_and_leaves_nothing_behind(
    hall: Hall, signed_papers: SignedPapers, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    registered(hall, signed_papers, "seal", "B-B")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    data = signed_papers.files["seal", "B-T"]
    assert "签发后只追加" in held(hall, data, "赵某的决定书.pdf")
    too_large = hall.post(f"/v/{PAPER}", files={"file": ("x.pdf", bytes(FILE_BYTES + (1 << 17)), "application/pdf")})
    assert too_large.status_code == 413
    assert "文件太大" in too_large.text
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    said = "".join(record.getMessage() for record in caplog.records if record.name.startswith(("sync", "uvicorn")))
    assert "决定书" not in said
    assert PAPER not in said


async def test_a_file_has_a_deadline_and_few_may_wait() -> None:
    paper = Document(id="d-1", scope=CASES, case="c-1", kind="licence", state="valid", signature="x")
    for deadline_s, count in ((0.0, 1), (60.0, WAITING + 2)):
        comparer = Comparer(deadline_s)
        held = [comparer.compare(f"no paper {n}".encode(), paper) for n in range(count)]
        try:
            found = await asyncio.gather(*held)
        finally:
            comparer.close()
        busy = max(0, count - WAITING)
        assert [each.word for each in found] == ["unreadable"] * (count - busy) + ["busy"] * busy


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "application/x-www-form-urlencoded"}, b"file=x", 415),
        ({"content-type": "multipart/form-data"}, b"x", 415),
        ({"content-type": "multipart/form-data; boundary=a"}, b"--a\r\nnonsense", 415),
        ({"content-type": "multipart/form-data; boundary=a"}, b"", 415),
    ],
)
def test_a_form_that_is_none_of_ours_is_refused(hall: Hall, headers: dict[str, str], body: bytes, status: int) -> None:
    prepared(hall)
    answer = hall.post(f"/v/{PAPER}", content=body, headers=headers)
    assert answer.status_code == status
    assert hall.post("/v/none", files={"file": ("x", b"y")}).status_code == 404


def test_the_levels_that_are_handed_out(signed_papers: SignedPapers) -> None:
    assert {level for _, level in signed_papers.files} == {*HANDED_OUT, "B-LT"}
