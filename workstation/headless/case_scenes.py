"""At the desks: a correction round, a grant, a refusal, a true conflict, a laptop without a network."""

from __future__ import annotations

from typing import Any

from sync.errors import HallError
from sync.protocol.messages import CONFLICT
from sync.protocol.operation import Args
from sync.protocol.verbs import case as verbs
from sync.replica.blobs import keep_blob
from workstation.headless.hour import Hour, Worker

REGISTRATION, FOOD, PARK = "licang:case/registration", "licang:case/food", "licang:case/jinhainiu"
PAGE = b"%PDF-1.4\n% a sample scan, nobody's paper\n"


class Desk:
    """One clerk's work on one case."""

    def __init__(self, hour: Hour, who: Worker, scope: str, case: str = "") -> None:
        self.hour = hour
        self.who = who
        self.scope = scope
        self.case = case or hour.id()
        self.materials: list[str] = []

    async def done(self, args: Args, *, by: Worker | None = None, id: str = "") -> None:
        """A step that must be accepted."""
        await (by or self.who).done(args, id=id or self.case, scope=self.scope)

    def receipt(self, matter: str, applicant: str, site: str = "hall") -> verbs.Receive:
        """What opens a case of this matter, with all its materials listed."""
        listed = []
        for line in self.who.row("matter", matter)["materials"]:
            self.materials.append(self.hour.id())
            listed.append(
                verbs.ListedMaterial(id=self.materials[-1], name=line["name"], required=bool(line["required"]))
            )
        return verbs.Receive(
            matter=matter,
            site=site,
            applicant=applicant,
            form={"address": "样例路8号", "contact": "云某某", "phone": "10000000000"},
            materials=listed,
            document=self.hour.id(),
        )

    def attachment(self, n: int) -> verbs.Attach:
        """A scan of the material in place `n`, kept beside the replica."""
        content = PAGE + f"% {self.case} {n}\n".encode()
        return verbs.Attach(
            case=self.case,
            name="scan",
            ordinal=n + 1,
            sha256=keep_blob(self.who.device.store, content),
            size=len(content),
            media_type="application/pdf",
        )

    async def attach(self, *places: int) -> None:
        """Scans come in."""
        for n in places:
            await self.done(self.attachment(n), id=self.materials[n])
        await self.who.device.exchange()  # their arrival is an operation of the clock

    async def register(self, document: str) -> None:
        """Sign a paper that no approval precedes, and register it."""
        row = self.who.row("document", document)
        signed = await self.hour.seal.sign(self.who.device.store, row, self.hour.clock.now())
        await self.done(verbs.Register(signed=signed), id=document)
        self.hour.tell("registered", number=row["number"])

    async def issue(self) -> None:
        """Sign the decision under the authorisation that this machine holds, and then its licence."""
        await self.who.device.pull()
        [right] = self.who.device.rows(
            "SELECT id, document FROM issue_authorisation WHERE \"case\" = ? AND state = 'out'", self.case
        )
        row = self.who.row("document", right["document"])
        signed = await self.hour.seal.sign(self.who.device.store, row, self.hour.clock.now())
        await self.done(verbs.Issue(authorisation=right["id"], signed=signed))
        self.hour.tell("issued", number=row["number"])
        for licence in self.who.device.rows(
            "SELECT id FROM document WHERE \"case\" = ? AND kind = 'licence' AND state = 'prepared'", self.case
        ):
            await self.register(licence["id"])

    async def decide(self, approver: Worker, decision: str, reasons: str) -> None:
        """Someone else decides."""
        await approver.device.pull()
        args = verbs.Decide(decision=decision, reasons=reasons, authorisation=self.hour.id(), document=self.hour.id())
        await self.done(args, by=approver)
        self.hour.tell(decision, number=self.row("number"), approver=approver.staff)

    def row(self, column: str) -> Any:
        """A column of the case."""
        return self.who.row("case", self.case)[column]


async def correction_and_grant(hour: Hour) -> str:
    """Received with a paper missing, corrected, accepted, reviewed, granted, issued, delivered; its rating invite."""
    desk = Desk(hour, hour.at("0301"), REGISTRATION)
    receive = desk.receipt("a02", "青岛某甲样例有限公司")
    await desk.done(receive)
    last = len(desk.materials) - 2  # the last one is not required
    await desk.attach(*range(last))
    hour.tell("received", number=desk.row("number"))
    await desk.register(receive.document)
    hour.tick(2)
    correct = verbs.Correct(
        correction=hour.id(),
        defects=[{"material": desk.materials[last], "reason": "missing", "words": "未提交", "remedy": "请补交"}],
        document=hour.id(),
    )
    await desk.done(correct)
    hour.tell("returned", number=desk.row("number"))
    await desk.register(correct.document)
    hour.tick(6)
    await desk.attach(last)
    await desk.done(verbs.Corrected())
    accept = verbs.Accept(document=hour.id())
    await desk.done(accept)
    hour.tell("accepted", number=desk.row("number"))
    await desk.register(accept.document)
    for activity in ("形式审查", "材料核对"):
        hour.tick(1)
        await desk.done(verbs.Step(step=hour.id(), activity=activity))
    await desk.done(verbs.Submit(opinion="材料齐全，符合法定形式。", proposal="granted"))
    hour.tick(2)
    await desk.decide(hour.at("0201"), "granted", "")
    hour.tick(1)
    await desk.issue()
    deliver = verbs.Deliver(receiver="云某某", method="window", document=hour.id(), invite=hour.id())
    await desk.done(deliver)
    hour.tell("delivered", number=desk.row("number"))
    await desk.register(deliver.document)
    return deliver.invite


async def refusal(hour: Hour) -> None:
    """A case that the sample hall has in review is refused, with reasons and remedies."""
    who = hour.at("0305")
    [found] = who.device.rows(
        "SELECT id FROM \"case\" WHERE scope = ? AND owner = '0305' AND state = 'in_review'", FOOD
    )
    desk = Desk(hour, who, FOOD, found["id"])
    await desk.done(verbs.Submit(opinion="经营场所不具备规定的加工条件。", proposal="denied"))
    hour.tick(2)
    await desk.decide(hour.at("0202"), "denied", "经营场所布局不符合食品安全要求。\n申请人可以在改正后重新申请。")
    hour.tick(1)
    await desk.issue()


async def conflict(hour: Hour) -> None:
    """Two clerks give one field two values, one of them without a network; the owner decides."""
    owner, other = hour.at("0301"), hour.at("0303")
    [found] = owner.device.rows(
        "SELECT id, number, form FROM \"case\" WHERE scope = ? AND owner = '0301' AND state = 'received'", REGISTRATION
    )
    desk = Desk(hour, owner, REGISTRATION, found["id"])
    was = owner.row("case", desk.case)["form"]["address"]
    await other.device.pull()
    other.device.online = False
    edit = verbs.Edit(field="address", was=was, value="样例路8号2-302")
    n = other.offline(edit, id=desk.case, scope=REGISTRATION)
    hour.tick(1)
    await desk.done(verbs.Edit(field="address", was=was, value="样例路8号2-301"))
    hour.tick(1)
    other.device.online = True
    await other.device.exchange()
    result = other.device.results[n]
    if result.status != CONFLICT:
        raise HallError("headless.no_conflict", status=result.status)
    hour.tell("conflict", number=found["number"])
    await owner.device.pull()
    hour.tick(1)
    decide = verbs.DecideConflict(case=desk.case, choice="mine")
    await desk.done(decide, id=str(result.params["conflict"]))
    if owner.row("case", desk.case)["form"]["address"] != edit.value:
        raise HallError("headless.no_conflict", status="decided")
    hour.tell("settled", number=found["number"], staff=owner.staff)


class Laptop:
    """A grid worker in a park: work without a network, and its way back."""

    def __init__(self, hour: Hour) -> None:
        self.hour = hour
        self.desk = Desk(hour, hour.at("0501"), PARK)
        self.pressed_at = 0

    def leave(self) -> None:
        """The network is gone; a case comes in all the same."""
        device = self.desk.who.device
        device.online = False
        self.pressed_at = self.hour.clock.now()
        receive = self.desk.receipt("a07", "鲁某某", "jinhainiu")
        self.desk.who.offline(receive, id=self.desk.case, scope=PARK)
        self.desk.who.offline(self.desk.attachment(0), id=self.desk.materials[0], scope=PARK)
        note = verbs.Note(note=self.hour.id(), text="现场受理，网络中断。")
        self.desk.who.offline(note, id=self.desk.case, scope=PARK)
        self.hour.tell("offline", pending=device.pending())

    async def come_back(self) -> None:
        """Everything goes out; the case keeps the time at which the key was pressed."""
        device = self.desk.who.device
        device.online = True
        await device.exchange()
        await device.exchange()
        case, scan = self.desk.who.row("case", self.desk.case), self.desk.who.row("material", self.desk.materials[0])
        if case["received_at"] != self.pressed_at or case["number"] is None or not scan["arrived"]:
            raise HallError("headless.offline_lost", number=case["number"], received_at=case["received_at"])
        self.hour.tell("online", number=case["number"])
