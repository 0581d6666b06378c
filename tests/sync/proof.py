"""A long proof in lots, so that it outlives whatever ends it, and its account.

    lot k ─▶ EXAMPLES examples of its own seed ─▶ one line in the ledger, when all of them have passed
    again ─▶ lots that the ledger knows are passed over: a proof that was cut short goes on

A ledger is of the code that it was made with, named by a digest of it: what is changed is proved anew. HALL_PROVE_LOTS
says after how many lots a run ends, so that a proof of hours can be done in pieces; the account says how far it came.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".prove"
PROVED = ("sync", "server_stub", "tests/sync")
LOTS, EXAMPLES = 60, 50
_PLAIN = ("examples", "steps", "operations")


def of_code() -> str:
    """The digest of what is proved and of what proves it."""
    whole = hashlib.sha256()
    for folder in PROVED:
        for path in sorted((ROOT / folder).rglob("*.py")):
            whole.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return whole.hexdigest()[:16]


class Ledger:
    """The lots of one proof on one kind of store."""

    def __init__(self, store: str, folder: Path = FOLDER) -> None:
        self.store = store
        self._path = folder / f"{of_code()}.jsonl"
        folder.mkdir(exist_ok=True)

    def lots(self) -> dict[int, dict[str, Any]]:
        """What is done; a line that was cut short counts as none."""
        done: dict[int, dict[str, Any]] = {}
        for line in self._path.read_text().splitlines() if self._path.exists() else ():
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if told["store"] == self.store:
                done[told["lot"]] = told
        return done

    def run(self, lot: Callable[[int], None], told: Counter[str]) -> None:
        """Lot after lot, what each did counted in `told`; ends as its environment says, and with the first failure."""
        most = int(os.environ.get("HALL_PROVE_LOTS", LOTS))
        missing = [number for number in range(LOTS) if number not in self.lots()]
        for number in missing[:most]:
            told.clear()
            began = time.monotonic()
            lot(number)
            line = {"store": self.store, "lot": number, "seconds": time.monotonic() - began, "told": dict(told)}
            with self._path.open("a") as file:  # on a line of its own, whatever was cut short before
                file.write("\n" + json.dumps(line))

    def account(self) -> dict[str, Any]:
        """What was done; lost and doubled are what the oracles count, and they end a lot at the first."""
        told: Counter[str] = Counter()
        lots = self.lots()
        for line in lots.values():
            told.update(line["told"])
        ends = {name: count for name, count in told.items() if name.startswith("ended ")}
        faults = {name: count for name, count in sorted(told.items()) if name not in (*_PLAIN, *ends, "lost ")}
        return {
            "store": self.store,
            "code": of_code(),
            "lots": f"{len(lots)} of {LOTS}",
            **{name: told[name] for name in _PLAIN},
            "ends": {name.removeprefix("ended "): count for name, count in sorted(ends.items())},
            "faults": faults,
            "lost": 0,
            "doubled": 0,
            "seconds": round(sum(line["seconds"] for line in lots.values()), 1),
        }
