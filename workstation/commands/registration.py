"""`workstation registration FORM.json --to FOLDER`: the papers of a company's change registration, any changes at once.

    FORM.json ─▶ findings, all at once ─▶ FOLDER/01-公司变更登记（备案）申请书.pdf …     the same form, the same bytes
    --check    only say what is found          --json    one object a finding        --example    a form to begin from

exit code   0 the papers are there (or nothing stops them)   1 something stops them   2 wrong usage, or no form
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from sync.errors import InputError
from workstation.arguments import Arguments
from workstation.cells import inert
from workstation.locale import say

if TYPE_CHECKING:
    from sync.registration.checks import Finding
    from workstation.documents.company import Drawn

LARGEST = 1_000_000


class Told(msgspec.Struct, frozen=True):
    """One finding as JSON."""

    code: str
    field: str
    severity: str
    basis: str
    message: str


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code. Raises InputError for a form that is none, DocumentError for a sign
    without a glyph."""
    options = _parser().parse_args(argv)
    # Late: the fonts' library takes longer to load than the rest of the command.
    from sync.registration.checks import findings, stops
    from workstation.documents.company import EXAMPLE, draw, read_form
    from workstation.documents.render import shared_renderer

    if options.example:
        print(EXAMPLE.read_text(encoding="utf-8"), end="")
        return 0
    if options.form is None:
        raise InputError("cli.wrong.missing", command="workstation registration", name="FORM")
    form = read_form(_content(options.form))
    found = findings(form)
    for each in found:
        print(_as_json(each) if options.json else _as_text(each))
    if stops(found):
        print(say("registration.stopped"), file=sys.stderr)
        return 1
    if options.check:
        return 0
    folder = options.to or options.form.with_suffix("")
    _write(folder, draw(shared_renderer(options.fonts or ""), form))
    return 0


def _parser() -> Arguments:
    parser = Arguments("workstation registration", say("cli.registration"))
    parser.add_argument("form", nargs="?", metavar="FORM", type=Path, help=say("registration.cli.form"))
    parser.add_argument("--to", metavar="FOLDER", type=Path, help=say("registration.cli.to"))
    parser.add_argument("--check", action="store_true", help=say("registration.cli.check"))
    parser.add_argument("--json", action="store_true", help=say("registration.cli.json"))
    parser.add_argument("--fonts", metavar="FOLDER", help=say("registration.cli.fonts"))
    parser.add_argument("--example", action="store_true", help=say("registration.cli.example"))
    return parser


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError("registration.unreadable", path=str(path), reason=error.strerror or "") from None
    if len(content) > LARGEST:
        raise InputError("registration.unusable", reason=say("registration.too_large", most=LARGEST))
    return content


def _message(found: Finding) -> str:
    params = dict(found.params)
    for name in ("kind", "one", "other"):
        if name in params:
            params[name] = say(f"registration.kind.{params[name]}")
    for name in ("before", "after"):
        if name in params:
            params[name] = say(f"registration.day.{params[name]}")
    if "why" in params:
        params["why"] = say(f"registration.code.{params['why']}")
    return say(f"registration.found.{found.code}", **params)


def _as_text(found: Finding) -> str:
    severity, basis = say(f"registration.severity.{found.rule.severity}"), found.rule.basis
    return inert(say("registration.line", severity=severity, field=found.field, message=_message(found), basis=basis))


def _as_json(found: Finding) -> str:
    rule = found.rule
    return msgspec.json.encode(Told(found.code, found.field, rule.severity, rule.basis, _message(found))).decode()


def _write(folder: Path, drawn: list[Drawn]) -> None:
    """Each file whole or not at all; what lies there of a former form under the same name is replaced."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in drawn:
            part = folder / f".{each.name}.part"
            part.write_bytes(each.data)
            part.replace(folder / each.name)
            print(inert(str(folder / each.name)), file=sys.stderr)
    except OSError as error:
        raise InputError("registration.unwritable", path=str(folder), reason=error.strerror or "") from None
