"""Whether a process is there, a port answers, a condition has come: for tests of programs that start programs."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pexpect

DEADLINE_S = 60.0


def wait_for(condition: Callable[[], bool]) -> None:
    """Until the condition holds; the deadline is only for what never comes."""
    for _ in range(int(DEADLINE_S / 0.05)):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


def end(child: "pexpect.spawn[str] | pexpect.spawn[bytes]") -> None:
    """A terminal's program is there no more; pexpect by itself gives a busy machine a tenth of a second for that."""
    wait_for(lambda: bool(child.terminate(force=True)))
    child.close()


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has collected has too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


def port_of(url: str) -> int:
    """The port in an address of loopback."""
    return int(url.rpartition(":")[2])
