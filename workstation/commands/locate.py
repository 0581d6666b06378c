"""`workstation locate`: where the program keeps its things."""

from __future__ import annotations

import argparse

from workstation.locations import locate


def add(parser: argparse.ArgumentParser) -> None:
    """No arguments of its own."""


def run(arguments: argparse.Namespace) -> int:
    """Print every place, a name and a path a line."""
    for name, path in locate(arguments.data).items():
        print(f"{name:<14} {path}")
    return 0
