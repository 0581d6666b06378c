"""Defects of a server, for tests/faults/test_logs.py: each raises what somebody has typed, or left at the hall. A
process that finds this folder in PYTHONPATH has them from its beginning; where UNSEALED is set, it logs as Python does.

    POST /c            a handler             GET /d/live     a stream that has begun
    GET /q/thread      a thread              GET /q/task     a task that nobody waits for
"""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator
from typing import Any

import sync.sealed_log
from server_stub.public import moving, progress_routes, routes
from tests.faults.marks import IDENTITY, PHONE, WORDS

if "UNSEALED" in os.environ:
    sync.sealed_log.seal = lambda: None


async def case_of(store: Any, number: str, code: str) -> None:
    """What was typed is no number."""
    raise ValueError(f"no number: {number}")


async def events(self: Any, scopes: set[str]) -> AsyncGenerator[bytes, None]:
    """It breaks while somebody listens."""
    yield b": here\n\n"
    raise KeyError(PHONE)


def in_thread() -> None:
    """Nobody asks how it ended."""
    raise LookupError(WORDS)


async def in_task() -> None:
    """The same."""
    raise RuntimeError(IDENTITY)


async def one(store: Any, table: str, id: str) -> None:
    """Something is begun beside a page."""
    if id == "thread":
        thread = threading.Thread(target=in_thread)
        thread.start()
        thread.join()
    else:
        task = asyncio.create_task(in_task())
        await asyncio.wait([task])


vars(progress_routes)["case_of"] = case_of
moving.Moves._events = events  # type: ignore[method-assign]
vars(routes)["one"] = one
