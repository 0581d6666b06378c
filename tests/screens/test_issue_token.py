"""Screen 3 with the seal on a token: its PIN, the token pulled out in the middle, and three wrong PINs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sync.protocol.verbs.staff import PutSetting
from sync.verify import TrustRoots, Word, verify_bytes
from tests.documents.tokens import PIN, SoftToken, soft_token
from tests.screens.case_flow import to_issue, words
from tests.screens.live_hall import BASE, NOW, LiveHall, press, until
from workstation.documents.filing import Filing, Held
from workstation.documents.pki import make_sample_pki
from workstation.terminal import TerminalApp


@pytest.fixture
def token(tmp_path: Path, needs_tool: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    util = needs_tool("softhsm2-util", "softhsm2")
    pki = make_sample_pki(tmp_path / "pki", b"p", bureau="样例局", now_ms=NOW)
    return soft_token(tmp_path / "hsm", pki.seal, b"p", util, monkeypatch)


def says(app: TerminalApp, what: str) -> bool:
    return what in words(app)


async def ready(hall: LiveHall, app: TerminalApp) -> None:
    """One decided case in step 2, its last digits typed."""
    await to_issue(hall, app, await hall.device("0307", "0201"), "c1")
    await press(app, "3", "enter", *"001")


async def test_a_token_pulled_out_costs_no_number_and_goes_on_when_it_is_back(
    hall: LiveHall, token: SoftToken, tmp_path: Path
) -> None:
    admin = await hall.device("0901")
    trusted = PutSetting(value=(tmp_path / "pki" / "root.pem").read_text())
    assert (await admin.do("0901", trusted, id="signer_roots", scope=BASE)).status == "accepted"
    async with hall.sitting("0307", seal_token=token.uri) as app:
        await ready(hall, app)
        await app.services.papers.open_seal(PIN)
        token.pull_out()  # between the key's opening and its signature
        await press(app, "f9")
        await until(app, lambda: "没有应答" in words(app))
        assert app.desk is not None
        case = app.desk.row("case", "c1")
        assert case.state == "decided"
        assert not [held for held in app.services.papers.filing.held() if held.kind == "grant_decision"]
        await press(app, *"001", "f9")
        await until(app, lambda: "没有找到令牌" in words(app))
        token.put_back()
        await press(app, "f9")  # the PIN is still known
        await until(app, lambda: "验签: 真实，未经改动" in words(app))
        await hall.settled(app)
        assert app.desk.row("case", "c1").state == "issued"
        decision = app.desk.row("document", "c1-decision")
        assert decision.state == "valid"
        assert decision.number.endswith("准字(2026)第00001号")
        content = await app.services.papers.content(decision.sha256)
        roots = TrustRoots.load(tmp_path / "pki" / "root.pem")
        assert (await asyncio.to_thread(verify_bytes, content, roots)).verdict is Word.GOOD


async def test_three_wrong_pins_are_said_and_no_more_are_tried(hall: LiveHall, token: SoftToken) -> None:
    async with hall.sitting("0307", seal_token=token.uri) as app:
        await ready(hall, app)
        for left in ("还可以试 2 次", "还可以试 1 次", "已输错三次"):
            await press(app, "f9")
            await until(app, lambda: "印章令牌的口令" in words(app))
            await press(app, *"999999", "enter")
            await until(app, partial(says, app, left))
        await press(app, "f9")
        await until(app, lambda: "印章令牌的口令" in words(app))
        await press(app, *PIN, "enter")
        await until(app, lambda: "已输错三次" in words(app))
        assert app.desk is not None
        assert app.desk.row("case", "c1").state == "decided"


async def test_a_token_pulled_out_in_a_batch_leaves_the_rest_marked_and_one_login_does_for_all(
    hall: LiveHall, token: SoftToken, tmp_path: Path
) -> None:
    admin = await hall.device("0901")
    trusted = PutSetting(value=(tmp_path / "pki" / "root.pem").read_text())
    assert (await admin.do("0901", trusted, id="signer_roots", scope=BASE)).status == "accepted"
    counter = await hall.device("0307", "0201")
    cases = [f"c{n}" for n in range(1, 5)]
    async with hall.sitting("0307", seal_token=token.uri) as app:
        for case in cases:
            await to_issue(hall, app, counter, case)
        await press(app, "3", *["space"] * 4, "f9", *"004", "enter")
        await until(app, lambda: "印章令牌的口令" in words(app))
        app.services.papers.filing = PullOutAfterTwo(app.services.papers.filing.folder, token)
        app.services.issue.papers.filing = app.services.papers.filing
        await press(app, *PIN, "enter")
        await until(app, lambda: "插回令牌后按 F9 继续，余下 2 件" in words(app))
        assert "没有应答" in words(app)
        await press(app, "enter")
        await until(app, lambda: "余下 2 件已勾选" in words(app))
        assert len(app.screen.query_one("#decided").marked) == 2  # type: ignore[attr-defined]
        assert app.desk is not None
        numbers = [app.desk.row("document", f"{case}-decision").number for case in cases]
        token.put_back()
        await press(app, "f9", *"004", "enter")  # the PIN is still known: it is asked for once
        await until(app, lambda: all(app.desk.row("case", case).state == "issued" for case in cases))  # type: ignore[union-attr]
        await hall.settled(app)
        rows = [app.desk.row("document", f"{case}-decision") for case in cases]
        assert [row.number for row in rows] == numbers
        assert [row.state for row in rows] == ["valid"] * 4
        assert len({row.sha256 for row in rows}) == 4
    await counter.pull()
    assert not counter.rows("SELECT * FROM void_number")


class PullOutAfterTwo(Filing):
    """A folder of signed papers beside which somebody takes the token away."""

    def __init__(self, folder: Path, token: SoftToken) -> None:
        super().__init__(folder)
        self._token = token
        self._count = 0

    def hold(self, held: Held, content: bytes) -> None:
        super().hold(held, content)
        self._count += held.kind == "grant_decision"
        if self._count == 2:
            self._token.pull_out()
