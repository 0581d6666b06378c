"""`workstation open`, also without a name: the workstation on this machine's own copy.

--passphrase-fd FD   the passphrase (or PIN) of the seal's key from an open file descriptor, its first line: for a
                     script that starts the terminal where there is no keyring
"""

from __future__ import annotations

from collections.abc import Sequence

from workstation.commands import parser_of
from workstation.launch import need_terminal
from workstation.locale import say
from workstation.locations import locate


def main(argv: Sequence[str]) -> int:
    """Open the terminal. Raises InputError `signon.not_enrolled` where this machine is no device yet."""
    parser = parser_of("open")
    parser.add_argument("--passphrase-fd", type=int, metavar="FD", help=say("cli.passphrase_fd"))
    chosen = parser.parse_args(argv)
    given = _given(chosen.passphrase_fd) if chosen.passphrase_fd is not None else ""
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
            passphrase=given,
        )
    )


def _given(fd: int) -> str:
    """The passphrase of the seal's key. Raises InputError `cli.passphrase_fd.nothing`."""
    from workstation.documents.passphrase import read_passphrase_fd

    return read_passphrase_fd(fd)
