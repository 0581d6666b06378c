"""Subcommands of `workstation`, one a module with `main(argv) -> int`; nothing heavy is imported before it runs."""

from __future__ import annotations

from workstation.arguments import Arguments
from workstation.locale import say


def parser_of(name: str) -> Arguments:
    """An argument parser that calls itself `workstation <name>` and knows `--data DIR`."""
    parser = Arguments(f"workstation {name}", say(f"cli.{name}"))
    parser.add_argument("--data", metavar="DIR", help=say("cli.data"))
    return parser
