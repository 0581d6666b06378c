"""Screen 1, the line below the list: what the duty manager asks of the person here, what may be called while there is
no network (a narrow screen has its panel behind Tab), else how the list is read."""

from __future__ import annotations

from collections.abc import Sequence

from workstation.hours import hhmm
from workstation.locale import say
from workstation.screens.queue_offline import offline_lines
from workstation.services.queue import QueueService
from workstation.views.queue import QueueTicket
from workstation.widgets.lines import Line
from workstation.window_words import window_words


def note_line(queue: QueueService, waiting: Sequence[QueueTicket]) -> Line:
    """One line."""
    for each in queue.asked():
        words = say(f"queue.wanted.{each.kind}", window=window_words(each.label), matter=each.matter)
        return [(f"{words} ({hhmm(each.asked_at)})", "warn")]
    if not queue.online:
        return [(text + "  ", tone) for line in offline_lines(queue, waiting) for text, tone in line]
    return [(say("queue.note"), "dim")]
