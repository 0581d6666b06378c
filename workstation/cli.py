"""The command `workstation`.

    argv ──▶ which subcommand? ──▶ import workstation.commands.<name> ──▶ main(argv) ──▶ exit code

Only the subcommand that was asked for is imported, so `workstation locate` costs a bare interpreter and argparse. A
subcommand is a file in workstation/commands with `main(argv) -> int`; its summary is the catalogue's `cli.<name>`.
Without one the workstation opens. Exit codes: 0 done, 1 a check failed, 2 the input cannot be used, 70 a fault of the
program, 130 Ctrl-C, 128 + the signal where the process was told to end.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from workstation import ending, locale, locations, settings
from workstation.locale import say

OPEN = "open"
OK, FAILED, UNUSABLE, FAULT, INTERRUPTED = 0, 1, 2, 70, 130
COMMANDS = Path(__file__).parent / "commands"


def names() -> list[str]:
    """The subcommands there are: the files in workstation/commands."""
    return sorted(path.stem for path in COMMANDS.glob("*.py") if not path.stem.startswith("_"))


def overview() -> str:
    """What `workstation --help` prints."""
    known = names()
    lines = [f"  {name:<{max(map(len, known), default=0)}}  {say(f'cli.{name}')}" for name in known]
    return "\n".join([say("cli.usage"), "", *lines, "", say("cli.more")])


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the exit code; whatever goes wrong is one sentence, never a traceback."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        # A pipe in the C locale could not carry the Chinese sentences.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
    told: list[int] = []
    try:
        with ending.as_ctrl_c() as told:
            code = _run(arguments)
        return 128 + told[0] if told else code
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):  # a terminal that was closed hears nothing any more
            print(say("cli.interrupted"), file=sys.stderr)
        return 128 + told[0] if told else INTERRUPTED
    except BrokenPipeError:
        # Whoever read us (head, less) has enough; Python would complain once more at exit.
        sys.stderr.close()
        return OK
    except Exception as error:
        return failed(error)


def _run(arguments: list[str]) -> int:
    locale.use(settings.read(locations.locate().settings_file)[0].language)
    if arguments[:1] in (["-h"], ["--help"], ["help"]):
        print(overview())
        return OK
    name = arguments.pop(0) if arguments and not arguments[0].startswith("-") else OPEN
    if name not in names():
        print(say("cli.unknown", name=name), file=sys.stderr)
        print(overview(), file=sys.stderr)
        return UNUSABLE
    return int(import_module(f"workstation.commands.{name}").main(arguments) or OK)


def failed(error: Exception) -> int:
    """Say what went wrong: the sentence of a HallError, else that a report was left."""
    from sync.clock import SystemClock
    from sync.errors import HallError, InputError
    from workstation import crash
    from workstation.cells import inert

    if isinstance(error, HallError):
        print(inert(say(error.code, **error.params)), file=sys.stderr)
        return UNUSABLE if isinstance(error, InputError) else FAILED
    path = crash.write(error, locations.locate().crash_dir, SystemClock().now())
    words = ("app.crashed", {"path": str(path)}) if path else ("app.crashed_unwritten", {"error": type(error).__name__})
    print(say(words), file=sys.stderr)
    return FAULT
