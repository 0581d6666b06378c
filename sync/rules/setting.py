"""What holds in the hall: settings, matters, days of the calendar; scope `hall:base`.

A value of a setting has the type of its default and passes the check of its name. One with a day to come changes
nothing until then: it is laid aside for the clock, who puts it as the day begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from string import Formatter
from typing import Any, Final

from sync.calendar import day_of, start_of_day_ms
from sync.errors import InputError
from sync.holiday_notice import read_rows
from sync.open_hours import parse_spans
from sync.protocol.operation import Operation
from sync.protocol.verbs import staff as verbs
from sync.publicity import text
from sync.records.retention import PERIODS
from sync.records.settings import DEFAULTS, DELIVERY_NEEDS
from sync.records.states import Role
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.paper import DECISIONS
from sync.rules.policy import POLICIES
from sync.rules.rule import GUARD, rule

DUTYS: Final = frozenset({"queue_policy", "small_screen_key"})
"""What the duty manager may set as the day goes."""

LARGEST: Final = 100
"""A count or duration is at most so many times its default."""
MOST_DAYS: Final = 3_650
MOST_YEARS: Final = 100
MOST_MINUTES: Final = 24 * 60
MOST_LEASES: Final = 20
MOST_BLOCK: Final = 200

_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_PREFIX = re.compile(r"[A-Z]{1,4}")
_WIDTH = re.compile(r"(0?[1-9]d)?")


def _spans(value: list[Any]) -> bool:
    try:
        return bool(parse_spans(" ".join(f"{first}-{last}" for first, last in value)))
    except (InputError, TypeError, ValueError):
        return False


def _tells_apart(value: str, *told: Mapping[str, Any]) -> bool:
    """A pattern with these names alone and short widths, that makes different texts of what is different."""
    try:
        parts = [(name, spec) for _, name, spec, _ in Formatter().parse(value) if name is not None]
    except ValueError:
        return False
    if any(name not in told[0] or _WIDTH.fullmatch(spec or "") is None for name, spec in parts):
        return False
    try:
        texts = {value.format(**each) for each in told}
    except (LookupError, ValueError):
        return False
    return len(texts) == len(told)


def _numbers(value: str) -> bool:
    first = {"bureau": "局", "kind": "许", "year": 2026, "n": 1}
    return _tells_apart(value, first, first | {"kind": "补"}, first | {"year": 2027}, first | {"n": 2})


def _case_numbers(value: str) -> bool:
    first = {"part": "main", "day": "20260101", "n": 1}
    return _tells_apart(value, first, first | {"part": "park"}, first | {"day": "20260102"}, first | {"n": 2})


def _words_for(value: Mapping[str, Any], names: Mapping[str, Any]) -> bool:
    """A word of its own for each of these names."""
    said = [word for word in value.values() if isinstance(word, str) and word.strip()]
    return value.keys() == names.keys() and len(set(said)) == len(names)


def _publicity(value: Mapping[str, Any]) -> bool:
    """Words that a text can be made of, whatever a month's figures are."""
    if value.keys() != DEFAULTS["publicity_words"].keys() or not all(isinstance(word, str) for word in value.values()):
        return False
    line = {"invited": 9, "rated": 9, "bad": 1, "defaulted": 0}
    try:
        for total in (line, line | {"rated": 1}):
            text({"month": "2026-01", "total": total, "matter": {"m": line}, "site": {}}, {}, "厅", value)
    except (LookupError, ValueError, AttributeError):
        return False
    return True


def _counts(name: str, most: int) -> Callable[[Mapping[str, Any]], bool]:
    """A count for each name of the default."""

    def fits_all(value: Mapping[str, Any]) -> bool:
        counts = all(type(n) is int and 0 <= n <= most for n in value.values())
        return counts and value.keys() == DEFAULTS[name].keys()

    return fits_all


def _decisions(value: list[Any]) -> bool:
    """Names of kinds or matters, each once."""
    return all(isinstance(name, str) and bool(name.strip()) for name in value) and len(set(value)) == len(value)


CHECKS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "offline_tickets": _counts("offline_tickets", MOST_LEASES),
    "number_block": _counts("number_block", MOST_BLOCK),
    "approver_signs": _decisions,
    "queue_policy": lambda value: value in POLICIES,
    "day_closes": lambda value: not value or _HOUR.fullmatch(value) is not None,
    "open_hours": _spans,
    "callback_basis": lambda value: value in ("open", "wall"),
    "paper_year_format": _numbers,
    "case_number_format": _case_numbers,
    "paper_marks": lambda value: _words_for(value, DEFAULTS["paper_marks"]),
    "decision_titles": lambda value: _words_for(value, DEFAULTS["decision_titles"]),
    "delivery_methods": lambda value: _words_for(value, DEFAULTS["delivery_methods"]),
    "delivery_details": lambda value: _words_for(value, DEFAULTS["delivery_details"]),
    "change_words": lambda value: _words_for(value, DEFAULTS["change_words"]),
    "notice_after": lambda value: bool(value) and all(way in DELIVERY_NEEDS for way in value),
    "notice_reasons": lambda value: _words_for(value, DEFAULTS["notice_reasons"]),
    "notice_words": lambda value: _words_for(value, DEFAULTS["notice_words"]),
    "publicity_words": _publicity,
    **dict.fromkeys(PERIODS, lambda value: value > 0),  # what is kept for no time at all could not be used
    "delivery_remark": lambda value: _tells_apart(value, {"receiver": "甲"}, {"receiver": "乙"}),
}


def fits(name: str, value: Any) -> bool:
    """Whether `value` can be the setting `name`: the type of its default, counts and durations not below 0 and no more
    than a slip of the finger away, since one that no calendar holds would stop the whole hall."""
    default = DEFAULTS[name]
    if type(value) is not type(default) or (type(value) is int and not 0 <= value <= LARGEST * max(default, 1)):
        return False
    return CHECKS.get(name, lambda _: True)(value)


def _read_for_setting(op: Operation[verbs.PutSetting]) -> tuple[Read, ...]:
    return (Key("setting", op.id), *((match("matter", scope=op.scope),) if op.id == "approver_signs" else ()))


def _check_decisions(names: list[str], op: Operation[verbs.PutSetting], facts: Facts) -> None:
    """A name that is neither a kind of decision nor a matter would let every seal stand alone, unnoticed."""
    known = {kind.value for kind in DECISIONS} | {matter.id for matter in facts.match("matter", scope=op.scope)}
    unknown = [name for name in names if name not in known]
    if unknown:
        kinds = ", ".join(sorted(kind.value for kind in DECISIONS))
        raise Refused("unknown_decisions", field=op.id, unknown=", ".join(unknown)[:200], kinds=kinds)


@rule(
    verbs.PutSetting,
    GUARD,
    {Role.ADMIN, Role.DUTY, Role.CLOCK},
    reads=_read_for_setting,
)
def put_setting(op: Operation[verbs.PutSetting], facts: Facts) -> Effects:
    """Refused `forbidden` (the duty manager, beyond their own), `unknown_setting`, `bad_value` (value, from_day),
    `unknown_decisions` naming the field, what is unknown in it, and the kinds."""
    args = op.args
    if not facts.roles & {Role.ADMIN, Role.CLOCK} and op.id not in DUTYS:
        raise Refused("forbidden", kind=op.kind)
    if op.id not in DEFAULTS:
        raise Refused("unknown_setting", name=op.id)
    if not fits(op.id, args.value):
        raise Refused("bad_value", field="value")
    if op.id == "approver_signs":
        _check_decisions(args.value, op, facts)
    if args.from_day is not None and not _is_day(args.from_day):
        raise Refused("bad_value", field="from_day")
    if args.from_day is not None and args.from_day > day_of(facts.received):
        return Effects().later(start_of_day_ms(args.from_day), op.kind, op.id, value=args.value, from_day=args.from_day)
    return Effects().put("setting", op.id, value={"value": args.value}, from_day=args.from_day)


@rule(verbs.PutMatter, GUARD, {Role.ADMIN}, reads=lambda op: (Key("matter", op.id), Key("office", op.args.office)))
def put_matter(op: Operation[verbs.PutMatter], facts: Facts) -> Effects:
    """Add or change a matter. Refused `bad_value` naming the field, `not_found` (office)."""
    args = op.args
    wrong = (
        ("name", not args.name.strip()),
        ("prefix", _PREFIX.fullmatch(args.prefix) is None),
        ("expected_minutes", not 1 <= args.expected_minutes <= MOST_MINUTES),
        ("promised_days", not 0 <= args.promised_days <= args.statutory_days <= MOST_DAYS),
        ("licence_years", not 0 <= args.licence_years <= MOST_YEARS),
        ("materials", not all(_named(line, {"name": str, "required": bool}) for line in args.materials)),
        ("fields", not all(_named(line, {"name": str, "required": bool, "personal": bool}) for line in args.fields)),
    )
    for field, is_wrong in wrong:
        if is_wrong:
            raise Refused("bad_value", field=field)
    facts.need("office", args.office)
    return Effects().put(
        "matter",
        op.id,
        name=args.name.strip(),
        office=args.office,
        prefix=args.prefix,
        expected_minutes=args.expected_minutes,
        promised_days=args.promised_days,
        statutory_days=args.statutory_days,
        basis=args.basis,
        nature=args.nature,
        materials=args.materials,
        fields=args.fields,
        licence=(args.licence or "").strip() or None,
        licence_years=args.licence_years,
        active=args.active,
    )


def _named(line: dict[str, Any], types: Mapping[str, type]) -> bool:
    """A line has a name, and what else it has of these is of its type."""
    return bool(line.get("name")) and all(isinstance(line[key], types[key]) for key in types if key in line)


@rule(verbs.PutDay, GUARD, {Role.ADMIN}, reads=lambda op: (Key("calendar_day", op.id),))
def put_day(op: Operation[verbs.PutDay], facts: Facts) -> Effects:
    """One day of a holiday notice; the calendar is sure of a year once all its days are there. Refused `bad_value`."""
    try:
        [day] = read_rows([{"day": op.id, "working": op.args.working, "name": op.args.name or ""}])
    except InputError as error:
        raise Refused("bad_value", field="day", why=error.code) from None
    return Effects().put("calendar_day", op.id, working=day.working, name=day.name or None)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
