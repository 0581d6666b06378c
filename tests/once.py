"""What is slow to make and afterwards only read or copied: made once a run, by whichever worker asks first.

made_once(tmp_path_factory, "demo", make)     the folder that `make(folder)` has filled; the others wait for it
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

Make = Callable[[Path], object]


def made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Make) -> Path:
    """The folder of this name, shared by all workers of the run: nobody may change what lies in it. `make` is given a
    path where nothing is yet, and what it leaves there counts only once it has returned."""
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = run / f"once-{name}"
    with (run / f"once-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder.with_suffix(".done")
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)  # what a worker left that failed
            make(folder)
            done.touch()
    return folder


def sample_hall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample hall made today, as the demo makes it, never opened: some seconds of work."""
    from workstation.sample_hall import SampleHall

    return made_once(tmp_path_factory, "sample", lambda folder: SampleHall(folder).make(1))
