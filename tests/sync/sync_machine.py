"""What people do in the machine's hall: every verb of a window, a case at hand, conflicts, roles, rules that break."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from sync.protocol.operation import Args
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from tests.sync.extra_verbs import Break, Flaky, Scratch, Touch
from tests.sync.fault_machine import DEVICE, TOLD, FaultMachine
from tests.sync.small_hall import BASE, CASES, CLERKS, QUEUE
from tests.sync.stage import PEOPLE

__all__ = ["TOLD", "SyncMachine"]
VALUE = st.sampled_from(["1", "2", "3"])


class SyncMachine(FaultMachine):
    """Steps, among the faults."""

    def clerk(self, i: int, who: int) -> str:
        persons = [person for person in PEOPLE[i] if person in CLERKS]
        return persons[who % len(persons)]

    def pick(self, i: int, which: int, sql: str, *params: Any) -> str | None:
        """An id that this machine shows."""
        found = self.machines[i].all(sql, *params)
        return found[which % len(found)][0] if found else None

    @rule(i=DEVICE, who=st.integers(0, 1))
    def note(self, i: int, who: int) -> None:
        self.say(i, self.clerk(i, who), cases.Note(note=next(self.ids), text="有话说"), "c0", CASES)

    @rule(i=DEVICE, who=st.integers(0, 1), field=st.sampled_from(["phone", "address"]), value=VALUE)
    def edit(self, i: int, who: int, field: str, value: str) -> None:
        case = self.machines[i].row("case", "c0")
        if case is not None:
            was = case["form"].get(field)
            self.say(i, self.clerk(i, who), cases.Edit(field=field, was=was, value=value), "c0", CASES)

    @rule(i=DEVICE, who=st.integers(0, 1), what=st.sampled_from(["take", "withdraw", "corrected"]))
    def work_on_the_case(self, i: int, who: int, what: str) -> None:
        verbs = {"take": cases.Take(), "withdraw": cases.Withdraw(reason="申请人撤回"), "corrected": cases.Corrected()}
        self.say(i, self.clerk(i, who), verbs[what], "c0", CASES)

    @rule(i=DEVICE, who=st.integers(0, 1), which=st.integers(0, 3), choice=st.sampled_from(["theirs", "mine", "third"]))
    def decide_a_conflict(self, i: int, who: int, which: int, choice: str) -> None:
        conflict = self.pick(i, which, "SELECT id FROM conflict ORDER BY id")
        if conflict is not None:
            value = "4" if choice == "third" else None
            decided = cases.DecideConflict(case="c0", choice=choice, value=value)
            self.say(i, self.clerk(i, who), decided, conflict, CASES)

    @rule(i=DEVICE, who=st.integers(0, 1))
    def issue_a_ticket(self, i: int, who: int) -> None:
        self.say(i, self.clerk(i, who), tickets.Issue(matter="m1", site="hall"), next(self.ids), QUEUE)

    @rule(i=DEVICE, who=st.integers(0, 1), window=st.sampled_from(["w1", "w1", "w2"]), then_pause=st.booleans())
    def sit_down(self, i: int, who: int, window: str, then_pause: bool) -> None:
        session = next(self.ids)
        self.say(i, self.clerk(i, who), tickets.OpenWindow(window=window), session, QUEUE)
        if then_pause:  # a step that stands on one which the server may refuse
            self.say(i, self.clerk(i, who), tickets.PauseWindow(pause=next(self.ids), reason="午餐"), session, QUEUE)

    @rule(i=DEVICE, who=st.integers(0, 1), what=st.sampled_from(["call_next", "call_next", "pause", "resume", "close"]))
    def at_the_window(self, i: int, who: int, what: str) -> None:
        by = self.clerk(i, who)
        session = self.pick(i, 0, "SELECT id FROM window_session WHERE staff = ? AND closed_at IS NULL", by)
        if session is not None:
            verbs: dict[str, Args] = {
                "call_next": tickets.CallNext(call=next(self.ids)),
                "pause": tickets.PauseWindow(pause=next(self.ids), reason="午餐"),
                "resume": tickets.ResumeWindow(),
                "close": tickets.CloseWindow(),
            }
            self.say(i, by, verbs[what], session, QUEUE)

    @rule(
        i=DEVICE,
        who=st.integers(0, 1),
        which=st.integers(0, 5),
        what=st.sampled_from(["call", "serve", "serve", "miss", "finish", "transfer", "cancel", "recall", "hold"]),
    )
    def with_a_ticket(self, i: int, who: int, which: int, what: str) -> None:
        ticket = self.pick(i, which, "SELECT id FROM ticket ORDER BY session IS NULL, id")
        session = self.pick(i, 0, "SELECT id FROM window_session WHERE staff = ?", self.clerk(i, who))
        if ticket is not None:
            verbs: dict[str, Args] = {
                "call": tickets.Call(session=session or "none", call=next(self.ids)),
                "serve": tickets.Serve(segment=next(self.ids)),
                "miss": tickets.Miss(),
                "finish": tickets.Finish(invite=next(self.ids)),
                "transfer": tickets.Transfer(window="w2"),
                "cancel": tickets.Cancel(),
                "recall": tickets.Recall(),
                "hold": tickets.Hold(),
            }
            self.say(i, self.clerk(i, who), verbs[what], ticket, QUEUE)

    @rule(
        i=st.integers(0, 1),
        staff=st.sampled_from(["0307", "0308", "0309"]),
        over=st.sampled_from([QUEUE, CASES]),
        give=st.booleans(),
        at_once=st.booleans(),
    )
    def roles(self, i: int, staff: str, over: str, give: bool, at_once: bool) -> None:
        held = self.pick(i, 0, "SELECT id FROM role_assignment WHERE staff = ? AND over = ?", staff, over)
        if give and held is None:
            self.say(i, "0901", people.AssignRole(staff=staff, role="clerk", over=over), next(self.ids), BASE)
        elif held is not None:
            self.say(i, "0901", people.RemoveRole(), held, BASE)
        if at_once:
            self.push(i, "")

    @rule(i=DEVICE, breaks=st.sampled_from([False, False, True]))
    def a_defect(self, i: int, breaks: bool) -> None:
        args = Break() if breaks else Flaky(note=next(self.ids))
        self.say(i, self.clerk(i, 0), args, "c0", CASES)

    @rule(i=DEVICE, which=st.integers(0, 3), away=st.booleans())
    def on_a_note(self, i: int, which: int, away: bool) -> None:
        note = self.pick(i, which, "SELECT id FROM case_note WHERE text LIKE 'flaky%' ORDER BY id")
        if note is not None:
            self.say(i, self.clerk(i, 0), Scratch() if away else Touch(text=f"flaky {next(self.ids)}"), note, CASES)
