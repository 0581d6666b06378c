"""What every screen has. The handlers are methods of `workstation.app.HallApp`."""

from workstation.actions.table import Action

ACTIONS = (
    Action("app.help", ("f1",), bar=0),
    Action("app.lock", ("f12",), screens=(1, 2, 3, 4, 5, 6, 7, 8, 9), bar=99),
    Action("app.code_line", ("ctrl+g",), bar=None),
    Action("app.palette", ("ctrl+p",), bar=None),
    Action("app.undo", ("ctrl+z",), screens=(1, 2, 3, 4, 5, 7), writes=True, bar=None),
    Action("app.export", ("ctrl+e",), screens=(1, 2, 3, 4, 5, 6, 7, 8, 9), bar=None),
    Action("app.copy", ("ctrl+y",), screens=(1, 2, 3, 5, 7), bar=None),
    Action("app.back", ("escape",), screens=(1, 2, 3, 4, 5, 6, 7, 8, 9), bar=95),
    Action("app.quit", ("ctrl+q",), bar=None),
)
