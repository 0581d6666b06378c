"""Enrolment and sessions: how a machine becomes a device and a person signs on at it."""

from __future__ import annotations

from litestar import delete, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from server_stub.apply.incoming import at_the_door
from server_stub.central.people import Caller
from server_stub.problems import told
from server_stub.services import Services
from sync.protocol.machine_code import AskCode, CodeGiven
from sync.protocol.messages import (
    Challenge,
    Challenged,
    Enrol,
    Enrolled,
    OpenSession,
    Renewed,
    RenewSession,
    SessionOpened,
)
from sync.protocol.verbs.device import EnrolDevice
from sync.rules.device import device_scope


@post("/enrol", status_code=200, summary="Enrol a device", responses=told(401, 403))
async def enrol(data: JSONBody[Enrol], services: NamedDependency[Services]) -> Enrolled:
    """The device has made its key; the server gets the public half."""
    now = services.clock.now()
    enrolled, given_by = await services.people.enrol(data, now, services.applier.hall.hall)
    args = EnrolDevice(label=data.label.strip(), given_by=given_by)
    await services.applier.submit([at_the_door(args, enrolled.device, device_scope(enrolled.hall), now)])
    return enrolled


@post("/code", status_code=200, summary="A code for another machine", responses=told(403))
async def code(
    data: JSONBody[AskCode], caller: NamedDependency[Caller], services: NamedDependency[Services]
) -> CodeGiven:
    """Duty managers and administrators give it; good once, for ten minutes."""
    over = device_scope(services.applier.hall.hall)
    return await services.people.code(caller.staff, over, services.clock.now())


@post("/challenge", status_code=200, summary="Something to sign", sync_to_thread=False)
def challenge(data: JSONBody[Challenge], services: NamedDependency[Services]) -> Challenged:
    """Good once, for a minute."""
    return services.sessions.challenge(data.device, services.clock.now())


@post("/session", status_code=200, summary="Sign on", responses=told(401, 403, 429))
async def open_session(data: JSONBody[OpenSession], services: NamedDependency[Services]) -> SessionOpened:
    """A person signs on with a PIN, at a device that signs a challenge."""
    return await services.sessions.open(data, services.clock.now())


@post("/session/renew", status_code=200, summary="Go on working", responses=told(401, 403))
async def renew_session(data: JSONBody[RenewSession], services: NamedDependency[Services]) -> Renewed:
    """A new token, for the device that opened the session; the PIN is not asked for."""
    return await services.sessions.renew(data, services.clock.now())


@delete("/session", summary="Sign off")
async def end_session(caller: NamedDependency[Caller], services: NamedDependency[Services]) -> None:
    """The token is void from now on."""
    await services.sessions.end(caller.session, services.clock.now())
