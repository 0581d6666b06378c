"""The hall of `public_hall`, served by uvicorn on a free port of the loopback while a test runs."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from litestar import Litestar
from public_hall import Hall

from server_stub.public.compare import Comparer
from server_stub.public.routes import public_router
from server_stub.serve import bind


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


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
    hall, comparer = Hall(tmp_path), Comparer()

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        hall.loop = asyncio.get_running_loop()
        await hall.services.applier.start()
        yield
        await hall.services.applier.stop()
        comparer.close()
        hall.services.store.close()

    sock = bind("127.0.0.1", 0)
    hall.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    app = Litestar(
        route_handlers=[public_router(hall.public, comparer, hall.services.hub, hall.voice)],
        lifespan=[lifespan],
        openapi_config=None,
    )
    server = _Server(uvicorn.Config(app, log_level="error", lifespan="on", ws="none"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[sock])))
    thread.start()
    assert server.listens.wait(20)
    try:
        yield hall
    finally:
        server.should_exit = True
        thread.join(20)
        sock.close()
        assert not thread.is_alive()
