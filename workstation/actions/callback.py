"""Screen 4: calling back who rated badly, and putting it right."""

from workstation.actions.table import Action

ON = (4,)
HANDLER = frozenset({"callback"})
DECIDES = frozenset({"callback", "duty"})

ACTIONS = (
    Action("callback.dial", ("f2",), ON, HANDLER, writes=True, operation="ledger.attempt", bar=12),
    Action("callback.filter", ("f3",), ON, bar=13),
    Action("callback.edit", ("f4",), ON, DECIDES, writes=True, operation="ledger.assign", bar=14),
    Action("callback.refresh", ("f5",), ON, bar=15),
    Action("callback.reassign", ("f6",), ON, HANDLER, writes=True, operation="ledger.transfer", bar=16),
    Action("callback.previous", ("f7",), ON, bar=17),
    Action("callback.next", ("f8",), ON, bar=18),
    Action("callback.finish", ("f9",), ON, DECIDES, writes=True, operation="ledger.verify", bar=19),
    Action("callback.open", ("enter",), ON, bar=30),
    Action("callback.tick", ("space",), ON, HANDLER, writes=True, operation="ledger.tick", bar=31),
)
