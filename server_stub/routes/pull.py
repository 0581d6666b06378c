"""GET /v1/pull: what happened in each scope after the caller's cursor, whole operations only; or the word that a scope
is to be taken as a whole, by a newcomer or by whoever was away for longer than the log goes back.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from server_stub.central.people import Caller, scopes_for
from server_stub.central.restored import news
from server_stub.central.store import Tx
from server_stub.services import Services
from sync.protocol.messages import PULL_OPERATIONS, Head, LogRow, Origin, Pulled, ScopePage

_ROWS = """SELECT seq, "table", id, v, device, n, "by", at, body, digest, hash FROM log
WHERE scope = ? AND seq > ? ORDER BY seq LIMIT ?"""
CHUNK = 500  # rows read at once
SHAPE = 1
PAGE_BYTES = 4 << 20
"""A page ends with the operation that passes this, so that a few long texts do not fill anybody's memory."""
HELD_CHARS = 32 << 10
"""Some nine hundred scopes, more than any device holds; quoted they fit into a request's head (`door.HEAD_BYTES`)."""
NO_BODY = msgspec.Raw(b"null")


@get("/pull", summary="Pull effects")
async def pull(
    caller: NamedDependency[Caller],
    services: NamedDependency[Services],
    c: Annotated[
        str, QueryParameter(description="scope.seq of each scope held, comma-separated", max_length=HELD_CHARS)
    ] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=PULL_OPERATIONS)] = PULL_OPERATIONS,
    pending: Annotated[bool, QueryParameter(description="the device has operations that it has not sent yet")] = False,
    epoch: Annotated[
        str | None, QueryParameter(description="the centre's history as the device knows it", max_length=200)
    ] = None,
    saved: Annotated[int, QueryParameter(description="the last backup that the device knows of", ge=0)] = 0,
    shapes: Annotated[
        str | None, QueryParameter(description="the digest of the tables that the device has", max_length=64)
    ] = None,
) -> Pulled:
    """Scopes that the device may not hold stand in `drop`; those it may and did not name in `missing`. A device whose
    tables are not the centre's is told these and nothing else.

    A device that pulls with nothing to send says nothing earlier than this afterwards: a bound of its operations' time.
    """
    now, large = services.clock.now(), services.snapshots.large

    async def work(tx: Tx) -> Pulled:
        restored, backup = await news(tx, caller.device, epoch, saved)
        if shapes not in (None, services.store.shape) and restored is None:
            return Pulled(scopes={}, now=now, min_client=services.min_client, shapes=services.store.shapes)
        answer = await _pull(tx, caller, cursors(c), limit, now, large)
        answer.min_client, answer.restored, answer.saved = services.min_client, restored, backup
        return answer

    answer = await services.store.read(work)
    if not pending:
        services.contacts[caller.device] = now
    return answer


def cursors(text: str) -> dict[str, int]:
    """`scope.seq,scope.seq` as a dictionary; what is no cursor counts from 0."""
    found: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        scope, _, seq = part.rpartition(".")
        if scope:
            found[scope] = int(seq) if seq.isascii() and seq.isdigit() and len(seq) < 18 else 0
    return found


async def _pull(tx: Tx, caller: Caller, held: dict[str, int], limit: int, now: int, large: int) -> Pulled:
    permitted = await scopes_for(tx, caller.device, now)
    heads = {row[0]: tuple(row[1:]) for row in await tx.fetch("SELECT scope, seq, hash, floor FROM head")}
    pages = {}
    for scope in (scope for scope in permitted if scope in held):
        since, (seq, hashed, floor) = held[scope], heads[scope]
        if since < floor or (since == 0 and seq >= large):
            head = Head(seq=seq, hash=hashed)
            pages[scope] = ScopePage(from_=since, to=since, head=head, rows=[], snapshot=True, floor=floor)
        else:
            pages[scope] = await _page(tx, scope, since, (seq, hashed), limit)
    return Pulled(
        scopes=pages,
        drop=sorted(set(held) - set(permitted)),
        missing=[scope for scope in permitted if scope not in held],
        now=now,
    )


async def _page(tx: Tx, scope: str, since: int, head: tuple[int, str], limit: int) -> ScopePage:
    """The rows of the next `limit` operations, whole ones: their rows have consecutive seqs."""
    rows: list[LogRow] = []
    to, size, count, last, full = since, 0, 0, ("", 0), False
    while to < head[0] and not full:
        for seq, table, id, v, device, n, by, at, body, digest, hashed in await tx.fetch(_ROWS, (scope, to, CHUNK)):
            if last != (device, n):
                if full := count == limit or size > PAGE_BYTES:
                    break
                last, count = (device, n), count + 1
            to, size = seq, size + (0 if body is None else len(body))
            image, op = NO_BODY if body is None else msgspec.Raw(body), Origin(device, n)
            rows.append(LogRow(seq, table, id, v, SHAPE, op, by, at, image, digest, hashed))
    return ScopePage(from_=since, to=to, head=Head(seq=head[0], hash=head[1]), rows=rows, more=to < head[0])
