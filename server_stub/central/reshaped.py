"""Tables of records that have other columns than when this store was last served.

    a server begins ─▶ table `shape`: the same? ─ no ─▶ the floor of every scope with such rows rises to its head

What the log says of a row is its image as it was then; what a migration made of it stands in the table alone. So
nothing older is pulled by pages any more: whoever has not got it takes the scope as a whole. Replicas learn of it by
the digest of all shapes, with every pull, and build their tables anew (`sync.replica.reshape`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from server_stub.central.statements import by_keys, upsert
from server_stub.central.store import Store, Tx
from sync.records.columns import quoted
from sync.records.shape import TableShape, digest

_KNOWN = "SELECT name, digest FROM shape"
_HEADS = by_keys("head", ("scope",), ("scope",))
_KEEP = upsert("shape", ("name", "digest"))


async def look(store: Store) -> set[str]:
    """Before a server answers: the scopes whose floor has risen; none where all is as it was."""
    now = {name: digest({name: shape}) for name, shape in store.shapes.items()}

    async def known(tx: Tx) -> bool:
        return dict(map(tuple, await tx.fetch(_KNOWN))) == now

    return set() if await store.read(known) else await store.write(partial(_raise, shapes=store.shapes, now=now))


async def _raise(tx: Tx, shapes: Mapping[str, TableShape], now: Mapping[str, str]) -> set[str]:
    known = dict(map(tuple, await tx.fetch(_KNOWN)))
    scopes: set[str] = set()
    for name in (name for name in shapes if known.get(name, now[name]) != now[name]):
        found = await tx.fetch(f"SELECT DISTINCT scope FROM {quoted(name)}")  # noqa: S608 - a table of ours
        scopes |= {scope for (scope,) in found}
    await tx.fetch_keys(_HEADS, [(scope,) for scope in sorted(scopes)], lock=True)
    for scope in sorted(scopes):
        await tx.execute("UPDATE head SET floor = seq WHERE scope = ?", (scope,))
        await tx.execute("DELETE FROM snapshot WHERE scope = ?", (scope,))  # made with the old columns
    await tx.bulk(_KEEP, list(now.items()))
    return scopes
