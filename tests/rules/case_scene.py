"""Scenes of `case.csv`: a case in each of its states, walked to by the verbs themselves.

0307 receives and reviews it on device d1, 0308 is a colleague, 0215 the approver on device d9.
"""

from __future__ import annotations

from typing import Any

from world import HALL, World

from sync.calendar import day_of, end_of_day_ms
from sync.protocol.identifiers import scope_of
from sync.protocol.operation import KINDS, Args
from sync.protocol.verbs import case as verbs
from sync.records.settings import DAY
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome

RECORD = "case-1"
SCOPE, ELSEWHERE = scope_of(HALL, "case", "registration"), scope_of(HALL, "case", "food")
ARCHIVE = scope_of(HALL, "archive", "registration")
CLERK, COLLEAGUE, APPROVER = "0307", "0308", "0215"
PROMISED, STATUTORY = 7, 20
VERBS = tuple(name for name in KINDS if name.startswith("case."))
STATES = (
    "absent",
    "received",
    "need_correction",
    "corrected",
    "accepted",
    "in_review",
    "special_procedure",
    "reviewed",
    "decided",
    "issued",
    "delivered",
    "archived",
    "not_needed",
    "not_competent",
    "withdrawn",
    "revoked",
    "cancelled",
)

RIGHT = ("receive", "accept", "step", "submit", "decide", "issue", "deliver", "archive")
PATHS: dict[str, tuple[str, ...]] = {
    "absent": (),
    "received": RIGHT[:1],
    "need_correction": ("receive", "correct"),
    "corrected": ("receive", "correct", "corrected"),
    "accepted": RIGHT[:2],
    "in_review": RIGHT[:3],
    "special_procedure": (*RIGHT[:3], "suspend"),
    "reviewed": RIGHT[:4],
    "decided": RIGHT[:5],
    "issued": RIGHT[:6],
    "delivered": RIGHT[:7],
    "archived": RIGHT,
    "not_needed": ("receive", "decline"),
    "not_competent": ("receive", "not_competent"),
    "withdrawn": ("receive", "withdraw"),
    "revoked": (*RIGHT[:6], "revoke"),
    "cancelled": (*RIGHT[:6], "cancel"),
}


def hall(**settings: Any) -> World:
    """A hall with three people, one matter and two lists of numbers."""
    world = World(settings=settings)
    world.seed("hall", HALL, name="样例大厅", bureau="样例审批局", sample=True)
    for staff, name in ((CLERK, "赵某"), (COLLEAGUE, "钱某"), (APPROVER, "孙某")):
        world.seed("staff", staff, name=name, site="main")
    world.seed(
        "matter",
        "m-1",
        name="企业变更登记",
        office="registration",
        prefix="A",
        expected_minutes=8,
        promised_days=PROMISED,
        statutory_days=STATUTORY,
        basis="《公司登记管理条例》",
    )
    return world


def digest(letter: str) -> str:
    return letter * 64


def signed(letter: str = "a", at: int = 0) -> verbs.SignedFile:
    """What a signed file is known by; another letter, another file."""
    return verbs.SignedFile(
        sha256=digest(letter),
        size=40_000,
        pages=2,
        message_digest=digest(letter),
        signature=digest(letter),
        signer="样例审批局",
        serial="4A19",
        level="B-B",
        signed_at=at,
    )


def said(world: World, name: str, tag: str = "1") -> Args:
    """The arguments of a verb; `tag` makes new ids."""

    def id(of: str) -> str:
        return f"{of}-{tag}"

    told: dict[str, Args] = {
        "receive": verbs.Receive(
            matter="m-1",
            site="main",
            applicant="样例公司",
            applicant_code="CODE",
            form={"address": "振华路1号", "phone": "13900000021"},
            materials=[
                verbs.ListedMaterial(id=id("m-form"), name="申请书"),
                verbs.ListedMaterial(id=id("m-charter"), name="章程"),
            ],
            document=id("receipt"),
        ),
        "take": verbs.Take(),
        "step": verbs.Step(step=world.new(), activity="核对"),
        "accept": verbs.Accept(document=id("acceptance")),
        "correct": verbs.Correct(
            correction=id("correction"),
            defects=[{"material": id("m-charter"), "reason": "page_missing", "words": "缺第3页"}],
            document=id("notice"),
        ),
        "corrected": verbs.Corrected(),
        "decline": verbs.Decline(outcome="not_needed", reason="不需要许可", document=id("non-acceptance")),
        "not_competent": verbs.Decline(outcome="not_competent", reason="属市级权限", document=id("non-acceptance")),
        "suspend": verbs.Suspend(reason="需要听证", document=id("special")),
        "continue": verbs.Continue(),
        "extend": verbs.Extend(reason="情况复杂", document=id("extension")),
        "submit": verbs.Submit(opinion="同意变更", proposal="granted"),
        "decide": verbs.Decide(decision="granted", reasons="", authorisation=id("right"), document=id("decision")),
        "deny": verbs.Decide(
            decision="denied", reasons="材料不实\n不符合条件", authorisation=id("right"), document=id("decision")
        ),
        "reopen": verbs.Reopen(reason="漏看一项"),
        "issue": verbs.Issue(authorisation=id("right"), signed=signed("a", world.now)),
        "deliver": verbs.Deliver(receiver="李某", method="window", document=id("delivery"), invite=id("invite")),
        "attempt": verbs.Attempt(attempt=id("attempt"), method="window", day=day_of(world.now), reason="住所无人"),
        "post": verbs.Post(notice=id("notice"), reason="unknown", document=id("delivery")),
        "serve": verbs.Serve(notice=id("notice"), document=id("delivery")),
        "withdraw": verbs.Withdraw(reason="申请人要求"),
        "revoke": verbs.Revoke(reason="材料虚假", document=id("revocation")),
        "cancel": verbs.Cancel(reason="企业注销", document=id("revocation")),
        "amend": verbs.Amend(
            corrects="receipt-1",
            kind="material_receipt",
            changes={"addressee": "样例有限公司"},
            reason="名称有误",
            document=id("corrected"),
        ),
        "change": verbs.Change(
            licence="old-licence",
            changes={"legal_representative": "钱某"},
            reason="股东会决议",
            document=id("change"),
            reissue=id("reissue"),
        ),
        "edit": verbs.Edit(field="address", was="振华路1号", value="振华路2号"),
        "note": verbs.Note(note=world.new(), text="电话说明"),
        "deem": verbs.Deem(),
        "archive": verbs.Archive(office="registration"),
        "move": verbs.Move(to=ELSEWHERE, reason="属食品科"),
    }
    return told[name]


PERSONS: dict[Role, tuple[str, str]] = {
    Role.CLERK: (CLERK, "d1"),
    Role.GRID: (CLERK, "d1"),
    Role.APPROVER: (APPROVER, "d9"),
    Role.CLOCK: ("clock", "clock"),
}
ROLES = dict.fromkeys(("decide", "deny", "revoke", "cancel", "extend", "amend", "change"), Role.APPROVER)
ROLES |= dict.fromkeys(("deem", "archive", "serve"), Role.CLOCK)


def step(world: World, name: str, id: str = RECORD, tag: str = "1", role: Role | None = None, **how: Any) -> Outcome:
    """One verb by whoever does it in the ordinary way."""
    role = role or ROLES.get(name, Role.CLERK)
    by, device = PERSONS.get(role, (f"{role}-1", "d7"))
    row = world.get("case", id)
    scope = row.scope if row is not None and name != "receive" else SCOPE  # the archive, at last
    return world.do(said(world, name, tag), id, role, **({"by": by, "device": device, "scope": scope} | how))


def walk(world: World, *names: str, id: str = RECORD, tag: str = "1") -> World:
    for name in names:
        ripen(world, name, id)
        outcome = step(world, name, id, tag)
        assert isinstance(outcome, Effects), f"{name}: {outcome}"
    return world


def ripen(world: World, name: str, id: str = RECORD) -> None:
    """What time does needs its time."""
    case = world.get("case", id)
    if name == "deem" and case is not None:
        world.now = max(world.now, end_of_day_ms(case.correction_due_day))
    if name == "amend" and world.get("document", "receipt-1") is not None:  # whoever signs papers has signed it
        row = world("document", "receipt-1")
        world.seed("document", "receipt-1", scope=row.scope, state="valid")
    if name == "change" and case is not None and case.state in ("issued", "delivered"):
        said = {"licence": "食品经营许可证", "legal_representative": "赵某", "valid_from": "2026-03-02"}
        known = {"case": id, "kind": "licence", "state": "valid", "number": "证1", "facts": said}
        world.seed("document", "old-licence", scope=case.scope, **known)
    if name in ("post", "serve") and case is not None and case.state == "issued":
        for way in ("window", "courier"):
            tried = {"case": id, "method": way, "day": day_of(world.now), "reason": "查无此人", "staff": CLERK}
            world.seed("delivery_attempt", f"tried-{way}", scope=case.scope, at=world.now, **tried)
    if name == "serve" and case is not None and case.state == "issued":
        walk(world, "post", id=id)
        world.now = world("public_notice", "notice-1").ends_at
    if name == "archive" and case is not None:
        world.now = max(world.now, (case.delivered_at or 0) + 30 * DAY, (case.ended_at or 0) + 30 * DAY)


def scene(state: str) -> World:
    return walk(hall(), *PATHS[state])


def operate(world: World, verb: str, role: Role) -> Outcome:
    name = verb.removeprefix("case.").removesuffix("@1")
    ripen(world, name)
    if name == "take" and role in (Role.CLERK, Role.GRID):
        return step(world, name, role=role, by=COLLEAGUE)
    return step(world, name, role=role)


def state_of(world: World) -> str:
    row = world.get("case", RECORD)
    return row.state if row else "absent"
