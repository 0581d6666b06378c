"""Files of evidence behind F4 of screen 4: attached from a path, listed with where they are, opened.

attach: a path ─▶ its name stands at the entry, whether or not there is a network
files:  each with 已到中心 or 待传 ─▶ one is opened, from here or from the centre
second: what has not arrived is named before the second callback is written down
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workstation.locale import say
from workstation.screens.callback_lines import state_of
from workstation.views.callback import Entry
from workstation.widgets.dialog import Ask, Pick

if TYPE_CHECKING:
    from workstation.screens.callback import CallbackScreen

PATH_MOST = 400


async def attach(screen: CallbackScreen, entry: Entry) -> None:
    """Ask for a path; the file's name then stands at the entry."""
    lines = [say("callback.file.kinds")]
    typed = await screen.ask(Ask(say("callback.edit.attach"), say("callback.file.path"), limit=PATH_MOST, lines=lines))
    if typed:
        name = await asyncio.to_thread(screen.hall.services.evidence.attach, entry.line, typed)
        screen.hint("callback.file.attached", tone="good", name=name)


async def show(screen: CallbackScreen, entry: Entry) -> None:
    """Choose one and open it."""
    options = [(file.id, state_of(file)) for file in entry.files]
    chosen = await screen.ask(Pick(say("callback.edit.files"), options))
    file = next((file for file in entry.files if file.id == chosen), None)
    if file is None:
        return
    services = screen.hall.services
    content = await services.papers.content(file.sha256)
    program = screen.hall.settings.viewer
    await asyncio.to_thread(services.viewer.show, content, file.sha256, file.media_type, program)
    screen.hint("callback.file.shown", tone="good", name=file.name)


async def looked_at(screen: CallbackScreen, entry: Entry) -> bool:
    """Before the second callback is written down: whether all evidence is at the centre, or it is done all the same."""
    waiting = [state_of(file) for file in entry.files if not file.arrived]
    if not waiting:
        return True
    options = [(False, say("callback.file.later")), (True, say("callback.file.all_the_same"))]
    return bool(await screen.ask(Pick(say("callback.file.still_waits", count=len(waiting)), options, waiting)))
