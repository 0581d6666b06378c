"""The server process: a socket bound first, uvicorn on it, a clean stop on SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import uvicorn

from server_stub.app import Application
from server_stub.apply.applier import GROUP_OPERATIONS
from server_stub.door import Door
from server_stub.files.keys import files_keys
from server_stub.halls import Hall, Halls, owned
from server_stub.keeping import existing
from server_stub.live import Hub
from server_stub.public.voice import Voice
from server_stub.services import Services
from server_stub.upstream.province.client import read_key
from sync.clock import Clock, PipedClock, SystemClock
from sync.errors import InputError, StoreError
from sync.sealed_log import seal

GRACE_SECONDS = 3
COLLECT_AFTER = 10_000
"""So many new objects between two rounds of the collector: a push of 100 operations makes about as many, and lets go of
nearly all of them without it."""

CONNECTIONS, LEAST_CONNECTIONS = 96, 2
"""Of one process to PostgreSQL while all its halls are at work, and of each hall."""


class _Server(uvicorn.Server):
    """Tells the live connections to end before uvicorn waits for them (it would wait for ever)."""

    def __init__(self, config: uvicorn.Config, hubs: Sequence[Hub], ready: str) -> None:
        super().__init__(config)
        self._hubs = hubs
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say where the server listens once it does. What was made until now stays as long as the process: the
        collector need not walk it again in the middle of somebody's push."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER)
        if self.started:
            print(self._ready, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the event streams, then the rest."""
        for hub in self._hubs:
            hub.close()
        await super().shutdown(sockets)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; raises InputError `port_in_use` or `port_not_bound`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(512)
    except OSError as error:
        sock.close()
        code = "port_in_use" if error.errno in (98, 48, 10048) else "port_not_bound"
        raise InputError(code, host=host, port=port, detail=error.strerror or str(error)) from None
    sock.set_inheritable(True)
    return sock


def clock_for(fd: int | None, *, sample: bool) -> Clock:
    """The real clock, or one driven through an inherited pipe – only for a store marked sample at its making."""
    if fd is None:
        return SystemClock()
    if not sample:
        raise StoreError("clock_not_sample")
    return PipedClock(fd, 0)


def serve(
    url: str,
    host: str,
    port: int,
    clock: Clock,
    *,
    exit_with_fd: int | None = None,
    province_key: bytes | None = None,
    heads: tuple[Path, float] | None = None,
    files_keys: Sequence[bytes] = (),
    clips: Path | None = None,
    group: int = GROUP_OPERATIONS,
) -> int:
    """Run until told to stop; with `exit_with_fd`, also when the parent's end of that pipe closes. `heads`: a
    folder for signed heads, and how often, s; `clips`: recorded sounds of the display; `group` as the applier's."""
    voice = Voice(clips)
    services = Services.open(url, clock, province_key=province_key, heads=heads, files_keys=files_keys, group=group)
    return _run(Application(services, voice), [services.hub], host, port, exit_with_fd)


def serve_halls(
    halls: Mapping[str, Hall],
    host: str,
    port: int,
    *,
    every: float,
    exit_with_fd: int | None = None,
    clips: Path | None = None,
) -> int:
    """The same for the halls of a map, each on its own store; heads are exported `every` so many seconds. Raises
    InputError `halls_other_store` before any of them is opened."""
    clock, voice, opened = SystemClock(), Voice(clips), {}
    for name, hall in halls.items():
        owned(name, existing(hall.store))
    for hall in halls.values():
        key = read_key(Path(hall.province_key)) if hall.province_key else None
        heads = (Path(hall.heads), every) if hall.heads else None
        sealed = files_keys([Path(hall.files_key)]) if hall.files_key else ()
        opened[hall.host] = Services.open(hall.store, clock, province_key=key, heads=heads, files_keys=sealed)
        store = opened[hall.host].store
        store.connections = max(LEAST_CONNECTIONS, min(store.connections, CONNECTIONS // len(halls)))
    app = Halls({name: Application(services, voice) for name, services in opened.items()})
    return _run(app, [services.hub for services in opened.values()], host, port, exit_with_fd)


def _run(app: Any, hubs: Sequence[Hub], host: str, port: int, exit_with_fd: int | None) -> int:
    seal()
    sock = bind(host, port)
    address = f"http://{host if ':' not in host else f'[{host}]'}:{sock.getsockname()[1]}"
    config = uvicorn.Config(
        app,
        http=Door,
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=75,
        server_header=False,
        date_header=False,
        lifespan="on",
        ws="none",
    )
    server = _Server(config, hubs, f"ready {address}")

    def stop(*_: object) -> None:
        server.should_exit = True

    # uvicorn stops cleanly on SIGTERM and then raises it once more: this is what that one meets
    signal.signal(signal.SIGTERM, stop)

    async def run() -> None:
        if exit_with_fd is not None:
            asyncio.get_running_loop().add_reader(exit_with_fd, _parent_gone, server, exit_with_fd)
        await server.serve(sockets=[sock])

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(run())
    except KeyboardInterrupt:
        return 130
    return 0 if server.started else 1


def _parent_gone(server: uvicorn.Server, fd: int) -> None:
    if not os.read(fd, 1):
        asyncio.get_running_loop().remove_reader(fd)
        server.should_exit = True


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it exists."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
