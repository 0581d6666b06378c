"""docs/verbs.md, made from verbs, tables and refusals themselves: `python -m tests.verbs_page > docs/verbs.md`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import msgspec
from msgspec import inspect as types

import sync.protocol.verbs as verbs
import sync.rules.register as _rules  # noqa: F401 - styles and roles stand with the rules
from sync.protocol.operation import KINDS
from sync.records.base import Record
from sync.records.shape import shapes
from sync.records.states import Role
from sync.records.tables import TABLES
from sync.rules.rule import FIELD, RULES
from workstation.locale import Catalogue

HEAD = """# Verbs, tables, refusals

What `docs/protocol.md` carries, for whoever writes a second client: made by `python -m tests.verbs_page >
docs/verbs.md` from the verbs, the tables and the catalogue themselves, checked by a test.

An operation's `kind` is one of these verbs, its `args` an object of what stands in braces: `name: type`, with `= …`
where it may be left out and what it is then; `?` may be null. A time is in milliseconds since the Unix epoch, a day
is `YYYY-MM-DD`. The ids that a verb makes (of its call, its document, its note …) are the client's, UUIDv7, as the
operation's own is where it begins a record. In brackets stands who may: a role over the operation's scope. **guard**:
it has a precondition, carries `after` and is refused where the precondition does not hold; **field**: it carries
`was` and may clash; **commute**: it goes with everything. **Centre only**: nothing to preview, the answer alone
tells.
"""
CLOCK = frozenset({Role.CLOCK})
PLAIN = {types.StrType: "text", types.IntType: "integer", types.BoolType: "boolean", types.FloatType: "number"}


def paragraph(told: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((told or "").partition("\n\n")[0].split())


def spelled(kind: types.Type) -> str:
    """A type as the page says it."""
    if isinstance(kind, types.UnionType):
        inner = [each for each in kind.types if not isinstance(each, types.NoneType)]
        return " or ".join(map(spelled, inner)) + "?" * (len(inner) < len(kind.types))
    if isinstance(kind, types.StructType):
        return fields(kind)
    if isinstance(kind, types.CollectionType):
        return f"[{spelled(kind.item_type)}]"
    if isinstance(kind, types.DictType):
        return f"{{{spelled(kind.key_type)}: {spelled(kind.value_type)}}}"
    if isinstance(kind, types.LiteralType):
        return " or ".join(f'"{value}"' for value in kind.values)
    return PLAIN.get(type(kind), "JSON")


def fields(kind: types.StructType) -> str:
    """What stands in an object, in braces."""
    told = []
    for field in kind.fields:
        default = field.default if field.default is not msgspec.NODEFAULT else None
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        value = msgspec.json.encode(default).decode()
        told.append(f"{field.encode_name}: {spelled(field.type)}" + ("" if field.required else f" = {value}"))
    return "{" + ", ".join(told) + "}"


def line(kind: str) -> str:
    """One verb."""
    args, rule = KINDS[kind], RULES[kind]
    struct = types.type_info(args)
    assert isinstance(struct, types.StructType)
    how = rule.style + (", centre only" if rule.exclusive else "") + (", carries `was`" * (rule.style == FIELD))
    who = ", ".join(sorted(rule.roles))
    return f"- **`{kind}`** {how} [{who}]: {paragraph(inspect.getdoc(args))}\n  `{fields(struct)}`"


def of_people() -> Iterator[str]:
    """The verbs that people say, by their module."""
    for module in sorted(each.name for each in pkgutil.iter_modules(verbs.__path__)):
        told = importlib.import_module(f"{verbs.__name__}.{module}")
        mine = [kind for kind, args in KINDS.items() if args.__module__ == told.__name__]
        mine = [kind for kind in mine if not RULES[kind].roles <= CLOCK]
        if mine:
            yield f"\n### {paragraph(told.__doc__)}\n"
            yield from map(line, mine)


def of_tables() -> Iterator[str]:
    """The tables with their columns."""
    told = {
        str(model.__tablename__): paragraph(inspect.getdoc(model))
        for model in Record.__subclasses__()
        if model.__tablename__ in TABLES
    }
    for name, shape in sorted(shapes().items()):
        columns = ", ".join(
            f"{column.name}: {column.type}"
            + (f" = {msgspec.json.encode(column.default).decode()}" if column.default is not None else "")
            for column in shape.columns
        )
        yield f"- **`{name}`**: {told[name]}\n  `{columns}`"


def of_refusals() -> Iterator[str]:
    """Every code that a result may bear, with the sentence that a clerk reads."""
    for key, words in sorted(Catalogue("en").area("refusal").items()):
        yield f"- `{key.removeprefix('refusal.')}`: {words}"


def page() -> str:
    """The whole page."""
    clock = [kind for kind in KINDS if RULES[kind].roles <= CLOCK]
    parts = [HEAD, "## Verbs", *of_people(), "\n### By the clock and the server alone\n"]
    parts.append("Seen in logs and in the audit with `by` = `clock`; a device that says one is refused `forbidden`.\n")
    parts += [line(kind) for kind in clock]
    parts.append(
        "\n## Tables\n\nEvery row has `id`, `scope` and `v` besides. Without `=` a column's default is null.\n"
    )
    parts += of_tables()
    parts.append("\n## Refusals\n\nThe `code` of a result that was not accepted; `{…}` are its `params`.\n")
    parts += of_refusals()
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    print(page(), end="")
