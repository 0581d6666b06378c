"""First paint from a pseudo-terminal: the start of the process → screen 0 painted and a key answered, against the
smallest Textual app (one Static) in the same rounds, interleaved.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import msgspec
import pexpect

from sync.device_key import DeviceKey
from sync.records.shape import shapes
from sync.replica.store import ReplicaStore
from tests.benchmarks.rounds import figures

ROOT = Path(__file__).resolve().parents[2]
SMALLEST = """
from textual.app import App
from textual.widgets import Static
class Smallest(App):
    def compose(self):
        yield Static("ready")
    def on_key(self, event):
        self.query_one(Static).update("key " + event.character * 4)
        if event.character == "q":
            self.exit()
Smallest().run()
"""


def enrolled(folder: Path) -> Path:
    """A data folder of a machine that is enrolled at a server that is not there."""
    data = folder / "machine" / "data"
    ReplicaStore.create(
        data / "replica" / "replica.db", device="d1", hall="licang", shapes=msgspec.to_builtins(shapes())
    )
    (data / "device.key").write_text(DeviceKey.make().text)
    told = {"server": "http://127.0.0.1:9", "hall": "licang", "device": "d1", "label": "bench", "kept": "file"}
    (data / "enrolment.json").write_text(json.dumps(told))
    return data.parent


def timed(argv: list[str], painted: str, key: str, echo: str) -> tuple[float, float]:
    """(ms to the paint, ms to the answer of a key sent then)."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TERM": "xterm-256color"}
    began = time.perf_counter()
    child = pexpect.spawn(argv[0], argv[1:], env=env, dimensions=(30, 100), timeout=60)
    child.expect_exact(painted.encode())
    paint = time.perf_counter() - began
    child.write(key)
    child.expect_exact(echo.encode())
    answered = time.perf_counter() - began
    child.close(force=True)
    return paint * 1000, answered * 1000


def measure(rounds: int) -> dict[str, object]:
    """The report."""
    times: dict[str, list[float]] = {name: [] for name in ("ours", "ours_key", "smallest", "smallest_key")}
    with tempfile.TemporaryDirectory() as folder:
        data = enrolled(Path(folder))
        smallest = Path(folder) / "smallest.py"
        smallest.write_text(SMALLEST)
        for _ in range(rounds):
            argv = [sys.executable, "-m", "workstation", "open", "--data", str(data)]
            paint, key = timed(argv, "请登录", "8", "8")
            times["ours"].append(paint)
            times["ours_key"].append(key)
            paint, key = timed([sys.executable, str(smallest)], "ready", "8", "8888")
            times["smallest"].append(paint)
            times["smallest_key"].append(key)
    told = {name: figures(values) for name, values in times.items()}
    return {
        "bench": "first_paint",
        "rounds": rounds,
        **{f"{name}_ms": value for name, value in told.items()},
        "ratio": round(told["ours_key"]["median"] / told["smallest_key"]["median"], 2),
        "must_ratio": 1.5,
    }


if __name__ == "__main__":
    print(json.dumps(measure(1 if "--tiny" in sys.argv else 9)))
