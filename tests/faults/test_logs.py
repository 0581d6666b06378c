"""What a server logs tells of nobody, whatever breaks while it holds what somebody has typed. The same
server, logging as Python does by itself, tells each of it: the search would find what is there. A terminal's
journal and its crash reports: tests/terminal/test_keeping.py."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from sync.sealed_log import Sealed
from sync.trusted import machine_trust
from tests.faults.marks import IDENTITY, MARKS, NAME, PHONE, WORDS
from tests.faults.terminals import ROOT
from tests.screens.live_hall import make_template
from tests.sync.server_process import ServerProcess

DEFECTS = Path(__file__).parent / "defects"


def logged(folder: Path, **environment: str) -> str:
    """What a server with defects has logged once each was met, and whatever a stranger may send."""
    store, log = make_template(folder), folder / "server.log"
    path = os.pathsep.join([str(DEFECTS), str(ROOT)])
    server = ServerProcess(f"sqlite:///{store}", log=log, environment={**os.environ, "PYTHONPATH": path, **environment})
    with httpx.Client(base_url=server.url, verify=machine_trust(), timeout=60) as client:
        assert client.post("/c", data={"number": NAME, "code": "AAAA"}).status_code == 500
        for beside in ("thread", "task"):
            assert client.get(f"/q/{beside}").status_code == 404
        with contextlib.suppress(httpx.HTTPError), client.stream("GET", "/d/live") as stream:
            stream.read()
        for path in (f"/{NAME}", f"/v1/find?q={PHONE}", f"/t/{IDENTITY}"):
            assert client.get(path).status_code in (401, 404)
        assert client.post("/v1/push", content=json.dumps({"words": WORDS})).status_code in (400, 401)
        assert client.post("/r/x.y/words", data={"words": WORDS}).status_code == 404
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), timeout=60) as raw:
        raw.sendall(f"NO HTTP {PHONE}\r\n\r\n".encode())
        assert raw.recv(1000)
    assert server.stop() == 0
    return log.read_text()


def test_a_server_s_log_says_what_broke_and_where_and_nothing_of_a_person(tmp_path: Path) -> None:
    log = logged(tmp_path)
    assert [mark for mark in MARKS if mark in log] == []
    for event in (
        "internal error=ValueError, ValueError at tests/faults/defects/sitecustomize.py",
        "thread_failed, LookupError at tests/faults/defects/sitecustomize.py",
        "Exception in ASGI application, ",
        "KeyError at tests/faults/defects/sitecustomize.py",
        " asyncio ",
        "RuntimeError at tests/faults/defects/sitecustomize.py",
        "Invalid HTTP request received.",
    ):
        assert event in log, log
    assert "server_stub/public/progress_routes.py" in log


def test_without_the_seal_the_same_log_tells_it_all(tmp_path: Path) -> None:
    log = logged(tmp_path, UNSEALED="yes")
    assert [mark for mark in MARKS if mark not in log] == []


@pytest.mark.parametrize("logger", ["sync", "sync-server", "uvicorn.error", "asyncio", "httpx"])
def test_a_line_holds_codes_and_places_alone(logger: str) -> None:
    def of(broke: BaseException | None = None, **beside: object) -> str:
        about = (type(broke), broke, broke.__traceback__) if broke is not None else None
        record = logging.LogRecord(logger, logging.ERROR, __file__, 7, f"failed\n{NAME}", (), about)
        record.__dict__.update(beside)
        return Sealed().format(record)

    def broken() -> BaseException:
        try:
            try:
                raise KeyError(PHONE)
            except KeyError as error:
                raise ValueError(WORDS) from error
        except ValueError as error:
            return error

    line = of(broken(), kind="rating.give@1", error=NAME, words=WORDS, holder=NAME)
    assert "\n" not in line
    assert [mark for mark in MARKS if mark in line] == []
    assert "kind=rating.give@1" in line
    assert "ValueError at tests/faults/test_logs.py" in line
    assert "KeyError at tests/faults/test_logs.py" in line
    for phone in (PHONE, int(PHONE), f"+86{PHONE}"):
        assert PHONE not in of(kind=phone, error=phone)
