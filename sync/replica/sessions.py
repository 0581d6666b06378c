"""A machine becomes a device, and a person signs on at it.

enrol     code + the key's public half, the code signed with it  ─▶ the device's id, the tables it will hold
open      the server's challenge signed by the device, and a PIN ─▶ a session: token, key for signing requests
renew     another challenge signed, for a session that still lasts ─▶ a new token; the PIN is not asked for again
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.device_key import ENROL, OPEN, RENEW, DeviceKey
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
from sync.transport.http import HttpTransport


@dataclass(frozen=True, slots=True)
class Opening:
    """What a sign-on needs; held in memory, and the PIN in it no longer than until the session is there."""

    device: str
    key: DeviceKey
    staff: str
    pin: str


async def enrol(transport: HttpTransport, code: str, label: str, key: DeviceKey) -> Enrolled:
    """Turn a one-time code into a device. Raises ServerRefused, TransportError."""
    message = Enrol(code=code, label=label, key=key.public, proof=key.sign(ENROL, code))
    return await transport.ask("POST", "/v1/enrol", Enrolled, message)


async def open_session(transport: HttpTransport, opening: Opening) -> SessionOpened:
    """Sign on; the transport speaks for the session from now on. Raises ServerRefused, TransportError."""
    device, key, staff = opening.device, opening.key, opening.staff
    challenge = await _challenge(transport, device)
    proof = key.sign(OPEN, device, challenge, staff)
    message = OpenSession(device=device, challenge=challenge, proof=proof, staff=staff, pin=opening.pin)
    opened = await transport.ask("POST", "/v1/session", SessionOpened, message)
    transport.use(opened)
    return opened


async def renew(transport: HttpTransport, device: str, key: DeviceKey) -> Renewed:
    """A new token for the session that the transport speaks for; whoever signs on meanwhile has a session of their own,
    which keeps its token. Raises ServerRefused, TransportError."""
    session = transport.session
    challenge = await _challenge(transport, device)
    proof = key.sign(RENEW, device, challenge, session)
    message = RenewSession(device=device, session=session, challenge=challenge, proof=proof)
    renewed = await transport.ask("POST", "/v1/session/renew", Renewed, message)
    if transport.token and transport.session == session:
        transport.token, transport.expires_at = renewed.token, renewed.expires_at
    return renewed


async def _challenge(transport: HttpTransport, device: str) -> str:
    return (await transport.ask("POST", "/v1/challenge", Challenged, Challenge(device=device))).challenge
