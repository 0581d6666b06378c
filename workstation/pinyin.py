"""Pinyin initials, so that `jhxyh` finds 叫下一号.

The 3,755 common characters of GB 2312 stand in the order of their pinyin; the first character of each initial is all
the table that is needed. Characters with several readings, and rarer ones that our labels use, are listed beside it.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import product

_FIRST = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
_INITIALS = "abcdefghjklmnopqrstwxyz"
_BEGIN = [int.from_bytes(character.encode("gb2312"), "big") for character in _FIRST]
_END = 0xD7F9
_SEVERAL = (
    "重zc 行xh 长zc 曾zc 单ds 解jx 区qo 调td 传cz 还hx 乐ly 朴p 仇qc 查cz 盖gg 覃qt "
    "种zc 召zs 参cs 藏cz 弹td 都d 分f 会hk 降jx 角j 据j 空k 了l 落l 没m 数s "
    "省sx 石sd 提td 系xj 校xj 宿sx 约y 载z 镐g 钥y 匙s 琐s 签q 噪z 缀z 瞬s "
    "筛s 窗c"
)
_MORE = {entry[0]: entry[1:] for entry in _SEVERAL.split()}


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
