"""月度考核 and 公示: what screen 8 calls for frozen months.

months() ─▶ recount(month): counted anew from this copy's own rows, and the hashes compared
correct, draft, approve, refuse ─▶ the duty manager's steps, by the centre's word
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sync.appraisal import GROUPS, hash_of
from sync.protocol.identifiers import uuid7
from sync.protocol.verbs import appraisal as verbs
from workstation import spreadsheet
from workstation.hours import hhmmss
from workstation.locale import say
from workstation.services.desk import Desk
from workstation.spreadsheet import Cell, Sheet
from workstation.views import appraisal as view
from workstation.views.appraisal import Line, Month

READERS: Final = ("supervisor", "duty")


class AppraisalService:
    """Frozen months and their texts."""

    def __init__(self, desk: Desk, exports: Path) -> None:
        self.desk = desk
        self.exports = exports

    def may_decide(self, month: Month) -> bool:
        """Whether the person is a duty manager over these ratings."""
        person = self.desk.person
        return person is not None and month.scope in person.scopes("rating", "duty")

    def months(self) -> list[Month]:
        """What was frozen, the latest first."""
        person = self.desk.person
        return view.months(self.desk.read, person.scopes("rating", *READERS)) if person is not None else []

    def month(self, id: str) -> Month | None:
        """One month as it stands now."""
        return next((month for month in self.months() if month.id == id), None)

    def recount(self, month: Month) -> tuple[bool, str]:
        """Whether this copy's own rows come to the frozen hash, and to which; on any thread."""
        found = hash_of(view.recounted(self.desk.read, month))
        return found == month.hash == hash_of(dict(month.figures)), found

    async def correct(self, month: Month, line: Line, group: str, figure: str, by: int, reason: str) -> None:
        """Enter a correction. Raises HallError `refusal.<code>`."""
        about = {group: line.key or None}
        args = verbs.Correct(month=month.id, figure=figure, by=by, reason=reason, **about)
        await self.desk.ask(args, id=uuid7(self.desk.clock.now()), scope=month.scope)

    async def draft(self, month: Month) -> None:
        """Make the text. Raises HallError `refusal.<code>`."""
        await self.desk.ask(verbs.Draft(), id=month.id, scope=month.scope)

    async def approve(self, month: Month, hash: str) -> None:
        """Let out the text that was read. Raises HallError `refusal.<code>`."""
        await self.desk.ask(verbs.Approve(hash=hash), id=month.id, scope=month.scope)

    async def refuse(self, month: Month, reason: str) -> None:
        """Do not let it out. Raises HallError `refusal.<code>`."""
        await self.desk.ask(verbs.Refuse(reason=reason), id=month.id, scope=month.scope)

    def export(self, month: Month, kind: str) -> Path:
        """Write the month as CSV or XLSX; the file's place. Raises StoreError `overview.export_unwritable`."""
        sheets = tables(month)
        content = spreadsheet.as_xlsx(sheets) if kind == "xlsx" else spreadsheet.as_csv(sheets)
        at = hhmmss(self.desk.clock.now()).replace(":", "")
        path = self.exports / f"appraisal-{month.id}-{at}.{kind}"
        spreadsheet.save(path, content)
        return path


COLUMNS: Final = ("invited", "rated", "bad", "defaulted")


def tables(month: Month) -> list[Sheet]:
    """A month as tables: groups as frozen and as they count now, corrections, the hash."""
    head = [
        say("analysis.col.name"),
        *(say(f"analysis.col.{name}") for name in COLUMNS[:3]),
        say("analysis.col.defaulted"),
    ]
    head += [f"{say(f'analysis.col.{name}')} {say('analysis.months.now')}" for name in ("rated", "bad")]
    sheets = []
    for group in GROUPS:
        rows: list[list[Cell]] = [
            [line.name, *(line.frozen.get(name, 0) for name in COLUMNS), line.now["rated"], line.now["bad"]]
            for line in view.lines(month, group)
        ]
        sheets.append(Sheet(say(f"analysis.group.{group}"), head, rows))
    corrections = [(each.who, each.figure, each.by, each.reason, each.author) for each in month.corrections]
    titles = [say(f"analysis.months.col.{name}") for name in ("who", "figure", "by", "reason", "author")]
    sheets.append(Sheet(say("analysis.months.corrections"), titles, corrections))
    proof: list[list[Cell]] = [[month.id, month.hash, month.head_seq]]
    sheets.append(
        Sheet(say("analysis.months.proof"), [say(f"analysis.months.col.{n}") for n in ("month", "hash", "seq")], proof)
    )
    return sheets
