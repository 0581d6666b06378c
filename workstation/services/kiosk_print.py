"""A terminal that prints papers: what is typed leads to one copy, printed once.

    resume: what an earlier end left half done is void
    take(code) ─▶ job, this terminal's now ─▶ print ─▶ printed (a licence on the next blank) ─▶ confirm | fail

It holds the scope `hall:print` and nothing else: no full name, no case, no code, only the hash of one.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sync.errors import HallError, TransportError
from sync.protocol.verbs import printing as verbs
from sync.records.states import PrintState
from sync.rules.printing.authorisation import hash_of
from workstation import printer
from workstation.documents.filing import file_name
from workstation.views import printing as view
from workstation.views.printing import Job, Stock

if TYPE_CHECKING:
    from workstation.services.desk import Desk

BLOB_SECONDS = 15.0
ANSWER_SECONDS = 20.0  # nobody else can go on for a citizen: a slow centre is waited for
PULL_SECONDS = 1.5
LOOK_SECONDS = 0.1
WRONG_MAX, WRONG_WAIT_MS = 5, 60_000


class KioskPrintService:
    """One terminal. `folder` takes the prints where there is no printer."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk = desk
        self.folder = folder
        self._wrong: list[int] = []

    @property
    def scope(self) -> str:
        """All that it holds."""
        return self.desk.scope("print")

    @property
    def online(self) -> bool:
        """Whether the centre is there, without which nothing is given."""
        status = self.desk.engine.status
        return status.online or not status.trouble  # without trouble nobody has tried yet

    async def resume(self) -> None:
        """What was taken here and never printed will not be; what was printed waits for a clerk's word."""
        for job in view.jobs_taken(self.desk.read, self.desk.store.device):
            try:
                await self.fail(job, "restarted")
            except HallError:
                return  # without the centre it is tried at the next start, and lapses anyhow

    # -- a copy -------------------------------------------------------------------------------------------------------

    async def take(self, code: str) -> Job:
        """The job of a code, from here on this terminal's. Raises HallError `kiosk.no_network`, `kiosk.wrong_code`,
        `kiosk.wait` after too many wrong ones, `kiosk.no_blanks`, `refusal.…`."""
        now = self.desk.clock.now()
        if not self.online:
            raise HallError("kiosk.no_network")
        self._wrong = [at for at in self._wrong if now - at < WRONG_WAIT_MS]
        if len(self._wrong) >= WRONG_MAX:
            raise HallError("kiosk.wait", seconds=-(-(self._wrong[0] + WRONG_WAIT_MS - now) // 1000))
        job = await self._find(code)
        if job is None or job.state != PrintState.GIVEN:
            self._wrong.append(now)
            raise HallError("kiosk.wrong_code")
        if job.on_blank and self.stock() is None:
            raise HallError("kiosk.no_blanks")
        await self.desk.ask(verbs.TakePrint(home=job.home), id=job.id, scope=self.scope, seconds=ANSWER_SECONDS)
        return job

    async def _find(self, code: str) -> Job | None:
        found = view.job_of(self.desk.read, hash_of(self.desk.hall, code))
        if found is None:  # given a moment ago: the news may be on the way
            self.desk.engine.nudge()
            for _ in range(int(PULL_SECONDS / LOOK_SECONDS)):
                await asyncio.sleep(LOOK_SECONDS)
                found = view.job_of(self.desk.read, hash_of(self.desk.hall, code))
                if found is not None:
                    break
        return found

    async def print(self, job: Job) -> printer.Sent:
        """Fetch the file and print it; where the printer fails the copy is void. Raises HallError."""
        try:
            content = await asyncio.to_thread(self._fetch, job.sha256)
            sent = await asyncio.to_thread(self._send, job, content)
        except HallError as error:
            await self.fail(job, error.code)
            raise
        stock = self.stock() if job.on_blank else None
        blank = {"stock": stock.id, "serial": stock.following} if stock is not None else {}
        await self.desk.ask(verbs.Printed(home=job.home, **blank), id=job.id, scope=self.scope, seconds=ANSWER_SECONDS)
        return sent

    async def confirm(self, job: Job) -> None:
        """The citizen says that it is good."""
        await self.desk.ask(verbs.ConfirmPrint(home=job.home), id=job.id, scope=self.scope, seconds=ANSWER_SECONDS)

    async def fail(self, job: Job, reason: str) -> None:
        """The copy is spoiled: its blank is void, and a clerk may give the right anew."""
        row: Any = self.desk.row("print_job", job.id)
        args = verbs.FailPrint(home=job.home, reason=reason[:200], stock=row.stock, serial=row.serial)
        await self.desk.ask(args, id=job.id, scope=self.scope, seconds=ANSWER_SECONDS)

    def stock(self) -> Stock | None:
        """This terminal's own blanks, if one is left: the place is the number that it signs on with."""
        own = f"{self.scope}/{self.desk.me.staff}"
        return next((each for each in view.stocks(self.desk.read, [self.scope]) if each.id == own and each.left), None)

    def _fetch(self, sha256: str) -> bytes:
        try:
            content = self.desk.engine.run(lambda transport: transport.get_blob(sha256), BLOB_SECONDS)
        except TransportError:
            raise HallError("kiosk.no_file") from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise HallError("kiosk.no_file")
        return content

    def _send(self, job: Job, content: bytes) -> printer.Sent:
        path = self.folder / f"{file_name(job.id)}.pdf"
        return printer.send_content(content, path, job.number or job.id, self.folder / "print")
