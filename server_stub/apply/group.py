"""One transaction for a group of operations: the server's only write path.

    heads locked (BEGIN IMMEDIATE) → results already there? → everything the rules read, loaded at once
    → admit, decide, apply in memory, one after another → rows, log, results, dues, heads written → commit

A rule that breaks stops the push at `retry`, and after three tries its operation is quarantined, so that the queue
moves on. When a constraint refuses the group, it is run again operation by operation.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from server_stub.apply import admit
from server_stub.apply.hall import HallFacts
from server_stub.apply.incoming import Incoming
from server_stub.apply.working import WorkingSet
from server_stub.apply.write import Page
from server_stub.central.store import Store
from sync.protocol.messages import ACCEPTED, CONFLICT, HELD, QUARANTINED, REFUSED, RETRY, Result
from sync.rules import rule as rules
from sync.rules.facts import Facts
from sync.rules.outcome import Conflict, Effects, Outcome, Refusal, Refused

TRIES = 3
_log = logging.getLogger("sync-server")
_RESULT = """INSERT INTO result (device, n, kind, said, "by", scope, status, code, params, seqs, at, received)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


class Group:
    """The operations of several requests, decided in the order given. Within one device they are in order of n."""

    def __init__(self, store: Store, hall: HallFacts, group: Sequence[Incoming]) -> None:
        self._store = store
        self._hall = hall
        self._group = group

    def run(self) -> tuple[list[Result], dict[str, int]]:
        """Results in the group's order, and the heads that moved. On the writer's thread."""
        try:
            return self._store.transact(self._transact)
        except sqlite3.IntegrityError:
            if len(self._group) == 1:
                return [self._failed(self._group[0])], {}
        results: list[Result] = []
        moved: dict[str, int] = {}
        stopped: set[str] = set()
        for incoming in self._group:
            if incoming.device in stopped:
                results.append(Result(n=incoming.envelope.n, status=RETRY))
                continue
            [result], heads = Group(self._store, self._hall, [incoming]).run()
            results.append(result)
            moved |= heads
            if result.status == RETRY:
                stopped.add(incoming.device)
        return results, moved

    def _failed(self, incoming: Incoming) -> Result:
        """One operation that the store refuses by itself: tried again later, then quarantined."""
        return self._store.transact(lambda connection: self._count_try(connection, incoming))

    def _transact(self, connection: sqlite3.Connection) -> tuple[list[Result], dict[str, int]]:
        heads = {scope: (seq, hashed) for scope, seq, hashed in connection.execute("SELECT scope, seq, hash FROM head")}
        rows = WorkingSet(connection, self._store.columns)
        page = Page(heads, rows, self._store.columns)
        known = self._results(connection)
        signed_on, last_n = self._devices(connection)
        rows.load(
            read
            for incoming in self._group
            if incoming.operation is not None
            for read in (*admit.reads(incoming), *self._reads(incoming))
        )
        results: list[Result] = []
        stopped: set[str] = set()
        for incoming in self._group:
            result = known.get((incoming.device, incoming.envelope.n), (None, None))[1]
            if result is not None:
                if known[incoming.device, incoming.envelope.n][0] != incoming.said:
                    connection.execute("UPDATE device SET state = 'frozen' WHERE id = ?", (incoming.device,))
                    result = Result(n=incoming.envelope.n, status=HELD, code="cloned_device")
                results.append(result)
                continue
            if incoming.device in stopped:
                results.append(Result(n=incoming.envelope.n, status=RETRY))
                continue
            if not incoming.internal and incoming.envelope.n <= last_n.get(incoming.device, 0):
                result = Result(n=incoming.envelope.n, status=REFUSED, code="out_of_order")
                self._keep(connection, incoming, result)
                results.append(result)
                continue
            result = self._one(connection, incoming, rows, page, known, signed_on)
            if result.status == RETRY:
                stopped.add(incoming.device)
            else:
                known[incoming.device, incoming.envelope.n] = (incoming.said, result)
                last_n[incoming.device] = incoming.envelope.n
            results.append(result)
        page.flush(connection)
        connection.executemany(
            "UPDATE device SET last_n = ? WHERE id = ?", [(n, device) for device, n in last_n.items()]
        )
        return results, {scope: heads[scope][0] for scope in page.moved}

    @staticmethod
    def _reads(incoming: Incoming) -> list[Any]:
        """What the rule reads; a rule whose `reads` breaks meets the same error again when it decides."""
        try:
            return list(rules.RULES[incoming.envelope.kind].reads(incoming.operation))
        except Exception:
            return []

    def _one(
        self,
        connection: sqlite3.Connection,
        incoming: Incoming,
        rows: WorkingSet,
        page: Page,
        known: dict[tuple[str, int], tuple[str, Result]],
        signed_on: set[tuple[str, str]],
    ) -> Result:
        try:
            outcome = self._decide(incoming, rows, known, signed_on)
            seqs: dict[str, int] = {}
            effects = outcome.effects if isinstance(outcome, Conflict) else outcome
            if isinstance(effects, Effects):
                envelope = incoming.envelope
                try:
                    seqs = page.apply(
                        effects,
                        scope=envelope.scope,
                        device=incoming.device,
                        n=envelope.n,
                        by=envelope.by,
                        at=incoming.at,
                    )
                except Refused as refused:
                    outcome = refused.refusal
        except Exception as error:
            _log.error("rule_failed", extra={"kind": incoming.envelope.kind, "error": type(error).__name__})
            return self._count_try(connection, incoming)
        result = _result(incoming.envelope.n, outcome, seqs)
        self._keep(connection, incoming, result)
        return result

    def _decide(
        self,
        incoming: Incoming,
        rows: WorkingSet,
        known: dict[tuple[str, int], tuple[str, Result]],
        signed_on: set[tuple[str, str]],
    ) -> Outcome:
        operation = incoming.operation
        refusal = admit.admit(incoming, self._hall.hall, signed_on)
        if refusal is not None or operation is None:
            return refusal or Refusal("bad_args")
        rule = rules.RULES[operation.kind]
        if rule.style == rules.GUARD and operation.after is not None:
            stands_on = known.get((incoming.device, operation.after))
            if stands_on is None or stands_on[1].status != ACCEPTED:
                return Refusal("built_on_refused", {"n": operation.after})
        facts = Facts(
            now=incoming.at,
            received=incoming.received,
            actor=operation.by,
            roles=admit.roles(incoming, rows),
            device=incoming.device,
            authority=True,
            calendar=self._hall.calendar,
            rows=rows,
            settings=self._hall.settings,
        )
        return rules.decide(operation, facts)

    def _count_try(self, connection: sqlite3.Connection, incoming: Incoming) -> Result:
        n = incoming.envelope.n
        connection.execute(
            "INSERT INTO failed_try VALUES (?, ?, 1) ON CONFLICT (device, n) DO UPDATE SET tries = tries + 1",
            (incoming.device, n),
        )
        tries = connection.execute(
            "SELECT tries FROM failed_try WHERE device = ? AND n = ?", (incoming.device, n)
        ).fetchone()[0]
        if tries < TRIES:
            return Result(n=n, status=RETRY)
        result = Result(n=n, status=QUARANTINED, code="internal")
        self._keep(connection, incoming, result)
        if not incoming.internal:
            connection.execute("UPDATE device SET last_n = max(last_n, ?) WHERE id = ?", (n, incoming.device))
        return result

    @staticmethod
    def _keep(connection: sqlite3.Connection, incoming: Incoming, result: Result) -> None:
        envelope = incoming.envelope
        connection.execute(
            _RESULT,
            (
                incoming.device,
                envelope.n,
                envelope.kind,
                incoming.said,
                envelope.by,
                envelope.scope,
                result.status,
                result.code,
                msgspec.json.encode(result.params).decode(),
                msgspec.json.encode(result.seqs).decode(),
                incoming.at,
                incoming.received,
            ),
        )

    def _results(self, connection: sqlite3.Connection) -> dict[tuple[str, int], tuple[str, Result]]:
        """Results already stored, of these operations and of those they stand on."""
        wanted = {(i.device, n) for i in self._group for n in (i.envelope.n, i.envelope.after) if n is not None}
        found = connection.execute(
            "SELECT device, n, said, status, code, params, seqs FROM result WHERE (device, n) IN"
            " (SELECT value ->> 0, value ->> 1 FROM json_each(?))",
            (msgspec.json.encode(sorted(wanted)).decode(),),
        )
        return {
            (device, n): (
                said,
                Result(
                    n=n,
                    status=status,
                    code=code,
                    params=msgspec.json.decode(params),
                    seqs=msgspec.json.decode(seqs, type=dict[str, int]),
                ),
            )
            for device, n, said, status, code, params, seqs in found
        }

    def _devices(self, connection: sqlite3.Connection) -> tuple[set[tuple[str, str]], dict[str, int]]:
        """Who ever signed on at these devices, and the last n of each."""
        devices = msgspec.json.encode(sorted({i.device for i in self._group if not i.internal})).decode()
        signed_on = connection.execute(
            "SELECT DISTINCT device, staff FROM session WHERE device IN (SELECT value FROM json_each(?))", (devices,)
        )
        last = connection.execute(
            "SELECT id, last_n FROM device WHERE id IN (SELECT value FROM json_each(?))", (devices,)
        )
        return set(signed_on), dict(last)


def _result(n: int, outcome: Outcome, seqs: dict[str, int]) -> Result:
    if isinstance(outcome, Refusal):
        return Result(n=n, status=REFUSED, code=outcome.code, params=dict(outcome.params))
    if isinstance(outcome, Conflict):
        return Result(n=n, status=CONFLICT, code="conflict", params=dict(outcome.params), seqs=seqs)
    return Result(n=n, status=ACCEPTED, seqs=seqs)
