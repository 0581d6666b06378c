"""Devices, sessions and credentials: who is there. Tokens and codes are stored as hashes of 256 random bits; a PIN as
Argon2id (RFC 9106), whose verifier an enrolled device also gets, so that the same person can sign on without a network.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from server_stub.central.statements import upsert
from server_stub.central.store import Store, Tx
from sync.pin import hash_pin, pin_matches
from sync.protocol.identifiers import uuid7
from sync.protocol.messages import Enrolled, Grant, SessionOpened
from sync.protocol.operation import NAME_LENGTH

CODE_MS = 10 * 60_000
TOKEN_MS = 12 * 3_600_000
HOLD_MS = 14 * 24 * 3_600_000  # so long after a person's last sign-on a device may hold what that person's roles reach
FREE_TRIES = 5
WAIT_MS = 60_000
HOUR_MS = 3_600_000
DEVICE_TRIES = 30  # wrong PINs an hour at one device, of whomever
_TRIED = upsert("wrong_pin", ("device", "staff", "tries", "at"))


class NotAllowed(Exception):
    """Refused at the door: `code` for the problem details."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request: a live session."""

    session: str
    device: str
    staff: str


def hashed(token: str) -> str:
    """How a random token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


class People:
    """What the store knows of devices and persons."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def make_code(self, now: int) -> str:
        """A one-time enrolment code, good for ten minutes."""
        return await self._store.write(lambda tx: new_code(tx, now))

    async def enrol(self, code: str, label: str, now: int, hall: str) -> Enrolled:
        """Turn a code into a device; raises NotAllowed `code_unknown`."""
        secret = secrets.token_urlsafe(32)

        async def work(tx: Tx) -> str:
            device = f"d{uuid7(now)}"
            used = await tx.execute(
                "UPDATE enrol_code SET used_by = ? WHERE hash = ? AND used_by IS NULL AND expires_at > ?",
                (device, hashed(code), now),
            )
            if not used:
                raise NotAllowed("code_unknown")
            await tx.execute(
                "INSERT INTO device (id, label, secret_hash, state, last_n, last_contact_at, enrolled_at)"
                " VALUES (?, ?, ?, 'active', 0, ?, ?)",
                (device, label, hashed(secret), now, now),
            )
            return device

        device = await self._store.write(work)
        return Enrolled(hall=hall, device=device, secret=secret, shapes=self._store.shapes)

    async def open_session(self, device: str, secret: str, staff: str, pin: str, now: int) -> SessionOpened:
        """Sign on; raises NotAllowed `device_unknown`, `device_frozen`, `pin_wait` or `pin_wrong`, which does not say
        that a person is unknown. A try is counted before the PIN is looked at: many at once are no more tries."""

        async def begin(tx: Tx) -> tuple[str, int]:
            known = await tx.fetch_one("SELECT secret_hash, state FROM device WHERE id = ?", (device,))
            if known is None or not secrets.compare_digest(known[0], hashed(secret)):
                raise NotAllowed("device_unknown")
            _check_active(known[1])
            tries = await _count_try(tx, device, staff[:NAME_LENGTH], now)
            found = await tx.fetch_one(
                "SELECT c.verifier FROM credential c JOIN staff s ON s.id = c.staff WHERE c.staff = ? AND s.active",
                (staff,),
            )
            return found[0] if found else "", tries

        verifier, tries = await self._store.write(begin)
        if not await pin_matches(verifier, pin):
            raise NotAllowed("pin_wrong", left=max(0, FREE_TRIES - tries))
        return await self._store.write(lambda tx: self._opened(tx, device, staff, verifier, now))

    async def _opened(self, tx: Tx, device: str, staff: str, verifier: str, now: int) -> SessionOpened:
        token, session = secrets.token_urlsafe(32), uuid7(now)
        await tx.execute("DELETE FROM wrong_pin WHERE device = ? AND staff = ?", (device, staff))
        await tx.execute(
            "UPDATE wrong_pin SET tries = tries - 1 WHERE device = ? AND staff = '' AND tries > 0", (device,)
        )
        await tx.execute(
            "INSERT INTO session (id, token_hash, device, staff, opened_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
            (session, hashed(token), device, staff, now, now + TOKEN_MS),
        )
        name, site = await tx.fetch_one("SELECT name, site FROM staff WHERE id = ?", (staff,))
        grants = [Grant(role=role, over=over) for role, over in await granted(tx, staff)]
        return SessionOpened(
            session=session,
            token=token,
            expires_at=now + TOKEN_MS,
            now=now,
            staff=staff,
            name=name,
            site=site,
            grants=grants,
            scopes=await scopes_for(tx, device, now),
            verifier=verifier,
        )

    async def caller(self, token: str, now: int) -> Caller:
        """Whose token this is; raises NotAllowed `session_unknown`, `session_expired`, `device_frozen` or
        `device_revoked`. A person who left has no session any more."""

        return await self._store.read(lambda tx: _caller(tx, _BY_TOKEN, hashed(token), now))

    async def check(self, caller: Caller, now: int) -> None:
        """Whether a session is still one; raises NotAllowed as `caller` does."""
        await self._store.read(lambda tx: _caller(tx, _BY_ID, caller.session, now))

    async def end_session(self, session: str, now: int) -> None:
        """Sign off; what is in the outbox goes out with the next session of this device."""
        await self._store.write(lambda tx: tx.execute("UPDATE session SET ended_at = ? WHERE id = ?", (now, session)))

    async def set_pin(self, staff: str, pin: str) -> None:
        """Give a person a PIN."""
        verifier = await hash_pin(pin)
        await self._store.write(lambda tx: store_verifier(tx, staff, verifier))


_SESSION = (
    "SELECT s.id, s.device, s.staff, s.expires_at, s.ended_at, d.state FROM session s"
    " JOIN device d ON d.id = s.device JOIN staff p ON p.id = s.staff AND p.active WHERE "
)
_BY_TOKEN = _SESSION + "s.token_hash = ?"
_BY_ID = _SESSION + "s.id = ?"


async def _caller(tx: Tx, sql: str, value: str, now: int) -> Caller:
    found = await tx.fetch_one(sql, (value,))
    if found is None or found[4] is not None:
        raise NotAllowed("session_unknown")
    if found[3] <= now:
        raise NotAllowed("session_expired")
    _check_active(found[5])
    return Caller(found[0], found[1], found[2])


async def new_code(tx: Tx, now: int) -> str:
    """Make and store an enrolment code."""
    code = secrets.token_urlsafe(24)
    await tx.execute("INSERT INTO enrol_code (hash, expires_at) VALUES (?, ?)", (hashed(code), now + CODE_MS))
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


def _check_active(state: str) -> None:
    if state != "active":
        raise NotAllowed(f"device_{state}")


async def _count_try(tx: Tx, device: str, staff: str, now: int) -> int:
    """One more try of this person's PIN at this device: how many in a row. Raises NotAllowed `pin_wait`.

    Counted by device, so that nobody is locked out by what is tried elsewhere; and for the device as a whole, or one
    PIN could be tried with everybody's number.
    """
    tries, since = await _wrong(tx, device, staff)
    of_all, began = await _wrong(tx, device, "")
    if now - began >= HOUR_MS:
        of_all, began = 0, now
    until = since + WAIT_MS * 2 ** min(tries - FREE_TRIES, 6) if tries >= FREE_TRIES else 0
    if of_all >= DEVICE_TRIES:
        until = max(until, began + HOUR_MS)
    if until > now:
        raise NotAllowed("pin_wait", seconds=-(-(until - now) // 1000))
    await tx.bulk(_TRIED, [(device, staff, tries + 1, now), (device, "", of_all + 1, began)])
    return tries + 1


async def _wrong(tx: Tx, device: str, staff: str) -> tuple[int, int]:
    found = await tx.fetch_one("SELECT tries, at FROM wrong_pin WHERE device = ? AND staff = ?", (device, staff))
    return (found[0], found[1]) if found else (0, 0)
