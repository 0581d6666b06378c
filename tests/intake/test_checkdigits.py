"""Check digits against public codes, and the slips that they must find."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.records.checkdigits import credit_code_check, id_number_check, wrong_credit_code, wrong_id_number

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_twenty_public_credit_codes_are_right(shared_data: Path) -> None:
    codes = (shared_data / "china" / "uscc_open_20.csv").read_text(encoding="utf-8-sig").split()[1:]
    assert len(codes) == 20
    assert [code for code in codes if wrong_credit_code(code)] == []
    # and each differs from every neighbour in its last sign
    for code in codes:
        assert sum(wrong_credit_code(code[:-1] + sign) is None for sign in SIGNS) == 1


@given(st.text(SIGNS, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(SIGNS))
def test_one_wrong_sign_of_a_credit_code_is_found(body: str, place: int, sign: str) -> None:
    code = body + credit_code_check(body)
    assert wrong_credit_code(code.lower()) is None
    other = code[:place] + sign + code[place + 1 :]
    assert (wrong_credit_code(other) is None) == (other == code)


@given(
    st.dates().map(lambda day: f"370213{day:%Y%m%d}" if day.year > 999 else "37021320000229"),
    st.integers(0, 999),
    st.integers(0, 16),
    st.integers(0, 9),
)
def test_one_wrong_digit_of_an_identity_number_is_found(front: str, order: int, place: int, digit: int) -> None:
    body = f"{front}{order:03d}"
    number = body + id_number_check(body)
    assert wrong_id_number(number) is None
    other = number[:place] + str(digit) + number[place + 1 :]
    assert (wrong_id_number(other) is None) == (other == number)


@given(st.dates().filter(lambda day: day.year > 999), st.integers(0, 999), st.integers(0, 15))
def test_two_neighbours_changed_about_are_found(day: object, order: int, place: int) -> None:
    body = f"370213{day:%Y%m%d}{order:03d}"
    number = body + id_number_check(body)
    other = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert (wrong_id_number(other) is None) == (other == number)


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("", "length"),
        ("91370213MA3C", "length"),
        ("9137021300000000I0", "signs"),
        ("12120000401359081 6", None),
        ("121200004013590817", "check"),
    ],
)
def test_what_is_wrong_with_a_credit_code(code: str, wrong: str | None) -> None:
    assert wrong_credit_code(code) == wrong


@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        ("11010519491231002X", None),  # the standard's own example
        ("11010519491231002x", None),
        ("110105194912310021", "check"),
        ("110105194913310021", "date"),
        ("1101051949123100", "length"),
        ("11010519491231A02X", "signs"),
        ("E12345678", None),
    ],
)
def test_what_is_wrong_with_an_identity_number(number: str, wrong: str | None) -> None:
    assert wrong_id_number(number) == wrong
