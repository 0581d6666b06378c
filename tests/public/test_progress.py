"""How far a case is: by number and code, from its ticket, from a paper; for nobody else, and with nothing personal."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import pytest
from public_hall import BASE, CASES, FACTS, NOW, PAPER, Hall, text

from server_stub.public import pages
from server_stub.public.progress import address
from sync.progress_code import LETTERS, ON_THE_WAY, is_code, progress_code
from sync.records.states import CaseState, PaperKind
from tests.sample_papers import KINDS, paper_data
from workstation.documents.registered import paper_of

DAY = 86_400_000
NUMBER, KNOWN = "registration-20260301-0007", "20260301-0007"
SECRETS = (FACTS["addressee"], "赵某", "0307", "13900000021", "不符合", "granted", "准予", "c-1")


def case(hall: Hall, state: str = "in_review", **columns: Any) -> None:
    told: dict[str, Any] = {
        "number": NUMBER,
        "matter": "m-1",
        "office": "registration",
        "site": "main",
        "state": state,
        "owner": "0307",
        "received_by": "0307",
        "form": {"phone": "13900000021", "legal_person": "赵某"},
        "opinion": "不符合",
        "decision": "granted",
        "received_at": NOW - DAY,
        "accepted_at": NOW - DAY // 2,
        "correction_due_day": "2026-03-09",
        "promised_day": "2026-03-03",
        "statutory_day": "2026-03-30",
    }
    hall.put("office", "registration", BASE, name="企业登记科")
    hall.put("case", "c-1", CASES, applicant=FACTS["addressee"], **(told | columns))


def asked(hall: Hall, number: str, code: str) -> Any:
    return hall.post("/c", {"number": number, "code": code})


@pytest.mark.parametrize("number", [NUMBER, KNOWN, f" {KNOWN} "])
def test_number_and_code_open_it_as_they_stand_on_the_paper(hall: Hall, number: str) -> None:
    case(hall)
    code = progress_code("c-1")
    for typed in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} "):
        answer = asked(hall, number, typed)
        assert answer.status_code == 303, typed
        assert answer.headers["location"] == address(hall.public, NUMBER)
        assert code.partition("-")[0] not in answer.headers["location"]
    page = hall.get(answer.headers["location"])
    told = text(page)
    for words in (
        "审查中",
        "受理 2026-03-01",
        "承诺办结 2026-03-03",
        "法定办结 2026-03-30",
        f"办件编号 {KNOWN}",
        "企业变更登记",
        "企业登记科",
    ):
        assert words in told, words
    for hidden in SECRETS:
        assert hidden not in page.text, hidden
    assert "<script" not in page.text


def test_a_wrong_code_and_a_number_that_is_none_are_answered_alike(hall: Hall) -> None:
    case(hall)
    other = {"number": "registration-20260301-0008", "office": "registration", "site": "main", "state": "received"}
    hall.put("case", "c-2", CASES, matter="m-1", applicant="另一公司", **other)
    right, wrong = progress_code("c-1"), progress_code("c-2")
    assert right != wrong
    answers = [asked(hall, KNOWN, wrong), asked(hall, "20260301-0009", right)]
    answers += [
        asked(hall, KNOWN, ""),
        asked(hall, "", right),
        asked(hall, KNOWN, right[:-1]),
        asked(hall, "a\x00", right),
    ]
    answers += [asked(hall, "x" * 500, right), asked(hall, KNOWN, "Z" * 500), hall.post("/c", {"x": "y"})]
    assert {answer.status_code for answer in answers} == {422}
    first, second = (answer.text.replace("20260301-0009", KNOWN) for answer in answers[:2])
    assert first == second
    for path in ("/c/" + NUMBER, f"/c/{NUMBER}.x", address(hall.public, "registration-20260301-0009")):
        assert hall.get(path).status_code == 404, path
    assert not is_code("", "c-1")
    assert not is_code("赵", "c-1")


def test_the_ticket_and_the_papers_of_its_applicant_lead_there_and_no_licence_does(hall: Hall) -> None:
    case(hall)
    where = address(hall.public, NUMBER)
    assert where not in hall.get(hall.ticket("t-1", "A036")).text
    assert f'href="{where}"' in hall.get(hall.ticket("t-2", "A037", case="c-1")).text
    for kind in PaperKind:
        hall.put("document", "d-1", CASES, case="c-1", kind=kind.value, page=PAPER, state="valid", facts=FACTS)
        assert (where in hall.get(f"/v/{PAPER}").text) == (kind in ON_THE_WAY), kind
    assert not ON_THE_WAY & {PaperKind.LICENCE, PaperKind.GRANT_DECISION, PaperKind.CHANGE_DECISION}
    assert 'href="/c"' in hall.get("/").text


def test_every_state_has_its_words_and_only_running_ones_a_limit(hall: Hall) -> None:
    for language in pages.LANGUAGES:
        for state in CaseState:
            case(hall, state.value, delivery_day="2026-03-16", deadline_certain=False)
            told = html.unescape(text(hall.get(f"{address(hall.public, NUMBER)}?lang={language}")))
            assert pages.catalogue()[language][f"progress_state_{state}"] in told
            limited = state in ("received", "corrected", "accepted", "in_review", "reviewed", "decided", "issued")
            assert (pages.catalogue()[language]["progress_uncertain"] in told) == limited, state


def test_a_correction_says_what_to_bring_and_the_steps_stand_in_their_order(hall: Hall) -> None:
    case(hall, "need_correction", accepted_at=None)
    for id, name in (("m1", "变更登记申请书"), ("m2", "租赁合同")):
        hall.put("material", id, CASES, case="c-1", ordinal=1, name=name, state="missing")
    told = {"case": "c-1", "staff": "0307"}
    hall.put("correction", "k1", CASES, round=1, at=NOW - 9000, answered_at=NOW - 5000, defects=[], **told)
    defects = [{"material": "m2", "reason": "missing", "words": "不符合"}, {"material": "m2", "reason": "wrong"}]
    hall.put("correction", "k2", CASES, round=2, at=NOW - 1000, defects=defects, **told)
    page = text(hall.get(address(hall.public, NUMBER)))
    assert "请补正这些材料 租赁合同" in page
    assert "变更登记申请书" not in page
    places = [page.index(words) for words in ("收到材料 2026", "告知补正 2026", "收到补正 2026", "告知补正 2 2026")]
    assert places == sorted(places)
    case(hall, "accepted", deemed=True, accepted_at=NOW)
    assert "视为受理" in text(hall.get(address(hall.public, NUMBER)))


def test_a_paper_of_the_applicant_bears_the_code(tmp_path: Path) -> None:
    class Record:
        """A numbered document."""

        id, number, page, case = "d-1", "n-1", PAPER, "c-1"
        facts: Any = None
        kind = ""

    for kind in KINDS:
        record = Record()
        record.kind = str(kind)
        data = paper_data(kind, long=False)
        record.facts = {
            name: getattr(data, name) for name in ("bureau", "addressee", "matter", "case_number", "dated_at")
        }
        record.facts["sample"] = True
        assert paper_of(record, "https://hall.example").progress_code == (
            progress_code("c-1") if kind in ON_THE_WAY else ""
        )
    assert set(progress_code("c-1")) <= {*LETTERS, "-"}
    assert len({progress_code(f"c-{n}") for n in range(5000)}) == 5000
