"""The seal's key where a script starts the terminal: its passphrase came along, and nobody is asked."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from tests.screens.case_flow import received, to_issue, words
from tests.screens.live_hall import LiveHall, make_template, press, until
from tests.screens.test_issue import open_case
from workstation.documents.pki import make_sample_pki

PASSPHRASE = "a passphrase of the tests"


async def test_papers_sign_themselves_with_the_passphrase_that_was_given_at_the_start(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    app = hall.terminal(await hall.enrol())
    app.terminal = replace(app.terminal, passphrase=PASSPHRASE)
    assert PASSPHRASE not in repr(app.terminal)
    async with app.run_test(size=(100, 30)):
        await asyncio.wait_for(app.opened.wait(), 60)
        await press(app)
        await hall.sign_on(app, "0307")
        await received(hall, counter, "0307", "c1")
        await until(app, lambda: [paper.state for paper in app.services.papers.of_case("c1")] == ["valid"])
        certificate = app.services.papers.seal.certificate
        assert certificate is not None
        assert certificate.kept == "session"


@pytest_asyncio.fixture
async def no_sample(tmp_path: Path) -> AsyncIterator[LiveHall]:
    """A hall that is no sample."""
    (tmp_path / "seed").mkdir()
    live = LiveHall(tmp_path, make_template(tmp_path / "seed", sample=False))
    yield live
    await live.stop()


@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_a_real_hall_without_a_key_says_what_is_missing_and_the_way_out(
    no_sample: LiveHall, tmp_path: Path, size: tuple[int, int]
) -> None:
    hall = no_sample
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307", size=size) as app:
        await to_issue(hall, app, counter, "c1")
        await press(app, "3")
        path = app.locations.data / "pki" / "seal.p12"

        def told() -> bool:
            """The sentence, the whole path and the other way out, without a key having been pressed."""
            said = "".join(words(app).split())
            return all(each in said for each in ("没有印章密钥，不能签发", str(path), "seal_token", "有密钥的机器"))

        assert told()
        assert "口令未输入" not in words(app)
        tail = await open_case(app, "c1")
        assert told()
        assert "签发时生成样例证书" not in words(app)
        await press(app, *tail, "f9")
        assert "本机没有印章密钥" in words(app)
        assert app.desk is not None
        assert app.desk.row("case", "c1").state == "decided"
        assert not path.parent.exists()

        # The bureau's key is put there: the screen asks for its passphrase.
        made, now = tmp_path / "made", hall.clock.now()
        pki = make_sample_pki(made, PASSPHRASE.encode(), bureau="李沧区行政审批服务局", now_ms=now)
        path.parent.mkdir(parents=True)
        shutil.copy(pki.seal, path)
        await press(app, "escape", "1", "3")
        assert "没有印章密钥" not in words(app)
        await open_case(app, "c1")
        assert "签发证书未打开: 输入口令" in words(app)
        assert app.screen.query_one("#passphrase-row").display
        assert app.screen.query_one("#tail-row").display
