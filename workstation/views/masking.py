"""Personal data as screens show them until somebody asks: 赵某某 is 赵**, 13912345621 is 139****21.

Firms are no persons: their names stay as they are.
"""

from __future__ import annotations

import re

FIRM = re.compile(r"公司|集团|合作社|中心|事务所|商行|经营部|工作室|酒店|饭店|学校|医院|[厂店行社院馆站铺坊部]$")
LONGEST_NAME = 4


def mask_name(name: str | None) -> str:
    """A person's surname with two stars; a firm's name whole."""
    name = (name or "").strip()
    if not name or len(name) > LONGEST_NAME or FIRM.search(name):
        return name
    return f"{name[0]}**"


def mask_phone(phone: str | None) -> str:
    """The first three and the last two digits."""
    digits = (phone or "").strip()
    return f"{digits[:3]}****{digits[-2:]}" if len(digits) >= 7 else "*" * len(digits)


def mask_id(number: str | None) -> str:
    """The first four and the last two signs of an identity number."""
    number = (number or "").strip()
    return f"{number[:4]}{'*' * (len(number) - 6)}{number[-2:]}" if len(number) >= 10 else "*" * len(number)
