"""The small hall as processes: the server a child on a free port, each terminal the real program in a data folder.

with RealHall(folder) as hall:
    data = hall.terminal("window 03")            enrolled, as by `workstation enrol`
    command = hall.command(data)                 the argv of `workstation open`; environment: hall.environment
    hall.give_out("m-change", 20)                tickets, by a machine without a screen
    hall.states()                                number → state at the centre
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from pathlib import Path
from types import TracebackType

from server_stub.central.opening import open_store
from server_stub.central.people import new_code
from sync.clock import SystemClock
from sync.protocol.verbs import ticket as verbs
from tests.screens.live_hall import PIN, QUEUE, make_template
from workstation.enrolment import Place
from workstation.hall_process import HallProcess
from workstation.headless.device import Device
from workstation.headless.journal import Journal
from workstation.locations import locate

os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"  # nor is the keyring of whoever runs it touched
ROOT = Path(__file__).resolve().parents[2]


class RealHall:
    """The server's process and what is enrolled at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = make_template(folder)
        self._url = f"sqlite:///{self.store}"
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),  # tests.other_days
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
        }
        self._given = 0

    def __enter__(self) -> RealHall:
        self.process = HallProcess(self._url, log=self.folder / "server.log")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.stop()

    def code(self) -> str:
        """A one-time enrolment code, as `sync-server code` makes it beside the running server."""
        now, store = SystemClock().now(), open_store(self._url)
        try:
            return store.transact(lambda tx: new_code(tx, now))
        finally:
            store.close()

    def terminal(self, label: str) -> Path:
        """A data folder of a newly enrolled machine."""
        data = self.folder / label
        asyncio.run(Place(locate(data)).enrol(self.process.url, self.code(), label))
        return data

    def command(self, data: Path) -> list[str]:
        """`workstation open` on a data folder."""
        return [sys.executable, "-m", "workstation", "open", "--data", str(data)]

    def give_out(self, matter: str, count: int) -> None:
        """Tickets of one matter."""
        asyncio.run(self._give_out(matter, count))

    async def _give_out(self, matter: str, count: int) -> None:
        self._given += 1
        folder = self.folder / f"desk-{self._given}"
        journal = Journal(folder / "journal.jsonl")
        device = await Device.enrol(
            self.process.url, self.code(), folder.name, folder / "replica.db", SystemClock(), journal
        )
        await device.sign_on("0308", PIN)
        for n in range(count):
            args = verbs.Issue(matter=matter, holder="某设备有限公司", site="hall")
            device.submit("0308", args, id=f"t-{self._given}-{n}", scope=QUEUE)
        results = await device.exchange()
        assert all(result.status == "accepted" for result in results), results
        await device.close()
        journal.close()

    def look(self, sql: str) -> list[tuple[str, ...]]:
        """Rows of the centre's store."""
        connection = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def states(self) -> dict[str, str]:
        """The state of every ticket at the centre."""
        return dict(self.look("SELECT number, state FROM ticket"))  # type: ignore[arg-type]

    def calls(self) -> list[str]:
        """The numbers called, in the order of the calls."""
        found = self.look("SELECT t.number FROM call c JOIN ticket t ON t.id = c.ticket ORDER BY c.called_at, c.id")
        return [number for (number,) in found]
