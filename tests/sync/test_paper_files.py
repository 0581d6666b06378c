"""Files of papers: a paper may name any hash, and grants by that only what was sent for it."""

import hashlib
from pathlib import Path

import pytest

from server_stub.central.seed import SeedRow
from server_stub.files.naming import namings
from sync.errors import ServerRefused
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import printing
from sync.replica.blobs import Blobs, keep_blob
from tests.sync.small_hall import BASE, CASES, Machine, SmallHall

OWN, FOREIGN = b"%PDF-1.7 a paper", b"%PDF-1.7 a scan of another office"
OWN_SHA, FOREIGN_SHA = (hashlib.sha256(content).hexdigest() for content in (OWN, FOREIGN))
DIGEST = "ab" * 32
PRINT, TERMINAL = "licang:print", "0701"


@pytest.fixture(scope="session")
def hall_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small hall with a terminal for citizens."""
    rows = [
        SeedRow("staff", TERMINAL, BASE, {"name": "自助终端", "site": "hall"}),
        SeedRow("role_assignment", "terminal", BASE, {"staff": TERMINAL, "role": "kiosk", "over": PRINT}),
    ]
    return SmallHall(tmp_path_factory.mktemp("template")).make(rows, [PRINT]).folder


async def with_a_paper(hall: SmallHall) -> Machine:
    """A clerk's machine that has registered the receipt `d9` and sent its file; the other file is there for others."""
    hall.services.vault.put(FOREIGN)
    laptop = await hall.machine("0307")
    receive = cases.Receive(matter="m1", site="hall", applicant="吴某", document="d9")
    assert (await laptop.ended(receive, id="c9", scope=CASES)).status == "accepted"
    signed = cases.SignedFile(
        sha256=keep_blob(laptop.store, OWN),
        size=len(OWN),
        pages=1,
        message_digest=DIGEST,
        signature=DIGEST,
        signer="样例审批局",
        serial="4A19",
        level="B-B",
        signed_at=hall.clock.now(),
    )
    assert (await laptop.ended(cases.Register(signed=signed), id="d9", scope=CASES)).status == "accepted"
    await laptop.pull()
    assert await Blobs(laptop.store, laptop.transport).send() == 1
    assert await laptop.transport.get_blob(OWN_SHA) == OWN
    assert await Blobs(laptop.store, laptop.transport).send() == 0, "it is there, for another process too"
    return laptop


async def names_a_foreign_file(laptop: Machine) -> None:
    said = cases.Augment(
        sha256=FOREIGN_SHA, size=len(FOREIGN), level="B-T", message_digest=DIGEST, signature=DIGEST, stamp_ends=None
    )
    assert (await laptop.ended(said, id="d9", scope=CASES)).status == "accepted"
    await laptop.pull()


async def test_a_paper_that_names_a_foreign_file_reads_nothing_of_it(hall: SmallHall) -> None:
    laptop = await with_a_paper(hall)
    await names_a_foreign_file(laptop)
    for of in ("", "d9"):
        with pytest.raises(ServerRefused, match="not_found"):
            await laptop.transport.get_blob(FOREIGN_SHA, of)
    assert not await laptop.transport.has_blob(FOREIGN_SHA), "nor learns that it is there"
    assert await laptop.transport.get_blob(OWN_SHA, "d9") == OWN, "what the paper had before stays its own"


async def test_a_code_for_a_terminal_reads_no_more(hall: SmallHall) -> None:
    laptop = await with_a_paper(hall)
    await names_a_foreign_file(laptop)
    give = printing.GivePrint(document="d9", channel="kiosk")
    given = await laptop.ended(give, id="p9", scope=CASES)
    assert given.status == "accepted", given
    terminal = await hall.machine(TERMINAL)
    with pytest.raises(ServerRefused, match="not_found"):
        await terminal.transport.get_blob(FOREIGN_SHA)
    named = await hall.services.store.read(lambda tx: namings(tx, FOREIGN_SHA, {PRINT}))
    assert [(each.id, each.paper, each.here) for each in named] == [("p9", "d9", False)], "it names it"
    await laptop.transport.put_blob(FOREIGN_SHA, FOREIGN, "application/pdf")
    assert await terminal.transport.get_blob(FOREIGN_SHA) == FOREIGN


async def test_who_has_the_bytes_sends_them_and_all_who_hold_the_paper_read_it(hall: SmallHall) -> None:
    laptop = await with_a_paper(hall)
    await names_a_foreign_file(laptop)
    keep_blob(laptop.store, FOREIGN)
    assert await Blobs(laptop.store, laptop.transport).send() == 1, "though the centre holds the same bytes for others"
    other = await hall.machine("0308")
    assert await other.transport.get_blob(FOREIGN_SHA) == FOREIGN
    assert hall.all("SELECT sha256, paper FROM blob_paper WHERE sha256 = ?", FOREIGN_SHA) == [(FOREIGN_SHA, "d9")]
    assert hall.faults() == []
