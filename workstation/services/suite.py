"""Everything a screen may call, by area: `hall.services.queue.call_next()`. Made after the first paint, one object an area.

Services do not import each other; what two of them need lies in the desk, in the views or in the rules.
"""

from __future__ import annotations

from workstation.services.desk import Desk


class Services:
    """One line an area."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
