"""`workstation doctor`: is this terminal fit for the screens? Size, colours, and how wide it draws the signs we use.

The width is measured, not looked up: a sign is written and the terminal asked where its cursor is (DSR 6).
`workstation doctor crl` says how old the revocation lists are by which this machine signs.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.cells import cell_len

from sync.clock import SystemClock
from sync.errors import InputError
from workstation.commands import parser_of
from workstation.hours import age, moment
from workstation.locale import say
from workstation.locations import locate

SAMPLES = ("A", "窗", "，", "（", "~", "…", "·", "“", "①", "●", "→", "─", "│")
SAFE = 5
"""The first five are what the screens are made of; the others are measured for those who want box lines."""
WAIT_S = 1.0


def main(argv: Sequence[str]) -> int:
    """Measure and say what was found; 1 if a sign that the screens need is drawn with another width, or a revocation
    list is out of date."""
    parser = parser_of("doctor")
    parser.add_argument("what", nargs="?", default="width", choices=["width", "crl"], help=say("cli.doctor.what"))
    arguments = parser.parse_args(argv)
    if arguments.what == "crl":
        return revocation_lists(locate(arguments.data).data / "pki" / "crls", SystemClock().now())
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError("cli.no_terminal")
    size = os.get_terminal_size()
    print(say("doctor.size", width=size.columns, height=size.lines))
    wrong = int(size.columns < 80 or size.lines < 24)
    with _raw():
        measured = [(sign, measure(sign)) for sign in SAMPLES]
    for place, (sign, cells) in enumerate(measured):
        expected = cell_len(sign)
        if cells is None:
            print(say("doctor.no_answer"))
            return 1
        right = cells == expected
        print(say("doctor.width_right" if right else "doctor.width_wrong", sign=sign, cells=cells, expected=expected))
        wrong += place < SAFE and not right
    print(say("doctor.fit" if not wrong else "doctor.unfit"))
    return 1 if wrong else 0


def revocation_lists(folder: Path, now: int) -> int:
    """A line for each list on this machine; 1 where one is out of date."""
    from workstation.documents.revocation import CrlFolder

    found = CrlFolder(folder).all()
    wrong = 0
    for crl in found:
        made = round(crl.last_update_utc.timestamp() * 1000)
        due = crl.next_update_utc
        stale = due is not None and due.timestamp() * 1000 < now
        state = say("doctor.crl.stale") if stale else ""
        if due is not None and not stale:
            state = say("doctor.crl.fresh", at=moment(round(due.timestamp() * 1000), now))
        print(say("doctor.crl", issuer=crl.issuer.rfc4514_string(), age=say(age(now - made)), state=state))
        wrong += stale
    if not found:
        print(say("doctor.crl.none"))
    return 1 if wrong else 0


@contextlib.contextmanager
def _raw() -> Iterator[None]:
    try:
        import termios
        import tty
    except ImportError as error:
        raise InputError("doctor.not_here") from error
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def measure(sign: str) -> int | None:
    """Cells that the terminal gives to `sign`; None where it does not answer."""
    sys.stdout.write(f"\r{sign}\x1b[6n")
    sys.stdout.flush()
    answer = ""
    while select.select([sys.stdin], [], [], WAIT_S)[0]:
        answer += os.read(sys.stdin.fileno(), 64).decode("ascii", "replace")
        if found := re.search(r"\x1b\[\d+;(\d+)R", answer):
            sys.stdout.write("\r\x1b[2K")
            sys.stdout.flush()
            return int(found[1]) - 1
    return None
