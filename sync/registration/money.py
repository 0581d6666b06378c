"""Amounts of money: read as people write them, printed in figures and in capitals (大写).

Capitals follow the Payment and Settlement Measures (支付结算办法, annex 1): 整 after yuan and jiao, none after fen; one
零 for a run of zeros within.
"""

from __future__ import annotations

import re

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,2}))?")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")


def fen(text: str) -> int | None:
    """The amount in fen; None where the text is no amount below a trillion yuan."""
    found = _AMOUNT.fullmatch(text)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else None


def figures(amount: int) -> str:
    """`1,234,567.50`; whole yuan without decimals."""
    yuan, rest = divmod(amount, 100)
    return f"{yuan:,}.{rest:02d}" if rest else f"{yuan:,}"


def capitals(amount: int) -> str:
    """`人民币壹佰贰拾万元整` for 120000000 fen."""
    yuan, rest = divmod(amount, 100)
    jiao, cents = divmod(rest, 10)
    told = "人民币" + (f"{_whole(yuan)}元" if yuan or not rest else "")
    if not rest:
        return told + "整"
    if jiao:
        told += f"{_DIGITS[jiao]}角"
    elif yuan:
        told += "零"
    return told + (f"{_DIGITS[cents]}分" if cents else "整")


def _whole(number: int) -> str:
    """A whole number below a trillion in capitals."""
    if number == 0:
        return _DIGITS[0]
    told = ""
    for power in range(len(_GROUPS) - 1, -1, -1):
        group = number // 10000**power % 10000
        if group:
            gap = told and (group < 1000 or number // 10 ** (4 * power) % 100000 // 10000 == 0)
            told += ("零" if gap and not told.endswith("零") else "") + _group(group) + _GROUPS[power]
    return told


def _group(number: int) -> str:
    """One to 9999; zeros within are told once, those at the end not at all."""
    told = ""
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            told += _DIGITS[digit] + _PLACES[place]
        elif told and not told.endswith("零") and number % 10**place:
            told += "零"
    return told


def share(part: int, whole: int) -> str:
    """`33.3333%`: a share of the capital, at most four decimals."""
    if not whole:
        return "0%"
    hundredths = (part * 1_000_000 * 2 + whole) // (whole * 2)
    units, rest = divmod(hundredths, 10_000)
    return f"{units}.{rest:04d}".rstrip("0").rstrip(".") + "%"
