"""The hall itself: what is there before anybody comes. All of it lies in `licang:base`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from server_stub.central.seed import SeedRow
from server_stub.sample.matters import MATTERS
from server_stub.sample.people import PEOPLE
from sync.protocol.identifiers import derived, scope_of

HALL: Final = "licang"
NAME: Final = "李沧区政务服务大厅"
BUREAU: Final = "李沧区行政审批服务局"
MAIN: Final = "hall"

OFFICES: Final = {
    "registration": "企业登记科",
    "food": "食品药品科",
    "construction": "建设交通科",
    "social": "社会事务科",
    "culture": "文教卫体科",
    "notary": "公证服务科",
}
PARKS: Final = {
    "jinhainiu": "金海牛产业园",
    "guoji": "国际特别创新区",
    "fushanlu": "浮山路街道便民服务中心",
}
"""Sites beside the hall: parks, and a sub-district's centre."""
SUBDISTRICTS: Final = frozenset({"fushanlu"})
WINDOW_SKILLS: Final = {
    "01": "A",
    "02": "A",
    "03": "AF",
    "04": "AB",
    "05": "B",
    "06": "BC",
    "07": "C",
    "08": "CD",
    "09": "D",
    "10": "DE",
    "11": "E",
    "12": "F",
}
"""The main hall's windows and the ticket prefixes that each serves."""
PARK_WINDOWS: Final = {"jinhainiu": 2, "guoji": 1, "fushanlu": 1}
PARK_PREFIXES: Final = "AB"

SETTINGS: Final[dict[str, Any]] = {
    "always_open": True,
    "day_closes": "",
    "bureau_mark": "青李审",
    "reconsideration_organ": "李沧区人民政府",
    "court": "李沧区人民法院",
}

TAGS: Final = {
    "very_satisfied": [("fast", "办得快", "quick"), ("kind", "态度好", "friendly"), ("clear", "讲得清楚", "clear")],
    "satisfied": [("fast", "办得快", "quick"), ("kind", "态度好", "friendly"), ("once", "一次办成", "done in one go")],
    "fair": [("waited", "等候较久", "long wait"), ("unclear", "说明不够清楚", "not quite clear")],
    "dissatisfied": [
        ("waited", "等候太久", "waited too long"),
        ("told_late", "没有一次性告知", "not told everything at once"),
        ("manner", "服务态度不好", "unfriendly"),
        ("runaround", "来回跑", "sent to and fro"),
    ],
    "very_dissatisfied": [
        ("waited", "等候太久", "waited too long"),
        ("told_late", "没有一次性告知", "not told everything at once"),
        ("manner", "服务态度差", "rude"),
        ("runaround", "来回跑", "sent to and fro"),
        ("refused", "无故不予办理", "turned away without reason"),
    ],
}
NATURES: Final = ("permit", "service")


def base() -> str:
    """The scope of all that everybody knows."""
    return scope_of(HALL, "base")


def queue(site: str = MAIN) -> str:
    """A site's queue."""
    return scope_of(HALL, "queue", "" if site == MAIN else site)


def cases(part: str) -> str:
    """The cases of an office or a park."""
    return scope_of(HALL, "case", part)


def scopes() -> list[str]:
    """Every scope of the hall, those that no device holds (`numbers`) too."""
    parts = [*OFFICES, *PARKS]
    return [
        *(scope_of(HALL, class_) for class_ in ("base", "device", "queue", "rating", "callback", "numbers", "print")),
        *(queue(park) for park in PARKS),
        *(scope_of(HALL, class_, part) for class_ in ("case", "archive") for part in parts),
    ]


def window_id(label: str, site: str = MAIN) -> str:
    """`w03` in the main hall, `guoji-1` in a park."""
    return f"w{label}" if site == MAIN else f"{site}-{label}"


def rows() -> list[SeedRow]:
    """All records that a hall begins with, in an order in which each only names what was before it."""
    return [SeedRow(table, id, base(), body) for table, id, body in _rows()]


def _rows() -> Iterator[tuple[str, str, dict[str, Any]]]:
    yield "hall", HALL, {"name": NAME, "bureau": BUREAU, "sample": True}
    for id, name in OFFICES.items():
        yield "office", id, {"name": name}
    yield "site", MAIN, {"name": "主大厅", "kind": "hall", "queue_scope": queue()}
    for id, name in PARKS.items():
        kind = "subdistrict" if id in SUBDISTRICTS else "park"
        yield "site", id, {"name": name, "kind": kind, "queue_scope": queue(id), "case_scope": cases(id)}
    for label, skills in WINDOW_SKILLS.items():
        yield "window", window_id(label), _window(label, MAIN, skills, "1层" if label <= "06" else "2层")
    for park, count in PARK_WINDOWS.items():
        for n in range(1, count + 1):
            yield "window", window_id(str(n), park), _window(str(n), park, PARK_PREFIXES)
    for matter in MATTERS:
        yield "matter", matter.id, matter.body()
    for nature in NATURES:
        for level, tags in TAGS.items():
            told = [{"code": code, "zh": zh, "en": en} for code, zh, en in tags]
            yield "tag_set", f"{nature}/{level}/1", {"version": 1, "nature": nature, "level": level, "tags": told}
    for name, value in SETTINGS.items():
        yield "setting", name, {"value": {"value": value}}
    for person in PEOPLE:
        yield "staff", person.staff, {"name": person.name, "site": person.site, "office": person.office}
        for role, over in roles_of(person.role, person.site):
            yield (
                "role_assignment",
                derived(person.staff, role, over),
                {
                    "staff": person.staff,
                    "role": role,
                    "over": over,
                },
            )


def _window(label: str, site: str, skills: str, place: str | None = None) -> dict[str, Any]:
    return {"label": label, "site": site, "skills": list(skills), "queue_scope": queue(site), "place": place}


def roles_of(role: str, site: str) -> list[tuple[str, str]]:
    """What a person of this role may do, as (role, scope): the queue to clerks, what was said to handlers alone."""
    offices = [cases(office) for office in OFFICES]
    parks = [cases(park) for park in PARKS]
    queues = [queue(), *(queue(park) for park in PARKS)]
    said = [scope_of(HALL, "rating"), scope_of(HALL, "callback")]
    reach = {
        "clerk": [queue(), *offices],
        "approver": [*offices, *parks],
        "callback": said,
        "grid": [queue(site), cases(site)] if site != MAIN else [],
        "duty": [base(), scope_of(HALL, "device"), *queues, *said, scope_of(HALL, "print")],
        "supervisor": [*queues, *offices, *parks, *said],
        "admin": [base(), scope_of(HALL, "device")],
        "kiosk": [scope_of(HALL, "print"), queue()],  # one number for both kinds of terminal
    }[role]
    return [(role, over) for over in reach]
