"""公告送达 on the hall's page: while it runs the name and the days, afterwards less, and never anything else."""

from __future__ import annotations

import re
from typing import Any

from public_hall import CASES, NOW, Hall, text

from server_stub.central.seed import SeedRow

FIRM = "青岛某机械设备租赁有限公司"


NOTICE: dict[str, Any] = {
    "state": "posted",
    "addressee": FIRM,
    "matter": "企业变更登记",
    "papers": ["准予行政许可决定书 样审准字(2026)第00012号"],
    "reason": "受送达人下落不明",
    "course": ["2026-03-01 直接送达：住所振华路1号无人"],
    "posted_at": NOW,
    "until_day": "2026-04-01",
    "ends_at": NOW + 30 * 86_400_000,
    "document": "receipt-of-it",
    "handled_by": "赵某",
    "staff": "0307",
}


def noticed(hall: Hall, id: str, *, scope: str = CASES, **columns: Any) -> None:
    hall.put("public_notice", id, scope, **(NOTICE | {"case": f"case-of-{id}"} | columns))


def test_the_notices_that_run_are_listed_and_say_who_what_and_until_when(hall: Hall) -> None:
    assert "现在没有公告" in text(hall.get("/n"))
    noticed(hall, "n-1")
    noticed(hall, "n-2", addressee="<b>钱某</b>", posted_at=NOW + 1)
    noticed(hall, "n-3", addressee="孙某某", state="withdrawn")
    noticed(hall, "n-4", addressee="李某某", state="served")
    listed = hall.get("/n")
    assert text(listed).index("钱某") < text(listed).index(FIRM)
    assert "&lt;b&gt;钱某" in listed.text
    assert "孙某某" not in listed.text
    assert "李某某" not in listed.text
    page = hall.get("/n/n-1")
    for words in (FIRM, "样审准字(2026)第00012号", "受送达人下落不明", "2026-03-02", "2026-04-01", "样例审批局"):
        assert words in text(page)
    for hidden in ("振华路", "0307", "赵某", "case-of", "receipt-of"):
        assert hidden not in page.text
    assert "noindex" in page.text
    assert "count as delivered" in hall.get("/n/n-1?lang=en").text
    assert 'href="/n"' in hall.get("/").text


def test_after_its_end_the_name_is_masked_and_with_the_case_it_goes(hall: Hall) -> None:
    noticed(hall, "n-1", state="served")
    over = hall.get("/n/n-1").text
    assert "视为送达" in over
    assert FIRM not in over
    assert "青岛某机*****有限公司" in over
    noticed(hall, "n-2", state="served", scope="licang:archive/registration")
    noticed(hall, "n-3", state="withdrawn")
    for gone in ("n-2", "n-3", "n-4", "%00"):
        assert hall.get(f"/n/{gone}").status_code in (400, 404), gone


def test_fifty_stand_on_a_page_and_none_is_left_out(hall: Hall) -> None:
    rows = [
        SeedRow("public_notice", f"n-{n:03d}", CASES, {**NOTICE, "posted_at": NOW + n // 2, "case": f"c-{n}"})
        for n in range(120)
    ]
    hall.put_all(rows)
    seen: list[str] = []
    path = "/n?lang=en"
    for _ in range(3):
        page = hall.get(path).text
        seen += re.findall(r'href="/n/(n-\d+)\?lang=en"', page)
        older = re.search(r'href="(/n\?[^"]*)">Earlier', page)
        path = older[1].replace("&amp;", "&") if older else ""
    assert path == ""
    assert seen == [f"n-{n:03d}" for n in reversed(range(120))]
    assert 'href="/n?lang=en&amp;p=1">Newer' in hall.get("/n?p=2&lang=en").text
    assert 'href="/n?lang=en&amp;p=2"' in hall.get("/n?p=2").text, "the other language is on the same page"
    for odd in ("0", "-1", "x", "99999", "4", "%00"):
        assert hall.get(f"/n?p={odd}").status_code == 200
