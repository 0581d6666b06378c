"""Screen 1: calling tickets at a window."""

from workstation.actions.table import Action

ON = (1,)
STAFF = frozenset({"clerk", "grid", "duty"})
"""A site's window is a grid worker's: at it the same keys call the site's queue."""

ACTIONS = (
    Action("queue.call_next", ("f2",), ON, STAFF, writes=True, undoable=True, operation="ticket.call_next", bar=12),
    Action("queue.filter", ("f3",), ON, bar=13),
    Action("queue.call_number", ("f4",), ON, STAFF, writes=True, undoable=True, operation="ticket.call", bar=14),
    Action("queue.refresh", ("f5",), ON, bar=15),
    Action("queue.miss", ("f6",), ON, STAFF, writes=True, operation="ticket.miss", bar=16),
    Action("queue.recall", ("f7",), ON, STAFF, writes=True, operation="ticket.recall", bar=17),
    Action("queue.transfer", ("f8",), ON, STAFF, writes=True, operation="ticket.transfer", bar=18),
    Action("queue.finish", ("f9",), ON, STAFF, writes=True, operation="ticket.finish", bar=19),
    Action("queue.hold", ("f11",), ON, STAFF, writes=True, operation="ticket.hold", bar=21),
    Action("queue.pause", ("f10",), ON, STAFF, writes=True, operation="window.pause", bar=20),
    Action("queue.issue", ("ctrl+t",), ON, STAFF, writes=True, operation="ticket.issue", bar=22),
    Action("queue.appointments", ("ctrl+r",), ON, STAFF, writes=True, operation="appointment.book", bar=23),
    Action("queue.open_case", ("enter",), ON, bar=30),
)
