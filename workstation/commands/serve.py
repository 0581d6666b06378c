"""`workstation serve`: the supervision in a browser, on loopback. Read-only; one puller, any number of viewers."""

from __future__ import annotations

import getpass
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import HallError, InputError
from workstation.arguments import whole_number
from workstation.commands import parser_of
from workstation.locale import say

if TYPE_CHECKING:
    from sync.device_key import DeviceKey
    from workstation.locations import Locations

PORT = 8479
FIRST_PULL_SECONDS = 60.0
SIGN_ON_ONLY = frozenset({"supervisor"})


def main(argv: Sequence[str]) -> int:
    """Sign a supervisor on and serve until told to stop. Raises HallError."""
    parser = parser_of("serve")
    parser.add_argument("--staff", metavar="N", help=say("serve.cli.staff"))
    parser.add_argument("--port", type=whole_number(0), default=PORT, metavar="N", help=say("serve.cli.port"))
    parser.add_argument("--host", action="append", default=[], metavar="NAME", help=say("serve.cli.host"))
    parser.add_argument("--demo", action="store_true", help=say("serve.cli.demo"))
    chosen = parser.parse_args(argv)
    if chosen.demo:
        return _demo(chosen.data, chosen.port, chosen.host)
    from workstation import settings
    from workstation.enrolment import Place, checked
    from workstation.locations import locate

    locations = locate(chosen.data)
    place = Place(locations)
    enrolment = place.read()
    said = settings.read(locations.settings_file)[0].server
    server = checked(said) if said else enrolment.server
    staff = chosen.staff or _line("serve.staff")
    return serve(
        place.replica, server, lambda: place.key(enrolment), locations, staff, _pin(), chosen.port, chosen.host
    )


def _demo(data: str | None, port: int, hosts: Sequence[str]) -> int:
    """The running demo's supervisor."""
    import asyncio

    from workstation.locations import locate
    from workstation.sample_hall import SampleHall

    hall = SampleHall(Path(data).expanduser().absolute() if data else locate().data / "demo")
    url = hall.running()
    place = asyncio.run(hall.free_terminal(url, 2))
    person = next(person for person in hall.people() if person.role == "supervisor")
    return serve(place.replica, url, place.key, place.locations, person.staff, person.pin, port, hosts)


def serve(
    replica: Path,
    server: str,
    key: Callable[[], DeviceKey],
    locations: Locations,
    staff: str,
    pin: str,
    port: int,
    hosts: Sequence[str],
) -> int:
    """One engine that pulls, and the pages over its copy, until Ctrl-C."""
    from sync.clock import SystemClock
    from sync.replica.engine import Engine
    from sync.replica.store import ReplicaStore
    from workstation.browser.pages import Pages, style
    from workstation.browser.server import Viewers
    from workstation.browser.supervision import Supervision
    from workstation.services.desk import Desk

    device, clock = key(), SystemClock()
    with closing(ReplicaStore(replica, device.replica)) as store:
        engine: Engine = Engine(store, server, clock, key=device)
        engine.start()
        try:
            desk = Desk(store, engine, clock, device)
            person = desk.sign_on(staff, pin)
            if not person.roles or person.roles - SIGN_ON_ONLY:
                raise InputError("serve.not_supervisor", staff=staff)
            engine.wait_held({over for _, over in person.grants} | {desk.scope("base")}, FIRST_PULL_SECONDS)
            hall = desk.row("hall", desk.hall)
            pages = Pages(Supervision(desk, locations.data / "exports"), str(hall.name), sample=bool(hall.sample))
            with closing(Viewers(pages.make, style(), clock, port=port, hosts=hosts)) as viewers:
                print(say("serve.ready", url=viewers.url), flush=True)
                _until_told(viewers.run, viewers.stop)
        finally:
            engine.stop()
    return 0


def _until_told(run: Callable[[], None], stop: Callable[[], None]) -> None:
    """Serve in a thread, so that Ctrl-C ends it from this one."""
    served = threading.Thread(target=run, name="viewers", daemon=True)
    served.start()
    try:
        served.join()
    finally:
        stop()
        served.join()


def _line(key: str) -> str:
    print(say(key), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _pin() -> str:
    """Typed unseen; from a pipe its first line, for a service manager that keeps it as a credential."""
    if sys.stdin.isatty():
        return getpass.getpass(say("serve.pin"))
    line = sys.stdin.readline().strip()
    if not line:
        raise HallError("serve.no_pin")
    return line
