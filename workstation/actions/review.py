"""Screen 2: reviewing a case (clerk) and deciding it (approver). F6 and F9 are the clerk's or the approver's by
role; what has no key of its own stands in the list of F10."""

from workstation.actions.table import Action

ON = (2,)
CLERK = frozenset({"clerk", "grid"})
APPROVER = frozenset({"approver"})
EITHER = CLERK | APPROVER

ACTIONS = (
    Action("review.receive", ("ctrl+n",), ON, CLERK, writes=True, operation="case.receive", bar=None),
    Action("review.sign", ("f2",), ON, APPROVER, writes=True, operation="document.approve", bar=12),
    Action("review.find", ("f3",), ON, bar=13),
    Action("review.edit", ("f4",), ON, CLERK, writes=True, undoable=True, operation="case.edit", bar=14),
    Action("review.refresh", ("f5",), ON, bar=15),
    Action("review.send_back", ("f6",), ON, EITHER, writes=True, operation="case.correct", bar=16),
    Action("review.previous", ("f7",), ON, bar=17),
    Action("review.next", ("f8",), ON, bar=18),
    Action("review.commit", ("f9",), ON, EITHER, writes=True, operation="case.submit", bar=19),
    Action("review.more", ("f10",), ON, bar=20),
    Action("review.reveal", ("f11",), ON, bar=None),
    Action("review.open", ("enter",), ON, bar=30),
    Action("review.tick", ("space",), ON, EITHER, writes=True, bar=31),
)
