"""`workstation open`, also without a name: the workstation on this machine's own copy."""

from __future__ import annotations

from collections.abc import Sequence

from workstation.commands import parser_of
from workstation.launch import need_terminal
from workstation.locations import locate


def main(argv: Sequence[str]) -> int:
    """Open the terminal. Raises InputError `signon.not_enrolled` where this machine is no device yet."""
    chosen = parser_of("open").parse_args(argv)
    need_terminal()
    from sync.clock import SystemClock
    from workstation import settings
    from workstation.enrolment import Place, checked
    from workstation.terminal import Terminal, run

    locations = locate(chosen.data)
    place = Place(locations)
    enrolment = place.read()
    server = settings.read(locations.settings_file)[0].server
    return run(
        Terminal(
            replica=place.replica,
            server=checked(server) if server else enrolment.server,
            key=lambda: place.key(enrolment),  # asked for after the first paint
            locations=locations,
            clock=SystemClock(),
            erase=lambda: place.erase(enrolment),
        )
    )
