"""`workstation demo`: a sample hall in this terminal.

    folder claimed ─▶ hall made, or a new morning opened ─▶ server child ─▶ this terminal enrolled ─▶ screens
    --join                     the running hall is found ─▶ another terminal enrolled ─▶ screens
    --headless                 scripted people work one hour, no screen: exit code 0 only if every invariant held

The child ends with this process, however it ends.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import StoreError
from workstation.arguments import whole_number
from workstation.commands import parser_of
from workstation.launch import need_terminal
from workstation.locale import say
from workstation.locations import locate

if TYPE_CHECKING:
    from workstation.sample_hall import SampleHall, SamplePerson, TerminalPlace
    from workstation.terminal import DemoPerson

OUTDATED = ("server.store_older", "server.store_unmarked")
"""A hall of another version: the sample is set aside, since it is made again in seconds."""
ROLES = ("clerk", "approver", "callback", "grid", "duty", "supervisor", "admin")
FIRST = ("0303", "0304", "0201", "0401", "0501", "0101", "0102", "0001", "0202")
"""Who stands at the top of the list, within reach of one digit: one of each role."""


def main(argv: Sequence[str]) -> int:
    """Run the command; its exit code."""
    parser = parser_of("demo")
    parser.add_argument("--role", choices=ROLES, help=say("demo.cli.role"))
    parser.add_argument("--join", action="store_true", help=say("demo.cli.join"))
    parser.add_argument("--headless", action="store_true", help=say("demo.cli.headless"))
    parser.add_argument("--seed", type=whole_number(0), default=1, metavar="N", help=say("demo.cli.seed"))
    chosen = parser.parse_args(argv)
    if chosen.headless:
        from workstation.headless.script import run_hour

        return run_hour(Path(chosen.data) if chosen.data else None, seed=chosen.seed)
    need_terminal()
    folder = Path(chosen.data).expanduser().absolute() if chosen.data else locate().data / "demo"
    return _join(folder, chosen) if chosen.join else _open(folder, chosen)


def _open(folder: Path, chosen: argparse.Namespace) -> int:
    from workstation.sample_hall import SampleHall

    hall = SampleHall(folder)
    with hall.claim():
        try:
            return _run(hall, chosen)
        except StoreError as error:
            if error.code not in OUTDATED:
                raise
        print(say("demo.set_aside", path=str(hall.set_aside())), flush=True)
        return _run(hall, chosen)


def _run(hall: SampleHall, chosen: argparse.Namespace) -> int:
    from sync.clock import SystemClock

    fresh = not hall.made
    if fresh:
        print(say("demo.making"), flush=True)
        hall.make(chosen.seed)
    elif hall.open_morning(chosen.seed, SystemClock()):
        print(say("demo.new_morning"), flush=True)
    with hall.serve() as process:
        place = asyncio.run(_enrolled(hall, process.url, hand_in=fresh))
        with hall.days(chosen.seed, SystemClock()):
            return _terminal(hall, process.url, place, chosen.role)


async def _enrolled(hall: SampleHall, url: str, *, hand_in: bool) -> TerminalPlace:
    """This terminal as a device; a fresh hall's first one takes the last steps of some cases before anybody looks."""
    from sync.clock import SystemClock

    place = await hall.free_terminal(url, 1)
    if hand_in:
        from workstation.headless.hand_in import hand_in as take_last_steps

        await take_last_steps(place, url, hall.people(), SystemClock())
    return place


def _join(folder: Path, chosen: argparse.Namespace) -> int:
    from workstation.sample_hall import SampleHall

    hall = SampleHall(folder)
    url = hall.running()
    place = asyncio.run(hall.free_terminal(url, 2))
    return _terminal(hall, url, place, chosen.role)


def _terminal(hall: SampleHall, url: str, place: TerminalPlace, role: str | None) -> int:
    from sync.clock import SystemClock
    from workstation.terminal import Terminal, run

    people = listed(hall.people())
    return run(
        Terminal(
            replica=place.replica,
            server=url,
            key=place.key,
            erase=place.erase,
            locations=place.locations,
            clock=SystemClock(),
            people=people,
            sign_on_as=next((person.staff for person in people if person.role == role), ""),
        )
    )


def listed(people: Sequence[SamplePerson]) -> tuple[DemoPerson, ...]:
    """The people as screen 0 lists them."""
    from workstation.terminal import DemoPerson

    places = {staff: place for place, staff in enumerate(FIRST)}
    return tuple(
        DemoPerson(person.role, person.staff, person.name, person.pin, person.window_label)
        for person in sorted(people, key=lambda person: (places.get(person.staff, len(FIRST)), person.staff))
        if person.role != "kiosk"
    )
