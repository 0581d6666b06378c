"""`sync-server sample` makes a sample store; `sync-server morning` opens a new day in it.

make_sample    whole or not at all: made beside its place, then put there
open_morning   what fell due meanwhile ─▶ every day before is closed, in the ordinary way ─▶ a new morning's queue
"""

from __future__ import annotations

import asyncio
import re

from server_stub.apply.hall import read_hall
from server_stub.central.making import new_store
from server_stub.central.opening import open_store
from server_stub.central.sample_mark import is_sample
from server_stub.central.seed import seed as seed_rows
from server_stub.central.store import Store, Tx
from server_stub.central.trouble import StoreBusy
from server_stub.central.url import place_of
from server_stub.files.vault import Vault
from server_stub.sample import hall, ledger
from server_stub.sample.cases import write_cases
from server_stub.sample.morning import Morning, earlier_day, rate
from server_stub.sample.people import PEOPLE
from server_stub.sample.play import Script, play
from sync.calendar import DAY_MS, MINUTE_MS, Calendar, end_of_day_ms, start_of_day_ms
from sync.errors import InputError, StoreError
from sync.pin import hash_pin
from sync.protocol.verbs import ticket
from sync.records.states import Level

HOUR_MS = 60 * MINUTE_MS
PUBLIC_KIB = 64  # trying a PIN that everybody knows need cost nothing
SEEDED_AT = "2000-01-01"
"""The hall's own records are older than anything that happens in it."""
_HOUR = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def moment_of(day: str, at: str) -> int:
    """`2026-03-02`, `10:30` in hall time as ms. Raises InputError `sample_day`, `sample_at`."""
    try:
        midnight = start_of_day_ms(day)
    except (InputError, ValueError):
        raise InputError("sample_day", value=day[:20]) from None
    match = _HOUR.fullmatch(at)
    if match is None:
        raise InputError("sample_at", value=at[:20])
    return midnight + (int(match[1]) * 60 + int(match[2])) * MINUTE_MS


def make_sample(url: str, *, seed: int, now: int, day: str) -> None:
    """Make the store as it stands at `now` on `day`. Raises StoreError `store_exists`, `sample_unwritable`."""
    try:
        with new_store(url, durable=False) as store:
            _fill(store, seed, now, day)
    except (OSError, StoreBusy, StoreError) as error:
        if isinstance(error, StoreError) and error.code != "store_open":
            raise
        why = error.params["detail"] if isinstance(error, StoreError) else error
        raise StoreError("sample_unwritable", path=place_of(url), detail=str(why)) from None


def _fill(store: Store, seed: int, now: int, day: str) -> None:
    verifiers = {who.staff: hash_pin(who.pin, salt=_salt(who.staff, seed), memory_kib=PUBLIC_KIB) for who in PEOPLE}
    seed_rows(store, hall.scopes(), hall.rows(), verifiers, start_of_day_ms(SEEDED_AT))
    script = Script(seed, day)
    midnight = start_of_day_ms(day)
    morning = Morning(script, now, midnight - 8 * HOUR_MS)
    served = morning.write()
    two_days_ago = earlier_day(script, midnight - 2 * DAY_MS, 2, ("a02", "b01", "a07"))
    yesterday = earlier_day(script, midnight - DAY_MS, 1, ("a03", "a10", "a07"))
    [at_centre] = earlier_day(script, midnight - DAY_MS, 1, ("a07",), "fushanlu")
    rate(script, at_centre.finished_at + 2 * MINUTE_MS, at_centre, Level.VERY_SATISFIED)
    ledger.write_rectified(script, two_days_ago[0])
    ledger.write_rectifying(script, yesterday[0])
    ledger.write_this_morning(script, morning)
    write_cases(script, now, Calendar.standard(), served)
    asyncio.run(play(store, Vault.of(store), script, now))


def _salt(staff: str, seed: int) -> bytes:
    """The same store from the same seed: a sample's PINs are told to everybody anyway."""
    return f"sample {seed} {staff}".ljust(16).encode()


def open_morning(url: str, *, seed: int, now: int, day: str) -> bool:
    """Open `day` in a sample store; False where it is open already.

    Raises StoreError `store_not_sample`, `clock_behind` where the store has been in a later day.
    """
    if not is_sample(url):
        raise StoreError("store_not_sample", path=place_of(url))
    store = open_store(url)
    try:
        last, queues, taken = _look(store)
        if last > day:
            raise StoreError("clock_behind", day=day, last=last)
        if last == day:
            return False
        script = Script(seed, day)
        for scope in queues:
            args = ticket.CloseDay(day=last)
            script.clock(end_of_day_ms(last), args, id=scope, scope=scope)
        booked_at = max(end_of_day_ms(last) if last else 0, start_of_day_ms(day) - 8 * HOUR_MS)
        morning = Morning(script, now, booked_at, taken=taken)
        if morning.write():
            ledger.write_this_morning(script, morning)
        asyncio.run(play(store, Vault.of(store), script, now))
    finally:
        store.close()
    return True


def _look(store: Store) -> tuple[str, list[str], frozenset[str]]:
    """The last day of the main queue, all queues, and the windows where somebody will still sit after the closing."""

    async def work(tx: Tx) -> tuple[str, list[str], frozenset[str]]:
        found = await tx.fetch_one("SELECT max(day) FROM ticket WHERE scope = ?", (hall.queue(),))
        last, known = found[0] or "", await read_hall(tx)
        like = (f"{known.hall}:queue%",)
        queues = [scope for (scope,) in await tx.fetch("SELECT scope FROM head WHERE scope LIKE ?", like)]
        staying = await tx.fetch(
            'SELECT "window" FROM window_session WHERE closed_at IS NULL AND opened_at >= ?',
            (end_of_day_ms(last) if last else 0,),
        )
        return last, sorted(queues), frozenset(window for (window,) in staying)

    return store.transact(work)
