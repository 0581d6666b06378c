"""The two lists of screen 3: cases to be issued or delivered, and papers that wait for a signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical

from sync.calendar import day_of
from workstation.hours import moment
from workstation.locale import Phrase, say
from workstation.screens.issue_levels import levels_line
from workstation.screens.issue_panel import missing_lines
from workstation.views.levels import LevelsWaiting
from workstation.views.papers import Paper
from workstation.views.worklist import WorkRow, short
from workstation.widgets.lines import Lines
from workstation.widgets.progress import ProgressLine
from workstation.widgets.rows import Row
from workstation.widgets.window_table import Column, WindowTable

CASES = (
    Column("number", "review.col.number", 14),
    Column("matter", "review.col.matter", 16, flexible=True),
    Column("applicant", "review.col.applicant", 16, priority=1, most=32),
    Column("decision", "issue.col.decision", 6),
    Column("state", "review.col.state", 8),
    Column("right", "issue.col.right", 14),
)
PAPERS = (
    Column("number", "issue.col.number", 30),
    Column("kind", "issue.col.kind", 16),
    Column("case", "review.col.number", 14),
    Column("why", "issue.col.why", 14, flexible=True),
)


class IssueLists(Vertical):
    """Both, with their titles and a line for progress."""

    DEFAULT_CSS = """
    IssueLists { height: 1fr; }
    IssueLists #no-key, IssueLists #decided-title, IssueLists #papers-title, IssueLists #levels { margin: 0 1; }
    IssueLists #decided { height: 2fr; }
    IssueLists #papers { height: 1fr; }
    """

    def compose(self) -> ComposeResult:
        """Titles, tables, progress."""
        yield Lines([], id="no-key")
        yield Lines([[]], id="decided-title")
        yield WindowTable(CASES, empty="issue.nothing_decided", marks=True, id="decided")
        yield ProgressLine(id="progress")
        yield Lines([[]], id="papers-title")
        yield WindowTable(PAPERS, empty="issue.all_signed", id="papers")
        yield Lines([[]], id="levels")

    def show(
        self,
        decided: Sequence[WorkRow],
        issued: Sequence[WorkRow],
        waiting: Sequence[Paper],
        wrong: Mapping[str, Phrase],
        *,
        key_open: bool,
        missing: str,
        levels: LevelsWaiting,
        now: int,
    ) -> None:
        """The lists as they stand; `wrong` says by document why one could not be signed, `missing` where a key should
        be."""
        self.query_one("#no-key", Lines).set_lines(missing_lines(missing, (self.size.width or 80) - 2))
        self.query_one("#decided", WindowTable).show_rows([self._case_row(row, now) for row in [*decided, *issued]])
        self.query_one("#decided-title", Lines).set_lines(
            [[(say("issue.decided", decided=len(decided), issued=len(issued)), "title")]]
        )
        self.query_one("#papers", WindowTable).show_rows([self._paper_row(paper, wrong) for paper in waiting])
        words = say("issue.papers_waiting", count=len(waiting))
        closed = "" if key_open or missing or not waiting else f"   {say('issue.key_needed')}"
        self.query_one("#papers-title", Lines).set_lines([[(words, "title"), (closed, "warn")]])
        line = self.query_one("#levels", Lines)
        line.display = levels.count + levels.elsewhere + levels.stays > 0
        line.set_lines([levels_line(levels, now)])

    @staticmethod
    def _paper_row(paper: Paper, wrong: Mapping[str, Phrase]) -> Row:
        cells = (
            paper.number or say("issue.no_number"),
            say(f"issue.paper.{paper.kind}"),
            short(paper.case_number),
            say(wrong[paper.id]) if paper.id in wrong else say("issue.awaits" if paper.awaits else "issue.unsigned"),
        )
        return Row(paper.id, cells, tone="bad" if paper.id in wrong else "", data=paper)

    @staticmethod
    def _case_row(row: WorkRow, now: int) -> Row:
        if row.state == "issued":
            right = say("issue.to_deliver_by", day=row.due[5:]) if row.due else say("issue.to_deliver")
        elif row.awaits:
            right = say("issue.awaits")
        elif not row.right:
            right = say("issue.no_right_here")
        else:
            over = now > row.right_until
            right = say("issue.right_over") if over else say("issue.right_until", until=moment(row.right_until, now))
        cells = (
            short(row.number),
            row.matter,
            row.applicant,
            say(f"review.decision.{row.decision}") if row.decision else "",
            say(f"review.state.{row.state}"),
            say("review.mark.clash") if row.clash else right,
        )
        late = row.state == "issued" and "" < row.due < day_of(now)
        tone = "bad" if row.clash or late else "" if row.right or row.state == "issued" else "dim"
        return Row(row.id, cells, tone=tone, data=row)
