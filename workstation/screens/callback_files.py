"""Files of evidence behind F4 of screen 4: attached from a path, listed with where they are, opened.

attach: a path ─▶ its name stands at the entry, whether or not there is a network
files:  each with 已到中心 or 待传 ─▶ one is opened, from here or from the centre
detach: one of one's own, with why ─▶ its line says 已撤回 and why, the file goes
second: what has not arrived is named before the second callback is written down
"""

from __future__ import annotations

import asyncio

from workstation.locale import say
from workstation.screens.callback_lines import state_of
from workstation.screens.frame import Frame
from workstation.views.callback import Entry
from workstation.widgets.dialog import Ask, Pick

PATH_MOST, WHY_MOST = 400, 60


async def attach(screen: Frame, entry: Entry) -> None:
    """Ask for a path; the file's name then stands at the entry."""
    lines = [say("callback.file.kinds")]
    typed = await screen.ask(Ask(say("callback.edit.attach"), say("callback.file.path"), limit=PATH_MOST, lines=lines))
    if typed:
        name = await asyncio.to_thread(screen.hall.services.evidence.attach, entry.line, typed)
        screen.hint("callback.file.attached", tone="good", name=name)


async def detach(screen: Frame, entry: Entry) -> None:
    """Choose one of one's own and say why it does not belong here."""
    service = screen.hall.services.evidence
    options = [(file.id, state_of(file)) for file in service.own(entry)]
    chosen = await screen.ask(Pick(say("callback.edit.detach"), options))
    file = next((file for file in entry.files if file.id == chosen), None)
    if file is None:
        return
    why = await screen.ask(Ask(say("callback.edit.detach"), say("callback.file.why", name=file.name), limit=WHY_MOST))
    if why and why.strip():
        service.detach(entry.line, file, why)
        screen.hint("callback.file.back", tone="good", name=file.name)


async def show(screen: Frame, entry: Entry) -> None:
    """Choose one and open it."""
    options = [(file.id, state_of(file)) for file in entry.files if not file.back]
    chosen = await screen.ask(Pick(say("callback.edit.files"), options))
    file = next((file for file in entry.files if file.id == chosen), None)
    if file is None:
        return
    services = screen.hall.services
    content = await services.papers.content(file.sha256)
    program = screen.hall.settings.viewer
    await asyncio.to_thread(services.viewer.show, content, file.sha256, file.media_type, program)
    screen.hint("callback.file.shown", tone="good", name=file.name)


async def looked_at(screen: Frame, entry: Entry) -> bool:
    """Before the second callback is written down: whether all evidence is at the centre, or it is done all the same."""
    waiting = [state_of(file) for file in entry.files if not file.arrived and not file.back]
    if not waiting:
        return True
    options = [(False, say("callback.file.later")), (True, say("callback.file.all_the_same"))]
    return bool(await screen.ask(Pick(say("callback.file.still_waits", count=len(waiting)), options, waiting)))
