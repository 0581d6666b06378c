"""Check digits of credit codes and identity numbers: a hint for whoever types one, never a refusal.

统一社会信用代码   GB 32100-2015: 17 signs without I O S V Z, weights 3^i mod 31, sign 18 by 31
公民身份号码       GB 11643-1999: 17 digits, weights 2^(17-i) mod 11, sign 18 by 11 (ISO 7064 MOD 11-2)

No table of areas is looked at: areas come and go, and a table says so too late.
"""

from __future__ import annotations

from datetime import date
from typing import Final

LENGTH: Final = 18
_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(LENGTH - 1))
_LAST_OF_ID: Final = "10X98765432"


def credit_code_check(body: str) -> str:
    """The 18th sign for the first 17 of a credit code; ValueError for a sign that no code has."""
    total = sum(_SIGNS.index(sign) * weight for sign, weight in zip(body, _WEIGHTS, strict=True))
    return _SIGNS[-total % 31]


def wrong_credit_code(code: str) -> str | None:
    """What is wrong with a credit code: "length", "signs", "check"; None: nothing. Spaces and case do not count."""
    code = "".join(code.split()).upper()
    if len(code) != LENGTH:
        return "length"
    if set(code) - set(_SIGNS):
        return "signs"
    return None if credit_code_check(code[:-1]) == code[-1] else "check"


def id_number_check(body: str) -> str:
    """The 18th sign for the 17 digits before it; ValueError for what are no digits."""
    total = sum(int(digit) * pow(2, LENGTH - 1 - place, 11) for place, digit in enumerate(body))
    return _LAST_OF_ID[total % 11]


def wrong_id_number(number: str) -> str | None:
    """What is wrong with an identity number: "length", "signs", "date", "check"; None: nothing. A passport and other
    papers begin with a letter: nothing is said of them."""
    number = "".join(number.split()).upper()
    if number[:1].isalpha():
        return None
    if len(number) != LENGTH:
        return "length"
    if not (number.isascii() and number[:-1].isdigit() and number[-1] in "0123456789X"):
        return "signs"
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "date"
    return None if id_number_check(number[:-1]) == number[-1] else "check"
