"""A workstation without a screen that never stops working, to be killed: submits, pushes, pulls, as fast as it can.

    python -m tests.sync.kill_worker REPLICA JOURNAL URL TOKEN STAFF SESSION

A nursery: it loads everything once, and for each line on standard input forks a worker, whose process id it prints;
the line is the number of the SQL statement before which it kills itself, 0 for never.
What a worker asked and got stands in JOURNAL, written before and after, so that it outlives the worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from pathlib import Path

import httpx  # noqa: F401 - loaded before any worker is forked
import zstandard  # noqa: F401

import sync.rules.register as _rules  # noqa: F401
from sync.clock import SystemClock
from sync.errors import TransportError
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import ticket as tickets
from sync.replica.exchange import Exchange
from sync.replica.store import ReplicaStore
from sync.replica.submit import Actor, Submitted, submit
from sync.transport.http import HttpTransport
from tests.sync.dying import fork_lives

CASES, QUEUE = "licang:case/registration", "licang:queue"


class Worker:
    """One life."""

    def __init__(self, replica: str, journal: str, url: str, token: str, staff: str, session: str) -> None:
        self.store = ReplicaStore(Path(replica))
        self.journal = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.transport = HttpTransport(url)
        self.transport.token = token
        self.clock = SystemClock()
        self.exchange = Exchange(self.store, self.transport, self.clock)
        self.actor = Actor(staff, session)

    def write(self, **line: object) -> None:
        os.write(self.journal, json.dumps(line).encode() + b"\n")

    def work(self, id: str) -> None:
        """One note, and now and then a ticket or a field."""
        self.write(ask=id)
        note = cases.Note(note=id, text="有话说 " * 20)
        outcome = submit(self.store, self.clock, self.actor, note, id="c0", scope=CASES)
        assert isinstance(outcome, Submitted)
        self.write(queued=id, n=outcome.n)
        issue = tickets.Issue(matter="m1", site="hall")
        submit(self.store, self.clock, self.actor, issue, id=f"t{id}", scope=QUEUE)

    async def live(self) -> None:
        """Until killed."""
        life, i = f"{time.monotonic_ns():x}", 0
        while True:
            for _ in range(3):
                self.work(f"{life}-{i}")
                i += 1
            with contextlib.suppress(TransportError):
                for result in await self.exchange.push(4):
                    self.write(n=result.n, status=result.status)
                await self.exchange.pull_all()


if __name__ == "__main__":
    fork_lives(lambda: asyncio.run(Worker(*sys.argv[1:]).live()))
