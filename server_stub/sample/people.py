"""Who works in the sample hall. Names are placeholders (赵某 …), PINs are the sample's own and told to everybody."""

from __future__ import annotations

from typing import Final

import msgspec


class SamplePerson(msgspec.Struct, frozen=True):
    """A person with the role they sign on for; `window` is the one that a clerk usually has."""

    staff: str
    name: str
    pin: str
    role: str
    site: str = "hall"
    window: str | None = None
    office: str | None = None


_CLERKS = "赵钱孙李周吴郑王冯陈褚卫"
_OFFICE_OF = {
    "A": "registration",
    "B": "food",
    "C": "construction",
    "D": "social",
    "E": "culture",
    "F": "notary",
}
_FIRST_SKILL = "AAAABBCCDDEF"

PEOPLE: Final = (
    *(
        SamplePerson(f"03{n:02d}", f"{surname}某", f"30{n:02d}", "clerk", window=f"w{n:02d}", office=_OFFICE_OF[skill])
        for n, (surname, skill) in enumerate(zip(_CLERKS, _FIRST_SKILL, strict=True), 1)
    ),
    SamplePerson("0201", "蒋某", "2001", "approver"),
    SamplePerson("0202", "沈某", "2002", "approver"),
    SamplePerson("0203", "韩某", "2003", "approver"),
    SamplePerson("0401", "杨某", "4001", "callback"),
    SamplePerson("0402", "朱某", "4002", "callback"),
    SamplePerson("0501", "秦某", "5001", "grid", "jinhainiu", "jinhainiu-1"),
    SamplePerson("0502", "尤某", "5002", "grid", "guoji", "guoji-1"),
    SamplePerson("0503", "许某", "5003", "grid", "fushanlu", "fushanlu-1"),
    SamplePerson("0101", "何某", "1001", "duty"),
    SamplePerson("0102", "吕某", "1002", "supervisor"),
    SamplePerson("0601", "孔某", "6001", "kiosk"),
    SamplePerson("0001", "施某", "9001", "admin"),
)


def clerk_of(window: str) -> SamplePerson:
    """Whose window it is."""
    return next(person for person in PEOPLE if person.window == window)
