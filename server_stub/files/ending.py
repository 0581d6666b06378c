"""Files end with what named them: once no record names a file, it is marked, and `log_days` later it goes for good.

night ─▶ named by nothing ─▶ marked ──`log_days`, still named by nothing──▶ its row goes, the salt of its key is
                               │                                            overwritten, the file is taken away
                               └─ a record names it again ─▶ the mark is taken back

So long the log holds the bodies that named it too, and a centre that was restored from yesterday finds it here.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from server_stub.central.store import Store, Tx
from server_stub.files.vault import Vault
from sync.records.retention import FILES

FOUND: Final = 2_000  # files at once
_NAMED: Final = " UNION ".join(
    [f'SELECT "{column}" AS named FROM "{table}" WHERE "{column}" IS NOT NULL' for table, column in FILES]  # noqa: S608
    + ["SELECT b.sha256 AS named FROM blob_paper b JOIN document d ON d.id = b.paper"]
)
_NOTHING: Final = " AND ".join(
    [f'NOT EXISTS (SELECT 1 FROM "{table}" WHERE "{column}" = blob.sha256)' for table, column in FILES]  # noqa: S608
    + ["NOT EXISTS (SELECT 1 FROM blob_paper b JOIN document d ON d.id = b.paper WHERE b.sha256 = blob.sha256)"]
)
_LOOSE = f"SELECT sha256 FROM blob WHERE loose_at IS NULL EXCEPT SELECT named FROM ({_NAMED}) AS names"  # noqa: S608
_AGAIN = f"SELECT sha256 FROM blob WHERE loose_at IS NOT NULL INTERSECT SELECT named FROM ({_NAMED}) AS names"  # noqa: S608
_MARK = "UPDATE blob SET loose_at = ? WHERE sha256 = ?"
_DUE = f"SELECT sha256 FROM blob WHERE loose_at <= ? ORDER BY sha256 LIMIT {FOUND}"  # noqa: S608
_GO = f"DELETE FROM blob WHERE sha256 = ? AND loose_at <= ? AND {_NOTHING}"  # noqa: S608
_SENT = "DELETE FROM blob_paper WHERE sha256 = ?"


async def end(store: Store, vault: Vault, now: int, kept: int) -> int:
    """Mark what nothing names, and take away what has been marked for `kept` ms; how many files went."""
    loose = await store.read(lambda tx: tx.fetch(_LOOSE))
    again = await store.read(lambda tx: tx.fetch(_AGAIN))
    marks: list[tuple[int | None, str]] = [(now, sha256) for (sha256,) in loose]
    marks += [(None, sha256) for (sha256,) in again]
    for some in (marks[at : at + FOUND] for at in range(0, len(marks), FOUND)):
        await store.write(partial(_mark, marks=some))
    went = 0
    while due := await store.read(lambda tx: tx.fetch(_DUE, (now - kept,))):
        gone = [await store.write(partial(_go, vault=vault, sha256=sha256, until=now - kept)) for (sha256,) in due]
        went += sum(gone)
        if not all(gone):  # named again this very moment: the next night
            break
    return went


async def _mark(tx: Tx, marks: list[tuple[int | None, str]]) -> None:
    for mark in marks:
        await tx.execute(_MARK, mark)


async def _go(tx: Tx, vault: Vault, sha256: str, until: int) -> bool:
    """The row and the file in one transaction: whoever sends the same bytes again waits for it, and finds neither."""
    if not await tx.execute(_GO, (sha256, until)):
        return False
    await tx.execute(_SENT, (sha256,))
    vault.erase(sha256)
    return True
