"""Screen 1: why a key does nothing now, and what it is called, by who is at the window and under the cursor.

nobody here   F2 F4 call, Enter and F11 only on a row that was put aside     paused: F10 first
called        Enter begins, F6 nobody came, F7 again                         the rest wait for that
serving       F8 F9 F11
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.records.states import TicketState
from workstation.locale import Phrase
from workstation.services.queue import CALLED

if TYPE_CHECKING:
    from workstation.screens.queue import QueueScreen
    from workstation.views.queue import Current

BY_ROW = {TicketState.HELD: "queue.step.resume", TicketState.MISSED: "queue.step.reactivate"}
AT_WINDOW = frozenset({"call_next", "call_number", "miss", "recall", "transfer", "finish", "hold", "pause"})


def label(screen: QueueScreen, action_id: str) -> str:
    """What a key is called now; empty for its own name."""
    here = screen.current
    if action_id == "queue.open_case":
        if here is not None:
            return "queue.serve" if here.state in CALLED else ""
        row = screen.row_under_cursor()
        return BY_ROW.get(TicketState(row.state), "") if row is not None else ""
    if action_id == "queue.hold":
        return BY_ROW[TicketState.HELD] if here is None and screen.held_row() else "queue.hold.aside"
    return "queue.pause.end" if action_id == "queue.pause" and screen.paused is not None else ""


def why_not(screen: QueueScreen, verb: str) -> Phrase | None:
    """Why it cannot be done now, and what can."""
    if verb == "undo":
        return None if screen.queue.last else "queue.nothing_to_undo"
    if verb == "open_case" and screen.current is None:
        return _why_not_row(screen)
    if verb in ("issue", "appointments"):
        return None if screen.queue.online else "queue.offline_issue"
    if verb not in AT_WINDOW:
        return None
    if screen.hall.services.desk.window_session is None:
        return "queue.no_window"
    if verb in ("call_next", "call_number"):
        return _why_no_call(screen, verb)
    return _why_not_here(screen, verb)


def _why_no_call(screen: QueueScreen, verb: str) -> Phrase | None:
    if screen.paused is not None:
        return "queue.paused_now"
    if screen.current is not None:
        return _first(screen.current)
    if screen.queue.online or verb == "call_number" or screen.queue.leased(screen.waiting):
        return None
    return "queue.offline_call" if screen.queue.counts_offline else "queue.no_boot_clock"


def _why_not_here(screen: QueueScreen, verb: str) -> Phrase | None:
    current = screen.current
    if verb == "pause":
        return None if current is None else _first(current)
    if current is None:
        return None if verb == "hold" and screen.held_row() else "queue.nobody_yet"
    if verb in ("miss", "recall"):
        return None if current.state in CALLED else "queue.came_already"
    return None if current.state == TicketState.SERVING else "queue.not_come_yet"


def _why_not_row(screen: QueueScreen) -> Phrase | None:
    """Enter with nobody here: only a row that was put aside has a step of its own."""
    ticket = screen.row_under_cursor()
    if ticket is None:
        return "queue.nobody_yet"
    return None if ticket.state in BY_ROW else ("queue.call_first", {"number": ticket.number or ""})


def _first(current: Current) -> Phrase:
    """What must be done with the ticket here before another one comes."""
    words = "queue.called_first" if current.state in CALLED else "queue.finish_first"
    return words, {"number": current.number}
