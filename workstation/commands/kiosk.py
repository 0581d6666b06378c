"""`workstation kiosk --for documents|tickets|ratings|display`: a terminal for citizens.

    this machine's enrolment ─▶ its copy, its exchange ─▶ the pages of what it is for (workstation/kiosk)

Without `--staff` and `--pin-fd` the terminal's own number and PIN are typed at its first page.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sync.errors import InputError
from workstation.commands import parser_of
from workstation.kiosk import PURPOSES, purpose_of
from workstation.launch import need_terminal
from workstation.locale import say
from workstation.locations import locate

PIN_BYTES = 64


def main(argv: Sequence[str]) -> int:
    """Open the terminal. Raises InputError `signon.not_enrolled` where this machine is no device yet."""
    parser = parser_of("kiosk")
    parser.add_argument("--for", dest="purpose", choices=tuple(PURPOSES), required=True, help=say("kiosk.cli.for"))
    parser.add_argument("--staff", default="", metavar="N", help=say("kiosk.cli.staff"))
    parser.add_argument("--pin-fd", type=int, metavar="FD", help=say("kiosk.cli.pin_fd"))
    parser.add_argument("--demo", action="store_true", help=say("kiosk.cli.demo"))
    chosen = parser.parse_args(argv)
    need_terminal()
    return run(chosen.purpose, _of_the_demo(chosen) if chosen.demo else _of_this_machine(chosen))


def _of_this_machine(chosen: argparse.Namespace) -> dict[str, Any]:
    from workstation import settings
    from workstation.enrolment import Place, checked

    locations = locate(chosen.data)
    place = Place(locations)
    enrolment = place.read()
    server = settings.read(locations.settings_file)[0].server
    return {
        "replica": place.replica,
        "server": checked(server) if server else enrolment.server,
        "key": lambda: place.key(enrolment),
        "erase": lambda: place.erase(enrolment),
        "locations": locations,
        "staff": chosen.staff,
        "pin": read_pin(chosen.pin_fd) if chosen.pin_fd is not None else "",
    }


def _of_the_demo(chosen: argparse.Namespace) -> dict[str, Any]:
    """One more terminal of the sample hall that runs, its keeper signed on."""
    from workstation.sample_hall import SampleHall

    hall = SampleHall(Path(chosen.data).expanduser().absolute() if chosen.data else locate().data / "demo")
    url = hall.running()
    place = asyncio.run(hall.free_terminal(url, 2))
    keeper = next((each for each in hall.people() if each.role == "kiosk"), None)
    if keeper is None:
        raise InputError("kiosk.no_terminal")
    return {
        "replica": place.replica,
        "server": url,
        "key": place.key,
        "erase": place.erase,
        "locations": place.locations,
        "staff": keeper.staff,
        "pin": keeper.pin,
        "sample": True,
    }


def read_pin(fd: int) -> str:
    """The PIN from an open file descriptor. Raises InputError `kiosk.pin_fd`."""
    try:
        return os.read(fd, PIN_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError):
        raise InputError("kiosk.pin_fd", fd=fd) from None


def run(purpose: str, opened: dict[str, Any]) -> int:
    """The terminal until its keeper ends it. Raises HallError what kept it from opening."""
    from sync.clock import SystemClock
    from workstation.kiosk.app import KioskApp

    app = KioskApp(purpose_of(purpose), clock=SystemClock(), **opened)
    app.run()
    if app.trouble is not None:
        raise app.trouble
    return int(app.return_code or 0)
