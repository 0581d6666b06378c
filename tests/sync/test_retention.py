"""Personal data goes by itself: at the centre, in every copy, in the log – and the chain still verifies."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server_stub.central.seed import SeedRow
from sync.errors import ServerRefused
from sync.protocol.identifiers import derived
from sync.protocol.verbs import personal as personals
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from sync.records.retention import FILES
from sync.records.settings import DAY, DEFAULTS, HOUR
from sync.records.tables import TABLES
from sync.replica.blobs import Blobs, blob_folder, keep_blob
from sync.replica.unnamed_files import clear
from sync.sealed_file import HEADER, Unreadable
from sync.sealed_file import read as unsealed
from tests.postgres import ask
from tests.sync.small_hall import BASE, CALLBACK, MONDAY, QUEUE, Machine, SmallHall, new
from tests.sync.test_blob import attach

NAME, PHONE = "吴小某某", "13900007777"
NIGHT = 19 * HOUR  # from nine in the morning until after three


@pytest.fixture(scope="session")
def rows() -> list[SeedRow]:
    """A handler of callbacks, and what is kept for longer than a ticket: an entry that was closed on this Monday."""
    entry = {"source": "telephone", "matter": "m1", "site": "hall", "state": "closed", "closed_at": MONDAY}
    role = {"staff": "0101", "role": "callback", "over": CALLBACK}
    return [
        SeedRow("role_assignment", "0101-callback", BASE, role),
        SeedRow("rectification", "r1", CALLBACK, {**entry, "holder": NAME, "phone": PHONE, "words": f"请回电{PHONE}"}),
        SeedRow("invite_link", "i1", CALLBACK, {"ticket": "t0", "number": "A001", "holder": NAME, "at": MONDAY}),
        SeedRow("rating", "i1", "licang:rating", _rating(MONDAY)),
        SeedRow("rating_supplement", "s1", "licang:rating", {"rating": "i1", "words": PHONE, "at": MONDAY}),
        SeedRow("held_outcome", "h1", QUEUE, _outcome(MONDAY)),
    ]


def _rating(at: int) -> dict[str, object]:
    return {"level": "bad", "channel": "phone", "matter": "m1", "site": "hall", "words": PHONE, "rated_at": at}


def _outcome(at: int) -> dict[str, object]:
    told = {"kind": "ticket.issue@1", "about": "t", "state": "refused", "decided_by": "0101", "decided_at": at}
    return {"by": "0307", "said": NAME, **told}


@pytest.fixture
async def hall(closed_hall: SmallHall, rows: list[SeedRow]) -> AsyncIterator[SmallHall]:
    async with closed_hall.open():
        await closed_hall.services.retention.stop()  # the nights are the test's own
        for row in rows:
            await seed_one(closed_hall, row)
        yield closed_hall


async def seed_one(hall: SmallHall, row: SeedRow) -> None:
    """A row that is simply there, chained like any other."""
    from server_stub.apply.working import View, WorkingSet
    from server_stub.apply.write import Page, Said, locked_heads
    from sync.rules.facts import Key
    from sync.rules.outcome import Effects

    store = hall.services.store

    async def work(tx):  # type: ignore[no-untyped-def]
        working = WorkingSet(tx, store.columns, store.records)
        page = Page(await locked_heads(tx, {row.scope}), working, store.columns)
        read = Key(row.table, row.id, row.scope)
        await working.load([read])
        effects = Effects().put(row.table, row.id, scope=row.scope, **row.body)
        view, n = View(working, [read]), int(derived(row.table, row.id)[:8], 16)
        await page.apply(effects, view, row.scope, Said("seed", n, "clock", MONDAY))
        await page.flush(tx, store.records)

    await store.write(work)


async def ticket(window: Machine) -> str:
    """Somebody leaves name and telephone at the desk."""
    id = new("t")
    said = tickets.Issue(matter="m1", holder=NAME, phone=PHONE, site="hall")
    assert (await window.ended(said, id=id)).status == "accepted"
    return id


def days_later(hall: SmallHall, days: int) -> None:
    """The night after so many days."""
    hall.clock.advance(MONDAY + days * DAY + NIGHT - hall.clock.now())


def log_bodies(hall: SmallHall) -> str:
    return "\n".join(str(bytes(body), "utf-8") for (body,) in hall.all("SELECT body FROM log WHERE body IS NOT NULL"))


async def test_a_telephone_goes_from_the_centre_the_copies_and_the_log(hall: SmallHall) -> None:
    window, handler = await hall.machine("0307"), await hall.machine("0101")
    id = await ticket(window)
    await handler.pull()
    [(phone,)] = handler.all("SELECT phone FROM contact WHERE id = ?", id)
    assert phone == PHONE

    days_later(hall, DEFAULTS["contact_days"] - 1)
    await hall.services.retention.look()
    assert hall.all("SELECT phone FROM contact") == [(PHONE,)], "one day is left"

    days_later(hall, DEFAULTS["contact_days"])
    assert await hall.services.retention.look() == 1
    assert hall.all("SELECT phone FROM contact") == []
    await handler.sign_on("0101")
    await handler.pull()
    assert handler.all("SELECT phone FROM contact") == []
    assert hall.faults() == []

    days_later(hall, DEFAULTS["ticket_name_days"] + 2)
    await hall.services.retention.look()
    assert hall.all("SELECT holder FROM ticket") == [(None,)]
    await window.sign_on("0307")
    await window.pull()
    assert window.all("SELECT holder FROM ticket") == [(None,)]
    assert window.all("SELECT number FROM ticket") == [("A001",)], "what is no person stays"
    assert hall.all("SELECT holder, said FROM ticket, held_outcome") == [(None, NAME)]
    assert hall.faults() == []


async def test_after_the_longest_period_nothing_of_a_person_is_left_anywhere(hall: SmallHall) -> None:
    window, handler, away = await hall.machine("0307"), await hall.machine("0101"), await hall.machine("0101")
    await ticket(window)
    await handler.pull()
    assert NAME in log_bodies(hall)
    longest = DEFAULTS["ledger_words_days"]
    days_later(hall, longest + 1)
    assert await hall.services.retention.look() >= 7
    assert NAME in log_bodies(hall), "the log is cut a week later"
    hall.clock.advance((DEFAULTS["log_days"] + 1) * DAY)
    await hall.services.retention.look()

    left = log_bodies(hall)
    assert (NAME in left, PHONE in left) == (False, False)
    [entry] = hall.all("SELECT holder, phone, words, state FROM rectification")
    assert entry == (None, None, None, "closed")
    assert hall.all("SELECT level, words FROM rating") == [("bad", None)], "figures stay"
    for table in ("contact", "invite_link", "rating_supplement", "held_outcome"):
        assert hall.all(f"SELECT count(*) FROM {table}") == [(0,)]
    assert hall.faults() == []

    for machine in (handler, away):  # one that was there all along would go by pages; both were away for years
        await machine.sign_on("0101")
        await machine.pull()
        assert machine.all("SELECT holder, phone, words FROM rectification") == [(None, None, None)]
    everything = "\n".join(_dump(hall))
    assert (NAME in everything, PHONE in everything) == (False, False)


def _dump(hall: SmallHall) -> list[str]:
    """Every value of every table of the store, as text."""
    if hall.url.startswith("sqlite"):
        names = [name for (name,) in hall.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
    else:
        names = [name for (name,) in ask(hall.url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return [
        str(bytes(value), "utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
        for name in names
        for row in hall.all(f'SELECT * FROM "{name}"')
        for value in row
    ]


async def test_the_file_of_the_store_does_not_hold_it_either(closed_hall: SmallHall, rows: list[SeedRow]) -> None:
    if not closed_hall.url.startswith("sqlite"):
        return  # PostgreSQL's own VACUUM does that
    central = closed_hall.folder / "central.db"
    async with closed_hall.open():
        await closed_hall.services.retention.stop()
        for row in rows:
            await seed_one(closed_hall, row)
        await ticket(await closed_hall.machine("0307"))
        days_later(closed_hall, DEFAULTS["ledger_words_days"] + 1)
        await closed_hall.services.retention.look()
        closed_hall.clock.advance((DEFAULTS["log_days"] + 1) * DAY)
        await closed_hall.services.retention.look()
    assert PHONE.encode() not in central.read_bytes()
    assert NAME.encode() not in central.read_bytes()


async def test_a_hall_that_keeps_it_for_longer_keeps_it(hall: SmallHall) -> None:
    window, admin = await hall.machine("0307"), await hall.machine("0901")
    await ticket(window)
    longer = people.PutSetting(value=20)
    assert (await admin.ended(longer, id="contact_days", scope=BASE)).status == "accepted"
    days_later(hall, 19)
    assert await hall.services.retention.look() == 0
    days_later(hall, 20)
    assert await hall.services.retention.look() == 1


async def test_it_is_done_once_a_night_by_whoever_comes_first(hall: SmallHall) -> None:
    from server_stub.retention import Retention

    def another() -> Retention:
        one = hall.services
        return Retention(one.store, one.applier, one.timers, one.vault, one.snapshots, one.clock)

    await ticket(await hall.machine("0307"))
    days_later(hall, DEFAULTS["contact_days"])
    assert [await another().look(), await another().look()] == [1, 0]
    assert hall.all("SELECT count(*) FROM log WHERE \"table\" = 'contact'") == [(2,)]
    hall.clock.advance(HOUR)
    assert await another().look() == 0, "this night is done with"


async def test_what_an_old_backup_brings_back_goes_again(hall: SmallHall) -> None:
    id = await ticket(await hall.machine("0307"))
    days_later(hall, DEFAULTS["contact_days"])
    await hall.services.retention.look()
    body = {"holder": NAME, "phone": PHONE, "at": MONDAY}
    await seed_one(hall, SeedRow("contact", id, CALLBACK, body))
    days_later(hall, DEFAULTS["contact_days"] + 1)
    await hall.services.retention.look()
    assert hall.all("SELECT id FROM contact") == []


async def test_who_searched_for_whom_is_kept_for_half_a_year(hall: SmallHall) -> None:
    async def asked(tx):  # type: ignore[no-untyped-def]
        sql = "INSERT INTO lookup (id, at, staff, device, session, asked, shown) VALUES ('l', ?, '', '', '', ?, '[]')"
        await tx.execute(sql, (MONDAY, NAME))

    await hall.services.store.write(asked)
    days_later(hall, DEFAULTS["lookup_days"] - 1)
    await hall.services.retention.look()
    assert hall.all("SELECT asked FROM lookup") == [(NAME,)]
    days_later(hall, DEFAULTS["lookup_days"])
    await hall.services.retention.look()
    assert hall.all("SELECT asked FROM lookup") == []


async def test_a_snapshot_goes_with_its_hour(hall: SmallHall, tmp_path: Path) -> None:
    await ticket(await hall.machine("0307"))
    made = await hall.services.snapshots.of(CALLBACK)
    path = hall.services.vault.path(f"{made.blob}.snapshot")
    assert path.exists()
    for night in (1, 2, 3):
        days_later(hall, night)
        await hall.services.retention.look()
    assert not path.exists(), "also where nobody makes another"


async def test_a_device_cannot_say_it(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    id = await ticket(window)
    args = personals.Clear(table="contact", period="contact_days", records=[id])
    result = await window.ended(args, id="x", scope=CALLBACK)
    assert (result.status, result.code) == ("refused", "forbidden")
    assert hall.all("SELECT phone FROM contact") == [(PHONE,)]


# -- files


async def arrived(hall: SmallHall) -> tuple[Machine, str]:
    """A material whose file is at the centre and beside the copy that sent it."""
    laptop = await hall.machine("0307")
    sha256 = attach(laptop)
    await laptop.push()
    await laptop.pull()
    await Blobs(laptop.store, laptop.transport, laptop.clock).send()
    await laptop.pull()
    return laptop, sha256


async def replaced(hall: SmallHall, laptop: Machine) -> str:
    """Another file takes its place."""
    other = attach(laptop, b"%PDF-1.7 another scan")
    await laptop.push()
    await laptop.pull()
    await Blobs(laptop.store, laptop.transport, laptop.clock).send()
    await laptop.pull()
    return other


async def test_a_file_that_nothing_names_goes_with_what_the_log_forgets(hall: SmallHall) -> None:
    laptop, sha256 = await arrived(hall)
    path = hall.services.vault.path(sha256)
    days_later(hall, 1)
    await hall.services.retention.look()
    assert hall.all("SELECT loose_at FROM blob") == [(None,)], "its material names it"
    await laptop.sign_on("0307")
    other = await replaced(hall, laptop)
    days_later(hall, 2)
    await hall.services.retention.look()
    assert path.exists()
    [(marked,)] = hall.all("SELECT loose_at FROM blob WHERE sha256 = ?", sha256)
    assert marked is not None
    salt = path.read_bytes()[:HEADER]
    kept = hall.folder / "kept"
    os.link(path, kept)  # what the disk still holds
    days_later(hall, 2 + DEFAULTS["log_days"])
    await hall.services.retention.look()
    assert hall.all("SELECT sha256 FROM blob") == [(other,)]
    assert (path.exists(), hall.services.vault.path(other).exists()) == (False, True)
    assert kept.read_bytes()[:HEADER] != salt
    with pytest.raises(Unreadable):
        unsealed(kept, hall.services.vault.keys)
    await laptop.sign_on("0307")
    with pytest.raises(ServerRefused, match="not_found"):
        await laptop.transport.get_blob(sha256)


async def test_a_file_that_is_named_again_stays(hall: SmallHall) -> None:
    laptop, sha256 = await arrived(hall)
    await replaced(hall, laptop)
    days_later(hall, 1)
    await hall.services.retention.look()
    await laptop.sign_on("0307")
    assert attach(laptop) == sha256
    await laptop.push()
    days_later(hall, 1 + DEFAULTS["log_days"])
    await hall.services.retention.look()
    assert hall.services.vault.path(sha256).exists()
    assert hall.all("SELECT loose_at FROM blob WHERE sha256 = ?", sha256) == [(None,)]


async def test_a_machine_lets_go_of_it_a_day_later_but_of_nothing_that_is_wanted(hall: SmallHall) -> None:
    laptop, sha256 = await arrived(hall)
    other = await replaced(hall, laptop)
    drafted = keep_blob(laptop.store, b"%PDF-1.7 of a draft")
    unsent = keep_blob(laptop.store, b"%PDF-1.7 said, not sent")
    with laptop.store.write() as connection:
        row = ("case", "0307", f'{{"file": "{drafted}"}}', 0)
        connection.execute("INSERT INTO draft (key, staff, body, at) VALUES (?, ?, ?, ?)", row)
    attach(laptop, b"%PDF-1.7 said, not sent", "m2")
    folder = blob_folder(laptop.store)
    now = laptop.clock.now()
    with laptop.store.write() as connection:  # what the centre may ask for again names it still
        connection.execute("DELETE FROM kept")
        connection.execute("DELETE FROM outbox WHERE state <> 'new'")
    assert clear(laptop.store, folder, now) == 0
    assert clear(laptop.store, folder, now + DAY - 1) == 0
    assert clear(laptop.store, folder, now + DAY) == 1
    assert {path.name for path in folder.iterdir()} == {other, drafted, unsent}
    assert clear(laptop.store, folder, now + 9 * DAY) == 0
    assert not (folder / sha256).exists()


def test_every_column_that_names_a_file_is_known_to_who_clears_them() -> None:
    naming = {
        (name, column.name)
        for name, table in TABLES.items()
        for column in table.columns
        if column.name in ("sha256", "approval", "blob")
    }
    assert naming == set(FILES)
