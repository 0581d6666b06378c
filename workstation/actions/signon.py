"""Screen 0: sign on, and hand the terminal to the next person."""

from workstation.actions.table import Action

ON = (0,)

ACTIONS = (
    Action("signon.enter", ("f9",), ON, bar=20),
    Action("signon.refresh", ("f5",), ON, bar=15),
    Action("signon.leave", ("f6",), ON, bar=18),
)
