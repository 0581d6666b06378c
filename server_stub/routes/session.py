"""Enrolment and sessions: how a machine becomes a device and a person signs on at it."""

from __future__ import annotations

from litestar import delete, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from server_stub.central.people import Caller
from server_stub.problems import told
from server_stub.services import Services
from sync.protocol.messages import Enrol, Enrolled, OpenSession, SessionOpened


@post("/enrol", status_code=200, summary="Enrol a device", responses=told(403))
async def enrol(data: JSONBody[Enrol], services: NamedDependency[Services]) -> Enrolled:
    """The device's secret is told this once."""
    return await services.people.enrol(data.code, data.label[:80], services.clock.now(), services.applier.hall.hall)


@post("/session", status_code=200, summary="Sign on", responses=told(401, 403, 429))
async def open_session(data: JSONBody[OpenSession], services: NamedDependency[Services]) -> SessionOpened:
    """A person signs on at a device with a PIN."""
    return await services.people.open_session(data.device, data.secret, data.staff, data.pin, services.clock.now())


@delete("/session", summary="Sign off")
async def end_session(caller: NamedDependency[Caller], services: NamedDependency[Services]) -> None:
    """The token is void from now on."""
    await services.people.end_session(caller.session, services.clock.now())
