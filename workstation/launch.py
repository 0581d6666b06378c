"""From a subcommand to the first paint, as fast as Python lets us.

    splash line (10 ms) ──▶ collector off ──▶ Textual imported ──▶ app built, run ──▶ first paint ──▶ collector on

`build` is called after the splash line; it may import what it likes, but what can wait belongs into `app.when_painted`.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from sync.errors import InputError
from workstation.locale import say

if TYPE_CHECKING:
    from workstation.app import HallApp


DUMB = ("dumb", "unknown")
"""Kinds of terminal that cannot place a character; Textual would draw on them for ever and hear no key."""


def need_terminal() -> None:
    """Raises InputError where there is no terminal to draw on: `cli.no_terminal`, `cli.dumb_terminal`."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError("cli.no_terminal")
    if (kind := os.environ.get("TERM", "").lower()) in DUMB:
        raise InputError("cli.dumb_terminal", kind=kind)


def splash() -> None:
    """One line at once, before anything heavy is imported."""
    sys.stdout.write(say("app.opening"))
    sys.stdout.flush()


def launch(build: Callable[[], HallApp]) -> int:
    """Show the splash line, build the app, run it, and return its exit code. Raises InputError without a terminal."""
    need_terminal()
    splash()
    gc.disable()
    try:
        app = build()
        sys.stdout.write("\r\x1b[2K")
        sys.stdout.flush()
        app.run()
    finally:
        gc.enable()
    return int(app.return_code or 0)
