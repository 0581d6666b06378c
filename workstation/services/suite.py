"""Everything a screen may call, by area: `hall.services.queue.call_next()`. Made after the first paint, one object
an area.

Services do not import each other; what two of them need lies in the desk, in the views or in the rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workstation.services.desk import Desk
from workstation.services.signon import SignOnService

Watcher = Callable[[Any, frozenset[str]], None]
"""Called with the app and the tables that changed, whatever screen is up: for notices."""


class Services:
    """One line an area."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.watchers: list[Watcher] = []
        self.signon = SignOnService(desk)
