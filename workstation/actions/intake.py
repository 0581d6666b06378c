"""Screen 5: a grid worker takes a case in, with or without a network."""

from workstation.actions.table import Action

ON = (5,)
GRID = frozenset({"grid", "clerk"})

ACTIONS = (
    Action("intake.new", ("f2",), ON, GRID, writes=True, bar=12),
    Action("intake.find", ("f3",), ON, bar=13),
    Action("intake.edit", ("f4",), ON, GRID, writes=True, bar=14),
    Action("intake.sync_now", ("f5",), ON, bar=15),
    Action("intake.withdraw", ("f6",), ON, GRID, writes=True, bar=16),
    Action("intake.previous", ("f7",), ON, bar=17),
    Action("intake.next", ("f8",), ON, bar=18),
    Action("intake.submit", ("f9",), ON, GRID, writes=True, undoable=True, operation="case.receive", bar=19),
    Action("intake.open", ("enter",), ON, bar=30),
    Action("intake.tick", ("space",), ON, GRID, writes=True, bar=31),
)
