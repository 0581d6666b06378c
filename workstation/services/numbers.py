"""Numbers that were given and not used: asked of the centre, kept nowhere. Of all series together: the void register.

gaps ─▶ a series: given = used + void + open          voids ─▶ 作废登记 of the whole hall ─▶ CSV | XLSX
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sync.errors import TransportError
from sync.protocol.gaps import Gaps, SeriesAccount
from sync.protocol.identifiers import class_of, part_of
from workstation import spreadsheet
from workstation.hours import hhmmss
from workstation.locale import has, say
from workstation.services.desk import Desk
from workstation.spreadsheet import Sheet

ASK_SECONDS = 10.0
COLUMNS = ("series", "period", "numbers", "count", "why")


@dataclass(frozen=True, slots=True)
class VoidLine:
    """Neighbouring numbers of one series that will never be used, and why; of none is the reason unknown."""

    series: str
    period: str
    numbers: str
    count: int
    why: str


class NumbersService:
    """What screen 8 calls for its list 号码台账; `exports` takes its files."""

    def __init__(self, desk: Desk, exports: Path) -> None:
        self.desk = desk
        self.exports = exports

    def gaps(self) -> Gaps | None:
        """On any thread; None while the centre cannot be asked."""
        engine = self.desk.engine
        if not engine.status.online:
            return None
        try:
            return engine.run(lambda wire: wire.ask("GET", "/v1/gaps", Gaps), ASK_SECONDS)
        except TransportError:
            return None

    def name(self, account: SeriesAccount) -> str:
        """`licang:queue:A` tickets, `case/licang:case/registration` cases, `licang/grant_decision` papers."""
        series = account.series
        if series.startswith("case/"):
            return say("analysis.numbers.cases", office=self._place(part_of(series.removeprefix("case/"))))
        if ":" in series:
            scope, _, prefix = series.rpartition(":")
            site = part_of(scope) if class_of(scope) == "queue" else scope
            return say("analysis.numbers.tickets", prefix=prefix, site=site).strip()
        key = f"issue.paper.{series.rpartition('/')[2]}"
        return say(key) if has(key) else series

    def voids(self, found: Gaps) -> list[VoidLine]:
        """The void register of the hall, over all windows and devices; numbers that nothing explains come first."""
        lines = [
            VoidLine(self.name(each), each.period, str(n), 1, say("analysis.numbers.why.unexplained"))
            for each in found.series
            for n in each.unexplained
        ]
        for each in found.series:
            for run in each.runs:
                count = run.last - run.first + 1
                lines.append(VoidLine(self.name(each), each.period, span(run.first, run.last), count, why(run.reason)))
        return lines

    def export(self, lines: Sequence[VoidLine], kind: str) -> Path:
        """Write the register as CSV or XLSX; the file's place. Raises StoreError `overview.export_unwritable`."""
        head = [say(f"analysis.numbers.col.{name}") for name in COLUMNS]
        rows = [[getattr(line, name) for name in COLUMNS] for line in lines]
        sheets = [Sheet(say("analysis.numbers.sheet"), head, rows)]
        content = spreadsheet.as_xlsx(sheets) if kind == "xlsx" else spreadsheet.as_csv(sheets)
        at = hhmmss(self.desk.clock.now()).replace(":", "")
        path = self.exports / f"void-numbers-{at}.{kind}"
        spreadsheet.save(path, content)
        return path

    def _place(self, part: str) -> str:
        """An office by its name."""
        row = self.desk.row("office", part)
        return str(row.name) if row is not None else part


def span(first: int, last: int) -> str:
    """`7`, `7-12`."""
    return str(first) if first == last else f"{first}-{last}"


def why(reason: str) -> str:
    """A reason in words."""
    key = f"analysis.numbers.why.{reason}"
    return say(key) if has(key) else reason
