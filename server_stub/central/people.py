"""Devices and credentials: who may be there. Codes are stored as hashes of 99 random bits, of a device its public
key; a PIN as Argon2id (RFC 9106), whose verifier an enrolled device also gets, so that the same person can sign on
without a network.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from server_stub.central.store import Store, Tx
from sync.device_key import ENROL, signed_by
from sync.protocol.identifiers import uuid7
from sync.protocol.machine_code import CodeGiven
from sync.protocol.messages import Enrol, Enrolled
from sync.protocol.operation import is_name
from sync.records.states import Role

CODE_MS = 10 * 60_000
CODE_LETTERS, CODE_GROUPS = (
    "23456789ABCDEFGHJKMNPQRSTUVWXYZ",
    5,
)  # none that looks like another when read aloud or typed
LABEL_LENGTH = 80
GIVE_CODES = frozenset({Role.DUTY, Role.ADMIN})
HOLD_MS = 14 * 24 * 3_600_000  # so long after a person's last sign-on a device may hold what that person's roles reach


class NotAllowed(Exception):
    """Refused at the door: `code` for the problem details."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Known:
    """What a push is to know before it is taken: the device's last contact (ms) and n, the first and the last role of
    who speaks, the centre's last restoration as it is stored, and when something falls due (ms)."""

    contact: int = 0
    last_n: int = 0
    roles: str | None = None
    restored: str | None = None
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request: a live session; `state` is the device's. Of whom pushes more is `known`."""

    session: str
    device: str
    staff: str
    state: str = "active"
    known: Known = Known()


def hashed(token: str) -> str:
    """How a random token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def typed(code: str) -> str:
    """An enrolment code without what typing adds or leaves out: case, hyphens, spaces."""
    return "".join(code.split()).replace("-", "").upper()


class People:
    """What the store knows of devices and persons."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def enrol(self, enrol: Enrol, now: int, hall: str) -> tuple[Enrolled, str | None]:
        """Turn a code into a device, and who gave the code; raises NotAllowed `code_unknown`, `device_unknown`: not
        signed with the key, or `label_unfit`: no name that people could read in a list."""
        if not is_name(enrol.label.strip(), LABEL_LENGTH):
            raise NotAllowed("label_unfit")
        if not signed_by(enrol.key, enrol.proof, ENROL, enrol.code):
            raise NotAllowed("device_unknown")
        device, code = f"d{uuid7(now)}", hashed(typed(enrol.code))

        async def work(tx: Tx) -> str | None:
            used = await tx.execute(
                "UPDATE enrol_code SET used_by = ? WHERE hash = ? AND used_by IS NULL AND expires_at > ?",
                (device, code, now),
            )
            if not used:
                raise NotAllowed("code_unknown")
            await tx.execute(
                "INSERT INTO device (id, label, public_key, state, last_n, last_contact_at, enrolled_at)"
                " VALUES (?, ?, ?, 'active', 0, ?, ?)",
                (device, enrol.label.strip(), enrol.key, now, now),
            )
            given = await tx.fetch_one("SELECT given_by FROM enrol_code WHERE hash = ?", (code,))
            return given[0] if given is not None else None

        given_by = await self._store.write(work)
        return Enrolled(hall=hall, device=device, shapes=self._store.shapes), given_by

    async def code(self, staff: str, over: str, now: int) -> CodeGiven:
        """A code from this person for another machine; raises NotAllowed `forbidden` for who may not say `over` the
        hall's machines which there are."""

        async def work(tx: Tx) -> str:
            if not {(role, over) for role in GIVE_CODES} & set(await granted(tx, staff)):
                raise NotAllowed("forbidden")
            return await new_code(tx, now, staff)

        return CodeGiven(code=await self._store.write(work), expires_at=now + CODE_MS)


async def new_code(tx: Tx, now: int, given_by: str | None = None) -> str:
    """Make and store an enrolment code, as a person can read it out: `K7QF-9TRM-…`."""
    code = "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(4)) for _ in range(CODE_GROUPS))
    await tx.execute(
        "INSERT INTO enrol_code (hash, expires_at, given_by) VALUES (?, ?, ?)",
        (hashed(typed(code)), now + CODE_MS, given_by),
    )
    return code


async def store_verifier(tx: Tx, staff: str, verifier: str) -> None:
    """Store a PIN's verifier."""
    await tx.execute(
        "INSERT INTO credential (staff, verifier) VALUES (?, ?)"
        " ON CONFLICT (staff) DO UPDATE SET verifier = excluded.verifier",
        (staff, verifier),
    )


async def granted(tx: Tx, staff: str) -> list[tuple[str, str]]:
    """A person's roles and the scopes they reach, as they are now."""
    return [
        (role, over)
        for role, over in await tx.fetch(
            "SELECT a.role, a.over FROM role_assignment a JOIN staff s ON s.id = a.staff"
            " WHERE a.staff = ? AND s.active ORDER BY a.role, a.over",
            (staff,),
        )
    ]


async def reads_only(tx: Tx, staff: str) -> bool:
    """Whether somebody is a supervisor and nothing else: then nothing comes of what they send. Who has no role left is
    none: the rules refuse what is their own, and what others left in the device's outbox must not stay there."""
    return {role for role, _ in await granted(tx, staff)} == {Role.SUPERVISOR}


async def scopes_for(tx: Tx, device: str, now: int) -> list[str]:
    """What a device may hold: what the roles, as they are now, of the persons who work at it reach; base with any."""
    found = await tx.fetch(
        "SELECT DISTINCT a.over FROM session o JOIN staff s ON s.id = o.staff AND s.active"
        " JOIN role_assignment a ON a.staff = o.staff WHERE o.device = ? AND o.opened_at > ?",
        (device, now - HOLD_MS),
    )
    scopes = {over for (over,) in found}
    base = {f"{scope.partition(':')[0]}:base" for scope in scopes}
    known = {scope for (scope,) in await tx.fetch("SELECT scope FROM head")}
    return sorted((scopes | base) & known)
