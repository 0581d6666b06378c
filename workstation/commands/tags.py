"""`workstation tags`: the reasons that a rating may name, version by version.

    workstation tags                     what is offered now, of each nature of service and level
    workstation tags --write tags.csv    the same as a file, to be changed
    workstation tags --check tags.csv    what would change, and what is wrong
    workstation tags --publish tags.csv  an administrator publishes the versions that change something

All at this machine's copy, with no workstation open at it. Exit code 0; 1 where a file is unusable.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import HallError, InputError
from workstation.arguments import Arguments
from workstation.cells import inert
from workstation.commands.calendar import asked, progress
from workstation.locale import language, say
from workstation.locations import locate

if TYPE_CHECKING:
    from workstation.views.tags import Known

MOST_BYTES = 1_000_000


def main(argv: Sequence[str]) -> int:
    """Run the command with the arguments after `tags`; the exit code."""
    parser = Arguments("workstation tags", say("tags.cli.about"))
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", metavar="FILE", type=Path, help=say("tags.cli.write"))
    what.add_argument("--check", metavar="FILE", type=Path, help=say("tags.cli.check"))
    what.add_argument("--publish", metavar="FILE", type=Path, help=say("tags.cli.publish"))
    parser.add_argument("--staff", metavar="N", default="", help=say("calendar.cli.staff"))
    parser.add_argument("--data", metavar="DIR", help=say("calendar.cli.data"))
    options = parser.parse_args(argv)
    from workstation.commanded import opened
    from workstation.tag_file import as_file, judged, publish, read_sets
    from workstation.views.tags import known, natures

    try:
        path = options.check or options.publish
        sets = read_sets(_text(path)) if path is not None else {}
        with opened(locate(options.data)) as desk:
            here = known(desk.read)
            if path is None:
                return _written(as_file(here), options.write) if options.write else _shown(here)
            found = judged(sets, here, natures(desk.read))
            for each in found:
                print(inert(_line(each.nature, each.level, each.version, each.wrong)))
            if any(each.wrong for each in found):
                return 1
            if options.publish is not None:
                desk.sign_on(
                    options.staff or asked(say("calendar.cli.who")), asked(say("calendar.cli.pin"), secret=True)
                )
                print(say("tags.cli.published", count=publish(desk, found, progress)))
    except HallError as error:
        print(inert(say(error.code, **error.params)), file=sys.stderr)
        return 1
    return 0


def _shown(here: dict[tuple[str, str], Known]) -> int:
    for (nature, level), each in here.items():
        words = " · ".join(f"{tag['code']} {tag[language()]}" for tag in each.tags)
        told = say("tags.cli.set", nature=nature, level=say(f"kiosk.level.{level}"), version=each.version)
        print(inert(f"{told}  {words}"))
    return 0


def _line(nature: str, level: str, version: int, wrong: str) -> str:
    told = {"nature": nature, "level": say(f"kiosk.level.{level}"), "version": version}
    if wrong:
        return say("tags.cli.wrong", why=say(f"tags.wrong.{wrong}"), **told)
    return say("tags.cli.new" if version else "tags.cli.same", **told)


def _written(text: str, path: Path) -> int:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError("tags.unwritable", path=str(path), reason=error.strerror or "") from None
    print(say("tags.cli.written", path=str(path)))
    return 0


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError("tags.unreadable", path=str(path), reason=error.strerror or "") from None
    try:
        if len(data) > MOST_BYTES:
            raise ValueError
        return data.decode("utf-8")
    except ValueError:
        raise InputError("tags.unreadable", path=str(path), reason="UTF-8") from None
