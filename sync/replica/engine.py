"""The engine in its own thread: pushes when there is something to say, pulls when a head has moved, tries again when
the network is back. A screen never waits for it.

    submit() ─▶ nudge ─┐                      ┌─▶ on_change(tables)   after every pull that changed rows
    live channel ──────┼─▶ loop: push, pull ──┤
    timer ─────────────┘                      └─▶ results: wait(n)    an answer that somebody waits for

    Where the live channel lives, the timer asks nothing of the centre while nothing is unsent and the token lasts.

    beside it: the window that this device keeps (sync.replica.seat), large things (sync.replica.transfers)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Coroutine, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sync.clock import Clock
from sync.device_key import DeviceKey
from sync.errors import ChainBroken, ClientTooOld, ServerRefused, StoreError, TransportError
from sync.protocol.messages import ACCEPTED, Result, SessionOpened
from sync.replica import driver
from sync.replica.blobs import Blobs
from sync.replica.blocks import Series
from sync.replica.centre_time import Away, centre_now
from sync.replica.exchange import Exchange
from sync.replica.leases import LeaseKeeper
from sync.replica.listening import Listening
from sync.replica.seat import Seat
from sync.replica.sessions import Opening, open_session
from sync.replica.store import ReplicaStore, trouble
from sync.replica.transfers import Transfers
from sync.sealed_log import seal
from sync.transport.http import HttpTransport

T = TypeVar("T")
_log = logging.getLogger("sync")
IDLE_SECONDS = 30.0
RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)


@dataclass(frozen=True, slots=True)
class Status:
    """What every header shows. Times in ms since the epoch by the device's clock, 0 for never."""

    online: bool = False
    signed_on: bool = False
    last_success_at: int = 0
    round_trip_ms: int = 0
    clock_error_ms: int = 0
    trouble: str = ""  # a catalogue key


class Engine:
    """Started after sign-on; `status` may be read from any thread."""

    def __init__(
        self,
        store: ReplicaStore,
        url: str,
        clock: Clock,
        *,
        on_change: Callable[[set[str]], None] = lambda tables: None,
        on_status: Callable[[Status], None] = lambda status: None,
        on_session: Callable[[SessionOpened], None] = lambda opened: None,
        on_revoked: Callable[[int], None] = lambda unsent: None,
        key: DeviceKey | None = None,
        idle: float = IDLE_SECONDS,
    ) -> None:
        """`idle`: how often it looks by itself, s."""
        self.store = store
        self.clock = clock
        self.status = Status()
        self.away = Away(store, clock)
        self._url = url
        self._on_change = on_change
        self._on_status = on_status
        self._on_session = on_session
        self._on_revoked = on_revoked
        self._key = key
        self._opening: Opening | None = None  # a sign-on that the server has not heard of yet
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._main, name="sync", daemon=True)
        self._results: dict[int, Result] = {}
        self._answered = threading.Condition()
        self._rounds = 0
        self.looks = 0  # how often there was nothing to ask when the timer came
        self._idle = idle
        self._wake = asyncio.Event()
        self._live = Listening(self._wake.set, self._heard)
        self._seat = Seat()
        self._stopping = False
        self._leaving = False  # the server takes nothing from this device any more
        self._ready = threading.Event()

    def start(self) -> None:
        """Begin; returns once the thread's loop runs. What it logs says nothing of a person."""
        seal()
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """End the thread; what is in the outbox stays there."""
        if not self._thread.is_alive():
            return
        self._stopping = True
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def sign_on(self, opening: Opening, opened: SessionOpened | None = None) -> None:
        """Speak for this session from now on; without one, open it as soon as the server is there. What is needed for
        that stays in memory, the PIN no longer than until then."""
        self._loop.call_soon_threadsafe(self._sign_on, opening, opened)

    def _sign_on(self, opening: Opening, opened: SessionOpened | None) -> None:
        self._opening = opening if opened is None else None
        self._key = self.exchange.key = opening.key  # somebody works here: the session is kept
        if opened is None:
            self.transport.token = ""
        else:
            self.transport.use(opened)
        self._tell(signed_on=opened is not None, trouble="")
        self._wake.set()

    def sign_off(self) -> None:
        """Nobody is here: what waits still goes out, as long as the session's token lasts; it is not renewed."""
        self._loop.call_soon_threadsafe(self._sign_off)

    def _sign_off(self) -> None:
        self.exchange.key = None

    async def _open_session(self) -> None:
        """A session for the person who signed on while the server was away."""
        if self._opening is None:
            return
        try:
            opened = await open_session(self.transport, self._opening)
        except ServerRefused as refused:
            if refused.params.get("status") in (401, 403):  # told otherwise it is tried again
                self._opening = None
            raise
        self._opening = None
        self.store.reach(opened.expect)
        self._on_session(opened)

    def nudge(self) -> None:
        """There is something to push, or a person asked for it."""
        self._loop.call_soon_threadsafe(self._wake.set)

    def sit(self, session: str | None) -> None:
        """Keep this window session: heartbeat and leases, until another one or None."""
        self._loop.call_soon_threadsafe(self._seat.sit, session or "")

    def number(self, series: Collection[Series]) -> None:
        """Hold numbers of these series, for work without a network."""
        self._seat.series = tuple(series)
        self._loop.call_soon_threadsafe(self._seat.stir)

    def wait(self, n: int, seconds: float) -> Result | None:
        """The result of operation `n`, or None after `seconds`. Not on the screen's own thread."""
        with self._answered:
            self._answered.wait_for(lambda: n in self._results, seconds)
            return self._results.get(n)

    def wait_seen(self, seqs: Mapping[str, int], seconds: float) -> bool:
        """Whether the rows up to these sequence numbers have been pulled, after `seconds` at most; of a scope that is
        not held nothing is awaited. Not on the screen's own thread."""
        with self._answered:
            return self._answered.wait_for(
                lambda: all(held.get(scope, seq) >= seq for held in [self._held()] for scope, seq in seqs.items()),
                seconds,
            )

    def centre_now(self) -> int:
        """The centre's time as far as this device knows it, else its own wall clock's, ms."""
        known = centre_now(self.store, self.clock)
        return self.clock.now() if known is None else known

    def behind(self) -> int:
        """How many rows the server has told of that are not here yet."""
        return self._live.behind(self._held())

    def result(self, n: int) -> Result | None:
        """How operation `n` ended, of the last thousand since the program began."""
        return self._results.get(n)

    def wait_held(self, scopes: Collection[str], seconds: float) -> bool:
        """Whether these scopes are held; where one is new, the end of the next exchange is awaited, `seconds` at most.
        Not on the screen's own thread."""
        if all(self._held().get(scope) for scope in scopes):
            return True
        with self._answered:
            for _ in range(2):  # the first may have been under way already
                began = self._rounds
                self.nudge()
                self._answered.wait_for(lambda began=began: self._rounds > began, seconds)  # type: ignore[misc]
                if not self.status.online or self._held().keys() >= set(scopes):
                    break
            return self._held().keys() >= set(scopes)

    def _held(self) -> dict[str, int]:
        return {row["scope"]: row["seq"] for row in self.store.read("SELECT scope, seq FROM cursor")}

    def run(self, work: Callable[[HttpTransport], Coroutine[Any, Any, T]], seconds: float) -> T:
        """Run one request on the engine's loop and wait for its answer; not on the screen's own thread.

        Raises what the request raises, TransportError `unreachable` after `seconds`.
        """
        if self._stopping:
            raise TransportError("unreachable", detail="stopped")
        coroutine = work(self.transport)
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:  # the loop was closed meanwhile
            coroutine.close()
            raise TransportError("unreachable", detail="stopped") from None
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            raise TransportError("unreachable", detail="timeout") from None
        except CancelledError:
            raise TransportError("unreachable", detail="stopped") from None

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        self.transport = HttpTransport(self._url)
        self.exchange = Exchange(self.store, self.transport, self.clock)
        self.leases = LeaseKeeper(self.store, self.transport, self.clock)
        files = Blobs(self.store, self.transport, self.clock)
        self.transfers = Transfers(self.exchange, files, self._changed, self._wake.set, self._tell)
        self._task = self._loop.create_task(self._run())
        self._ready.set()
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)
        for task in (waiting := asyncio.all_tasks(self._loop)):
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
        self._loop.run_until_complete(self.transport.close())
        self._loop.close()

    async def _run(self) -> None:
        kept = self._seat.keep(self.transport, self.leases, self.centre_now, self._leased)
        live = self._live.keep(self.transport, lambda: self.status.online)
        beside = [self._loop.create_task(each) for each in (live, kept)]
        failures = 0
        try:
            while not self._stopping:
                pause = self._idle
                if self._leaving or self.transport.token or self._opening is not None:
                    failures = 0 if await self._round() else failures + 1
                    with self._answered:
                        self._rounds += 1
                        self._answered.notify_all()
                    if failures:
                        pause = RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1]
                while not await self._woken(pause) and self._at_rest():
                    self.looks += 1
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _woken(self, seconds: float) -> bool:
        """Whether anything happened before so many seconds were over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        woken = self._wake.is_set()
        self._wake.clear()
        return woken

    def _at_rest(self) -> bool:
        """Whether another look may wait; files that wait go on. Of a copy that cannot be read the next round tells."""
        try:
            if quiet := self._quiet():
                self.transfers.begin()
        except Exception:
            return False
        return quiet

    def _quiet(self) -> bool:
        """Whether there is nothing to say or to ask: whatever moves is told by the live channel, and it is there."""
        well = self.status.online and self.status.signed_on and not self.status.trouble
        return well and self._live.alive and not (self.exchange.ending or self.store.pending() or self.behind())

    async def _round(self) -> bool:
        """Push and pull until both are quiet; whether the server answered and nothing is left to send."""
        session = self.transport.session
        try:
            if self._leaving:
                await self._farewell()
                return False
            await (self.exchange.keep() if self.transport.token else self._open_session())
            quiet = await self._push()
            if changed := await self.exchange.pull_pages():
                self._changed(changed)
            if self._seat.session and changed & {"ticket", "ticket_lease", "*"}:
                self._seat.stir()
            self.transfers.begin()
        except ServerRefused as refused:
            if refused.params.get("status") == 401 and self.transport.session == session:  # not who signed on meanwhile
                self.transport.token = ""
            if refused.code in ("device_revoked", "device_frozen"):
                self._leaving = True
                await self._farewell()
            self._tell(online=True, signed_on=bool(self.transport.token), trouble=refused.code)
            return False
        except (TransportError, ChainBroken, ClientTooOld, StoreError) as error:
            self._tell(online=not isinstance(error, TransportError), trouble=error.code)
            return False
        except driver.errors() as error:
            code = trouble(error, "internal")
            if code == "internal":  # a statement that is wrong, not the file
                _log.error("engine_failed", extra={"error": type(error).__name__}, exc_info=error)
            self._tell(trouble=code)
            return False
        except Exception as error:  # a defect: told, logged and tried again, since a dead thread would say nothing
            _log.error("engine_failed", extra={"error": type(error).__name__}, exc_info=error)
            self._tell(trouble="internal")
            return False
        self.away.met()
        self._tell(
            online=True,
            signed_on=True,
            last_success_at=self.clock.now(),
            round_trip_ms=self.exchange.round_trip_ms,
            clock_error_ms=self.exchange.clock_error_ms,
            trouble="",
        )
        return quiet

    def _changed(self, tables: set[str]) -> None:
        with self._answered:
            self._answered.notify_all()
        self._on_change(tables)

    def revoked(self) -> None:
        """Somebody was told so at the door: the last push is made."""
        self._leaving = True
        self.nudge()

    async def _farewell(self) -> None:
        """One last push, told once it was heard; without an answer it is made again with the next round. A frozen
        device only hands over what is unsent: it stays as it is until it is enrolled anew."""
        if self._key is None or self._stopping:
            return
        unsent = self.store.pending()
        with contextlib.suppress(TransportError):
            if await self.exchange.farewell(self._key):
                self._opening = None
                self._stopping = True
                self._wake.set()
                self._on_revoked(unsent)

    async def _push(self) -> bool:
        """Until nothing moves on; false where an operation waits for another try. Who may only read sends nothing: what
        others left here waits for one of them."""
        try:
            async with contextlib.aclosing(self.exchange.pushes()) as pushes:
                async for results in pushes:
                    self._hand_out(results)
        except ServerRefused as refused:
            if refused.code != "read_only":
                raise
            return True
        return not self.store.pending()

    def _hand_out(self, results: list[Result]) -> None:
        with self._answered:
            self._results |= {result.n: result for result in results}
            for n in sorted(self._results)[:-1000]:
                del self._results[n]
            self._answered.notify_all()
        accepted = all(result.status == ACCEPTED for result in results)
        self._on_change({"outbox"} if accepted else {"outbox", "refusal", "*"})  # refused: rows go back to the server's

    def _heard(self) -> None:
        """A sign of the live channel that nothing moved is as good as an answer."""
        if self._at_rest():
            self.away.met()
            self._tell(last_success_at=self.clock.now())

    def _leased(self) -> None:
        self._on_change({"lease"})
        self._wake.set()

    def _tell(self, **changed: Any) -> None:
        status = replace(self.status, **changed)
        if status != self.status:
            self.status = status
            self._on_status(status)
