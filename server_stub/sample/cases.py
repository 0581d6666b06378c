"""Cases on their way: one or more in every state that needs no signed paper and no right to issue.

    key  matter  state it is left in     when (working days ago; 0: this morning)  whose

A case that was sent for approval would give the right to issue to the machine that reviewed it; the sample has none, so
the demo's own terminal takes the last steps of `HANDED_IN` (see `workstation demo`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from server_stub.sample.hall import HALL, MAIN, cases
from server_stub.sample.matters import BY_ID, SampleMatter
from server_stub.sample.morning import Served
from server_stub.sample.play import Scan, Script
from server_stub.sample.scans import pdf_scan, photo_scan
from server_stub.sample.visitors import credit_code, firm, id_number, person, phone
from sync.calendar import MINUTE_MS, Calendar, day_of, start_of_day_ms
from sync.protocol.messages import CONFLICT
from sync.protocol.operation import Args
from sync.protocol.verbs import case as verbs
from sync.protocol.verbs import ticket
from sync.records.states import CaseState as S

HANDED_IN: Final = "0304"
"""The clerk whose cases in review are ready to be sent for approval."""


@dataclass(frozen=True, slots=True)
class Story:
    """One case's way."""

    key: str
    matter: str
    state: S
    days_ago: int
    owner: str
    site: str = MAIN
    missing: int = 0  # so many materials, counted from the end, are not there
    waived: tuple[str, str] | None = None  # how the last material was not asked for, and by what
    conflict: bool = False


STORIES: Final = (
    Story("k01", "a02", S.IN_REVIEW, 1, HANDED_IN),
    Story("k02", "a05", S.IN_REVIEW, 1, HANDED_IN),
    Story("k03", "b02", S.IN_REVIEW, 2, HANDED_IN),
    Story("k04", "a01", S.RECEIVED, 0, "0301"),
    Story("k05", "a04", S.RECEIVED, 1, "0303", missing=1),
    Story("k06", "a06", S.ACCEPTED, 0, "0302", waived=("abolished", "公告已由系统发布，不再收取样张")),
    Story("k07", "a02", S.IN_REVIEW, 1, "0303", conflict=True),
    Story("k08", "b01", S.IN_REVIEW, 4, "0305", waived=("verified", "市卫生健康委健康证明库")),
    Story("k09", "b05", S.NEED_CORRECTION, 2, "0306", missing=1),
    Story("k10", "b03", S.CORRECTED, 3, "0306"),
    Story("k11", "c04", S.IN_REVIEW, 9, "0307", waived=("committed", "告知承诺书，30日内补交")),
    Story("k12", "c02", S.ACCEPTED, 2, "0308"),
    Story("k13", "d03", S.IN_REVIEW, 6, "0309", waived=("verified", "人力资源社会保障局缴费记录")),
    Story("k14", "d01", S.SPECIAL_PROCEDURE, 8, "0310"),
    Story("k15", "e03", S.CORRECTED, 4, "0311"),
    Story("k16", "e02", S.WITHDRAWN, 3, "0311"),
    Story("k17", "c03", S.NOT_COMPETENT, 2, "0308"),
    Story("k18", "f01", S.ACCEPTED, 1, "0312", waived=("verified", "不动产登记中心查询结果")),
    Story("k19", "f04", S.RECEIVED, 0, "0312"),
    Story("k20", "a07", S.RECEIVED, 0, "0501", site="jinhainiu", missing=1),
    Story("k21", "b02", S.IN_REVIEW, 1, "0501", site="jinhainiu", waived=("verified", "食品经营许可管理系统")),
    Story("k22", "a02", S.NEED_CORRECTION, 1, "0502", site="guoji"),
)
IN_HAND: Final = frozenset({S.ACCEPTED, S.IN_REVIEW, S.SPECIAL_PROCEDURE})


def write_cases(script: Script, now: int, calendar: Calendar, served: list[Served]) -> None:
    """All stories into the script; the first case of this morning stands under the ticket of who came with it."""
    for story in STORIES:
        Telling(script, story, now, calendar).write()
    link = next((s for s in served if s.matter.id == "a01"), None)
    if link is not None:
        args = ticket.Link(case=script.id("case", "k04"))
        who = f"03{link.window}"
        script.say(link.finished_at + 1, who, args, id=link.ticket, scope=f"{HALL}:queue")


class Telling:
    """One story in operations, each some minutes after the one before."""

    def __init__(self, script: Script, story: Story, now: int, calendar: Calendar) -> None:
        self.script = script
        self.story = story
        self.matter: SampleMatter = BY_ID[story.matter]
        self.scope = cases(self.matter.office if story.site == MAIN else story.site)
        self.case = script.id("case", story.key)
        self.materials = [script.id("material", story.key, n) for n in range(len(self.matter.materials))]
        midnight = start_of_day_ms(day_of(now))
        if story.days_ago:
            begins = start_of_day_ms(_back(calendar, day_of(now), story.days_ago))
            self._at = begins + (9 * 60 + 11 * int(story.key[1:])) * MINUTE_MS
            self._step = 5 * MINUTE_MS
        else:
            now = max(now, midnight + MINUTE_MS)
            share = min(1.0, (now - midnight) / (150 * MINUTE_MS))
            self._at = now - round((120 - 4 * (int(story.key[1:]) % 9)) * MINUTE_MS * share)
            self._step = max(1, round(2 * MINUTE_MS * share))

    @property
    def _handed_in(self) -> int:
        """How many of the materials, counted from the first, were brought."""
        return len(self.materials) - self.story.missing - (self.story.waived is not None)

    def write(self) -> None:
        """From the receipt to the state that the story ends in."""
        state = self.story.state
        self._receive()
        self._hand_in(range(self._handed_in))
        if self.story.waived is not None:
            way, source = self.story.waived
            self._say(verbs.Waive(case=self.case, way=way, source=source), id=self.materials[-1])
        if state is S.NOT_COMPETENT:
            reason = "申请事项不属于本机关职权范围，请向市级主管部门提出申请。"
            self._say(verbs.Decline(outcome="not_competent", reason=reason, document=self._document("decline")))
            return
        if state in (S.NEED_CORRECTION, S.CORRECTED):
            self._correct(state)
            return
        if state in IN_HAND or state is S.WITHDRAWN:
            self._check()
            self._say(verbs.Accept(document=self._document("accept")))
        if state in (S.IN_REVIEW, S.SPECIAL_PROCEDURE):
            for n, activity in enumerate(("形式审查", "材料核对"), 1):
                self._say(verbs.Step(step=self.script.id("step", self.story.key, n), activity=activity))
        if state is S.SPECIAL_PROCEDURE:
            self._say(verbs.Suspend(reason="需现场核查，核查期间不计入办理期限。", document=self._document("suspend")))
        if state is S.WITHDRAWN:
            self._say(verbs.Withdraw(reason="申请人书面撤回申请。"))
        if self.story.conflict:
            self._clash()

    def _say(self, args: Args, *, id: str = "", by: str = "", ends: str = "accepted") -> int:
        self._at += self._step
        self.script.say(self._at, by or self.story.owner, args, id=id or self.case, scope=self.scope, ends=ends)
        return self._at

    def _document(self, what: str) -> str:
        return self.script.id("document", self.story.key, what)

    def _receive(self) -> None:
        key, personal = self.story.key, self.matter.form in ("person", "notary", "trader")
        applicant = person(self.script, key) if personal else firm(self.script, key)
        listed = [
            verbs.ListedMaterial(id=id, name=name, required=required)
            for id, (name, required) in zip(self.materials, self.matter.materials, strict=True)
        ]
        self._say(
            verbs.Receive(
                matter=self.matter.id,
                site=self.story.site,
                applicant=applicant,
                applicant_code=None if personal else credit_code(self.script, key),
                form=self._form(applicant),
                materials=listed,
                channel="window" if self.story.site == MAIN else "agent",
                document=self._document("receipt"),
            )
        )

    def _form(self, applicant: str) -> dict[str, str]:
        key = self.story.key
        known = {
            "name": applicant,
            "legal_representative": person(self.script, f"{key}/legal"),
            "capital": str(50 * (1 + self.script.pick(12, "capital", key))),
            "address": f"样例路{1 + self.script.pick(200, 'number', key)}号{2 + self.script.pick(8, 'floor', key)}01室",
            "business_scope": "一般项目：样例商品销售；信息咨询服务。",
            "contact": person(self.script, f"{key}/contact"),
            "phone": phone(self.script, f"{key}/contact"),
            "id_number": id_number(self.script, f"{key}/contact"),
            "area": str(40 + self.script.pick(400, "area", key)),
            "reason": "首次申请",
            "purpose": "在本市使用",
        }
        return {name: known[name] for name, _, _, _ in self.matter.fields if name in known}

    def _hand_in(self, which: range) -> None:
        for n in which:
            name, required = self.matter.materials[n]
            scan = self._scan(name, n)
            at = self._say(
                verbs.Attach(
                    case=self.case,
                    name=name,
                    ordinal=n + 1,
                    required=required,
                    sha256=scan.sha256,
                    size=len(scan.content),
                    media_type=scan.media_type,
                ),
                id=self.materials[n],
            )
            self.script.arrives(at + 1, scan, material=self.materials[n], scope=self.scope)

    def _scan(self, name: str, n: int) -> Scan:
        """What shows a person or a place is a picture, everything else a page."""
        if "身份证明" in name or "执照" in name:
            return photo_scan(n)
        return pdf_scan(f"matter {self.matter.id}, case {self.story.key}", n + 1)

    def _check(self) -> None:
        for n in range(self._handed_in):
            self._say(verbs.Check(state="checked"), id=self.materials[n])

    def _correct(self, state: S) -> None:
        last = self.materials[-1 - self.story.missing]
        defects = [{"material": last, "reason": "incomplete", "words": "缺少签字页", "remedy": "请补交完整文本"}]
        defects += [
            {"material": id, "reason": "missing", "words": "未提交", "remedy": "请提交原件扫描件"}
            for id in self.materials[len(self.materials) - self.story.missing :]
        ]
        correction = self.script.id("correction", self.story.key)
        self._say(verbs.Correct(correction=correction, defects=defects, document=self._document("correct")))
        if state is S.CORRECTED:
            self._hand_in(range(len(self.materials) - 1, len(self.materials)))
            self._say(verbs.Corrected())

    def _clash(self) -> None:
        """Two clerks change the address, the second without having seen the first."""
        was = self._form("")["address"]
        self._say(verbs.Edit(field="address", was=was, value="样例路1号2-301"))
        self._say(verbs.Edit(field="address", was=was, value="样例路1号2-302"), by="0304", ends=CONFLICT)


def _back(calendar: Calendar, day: str, working_days: int) -> str:
    """The working day that lies so many working days before `day`."""
    at = start_of_day_ms(day)
    while working_days:
        at -= 24 * 60 * MINUTE_MS
        working_days -= calendar.is_working_day(day_of(at))
    return day_of(at)
