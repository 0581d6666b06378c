"""`workstation enrol --server URL --code CODE`: this machine becomes a device of the hall."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Sequence

from workstation.commands import parser_of
from workstation.locale import say
from workstation.locations import locate


def main(argv: Sequence[str]) -> int:
    """Enrol, and say where the device's key lies and whether its copy is encrypted."""
    from workstation.enrolment import Place

    parser = parser_of("enrol")
    parser.add_argument("--server", required=True, metavar="URL", help=say("cli.enrol.server"))
    parser.add_argument("--code", required=True, metavar="CODE", help=say("cli.enrol.code"))
    parser.add_argument("--label", default="", metavar="NAME", help=say("cli.enrol.label"))
    chosen = parser.parse_args(argv)
    place = Place(locate(chosen.data))
    label = chosen.label or platform.node() or "workstation"
    enrolment = asyncio.run(place.enrol(chosen.server, chosen.code, label))
    print(say("signon.enrolled", label=enrolment.label))
    if enrolment.kept == "keyring":
        print(say("signon.key_keyring"))
    else:
        print(say("signon.key_file", path=str(place.key_file)))
    return 0
