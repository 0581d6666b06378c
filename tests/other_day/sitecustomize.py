"""Another day for every process below: Python loads this at its start where this folder is in PYTHONPATH.

`sync.clock` is the only reader of the time, and it asks `time.time_ns`.
"""

import os
import time

_real, _offset = time.time_ns, int(os.environ.get("HALL_TEST_OFFSET_S", "0")) * 1_000_000_000
time.time_ns = lambda: _real() + _offset  # type: ignore[assignment]
