"""F10 on screen 7: the hall's machines, and what was said from one that is not taken any more.

list ─▶ a held operation: who said what, when ─▶ take it | refuse it, with a reason
     ├▶ a code with which another machine enrols
     └▶ a machine ─▶ why it is not to be taken any more ─▶ revoked
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workstation.hours import hhmm, moment
from workstation.locale import has, say
from workstation.services.machines import MachinesService
from workstation.views.machines import Held, Machine
from workstation.widgets.dialog import Ask, Pick, Tell

if TYPE_CHECKING:
    from workstation.screens.frame import Frame

CODE = "code"


async def decide(screen: Frame, service: MachinesService) -> None:
    """Until the person leaves the list."""
    while True:
        held, machines = service.held(), service.machines()
        options = [(each, _held_line(screen, each)) for each in held]
        chosen = await screen.ask(
            Pick(
                say("sync.machines_title", waiting=len(held), machines=len(machines)),
                [*options, (CODE, say("sync.give_code")), *((each, _machine_line(each)) for each in machines)],
                [say("sync.machines_how")],
            )
        )
        if isinstance(chosen, Held):
            await _one(screen, service, chosen)
        elif isinstance(chosen, Machine):
            await _machine(screen, service, chosen)
        elif chosen == CODE:
            await _code(screen, service)
        else:
            return


async def _code(screen: Frame, service: MachinesService) -> None:
    given = await service.code()
    lines = [given.code, "", say("sync.code_until", at=hhmm(given.expires_at)), say("sync.code_how")]
    lines += ["  workstation enrol", f"    --server {service.server}", f"    --code {given.code}"]
    await screen.ask(Tell(say("sync.give_code"), lines))


async def _one(screen: Frame, service: MachinesService, held: Held) -> None:
    said = "  ".join(f"{name}: {value}" for name, value in held.said.items() if value not in (None, "", [], {}))
    lines = [_held_line(screen, held), say("sync.was_said", text=said or say("sync.blank")), say("sync.held_rule")]
    options = [(True, say("sync.held_take")), (False, say("sync.held_refuse"))]
    take = await screen.ask(Pick(say("sync.held_title"), options, lines))
    if take is None:
        return
    reason = await screen.ask(Ask(say("sync.held_title"), say("sync.held_why"), limit=200))
    if reason is None or not (reason or take):
        return
    state = await service.decide(held, take=bool(take), reason=reason or "")
    screen.hint(f"sync.held_{state}", tone="good" if state == "accepted" else "warn")


async def _machine(screen: Frame, service: MachinesService, machine: Machine) -> None:
    if machine.state == "revoked":
        screen.hint("sync.machine_is_revoked", label=machine.label)
        return
    lines = [say("sync.revoke_what"), say("sync.revoke_stolen")]
    if machine.here:
        screen.hint("refusal.own_device")
        return
    title = say("sync.revoke_title", label=machine.label)
    options = [(True, say("sync.revoke_yes")), (False, say("sync.revoke_no"))]
    if not await screen.ask(Pick(title, options, lines)):
        return
    reason = await screen.ask(Ask(title, say("sync.revoke_why"), limit=200))
    if reason:
        await service.revoke(machine, reason)
        screen.hint("sync.revoked", tone="good", label=machine.label)


def _held_line(screen: Frame, held: Held) -> str:
    key = f"sync.verb.{held.kind.partition('@')[0]}"
    verb = say(key) if has(key) else held.kind.partition("@")[0]
    at = moment(held.at, screen.hall.clock.now())
    return say(
        "sync.held_line", machine=held.machine, by=held.by, at=at, verb=verb, about=held.number or held.about[:8]
    )


def _machine_line(machine: Machine) -> str:
    state = say(f"sync.machine.{machine.state}")
    why = machine.why or (say("sync.code_by", staff=machine.given_by) if machine.given_by else "")
    return say("sync.machine_line", label=machine.label, id=machine.id[-6:], state=state, why=why)
