"""A window is called by its name once, whatever its label says already: in a ticket's way, an alarm, a hint, a refusal,
and to citizens with where it is."""

from __future__ import annotations

import pytest

from sync.window_name import window_name
from tests.screens.live_hall import NOW
from workstation.locale import say, use
from workstation.refusals import told as refused
from workstation.screens.analysis_bad import told
from workstation.screens.analysis_lines import alarm
from workstation.screens.overview_lines import piles_up
from workstation.views.analysis import WINDOW, Alarm
from workstation.views.ticket_way import CALLED, ISSUED, SERVED, Step, Way
from workstation.window_words import window_words

SAID = {
    "03": "窗口03",
    "A3": "窗口A3",
    "代取": "代取",
    "窗口03": "窗口03",
    "3号窗口": "3号窗口",
    "综合窗口": "综合窗口",
}


@pytest.mark.parametrize(("label", "name"), SAID.items())
def test_whatever_a_label_says_it_is_named_once(label: str, name: str) -> None:
    steps = (
        Step(ISSUED, NOW, None, label, "企业变更登记", ""),
        Step(CALLED, NOW, NOW, label, "", ""),
        Step(SERVED, NOW, NOW, label, "企业变更登记", ""),
        Step(SERVED, NOW, None, label, "企业变更登记", ""),
    )
    _, _, issued, called, served, serving = told(Way("A001", steps))
    assert issued == f"10:13        取号  企业变更登记 在{name}代取"
    assert called == f"10:13        叫号  {name}"
    assert served == f"10:13-10:13  办理  {name} 企业变更登记 0分"
    assert serving == f"10:13-       办理  {name} 企业变更登记"
    assert alarm(Alarm(WINDOW, label, "", 3, 1), {}) == f"{name} 差评 3 次 (上期 1)"
    taken = refused("taken", {"window": "w9", "number": "A001"}, {"w9": label}.__getitem__)
    assert say(taken.code, **taken.params) == f"A001 已被{name}叫走，请叫下一号"
    hint = piles_up("callback", {"count": 1, "window": label, "holder": "-"})
    assert hint == f"回访超时 1 件 ({name} -)"


def test_in_english_too() -> None:
    use("en")
    try:
        assert [window_words(label) for label in ("03", "代取", "窗口03")] == ["Window 03", "代取", "窗口03"]
    finally:
        use("zh")


@pytest.mark.parametrize(
    ("label", "place", "name"),
    [
        ("03", None, "03号窗口"),
        ("03", "2层", "03号窗口 (2层)"),
        ("窗口03", "2层", "窗口03 (2层)"),
        ("代取", "", "代取"),
    ],
)
def test_citizens_read_where_it_is(label: str, place: str | None, name: str) -> None:
    assert window_name(label, place) == name
