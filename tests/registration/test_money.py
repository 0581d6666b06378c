"""Amounts in figures and in capitals: the published examples, and every amount read back by other rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.registration.money import capitals, fen, figures, share

DIGITS = {sign: value for value, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS = {"拾": 10, "佰": 100, "仟": 1000}


# Payment and Settlement Measures, annex 1: its own examples (the optional 零 is written).
@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("1409.50", "人民币壹仟肆佰零玖元伍角整"),
        ("6007.14", "人民币陆仟零柒元壹角肆分"),
        ("107000.53", "人民币壹拾万零柒仟元伍角叁分"),
        ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "人民币叁佰贰拾伍元零肆分"),
        ("1000000", "人民币壹佰万元整"),
        ("100005000", "人民币壹亿零伍仟元整"),
        ("0", "人民币零元整"),
        ("0.05", "人民币伍分"),
    ],
)
def test_capitals_of_known_amounts(amount: str, said: str) -> None:
    value = fen(amount)
    assert value is not None
    assert capitals(value) == said


def read_back(said: str) -> int:
    """The amount in fen, read sign by sign."""
    whole, _, rest = said.removeprefix("人民币").removesuffix("整").rpartition("元")
    total = group = digit = 0
    for sign in whole:
        if sign in DIGITS:
            digit = DIGITS[sign]
        elif sign in UNITS:
            group, digit = group + digit * UNITS[sign], 0
        else:
            total, group, digit = total + (group + digit) * {"万": 10**4, "亿": 10**8}[sign], 0, 0
    cents = 0
    for sign in rest:
        if sign in DIGITS:
            digit2 = DIGITS[sign]
        else:
            cents += digit2 * {"角": 10, "分": 1}[sign]
    return (total + group + digit) * 100 + cents


@given(st.integers(min_value=0, max_value=10**14 - 1))
def test_capitals_say_the_figures(amount: int) -> None:
    said = capitals(amount)
    assert read_back(said) == amount
    assert "零零" not in said
    assert "零元" not in said or amount < 100
    plain = figures(amount).replace(",", "")
    assert fen(plain) == amount


@pytest.mark.parametrize("text", ["", "-1", "1.234", "01", "1,000", "１００", "1e3", "9" * 13, " 1"])
def test_what_is_no_amount(text: str) -> None:
    assert fen(text) is None


def test_a_share_of_the_capital() -> None:
    assert share(100, 300) == "33.3333%"
    assert share(200, 300) == "66.6667%"
    assert share(300, 300) == "100%"
    assert share(1, 0) == "0%"
