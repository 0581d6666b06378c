"""A server to be killed: everything loaded once, and forked anew for each line on standard input.

    python -m tests.sync.kill_server STORE PORT

A line is the number of the SQL statement before which that server kills itself; 0 for never. What is printed: its
process id, `ready` and its address from the server itself, then `gone`.
"""

from __future__ import annotations

import sys

import server_stub.serve  # noqa: F401 - loaded before any server is forked
import sync.rules.register as _rules  # noqa: F401
from server_stub.cli import main
from tests.sync.dying import fork_lives

if __name__ == "__main__":
    fork_lives(lambda: main(["serve", "--store", sys.argv[1], "--port", sys.argv[2]]))
