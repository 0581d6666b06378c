"""Whatever stands in an address – in its path, its question or a form – nobody gets a server error by it: every route
of the server's own document and every page for citizens, on both stores, with a session and without."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote_from_bytes, unquote

import msgspec
import pytest

from server_stub.app import routes
from sync.device_key import ENROL
from sync.errors import ServerRefused
from sync.protocol.messages import AskLeases, Beat, Challenge, Enrol, WantedBlock
from sync.protocol.rating import AskRating, GiveRating
from sync.replica.sessions import Opening, open_session
from tests.sync.small_hall import PIN, QUEUE, Machine, SmallHall

TEXTS = {
    "nul": "%00",
    "nul within": "a%00b.c%00",
    "a lone surrogate": "%ED%A0%80",
    "no UTF-8": "%FF%FE.%C0%80",
    "up": "..",
    "up, disguised": "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "up, twice disguised": "%252e%252e%252f",
    "a new line": "a%0d%0aset-cookie:%20a=b",
    "turned round": "%E2%80%AE%F0%9F%98%80",
    "quoted": "'%22;--%5C",
    "very long": "x" * 5_000,
    "very long and wide": "%E5%8F%B7" * 3_000,
    "a number that is none": "-1e999",
    "a token that is none": "a.%00",
}
HOLES = re.compile(r"\{[^}]*\}")


ROUTES = 40
"""At least so many ways in: were the list made from nothing, nothing would be tried."""
ASKED = ("c", "scope", "q", "text", "m", "day", "at", "lang", "site", "ticket", "device", "since", "limit")
"""What an address may ask after its question mark, of whatever route."""


async def status(hall: SmallHall, method: str, raw: str, *, token: str = "", asked: str = "", body: str = "") -> int:
    """What the application answers to an address as it came over the line, unchanged by any client."""
    headers = [(b"host", b"hall"), (b"content-type", b"application/x-www-form-urlencoded")]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(raw),  # as uvicorn does
        "raw_path": raw.encode(),
        "root_path": "",
        "query_string": asked.encode(),
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("hall", 80),
    }
    incoming = [{"type": "http.request", "body": body.encode(), "more_body": False}]
    told: list[int] = []

    async def receive() -> dict[str, Any]:
        return incoming.pop() if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            told.append(message["status"])

    await hall.app(scope, receive, send)  # type: ignore[arg-type]
    return told[0]


def ways(hall: SmallHall) -> list[tuple[str, str]]:
    """(method, path) of everything that the server answers, pages and wire."""
    return sorted(
        (method, route.path)
        for route in routes().routes
        for method in getattr(route, "methods", ())
        if method != "OPTIONS"
    )


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_no_text_in_an_address_is_an_error_of_the_servers(hall: SmallHall, text: str) -> None:
    window = await hall.machine("0307", "0001")
    assert window.opened is not None
    found = ways(hall)
    assert len(found) > ROUTES
    wrong = []
    for method, path in found:
        for token in ("", window.opened.token):
            raw = HOLES.sub(lambda _: text, path)
            answers = [await status(hall, method, raw, token=token)] if raw != path else []
            asked = "&".join(f"{name}={text}" for name in ASKED)
            if not path.endswith("/live"):  # a stream, once it is asked for properly
                at = HOLES.sub("x", path)
                answers.append(await status(hall, method, at, token=token, asked=asked, body=asked))
            wrong += [(method, path, bool(token), answer) for answer in answers if answer >= 500]
    assert wrong == []


@pytest.mark.parametrize("path", ["/t/x", "/d/\ud800", "/n/\x00", "/say/\udfff"])
async def test_what_no_line_could_bring_is_not_found(hall: SmallHall, path: str) -> None:
    raw = quote_from_bytes(path.encode("utf-8", "surrogatepass"))
    assert await status(hall, "GET", raw) == 404


async def test_a_form_may_say_anything(hall: SmallHall) -> None:
    from server_stub.public import token
    from server_stub.public.booking import BOOK

    secret = hall.app.citizens.secret
    for field in ("m", "day", "minute", "holder", "phone"):
        for text in TEXTS.values():
            form = {"m": "m1", "day": "2026-03-03", "minute": "600", "holder": "", "phone": "13800000001", field: text}
            sealed = token.make(secret, BOOK, "f" * 32)
            body = "&".join(f"{name}={value}" for name, value in {**form, "id": sealed}.items())
            assert await status(hall, "POST", "/b", body=body) < 500, (field, text)


@pytest.mark.parametrize("text", ["\0", "a\0b", ""])
async def test_a_message_may_say_anything(hall: SmallHall, text: str) -> None:
    window = await hall.machine("0307")
    said: list[tuple[str, msgspec.Struct]] = [
        ("/v1/enrol", Enrol(code=text, label="x", key=window.key.public, proof=window.key.sign(ENROL, text))),
        ("/v1/challenge", Challenge(device=text)),
        ("/v1/heartbeat", Beat(session=text)),
        ("/v1/lease", AskLeases(session=text, back=[text], over=[text])),
        *(("/v1/lease", AskLeases(blocks=[WantedBlock(**wanted)])) for wanted in series(text)),
        ("/v1/rating/find", AskRating(scanned=text, number=text, code=text)),
        ("/v1/rating", GiveRating(token=text, level=text)),
    ]
    told = [(path, await refusal(window, "POST", path, message)) for path, message in said]
    told += [("/v1/session", await opened(window, device, text)) for device in (window.device, text)]
    told += [("/v1/find", await refusal(window, "GET", "/v1/find", q=text + text))]
    assert [(path, status) for path, status in told if status >= 500] == []
    assert (await window.sign_on("0307")).staff == "0307"


def series(text: str) -> list[dict[str, str]]:
    """Wanted numbers, one part of each replaced."""
    wanted = {"of": "ticket", "scope": QUEUE, "prefix": "A"}
    return [{**wanted, name: text} for name in wanted]


def status_of(refused: ServerRefused) -> int:
    return int(str(refused.params["status"]))


async def refusal(window: Machine, method: str, path: str, message: Any = None, q: str = "") -> int:
    """The status of what is refused, 0 for what is answered."""
    try:
        await window.transport.ask(method, path, dict, message, q=q)
    except ServerRefused as refused:
        return status_of(refused)
    return 0


async def opened(window: Machine, device: str, staff: str) -> int:
    try:
        await open_session(window.transport, Opening(device, window.key, staff, PIN))
    except ServerRefused as refused:
        return status_of(refused)
    return 0
