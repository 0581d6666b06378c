"""The connector at work in the server's process: reads the log on, sends what waits, compares the days that are over.

One of several server processes runs it, by a lease in the store; two at once would do no harm, since a number sent
twice is one rating. Every wait is counted by the server's clock and kept in the store: a restart forgets nothing.
"""

from __future__ import annotations

import secrets

from server_stub.apply.applier import Applier
from server_stub.central.store import Store, Tx
from server_stub.rounds import Rounds
from server_stub.upstream.province.client import NoAnswer, Province
from server_stub.upstream.province.message import REFUSED, Batch, Told
from server_stub.upstream.province.outbox import NAME, NEW_CONNECTOR, Outbox, Waiting, set_connector
from server_stub.upstream.province.reconcile import compare, due_days
from sync.calendar import day_of
from sync.clock import Clock
from sync.protocol.identifiers import scope_of
from sync.records.settings import DEFAULTS, HOUR, MINUTE

BATCH = 100
FIRST_WAIT, LONGEST_WAIT = 30_000, HOUR
LEASE = 2 * MINUTE
LOOK_SECONDS = 1.0
NUMBERS = "province-numbers"  # the name of the secret in the store
JUDGED = frozenset({400, 413, 422})
"""Answers that mean the batch itself: it is halved until the one item is found that they mean."""


def wait_of(tries: int) -> int:
    """How long after so many tries in vain, ms."""
    return int(min(FIRST_WAIT << min(tries, 10), LONGEST_WAIT))


class Connector(Rounds):
    """One for a server process. Make it before the server listens: it may have to make its secret."""

    SECONDS, FAILED = LOOK_SECONDS, "province_failed"

    def __init__(self, store: Store, applier: Applier, clock: Clock, key: bytes | None = None) -> None:
        self._store, self._applier, self._clock, self._key = store, applier, clock, key
        self.outbox = Outbox(store, store.secret(NUMBERS))
        self._me = secrets.token_hex(8)
        self._province: Province | None = None
        self._most = BATCH

    async def stop(self) -> None:
        """Stop where it stands: what was not acknowledged is sent again."""
        await super().stop()
        if self._province is not None:
            await self._province.close()
            self._province = None

    async def look(self) -> None:
        """All that can be done now."""
        while await self.round():
            pass

    # -- one step -----------------------------------------------------------------------------------------------------

    def _setting(self, name: str) -> str | int:
        found: str | int = self._applier.hall.settings.get(name, DEFAULTS[name])
        return found

    async def round(self) -> bool:
        """Read on, send a batch, compare a day; whether there may be more to do at once."""
        now = self._clock.now()
        url = str(self._setting("province_url"))
        if not url or not self._applier.hall.hall or not await self._mine(now):
            return False
        read = await self.outbox.fill(scope_of(self._applier.hall.hall, "rating"), now)
        if self._key is None:
            await self._trouble("no_key", now)
            return read > 0
        [next_at] = await self._store.read(_next_at)
        if now < next_at:
            return read > 0
        province = await self._at(url)
        try:
            sent = await self._send(province, now)
            compared = await self._compare(province, now)
        except NoAnswer as error:
            await self._postpone(error, now)
            return False
        if sent or compared:
            await set_connector(self._store, tries=0, next_at=0, last_ok_at=now, trouble=None, trouble_at=None)
        return bool(read or sent or compared)

    async def _mine(self, now: int) -> bool:
        """Whether this process is the one that speaks to the province."""

        async def work(tx: Tx) -> bool:
            await tx.execute(NEW_CONNECTOR, (NAME,))
            taken = await tx.execute(
                "UPDATE connector SET holder = ?, until = ? WHERE name = ? AND (until <= ? OR holder = ?)",
                (self._me, now + LEASE, NAME, now, self._me),
            )
            return bool(taken)

        [holder, until] = await self._store.read(_holder)
        if holder == self._me and until > now + LEASE // 2:
            return True
        return await self._store.write(work)

    async def _at(self, url: str) -> Province:
        hall = str(self._setting("province_hall")) or self._applier.hall.hall
        if self._province is None or (self._province.url, self._province.hall) != (url.rstrip("/"), hall):
            if self._province is not None:
                await self._province.close()
            assert self._key is not None
            self._province = Province(url, hall, self._key)
        return self._province

    async def _send(self, province: Province, now: int) -> int:
        waiting = await self.outbox.due(now, self._most)
        if not waiting:
            return 0
        try:
            received = await province.send(Batch(hall=province.hall, items=[each.item for each in waiting]))
        except NoAnswer as error:
            if error.status not in JUDGED:
                await self.outbox.later(waiting, {each.tries: now + wait_of(each.tries) for each in waiting})
                raise
            if len(waiting) > 1:
                self._most = len(waiting) // 2
                return len(waiting)
            received_of_one = [Told(number=waiting[0].item.number, status=REFUSED, code=error.code)]
            await self.outbox.settle(received_of_one, now)
            return 1
        self._most = min(self._most * 2, BATCH)
        asked = {each.item.number: each for each in waiting}
        told = [each for each in received.items if each.number in asked]
        await self.outbox.settle(told, now)
        silent: list[Waiting] = [asked[number] for number in asked.keys() - {each.number for each in told}]
        if silent:  # not a word of these: as if nobody had answered
            await self.outbox.later(silent, {each.tries: now + wait_of(each.tries) for each in silent})
        return len(waiting)

    async def _compare(self, province: Province, now: int) -> int:
        today = day_of(now)
        days = await due_days(self._store, today, now, int(self._setting("province_compares")))
        for day, tries in days:
            await compare(self._store, self.outbox, province, day, tries, now)
        return len(days)

    async def _postpone(self, error: NoAnswer, now: int) -> None:
        [tries] = await self._store.read(_tries)
        await set_connector(
            self._store, tries=tries + 1, next_at=now + wait_of(tries), trouble=error.code, trouble_at=now
        )

    async def _trouble(self, code: str, now: int) -> None:
        [known] = await self._store.read(_known_trouble)
        if known != code:
            await set_connector(self._store, trouble=code, trouble_at=now)


async def _holder(tx: Tx) -> tuple[str, int]:
    found = await tx.fetch_one("SELECT holder, until FROM connector WHERE name = ?", (NAME,))
    return ("", 0) if found is None else (found[0], found[1])


async def _next_at(tx: Tx) -> tuple[int]:
    found = await tx.fetch_one("SELECT next_at FROM connector WHERE name = ?", (NAME,))
    return (found[0],)


async def _tries(tx: Tx) -> tuple[int]:
    found = await tx.fetch_one("SELECT tries FROM connector WHERE name = ?", (NAME,))
    return (found[0],)


async def _known_trouble(tx: Tx) -> tuple[str | None]:
    found = await tx.fetch_one("SELECT trouble FROM connector WHERE name = ?", (NAME,))
    return (found[0],)
