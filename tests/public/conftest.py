"""The hall of `public_hall`, served by uvicorn on a free port of the loopback while a test runs."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from public_hall import Hall

from server_stub.app import Application
from tests.served import OnThread


class _Pages(Application):
    """The application without what works by itself: what the tests put there stays as it is."""

    def __init__(self, hall: Hall) -> None:
        super().__init__(hall.services, hall.voice)
        self.hall = hall

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        self.hall.loop = asyncio.get_running_loop()
        await self.services.applier.start()
        yield
        await self.services.applier.stop()
        self.comparer.close()
        self.services.store.close()


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store's file in which the hall has begun: made once, copied for each test."""
    folder = tmp_path_factory.mktemp("begun")
    hall = Hall(folder)
    hall.begin()
    hall.services.store.close()
    return folder / "centre.db"


@pytest.fixture
def hall(tmp_path: Path, begun: Path) -> Iterator[Hall]:
    """The hall, served on a free port of the loopback until the test ends."""
    shutil.copy(begun, tmp_path)
    hall = Hall(tmp_path)
    with OnThread(_Pages(hall)) as served:
        hall.url = served.url
        yield hall
