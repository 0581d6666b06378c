"""Forms of a company's change registration: each paper at its shortest and its longest, and eight changes at once.

Persons and firms are plainly made up; their numbers are of areas that do not exist.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sync.records.checkdigits import credit_code_check, id_number_check
from sync.registration.company import Company, Holder, Person
from sync.registration.form import (
    CapitalDown,
    CapitalUp,
    Changes,
    Days,
    Filing,
    Form,
    Kind,
    Part,
    Renaming,
    Term,
    Transfer,
)
from sync.registration.papers import Paper
from tests.sample_papers import SCOPE
from workstation.documents.company import EXAMPLE, read_form

LONG_NAME = "新时代跨境供应链数字科技" * 6 + "有限责任公司"
LONG_ADDRESS = "样例市样例区样例街道样例路一百二十三号样例大厦甲座二十三层" * 4


def person(n: int, name: str = "", post: str = "") -> Person:
    return Person(name=name or f"样某{n}", code=id_of(n), post=post, telephone="000-0000000")


def id_of(n: int) -> str:
    body = f"99999919900101{n:03d}"
    return body + id_number_check(body)


def code_of(n: int) -> str:
    body = f"91999900MA{n:07d}"
    return body + credit_code_check(body)


def eight() -> Form:
    """The example that the command prints: eight changes at once."""
    return read_form(EXAMPLE.read_bytes())


COMPANY = Company(
    name="样例餐饮管理有限公司",
    code=code_of(1),
    address="样例区样例路1号",
    representative=person(1, "赵某"),
    scope="餐饮管理",
    capital="1000000",
    type="有限责任公司（自然人投资或控股）",
    holders=(
        Holder(name="赵某", code=id_of(1), amount="600000", until="2029-06-30"),
        Holder(name="钱某", code=id_of(2), amount="400000", until="2029-06-30"),
    ),
    established="2020-05-06",
    directors=(person(1, "赵某", "董事长"), person(12, "韩某"), person(13, "杨某")),
    supervisors=(person(3, "孙某"),),
    managers=(person(1, "赵某"),),
    liaison=person(4, "李某"),
)
DAYS = Days(resolved="2026-03-02", agreed="2026-03-02", articles="2026-03-03", applied="2026-03-04")
MANY = tuple(Holder(name=f"样某{n}" + "·艾力" * (n % 7), code=id_of(n), amount="20000.50") for n in range(1, 16))
LONG_COMPANY = msgspec.structs.replace(
    COMPANY,
    name=LONG_NAME,
    address=LONG_ADDRESS,
    scope=SCOPE * 2,
    capital="100300007.50",
    holders=(Holder(name=LONG_NAME + "（控股）", code=code_of(2), amount="100000000", kind="credit"), *MANY),
    directors=tuple(person(n, post="董事长" if n == 100 else "") for n in range(100, 113)),
    representative=person(100),
)
ONE: dict[Kind, Any] = {
    Kind.NAME: "样例饮食管理有限公司",
    Kind.ADDRESS: "样例区样例路2号",
    Kind.REPRESENTATIVE: person(12, "韩某"),
    Kind.SCOPE: "餐饮管理；餐饮服务",
    Kind.CAPITAL_UP: CapitalUp(capital="1500000", parts=(Part(holder="钱某", amount="500000", until="2031-03-03"),)),
    Kind.CAPITAL_DOWN: CapitalDown(
        capital="800000",
        parts=(Part(holder="赵某", amount="200000"),),
        announced_on="2026-01-10",
        debts="公司没有未清偿的债务。",
    ),
    Kind.TRANSFERS: (Transfer(seller="钱某", buyer="吴某", buyer_code=id_of(6), amount="100000", price="100000"),),
    Kind.RENAMED: (Renaming(was="钱某", now="钱某某"),),
    Kind.TYPE: "有限责任公司（外商投资、非独资）",
    Kind.TERM: Term(until="2050-05-05"),
    Kind.DIRECTORS: (person(1, "赵某", "董事长"), person(7, "郑某"), person(8, "王某")),
    Kind.SUPERVISORS: (person(9, "冯某"),),
    Kind.MANAGERS: (person(10, "陈某"),),
    Kind.FILING: Filing(liaison=person(11, "褚某")),
}
"""Each kind at its least, for COMPANY."""


def changing(*kinds: Kind, **more: Any) -> Form:
    """COMPANY with these kinds changed at once. A new representative is a director too; less capital waits for its
    creditors."""
    given: dict[str, Any] = {str(kind): ONE[kind] for kind in kinds} | more
    if Kind.REPRESENTATIVE in kinds and Kind.DIRECTORS in kinds:
        given["directors"] = (*ONE[Kind.DIRECTORS], ONE[Kind.REPRESENTATIVE])
    if Kind.RENAMED in kinds:
        for name, what in (("transfers", "seller"), ("capital_up", "holder")):
            given.update({name: _renamed(given[name], what)} if name in given else {})
    days = msgspec.structs.replace(DAYS, resolved="2026-01-05") if Kind.CAPITAL_DOWN in kinds else DAYS
    return Form(authority="样例区行政审批服务局", company=COMPANY, changes=Changes(**given), days=days)


def _renamed(value: Any, what: str) -> Any:
    if isinstance(value, tuple):
        return tuple(msgspec.structs.replace(each, **{what: "钱某某"}) for each in value)
    return msgspec.structs.replace(
        value, parts=tuple(msgspec.structs.replace(p, **{what: "钱某某"}) for p in value.parts)
    )


SHORT: dict[Paper, tuple[Kind, ...]] = {
    Paper.APPLICATION: (Kind.FILING,),
    Paper.RESOLUTION: (Kind.TERM,),
    Paper.TRANSFER: (Kind.TRANSFERS,),
    Paper.DEBTS: (Kind.CAPITAL_DOWN,),
    Paper.AMENDMENT: (Kind.TERM,),
    Paper.APPOINTMENT: (Kind.SUPERVISORS,),
    Paper.HOLDERS: (Kind.RENAMED,),
    Paper.OFFICERS: (Kind.FILING,),
}


def longest(*, less: bool = False) -> Form:
    """Everything at once for a company of sixteen holders; `less`: with less capital instead of more."""
    big = LONG_COMPANY.holders[0].name
    up = CapitalUp(capital="200300007.50", parts=(Part(holder=big, amount="100000000"),))
    down = CapitalDown(
        capital="90300007.50",
        parts=(Part(holder=big, amount="10000000"),),
        announced_on="2026-01-10",
        notified_on="2026-01-08",
        announced_in="国家企业信用信息公示系统和样例日报" * 4,
        debts="\n".join(f"（{n}）欠样例第{n}供应商货款，" + "已按合同约定清偿，" * 8 for n in range(1, 16)),
    )
    changes = Changes(
        name=LONG_NAME.replace("新时代", "新新时代"),
        address="新" + LONG_ADDRESS,
        representative=person(200, "买买提·艾力·" * 5 + "样某"),
        scope=SCOPE * 3,
        capital_up=None if less else up,
        capital_down=down if less else None,
        transfers=tuple(
            Transfer(
                seller=each.name,
                buyer=big if n % 2 else LONG_NAME + f"（第{n}号）",
                buyer_code=code_of(n + 10),
                buyer_kind="credit",
                amount="10000.25",
                price="123456789.05",
                paid="5000",
                pay_by="2026-12-31",
            )
            for n, each in enumerate(MANY[:4])
        ),
        type="股份有限公司（非上市、自然人投资或控股）",
        term=Term(until="2070-05-05"),
        directors=(*(person(n) for n in range(200, 212)), person(200, "买买提·艾力·" * 5 + "样某", "董事长")),
        supervisors=tuple(person(n, post="监事会主席" if n == 300 else "") for n in range(300, 309)),
        managers=(person(400, "阿卜杜热西提·" * 4 + "样某", "总经理"),),
        filing=Filing(
            articles=tuple(f"第{n}章“股东的权利和义务”：" + "按照本次股东会决议执行，" * 9 for n in range(1, 5)),
            liaison=person(500),
        ),
    )
    days = msgspec.structs.replace(DAYS, resolved="2026-01-05") if less else DAYS
    return Form(
        authority="样例市样例区行政审批服务局暨政务服务管理中心",
        company=LONG_COMPANY,
        changes=changes,
        days=days,
        agent=person(600),
        clauses={Kind.NAME: "第一章第二条", Kind.SCOPE: "第三章第七条"},
    )


def company_form(paper: Paper, *, long: bool) -> Form:
    """The form of a paper's shortest, or longest."""
    return longest(less=paper == Paper.DEBTS) if long else changing(*SHORT[paper])
