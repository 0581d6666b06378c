"""The screens, one a file, by their numbers; a screen's module is loaded when it is first shown."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sync.errors import HallError

if TYPE_CHECKING:
    from workstation.screens.frame import Frame

SCREEN_CLASSES: Mapping[int, str] = {
    0: "workstation.screens.signon:SignOnScreen",
    1: "workstation.screens.queue:QueueScreen",
    2: "workstation.screens.review:ReviewScreen",
    3: "workstation.screens.issue:IssueScreen",
    4: "workstation.screens.callback:CallbackScreen",
    5: "workstation.screens.intake:IntakeScreen",
    6: "workstation.screens.overview:OverviewScreen",
    7: "workstation.screens.sync:SyncScreen",
    8: "workstation.screens.analysis:AnalysisScreen",
    9: "workstation.screens.audit:AuditScreen",
}


def frame_of(number: int, screens: Mapping[int, str | type[Frame]]) -> Frame:
    """A new screen with this number. Raises HallError `app.no_screen` where there is none."""
    named = screens.get(number)
    if isinstance(named, str):
        named = loaded(named)
    if named is None:
        raise HallError("app.no_screen", number=number)
    made: Frame = named()
    return made


def loaded(named: str) -> Any:
    """The class that `module:Name` means."""
    module, _, name = named.partition(":")
    return getattr(import_module(module), name)
