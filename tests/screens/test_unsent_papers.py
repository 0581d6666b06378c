"""What of signed papers lies on a machine alone: not what the centre has said to hold; a start need not ask again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import closing

from sync.replica.store import ReplicaStore
from tests.screens.case_flow import received
from tests.screens.live_hall import LiveHall, Machine, until
from tests.screens.signing_machine import PASSPHRASE
from tests.screens.test_levels import receipt, state
from tests.screens.test_levels_taken_over import ROOT, blob_folder_of
from workstation.documents.filing import Filing
from workstation.locations import locate
from workstation.terminal import TerminalApp
from workstation.unsent import Unsent, unsent

DAY = 86_400_000


def alone(machine: Machine, *sql: str) -> Unsent:
    """What `workstation reset` finds on the closed machine, after these statements."""
    with closing(ReplicaStore(machine.path)) as store:
        for each in sql:
            with store.write() as connection:
                connection.execute(each)
        return unsent(store, Filing(locate(machine.path.parent).data / "documents"))


async def test_a_paper_that_the_centre_holds_is_asked_for_once_a_month_and_is_nothing_to_save(hall: LiveHall) -> None:
    counter, machine = await hall.device("0307"), await hall.enrol()
    async with hall.sitting("0307", machine=machine) as app:
        await app.services.papers.open_seal(PASSPHRASE)
        for case in ("c1", "c2"):
            await received(hall, counter, "0307", case)
        await hall.settled(app)
        await until(app, lambda: state(app, "c1") == state(app, "c2") == "valid")
        await hall.settled(app)
        sha256 = receipt(app).sha256  # type: ignore[attr-defined]
        await until(app, lambda: len(sent(app)) == 2)
        await until(app, lambda: not app.services.papers.filing.held())
    found = alone(machine)
    assert (found.papers, found.files, found.operations) == ((), (), ())
    for path in blob_folder_of(hall, sha256):
        path.unlink()
    for days, again in ((0, False), (31, True)):
        hall.clock.advance(days * DAY)
        async with hall.sitting("0307", machine=machine) as app:
            await hall.settled(app)
            await asyncio.to_thread(app.desk.engine.run, lambda transport: transport.has_blob(sha256), 20)  # type: ignore[union-attr]
            if again:
                await until(app, lambda: hall.services.vault.size(sha256))
            assert (hall.services.vault.size(sha256) is not None) is again
    assert alone(machine, "INSERT OR REPLACE INTO meta VALUES ('epoch', 'another')").files, "a centre put back"


def sent(app: TerminalApp) -> list[object]:
    """What the terminal has noted."""
    assert app.desk is not None
    return list(app.desk.read("SELECT id FROM sent_file"))


async def test_what_was_held_when_the_machine_died_is_the_centre_s_once_it_is_registered(hall: LiveHall) -> None:
    counter, machine = await hall.device("0307"), await hall.enrol()
    await received(hall, counter, "0307", "c1")
    arguments = [machine.path, hall.url, machine.key.text, hall.clock.now(), "c1-receipt"]
    child = subprocess.Popen(  # noqa: ASYNC220 - it is killed before anything else goes on
        [sys.executable, "-m", "tests.screens.signing_machine", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert child.stdout is not None
    assert await asyncio.to_thread(child.stdout.readline) == "signed\n"
    child.kill()
    child.communicate()
    filing = Filing(locate(machine.path.parent).data / "documents")
    assert [each.document for each in filing.held()] == ["c1-receipt"]
    assert alone(machine).papers == ()
    gone = "DELETE FROM document"  # its case has left for another scope
    assert alone(machine, gone).papers == ()
    assert alone(machine, "DELETE FROM sent_file").papers == ("c1-receipt",)


async def test_a_paper_that_is_signed_and_not_registered_is_saved(hall: LiveHall) -> None:
    counter, machine = await hall.device("0307"), await hall.enrol()
    await received(hall, counter, "0307", "c1")
    async with hall.sitting("0307", machine=machine) as app:
        await until(app, lambda: getattr(receipt(app), "number", None))
        papers = app.services.papers
        papers.closed = True
        await asyncio.to_thread(papers.seal.open, PASSPHRASE, hall.clock.now())
        await asyncio.to_thread(papers.sign, "c1-receipt", "0307")
    assert alone(machine).papers == ("c1-receipt",)
