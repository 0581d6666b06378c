"""Screen 7: the state of synchronisation, and conflicts that a person decides."""

from workstation.actions.table import Action

ON = (7,)

ACTIONS = (
    Action("sync.log", ("f3",), ON, bar=13),
    Action("sync.rewrite", ("f4",), ON, writes=True, bar=14),
    Action("sync.sync_now", ("f5",), ON, bar=15),
    Action("sync.send_back", ("f6",), ON, writes=True, operation="conflict.return", bar=16),
    Action("sync.previous", ("f7",), ON, bar=17),
    Action("sync.next", ("f8",), ON, bar=18),
    Action(
        "sync.machines",
        ("f10",),
        ON,
        roles=frozenset({"duty", "admin"}),
        writes=True,
        operation="held.decide@1",
        bar=20,
    ),
    Action("sync.confirm", ("f9",), ON, writes=True, operation="conflict.resolve", bar=19),
)
