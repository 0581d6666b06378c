"""The duty manager's and the administrator's: which machines are taken, and what was said from one that is not.

code   ─▶ the centre      good once, for ten minutes: another machine enrols with it
revoke ─▶ device.revoke    lost, stolen, given away: nothing more is taken from it, what it still says is held
decide ─▶ held.decide      what was held is taken as its author's, or refused
watch  ─▶ something is held: told wherever the duty manager looks, once
"""

from __future__ import annotations

import asyncio
from typing import Any

from sync.errors import HallError, TransportError
from sync.protocol.machine_code import AskCode, CodeGiven
from sync.protocol.verbs.device import DecideHeld, RevokeDevice
from sync.rules.held import ACCEPT, REFUSE
from workstation.services.desk import Desk
from workstation.views import machines as view
from workstation.views.machines import Held, Machine

ASK_SECONDS = 10.0


class MachinesService:
    """What screen 7 calls for its F10."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._told: set[str] = set()

    def machines(self) -> list[Machine]:
        """All devices of the hall."""
        return view.machines(self.desk.read, self.desk.store.device)

    def held(self) -> list[Held]:
        """What waits for a decision."""
        return view.held(self.desk.read)

    @property
    def server(self) -> str:
        """Where this machine reaches the centre."""
        return str(self.desk.engine.transport.url)

    async def code(self) -> CodeGiven:
        """For another machine. Raises HallError `sync.no_code` where the centre is silent, `refusal.forbidden`."""
        try:
            return await asyncio.to_thread(self._code)
        except TransportError as error:
            raise HallError("refusal.forbidden" if error.code == "forbidden" else "sync.no_code") from None

    def _code(self) -> CodeGiven:
        engine = self.desk.engine
        return engine.run(lambda wire: wire.ask("POST", "/v1/code", CodeGiven, AskCode()), ASK_SECONDS)

    async def revoke(self, machine: Machine, reason: str) -> None:
        """Take nothing more from this machine. Raises HallError `refusal.<code>`, `sync.no_answer…`."""
        await self.desk.ask(RevokeDevice(reason=reason), id=machine.id, scope=self.desk.scope("device"))

    async def decide(self, held: Held, *, take: bool, reason: str = "") -> str:
        """Decide; the state that came of it – a rule may still say no. Raises HallError as `revoke` does."""
        args = DecideHeld(
            choice=ACCEPT if take else REFUSE,
            kind=held.kind,
            about=held.about,
            within=held.within,
            said=held.raw,
            by=held.by,
            reason=reason,
        )
        await self.desk.ask(args, id=held.id, scope=self.desk.scope("device"))
        row = self.desk.row("held_operation", held.id)
        return str(row.state) if row is not None else "accepted"

    def watch(self, app: Any, tables: frozenset[str]) -> None:
        """Something new waits."""
        if self.desk.person is None or not tables & {"*", "held_operation"}:
            return
        if not self.desk.me.scopes("device", "duty", "admin"):
            return
        waiting = {each.id for each in self.held()}
        if fresh := waiting - self._told:
            app.notice("sync.new_held", count=len(fresh), ring=True)
        self._told |= waiting
