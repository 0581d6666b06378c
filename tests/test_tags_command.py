"""`workstation tags`: a file judged and published by an administrator, and what citizens are offered after it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from server_stub.public import token
from server_stub.public.central import SEALS
from sync.errors import InputError
from tests.screens.ledger_hall import visitor, window
from tests.screens.live_hall import LiveHall, make_template
from workstation.commands import tags as command
from workstation.tag_file import HEAD, as_file, judged, publish, read_sets
from workstation.views.tags import known, natures

FILE = """nature,level,code,zh,en
permit,dissatisfied,slow,等候太久,too slow
permit,dissatisfied,rude,态度不好,rude
permit,fair,,,
"""


def test_a_file_is_read_and_written_and_what_is_none_is_refused() -> None:
    sets = read_sets(FILE)
    assert list(sets) == [("permit", "dissatisfied"), ("permit", "fair")]
    assert [tag["code"] for tag in sets["permit", "dissatisfied"]] == ["slow", "rude"]
    assert sets["permit", "fair"] == []
    for bad in ("", "x,y\n", ",".join(HEAD), FILE.replace("dissatisfied", "awful"), FILE + "permit,fair\n", FILE + '"'):
        with pytest.raises(InputError, match=r"tags\.bad_"):
            read_sets(bad)


async def test_a_new_version_is_published_and_offered(tmp_path: Path) -> None:
    hall = LiveHall(tmp_path / "hall", make_template(tmp_path / "seeded"))
    try:
        async with hall.sitting("0901") as app:
            desk = app.desk
            assert desk is not None
            first = judged(read_sets(FILE), known(desk.read), natures(desk.read))
            assert [(each.level, each.version, each.wrong) for each in first] == [
                ("dissatisfied", 1, ""),
                ("fair", 1, ""),
            ]
            assert await asyncio.to_thread(publish, desk, first, lambda *_: None) == 2
            assert as_file(known(desk.read)) == FILE
            changed = FILE.replace("rude,态度不好,rude", "told_late,没有一次说清,told late")
            second = judged(read_sets(changed), known(desk.read), natures(desk.read))
            assert [(each.level, each.version) for each in second] == [("dissatisfied", 2), ("fair", 0)]
            device, session = await window(hall)
            invite = await visitor(hall, device, session)
            address = f"{hall.url}/r/{token.make(hall.services.store.secret(SEALS), token.RATING, invite)}"
            async with httpx.AsyncClient(trust_env=False, timeout=20) as phone:
                before = (await phone.get(address)).text
                assert "态度不好" in before
                assert await asyncio.to_thread(publish, desk, second, lambda *_: None) == 1
                after = (await phone.get(address)).text
                assert ("态度不好" in after, "没有一次说清" in after) == (False, True)
                said = {"level": "dissatisfied", "tags-dissatisfied": "rude", "version-dissatisfied": "1"}
                assert (await phone.post(address, data=said, follow_redirects=True)).status_code == 200
            [row] = await hall.services.store.read(lambda tx: tx.fetch("SELECT tags, tag_version FROM rating"))
            assert tuple(row) == ('["rude"]', 1), "the page was open before"
            again = FILE.replace("rude,态度不好", "rude,说话难听")
            [wrong, _] = judged(read_sets(again), known(desk.read), natures(desk.read))
            assert wrong.wrong == "other_words", "though the newest version has it no more"
            [none] = judged({("magic", "fair"): []}, known(desk.read), natures(desk.read))
            assert none.wrong == "nature"
        async with hall.sitting("0307") as app:
            assert app.desk is not None
            with pytest.raises(InputError, match="not_admin"):
                await asyncio.to_thread(publish, app.desk, second, lambda *_: None)
    finally:
        await hall.stop()


def test_the_command_reads_the_file_first_and_needs_a_device(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text("nothing")
    good.write_text(FILE)
    assert command.main(["--check", str(bad), "--data", str(tmp_path)]) == 1
    assert "nature,level,code,zh,en" in capsys.readouterr().err
    assert command.main(["--publish", str(tmp_path / "none.csv"), "--data", str(tmp_path)]) == 1
    assert "none.csv" in capsys.readouterr().err
    assert command.main(["--publish", str(good), "--data", str(tmp_path)]) == 1
    assert "注册" in capsys.readouterr().err
