"""Ctrl+Y: numbers and credit codes into the terminal's clipboard (OSC 52), which works over SSH too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workstation.locale import say

if TYPE_CHECKING:
    from workstation.app import HallApp


async def copy(app: HallApp) -> None:
    """Copy what the cursor is on; of several things the person says which."""
    frame = app.top_frame
    offered = frame.copies() if frame is not None else []
    if frame is None or not offered:
        app.say("app.nothing_to_copy")
        return
    chosen: str | None = offered[0][1]
    if len(offered) > 1:
        from workstation.widgets.dialog import Pick

        chosen = await app.ask(Pick(say("app.copy"), [(value, f"{say(label)}  {value}") for label, value in offered]))
    if chosen:
        app.copy_to_clipboard(chosen)
        frame.hint("app.copied", tone="good", text=chosen)
