"""Windows and terminals to be killed: everything loaded once, and a life forked for each line on standard input.

    python -m tests.crowd.lives URL

A line is the path of a machine's file (`people.Machine` as JSON); its life's process id is printed. Nobody waits for
the lives here: whoever began one watches it by its id.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback
from pathlib import Path

import httpx  # noqa: F401 - loaded before any life is forked
import msgspec
import zstandard  # noqa: F401

import sync.rules.register as _rules  # noqa: F401
from tests.crowd.people import Machine, Terminal, Window


def live(path: str, url: str) -> None:
    """One life, to its end."""
    machine = msgspec.json.decode(Path(path).read_bytes(), type=Machine)
    asyncio.run((Window if machine.label else Terminal)(machine, url).live())


def nursery() -> None:
    """Fork a life a line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the ended ones are collected by the system
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                live(line.strip(), sys.argv[1])
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        print(child, flush=True)


if __name__ == "__main__":
    nursery()
