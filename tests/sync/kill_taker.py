"""A workstation without a screen that is at something large, to be killed in the middle of it.

    python -m tests.sync.kill_taker REPLICA URL TOKEN PIECE

A nursery: it loads everything once, and for each line on standard input forks a life, whose process id it prints; the
line is the number of the SQL statement before which it kills itself, 0 for never. A life takes in what the server gives
as a whole, sends the files that wait, and ends.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import httpx  # noqa: F401 - loaded before any life is forked
import zstandard  # noqa: F401

import sync.rules.register as _rules  # noqa: F401
from sync.clock import SystemClock
from sync.replica.blobs import Blobs
from sync.replica.exchange import Exchange
from sync.replica.store import ReplicaStore
from sync.transport.http import HttpTransport
from tests.sync.dying import fork_lives


async def live(replica: str, url: str, token: str, piece: str) -> None:
    """Until it is done or killed."""
    store, transport = ReplicaStore(Path(replica)), HttpTransport(url)
    transport.token = token
    exchange, blobs = Exchange(store, transport, SystemClock()), Blobs(store, transport)
    exchange.piece = blobs.piece = int(piece)
    await exchange.pull_all()
    await blobs.send()


if __name__ == "__main__":
    fork_lives(lambda: asyncio.run(live(*sys.argv[1:])))
