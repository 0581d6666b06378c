"""The server as a child process: it tells what is wrong, follows a driven clock, and never outlives its parent."""

import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sync.calendar import start_of_day_ms
from sync.clock import DrivenClock
from sync.errors import StoreError
from tests.child_processes import gone, port_of, wait_for
from tests.once import sample_hall
from workstation.hall_process import HallProcess
from workstation.sample_hall import SampleHall


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hall made today, never opened."""
    return sample_hall(tmp_path_factory)


@pytest.fixture
def hall(made: Path, tmp_path: Path) -> SampleHall:
    """A copy of its own for each test, in a path with a space and Chinese characters."""
    return SampleHall(Path(shutil.copytree(made, tmp_path / "样例 大厅")))


PARENT = """
import sys, time
from pathlib import Path
from sync.clock import DrivenClock
from workstation.hall_process import HallProcess
clock = DrivenClock(int(sys.argv[3])) if len(sys.argv) > 3 else None
with HallProcess(sys.argv[1], log=Path(sys.argv[2]), clock=clock) as process:
    print(process.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("clock", [[], ["4000000000000"]], ids=["own clock", "driven clock"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_child_ends_with_its_parent(hall: SampleHall, number: signal.Signals, clock: list[str]) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, hall.store_url, str(hall.folder / "server.log"), *clock],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert not gone(pid)
    parent.send_signal(number)
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: gone(pid))


def test_a_hall_is_found_again_where_it_was_unless_somebody_else_is_there(hall: SampleHall) -> None:
    """A terminal that stayed open, and a citizen's page, come back by themselves."""
    with hall.serve() as first:
        url = first.url
    with hall.serve() as second:
        assert second.url == url
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port_of(url)))
        taken.listen()
        with hall.serve() as third:
            assert third.url != url


def test_a_stopped_child_leaves_a_whole_store(hall: SampleHall) -> None:
    process = HallProcess(hall.store_url, log=hall.folder / "server.log")
    assert process.alive
    process.stop()
    assert not process.alive
    assert not hall.store.with_name("central.db-wal").exists()
    process.stop()  # again is nothing


def test_a_driven_clock_reaches_the_child(hall: SampleHall) -> None:
    import httpx

    clock = DrivenClock(start_of_day_ms("2031-05-06"))
    with HallProcess(hall.store_url, log=hall.folder / "server.log", clock=clock) as process:
        for _ in range(3):
            assert process.driver is not None
            process.driver.set(clock.now() + 90_000)
            assert httpx.get(f"{process.url}/v1/health", trust_env=False).json() == {"now": clock.now()}


def test_a_port_in_use_is_told(hall: SampleHall) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StoreError, match=r"server\.port_in_use"):
            HallProcess(hall.store_url, log=hall.folder / "server.log", port=port)


def test_a_store_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "central.db").write_text("this is no database, whatever its name says " * 40)
    with pytest.raises(StoreError, match=r"server\.store_open"):
        HallProcess(f"sqlite:///{tmp_path / 'central.db'}", log=tmp_path / "server.log")
