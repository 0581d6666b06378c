"""Terminals for citizens in the tests' hall, of any purpose.

async with kiosk(hall, "tickets", "您来办什么") as app:     running, its first page shows these words
    await shows(app, "…")                                   until it does, and takes keys again
    said(app)                                               all that stands on it
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from tests.screens.live_hall import PIN, LiveHall, Machine, until
from workstation.kiosk import purpose_of
from workstation.kiosk.app import KioskApp
from workstation.locations import locate
from workstation.services.desk import Desk


def terminal(hall: LiveHall, machine: Machine, purpose: str, staff: str, pin: str = PIN) -> KioskApp:
    """A terminal on this machine, not yet running."""
    return KioskApp(
        purpose_of(purpose),
        replica=machine.path,
        server=hall.url,
        key=lambda: machine.key,
        locations=locate(machine.path.parent),
        clock=hall.clock,
        staff=staff,
        pin=pin,
    )


@contextlib.asynccontextmanager
async def kiosk(
    hall: LiveHall,
    purpose: str,
    *first: str,
    staff: str,
    pin: str = PIN,
    size: tuple[int, int] = (80, 24),
    machine: Machine | None = None,
) -> AsyncIterator[KioskApp]:
    """A terminal running, on a machine of its own unless one is given."""
    app = terminal(hall, machine or await hall.enrol(), purpose, staff, pin)
    async with app.run_test(size=size):
        await shows(app, *first)
        yield app


async def shows(app: KioskApp, *words: str) -> None:
    """Wait until the terminal shows all words and takes keys again."""
    await until(app, lambda: not app.busy and all(word in said(app) for word in words))


async def heard(app: KioskApp) -> Desk:
    """Wait until the terminal hears the centre and its keeper is signed on; its copy."""
    desk = app.desk
    assert desk is not None
    await until(app, lambda: desk.engine.status.online and desk.engine.status.signed_on)
    return desk


def said(app: KioskApp) -> str:
    """All that stands on the terminal."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)
