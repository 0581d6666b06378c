"""A server to be killed: everything loaded once, and forked anew for each line on standard input.

    python -m tests.sync.kill_server STORE PORT

A line is the number of the SQL statement before which that server kills itself; 0 for never. What is printed: its
process id, `ready` and its address from the server itself, then `gone`.
"""

from __future__ import annotations

import os
import sys

import server_stub.serve  # noqa: F401 - loaded before any server is forked
import sync.rules.register as _rules  # noqa: F401
from server_stub.cli import main
from tests.sync.dying import die_at


def nursery() -> None:
    """Fork a server a line."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                die_at(int(line))
                code = main(["serve", "--store", sys.argv[1], "--port", sys.argv[2]])
            finally:
                sys.stdout.flush()
                os._exit(code)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("gone", flush=True)


if __name__ == "__main__":
    nursery()
