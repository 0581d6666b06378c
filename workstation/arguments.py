"""The command line in the person's language: argparse's own sentences are English, and end with a usage of many lines.

    wrong arguments ─▶ argparse says so ─▶ WORDS finds which complaint it is ─▶ InputError cli.wrong.<which>

What argparse says in a way that is not known here is passed on as it is.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from sync.errors import InputError
from workstation.locale import say

WORDS = (
    (re.compile(r"unrecognized arguments: (?P<value>.*)"), "unknown"),
    (re.compile(r"the following arguments are required: (?P<name>.*)"), "missing"),
    (re.compile(r"one of the arguments (?P<name>.*) is required"), "missing"),
    (
        re.compile(
            r"argument (?P<name>.*?): invalid choice: (?P<value>.*?)(, maybe .*)? \(choose from (?P<known>.*)\)"
        ),
        "choice",
    ),
    (re.compile(r"argument (?P<name>.*?): expected .*argument.*"), "no_value"),
    (re.compile(r"argument (?P<name>.*?): ignored explicit argument (?P<value>.*)"), "needless_value"),
    (re.compile(r"argument (?P<name>.*?): invalid \w+ value: (?P<value>.*)"), "value"),
    (re.compile(r"argument (?P<name>.*?): not allowed with argument (?P<other>.*)"), "together"),
    (re.compile(r"argument (?P<name>.*?): (?P<detail>.*)"), "detail"),
)
"""Complaint and the end of its key; the first that fits."""


class Arguments(argparse.ArgumentParser):
    """An argument parser whose complaints are InputErrors with words in the catalogue, options never abbreviated."""

    def __init__(self, prog: str, about: str) -> None:
        super().__init__(prog=prog, description=about, add_help=False, allow_abbrev=False, formatter_class=_Help)
        self._positionals.title = say("cli.arguments")
        self._optionals.title = say("cli.options")
        self.add_argument("-h", "--help", action="help", help=say("cli.help"))

    def error(self, message: str) -> NoReturn:
        """Raises InputError `cli.wrong.<which>`."""
        from workstation.cells import inert  # brings rich along

        for pattern, which in WORDS:
            if found := pattern.fullmatch(message):
                given = {name: words for name, words in found.groupdict().items() if words is not None}
                told = {name: inert(words.replace("'", "")) for name, words in given.items()}
                raise InputError(f"cli.wrong.{which}", command=self.prog, **told)
        raise InputError("cli.wrong.other", command=self.prog, detail=inert(message))


class _Help(argparse.HelpFormatter):
    """argparse's help with the word for `usage` from the catalogue."""

    def add_usage(
        self, usage: str | None, actions: Iterable[argparse.Action], groups: Iterable[Any], prefix: str | None = None
    ) -> None:
        super().add_usage(usage, actions, groups, say("cli.usage_is") if prefix is None else prefix)


def whole_number(least: int, most: int | None = None) -> Any:
    """A `type=` for arguments: a whole number from `least` on, up to `most`."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least or (most is not None and value > most):
            if most is None:
                raise argparse.ArgumentTypeError(say("cli.number_from", least=least, value=text))
            raise argparse.ArgumentTypeError(say("cli.number_between", least=least, most=most, value=text))
        return value

    return read
