"""The client's own connections: what a server, a proxy or a network may do to a request and its answer."""

import asyncio
import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync.transport.line import SENT, WELL, Lines
from sync.trusted import machine_trust

WAIT = 60
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Answers = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(answers: Answers, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that does just this on every connection; its URL."""

    connections: list[asyncio.Task[None] | None] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.current_task())
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await answers(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async with await asyncio.start_server(connected, "localhost" if tls else "127.0.0.1", 0, ssl=tls) as server:
        host, port = "localhost" if tls else "127.0.0.1", server.sockets[0].getsockname()[1]
        yield f"http{'s' if tls else ''}://{host}:{port}/x"
        for connection in connections:
            if connection is not None:
                connection.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await connection


async def request_of(reader: asyncio.StreamReader) -> bytes:
    """A whole request."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
    return head + await reader.readexactly(int(length or 0))


def saying(*answers: bytes) -> Answers:
    """Each answer once, one after another, then the end."""

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await request_of(reader)
            writer.write(answer)
            await writer.drain()

    return work


async def said(lines: Lines, url: str, method: str = "GET", *, read: float = WAIT, **more: object) -> tuple[int, bytes]:
    """A request; status and body of its answer."""
    seconds = {"connect": WAIT, "write": WAIT, "read": read}
    request = httpx.Request(method, url, extensions={"timeout": seconds}, **more)  # type: ignore[arg-type]
    response = await lines.handle_async_request(request)
    try:
        return response.status_code, await response.aread()
    finally:
        await response.aclose()


@pytest.fixture
async def lines() -> AsyncIterator[Lines]:
    made = Lines(machine_trust())
    yield made
    await made.aclose()


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"
WHOLE = [
    ("measured", OK, (200, b"ok")),
    ("in chunks, as a proxy may send it", CHUNKED, (200, b"ok")),
    ("to the end of the connection", b"HTTP/1.0 200 OK\r\n\r\nok", (200, b"ok")),
    ("with a word before it", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK, (200, b"ok")),
    ("empty", b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"")),
]


@pytest.mark.parametrize(("answer", "found"), [pytest.param(a, f, id=name) for name, a, f in WHOLE])
async def test_an_answer_is_taken_as_it_comes(lines: Lines, answer: bytes, found: tuple[int, bytes]) -> None:
    async with serving(saying(answer)) as url:
        assert await said(lines, url) == found


@pytest.mark.parametrize(
    "answer", [b"", OK[:-1], OK[:20], CHUNKED[:-9], b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\n:\r\n"]
)
async def test_an_answer_that_ends_too_early_or_is_none_is_an_error(lines: Lines, answer: bytes) -> None:
    async with serving(saying(answer)) as url:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await said(lines, url)


async def test_one_connection_serves_one_request_after_another_and_is_not_used_once_it_has_ended(lines: Lines) -> None:
    connections = 0

    async def thrice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        second = b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n" if connections == 1 else OK
        await saying(OK, second, OK)(reader, writer)

    async with serving(thrice) as url:
        assert await said(lines, url, "POST", content=b"1") == (200, b"ok")
        assert await said(lines, url, "HEAD") == (200, b""), "a head speaks of a body and has none"
        assert await said(lines, url) == (200, b"ok")
        assert connections == 1
        for _ in range(2):
            assert await said(lines, url) == (200, b"ok")
        assert connections == 2
        together = await asyncio.gather(said(lines, url), said(lines, url))
        assert list(together) == [(200, b"ok")] * 2


async def test_a_connection_that_is_to_be_closed_is_not_used_again(lines: Lines) -> None:
    async with serving(saying(OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"), b"no")) as url:
        for _ in range(2):
            assert await said(lines, url) == (200, b"ok")


async def test_silence_is_a_timeout_and_nobody_there_an_error(lines: Lines) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent) as url:
        with pytest.raises(httpx.ReadTimeout):
            await said(lines, url, read=0.01)
    with pytest.raises(httpx.ConnectError):
        await said(lines, url)
    with pytest.raises(httpx.UnsupportedProtocol):
        await said(lines, "hall.example/x")


async def test_who_gives_up_leaves_no_connection_behind(lines: Lines) -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        asked.set()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        ended.set()

    async with serving(slow) as url:
        asking = asyncio.create_task(said(lines, url))
        async with asyncio.timeout(WAIT):
            await asked.wait()
            asking.cancel()
            await ended.wait()
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_a_refusal_counts_before_all_is_said(lines: Lines) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        await reader.read()

    async with serving(refuse) as url:
        assert (await said(lines, url, "POST", content=bytes(1000)))[0] == 413


async def test_what_left_is_told_when_all_of_it_has(lines: Lines) -> None:
    content, told = bytes(4 << 20), []

    async def trace(event: str, _: object) -> None:
        told.append(event)

    read = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read.wait()
        await saying(OK)(reader, writer)

    async with serving(slow) as url:
        extensions = {"trace": trace, "timeout": {"read": WAIT}}
        request = httpx.Request("POST", url, content=content, extensions=extensions)
        asking = asyncio.create_task(lines.handle_async_request(request))
        async with asyncio.timeout(WAIT):
            for _ in range(100):
                await asyncio.sleep(0)
            assert told == [], "it lies here still"
            read.set()
            response = await asking
        assert told == [SENT]
        assert await response.aread() == b"ok"


async def test_a_large_answer_waits_for_its_reader(lines: Lines) -> None:
    size, written = 64 << 20, 0

    async def large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await request_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        while written < size:
            writer.write(bytes(1 << 20))
            await writer.drain()
            written += 1 << 20

    async with serving(large) as url:
        response = await lines.handle_async_request(httpx.Request("GET", url))
        before = -1
        while written != before:  # as much as the sockets between take, and no more
            before = written
            for _ in range(100):
                await asyncio.sleep(0)
        assert WELL < written < size // 2
        assert sum([len(part) async for part in response.aiter_raw()]) == size


async def test_a_line_break_in_a_header_is_not_sent(lines: Lines) -> None:
    async with serving(saying(OK)) as url:
        with pytest.raises(httpx.LocalProtocolError):
            await said(lines, url, headers={"authorization": "Bearer x\r\nhost: elsewhere"})


async def test_a_server_is_believed_by_its_certificate(tmp_path: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "both.pem").write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "both.pem")
    async with serving(saying(OK, OK), server) as url:
        known = Lines(ssl.create_default_context(cadata=pem.decode()))
        assert [await said(known, url) for _ in range(2)] == [(200, b"ok")] * 2
        await known.aclose()
        unknown = Lines(machine_trust())
        with pytest.raises(httpx.ConnectError):
            await said(unknown, url)
        await unknown.aclose()
