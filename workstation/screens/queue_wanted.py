"""Screen 1, the line below the list: what the duty manager asks of the person here, else how the list is read."""

from __future__ import annotations

from workstation.hours import hhmm
from workstation.locale import say
from workstation.services.queue import QueueService
from workstation.widgets.lines import Line


def note_line(queue: QueueService) -> Line:
    """One line."""
    for each in queue.asked():
        words = say(f"queue.wanted.{each.kind}", window=each.label, matter=each.matter)
        return [(f"{words} ({hhmm(each.asked_at)})", "warn")]
    return [(say("queue.note"), "dim")]
