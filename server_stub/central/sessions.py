"""Sessions: a device proves itself by its key, a person by a PIN; then every request carries a token, and what is
posted is signed with the session's key.

    challenge ─▶ open  (device's signature over it, PIN) ─▶ token, an hour ─renew─▶ token …, twelve hours in all
    caller    whose token this is                check     whether that session is still one
    pusher    who signed a push: a session, or a device that is not taken any more and speaks a last time

A challenge is a MAC over device, time and random bits: any server process can tell its own, nothing is stored before a
device has proved itself, and one that was used is written down until it would have expired. The key of a session is
derived from its id by the store's own secret, so that it lies nowhere.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from server_stub.central.people import Caller, Known, NotAllowed, granted, hashed, scopes_for
from server_stub.central.statements import by_text, upsert
from server_stub.central.store import Store, Tx
from sync.device_key import OPEN, RENEW, from_text, signed_by, to_text, verifies
from sync.pin import pin_matches
from sync.protocol.identifiers import uuid7
from sync.protocol.messages import Challenged, Grant, OpenSession, Renewed, RenewSession, SessionOpened
from sync.protocol.operation import NAME_LENGTH
from sync.protocol.signing import ED25519, HMAC, BadSignature, Signature

HOUR_MS = 3_600_000
CHALLENGE_MS = 60_000
TOKEN_MS = HOUR_MS
SESSION_MS = 12 * HOUR_MS  # then the PIN is asked for again, however busy somebody is
FREE_TRIES = 5
WAIT_MS = 60_000
DEVICE_TRIES = 30  # wrong PINs an hour at one device, of whomever
BUCKET = 120  # sessions that a device may open at once, one more each second
REFILL_MS = 1_000
_MAC_BYTES = 16
_POURED = upsert("opening", ("device", "level", "at"))
_TRIED = upsert("wrong_pin", ("device", "staff", "tries", "at"))


class Sessions:
    """Who is there."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._secret = store.secret("sessions")

    def challenge(self, device: str, now: int) -> Challenged:
        """Something to sign, for whoever asks: it tells nothing and costs nothing."""
        expires = now + CHALLENGE_MS
        body = expires.to_bytes(8, "big") + secrets.token_bytes(16)
        return Challenged(challenge=to_text(body + self._mac(device, body)), expires_at=expires)

    async def open(self, opening: OpenSession, now: int) -> SessionOpened:
        """Sign on; raises NotAllowed `device_unknown`, `device_frozen`, `device_revoked`, `challenge`, `session_wait`,
        `pin_wait` or `pin_wrong`, which does not say that a person is unknown. A try is counted before the PIN is
        looked at: many at once are no more tries."""
        device, staff = opening.device, opening.staff

        async def begin(tx: Tx) -> tuple[str, int]:
            await self._proved(tx, device, opening.challenge, opening.proof, now, OPEN, device, staff)
            await _pour(tx, device, now)
            tries = await _count_try(tx, device, staff[:NAME_LENGTH] or "-", now)
            found = await tx.fetch_one(
                "SELECT c.verifier FROM credential c JOIN staff s ON s.id = c.staff WHERE c.staff = ? AND s.active",
                (staff,),
            )
            return found[0] if found else "", tries

        verifier, tries = await self._store.write(begin)
        if not await pin_matches(verifier, opening.pin):
            raise NotAllowed("pin_wrong", left=max(0, FREE_TRIES - tries))
        return await self._store.write(lambda tx: self._opened(tx, device, staff, verifier, now))

    async def _opened(self, tx: Tx, device: str, staff: str, verifier: str, now: int) -> SessionOpened:
        session, until = uuid7(now), now + SESSION_MS
        await tx.execute("DELETE FROM wrong_pin WHERE device = ? AND staff = ?", (device, staff))
        await tx.execute(
            "UPDATE wrong_pin SET tries = tries - 1 WHERE device = ? AND staff = '' AND tries > 0", (device,)
        )
        await tx.execute(
            "INSERT INTO session (id, device, staff, opened_at, until) VALUES (?, ?, ?, ?, ?)",
            (session, device, staff, now, until),
        )
        token, expires = await _new_token(tx, session, until, now)
        [last_n] = await tx.fetch_one("SELECT last_n FROM device WHERE id = ?", (device,))
        name, site = await tx.fetch_one("SELECT name, site FROM staff WHERE id = ?", (staff,))
        grants = [Grant(role=role, over=over) for role, over in await granted(tx, staff)]
        return SessionOpened(
            session=session,
            token=token,
            expires_at=expires,
            until=until,
            key=to_text(self._key(session)),
            now=now,
            staff=staff,
            name=name,
            site=site,
            grants=grants,
            scopes=await scopes_for(tx, device, now),
            verifier=verifier,
            expect=last_n + 1,
        )

    async def renew(self, renewal: RenewSession, now: int) -> Renewed:
        """A new token for a session that lasts, at the device that opened it; raises NotAllowed as `open` does, and
        `session_unknown`, `session_expired`."""

        async def work(tx: Tx) -> Renewed:
            device, session = renewal.device, renewal.session
            await self._proved(tx, device, renewal.challenge, renewal.proof, now, RENEW, device, session)
            caller = _caller(await tx.fetch_one(_SESSION, (session,)), now)
            if caller.device != device:
                raise NotAllowed("session_unknown")
            [until] = await tx.fetch_one("SELECT until FROM session WHERE id = ?", (session,))
            await tx.execute("DELETE FROM token WHERE session = ? AND expires_at <= ?", (session, now))
            token, expires = await _new_token(tx, session, until, now)
            return Renewed(token=token, expires_at=expires)

        return await self._store.write(work)

    async def caller(self, token: str, now: int) -> Caller:
        """Whose token this is; raises NotAllowed `session_unknown`, `session_expired`, `device_frozen` or
        `device_revoked`. A person who left has no session any more."""
        caller = _by_token(await self._store.look_up(_TOKEN, (hashed(token),)), now)
        _check_active(caller.state)
        return caller

    async def check(self, caller: Caller, now: int) -> None:
        """Whether a session is still one; raises NotAllowed as `caller` does."""
        found = await self._store.glance(lambda tx: tx.fetch_one(_SESSION, (caller.session,)))
        _check_active(_caller(found, now).state)

    async def pusher(self, token: str, signature: Signature, now: int) -> tuple[Caller, str]:
        """Who signed a push, of a device in whatever state, and the public key that it must be verified with; empty for
        a session's own. A device speaks in its own name only when it is not taken any more. Raises NotAllowed."""
        if signature.alg != ED25519:
            found = await self._store.look_up(_PUSHER, (hashed(token),))
            caller = _by_token(found, now)
            return replace(caller, known=Known(*found[0][_TOLD:])), ""
        found = await self._store.look_up(_DEVICE, (signature.keyid,))
        if not found:
            raise NotAllowed("device_unknown")
        _, state, key, *known = found[0]
        if state == "active":
            raise NotAllowed("session_unknown")
        return Caller("", signature.keyid, "", state, Known(*known)), key

    def verify(self, caller: Caller, public: str, signature: Signature, path: str, sha256: bytes) -> None:
        """Whether a POST is signed by whom it says; raises NotAllowed `signature`."""

        def check(value: bytes, base: bytes) -> bool:
            if public:
                return verifies(public, value, base)
            return hmac.compare_digest(value, hmac.digest(self._key(caller.session), base, "sha256"))

        if not public and (signature.alg, signature.keyid) != (HMAC, caller.session):
            raise NotAllowed("signature")
        try:
            signature.verify("POST", path, sha256, check)
        except BadSignature:
            raise NotAllowed("signature") from None

    async def end(self, session: str, now: int) -> None:
        """Sign off; what is in the outbox goes out with the next session of this device."""
        await self._store.write(lambda tx: tx.execute("UPDATE session SET ended_at = ? WHERE id = ?", (now, session)))

    def _mac(self, *parts: bytes | str) -> bytes:
        said = b"\0".join(part if isinstance(part, bytes) else part.encode() for part in ("challenge", *parts))
        return hmac.digest(self._secret, said, "sha256")[:_MAC_BYTES]

    def _key(self, session: str) -> bytes:
        return hmac.digest(self._secret, f"session\0{session}".encode(), "sha256")

    async def _proved(self, tx: Tx, device: str, challenge: str, proof: str, now: int, *said: str) -> None:
        """The device's signature over a challenge of ours that nobody has used; it is used up now."""
        purpose, *rest = said
        known = await tx.fetch_one("SELECT public_key, state FROM device WHERE id = ?", (device,))
        if known is None or not signed_by(known[0], proof, purpose, rest[0], challenge, *rest[1:]):
            raise NotAllowed("device_unknown")
        _check_active(known[1])
        try:
            value = from_text(challenge)
        except ValueError:
            value = b""
        body, mac = value[:-_MAC_BYTES], value[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(device, body)) or int.from_bytes(body[:8], "big") <= now:
            raise NotAllowed("challenge")
        await tx.execute("DELETE FROM spent_challenge WHERE expires_at <= ?", (now,))
        fresh = await tx.execute(
            "INSERT INTO spent_challenge (hash, expires_at) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING",
            (hashed(challenge), int.from_bytes(body[:8], "big")),
        )
        if not fresh:
            raise NotAllowed("challenge")


_COLUMNS = "s.id, s.device, s.staff, s.until, s.ended_at, d.state"
_OF_DEVICE = "JOIN device d ON d.id = s.device JOIN staff p ON p.id = s.staff AND p.active"
_SESSION = f"SELECT {_COLUMNS} FROM session s {_OF_DEVICE} WHERE s.id = ?"  # noqa: S608 - own words
_OF_TOKEN = f"token t JOIN session s ON s.id = t.session {_OF_DEVICE}"
_TOKEN = by_text("t.hash", f"t.expires_at, {_COLUMNS}", _OF_TOKEN)
_TOLD = 8  # so many columns it has
_KNOWN = """d.last_contact_at, d.last_n, {roles},
(SELECT value FROM setting WHERE id = 'restored'), (SELECT min(at) FROM due)"""
_ROLES = "(SELECT min(a.role) || ' ' || max(a.role) FROM role_assignment a WHERE a.staff = s.staff)"
_PUSHER = by_text("t.hash", f"t.expires_at, {_COLUMNS}, {_KNOWN.format(roles=_ROLES)}", _OF_TOKEN)
_DEVICE = by_text("d.id", f"d.state, d.public_key, {_KNOWN.format(roles='NULL')}", "device d")


def _by_token(found: Sequence[Any], now: int) -> Caller:
    """Whose token it is that these rows were looked up by."""
    caller = _caller(found[0][2:_TOLD] if found else None, now)
    if found[0][1] <= now:
        raise NotAllowed("session_expired")
    return caller


def _caller(found: Sequence[Any] | None, now: int) -> Caller:
    if found is None or found[4] is not None:
        raise NotAllowed("session_unknown")
    if found[3] <= now:
        raise NotAllowed("session_expired")
    return Caller(found[0], found[1], found[2], found[5])


async def _new_token(tx: Tx, session: str, until: int, now: int) -> tuple[str, int]:
    token, expires = secrets.token_urlsafe(32), min(now + TOKEN_MS, until)
    await tx.execute(
        "INSERT INTO token (hash, session, expires_at) VALUES (?, ?, ?)", (hashed(token), session, expires)
    )
    return token, expires


def _check_active(state: str) -> None:
    if state != "active":
        raise NotAllowed(f"device_{state}")


async def _pour(tx: Tx, device: str, now: int) -> None:
    """One session more of this device's bucket; raises NotAllowed `session_wait` where it is empty. Only a device that
    has proved itself gets here, so that nobody empties another's."""
    level, at = await tx.fetch_one("SELECT level, at FROM opening WHERE device = ?", (device,)) or (0, now)
    level = max(0, level - max(0, now - at) // REFILL_MS)
    if level >= BUCKET:
        raise NotAllowed("session_wait", seconds=1)
    await tx.bulk(_POURED, [(device, level + 1, now)])


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
