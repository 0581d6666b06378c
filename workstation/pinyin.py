"""Pinyin initials, so that `jhxyh` finds 叫下一号.

The 3,755 common characters of GB 2312 stand in the order of their pinyin; the first character of each initial is all the
table that is needed. Characters with several readings, and rarer ones that our labels use, are listed beside it.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import product

_FIRST = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
_INITIALS = "abcdefghjklmnopqrstwxyz"
_BEGIN = [int.from_bytes(character.encode("gb2312"), "big") for character in _FIRST]
_END = 0xD7F9
_MORE = {
    "重": "zc", "行": "xh", "长": "zc", "曾": "zc", "单": "ds", "解": "jx", "区": "qo", "调": "td", "传": "cz", "还": "hx",
    "乐": "ly", "朴": "p", "仇": "qc", "查": "cz", "盖": "gg", "覃": "qt", "种": "zc", "召": "zs", "参": "cs", "藏": "cz",
    "弹": "td", "都": "d", "分": "f", "会": "hk", "降": "jx", "角": "j", "据": "j", "空": "k", "了": "l", "落": "l",
    "没": "m", "数": "s", "省": "sx", "石": "sd", "提": "td", "系": "xj", "校": "xj", "宿": "sx", "约": "y", "载": "z",
    "镐": "g", "钥": "y", "匙": "s", "琐": "s", "签": "q", "噪": "z", "缀": "z", "瞬": "s", "筛": "s", "窗": "c",
}  # fmt: skip


def initials(character: str) -> str:
    """All initials of one character, its own lower case for ASCII, empty where none is known."""
    if character.isascii():
        return character.lower()
    if character in _MORE:
        return _MORE[character]
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return ""
    place = int.from_bytes(code, "big") if len(code) == 2 else 0
    return _INITIALS[bisect_right(_BEGIN, place) - 1] if _BEGIN[0] <= place <= _END else ""


def spellings(text: str, limit: int = 16) -> list[str]:
    """The initials of `text` in every reading, at most `limit` of them: 重呼 gives `zh` and `ch`."""
    choices = [found for character in text if (found := initials(character).strip())]
    result: list[str] = []
    for reading in product(*choices):
        result.append("".join(reading))
        if len(result) == limit:
            break
    return result
