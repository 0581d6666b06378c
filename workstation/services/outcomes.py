"""What became of one's own work that was held: read, and then it goes.

watch ─▶ the duty manager has decided: told wherever its author looks, once
acknowledge ─▶ held.read
"""

from __future__ import annotations

from typing import Any

from sync.protocol.verbs.device import ReadHeld
from workstation.services.desk import Desk
from workstation.views import outcomes as view
from workstation.views.outcomes import Outcome


class OutcomesService:
    """What screen 7 calls for what was held and is decided."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._told: tuple[str, set[str]] = ("", set())

    def outcomes(self) -> list[Outcome]:
        """The person's own, not read yet."""
        return view.outcomes(self.desk.read, self.desk.me.staff)

    def acknowledge(self, outcome: Outcome) -> None:
        """Its author has read it. Raises HallError `refusal.<code>`."""
        self.desk.do(ReadHeld(), id=outcome.id, scope=outcome.scope)

    def watch(self, app: Any, tables: frozenset[str]) -> None:
        """Something was decided."""
        if self.desk.person is None or not tables & {"*", "held_outcome"}:
            return
        whose, known = self._told
        decided = {each.id for each in self.outcomes()}
        if fresh := decided - (known if whose == self.desk.me.staff else set()):
            app.notice("sync.held_decided", count=len(fresh), ring=True)
        self._told = (self.desk.me.staff, decided)
