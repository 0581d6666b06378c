"""A hall whose centre can be lost and put back from a backup, and what its people say and settle meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from server_stub.central.backup import back_up, put_back, restored
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import ticket as tickets
from tests.sync.small_hall import Machine, SmallHall, new

MINUTE, DAY = 60_000, 86_400_000
SKIP = 100


class Restorable(SmallHall):
    """A hall whose centre can be lost and put back; its machines stay as they are."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.backup = folder / "backups" / "monday.db"

    @asynccontextmanager
    async def up(self, *machines: Machine) -> AsyncIterator[None]:
        """The server runs; these machines, which were there before, reach it."""
        async with self.open():
            for machine in machines:
                machine.network._ways = [httpx.ASGITransport(app=self.app)]  # type: ignore[arg-type]
            self.machines.extend(machines)
            yield
            self.machines.clear()

    async def save(self) -> None:
        """A backup, while the server runs."""
        await asyncio.to_thread(back_up, self.url, self.backup, self.clock.now())

    async def put_back(self, *, declared: bool = True) -> None:
        """The disk is gone; the backup lies in its place."""
        self.clock.advance(MINUTE)
        await asyncio.to_thread(put_back, self.url, self.backup)
        if declared:
            await asyncio.to_thread(restored, self.url, SKIP, self.clock.now())

    def numbers(self) -> dict[str, str]:
        """Tickets and their numbers."""
        return dict(self.all("SELECT id, number FROM ticket"))

    def days(self) -> dict[str, tuple[str, str]]:
        """Tickets, their days and numbers."""
        return {id: (day, number) for id, day, number in self.all("SELECT id, day, number FROM ticket")}


async def say(machine: Machine, args: Any, *, scope: str = "licang:queue", id: str = "") -> str:
    """A step that is accepted and pulled; its record."""
    id = id or new("r")
    result = await machine.ended(args, id=id, scope=scope)
    assert result.status == "accepted", result
    return id


async def settle(*machines: Machine, rounds: int = 6) -> None:
    """Everybody exchanges until nothing waits."""
    for _ in range(rounds):
        for machine in machines:
            await machine.push()
            await machine.pull()
        if all(not machine.outbox() for machine in machines):
            break
    for machine in machines:
        await machine.pull()


TICKET = tickets.Issue(matter="m1", site="hall")


def note(text: str = "有话说") -> cases.Note:
    return cases.Note(note=new("n"), text=text)
