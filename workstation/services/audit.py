"""Who did what, when, to which record: asked of the centre's log a page at a time, shown, and kept nowhere.

begin(asked) ─▶ Reading ─more()─▶ pages of several scopes, merged by receipt, newest first; each line held against the
                                  chain on this machine
export(entries) ─▶ what citizens and handlers said, counted by day alone: beside a clerk's tickets its times would tell
                   who rated
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from sync.calendar import day_of
from sync.errors import HallError, TransportError
from sync.protocol.audit import AUDIT_LINES, AuditPage, AuditScope, AuditScopes
from sync.protocol.identifiers import class_of
from sync.transport.http import HttpTransport
from workstation import spreadsheet
from workstation.hours import hhmmss
from workstation.locale import say
from workstation.services.desk import Desk
from workstation.spreadsheet import Cell, Sheet
from workstation.views import audit_words as words
from workstation.views.audit import Chain, Entry, Labels, Verdict, entry, own_heads

READERS: Final = ("supervisor",)
ASK_SECONDS: Final = 20.0
FIRST_LINES: Final = 100
AT_ONCE: Final = 4
MOST: Final = 100_000
NEWEST_MS: Final = 10_000
MOVING: Final = frozenset({"case", "archive"})
SAID: Final = frozenset({"rating", "callback"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for: a day ("" for all), one scope ("" for all), one person, one record where it may lie."""

    day: str = ""
    scope: str = ""
    by: str = ""
    record: str = ""
    at: str = ""  # the scope in which the record was met

    @property
    def whole(self) -> bool:
        """Nothing is left out of the scopes and days that are looked at."""
        return not self.by and not self.record

    def reaches(self, scope: str) -> bool:
        """Whether lines of this scope are wanted. A record is looked for where it lies, a case also where it was."""
        if self.record:
            return scope == self.at or {class_of(scope), class_of(self.at)} <= MOVING
        return self.scope in ("", scope)


class AuditService:
    """What screen 9 and the browser's page call."""

    def __init__(self, desk: Desk, exports: Path) -> None:
        self.desk = desk
        self.exports = exports
        self.labels = Labels(desk.read)
        self._newest: tuple[int, Reading] | None = None

    @property
    def may(self) -> bool:
        """Whether the person audits anything; the centre asks by itself."""
        person = self.desk.person
        return person is not None and bool(person.roles & set(READERS))

    @property
    def today(self) -> str:
        """The hall's day."""
        return day_of(self.desk.clock.now())

    def beside(self, day: str, by: int) -> str:
        """The day so many days later."""
        return (date.fromisoformat(day) + timedelta(days=by)).isoformat()

    def begin(self, asked: Asked) -> Reading:
        """What there is to look at; on any thread. Raises HallError `audit.silent` while the centre cannot be asked."""
        own = own_heads(self.desk.read)  # before the centre's heads, so that it lies among them
        told = self._ask(lambda wire: wire.ask("GET", "/v1/audit/scopes", AuditScopes, day=asked.day))
        return Reading(self._ask, asked, told.scopes, own)

    def newest(self) -> Reading:
        """Today's newest lines of every scope, not older than some seconds: a page reads itself again all the time.
        Raises HallError `audit.silent`."""
        now = self.desk.clock.now()
        if self._newest is None or not 0 <= now - self._newest[0] < NEWEST_MS:
            reading = self.begin(Asked(day=self.today))
            for _ in range(-(-len(reading.chains) // AT_ONCE)):
                if not reading.done:
                    reading.more(FIRST_LINES)
            self._newest = now, reading
        return self._newest[1]

    def _ask(self, work: Any) -> Any:
        if not self.desk.engine.status.online:
            raise HallError("audit.silent")
        try:
            return self.desk.engine.run(work, ASK_SECONDS)
        except TransportError:
            raise HallError("audit.silent") from None

    def export(self, entries: Sequence[Entry], asked: Asked, kind: str) -> Path:
        """Write the list as CSV or XLSX; the file's place. Raises StoreError `overview.export_unwritable`."""
        sheets = tables(entries, self.labels)
        content = spreadsheet.as_xlsx(sheets) if kind == "xlsx" else spreadsheet.as_csv(sheets)
        at = hhmmss(self.desk.clock.now()).replace(":", "")
        path = self.exports / f"audit-{asked.day or 'all'}-{at}.{kind}"
        spreadsheet.save(path, content)
        return path


class Reading:
    """One list in the making. `entries` grow at their end, newest first; `more` until `done`."""

    def __init__(self, ask: Any, asked: Asked, scopes: Sequence[AuditScope], own: dict[str, tuple[int, str]]) -> None:
        self.asked = asked
        self.scopes = list(scopes)
        self.entries: list[Entry] = []
        self.full = False  # there is more than a list holds
        self._ask = ask
        wanted = [each for each in scopes if asked.reaches(each.scope) and each.last >= each.first]
        self.rows = sum(each.last - each.first + 1 for each in wanted)
        self.chains = {each.scope: Chain(each, own.get(each.scope), whole=asked.whole) for each in wanted}
        self._wanted = {each.scope: each for each in wanted}
        self._upto = {each.scope: each.last for each in wanted}
        self._waiting: dict[str, deque[Entry]] = {each.scope: deque() for each in wanted}

    @property
    def done(self) -> bool:
        """Everything was looked at, or as much as a list holds."""
        return self.full or not self._waiting

    @property
    def looked_at(self) -> int:
        """How many rows of the log."""
        return self.rows - sum(upto - self._wanted[scope].first + 1 for scope, upto in self._upto.items())

    @property
    def verdict(self) -> Verdict:
        """Of what was looked at so far."""
        broken = [(scope, chain.broken) for scope, chain in self.chains.items() if chain.broken is not None]
        owed = [chain for chain in self.chains.values() if chain.owed]
        met = bool(owed) and all(chain.met for chain in owed)
        return Verdict(sum(chain.checked for chain in self.chains.values()), tuple(broken), met)

    def more(self, lines: int = AUDIT_LINES) -> None:
        """Ask for the next pages; on any thread, one at a time. Raises HallError `audit.silent`."""
        hungry = [scope for scope, waiting in self._waiting.items() if not waiting][:AT_ONCE]
        pages = self._ask(lambda wire: self._pages(wire, hungry, lines))
        for scope, page in zip(hungry, pages, strict=True):
            chain = self.chains[scope]
            for line in page.lines:
                chain.take(line)
                self._waiting[scope].append(entry(scope, line))
            self._upto[scope] = page.reached - 1
        self._merge()

    async def _pages(self, wire: HttpTransport, scopes: Sequence[str], lines: int) -> list[AuditPage]:
        return await asyncio.gather(*(self._page(wire, scope, lines) for scope in scopes))

    async def _page(self, wire: HttpTransport, scope: str, lines: int) -> AuditPage:
        """One page; of an end that was reached none."""
        first, upto = self._wanted[scope].first, self._upto[scope]
        if upto < first:
            return AuditPage(reached=first)
        asked = self.asked
        return await wire.ask(
            "GET",
            "/v1/audit",
            AuditPage,
            seconds=ASK_SECONDS,
            scope=scope,
            first=str(first),
            upto=str(upto),
            limit=str(lines),
            by=asked.by,
            record=asked.record,
        )

    def _merge(self) -> None:
        """Move on to the list what nothing newer can come before any more: as long as every scope has shown its next
        line or its end."""
        for scope in [scope for scope, waiting in self._waiting.items() if not waiting]:
            if self._upto[scope] < self._wanted[scope].first:
                self.chains[scope].end()
                del self._waiting[scope]
        if not all(self._waiting.values()):
            return
        heap = [(-waiting[0].received, scope) for scope, waiting in self._waiting.items()]
        heapq.heapify(heap)
        while heap:
            _, scope = heap[0]
            waiting = self._waiting[scope]
            self.entries.append(waiting.popleft())
            if len(self.entries) >= MOST:
                self.full = True
                return
            if waiting:
                heapq.heapreplace(heap, (-waiting[0].received, scope))
            elif self._upto[scope] < self._wanted[scope].first:
                heapq.heappop(heap)
                self.chains[scope].end()
                del self._waiting[scope]
            else:
                return


def by_day(each: Entry) -> bool:
    """Whether a line belongs to what people said of the hall. Whoever was rated may come to read a file or a wall: the
    moment and the record's name would tell them which ticket it was."""
    return class_of(each.scope) in SAID or each.kind.partition(".")[0] in ("rating", "invite", "ledger", "appointment")


def tables(entries: Sequence[Entry], labels: Labels) -> list[Sheet]:
    """Two tables: what the hall's people and its clock did, line by line; and what was said of it, by day alone."""
    told: list[list[Cell]] = []
    said: Counter[tuple[str, str, str]] = Counter()
    for each in entries:
        if by_day(each):
            said[day_of(each.received), words.who(each, labels), words.what(each)] += 1
            continue
        at = f"{day_of(each.at)} {hhmmss(each.at)}"
        received = f"{day_of(each.received)} {hhmmss(each.received)}"
        told.append([at, received, *words.cells(each, labels), each.v, each.scope, each.seq])
    names = ("at", "received", "who", "what", "record", "version", "scope", "seq")
    counted: list[list[Cell]] = [[*key, count] for key, count in sorted(said.items())]
    head = [say(f"audit.col.{name}") for name in ("day", "who", "what", "count")]
    return [
        Sheet(say("audit.sheet"), [say(f"audit.col.{name}") for name in names], told),
        Sheet(say("audit.sheet_said"), head, counted),
    ]


def of_record(each: Entry) -> Asked:
    """All that was ever done to the record of this line."""
    return Asked(record=each.id, at=each.scope)
