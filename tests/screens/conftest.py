"""Fixtures of the screens' tests: `hall`, a seeded hall with its server running (see live_hall.py)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.screens.live_hall import LiveHall, make_template


@pytest.fixture(scope="session")
def seeded_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store that every hall begins as a copy of."""
    return make_template(tmp_path_factory.mktemp("seeded"))


@pytest_asyncio.fixture
async def hall(tmp_path: Path, seeded_store: Path) -> AsyncIterator[LiveHall]:
    """A hall of one's own."""
    live = LiveHall(tmp_path, seeded_store)
    yield live
    await live.stop()
