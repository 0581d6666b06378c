"""What is wrong with a form, all of it at once: each with its place, its basis and how grave it is.

    Form ──▶ findings: stop    the papers would say what cannot be
                       hint    worth a look: a check digit, a holder's old name

A basis is a law's article or a standard; a rule that is not in force on the day of the application is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import msgspec

from sync.registration.company import Person, wrong_code
from sync.registration.form import Form, Kind, Part
from sync.registration.money import fen
from sync.registration.outcome import afterwards, deciding
from sync.registration.papers import Paper, papers_for

STOP, HINT = "stop", "hint"


class Rule(msgspec.Struct, frozen=True):
    """What a finding rests on."""

    basis: str
    severity: str = STOP
    since: str = "2024-07-01"


RULES = {
    "nothing": Rule("《市场主体登记管理条例》第二十四条", since="2022-03-01"),
    "filing_empty": Rule("《市场主体登记管理条例》第二十九条", since="2022-03-01"),
    "same": Rule("《市场主体登记管理条例》第二十四条", since="2022-03-01"),
    "contradiction": Rule("《市场主体登记管理条例》第二十四条", since="2022-03-01"),
    "bad_day": Rule("GB/T 7408.1-2023", since=""),
    "bad_amount": Rule("《公司法》第四十七条", since=""),
    "day_missing": Rule("《市场主体登记管理条例实施细则》第三十二条", since="2022-03-01"),
    "day_order": Rule("《市场主体登记管理条例实施细则》第三十二条", since="2022-03-01"),
    "late": Rule("《市场主体登记管理条例》第二十四条", HINT, since="2022-03-01"),
    "sum": Rule("《公司法》第四十七条"),
    "direction": Rule("《公司法》第二百二十四条、第二百二十八条"),
    "not_holder": Rule("《公司法》第八十四条"),
    "too_much": Rule("《公司法》第八十四条"),
    "to_oneself": Rule("《公司法》第八十四条"),
    "nobody_left": Rule("《公司法》第四十二条"),
    "too_many_holders": Rule("《公司法》第四十二条"),
    "twice": Rule("《公司法》第五十六条"),
    "pay_later": Rule("《公司法》第四十七条"),
    "two_posts": Rule("《公司法》第七十六条"),
    "representative": Rule("《公司法》第十条"),
    "creditors": Rule("《公司法》第二百二十四条"),
    "code": Rule("GB 32100-2015 / GB 11643-1999", HINT, since=""),
}
DAYS_FOR_CREDITORS = 45
DAYS_TO_NOTIFY = 10
DAYS_TO_APPLY = 30
YEARS_TO_PAY = 5
MOST_HOLDERS = 50


class Finding(msgspec.Struct, frozen=True):
    """`code` has words in the catalogue (`registration.found.<code>`), filled from `params`; `field` is its path."""

    code: str
    field: str
    params: dict[str, Any] = {}

    @property
    def rule(self) -> Rule:
        """Basis, severity and since when."""
        return RULES[self.code]


def findings(form: Form) -> list[Finding]:
    """All that is found, in the order of the form; those that stop come with those that do not."""
    found = [*_plain(form)]
    if not any(each.code in ("bad_day", "bad_amount") for each in found):
        for check in (_changes, _days, _shares, _transfers, _less_capital, _posts, _codes):
            found += check(form)
    return [each for each in found if each.rule.since <= form.days.applied]


def stops(found: list[Finding]) -> bool:
    """Whether papers may not be drawn."""
    return any(each.rule.severity == STOP for each in found)


def _plain(form: Form) -> Iterator[Finding]:
    """Every day is a day, every amount an amount."""
    for path, name, text in _texts(form):
        if name in ("resolved", "applied", "agreed", "articles", "until", "established") or name.endswith("_on"):
            wanted = name in ("resolved", "applied", "established", "announced_on")
            if (text or wanted) and not _is_day(text):
                yield Finding("bad_day", path, {"value": text})
        elif name in ("term_until", "pay_by") and text and not _is_day(text):
            yield Finding("bad_day", path, {"value": text})
        elif name in ("amount", "capital", "price", "paid") and (text or name != "paid") and fen(text) is None:
            yield Finding("bad_amount", path, {"value": text})


def _texts(form: Form) -> Iterator[tuple[str, str, str]]:
    """(path, last name, text) of every text."""

    def walk(path: str, name: str, value: object) -> Iterator[tuple[str, str, str]]:
        if isinstance(value, str):
            yield path, name, value
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                yield from walk(f"{path}[{index}]", "", item)
        elif isinstance(value, msgspec.Struct):
            for each in value.__struct_fields__:
                yield from walk(f"{path}.{each}" if path else each, each, getattr(value, each))

    return walk("", "", form)


def _changes(form: Form) -> Iterator[Finding]:
    changes, company = form.changes, form.company
    if not changes.kinds:
        yield Finding("nothing", "changes")
    if changes.filing is not None and not (changes.filing.articles or changes.filing.liaison):
        yield Finding("filing_empty", "changes.filing")
    if changes.capital_up and changes.capital_down:
        yield Finding("contradiction", "changes.capital_down", {"one": Kind.CAPITAL_UP, "other": Kind.CAPITAL_DOWN})
    after = afterwards(company, changes)
    for kind in (Kind.NAME, Kind.ADDRESS, Kind.SCOPE, Kind.TYPE, Kind.REPRESENTATIVE, Kind.DIRECTORS, Kind.SUPERVISORS):
        if kind in changes.kinds and getattr(after, kind) == getattr(company, kind):
            yield Finding("same", f"changes.{kind}", {"kind": kind})
    if changes.managers and changes.managers == company.managers:
        yield Finding("same", "changes.managers", {"kind": Kind.MANAGERS})
    if changes.term and changes.term.until == company.term_until:
        yield Finding("same", "changes.term", {"kind": Kind.TERM})
    names = {each.name for each in company.holders}
    for n, each in enumerate(changes.renamed):
        if each.was not in names:
            yield Finding("not_holder", f"changes.renamed[{n}].was", {"name": each.was})
        elif each.was == each.now:
            yield Finding("same", f"changes.renamed[{n}].now", {"kind": Kind.RENAMED})


def _days(form: Form) -> Iterator[Finding]:
    """resolved ≤ agreed ≤ articles ≤ applied, as far as there are such papers."""
    papers = papers_for(form.changes)
    wanted = {"agreed": Paper.TRANSFER, "articles": Paper.AMENDMENT}
    for name, paper in wanted.items():
        if paper in papers and not getattr(form.days, name):
            yield Finding("day_missing", f"days.{name}")
    order = [name for name in ("resolved", "agreed", "articles", "applied") if getattr(form.days, name)]
    for before, after in pairwise(order):
        if getattr(form.days, before) > getattr(form.days, after):
            yield Finding("day_order", f"days.{after}", {"before": before, "after": after})
    if _day(form.days.applied) > _day(form.days.resolved) + timedelta(DAYS_TO_APPLY) and not form.changes.capital_down:
        yield Finding("late", "days.applied", {"days": DAYS_TO_APPLY})


def _shares(form: Form) -> Iterator[Finding]:
    changes, company = form.changes, form.company
    if sum(fen(each.amount) or 0 for each in company.holders) != fen(company.capital):
        yield Finding("sum", "company.holders", {"capital": company.capital})
    after = afterwards(company, changes)
    capital = fen(after.capital) or 0
    for kind, change, more in (
        (Kind.CAPITAL_UP, changes.capital_up, True),
        (Kind.CAPITAL_DOWN, changes.capital_down, False),
    ):
        if change is not None and (capital > (fen(company.capital) or 0)) is not more:
            yield Finding("direction", f"changes.{kind}.capital", {"kind": kind})
    if sum(fen(each.amount) or 0 for each in after.holders) != capital:
        field = next((f"changes.{kind}.parts" for kind in changes.kinds if kind.startswith("capital_")), "changes")
        yield Finding("sum", field, {"capital": after.capital})
    if not after.holders:
        yield Finding("nobody_left", "changes.transfers")
    if len(after.holders) > MOST_HOLDERS:
        yield Finding("too_many_holders", "changes", {"most": MOST_HOLDERS})
    names = [each.name for each in deciding(company, changes)]
    if len(set(names)) < len(names):
        yield Finding("twice", "company.holders", {"name": next(each for each in names if names.count(each) > 1)})
    yield from _paid_in_time(form)


def _paid_in_time(form: Form) -> Iterator[Finding]:
    """What is promised anew is paid within five years."""
    applied = _day(form.days.applied)
    last = f"{applied.year + YEARS_TO_PAY}-{applied:%m-%d}"
    for n, part in enumerate(form.changes.capital_up.parts if form.changes.capital_up else ()):
        if part.until > last:
            yield Finding("pay_later", f"changes.capital_up.parts[{n}].until", {"last": last})


def _transfers(form: Form) -> Iterator[Finding]:
    """Nobody gives more than they hold, step by step."""
    held = {each.name: fen(each.amount) or 0 for each in deciding(form.company, form.changes)}
    for n, each in enumerate(form.changes.transfers):
        path, amount = f"changes.transfers[{n}]", fen(each.amount) or 0
        if each.seller == each.buyer:
            yield Finding("to_oneself", f"{path}.buyer", {"name": each.buyer})
        if each.seller not in held:
            yield Finding("not_holder", f"{path}.seller", {"name": each.seller})
        elif amount > held[each.seller] or amount == 0:
            yield Finding("too_much", f"{path}.amount", {"name": each.seller, "value": each.amount})
        held[each.seller] = held.get(each.seller, 0) - amount
        held[each.buyer] = held.get(each.buyer, 0) + amount
    parts: tuple[Part, ...] = form.changes.capital_down.parts if form.changes.capital_down else ()
    for n, part in enumerate(parts):
        if part.holder not in held:
            yield Finding("not_holder", f"changes.capital_down.parts[{n}].holder", {"name": part.holder})
        elif (fen(part.amount) or 0) > held[part.holder]:
            params = {"name": part.holder, "value": part.amount}
            yield Finding("too_much", f"changes.capital_down.parts[{n}].amount", params)


def _less_capital(form: Form) -> Iterator[Finding]:
    """Creditors hear within ten days and have 45 from the announcement."""
    less = form.changes.capital_down
    if less is None:
        return
    resolved, announced = _day(form.days.resolved), _day(less.announced_on)
    if announced < resolved or _day(form.days.applied) < announced + timedelta(DAYS_FOR_CREDITORS):
        yield Finding("creditors", "changes.capital_down.announced_on", {"days": DAYS_FOR_CREDITORS})
    if less.notified_on and not resolved <= _day(less.notified_on) <= resolved + timedelta(DAYS_TO_NOTIFY):
        yield Finding("creditors", "changes.capital_down.notified_on", {"days": DAYS_TO_NOTIFY})


def _posts(form: Form) -> Iterator[Finding]:
    """A supervisor is neither director nor manager; who stands for the company is one of those."""
    after = afterwards(form.company, form.changes)
    leading = {_who(each) for each in (*after.directors, *after.managers)}
    for each in after.supervisors:
        if _who(each) in leading:
            field = next(
                (f"changes.{kind}" for kind in ("supervisors", "directors", "managers") if kind in form.changes.kinds),
                "company.supervisors",
            )
            yield Finding("two_posts", field, {"name": each.name})
    if _who(after.representative) not in leading:
        field = "changes.representative" if form.changes.representative else "company.representative"
        yield Finding("representative", field, {"name": after.representative.name})


def _who(person: Person) -> tuple[str, str]:
    return person.name, person.code


def _codes(form: Form) -> Iterator[Finding]:
    """A check digit never refuses: a number that the authority itself gave may be an odd one."""
    if wrong := wrong_code("credit", form.company.code):
        yield Finding("code", "company.code", {"value": form.company.code, "why": wrong})

    def walk(path: str, value: object) -> Iterator[Finding]:
        if isinstance(value, tuple):
            for index, item in enumerate(value):
                yield from walk(f"{path}[{index}]", item)
        elif isinstance(value, msgspec.Struct):
            for code, kind in (("code", "kind"), ("buyer_code", "buyer_kind")):
                given = getattr(value, code, "")
                if given and hasattr(value, kind) and (wrong := wrong_code(getattr(value, kind), given)):
                    yield Finding("code", f"{path}.{code}" if path else code, {"value": given, "why": wrong})
            for each in value.__struct_fields__:
                yield from walk(f"{path}.{each}" if path else each, getattr(value, each))

    yield from walk("", form)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _day(text: str) -> date:
    return date.fromisoformat(text)
