"""One exchange with the server, step by step: what the engine repeats, and what a replay or a test drives itself."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from functools import partial
from typing import Any, TypeVar

from sync.clock import Clock
from sync.device_key import DeviceKey
from sync.errors import ChainBroken, ClientTooOld, ServerRefused, TransportError
from sync.protocol.messages import CLIENT, PULL_OPERATIONS, PUSH_OPERATIONS, RETRY, Pulled, Pushed, Result
from sync.replica.centre_time import heard
from sync.replica.pull import after, anew, cursors, follows, take
from sync.replica.push import NOTHING, Batch, Outgoing, next_batch, next_push, settle
from sync.replica.restored import begin_again
from sync.replica.sessions import renew
from sync.replica.snapshot import PIECE, take_snapshot
from sync.replica.store import ReplicaStore
from sync.transport.http import HttpTransport

T = TypeVar("T")
FIRST_PAGE, LEAST_PAGE = 500, 50
QUICK_MS, SLOW_MS = 400, 2_000
UNDER_WAY = 2  # pushes at a time, where answers come quickly
RENEW_BEFORE_MS = 30 * 60_000


class Exchange:
    """A replica and its way to the server. With the device's key a session is renewed without anybody noticing, as long
    as it lasts."""

    def __init__(
        self, store: ReplicaStore, transport: HttpTransport, clock: Clock, key: DeviceKey | None = None
    ) -> None:
        self.store = store
        self.key = key
        self.transport = transport
        self.clock = clock
        self.client = CLIENT
        self.wanted: set[str] = set()  # scopes that the server wants taken as a whole
        self.piece = PIECE  # bytes of a snapshot at once
        self.page = FIRST_PAGE  # operations asked for: more where the way is quick, fewer where it is slow
        self.round_trip_ms = 0  # of the last pull
        self.push_ms = 0  # the same of the last push; where it was not answered, of a slow one
        self.clock_error_ms = 0  # this device's wall clock, ahead of the server's; within the round trip it is 0

    async def push(self, limit: int = PUSH_OPERATIONS) -> list[Result]:
        """Send what is new; answers what ended. Raises TransportError: then nothing is known, and nothing changed."""
        message = next_push(self.store, self.clock, limit)
        if message is None:
            return []
        pushed = await self._pushed(message)
        self.store.reach(pushed.expect)
        return settle(self.store, pushed)

    async def pushes(self, limit: int = PUSH_OPERATIONS) -> AsyncGenerator[list[Result], None]:
        """Send all that is new and give what ended, answer by answer. Where answers come quickly, a whole push follows
        the one that is under way: the server need not wait while its answer is written here. After a `retry`, or an
        answer by which nothing ended, all is told anew, from the lowest n, as long as something ends. Raises as `push`
        does."""
        flying: deque[tuple[int, asyncio.Task[Pushed]]] = deque()
        stopped = moved = False
        try:
            while True:
                last = flying[-1][0] if flying else 0
                most = UNDER_WAY if self.push_ms < QUICK_MS else 1
                if not stopped and len(flying) < most and (batch := next_batch(self.store, limit, last)):
                    flying.append((batch.ns[-1], await self._fly(batch, last)))
                elif flying:
                    pushed = await flying.popleft()[1]
                    self.store.reach(pushed.expect)
                    ended = settle(self.store, pushed)
                    stopped |= not ended or any(result.status == RETRY for result in pushed.results)
                    if ended:
                        moved = True
                        yield ended
                elif stopped and moved:
                    stopped = moved = False
                else:
                    return
        finally:
            for _, answer in flying:
                answer.cancel()

    async def _fly(self, batch: Batch, follows: int) -> asyncio.Task[Pushed]:
        """Send a push; back as soon as it has left, with its answer to come."""
        sent = asyncio.Event()
        answer = asyncio.create_task(self._pushed(batch.said(self.store, self.clock, follows), sent))
        answer.add_done_callback(partial(_over, sent))
        try:
            await sent.wait()
        except asyncio.CancelledError:
            answer.cancel()
            raise
        return answer

    async def _pushed(self, message: Outgoing, sent: asyncio.Event | None = None) -> Pushed:
        began = self.clock.boot()[1]
        try:
            pushed = await self._say("POST", "/v1/push", Pushed, message, sent=sent)
        except TransportError:
            self.push_ms = SLOW_MS
            raise
        self.push_ms = self.clock.boot()[1] - began
        return pushed

    async def farewell(self, key: DeviceKey) -> bool:
        """What a device that is not taken any more still has to say, in its own name: for a person to decide; also what
        a centre that was restored has forgotten of it. True once the server has said that this was its last push.
        Raises TransportError: then it is said again."""
        signer = key.signer(self.store.device)
        while True:
            message = next_push(self.store, self.clock)
            said = message or NOTHING.said(self.store, self.clock)
            pushed = await self.transport.ask("POST", "/v1/push", Pushed, said, signer=signer)
            if pushed.restored is not None and pushed.restored.epoch != self.store.noted("epoch"):
                begin_again(self.store, Pulled(scopes={}, now=pushed.now, restored=pushed.restored))
                continue
            ended = settle(self.store, pushed)
            if message is None or not ended:
                return pushed.revoked and message is None

    async def pull(self, limit: int = FIRST_PAGE) -> set[str]:
        """Fetch one page of every scope; answers the tables that changed ("*": a scope was withdrawn)."""
        return take(self.store, await self._ask(cursors(self.store), limit))

    async def pull_all(self) -> set[str]:
        """Pull until nothing more is there, snapshots too. Raises as `pull_pages` and `snapshots` do."""
        changed = await self.pull_pages()
        while self.wanted and (taken := await self.snapshots()):
            changed |= taken | await self.pull_pages()
        return changed

    async def snapshots(self) -> set[str]:
        """Take in the scopes that the server gives as a whole; answers the tables that changed, none where no cursor
        has moved. What interrupts it is raised, and the next call goes on where this one ended."""
        changed: set[str] = set()
        for scope in sorted(self.wanted):
            changed |= await take_snapshot(self.store, self.transport, scope, self.piece)
        return changed

    async def pull_pages(self) -> set[str]:
        """Pull until nothing more is there but snapshots, which stand in `wanted`; while one page is written, the next
        is on its way. Raises ChainBroken `chain_gap` where the server tells of rows and sends none."""
        changed: set[str] = set()
        pulled = await self._ask(cursors(self.store))
        while follows(pulled):
            before = cursors(self.store)
            if anew(pulled):
                changed |= take(self.store, pulled)
                pulled = await self._ask(cursors(self.store))
                continue
            sent = asyncio.Event()
            ahead = asyncio.create_task(self._ask(after(before, pulled), sent=sent))
            ahead.add_done_callback(partial(_over, sent))
            try:
                await sent.wait()
                changed |= take(self.store, pulled)
                if cursors(self.store) == before:
                    raise ChainBroken("chain_gap", scope=before)
                pulled = await ahead
            finally:
                ahead.cancel()
        return changed | take(self.store, pulled)

    async def _ask(self, held: str, limit: int = 0, sent: asyncio.Event | None = None) -> Pulled:
        asked = {"c": held, "limit": str(limit or self.page), "epoch": self.store.noted("epoch")}
        asked["shapes"] = self.store.shape
        if saved := self.store.noted("saved"):
            asked["saved"] = saved
        if self.store.pending():
            asked["pending"] = "true"
        boot, began = self.clock.boot()
        try:
            pulled = await self._say("GET", "/v1/pull", Pulled, sent=sent, **asked)
        except TransportError:
            self.page = max(LEAST_PAGE, self.page // 4)
            raise
        self.round_trip_ms = self.clock.boot()[1] - began
        heard(self.store, boot, began, pulled.now)
        if pulled.min_client > self.client:
            raise ClientTooOld("client_too_old", wanted=pulled.min_client, have=self.client)
        ahead = self.clock.now() - pulled.now
        self.wanted = {scope for scope, page in pulled.scopes.items() if page.snapshot}
        self.clock_error_ms = ahead if abs(ahead) > max(1_000, self.round_trip_ms) else 0
        if self.round_trip_ms > SLOW_MS:
            self.page = max(LEAST_PAGE, self.page // 2)
        elif self.round_trip_ms < QUICK_MS and any(page.more for page in pulled.scopes.values()):
            self.page = min(PULL_OPERATIONS, self.page * 2)
        return pulled

    async def keep(self) -> None:
        """Renew the session's token in good time; raises ServerRefused `session_expired` where the session is over."""
        if self.key is not None and self.transport.token and self.ending:
            await renew(self.transport, self.store.device, self.key)

    @property
    def ending(self) -> bool:
        """Whether the session's token ends soon."""
        left = self.transport.expires_at - (self.clock.now() - self.clock_error_ms)
        return left < RENEW_BEFORE_MS

    async def _say(self, method: str, path: str, answer: type[T], message: Any = None, **params: Any) -> T:
        """Once more with a new token where the one at hand has run out: a laptop slept longer than it lasts. Or where
        it is not known any more: it was renewed, and the answer got lost on the way."""
        try:
            return await self.transport.ask(method, path, answer, message, **params)
        except ServerRefused as refused:
            if refused.code not in ("session_expired", "session_unknown") or self.key is None:
                raise
        await renew(self.transport, self.store.device, self.key)
        return await self.transport.ask(method, path, answer, message, **params)


def _over(sent: asyncio.Event, task: asyncio.Task[Any]) -> None:
    """However a question ended, nobody waits for its sending; its trouble is told by whoever waits for the answer."""
    sent.set()
    if not task.cancelled():
        task.exception()
