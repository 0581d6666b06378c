"""THE action table: a file a screen, put together here."""

from __future__ import annotations

from workstation.actions import (
    analysis,
    audit,
    callback,
    everywhere,
    intake,
    issue,
    overview,
    queue,
    review,
    signon,
    sync,
)
from workstation.actions.table import Action

ACTIONS: tuple[Action, ...] = (
    *everywhere.ACTIONS,
    *signon.ACTIONS,
    *queue.ACTIONS,
    *review.ACTIONS,
    *issue.ACTIONS,
    *callback.ACTIONS,
    *intake.ACTIONS,
    *overview.ACTIONS,
    *sync.ACTIONS,
    *analysis.ACTIONS,
    *audit.ACTIONS,
)

SCREENS: dict[int, str] = {
    0: "signon",
    1: "queue",
    2: "review",
    3: "issue",
    4: "callback",
    5: "intake",
    6: "overview",
    7: "sync",
    8: "analysis",
    9: "audit",
}
"""Number of each screen and its area: the catalogue file, the action file and `<area>.title`."""


def by_id(action_id: str) -> Action:
    """The action of that id; KeyError where there is none."""
    return _BY_ID[action_id]


_BY_ID = {action.id: action for action in ACTIONS}
