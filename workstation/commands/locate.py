"""`workstation locate`: where the program keeps its things."""

from __future__ import annotations

from collections.abc import Sequence

from workstation.commands import parser_of
from workstation.locations import locate


def main(argv: Sequence[str]) -> int:
    """Print every place, a name and a path a line."""
    arguments = parser_of("locate").parse_args(argv)
    for name, path in locate(arguments.data).items():
        print(f"{name:<14} {path}")
    return 0
