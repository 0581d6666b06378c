"""An operation: one intention of one actor, fixed when the person presses the key.

    {n, kind: "case.return@1", id, scope, args, by, session, device, said_at, boot, boot_at, after?}

`id` names the record it is about, `args` are the verb's own (see `verbs`), `n` counts a device's operations from 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from sync.errors import InputError


class Args(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every verb's arguments."""


A = TypeVar("A", bound=Args)
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

    n: int
    kind: str
    id: str
    scope: str
    args: msgspec.Raw
    by: str
    session: str
    said_at: int
    boot: str = ""
    boot_at: int = 0
    after: int | None = None


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
    """Decode the arguments; raises InputError `unknown_kind` or `bad_args` with the field's path."""
    args_type = KINDS.get(envelope.kind)
    if args_type is None:
        raise InputError("unknown_kind", kind=envelope.kind)
    try:
        args = msgspec.json.decode(envelope.args, type=args_type)
    except msgspec.DecodeError as error:
        raise InputError("bad_args", kind=envelope.kind, detail=str(error)) from None
    return Operation(
        n=envelope.n,
        kind=envelope.kind,
        id=envelope.id,
        scope=envelope.scope,
        args=args,
        by=envelope.by,
        session=envelope.session,
        device=device,
        said_at=envelope.said_at,
        after=envelope.after,
    )
