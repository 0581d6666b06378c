"""A hall made once a session and copied for each test."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sync.small_hall import SmallHall


@pytest.fixture(scope="session")
def hall_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a hall that nobody has opened yet."""
    return SmallHall(tmp_path_factory.mktemp("template")).make().folder


@pytest.fixture
def closed_hall(hall_template: Path, tmp_path: Path) -> SmallHall:
    """A hall of the test's own, its server not started."""
    folder = tmp_path / "hall"
    shutil.copytree(hall_template, folder)
    return SmallHall(folder)


@pytest.fixture
async def hall(closed_hall: SmallHall) -> AsyncIterator[SmallHall]:
    """The same with its server running, in memory."""
    async with closed_hall.open():
        yield closed_hall
