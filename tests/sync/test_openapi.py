"""The server against its own OpenAPI document, by schemathesis: nothing that is sent makes it fail, and it answers
nothing that the document does not say – without a session and with one, by real HTTP to a process of its own.

Each kind of request is drawn twice, as the document wants it and as it does not, and once more with what a caller of
this hall would know put in: the own device, a hash in hex. Otherwise nearly all would end at the door.
"""

import asyncio
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as document

from server_stub.app import WIRE, Application
from server_stub.problems import MEDIA_TYPE
from server_stub.services import Services
from sync.clock import DrivenClock
from sync.device_key import ENROL, DeviceKey
from sync.protocol.messages import Problem
from tests.sync.server_process import ServerProcess
from tests.sync.small_hall import Machine, SmallHall
from tests.sync.test_kill import device

CHECKS = [
    not_a_server_error,
    document.status_code_conformance,
    document.content_type_conformance,
    document.response_schema_conformance,
    document.response_headers_conformance,
    document.negative_data_rejection,
    document.unsupported_method,
]
STREAM = ("GET", "/v1/live")
EXAMPLES = 25


class Doorstep:
    """The process, its document, and a device of the hall that can sign on again."""

    def __init__(self, hall: SmallHall, server: ServerProcess) -> None:
        self.loop = asyncio.Runner()
        self.machine: Machine = self.loop.run(device(hall, server, "0307"))
        self.schema = schemathesis.openapi.from_url(f"{server.url}/schema/openapi.json")
        found = [cast(Any, result).ok() for result in self.schema.get_all_operations()]
        self.operations: dict[tuple[str, str], Any] = {(each.method.upper(), each.path): each for each in found}

    def close(self) -> None:
        self.loop.run(self.machine.close())
        self.loop.close()

    def signed_on(self) -> str:
        """A token; a new one where a request has ended the session."""
        if not self.machine.transport.token:
            self.loop.run(self.machine.sign_on("0307"))
        return self.machine.transport.token

    def sign(self, request: Any) -> Any:
        """What is posted within a session carries its signature."""
        if request.method == "POST":
            body = request.body or b""
            content = body if isinstance(body, bytes) else body.encode()
            path = request.path_url.partition("?")[0]
            request.headers.update(self.machine.transport.signed("POST", path, content))
        return request

    def better(self, case: Any) -> None:
        """Put in what somebody of this hall knows."""
        if isinstance(case.body, dict) and "device" in case.body:
            case.body["device"] = self.machine.device
        if case.path_parameters and "sha256" in case.path_parameters:
            text = str(case.path_parameters["sha256"])
            case.path_parameters["sha256"] = (
                "".join(c for c in text if c in string.hexdigits).lower().ljust(64, "a")[:64]
            )


@pytest.fixture(scope="module")
def doorstep(hall_template: Path) -> Iterator[Doorstep]:
    hall = SmallHall(hall_template.parent / "openapi").make()
    server = ServerProcess(hall.url, log=hall.folder / "server.log")
    doorstep = Doorstep(hall, server)
    yield doorstep
    doorstep.close()
    assert server.stop() == 0
    log = (hall.folder / "server.log").read_text().splitlines()
    assert {line for line in log if "Invalid HTTP request" not in line} == set(), "too long a request line, no more"


def routes(*, streams: bool) -> list[tuple[str, str]]:
    """Every route of the wire as the document writes it."""
    found = [
        (method, "/v1" + path.replace(":str", ""))
        for handler in WIRE
        for path in handler.paths
        for method in sorted(handler.http_methods - {"OPTIONS"})
    ]
    return [route for route in found if streams or route != STREAM]


def drawn(operation: Any, mode: GenerationMode) -> st.SearchStrategy[Any] | None:
    """Requests of a kind; None where no request can be wrong, since nothing is asked for."""
    asks = operation.body.items or operation.query.items
    if mode is GenerationMode.NEGATIVE and not asks:
        return None
    return cast("st.SearchStrategy[Any]", operation.as_strategy(generation_mode=mode))


def knock(doorstep: Doorstep, route: tuple[str, str], *, signed_on: bool, examples: int = EXAMPLES) -> set[int]:
    """Many requests to one route; the statuses that came."""
    operation = doorstep.operations[route]
    statuses: set[int] = set()
    for mode in GenerationMode:
        requests = drawn(operation, mode)
        if requests is None:
            continue

        @settings(
            max_examples=examples,
            database=None,
            phases=[Phase.generate],
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(requests, st.booleans())
        def send(case: Any, knowing: bool) -> None:
            if knowing:
                doorstep.better(case)
            headers = {"authorization": f"Bearer {doorstep.signed_on()}"} if signed_on else {}
            response = case.call(headers=headers, auth=doorstep.sign if signed_on else None)
            if route == ("DELETE", "/v1/session") and response.status_code == 204:
                doorstep.machine.transport.token = ""
            statuses.add(response.status_code)
            known = [check for check in CHECKS if not knowing or check is not document.negative_data_rejection]
            case.validate_response(response, checks=known)

        send()
    return statuses


@pytest.mark.parametrize("route", routes(streams=True), ids=lambda route: " ".join(route))
def test_without_a_session(doorstep: Doorstep, route: tuple[str, str]) -> None:
    assert knock(doorstep, route, signed_on=False) - {200, 204} <= {400, 401, 403, 413}


@pytest.mark.parametrize("route", routes(streams=False), ids=lambda route: " ".join(route))
def test_with_a_session(doorstep: Doorstep, route: tuple[str, str]) -> None:
    assert knock(doorstep, route, signed_on=True)


@pytest.mark.prove
@pytest.mark.parametrize("signed_on", [False, True])
def test_for_long(doorstep: Doorstep, signed_on: bool) -> None:
    for route in routes(streams=not signed_on):
        knock(doorstep, route, signed_on=signed_on, examples=2_000)


def test_the_document_says_what_every_route_refuses_with(doorstep: Doorstep) -> None:
    paths = doorstep.schema.raw_schema["paths"]
    for method, path in routes(streams=True):
        answers = paths[path][method.lower()]["responses"]
        assert {"400", "408", "413", "500", "503", "507"} <= answers.keys(), (method, path)
        for status, answer in answers.items():
            if status >= "400":
                assert list(answer["content"]) == [MEDIA_TYPE], (method, path, status)


class Broken(DrivenClock):
    """A clock that breaks once it is told to: a defect in the middle of every route."""

    broken = False

    def now(self) -> int:
        if self.broken:
            raise ZeroDivisionError
        return super().now()


async def test_a_defect_is_told_as_problem_details_without_its_inside(closed_hall: SmallHall) -> None:
    closed_hall.clock = clock = Broken(closed_hall.clock.now())
    services = Services.open(closed_hall.url, clock)
    app = Application(services)
    headers = {"authorization": "Bearer x"}
    ways = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False)
    async with app.lifespan(), httpx.AsyncClient(transport=ways, base_url="http://hall", headers=headers) as ask:
        clock.broken = True
        key = DeviceKey.make()
        bodies = {"/v1/enrol": {"code": "x", "label": "x", "key": key.public, "proof": key.sign(ENROL, "x")}}
        bodies["/v1/challenge"] = {"device": "x"}
        bodies["/v1/session"] = dict.fromkeys(("device", "challenge", "proof", "staff", "pin"), "x")
        bodies["/v1/session/renew"] = dict.fromkeys(("device", "session", "challenge", "proof"), "x")
        for method, path in routes(streams=True):
            answer = await ask.request(method, path.replace("{sha256}", "a" * 64), json=bodies.get(path))
            assert answer.status_code == 500, (method, path, answer.text)
            if method != "HEAD":
                assert answer.headers["content-type"] == MEDIA_TYPE
                assert msgspec.json.decode(answer.content, type=Problem) == Problem(
                    title="Internal error", status=500, code="internal"
                )
        clock.broken = False


@pytest.mark.parametrize("kind", ["n", "y"])
def test_the_json_test_suite_at_every_door(doorstep: Doorstep, shared_data: Path, kind: str) -> None:
    """n: no JSON, refused; y: JSON, and no message of ours: refused too, never a failure."""
    files = sorted((shared_data / "text" / "json").glob(f"{kind}_*.json"))
    assert files
    posts = [path for method, path in routes(streams=False) if method == "POST"]
    headers = {"authorization": f"Bearer {doorstep.signed_on()}", "content-type": "application/json"}
    with httpx.Client(base_url=doorstep.machine.transport.url, headers=headers, trust_env=False) as ask:
        for file in files:
            for path in posts:
                answer = ask.post(path, content=file.read_bytes())
                assert 400 <= answer.status_code < 500, (file.name, path, answer.text)
                assert msgspec.json.decode(answer.content, type=Problem).status == answer.status_code
                assert answer.headers["content-type"] == MEDIA_TYPE
