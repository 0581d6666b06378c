"""Type-ahead: keys are queued and delivered one at a time, each after the former has settled.

    terminal ──▶ on_event ──▶ queue ──▶ translate ──▶ deliver ──▶ settle ──▶ next key
                  (at once)             Esc 2 → F2     App.on_event   the focus chain's queues are empty, a new
                                        ２ → 2                        screen has mounted and been laid out, and
                                                                      no action that was begun is still at work

Textual alone loses keys across a screen change; card readers and barcode guns send whole bursts. "Settled" is a
state, not a time: a loop that was busy for a second delivers the same keys to the same places. The only limits are
last resorts, so that a handler that never ends cannot lock the keyboard for good.
"""

from __future__ import annotations

import asyncio
import contextlib
import unicodedata
from collections.abc import Awaitable, Coroutine, Iterator
from typing import Any

from textual import events
from textual.app import App
from textual.geometry import Size
from textual.message_pump import MessagePump
from textual.screen import Screen

from workstation.keymap import TWIN_DIGITS

SMALLEST = Size(80, 24)
"""Cells that a screen needs; in a smaller window it only says so."""
LAST_RESORT_S = 3.0
ACTION_LIMIT_S = 15.0
_POLL_S = 0.05
_ROUNDS = 4


def half_width(key: events.Key) -> events.Key | None:
    """The plain twin of a full-width digit or blank, None where the key is neither."""
    character = key.character
    if character is None or len(character) != 1 or not ("\uff10" <= character <= "\uff19" or character == "\u3000"):
        return None
    plain = unicodedata.normalize("NFKC", character)
    return events.Key("space" if plain == " " else plain, plain)


def is_input_method(key: events.Key) -> bool:
    """Whether an input method is on: the key came as a full-width sign or as a Chinese character."""
    character = key.character
    return bool(character) and len(character or "") == 1 and unicodedata.east_asian_width(character or "x") in "FW"


class KeyPump(App[Any]):
    """An app whose keys wait for each other. `escape_ms`: how long Esc waits for the digit that makes it an F-key."""

    escape_ms: int = 500

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._keys: asyncio.Queue[events.Key] = asyncio.Queue()
        self._pump_task: asyncio.Task[None] | None = None
        self._actions: set[asyncio.Task[object]] = set()
        self._at_work: set[asyncio.Task[object]] = set()
        self._nothing_at_work = asyncio.Event()
        self._arrived: Screen[Any] | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def start_pump(self) -> None:
        """Begin to deliver; keys that came before wait in the queue."""
        if self._pump_task is None:
            self._pump_task = asyncio.create_task(self._pump(), name="key pump")

    async def stop_pump(self) -> None:
        """End the delivery, and the actions that are still at work or wait for an answer."""
        tasks = [task for task in (self._pump_task, *self._actions) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._pump_task = None

    async def keys_settled(self) -> None:
        """Wait until every key so far has been delivered and has settled (the tests' condition)."""
        await self._idle.wait()

    @property
    def keys_waiting(self) -> bool:
        """Whether a key is queued, or under delivery and not yet settled."""
        return not self._idle.is_set()

    async def on_event(self, event: events.Event) -> None:
        """Queue a fresh key; one that bubbled up from a widget is forwarded and must not be delivered again."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._idle.clear()
            self._keys.put_nowait(event)
            return
        await super().on_event(event)

    # -- at work ------------------------------------------------------------------------------------------------------

    def work(self, action: Coroutine[Any, Any, object]) -> None:
        """Run an action's coroutine; typed-ahead keys wait until it is over, or asks something (`aside`)."""
        task: asyncio.Task[object] = asyncio.create_task(self._watched(action))
        self._at_work.add(task)
        self._actions.add(task)
        self._nothing_at_work.clear()
        task.add_done_callback(self._rested)
        task.add_done_callback(self._actions.discard)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """While the current action waits for a person's answer, keys are delivered."""
        task = asyncio.current_task()
        if task is None or task not in self._at_work:
            yield
            return
        self._rested(task)
        try:
            yield
        finally:
            self._at_work.add(task)
            self._nothing_at_work.clear()

    def _rested(self, task: asyncio.Task[object]) -> None:
        self._at_work.discard(task)
        if not self._at_work:
            self._nothing_at_work.set()

    async def _watched(self, action: Coroutine[Any, Any, object]) -> None:
        try:
            await action
        except Exception as error:
            self._handle_exception(error)

    # -- delivery -----------------------------------------------------------------------------------------------------

    async def _pump(self) -> None:
        while True:
            key = await self._keys.get()
            try:
                for each in await self._translate(key):
                    await self._deliver(each)
            except Exception as error:
                self._handle_exception(error)
            if self._keys.empty():
                self._idle.set()

    async def _translate(self, key: events.Key) -> list[events.Key]:
        """Esc and a digit within `escape_ms` are an F-key, and so is Alt+digit (what a terminal makes of a quick
        one)."""
        modifier, plus, last = key.key.rpartition("+")
        if plus and modifier == "alt" and (twin := TWIN_DIGITS.get(_SIGNS.get(last, last))):
            return [events.Key(twin, None)]
        if key.key != "escape" or not self.escape_ms:
            return [key]
        self.escape_pending(True)
        try:
            following = await asyncio.wait_for(self._keys.get(), self.escape_ms / 1000)
        except TimeoutError:
            return [key]
        finally:
            self.escape_pending(False)
        plain = half_width(following) or following
        in_time = (following.time - key.time) * 1000 <= self.escape_ms
        if in_time and plain.character and (twin := TWIN_DIGITS.get(plain.character)):
            return [events.Key(twin, None)]
        return [key, *await self._translate(following)]

    def escape_pending(self, waiting: bool) -> None:
        """Esc waits for its digit, or no longer: the app may show it."""

    def input_method_on(self) -> None:
        """A full-width key came that nothing wanted: the app shows the hint."""

    def _unseen(self, key: events.Key) -> bool:
        """Whether the window is too small to show what this key would do; quit and lock need no sight."""
        if self.size.width >= SMALLEST.width and self.size.height >= SMALLEST.height:
            return False
        return not any(binding.priority for binding in self._bindings.key_to_bindings.get(key.key, ()))

    async def _deliver(self, key: events.Key) -> None:
        await self._arrive()
        if self._unseen(key):
            return
        screen = self.screen
        target = self.focused or screen
        if target is screen or not target.check_consume_key(key.key, key.character):
            if plain := half_width(key):
                key = plain
            elif is_input_method(key):
                self.input_method_on()
                return
        await super().on_event(key)
        await self._settle([node for node in target.ancestors_with_self if isinstance(node, MessagePump)])

    async def _settle(self, chain: list[MessagePump]) -> None:
        """Wait until what the key set off has happened."""
        await self._drain(chain)
        if self._at_work:
            await _within(self._nothing_at_work.wait(), ACTION_LIMIT_S)
            await self._drain(chain)
        await self._arrive()

    async def _arrive(self) -> None:
        """Wait until the screen that is on top now has mounted and been laid out; once for each change."""
        while self.screen is not self._arrived:
            screen = self._arrived = self.screen
            await self._reached(screen, after_refresh=True)
            target = self.focused or screen
            await self._drain([node for node in target.ancestors_with_self if isinstance(node, MessagePump)])

    async def _drain(self, chain: list[MessagePump]) -> None:
        """Go round the chain, leaf to root, until a whole round began and ended with nothing queued.

        A message that bubbles goes on ahead of us; one that a handler posts anew makes another round. The app's own
        queue is passed but not waited for: timers and the live link may keep it filled.
        """
        watched = [node for node in chain if node is not self]
        for _ in range(_ROUNDS):
            quiet = not any(node.message_queue_size for node in watched)
            for node in chain:
                await self._reached(node)
            if quiet and not any(node.message_queue_size for node in watched):
                return

    async def _reached(self, node: MessagePump, *, after_refresh: bool = False) -> None:
        """Wait until `node` has come to a message posted now, or is closing, or the last resort's time is up."""
        mark = _Mark(asyncio.get_running_loop().create_future())
        if not (node.call_after_refresh(mark) if after_refresh else node.post_message(events.Callback(callback=mark))):
            return
        for _ in range(int(LAST_RESORT_S / _POLL_S)):
            finished, _waiting = await asyncio.wait((mark.done,), timeout=_POLL_S)
            if finished or node._closing or node._closed:
                return


class _Mark:
    """A callback that says it was called.

    Textual inspects how many parameters each new callback has, at 40 microseconds; it believes this attribute.
    """

    _param_count = 0

    def __init__(self, done: asyncio.Future[None]) -> None:
        self.done = done

    def __call__(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def _within(waiting: Awaitable[object], limit_s: float) -> bool:
    try:
        await asyncio.wait_for(waiting, limit_s)
    except TimeoutError:
        return False
    return True


_SIGNS = {"minus": "-", "equals_sign": "="}
