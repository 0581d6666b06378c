"""What must hold of exclusive things, told again from the design: what people at windows did, and the centre's file.

leases    nobody calls a ticket that another window may have called; a call without a network happens while its lease
          lasts by the one true time, and no window has the ticket then
numbers   none twice; each that was given is on a ticket or paper, void with a reason, in a live block or passed over by
          a restored centre – in one of these places
rights    one a case is out, with the number of its paper; while it is out only its own device ends it before its time
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from sync.clock import DrivenClock
from tests.sync.oracle import CentreOracle, Image, Said

MARGIN, RIGHT_MARGIN = 30_000, 600_000
"""After a lease, after a right to issue: so much later others may."""
OWN_PAPERS = ("grant_decision", "refusal_decision")
_CALLED_ELSEWHERE = """SELECT l.ticket FROM ticket_lease l JOIN "call" c ON c.ticket = l.ticket AND c."open"
JOIN window_session s ON s.id = c.session WHERE l.ended_at IS NULL AND s.device <> l.device"""
_AT = """SELECT s.device FROM "call" c JOIN window_session s ON s.id = c.session
WHERE c.ticket = ? AND c."open" AND s.device <> ?"""
_SERIES = 'SELECT id, "next", period, lost FROM number_series'


class HoldingOracle(CentreOracle):
    """The centre's, and these. `clock` tells the true time, which no device knows."""

    clock = DrivenClock(0)

    @property
    def now(self) -> int:
        """The true time."""
        return self.clock.now()

    def __init__(self, *told: Any) -> None:
        super().__init__(*told)
        self.handed: dict[tuple[str, str, int], str] = {}  # numbers that a device gave: whose they are
        self.calls: dict[tuple[str, int], tuple[str, int]] = {}  # without a network: the ticket, its lease's end
        self.late: set[tuple[str, str]] = set()  # ticket, device: called in time, heard of too late
        self.numbers: dict[str, tuple[Any, ...]] = {}  # of papers: year and n
        self.last: dict[str, int] = {}  # n of each device
        self.counted = 0  # results that were looked at

    def backup(self) -> HoldingOracle:
        """With nothing that only the lost centre knew."""
        copied = super().backup()
        assert isinstance(copied, HoldingOracle)
        copied.handed, copied.calls, copied.latest = {}, {}, []
        copied.numbers, copied.clock = dict(self.numbers), self.clock
        copied.last, copied.counted, copied.late = dict(self.last), self.counted, set(self.late)
        return copied

    def restored(self, lost: CentreOracle, db: Any) -> HoldingOracle:
        """What devices gave stays given."""
        again = super().restored(lost, db)
        assert isinstance(again, HoldingOracle)
        assert isinstance(lost, HoldingOracle)
        again.handed = dict(lost.handed)
        again.late = lost.late | {(ticket, device) for (device, _), (ticket, _) in lost.calls.items()}
        return again

    # -- what people do

    def called_offline(self, said: Said) -> None:
        """At a window, this moment, under a lease: nobody else may have that person."""
        lease, ticket = said.args["lease"], said.id
        found = self.db.execute("SELECT device, state, expires_at, ended_at FROM ticket_lease WHERE id = ?", (lease,))
        for device, state, expires_at, ended_at in found:
            assert device == said.device, f"under another's lease: {said}"
            assert self.now < expires_at, f"{self.now - expires_at} ms after its lease: {said}"
            [(stands,)] = self.db.execute("SELECT state FROM ticket WHERE id = ?", (ticket,))
            given_up = ended_at is not None and state in ("returned", "expired") and stands == "waiting"
            assert not given_up, f"under a lease that is {state}: {said}"
            self.calls[said.device, said.n] = (ticket, expires_at)
            self._at_one_window()

    def gave(self, said: Said) -> None:
        """A number out of a device's block."""
        number = said.args.get("number")
        if number is None:
            return
        series = (
            f"{said.scope}:A" if said.kind == "ticket.issue@1" else f"{said.scope.partition(':')[0]}/material_receipt"
        )
        key = series, number["period"], number["n"]
        assert key not in self.handed, f"{key} a second time: {said}"
        self.handed[key] = said.id if said.kind == "ticket.issue@1" else said.args["document"]

    # -- after each step

    def _exclusive(self) -> None:
        super()._exclusive()
        self._in_order()
        self._at_one_window()
        if not self.latest:  # then nothing of the rest is another
            return
        many = "SELECT ticket FROM ticket_lease WHERE ended_at IS NULL GROUP BY ticket HAVING count(*) > 1"
        assert self.db.execute(many).fetchall() == [], "two leases of one ticket"
        assert self.db.execute(_CALLED_ELSEWHERE).fetchall() == [], "called by another window than its lease's"
        self._numbers()
        self._rights()

    def _as_time_goes(self) -> None:
        self._at_one_window()

    def _at_one_window(self) -> None:
        """Whoever was called without a network is nowhere else, until that call is heard of or it is too late. Heard of
        too late, it may stand at the centre while somebody else, who was leased the ticket since, calls it too."""
        for (device, n), (ticket, expires_at) in list(self.calls.items()):
            if (device, n) in self.ended:
                del self.calls[device, n]
                continue
            if self.now >= expires_at + MARGIN:
                self.late.add((ticket, device))
                del self.calls[device, n]
                continue
            found = self.db.execute(_AT, (ticket, device)).fetchall()
            elsewhere = [other for (other,) in found if (ticket, other) not in self.late]
            assert not elsewhere, f"{ticket} is called at {device} and at {elsewhere}"

    def _in_order(self) -> None:
        """What a device says ends in the order in which it was said."""
        for device, n in list(self.ended)[self.counted :]:
            if (device, n) in self.said:
                assert n > self.last.get(device, 0), f"{device}: {n} ended after {self.last[device]}"
                self.last[device] = n
        self.counted = len(self.ended)

    def _numbers(self) -> None:
        used: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)

        def use(series: str, period: str, n: int, id: str) -> None:
            assert n not in used[series, period], f"{series} {period} {n} on {id} and {used[series, period][n]}"
            used[series, period][n] = id

        for id, scope, prefix, day, number in self.db.execute("SELECT id, scope, prefix, day, number FROM ticket"):
            if number is not None:
                use(f"{scope}:{prefix}", day, int(number[len(prefix) :]), id)
        given_up: dict[tuple[str, str], set[int]] = defaultdict(set)
        papers = "SELECT id, scope, kind, year, n, state FROM document WHERE n IS NOT NULL"
        for id, scope, kind, year, n, state in self.db.execute(papers):
            series = f"{scope.partition(':')[0]}/{kind}"
            if state == "void":
                given_up[series, year].add(n)
            else:
                use(series, year, n, id)
            assert self.numbers.setdefault(id, (year, n)) == (year, n), f"{id} has another number than it had"
        void, live, passed_over, blocks = self._unused(used)
        for key, lost in given_up.items():
            assert lost <= void[key], f"papers of {key} are void, and the register does not know {lost - void[key]}"
        given = {(series, period): upto - 1 for series, upto, period, _ in self.db.execute(_SERIES)}
        for key in {*given, *used, *void, *blocks}:
            everything = used[key].keys() | void[key] | live[key] | passed_over[key]
            top = max(given.get(key, 0), *everything, *blocks[key], 0)
            unexplained = set(range(1, top + 1)) - everything
            assert not unexplained or key[0].startswith("case/"), f"nothing explains {unexplained} of {key}"
        for (series, period, n), id in self.handed.items():
            assert used[series, period].get(n, id) == id, f"{n} of {series} was given to {id}, and is another's"

    def _unused(self, used: dict[tuple[str, str], dict[int, str]]) -> tuple[dict[tuple[str, str], set[int]], ...]:
        void: dict[tuple[str, str], set[int]] = defaultdict(set)
        live: dict[tuple[str, str], set[int]] = defaultdict(set)
        passed_over: dict[tuple[str, str], set[int]] = defaultdict(set)
        for series, period, n, reason in self.db.execute("SELECT series, period, n, reason FROM void_number"):
            assert reason, f"{n} of {series} is void without a reason"
            assert n not in void[series, period], f"{n} of {series} is void twice"
            assert n not in used[series, period], f"{n} of {series} is void, and on {used[series, period][n]}"
            void[series, period].add(n)
        blocks: dict[tuple[str, str], set[int]] = defaultdict(set)
        found = self.db.execute("SELECT series, period, first, last, used, state FROM number_block")
        for series, period, first, last, gone, state in found:
            whole, key = set(range(first, last + 1)), (series, period)
            assert not whole & blocks[key], f"two blocks of {key} hold {whole & blocks[key]}"
            blocks[key] |= whole
            taken = set(json.loads(gone) or ())
            assert whole & used[key].keys() == taken, f"{key} {first}-{last}: noted {taken}, used {used[key].keys()}"
            if state == "out":
                live[key] |= whole - taken
        for series, _, _, lost in self.db.execute(_SERIES):
            for gap in json.loads(lost) if lost else ():
                passed_over[series, gap["period"]] |= set(range(gap["first"], gap["last"] + 1))
        return void, live, passed_over, blocks

    def _rights(self) -> None:
        many = """SELECT "case" FROM issue_authorisation WHERE state = 'out' GROUP BY "case" HAVING count(*) > 1"""
        assert self.db.execute(many).fetchall() == [], "two rights of one case are out"
        out = self.db.execute(
            """SELECT a.id, a.number, d.number, d.state, c.state FROM issue_authorisation a
            JOIN document d ON d.id = a.document JOIN "case" c ON c.id = a."case" WHERE a.state = 'out'"""
        )
        for id, reserved, number, paper, case in out:
            assert reserved == number, f"{id} reserves {reserved} for a paper that is {number}"
            assert (paper, case) == ("prepared", "decided"), (
                f"the right {id} is out, its paper {paper}, its case {case}"
            )
        for (device, _), table, id, image in self.latest:
            if table == "issue_authorisation" and image is not None:
                self._ended_by_its_own(device, id, image)
        once = f"""SELECT d.id FROM document d JOIN issue_authorisation a ON a.document = d.id AND a.state = 'used'
        WHERE d.kind IN {OWN_PAPERS} GROUP BY d.id HAVING count(*) > 1"""
        assert self.db.execute(once).fetchall() == [], "one paper issued twice"

    def _ended_by_its_own(self, device: str, id: str, image: Image) -> None:
        assert image is not None
        if image["state"] in ("returned", "expired") and device != image["device"]:
            until = image["expires_at"] + RIGHT_MARGIN
            assert self.now >= until, f"{device} ended the right {id} of {image['device']} {until - self.now} ms early"
