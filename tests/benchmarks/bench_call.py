"""Forty windows that press for the next ticket at the same moment: from the key to the answer, and nobody called twice.

python tests/benchmarks/bench_call.py [--tiny]      on SQLite and on PostgreSQL, loopback, clients in processes apart

    answer_ms   the key → the centre's answer, which names the ticket
    row_ms      the key → the ticket's row pulled as well
    server_cpu  processor time of the server for a request: calls, pulls and misses alike

After each press all windows miss whom they called, which is not measured, and press again. Time stands: no midnight
comes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.benchmarks.light import Crowd, processes, soon
from tests.benchmarks.processor import cpu_ms
from tests.benchmarks.sync_bench import POSTGRESQL, SQLITE, codes_of, report, small_hall, spread
from tests.sync.crowded import crowd_of
from tests.sync.hall_names import MONDAY
from tests.sync.server_process import ServerProcess
from tests.sync.small_hall import SmallHall

MUST_MS = 50


@dataclass
class Pressed:
    """What one store's windows saw."""

    hall: SmallHall
    crowd: Crowd
    pid: int
    called: list[str] = field(default_factory=list)
    answers: list[list[float]] = field(default_factory=list)  # ms, a list a round
    rows: list[list[float]] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # ms of the server for a request, a value a round

    def press(self, presses: int) -> None:
        """A round of so many presses."""
        self.answers.append([])
        self.rows.append([])
        before, asked = cpu_ms(self.pid), 0
        for _ in range(presses):
            for ticket, answer, row in self.crowd.all("press", at=soon()):
                self.called.append(ticket)
                self.answers[-1].append(answer * 1000)
                self.rows[-1].append(row * 1000)
                asked += 3  # the call, the pull, the miss
        self.cpu.append((cpu_ms(self.pid) - before) / asked)

    def double(self) -> int:
        """Tickets that were called more than once, on the windows' own account and by the centre's log."""
        logged = self.hall.all('SELECT ticket FROM "call" GROUP BY ticket HAVING count(*) > 1')
        [(count,)] = self.hall.all('SELECT count(*) FROM "call"')
        assert count == len(self.called)
        return max(len(self.called) - len(set(self.called)), len(logged))


@contextmanager
def windows(engine: str, count: int, tickets: int) -> Iterator[Pressed]:
    """A hall in which so many windows are open and so many people wait."""
    with (
        small_hall(engine, crowd_of(count, tickets, MONDAY)) as small,
        Crowd(processes(count), now=MONDAY) as crowd,
    ):
        server = ServerProcess(small.url, log=small.folder / "server.log", at=MONDAY)
        try:
            codes = codes_of(small, count, MONDAY)
            crowd.all("take", codes=[(code, i, server.url) for i, code in enumerate(codes)])
            crowd.all("windows")
            yield Pressed(small, crowd, server.pid)
        finally:
            server.close()


def share(values: Sequence[float], part: float) -> float:
    """The value that so large a part is not above."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def told(rounds: Sequence[Sequence[float]]) -> dict[str, dict[str, float]]:
    """Over the rounds."""
    return {
        name: spread([share(values, part) for values in rounds], 1)
        for name, part in (("median", 0.5), ("p95", 0.95), ("p99", 0.99))
    }


def main(tiny: bool) -> None:
    count, presses, times = (4, 1, 1) if tiny else (40, 2, 5)
    tickets = count * (presses * times + 1)
    with windows(SQLITE, count, tickets) as sqlite, windows(POSTGRESQL, count, tickets) as postgresql:
        both = {SQLITE: sqlite, POSTGRESQL: postgresql}
        for pressed in both.values():
            pressed.press(1)  # the first time loads what the server loads late
            pressed.answers.clear()
            pressed.rows.clear()
            pressed.cpu.clear()
        for i in range(times):
            for engine in sorted(both, reverse=bool(i % 2)):
                both[engine].press(presses)
        report(
            "call",
            windows=count,
            waiting=tickets,
            calls=count * presses * times,
            rounds=times,
            answer_ms={engine: told(pressed.answers) for engine, pressed in both.items()},
            row_ms={engine: told(pressed.rows) for engine, pressed in both.items()},
            p99_must_ms=MUST_MS,
            server_cpu_ms={engine: spread(pressed.cpu, 2) for engine, pressed in both.items()},
            double_calls={engine: pressed.double() for engine, pressed in both.items()},
        )


if __name__ == "__main__":
    main("--tiny" in sys.argv[1:])
