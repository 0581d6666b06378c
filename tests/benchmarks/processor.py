"""What processes have had of the processor, whoever else was at work: told beside every figure of time."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.postgres import with_cluster

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def cpu_ms(pid: int) -> float:
    """Processor time of a process so far, and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) * TICK_MS


def postgresql_ms() -> float:
    """Of the processes of this run's PostgreSQL so far, ms; 0 where it is somebody else's."""
    folder = Path(dict(parse_qsl(urlsplit(with_cluster(durable=True)).query)).get("host", ""))
    kept = folder / "data" / "postmaster.pid"
    if not kept.is_file():
        return 0.0
    first = int(kept.read_text().splitlines()[0])
    found = cpu_ms(first)
    with contextlib.suppress(OSError):  # one has ended meanwhile: the first has its time now
        for pid in Path(f"/proc/{first}/task/{first}/children").read_text().split():
            found += cpu_ms(int(pid))
    return found
