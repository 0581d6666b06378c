"""Files that the centre does not take, as screen 7 names them: of which case, since when, why."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

Read = Callable[..., list[sqlite3.Row]]
MOST = 200


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """One file of one record: `name` of the material or number of the paper, `number` of its case. Times in ms of this
    machine; `code` and `params` as the centre said."""

    id: str
    sha256: str
    name: str
    number: str
    at: int
    next_at: int
    code: str
    params: Mapping[str, Any]


_REFUSED = """SELECT f.*, coalesce(m.name, e.name, d.number, '') AS name, coalesce(c.number, '') AS number
FROM refused_file f LEFT JOIN material m ON m.id = f.id LEFT JOIN document d ON d.id = f.id
LEFT JOIN evidence e ON e.id = f.id LEFT JOIN "case" c ON c.id = coalesce(m."case", d."case")
WHERE (m.sha256 = f.sha256 AND NOT m.arrived) OR (e.id IS NOT NULL AND NOT e.arrived) OR d.id IS NOT NULL
ORDER BY f.at DESC, f.id LIMIT ?"""


def refused_files(read: Read) -> list[RefusedFile]:
    """Those that still wait, the latest first; one that has arrived or was replaced is none."""
    return [
        RefusedFile(
            id=row["id"],
            sha256=row["sha256"],
            name=row["name"],
            number=row["number"],
            at=row["at"],
            next_at=row["next_at"],
            code=row["code"],
            params=msgspec.json.decode(row["params"]),
        )
        for row in read(_REFUSED, (MOST,))
    ]
