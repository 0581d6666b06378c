"""Requests that never end, and what is no HTTP: refused with problem details, the connection closed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
import uvicorn

from server_stub.app import Application
from server_stub.door import Door
from server_stub.serve import bind
from server_stub.services import Services
from sync.protocol.messages import Problem
from tests.served import Prompt
from tests.sync.small_hall import SmallHall

WAIT = 60
MUCH = 64 << 20


class Impatient(Door):
    """A deadline short enough for a test."""

    SECONDS = 0.2


@asynccontextmanager
async def served(hall: SmallHall, http: type[Door]) -> AsyncIterator[int]:
    """The real application behind a real socket."""
    services = Services.open(hall.url, hall.clock)
    sock = bind("127.0.0.1", 0)
    config = uvicorn.Config(Application(services), http=http, log_level="critical", lifespan="on", ws="none")
    server = Prompt(config)
    serving = asyncio.create_task(server._serve([sock]))  # `serve` would take the signals of the test's own process
    yield sock.getsockname()[1]
    server.end()
    await asyncio.wait_for(serving, WAIT)


@pytest.fixture
async def port(closed_hall: SmallHall) -> AsyncIterator[int]:
    async with served(closed_hall, Impatient) as port:
        yield port


@pytest.fixture
async def patient(closed_hall: SmallHall) -> AsyncIterator[int]:
    async with served(closed_hall, Door) as port:
        yield port


async def said(port: int, *parts: bytes) -> tuple[int, Problem | None]:
    """What comes until the server closes: the status, 0 for none, and its problem details."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    answer = await asyncio.wait_for(reader.read(), WAIT)
    writer.close()
    if not answer:
        return 0, None
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    return int(head.split()[1]), msgspec.json.decode(body, type=Problem)


@pytest.mark.parametrize("sent", [b"", b"POST /v1/pu", b"GET /v1/health HTTP/1.1\r\nhost: x\r\nx-half: "])
async def test_a_head_that_never_ends(port: int, sent: bytes) -> None:
    status, problem = await said(port, sent)
    assert (status, problem and problem.code) == (408, "too_slow")


@pytest.mark.parametrize("more", [b"y" * 1024, b"x: y\r\n" * 200, b"\r\n" * 500])
async def test_a_head_is_not_taken_in_without_end(patient: int, more: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", patient)
    writer.write(b"GET /v1/health HTTP/1.1\r\nhost: x\r\nx: y" if more.strip() else more)
    sent = 0
    with contextlib.suppress(ConnectionError):
        while not reader.at_eof() and sent < MUCH:
            writer.write(more)
            await writer.drain()
            sent += len(more)
    assert sent < MUCH, "the connection was closed before"
    writer.close()


async def test_a_long_head_that_ends_is_one(patient: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", patient)
    writer.write(b"GET /v1/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx: " + b"y" * 30_000 + b"\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), WAIT)
    assert answer.startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_body_that_never_ends_holds_no_connection(port: int) -> None:
    head = b"POST /v1/session HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n"
    status, _ = await said(port, head, b'{"device": "d')
    assert status in (0, 400)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/push HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/push HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET /v1/pull?c=" + b"x" * 100_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    ],
    ids=["tls", "version", "length", "chunk", "long"],
)
async def test_what_is_no_http(port: int, sent: bytes) -> None:
    status, problem = await said(port, sent)
    assert (status, problem and problem.code) == (400, "bad_request")
