"""The papers of a company's change registration: its own, not the authority's – unsealed, to be signed by hand.

    Form ─▶ view (one for all papers, so that all say the same) ─▶ templates/company_<paper>.typ ─▶ PDF/A-2b, dated by
            the application's day: the same form gives the same bytes

`sync.registration` says which papers a form needs and what is wrong with it; here they are only drawn.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from sync.errors import InputError
from sync.registration.company import Company, Holder, Person
from sync.registration.form import Form, Kind
from sync.registration.money import capitals, fen, figures, share
from sync.registration.outcome import afterwards, deciding
from sync.registration.papers import Paper, papers_for
from workstation.documents.papers import HALL_TIME, chinese_day
from workstation.documents.render import Renderer, refuse_invisible, texts_of

TITLES = {
    Paper.APPLICATION: "公司变更登记（备案）申请书",
    Paper.RESOLUTION: "股东会决议",
    Paper.TRANSFER: "股权转让协议",
    Paper.DEBTS: "债务清偿或者债务担保情况说明",
    Paper.AMENDMENT: "公司章程修正案",
    Paper.APPOINTMENT: "任免职文件",
    Paper.HOLDERS: "股东出资情况表",
    Paper.OFFICERS: "法定代表人及组织机构成员信息表",
}
ONE_HOLDER = "股东决定"
WHAT = {
    Kind.NAME: "名称",
    Kind.ADDRESS: "住所",
    Kind.REPRESENTATIVE: "法定代表人",
    Kind.SCOPE: "经营范围",
    Kind.CAPITAL_UP: "注册资本",
    Kind.CAPITAL_DOWN: "注册资本",
    Kind.TRANSFERS: "股东及其出资额",
    Kind.RENAMED: "股东姓名或者名称",
    Kind.TYPE: "公司类型",
    Kind.TERM: "经营期限",
    Kind.DIRECTORS: "董事",
    Kind.SUPERVISORS: "监事",
    Kind.MANAGERS: "经理",
    Kind.FILING: "章程、联络员（备案）",
}
POSTS = {
    Kind.REPRESENTATIVE: "法定代表人",
    Kind.DIRECTORS: "董事",
    Kind.SUPERVISORS: "监事",
    Kind.MANAGERS: "经理",
}
CODE_NAMES = {"identity": "公民身份号码", "credit": "统一社会信用代码", "other": "证件号码"}
FOREVER = "长期"
EXAMPLE = Path(__file__).parent / "company_example.json"
"""A form with eight changes at once, to begin from."""


def read_form(content: bytes) -> Form:
    """A form from JSON. Raises InputError `registration.unusable` (reason): no JSON, a field unknown or missing."""
    try:
        return msgspec.json.decode(content, type=Form)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError("registration.unusable", reason=str(error)) from None


class Drawn(msgspec.Struct, frozen=True):
    """One paper: a file's name, which begins with its place in the set, and the PDF."""

    paper: Paper
    name: str
    data: bytes


def draw(renderer: Renderer, form: Form) -> list[Drawn]:
    """All papers of a form that has no finding which stops it. Raises MissingGlyph or RenderFailed."""
    midnight = datetime.combine(date.fromisoformat(form.days.applied), datetime.min.time(), HALL_TIME)
    view, texts, at_ms = view_of(form), list(texts_of(form)), int(midnight.timestamp() * 1000)
    refuse_invisible(texts, _place)
    drawn: list[Drawn] = []
    for paper in papers_for(form.changes):
        views = [{**view, "transfer": each} for each in view["transfers"]] if paper == Paper.TRANSFER else [view]
        for each in views:
            title = ONE_HOLDER if paper == Paper.RESOLUTION and view["one_holder"] else TITLES[paper]
            pdf = renderer.draw(paper, {**each, "title": title}, texts, at_ms=at_ms, place=_place)
            drawn.append(Drawn(paper, f"{len(drawn) + 1:02d}-{title}.pdf", pdf))
    return drawn


def _place(path: str) -> tuple[str, dict[str, int | str]]:
    """Whoever wrote the form finds a field by its path."""
    return "registration.field", {"path": path}


def view_of(form: Form) -> dict[str, Any]:
    """What all papers of a form say: builtins, money and days in words."""
    company, changes = form.company, form.changes
    after, now = afterwards(company, changes), deciding(company, changes)
    present = msgspec.structs.replace(company, holders=now)
    changed = [_line(form, kind, present, after) for kind in changes.kinds]
    return {
        "sample": False,
        "authority": form.authority,
        "company": _company(present),
        "after": _company(after),
        "changed": changed,
        "clauses": _clauses(form, changed),
        "transfers": _transfers(form, fen(company.capital) or 0),
        "posts": [_post(kind, name, company, after) for kind, name in POSTS.items() if kind in changes.kinds],
        "officers": _officers(after),
        "less": _less(form),
        "one_holder": len(now) == 1,
        "agent": _person(form.agent) if form.agent else None,
        "days": {name: _day(getattr(form.days, name)) for name in form.days.__struct_fields__},
        "papers": _listed(form, one_holder=len(now) == 1),
    }


def _company(company: Company) -> dict[str, Any]:
    capital = fen(company.capital) or 0
    return {
        "name": company.name,
        "code": company.code,
        "address": company.address,
        "representative": company.representative.name,
        "type": company.type,
        "capital": figures(capital),
        "capital_words": capitals(capital),
        "holders": [_holder(each, capital) for each in company.holders],
    }


def _holder(holder: Holder, capital: int) -> dict[str, str]:
    amount = fen(holder.amount) or 0
    return {
        "name": holder.name,
        "code": holder.code,
        "code_name": CODE_NAMES[holder.kind],
        "amount": figures(amount),
        "share": share(amount, capital),
        "form": holder.form,
        "until": _day(holder.until),
    }


def _person(person: Person, usual: str = "") -> dict[str, str]:
    return {
        "name": person.name,
        "code": person.code,
        "code_name": CODE_NAMES[person.kind],
        "post": person.post or usual,
        "telephone": person.telephone,
    }


def _line(form: Form, kind: Kind, was: Company, now: Company) -> dict[str, str]:
    return {
        "kind": str(kind),
        "what": WHAT[kind],
        "was": _told(form, kind, was, "was"),
        "now": _told(form, kind, now, "now"),
    }


def _told(form: Form, kind: Kind, company: Company, side: str) -> str:
    """What a company has of a kind, as one text."""
    match kind:
        case Kind.REPRESENTATIVE:
            return company.representative.name
        case Kind.CAPITAL_UP | Kind.CAPITAL_DOWN:
            capital = fen(company.capital) or 0
            return f"{figures(capital)}元（{capitals(capital)}）"
        case Kind.TRANSFERS:
            return "\n".join(f"{each.name}　{figures(fen(each.amount) or 0)}元" for each in company.holders)
        case Kind.RENAMED:
            return "\n".join(getattr(each, side) for each in form.changes.renamed)
        case Kind.TERM:
            return f"至{_day(company.term_until)}" if company.term_until else FOREVER
        case Kind.DIRECTORS | Kind.SUPERVISORS | Kind.MANAGERS:
            people = getattr(company, kind)
            return "\n".join(f"{each.name}（{each.post or POSTS[kind]}）" for each in people)
        case Kind.FILING:
            return _filed(form, company, side)
    return str(getattr(company, kind))


def _filed(form: Form, company: Company, side: str) -> str:
    filing = form.changes.filing
    assert filing is not None
    told = []
    if filing.articles:
        told.append("章程" if side == "was" else "章程（见章程修正案）")
    if filing.liaison:
        told.append(f"联络员　{company.liaison.name}" if company.liaison else "联络员（无）")
    return "\n".join(told)


def _clauses(form: Form, changed: list[dict[str, str]]) -> list[dict[str, str]]:
    """What of the articles reads otherwise: a clause's number where the form gives it, else what it is about."""
    said = ("name", "address", "scope", "capital_up", "capital_down", "type", "term")
    clauses = [
        {
            "clause": form.clauses.get(Kind(line["kind"]), f"关于{line['what']}的条款"),
            "was": line["was"],
            "now": line["now"],
        }
        for line in changed
        if line["kind"] in said
    ]
    if filing := form.changes.filing:
        clauses += [{"clause": "", "was": "", "now": text} for text in filing.articles]
    return clauses


def _transfers(form: Form, capital: int) -> list[dict[str, str]]:
    codes = {each.name: each for each in deciding(form.company, form.changes)}
    told = []
    for each in form.changes.transfers:
        amount, price, seller = fen(each.amount) or 0, fen(each.price) or 0, codes.get(each.seller)
        told.append(
            {
                "seller": each.seller,
                "seller_code": seller.code if seller else "",
                "seller_code_name": CODE_NAMES[seller.kind if seller else "other"],
                "buyer": each.buyer,
                "buyer_code": each.buyer_code,
                "buyer_code_name": CODE_NAMES[each.buyer_kind],
                "amount": figures(amount),
                "amount_words": capitals(amount),
                "share": share(amount, capital),
                "price": figures(price),
                "price_words": capitals(price),
                "paid": figures(fen(each.paid) or 0) if each.paid else "",
                "pay_by": _day(each.pay_by),
            }
        )
    return told


def _post(kind: Kind, name: str, company: Company, after: Company) -> dict[str, Any]:
    """Who leaves a post and who has it now."""
    was, now = (
        (each,) if isinstance(each, Person) else each for each in (getattr(company, kind), getattr(after, kind))
    )
    held = {(each.name, each.code) for each in now}
    return {
        "kind": str(kind),
        "post": name,
        "leave": [_person(each, name) for each in was if (each.name, each.code) not in held],
        "hold": [_person(each, name) for each in now],
    }


def _officers(after: Company) -> list[dict[str, str]]:
    people = [_person(after.representative, "法定代表人") | {"post": "法定代表人"}]
    for kind in (Kind.DIRECTORS, Kind.SUPERVISORS, Kind.MANAGERS):
        people += [_person(each, POSTS[kind]) for each in getattr(after, kind)]
    if after.liaison:
        people.append(_person(after.liaison, "联络员"))
    return people


def _less(form: Form) -> dict[str, str] | None:
    less = form.changes.capital_down
    if less is None:
        return None
    days = {name: _day(getattr(less, name)) for name in ("announced_on", "notified_on")}
    return {**days, "announced_in": less.announced_in, "debts": less.debts}


def _listed(form: Form, *, one_holder: bool) -> list[str]:
    """The papers that the application names: all but itself."""
    names = []
    for paper in papers_for(form.changes)[1:]:
        name = ONE_HOLDER if paper == Paper.RESOLUTION and one_holder else TITLES[paper]
        count = len(form.changes.transfers) if paper == Paper.TRANSFER else 1
        names.append(name if count == 1 else f"{name}（{count}份）")
    return names


def _day(text: str) -> str:
    return chinese_day(date.fromisoformat(text)) if text else ""
