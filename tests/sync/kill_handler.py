"""A callback handler's machine that never stops working, to be killed: takes every entry, writes a try down.

    python -m tests.sync.kill_handler REPLICA URL TOKEN STAFF SESSION

A nursery: it loads everything once, and for each line on standard input forks a life, whose process id it prints; the
line is the number of the SQL statement before which it kills itself, 0 for never.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

import httpx  # noqa: F401 - loaded before any life is forked
import zstandard  # noqa: F401

import sync.rules.register as _rules  # noqa: F401
from sync.clock import SystemClock
from sync.errors import TransportError
from sync.protocol.verbs import rating as verbs
from sync.replica.exchange import Exchange
from sync.replica.store import ReplicaStore
from sync.replica.submit import Actor, submit
from sync.transport.http import HttpTransport
from tests.sync.dying import fork_lives

CALLBACK = "licang:callback"


class Handler:
    """One life."""

    def __init__(self, replica: str, url: str, token: str, staff: str, session: str) -> None:
        self.store = ReplicaStore(Path(replica))
        self.transport = HttpTransport(url)
        self.transport.token = token
        self.clock = SystemClock()
        self.exchange = Exchange(self.store, self.transport, self.clock)
        self.actor = Actor(staff, session)

    def work(self) -> None:
        """Everything that nobody has taken, as this copy knows it."""
        for row in self.store.read("SELECT id FROM rectification WHERE handler IS NULL"):
            for args in (
                verbs.Assign(handler=self.actor.staff),
                verbs.Attempt(attempt=f"try-{row['id']}", round="first", outcome="reached"),
            ):
                submit(self.store, self.clock, self.actor, args, id=row["id"], scope=CALLBACK)

    async def live(self) -> None:
        """Until killed."""
        while True:
            with contextlib.suppress(TransportError):
                await self.exchange.pull_all()
                self.work()
                await self.exchange.push(4)


if __name__ == "__main__":
    fork_lives(lambda: asyncio.run(Handler(*sys.argv[1:]).live()))
