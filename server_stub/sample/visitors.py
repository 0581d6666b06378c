"""Who comes to the sample hall: plainly made-up firms and persons, numbers that nobody has."""

from __future__ import annotations

from typing import Final

from server_stub.sample.play import Script

_TRADES: Final = (
    "机械设备租赁",
    "餐饮管理",
    "文化传媒",
    "建材商贸",
    "物流服务",
    "信息科技",
    "食品贸易",
    "装饰工程",
    "医疗器械",
    "教育咨询",
)
_MARKS: Final = "甲乙丙丁戊己庚辛"
_SURNAMES: Final = "陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
_CODE: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def firm(script: Script, key: object) -> str:
    """A firm's name."""
    mark = _MARKS[script.pick(len(_MARKS), "mark", key)]
    return f"青岛某{mark}{_TRADES[script.pick(len(_TRADES), 'trade', key)]}有限公司"


def person(script: Script, key: object) -> str:
    """A person's name: a surname and 某某."""
    return f"{_SURNAMES[script.pick(len(_SURNAMES), 'surname', key)]}某某"


def visitor(script: Script, form: str, key: object) -> str:
    """Whoever would come for such a form."""
    return person(script, key) if form in ("person", "notary", "trader") else firm(script, key)


def phone(script: Script, key: object) -> str:
    """Eleven digits of a prefix that is not given out."""
    return f"100{script.pick(10**8, 'phone', key):08d}"


def credit_code(script: Script, key: object) -> str:
    """A unified social credit code with its right check character (GB 32100), of an area that does not exist."""
    body = "91999900MA" + "".join(_CODE[script.pick(31, "code", key, n)] for n in range(7))
    total = sum(_CODE.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return body + _CODE[-total % 31]


def id_number(script: Script, key: object) -> str:
    """An identity number with its right check character (GB 11643), of an area that does not exist."""
    year, month, day = (script.pick(below, "born", below, key) for below in (40, 12, 28))
    born = f"{1960 + year}{month + 1:02d}{day + 1:02d}"
    body = f"999999{born}{script.pick(1000, 'serial', key):03d}"
    total = sum(int(char) * weight for char, weight in zip(body, _ID_WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]
