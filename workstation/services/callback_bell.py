"""The bell at the callback handler, on whatever screen: once for a bad rating, once for each warning of its clocks; at
the duty manager once a limit has passed, whoever has the entry.

    rectification rows ──▶ new entry           ring    "新差评"
                       ──▶ warned 50, 80, 100  ring    "限时已过半" …
                       ──▶ warned 100          ring    "请督办" at the duty manager, who can give it to another
    no network: the first callback's warnings by this machine's clock, looked at every few seconds

What rang is kept beside the drafts of the person, so neither a restart nor a second look rings again. Entries that
another handler has are not this one's; several at once are one ring with their number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workstation.services.desk import Desk
from workstation.views import callback as view
from workstation.views.callback import EntryLine
from workstation.window_words import window_words

RUNG = "callback.rung"
LOOK_SECONDS = 5.0
PERCENTS = (50, 80, 100)
TABLES = frozenset({"*", "rectification"})


@dataclass(frozen=True, slots=True)
class Ring:
    """Something to be heard: the entry, and the share of its limit that has passed; 0: it is new. `escalated`: it is
    another's, who let the limit pass."""

    entry: EntryLine
    percent: int
    escalated: bool = False


class CallbackBell:
    """A watcher of the services."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._looking = False

    def watch(self, app: Any, tables: frozenset[str]) -> None:
        """Rows have changed: ring for what is new. Called on the app's thread."""
        if not self._looking:
            self._looking = True
            app.set_interval(LOOK_SECONDS, lambda: self._look(app))
        if tables & TABLES:
            self._tell(app)

    def _look(self, app: Any) -> None:
        """Without the centre nobody else sends warnings."""
        if not self.desk.engine.status.online:
            self._tell(app)

    def _tell(self, app: Any) -> None:
        rings = self.due()
        if not rings:
            return
        if len(rings) > 1:
            app.notice("callback.rings", ring=True, count=len(rings))
            return
        entry, percent = rings[0].entry, rings[0].percent
        words = f"callback.ring.{entry.clock or 'callback'}.{percent}" if percent else "callback.ring.new"
        words = "callback.ring.escalated" if rings[0].escalated else words
        where = f"{entry.away} {window_words(entry.window)}".lstrip() if entry.window else entry.site_name
        app.notice(words, ring=True, matter=entry.matter_name, window=where)

    def due(self) -> list[Ring]:
        """What has to be heard now; it counts as heard from then on."""
        person = self.desk.person
        scopes = person.scopes("callback", "callback", "duty") if person is not None else []
        if person is None or not scopes:
            return []
        handles = bool(person.scopes("callback", "callback"))
        heard: Mapping[str, Any] = self.desk.draft(RUNG) or {}
        now_heard: dict[str, list[Any]] = {}
        rings = []
        for entry in view.entries(self.desk.read, scopes, person.staff):
            percent = max(entry.warned, self._passed(entry))
            period = f"{entry.clock}{entry.reopened}" if entry.clock else ""
            before = heard.get(entry.id)
            mine = handles and entry.handler in ("", person.staff)
            same = before is not None and before[0] == period
            if mine and before is None and entry.clock == view.CALLBACK:
                rings.append(Ring(entry, percent if percent == PERCENTS[-1] else 0))
            elif mine and entry.clock and percent > (before[1] if before and same else 0):
                rings.append(Ring(entry, percent))
            elif not handles and percent == PERCENTS[-1] > (before[1] if before and same else 0):
                rings.append(Ring(entry, percent, escalated=True))
            now_heard[entry.id] = [period, max(percent, before[1]) if before and same else percent]
        if now_heard != heard:
            self.desk.save_draft(RUNG, now_heard)
        return rings

    def _passed(self, entry: EntryLine) -> int:
        """The share of the first callback's limit that has passed by this machine's clock, while it is all there is."""
        if self.desk.engine.status.online or entry.clock != view.CALLBACK:
            return 0
        limit = int(self.desk.setting("callback_limit"))
        left = entry.ends_at - self.desk.clock.now()
        return max((percent for percent in PERCENTS if left <= limit * (100 - percent) // 100), default=0)
