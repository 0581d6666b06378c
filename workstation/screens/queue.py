"""Screen 1: calling tickets at a window.

who waits, in the order of the policy | the ticket here, its time, the day's figures
F2 asks the centre ─▶ the ticket that came back is at the window; nothing is shown called before that
Enter   called: the person has come   serving: the case   on a row held or missed: go on, wait again
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult

from sync.errors import HallError
from sync.records.states import TicketState
from workstation.actions.table import Action
from workstation.cells import clip, width
from workstation.hours import MINUTE, clock_span, hhmm
from workstation.locale import Phrase, say
from workstation.screens.frame import Frame
from workstation.screens.queue_appointments import appointments
from workstation.screens.queue_issue import ask_for_ticket, pick_matter
from workstation.screens.queue_offline import offline_lines
from workstation.screens.queue_reasons import BY_ROW, label, why_not
from workstation.screens.queue_wanted import note_line
from workstation.services.queue import CALLED, QueueService
from workstation.views.queue import Current, Figures, QueueTicket
from workstation.widgets.dialog import Ask, Pick
from workstation.widgets.lines import Line, Lines
from workstation.widgets.rows import Row
from workstation.widgets.window_table import Column, WindowTable
from workstation.window_words import window_words

COLUMNS = (
    Column("number", "queue.col.number", 5),
    Column("matter", "queue.col.matter", 16, flexible=True),
    Column("holder", "queue.col.holder", 14, priority=3, most=32),
    Column("waited", "queue.col.waited", 6, align="right"),
    Column("expected", "queue.col.expected", 5, align="right", priority=4),
    Column("mark", "queue.col.mark", 11, priority=2),
)
_ROWS = ("ticket", "window_session", "pause", "service_segment", "call", "layout", "window_request")
SHOWN = frozenset({"*", "outbox", "lease", "case", "setting", *_ROWS})
LEAST_MATTERS = 12  # cells
REREAD_EVERY_S = 15  # so that waits in minutes are true
PAUSES = ("lunch", "meeting", "device", "rest", "other")


class QueueScreen(Frame):
    """窗口叫号."""

    NUMBER = 1
    SIDE_WIDTH: ClassVar[int] = 34
    DEFAULT_CSS = """
    QueueScreen #counter { height: 1; margin: 0 0 1 0; }
    QueueScreen #note { height: 1; margin: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.current: Current | None = None
        self.figures = Figures()
        self.waiting: list[QueueTicket] = []
        self.paused: str | None = None
        self.filter_text = ""
        self._ticks = 0

    @property
    def queue(self) -> QueueService:
        """The service."""
        return self.hall.services.queue  # type: ignore[no-any-return]

    # -- what is shown ------------------------------------------------------------------------------------------------

    def compose_main(self) -> ComposeResult:
        """The window, who waits, a note."""
        yield Lines([[]], id="counter")
        yield WindowTable(COLUMNS, empty="queue.nobody_waits", id="waiting")
        yield Lines([[(say("queue.note"), "dim")]], id="note")

    def compose_side(self) -> ComposeResult:
        """The ticket here, the figures."""
        yield Lines([[]], id="now")

    def on_mount(self) -> None:
        """Follow the clock."""
        super().on_mount()
        self.set_interval(1.0, self.tick)

    def on_resize(self, event: events.Resize) -> None:
        """The line above the list has another width."""
        if self.hall.services is not None and self.hall.person.staff_id and self.is_current:
            self.call_after_refresh(self.reread)

    async def shown(self, ticket_id: str = "", **what: Any) -> None:
        """Somebody arrives; with a ticket, the cursor goes there."""
        self.reread()
        if ticket_id and not self.query_one("#waiting", WindowTable).move_to(ticket_id):
            self.hint("queue.not_waiting")

    def changed(self, tables: frozenset[str]) -> None:
        """Rows came, or an answer."""
        if tables & SHOWN and self.hall.person.staff_id:
            before = self.current
            self.reread()
            if before is not None and self.current is None and self.queue.given_up(before.id):
                self.hint("queue.given_up", number=before.number)

    def reread(self) -> None:
        """Everything anew, from the local copy."""
        now = self.hall.clock.now()
        self.current, self.figures, self.paused = self.queue.current(), self.queue.figures(), self.queue.pause_reason()
        waiting, aside = self.queue.waiting(), self.queue.aside()
        self.waiting = waiting
        table = self.query_one("#waiting", WindowTable)
        table.show_rows([_row(ticket, now) for ticket in (*waiting, *aside)])
        self._show_counter(waiting, now)
        self._show_now()
        self.show_keys()

    def tick(self) -> None:
        """A second has passed."""
        if self.hall.services is None or not self.is_current or not self.hall.person.staff_id or not self.query("#now"):
            return
        self._ticks += 1
        if self._ticks % REREAD_EVERY_S == 0:
            self.reread()
        else:
            self._show_now()

    def _show_counter(self, waiting: list[QueueTicket], now: int) -> None:
        counter = self.queue.counter()
        longest = max([0, *(now - ticket.arrived_at for ticket in waiting)]) // MINUTE
        here = window_words(counter.label) if counter else say("queue.without_window")
        does = " ".join(dict.fromkeys(name for _, name in self.queue.matters())) if counter else ""
        waits = f"  {say('queue.waiting', count=len(waiting), longest=longest)}"
        filtered = f"  {say('queue.filtered', text=self.filter_text or say('queue.all'))}"
        shown = self.query_one("#counter", Lines)
        room = shown.size.width - width(here + waits + filtered) - 3
        does = clip(say("queue.does", matters=does), room) if does and room > LEAST_MATTERS else ""
        tone = "key" if self.filter_text else ""
        shown.set_lines([[(f" {here}", "strong"), (f"  {does}" if does else "", "dim"), (waits, ""), (filtered, tone)]])

    def _show_now(self) -> None:
        now, current, figures = self.hall.clock.now(), self.current, self.figures
        lines: list[Line] = [[(say("queue.now"), "title")], []]
        if current is None:
            words = say("queue.paused", reason=self.paused) if self.paused is not None else say("queue.nobody_here")
            lines += [[(words, "warn" if self.paused is not None else "dim")], [], []]
        else:
            span = now - current.since + (current.worked_ms if current.state == TicketState.SERVING else 0)
            words = say(f"queue.state.{current.state}")
            lines += [
                [(f"{current.number}  ", "key"), (current.matter_name, "strong")],
                [(current.holder, "")],
                [(say(f"queue.span.{current.state}", span=clock_span(span)), "strong"), *self._over(current, span)],
                [],
                [(f"[{words}]", "notice")],
            ]
            lines += [[(say("queue.further", matter=name), "warn")] for name in current.more]
        lines += [
            [],
            [(say("queue.today", done=figures.done, missed=figures.missed, sent=figures.transferred), "")],
            [(say("queue.average", minutes=f"{figures.average_minutes:.2f}"), "")],
            [(say("queue.to_do", count=figures.to_do, due=figures.due_today), "warn" if figures.due_today else "")],
        ]
        lines += offline_lines(self.queue, self.waiting)
        self.query_one("#now", Lines).set_lines(lines)
        self.query_one("#note", Lines).set_lines([note_line(self.queue, self.waiting)])
        self._show_status(now)

    @staticmethod
    def _over(current: Current, span: int) -> list[tuple[str, str]]:
        """A word once service takes twice what the matter usually does."""
        limit = current.expected_minutes * 2 * MINUTE
        return [(f"  {say('queue.long')}", "warn")] if 0 < limit < span else []

    def _show_status(self, now: int) -> None:
        parts = []
        if self.current is not None:
            span = clock_span(now - self.current.since)
            words = say(f"queue.state.{self.current.state}")
            parts.append(say("queue.status_here", number=self.current.number, state=words, span=span))
        if (last := self.queue.last) is not None:
            step = say(f"queue.step.{last.verb}")
            parts.append(say("queue.status_last", at=hhmm(last.at), step=step, number=last.number))
            if left := self.queue.undo_left_ms:
                parts.append(say("queue.status_undo", seconds=-(-left // 1000)))
        self.status("queue.status" if parts else "", text="    ".join(parts))

    def label_of(self, action: Action) -> str:
        """By what is at the window, and under the cursor."""
        return label(self, action.id) or action.label

    # -- why not ------------------------------------------------------------------------------------------------------

    def why_disabled(self, action_id: str) -> Phrase | None:
        """By what is at the window."""
        return why_not(self, action_id.partition(".")[2])

    def row_under_cursor(self) -> QueueTicket | None:
        """Who the cursor is on."""
        if not self.is_mounted:
            return None
        row = self.query_one("#waiting", WindowTable).cursor_row
        return row.data if row is not None else None

    def held_row(self) -> QueueTicket | None:
        """The one under the cursor, where it was put aside."""
        ticket = self.row_under_cursor()
        return ticket if ticket is not None and ticket.state == TicketState.HELD else None

    # -- what is done -------------------------------------------------------------------------------------------------

    async def do_call_next(self) -> None:
        """F2."""
        self.hint("queue.asking", tone="dim")
        current = await self.queue.call_next()
        self.reread()
        self.hint("queue.called", tone="good", number=current.number, matter=current.matter_name)

    async def do_call_number(self) -> None:
        """F4: a number typed, or the one under the cursor; a held one goes on, a missed one waits again."""
        under = self.row_under_cursor()
        here = under.number if under is not None else None
        label = say("queue.which_or", number=here) if here else say("queue.which")
        typed = await self.ask(Ask(say("queue.call_number"), label, digits=True, limit=8))
        if typed is None or not (typed or here):
            return
        id, state, _ = self.queue.number(typed or here or "")
        if state == TicketState.HELD:
            self.queue.resume(id)
        elif state == TicketState.MISSED:
            self.queue.reactivate(id)
        else:
            self.hint("queue.asking", tone="dim")
            current = await self.queue.call(id)
            self.hint("queue.called", tone="good", number=current.number, matter=current.matter_name)
        self.reread()

    def do_miss(self) -> None:
        """F6."""
        self._stepped(self.queue.miss)

    def do_recall(self) -> None:
        """F7."""
        self._stepped(self.queue.recall)

    def do_finish(self) -> None:
        """F9; with further matters the next one begins here, or the person waits for it elsewhere."""
        before = self.current
        self._stepped(self.queue.finish)
        if before is not None and before.more:
            words = "queue.next_here" if self.current is not None else "queue.next_elsewhere"
            self.hint(words, tone="good", number=before.number, matter=before.more[0])

    def do_hold(self) -> None:
        """F11: the ticket here is put aside; where nobody is here, the held one under the cursor goes on."""
        if self.current is not None:
            self._stepped(self.queue.hold)
        elif (held := self.held_row()) is not None:
            self._stepped(lambda: self.queue.resume(held.id))

    async def do_transfer(self) -> None:
        """F8: another window, or another matter."""
        windows = [
            (f"w:{id}", say("queue.to_window", window=window_words(w), staff=by))
            for id, w, by in self.queue.other_windows()
        ]
        options = [*windows[:8], ("m", say("queue.to_matter"))]
        chosen = await self.ask(Pick(say("queue.transfer"), options))
        if chosen is None:
            return
        if chosen != "m":
            self._stepped(lambda: self.queue.transfer(window=chosen.removeprefix("w:")))
            return
        matter = await pick_matter(self, say("queue.transfer"))
        if matter is not None:
            self._stepped(lambda: self.queue.transfer(matter=matter))

    async def do_issue(self) -> None:
        """Ctrl+T: a ticket for whoever stands at the desk."""
        wanted = await ask_for_ticket(self)
        if wanted is None:
            return
        self.hint("queue.asking", tone="dim")
        number = await self.queue.issue(*wanted)
        self.reread()
        self.hint("queue.issued", tone="good", number=number)

    async def do_appointments(self) -> None:
        """Ctrl+R."""
        await appointments(self)

    async def do_pause(self) -> None:
        """F10: with a reason; again: tickets again."""
        if self.paused is not None:
            self._stepped(self.queue.resume_window)
            return
        reasons = [(name, say(f"queue.pause.{name}")) for name in PAUSES]
        chosen = await self.ask(Pick(say("queue.pause"), reasons))
        if chosen == "other":
            words = await self.ask(Ask(say("queue.pause"), say("queue.pause.which"), limit=30))
        else:
            words = say(f"queue.pause.{chosen}") if chosen else None
        if words:
            self._stepped(lambda: self.queue.pause(words))

    def _stepped(self, step: Callable[[], None]) -> None:
        step()
        self.reread()

    async def do_filter(self) -> None:
        """F3."""
        typed = await self.ask(Ask(say("queue.filter"), say("queue.filter_by"), value=self.filter_text, limit=20))
        if typed is not None:
            self.filter_text = typed
            self.query_one("#waiting", WindowTable).filter(typed)
            self.reread()

    def do_refresh(self) -> None:
        """F5."""
        self.queue.desk.engine.nudge()
        self.reread()
        self.hint("queue.refreshed", tone="dim")

    def do_open_case(self) -> None:
        """Enter."""
        current = self.current
        if current is None:
            self._open_row()
        elif current.state in CALLED:
            if self.hall.person.read_only:
                raise HallError("app.not_yours")
            self._stepped(self.queue.serve)
        elif current.case is not None:
            self.hall.goto(2, case_id=current.case)
        else:
            self.hall.goto(2, ticket=current.id)

    def _open_row(self) -> None:
        ticket = self.row_under_cursor()
        if ticket is not None and ticket.state in BY_ROW:
            step = self.queue.resume if ticket.state == TicketState.HELD else self.queue.reactivate
            self._stepped(lambda: step(ticket.id))

    def copies(self) -> list[tuple[Phrase, str]]:
        """The ticket's number."""
        row = self.query_one("#waiting", WindowTable).cursor_row
        return [("app.copy.ticket", row.data.number)] if row is not None and row.data.number else []

    async def do_undo(self) -> None:
        """Ctrl+Z."""
        verb = await self.queue.undo()
        self.reread()
        self.hint("queue.undone", tone="good", step=say(f"queue.step.{verb}"))


def _row(ticket: QueueTicket, now: int) -> Row:
    aside = ticket.state != TicketState.WAITING
    words = " ".join(say(f"queue.mark.{mark}") for mark in ticket.marks)
    if ticket.more:
        words = f"{words} {say('queue.mark.more', count=ticket.more)}".strip()
    waited = "" if aside else say("queue.minutes", count=max(now - ticket.arrived_at, 0) // MINUTE)
    cells = (
        ticket.number or say("queue.unnumbered"),
        ticket.matter_name,
        ticket.holder,
        waited,
        say("queue.minutes", count=ticket.expected_minutes),
        words,
    )
    return Row(ticket.id, cells, tone="dim" if aside or "resting" in ticket.marks else "", data=ticket)
