"""What presses and how this hall compares: screen 6 behind F10, and the browser's pages. Reads, and writes nothing.

clocks, loads ─▶ workstation.views.pressure      measures, source ─▶ workstation.views.yardstick, the last thirty days
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from sync.calendar import day_of, end_of_day_ms, start_of_day_ms
from workstation.services.desk import Desk
from workstation.views import appointment, callback, pressure, yardstick
from workstation.views.appointment import SlotLoad
from workstation.views.callback import EntryLine
from workstation.views.learned import DAYS as HISTORY_DAYS
from workstation.views.learned import Learned, learned
from workstation.views.pressure import Clock, Load
from workstation.views.yardstick import Measure, Scopes, Source

READERS: Final = ("supervisor", "duty")
DAYS: Final = 30


class OversightService:
    """For supervisors and duty managers; everybody else reads nothing here."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @property
    def scopes(self) -> Scopes:
        """What the person may read, by class."""
        person = self.desk.person
        if person is None:
            return Scopes()
        return Scopes(*(tuple(person.scopes(name, *READERS)) for name in ("queue", "rating", "callback", "case")))

    def _asked(self) -> dict[str, Any]:
        now, scopes = self.desk.clock.now(), self.scopes
        near = (date.fromisoformat(day_of(now)) + timedelta(days=pressure.NEAR_DAYS)).isoformat()
        told = pressure.lists(queue=scopes.queue, case=scopes.case, callback=scopes.callback)
        return {**told, "now": now, "day": day_of(now), "near": near}

    def clocks(self) -> list[Clock]:
        """Limits that end soon or are over; on any thread."""
        return pressure.clocks(self.desk.read, self._asked())

    def loads(self) -> list[Load]:
        """Who carries how much; on any thread."""
        return pressure.loads(self.desk.read, self._asked())

    @property
    def near_ms(self) -> int:
        """From when on a first callback is nearly due: the last fifth of its limit."""
        return int(self.desk.setting("callback_limit")) // 5

    def entries(self) -> list[EntryLine]:
        """The ledger's open entries, least time left first, masked as screen 4 shows them; on any thread."""
        me = self.desk.person.staff if self.desk.person is not None else ""
        return callback.entries(self.desk.read, self.scopes.callback, me)

    def learned(self) -> list[tuple[str, Learned]]:
        """(queue, what its services of the last weeks have taught of their minutes); on any thread."""
        since = (date.fromisoformat(day_of(self.desk.clock.now())) - timedelta(days=HISTORY_DAYS)).isoformat()
        return [(scope, each) for scope in self.scopes.queue for each in learned(self.desk.read, scope, since)]

    def appointments(self) -> list[SlotLoad]:
        """Today's half hours in which something was booked; on any thread."""
        return appointment.loads(self.desk.read, self.scopes.queue, day_of(self.desk.clock.now()))

    def period(self) -> dict[str, Any]:
        """The yardstick's period: the last DAYS days up to now."""
        now = self.desk.clock.now()
        last = day_of(now)
        first = (date.fromisoformat(last) - timedelta(days=DAYS - 1)).isoformat()
        return {"first": first, "last": last, "start": start_of_day_ms(first), "end": end_of_day_ms(last), "now": now}

    def measures(self) -> list[Measure]:
        """Every figure of the yardstick; on any thread."""
        return yardstick.yardstick(self.desk.read, self.scopes, self.period())

    def source(self, name: str) -> Source:
        """The records behind one figure; on any thread."""
        return yardstick.source(self.desk.read, self.scopes, self.period(), name)
