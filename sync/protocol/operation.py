"""An operation: one intention of one actor, fixed when the person presses the key.

    {n, kind: "case.return@1", id, scope, args, by, session, device, said_at, boot, boot_at, after?}

`id` names the record it is about, `args` are the verb's own (see `verbs`), `n` counts a device's operations from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from sync.errors import InputError
from sync.protocol.upcast import UPCASTERS, newest


class Args(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every verb's arguments."""


A = TypeVar("A", bound=Args)
Count = Annotated[int, msgspec.Meta(ge=-(1 << 31), le=(1 << 31) - 1)]  # what an INTEGER holds; rules say the rest
Moment = Annotated[int, msgspec.Meta(ge=0, le=253_402_214_400_000)]  # ms, to the end of the year 9999
Ordinal = Annotated[int, msgspec.Meta(ge=1, le=(1 << 63) - 1)]
NAME_LENGTH = 200
TEXT_LENGTH = 1 << 16
"""Characters of any one text in the arguments: every device of the hall holds and shows it."""
KINDS: dict[str, type[Args]] = {}


def kind(name: str) -> Callable[[type[A]], type[A]]:
    """Register a verb's arguments under its versioned name, as in `ticket.call@1`."""

    def register(args: type[A]) -> type[A]:
        KINDS[name] = args
        return args

    return register


def kind_of(args: type[Args] | Args) -> str:
    """The name that a verb's arguments were registered under."""
    wanted = args if isinstance(args, type) else type(args)
    return next(name for name, known in KINDS.items() if known is wanted)


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operation as it travels; `args` stay bytes, so that what was said is passed on as it was."""

    n: Ordinal
    kind: str
    id: str
    scope: str
    args: msgspec.Raw
    by: str
    session: str
    said_at: int
    boot: str = ""
    boot_at: int = 0
    after: Ordinal | None = None
    earlier: dict[str, Any] | None = None  # offered again to a restored centre: what the lost one had answered


class Operation(msgspec.Struct, Generic[A], frozen=True, kw_only=True):
    """An operation with its arguments decoded, as the rules see it."""

    n: int
    kind: str
    id: str
    scope: str
    args: A
    by: str
    session: str
    device: str
    said_at: int
    after: int | None = None


def decode(envelope: Envelope, device: str) -> Operation[Args]:
    """Decode the arguments; raises InputError `unknown_kind` or `bad_args`, with the field's path in `detail`."""
    kind, said = envelope.kind, bytes(envelope.args)
    if kind in UPCASTERS:
        kind, said = _of_today(envelope)
    args_type = KINDS.get(kind)
    if args_type is None:
        raise InputError("unknown_kind", kind=envelope.kind[:NAME_LENGTH])
    for field, name in (("id", envelope.id), ("scope", envelope.scope), ("by", envelope.by)):
        if not is_name(name):
            raise InputError("bad_args", kind=envelope.kind, detail=f"`$.{field}`")
    try:
        args = _decoder(args_type).decode(said)
        check_texts(envelope.kind, said if kind is envelope.kind else bytes(envelope.args))
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError("bad_args", kind=envelope.kind, detail=str(error)) from None
    return Operation(
        n=envelope.n,
        kind=kind,
        id=envelope.id,
        scope=envelope.scope,
        args=args,
        by=envelope.by,
        session=envelope.session,
        device=device,
        said_at=envelope.said_at,
        after=envelope.after,
    )


@cache
def _decoder(args_type: type[A]) -> msgspec.json.Decoder[A]:
    """Made once a verb."""
    return msgspec.json.Decoder(args_type)


def _of_today(envelope: Envelope) -> tuple[str, bytes]:
    """What a verb of an earlier version says, in the newest; raises InputError `bad_args` where it said nothing."""
    try:
        kind, args = newest(envelope.kind, msgspec.json.decode(envelope.args, type=dict[str, Any]))
    except (msgspec.DecodeError, RecursionError, LookupError, TypeError, ValueError) as error:
        raise InputError("bad_args", kind=envelope.kind, detail=str(error)) from None
    return kind, msgspec.json.encode(args)


def check_texts(kind: str, args: bytes) -> None:
    """Raises InputError `bad_args` where a text in encoded arguments holds a NUL, or is longer than TEXT_LENGTH."""
    if (_NUL in args or len(args) > TEXT_LENGTH) and not all(map(_fits, _texts(msgspec.json.decode(args)))):
        raise InputError("bad_args", kind=kind, detail="NUL in a text, or one too long")


_NUL = b"\\u0000"  # JSON cannot hold it in another way; SQLite and PostgreSQL end or refuse a text at it


def is_name(text: str, length: int = NAME_LENGTH) -> bool:
    """Whether a text can be an id: short, and nothing in it that cannot be seen or that steers a terminal."""
    return 0 < len(text) <= length and text.isprintable()


def _fits(text: str) -> bool:
    return "\0" not in text and len(text) <= TEXT_LENGTH


def _texts(value: Any) -> Iterator[str]:
    """Every text in a decoded JSON value, the names of its fields too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
