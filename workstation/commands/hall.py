"""`workstation hall`: what an administrator says of the hall – settings, matters, people and their roles – as a file.

    workstation hall                     all of it, to be changed: workstation hall > hall.json
    workstation hall --check hall.json   what would change
    workstation hall --apply hall.json   an administrator says it, step by step

At an enrolled machine, with no workstation open at it; who signs on reads what the centre has now. Exit code 0; 1
where a file is unusable or a step refused.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import HallError, InputError
from workstation.arguments import Arguments
from workstation.cells import inert
from workstation.commands.calendar import asked
from workstation.locale import say
from workstation.locations import locate

if TYPE_CHECKING:
    from workstation.hall_file import Step

MOST_BYTES = 16_000_000


def main(argv: Sequence[str]) -> int:
    """Run the command with the arguments after `hall`; the exit code."""
    parser = Arguments("workstation hall", say("hall.about"))
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", metavar="FILE", type=Path, help=say("hall.check"))
    what.add_argument("--apply", metavar="FILE", type=Path, help=say("hall.apply"))
    parser.add_argument("--staff", metavar="N", default="", help=say("calendar.cli.staff"))
    parser.add_argument("--data", metavar="DIR", help=say("calendar.cli.data"))
    options = parser.parse_args(argv)
    from workstation.commanded import opened
    from workstation.hall_file import HELD_SECONDS, apply, as_file, judged, read_file

    path = options.check or options.apply
    try:
        said = read_file(_content(path)) if path is not None else None
        with opened(locate(options.data)) as desk:
            desk.sign_on(options.staff or asked(say("calendar.cli.who")), asked(say("calendar.cli.pin"), secret=True))
            desk.engine.wait_held({desk.scope("base")}, HELD_SECONDS)
            if said is None:
                print(as_file(desk.read).decode())
                return 0
            steps = judged(said, desk.read)
            if options.apply is not None:
                apply(desk, steps, lambda step: print(say("hall.done", step=_line(step)), flush=True))
            else:
                print("\n".join(map(_line, steps)) or say("hall.same"))
    except HallError as error:
        print(inert(say(error.code, **error.params)), file=sys.stderr)
        return 1
    return 0


def _line(step: Step) -> str:
    return inert(say(f"hall.step.{step.what}", id=step.id, told=step.told))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError("hall.unreadable", path=str(path), reason=error.strerror or "") from None
    if len(data) > MOST_BYTES:
        raise InputError("hall.unreadable", path=str(path), reason=f"> {MOST_BYTES}")
    return data
