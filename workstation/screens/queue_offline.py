"""Screen 1, what may be called without a network: told beforehand, and all the more when there is none."""

from __future__ import annotations

from collections.abc import Sequence

from workstation.hours import clock_span
from workstation.locale import say
from workstation.services.queue import QueueService
from workstation.views.queue import QueueTicket
from workstation.widgets.lines import Line


def offline_lines(queue: QueueService, waiting: Sequence[QueueTicket]) -> list[Line]:
    """The leased tickets with the time that is left, or why there are none; empty while nothing is to be said."""
    online, leased = queue.online, queue.leased(waiting)
    lines: list[Line] = []
    if not queue.counts_offline:
        lines.append([(say("queue.no_boot_clock"), "warn")])
    elif leased:
        tone = "" if online else "warn"
        lines += [[(say("queue.leased", number=t.number, left=clock_span(t.left_ms)), tone)] for t in leased]
    elif not online:
        lines.append([(say("queue.offline_now"), "warn")])
    if not online:
        lines.append([(say("queue.offline_later"), "dim")])
    return [[], *lines] if lines else []
