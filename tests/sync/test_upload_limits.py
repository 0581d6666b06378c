"""How much is taken, exactly, however many files come at once."""

import asyncio
from collections.abc import Sequence

import pytest

from sync.errors import ServerRefused
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import staff as people
from sync.replica.blobs import keep_blob
from tests.sync.small_hall import BASE, CASES, Machine, SmallHall
from tests.sync.test_uploads import PDF, scan, sha

SIZE, AT_ONCE, FIT = 3_000, 20, 5


async def limited(hall: SmallHall, setting: str) -> tuple[Machine, list[bytes]]:
    """A hall that takes so much, and a laptop whose case names more files than fit."""
    admin, laptop = await hall.machine("0901"), await hall.machine("0307")
    said = people.PutSetting(value=FIT * SIZE + SIZE // 2)
    assert (await admin.ended(said, id=setting, scope=BASE)).status == "accepted"
    files = [scan(SIZE, seed=n) for n in range(AT_ONCE)]
    for n, content in enumerate(files):
        kept = keep_blob(laptop.store, content)
        attach = cases.Attach(case="c0", name=f"{n}", ordinal=n, sha256=kept, size=SIZE, media_type=PDF)
        laptop.do(attach, id=f"m{n}", scope=CASES)
    await laptop.push()
    await laptop.pull()
    return laptop, files


async def all_at_once(laptop: Machine, files: Sequence[bytes]) -> list[str]:
    """What each was answered: its refusal's code, or nothing."""

    async def one(content: bytes) -> str:
        try:
            await laptop.transport.put_blob(sha(content), content, PDF)
        except ServerRefused as refused:
            return refused.code
        return ""

    return list(await asyncio.gather(*(one(content) for content in files)))


@pytest.mark.parametrize("setting", ["device_files", "case_files"])
async def test_of_twenty_at_once_as_many_are_taken_as_fit(hall: SmallHall, setting: str) -> None:
    laptop, files = await limited(hall, setting)
    answers = await all_at_once(laptop, files)
    assert sorted(answers) == sorted([""] * FIT + [f"{setting}_full"] * (AT_ONCE - FIT))
    [(held,)] = hall.all("SELECT count(*) FROM blob")
    [(arrived,)] = hall.all("SELECT count(*) FROM material WHERE arrived")
    assert (held, arrived) == (FIT, FIT)
    whole = [path for path in hall.services.vault.folder.iterdir() if not path.name.startswith(".")]
    assert len(whole) == FIT
    if setting == "device_files":
        assert hall.all("SELECT bytes FROM blob_day") == [(FIT * SIZE,)], "what was refused is not counted"


async def test_what_was_set_aside_and_did_not_come_is_given_back(hall: SmallHall) -> None:
    laptop, files = await limited(hall, "device_files")
    with pytest.raises(ServerRefused):  # another kind of file: refused at its first kilobyte
        await laptop.transport.put_blob(sha(files[0]), b"MZ" + files[0][2:], PDF)
    [(came,)] = hall.all("SELECT bytes FROM blob_day")
    assert 0 < came <= SIZE
    assert sum(not answer for answer in await all_at_once(laptop, files)) == FIT - (came > SIZE // 2)


async def test_a_file_of_a_case_that_was_replaced_makes_room(hall: SmallHall) -> None:
    laptop, files = await limited(hall, "case_files")
    answers = await all_at_once(laptop, files)
    taken, refused = answers.index(""), next(n for n, answer in enumerate(answers) if answer)
    other = keep_blob(laptop.store, b"%PDF-1.7 small")
    said = cases.Attach(case="c0", name="x", ordinal=1, sha256=other, size=14, media_type=PDF)
    await laptop.ended(said, id=f"m{taken}", scope=CASES)
    await laptop.transport.put_blob(sha(files[refused]), files[refused], PDF)
    [(arrived,)] = hall.all("SELECT count(*) FROM material WHERE arrived")
    assert arrived == FIT
