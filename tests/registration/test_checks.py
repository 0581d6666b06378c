"""Seeded errors: each is found at its place in the first round, whatever else changes; nothing else is blamed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sync.registration.checks import RULES, findings, stops
from sync.registration.form import CapitalUp, Changes, Filing, Form, Kind, Part, Renaming, Transfer
from tests.sample_company import COMPANY, DAYS, ONE, changing, eight, id_of, longest, person

replace = msgspec.structs.replace


def company(form: Form, **what: Any) -> Form:
    return replace(form, company=replace(form.company, **what))


def changes(form: Form, **what: Any) -> Form:
    return replace(form, changes=replace(form.changes, **what))


def days(form: Form, **what: Any) -> Form:
    return replace(form, days=replace(form.days, **what))


UP, DOWN, GIVEN = ONE[Kind.CAPITAL_UP], ONE[Kind.CAPITAL_DOWN], ONE[Kind.TRANSFERS]
PLAIN = changing(Kind.SCOPE)
SALE = changing(Kind.TRANSFERS)
SEEDED: dict[str, tuple[Form, str, str]] = {
    "nothing at all": (changing(), "nothing", "changes"),
    "a filing of nothing": (changing(Kind.SCOPE, filing=Filing()), "filing_empty", "changes.filing"),
    "the same scope": (changes(PLAIN, scope=COMPANY.scope), "same", "changes.scope"),
    "the same manager": (changing(managers=COMPANY.managers), "same", "changes.managers"),
    "a holder renamed to the same": (
        changing(renamed=(Renaming(was="赵某", now="赵某"),)),
        "same",
        "changes.renamed[0].now",
    ),
    "a stranger renamed": (
        changing(renamed=(Renaming(was="甲", now="乙"),)),
        "not_holder",
        "changes.renamed[0].was",
    ),
    "more and less capital": (changing(Kind.CAPITAL_UP, Kind.CAPITAL_DOWN), "contradiction", "changes.capital_down"),
    "30 February": (days(PLAIN, resolved="2026-02-30"), "bad_day", "days.resolved"),
    "a day in words": (days(PLAIN, applied="2026年3月4日"), "bad_day", "days.applied"),
    "a price with a comma": (
        changing(transfers=(replace(GIVEN[0], price="1,000"),)),
        "bad_amount",
        "changes.transfers[0].price",
    ),
    "a transfer without its day": (days(SALE, agreed=""), "day_missing", "days.agreed"),
    "an amendment without its day": (days(PLAIN, articles=""), "day_missing", "days.articles"),
    "articles before the resolution": (days(PLAIN, articles="2026-03-01", agreed=""), "day_order", "days.articles"),
    "applied before the articles": (days(PLAIN, applied="2026-03-02"), "day_order", "days.applied"),
    "applied after two months": (days(PLAIN, applied="2026-05-02"), "late", "days.applied"),
    "registered shares that do not add up": (company(PLAIN, capital="1000001"), "sum", "company.holders"),
    "new shares that do not add up": (
        changing(capital_up=replace(UP, capital="1500001")),
        "sum",
        "changes.capital_up.parts",
    ),
    "more capital that is less": (
        changing(capital_up=CapitalUp(capital="900000", parts=())),
        "direction",
        "changes.capital_up.capital",
    ),
    "a seller who holds nothing": (
        changing(transfers=(replace(GIVEN[0], seller="甲"),)),
        "not_holder",
        "changes.transfers[0].seller",
    ),
    "more sold than held": (
        changing(transfers=(replace(GIVEN[0], amount="400000.01"),)),
        "too_much",
        "changes.transfers[0].amount",
    ),
    "sold twice": (
        changing(transfers=tuple(replace(GIVEN[0], amount="300000") for _ in range(2))),
        "too_much",
        "changes.transfers[1].amount",
    ),
    "sold to oneself": (
        changing(transfers=(replace(GIVEN[0], buyer="钱某"),)),
        "to_oneself",
        "changes.transfers[0].buyer",
    ),
    "a stranger's capital shrinks": (
        changing(Kind.CAPITAL_DOWN, capital_down=replace(DOWN, parts=(Part(holder="甲", amount="200000"),))),
        "not_holder",
        "changes.capital_down.parts[0].holder",
    ),
    "less than one has": (
        changing(Kind.CAPITAL_DOWN, capital_down=replace(DOWN, parts=(Part(holder="钱某", amount="500000"),))),
        "too_much",
        "changes.capital_down.parts[0].amount",
    ),
    "fifty-one holders": (
        changing(
            transfers=tuple(
                Transfer(seller="钱某", buyer=f"甲{n}", buyer_code=id_of(n), amount="1", price="1") for n in range(49)
            )
        ),
        "too_many_holders",
        "changes",
    ),
    "two holders of one name": (
        changing(renamed=(Renaming(was="钱某", now="赵某"),)),
        "twice",
        "company.holders",
    ),
    "paid after six years": (
        changing(capital_up=replace(UP, parts=(replace(UP.parts[0], until="2032-03-04"),))),
        "pay_later",
        "changes.capital_up.parts[0].until",
    ),
    "a supervisor who is the manager": (
        changing(supervisors=(person(1, "赵某"),)),
        "two_posts",
        "changes.supervisors",
    ),
    "a representative without a post": (
        changing(representative=person(77)),
        "representative",
        "changes.representative",
    ),
    "creditors who had a month": (
        changing(Kind.CAPITAL_DOWN, capital_down=replace(DOWN, announced_on="2026-02-03")),
        "creditors",
        "changes.capital_down.announced_on",
    ),
    "creditors told late": (
        changing(Kind.CAPITAL_DOWN, capital_down=replace(DOWN, notified_on="2026-01-20")),
        "creditors",
        "changes.capital_down.notified_on",
    ),
    "a credit code with two signs changed about": (
        company(PLAIN, code=COMPANY.code[:8] + COMPANY.code[9:] + "0"),
        "code",
        "company.code",
    ),
    "a buyer's wrong identity number": (
        changing(transfers=(replace(GIVEN[0], buyer_code="999999199001010060"),)),
        "code",
        "changes.transfers[0].buyer_code",
    ),
}


@pytest.mark.parametrize("name", SEEDED)
def test_a_seeded_error_is_found_at_its_place(name: str) -> None:
    form, code, field = SEEDED[name]
    found = findings(form)
    assert (code, field) in [(each.code, each.field) for each in found]
    assert stops(found) == any(each.rule.severity == "stop" for each in found)
    if code not in ("bad_day", "bad_amount"):
        # Other changes beside it hide nothing.
        term = changes(form, term=form.changes.term or ONE[Kind.TERM])
        assert code == "nothing" or (code, field) in [(each.code, each.field) for each in findings(term)]


def test_every_rule_has_its_seeded_error_but_one() -> None:
    assert {code for _, code, _ in SEEDED.values()} | {"nobody_left"} == set(RULES)


def test_a_company_that_sells_itself_away() -> None:
    """Only less capital down to nothing leaves nobody."""
    parts = (Part(holder="赵某", amount="600000"), Part(holder="钱某", amount="400000"))
    form = changing(Kind.CAPITAL_DOWN, capital_down=replace(DOWN, capital="0", parts=parts))
    assert "nobody_left" in [each.code for each in findings(form)]


def test_check_digits_never_stop_a_form() -> None:
    form = company(PLAIN, code="X")
    assert [each.code for each in findings(form)] == ["code"]
    assert not stops(findings(form))


def test_true_forms_are_not_blamed() -> None:
    assert [findings(each) for each in (eight(), longest(), longest(less=True))] == [[], [], []]
    assert findings(Form(authority="甲", company=COMPANY, changes=Changes(scope="乙"), days=DAYS)) == []


def test_a_rule_is_not_asked_before_its_day() -> None:
    early = days(
        changing(representative=person(77)), resolved="2023-03-01", agreed="", articles="", applied="2023-03-03"
    )
    assert findings(early) == []
