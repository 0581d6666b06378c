"""The product's server with every request in a transaction of its own: what grouping is measured against.

python -m tests.benchmarks.ungrouped STORE_URL      prints where it listens, as `sync-server serve` does
"""

from __future__ import annotations

import sys

from server_stub.serve import serve
from sync.clock import SystemClock

if __name__ == "__main__":
    sys.exit(serve(sys.argv[1], "127.0.0.1", 0, SystemClock(), group=1))
