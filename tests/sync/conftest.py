"""A hall made once a session and copied for each test; on both stores where what is tested is the store's.

tests of the modules in BOTH that ask for `hall` or `closed_hall` run twice: [sqlite] and [postgresql]
"""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.postgres import database, named
from tests.sync.small_hall import SmallHall

BOTH = (
    *("test_write_path", "test_chain", "test_heads", "test_judged_time", "test_blob"),
    *(
        "test_snapshot",
        "test_compaction",
        "test_retention",
        "test_audit_route",
        "test_path_texts",
        "test_upload_limits",
    ),
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "closed_hall" in metafunc.fixturenames and metafunc.module.__name__.rpartition(".")[2] in BOTH:
        metafunc.parametrize("closed_hall", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def hall_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a hall that nobody has opened yet."""
    return SmallHall(tmp_path_factory.mktemp("template")).make().folder


@pytest.fixture(scope="session")
def postgres_template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with the same hall."""
    folder = tmp_path_factory.mktemp("template")
    with database(postgres) as dsn:
        SmallHall(folder, url=named(dsn, "", blobs=str(folder / "blobs"))).make()
        yield dsn.partition("?")[0].rpartition("/")[2]


@pytest.fixture
def closed_hall(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallHall]:
    """A hall of the test's own, its server not started."""
    folder = tmp_path / "hall"
    if getattr(request, "param", "sqlite") == "sqlite":
        shutil.copytree(request.getfixturevalue("hall_template"), folder)
        yield SmallHall(folder)
        return
    folder.mkdir()
    template = request.getfixturevalue("postgres_template")
    with database(request.getfixturevalue("postgres"), template=template) as dsn:
        yield SmallHall(folder, url=named(dsn, "", blobs=str(folder / "central.blobs")))


@pytest.fixture
async def hall(closed_hall: SmallHall) -> AsyncIterator[SmallHall]:
    """The same with its server running, in memory."""
    async with closed_hall.open():
        yield closed_hall
