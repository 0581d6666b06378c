"""Screen 3: issuing what was approved: check, preview, sign, print or deliver."""

from workstation.actions.table import Action

ON = (3,)
CLERK = frozenset({"clerk", "grid"})

ACTIONS = (
    Action("issue.print", ("f2",), ON, CLERK, writes=True, operation="print.give", bar=25),
    Action("issue.own_first", ("f3",), ON, CLERK, bar=13),
    Action("issue.blanks", ("f7",), ON, CLERK | {"duty"}, writes=True, operation="blank.receive", bar=None),
    Action("issue.edit", ("f4",), ON, CLERK, writes=True, bar=14),
    Action("issue.render_again", ("f5",), ON, CLERK, writes=True, bar=15),
    Action("issue.send_back", ("f6",), ON, CLERK, writes=True, operation="case.reopen", bar=16),
    Action("issue.view_pdf", ("f8",), ON, bar=18),
    Action("issue.sign", ("f9",), ON, CLERK, writes=True, confirm="tail", operation="case.issue", bar=19),
    Action("issue.parcels", ("f10",), ON, CLERK, writes=True, operation="parcel.send", bar=None),
    Action("issue.raise", ("f11",), ON, CLERK, writes=True, operation="document.raise", bar=None),
    Action("issue.open", ("enter",), ON, bar=30),
    Action("issue.mark", ("space",), ON, CLERK, bar=31),
)
