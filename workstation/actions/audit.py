"""Screen 9: who did what, when, to which record; read-only."""

from workstation.actions.table import Action

ON = (9,)

ACTIONS = (
    Action("audit.scope", ("f3",), ON, bar=13),
    Action("audit.person", ("f4",), ON, bar=14),
    Action("audit.refresh", ("f5",), ON, bar=15),
    Action("audit.before", ("f7",), ON, bar=17),
    Action("audit.after", ("f8",), ON, bar=18),
    Action("audit.day", ("f10",), ON, bar=20),
    Action("audit.open", ("enter",), ON, bar=30),
)
