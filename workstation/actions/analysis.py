"""Screen 8: ratings by period and group, read-only."""

from workstation.actions.table import Action

ON = (8,)

ACTIONS = (
    Action("analysis.group", ("f3",), ON, bar=13),
    Action("analysis.length", ("f4",), ON, bar=14),
    Action("analysis.refresh", ("f5",), ON, bar=15),
    Action("analysis.before", ("f7",), ON, bar=17),
    Action("analysis.after", ("f8",), ON, bar=18),
    Action("analysis.more", ("f10",), ON, bar=20),
    Action("analysis.open", ("enter",), ON, bar=30),
)
