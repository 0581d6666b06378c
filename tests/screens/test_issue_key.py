"""The seal's key where a script starts the terminal: its passphrase came along, and nobody is asked."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.screens.case_flow import received
from tests.screens.live_hall import LiveHall, press, until

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
