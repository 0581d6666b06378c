"""Light clients in processes apart: what they cost is not the server's, and they press at the same moment.

    with Crowd(2) as crowd:                                    two processes, the seats shared out between them
        crowd.all("take", codes=[[code, i, url], …])           a device enrolled and clerk i signed on, each
        crowd.all("notes", each=40)                            every seat says so many notes, one after another

    parent ─ one line of JSON an order ─▶ child, its seats on one loop ─ one line of JSON ─▶ parent

A moment is `time.monotonic()`, which all processes of a machine share: an order with `at` begins everywhere at once.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from sync.clock import Clock, DrivenClock, SystemClock
from sync.protocol.identifiers import scope_of, uuid7
from sync.protocol.verbs import case as cases
from tests.benchmarks.processor import cpu_ms
from tests.sync.pressing import Line, Seat

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = "申请人补交了经营场所使用证明，与原件核对一致。"
AHEAD = 0.05
"""So long before its moment an order is given, s."""
TAKEN_AT_ONCE = 16


class Crowd:
    """So many processes; orders are given to all of them, answers come in their order."""

    def __init__(self, processes: int, *, now: int | None = None) -> None:
        """`now`: where time stands for them; the machine's own clock without it."""
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.benchmarks.light", *([] if now is None else [str(now)])],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(processes)
        ]

    def __enter__(self) -> Crowd:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None
                pipe.close()

    def give(self, order: str, **told: Any) -> None:
        """An order to every process; `codes` are shared out."""
        codes = told.pop("codes", None)
        for i, process in enumerate(self._processes):
            mine = {} if codes is None else {"codes": codes[i :: len(self._processes)]}
            assert process.stdin is not None
            process.stdin.write(json.dumps({"order": order, **told, **mine}) + "\n")
            process.stdin.flush()

    def answers(self) -> list[Any]:
        """What the seats of all processes answer, one list."""
        found: list[Any] = []
        for process in self._processes:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "a process of light clients has ended"
            found += json.loads(line)
        return found

    def cpu(self) -> float:
        """Of its processes so far, ms."""
        return sum(cpu_ms(process.pid) for process in self._processes)

    def all(self, order: str, **told: Any) -> list[Any]:
        """An order and its answers."""
        self.give(order, **told)
        return self.answers()


def processes(seats: int) -> int:
    """So many for so many seats: two where one would be the slower end."""
    return 2 if seats > TAKEN_AT_ONCE else 1


def soon() -> float:
    """A moment that every process reaches."""
    return time.monotonic() + AHEAD


class Live:
    """A live connection that says nothing and hears which heads moved."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._heard: dict[str, list[tuple[int, float]]] = {}
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def begin(self, token: str) -> None:
        """Returns once the server knows that somebody listens."""
        reader = await self._line.stream(
            "/v1/live", {"authorization": f"Bearer {token}", "accept-encoding": "identity"}
        )
        while not (await reader.readline()).startswith(b":"):
            pass
        self._task = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith(b"data: "):
                at = time.monotonic()
                for scope, seq in msgspec.json.decode(line[6:], type=dict[str, int]).items():
                    self._heard.setdefault(scope, []).append((seq, at))
                self._news.set()

    async def heard(self, scope: str, seq: int) -> float:
        """When it heard that this scope has come so far."""
        while True:
            for told, at in self._heard.get(scope, ()):
                if told >= seq:
                    return at
            self._news.clear()
            await self._news.wait()


class Seats:
    """The seats of one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seats: list[Seat] = []
        self._live: list[Live] = []

    async def take(self, codes: list[tuple[str, int, str]]) -> list[str]:
        """Enrol and sign on at these servers, some at a time; their devices."""
        turn = asyncio.Semaphore(TAKEN_AT_ONCE)

        async def one(code: str, i: int, url: str) -> Seat:
            async with turn:
                return await Seat.take([url], code, i, self._clock)

        self._seats += await asyncio.gather(*(one(*told) for told in codes))
        return [seat.device for seat in self._seats]

    async def move(self, urls: list[str]) -> list[None]:
        """The same hall behind other servers, each seat at one of them."""
        for i, seat in enumerate(self._seats):
            seat.close()
            seat.lines = [Line(urls[i % len(urls)])]
        return []

    async def windows(self) -> list[None]:
        """Each opens the window that is called as its clerk."""
        return await self._each(lambda seat: seat.open("c" + seat.opened.staff.removeprefix("s")))

    async def notes(self, each: int, at: float) -> list[list[float]]:
        """So many notes a seat, one after another: when it was done, and the seconds of each."""

        async def one(seat: Seat) -> list[float]:
            seconds: list[float] = []
            await _until(at)
            for _ in range(each):
                began = time.perf_counter()
                note = cases.Note(note=uuid7(self._clock.now()), text=TEXT)
                result = await seat.say(note, "c0", scope_of(seat.hall, "case", "registration"))
                assert result.status == "accepted", result
                seconds.append(time.perf_counter() - began)
            return [time.monotonic(), *seconds]

        return await self._each(one)

    async def press(self, at: float) -> list[tuple[str, float, float]]:
        """Every window calls at this moment: the ticket, the seconds to the answer, and to the ticket's row."""

        async def one(seat: Seat) -> tuple[str, float, float]:
            await _until(at)
            began = time.perf_counter()
            ticket = await seat.call()
            assert ticket is not None, "nobody waits"
            return ticket, seat.seconds[-1], time.perf_counter() - began

        pressed = await self._each(one)
        for seat, (ticket, *_) in zip(self._seats, pressed, strict=True):
            await seat.miss(ticket)
        return pressed

    async def listen(self) -> list[None]:
        """Every seat opens its live connection."""
        self._live = [Live(Line(seat.lines[0].url)) for seat in self._seats]
        turn = asyncio.Semaphore(TAKEN_AT_ONCE)

        async def one(live: Live, seat: Seat) -> None:
            async with turn:
                await live.begin(seat.opened.token)

        await asyncio.gather(*(one(live, seat) for live, seat in zip(self._live, self._seats, strict=True)))
        return []

    async def heard(self, scope: str, seq: int) -> list[float]:
        """The moments at which each heard of it."""
        return list(await asyncio.gather(*(live.heard(scope, seq) for live in self._live)))

    async def _each(self, one: Callable[[Seat], Awaitable[Any]]) -> list[Any]:
        return list(await asyncio.gather(*(one(seat) for seat in self._seats)))


async def _until(at: float) -> None:
    await asyncio.sleep(max(0.0, at - time.monotonic()))


async def _serve(seats: Seats) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        told = json.loads(line)
        answer = await getattr(seats, told.pop("order"))(**told)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(Seats(DrivenClock(int(sys.argv[1])) if sys.argv[1:] else SystemClock())))
