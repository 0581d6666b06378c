"""Screen 6: the supervisor reads, nothing else; the duty manager lays windows out and says how the hall calls."""

from workstation.actions.table import Action

ON = (6,)

ACTIONS = (
    Action("overview.filter", ("f3",), ON, bar=13),
    Action(
        "overview.policy",
        ("f4",),
        ON,
        roles=frozenset({"duty"}),
        writes=True,
        operation="setting.put@1",
        bar=14,
    ),
    Action("overview.refresh", ("f5",), ON, bar=15),
    Action(
        "overview.place",
        ("f6",),
        ON,
        roles=frozenset({"duty"}),
        writes=True,
        operation="window.place@1",
        bar=None,
    ),
    Action("overview.day_before", ("f7",), ON, bar=17),
    Action("overview.day_after", ("f8",), ON, bar=18),
    Action(
        "overview.apply",
        ("f9",),
        ON,
        roles=frozenset({"duty"}),
        writes=True,
        operation="window.assign@1",
        bar=19,
    ),
    Action("overview.more", ("f10",), ON, bar=20),
    Action("overview.open", ("enter",), ON, bar=30),
)
