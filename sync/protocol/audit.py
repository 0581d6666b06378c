"""What an auditor is shown of the log: who did what, when, to which record – the rows' places in their chains, never
what stands in them.

GET /v1/audit/scopes?day=      → AuditScopes
GET /v1/audit?scope=&upto=…    → AuditPage, the newest line first
"""

from __future__ import annotations

from sync.protocol.messages import Message

AUDIT_LINES = 1000
AUDIT_ROWS = 20_000


class AuditScope(Message, kw_only=True, omit_defaults=True):
    """One scope: its head, and the rows from `first` to `last` that the centre received on the day that was asked for
    (of no day: all); `last` below `first`: none."""

    scope: str
    seq: int
    hash: str
    first: int
    last: int


class AuditScopes(Message, kw_only=True, omit_defaults=True):
    """Every scope that the person may audit; none for everybody but supervisors."""

    scopes: list[AuditScope] = []


class AuditLine(Message, kw_only=True, omit_defaults=True):
    """One row of the log without its body. `previous` is the hash before it, so that each line can be held against the
    chain by itself; `kind` the operation that wrote it, `received` (ms) when the centre had it – both unknown for what
    a hall began with."""

    seq: int
    table: str
    id: str
    v: int
    device: str
    n: int
    by: str
    at: int
    digest: str
    hash: str
    previous: str
    kind: str = ""
    received: int | None = None


class AuditPage(Message, kw_only=True, omit_defaults=True):
    """At most AUDIT_LINES lines, of at most AUDIT_ROWS rows looked at; the next question begins below `reached`."""

    lines: list[AuditLine] = []
    reached: int = 0
