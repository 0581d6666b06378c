"""Any sequence of queue operations by several people keeps what domain §1 promises.

The oracle below knows the rows and what was asked for, in plain loops of its own; it shares no code with the rules.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ticket_scene import hall
from world import HOUR, MINUTE, MONDAY, SECOND, World

from sync.protocol.operation import Args
from sync.protocol.verbs import ticket as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects

CLERKS = ("0307", "0308", "0309")
WINDOWS = ("w03", "w04")
ASKED = (
    "issue",
    "open",
    "call_next",
    "call",
    "recall",
    "serve",
    "miss",
    "reactivate",
    "hold",
    "resume",
    "transfer",
    "finish",
    "cancel",
    "undo_call",
    "pause",
    "unpause",
    "close",
    "close_day",
)
OFTEN = ("issue", "call_next", "call_next", "call_next", "call", "serve", "serve", "serve", "finish", "miss", "recall")
ON_THE_WAY = (
    "reactivate",
    "hold",
    "hold",
    "resume",
    "resume",
    "resume",
    "transfer",
    "transfer",
    "undo_call",
    "undo_call",
    "unpause",
    "unpause",
)
PRIORITIES = ("none", "none", "elderly", "green", "disabled")
Asked = tuple[str, int, int, int, int]
asked = st.lists(
    st.tuples(
        st.sampled_from(ASKED + 2 * (OFTEN + ON_THE_WAY)),
        st.sampled_from([0, 0, 0, 1, 1, 2]),  # who
        st.integers(0, 7),  # which ticket
        st.sampled_from([0, 0, 1, 1, 4, 30, 200]),  # seconds that pass before
        st.sampled_from([0, 0, 0, 3, 45]),  # seconds that the operation was on its way
    ),
    min_size=50,
    max_size=120,
)


class Play:
    """People who press keys, whether that makes sense or not, and what an onlooker writes down meanwhile."""

    def __init__(self, **settings: Any) -> None:
        self.world = hall(**settings)
        self.arrivals: dict[str, int] = {}
        self.said: Counter[str] = Counter()
        self.reactivated: Counter[str] = Counter()
        self.finished: set[str] = set()
        self.invited: Counter[str] = Counter()

    def press(self, what: str, who: int, which: int, late: int) -> bool:
        world, by = self.world, CLERKS[who]
        open_session = next(
            (s for s in world.rows["window_session"].values() if s.staff == by and s.state != "closed"), None
        )
        ticket = self.aim(what, open_session, which)
        session = open_session.id if open_session else "s-none"
        new = world.new()
        args: Args
        id = ticket
        if what == "issue":
            args, id = (
                verbs.Issue(matter="m-" + "AB"[which % 2], site="main", priority=PRIORITIES[which % 5]),
                new,
            )
        elif what == "open":
            args, id = verbs.OpenWindow(window=WINDOWS[which % 2]), new
        elif what == "call_next":
            args, id = verbs.CallNext(call=new), session
        elif what in ("pause", "unpause", "close"):
            choices: dict[str, Args] = {
                "pause": verbs.PauseWindow(pause=new, reason="meal"),
                "unpause": verbs.ResumeWindow(),
                "close": verbs.CloseWindow(),
            }
            args, id = choices[what], session
        elif what == "close_day":
            if which < 7:
                return False
            args, id = verbs.CloseDay(day=world.today), world.queue
        else:
            steps: dict[str, Args] = {
                "call": verbs.Call(session=session, call=new),
                "recall": verbs.Recall(),
                "serve": verbs.Serve(segment=new),
                "miss": verbs.Miss(),
                "reactivate": verbs.Reactivate(),
                "hold": verbs.Hold(),
                "resume": verbs.Resume(session=session, segment=new),
                "transfer": verbs.Transfer(window=WINDOWS[which % 2]) if which % 3 else verbs.Transfer(matter="m-B"),
                "finish": verbs.Finish(invite=new),
                "cancel": verbs.Cancel(),
                "undo_call": verbs.UndoCall(),
            }
            args = steps[what]
        role = Role.DUTY if what == "close_day" else Role.CLERK
        before = {row.id: row for row in world.rows["ticket"].values()}
        served_by = {s.ticket: s.staff for s in sorted(self.world.rows["service_segment"].values(), key=began)}
        outcome = world.do(args, id, role, by=by, device=by, judged=world.now - late * SECOND)
        if not isinstance(outcome, Effects):
            return False
        if what == "issue":
            self.arrivals[id] = world.now - late * SECOND
        if what in ("call_next", "call"):
            self.said[new] += 1
        if what == "recall":
            self.said[next(c.id for c in world.rows["call"].values() if c.open and c.ticket == id)] += 1
        if what == "call_next":
            [called] = [c.ticket for c in world.rows["call"].values() if c.id == new]
            self.check_choice(before, called, session, world.now - late * SECOND)
        if what == "reactivate":
            self.reactivated[id] += 1
        if what == "finish":
            self.finished.add(id)
        if what in ("finish", "transfer") or (what == "resume" and served_by[id] != by):
            self.invited[id] += 1
        if what == "close_day":
            self.invited.update(t.id for t in before.values() if t.state in ("serving", "held"))
        world.advance(0)  # what is left to the clock
        return True

    def aim(self, what: str, session: Any, which: int) -> str:
        """Mostly a ticket with which the step could be possible, now and then any."""
        tickets = sorted(self.world.rows["ticket"].values(), key=lambda t: t.id)
        fitting = {"reactivate": "missed", "resume": "held", "call": "waiting"}.get(what)
        if which < 6 and fitting:
            tickets = [t for t in tickets if t.state == fitting] or tickets
        elif which < 6 and session is not None and session.ticket is not None:
            return str(session.ticket)
        return str(tickets[which % len(tickets)].id) if tickets else "t-none"

    def check_choice(self, tickets: dict[str, Any], called: str, session: str, now: int) -> None:
        """Nobody whom this window may have, and who is not resting, has the better claim than the one called."""
        window = self.world("window", self.world("window_session", session).window)
        steps = {"none": 0, "green": 1, "elderly": 2, "disabled": 2}
        chosen = tickets[called]
        assert chosen.missed_at is None or now - chosen.missed_at >= 5 * MINUTE
        assert chosen.target_window in (None, window.id)
        assert chosen.prefix in window.skills or chosen.target_window == window.id
        for other in tickets.values():
            may = other.target_window == window.id or (other.target_window is None and other.prefix in window.skills)
            rests = other.missed_at is not None and now - other.missed_at < 5 * MINUTE
            if other.state != "waiting" or not may or rests or other.id == called:
                continue
            if (other.target_window is None) != (chosen.target_window is None):
                assert other.target_window is None, "one who was sent here was passed over"
                continue
            ahead = chosen.arrived_at - other.arrived_at
            worth = (steps[chosen.priority] - steps[other.priority]) * 10 * MINUTE
            assert ahead <= worth, (
                f"{other.id} has waited {ahead} ms longer, which {worth} ms of priority do not outweigh"
            )

    def check(self) -> None:
        world = self.world
        tickets = {t.id: t for t in world.rows["ticket"].values()}
        open_calls = Counter(c.ticket for c in world.rows["call"].values() if c.open)
        open_segments = Counter(s.ticket for s in world.rows["service_segment"].values() if s.ended_at is None)
        live = [s for s in world.rows["window_session"].values() if s.closed_at is None]
        at_session = defaultdict(list)
        for t in tickets.values():
            assert t.state not in ("issued", "transferred")
            assert t.arrived_at == self.arrivals[t.id]
            if t.state in ("called", "recalled", "serving"):
                at_session[t.session].append(t.id)
            assert open_calls[t.id] == (1 if t.state in ("called", "recalled") else 0)
            assert open_segments[t.id] == (1 if t.state == "serving" else 0)
            if t.state == "waiting":
                assert (t.window, t.session, t.called_at, t.calls) == (None, None, None, 0)
            assert t.flagged == (t.state == "closed_end_of_day")
        assert {s.id: [s.ticket] for s in live if s.ticket} == dict(at_session)
        assert len({s.window for s in live}) == len({s.staff for s in live}) == len(live)
        assert all(s.state in ("open", "paused") for s in live)
        pauses = sorted(p.session for p in world.rows["pause"].values() if p.to_at is None)
        assert pauses == sorted(s.id for s in live if s.state == "paused")
        self.check_numbers(tickets)
        self.check_times(tickets)
        said = list(world.rows["announcement"].values())
        assert len(said) == self.said.total()
        assert all(a.v == 1 for a in said)
        assert all(self.reactivated[id] <= 2 for id in tickets)
        assert all(times <= 4 for times in self.said.values()), "said more often than once and three times again"
        done = {t.id for t in tickets.values() if t.state == "done"}
        assert done == self.finished
        assert Counter(link.ticket for link in world.rows["invite_link"].values()) == self.invited
        assert {i.id for i in world.rows["invite"].values()} == {i.id for i in world.rows["invite_link"].values()}

    def check_numbers(self, tickets: dict[str, Any]) -> None:
        by_series = defaultdict(list)
        for t in tickets.values():
            by_series[t.day, t.number[0]].append(int(t.number[1:]))
        for numbers in by_series.values():
            assert sorted(numbers) == list(range(1, len(numbers) + 1))

    def check_times(self, tickets: dict[str, Any]) -> None:
        for c in self.world.rows["call"].values():
            assert day(c.called_at) == tickets[c.ticket].day, "a call for another day"
            assert c.open == (c.ended_at is None)
            assert c.open or c.called_at <= c.ended_at
        stretches = defaultdict(list)
        for s in self.world.rows["service_segment"].values():
            stretches[s.ticket].append((s.started_at, float("inf") if s.ended_at is None else s.ended_at))
        for of_ticket in stretches.values():
            of_ticket.sort()
            assert all(start <= end for start, end in of_ticket)
            assert all(end <= start for (_, end), (start, _) in pairwise(of_ticket))


def began(segment: Any) -> int:
    return int(segment.started_at)


def day(ms: int) -> str:
    """The hall's day, reckoned here."""
    return (datetime.fromtimestamp(ms / 1000, UTC) + timedelta(hours=8)).date().isoformat()


@settings(max_examples=150, deadline=None)
@given(asked)
def test_any_sequence_keeps_the_promises(sequence: list[Asked]) -> None:
    play = Play()
    for who in range(3):
        play.press("open", who, who, 0)
    for n in range(6):
        play.press("issue", 0, n, 0)
    for what, who, which, passes, late in sequence:
        play.world.advance(passes * SECOND)
        play.press(what, who, which, late)
        play.check()


@settings(max_examples=40, deadline=None)
@given(asked)
def test_whatever_happened_the_close_of_day_leaves_nothing_open(sequence: list[Asked]) -> None:
    play = Play()
    for what, who, which, passes, late in [("open", 0, 0, 0, 0), ("issue", 0, 0, 0, 0), *sequence]:
        play.world.advance(passes * SECOND)
        play.press(what, who, which, late)
    served = [t.id for t in play.world.rows["ticket"].values() if t.state in ("serving", "held")]
    play.world.advance(MONDAY + 9 * HOUR - play.world.now)  # 18:00
    play.invited.update(served)
    assert Counter(link.ticket for link in play.world.rows["invite_link"].values()) == play.invited
    assert not [t for t in play.world.rows["ticket"].values() if t.state in ("waiting", "called", "serving", "missed")]
    for table, column in (("call", "ended_at"), ("service_segment", "ended_at"), ("pause", "to_at")):
        assert not play.world.find(table, **{column: None}), table
    assert not play.world.find("window_session", closed_at=None)


def waits_of(world: World) -> dict[str, int]:
    return {c.ticket: c.called_at - world("ticket", c.ticket).arrived_at for c in world.rows["call"].values()}


def test_nobody_starves_though_priority_comes_every_minute() -> None:
    """One plain ticket, then a disabled person a minute while one is served a minute: the plain one's turn comes."""
    play = Play()
    play.press("open", 0, 0, 0)
    world = play.world
    world.must(verbs.Issue(matter="m-A", site="main"), "plain", Role.CITIZEN)
    for minute in range(40):
        world.must(verbs.Issue(matter="m-A", site="main", priority="disabled"), f"d-{minute:02d}", Role.CITIZEN)
        world.advance(MINUTE)
        session = next(iter(world.rows["window_session"]))
        world.must(verbs.CallNext(call=f"c-{minute}"), session)
        called = world("window_session", session).ticket
        world.must(verbs.Serve(segment=f"g-{minute}"), called)
        world.must(verbs.Finish(invite=f"i-{minute}"), called)
    assert 19 * MINUTE <= waits_of(world)["plain"] <= 22 * MINUTE
