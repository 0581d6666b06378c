"""One transaction for a group of operations: the server's only write path.

    heads locked → results already there? → everything the rules read, loaded at once
    → admit, decide, apply in memory, one after another → rows, log, results, dues, heads written → commit

A rule that breaks stops the push at `retry`, and after three tries its operation is quarantined, so that the queue
moves on. When the store refuses the group – a constraint, a value that it cannot hold –, it is run again operation by
operation; when the disk is full or the file busy, nothing was written and the caller is told.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from server_stub.apply import admit
from server_stub.apply.again import Again
from server_stub.apply.hall import HallFacts, base_seq, read_hall
from server_stub.apply.held import Held
from server_stub.apply.incoming import Incoming
from server_stub.apply.results import Results
from server_stub.apply.working import View, WorkingSet
from server_stub.apply.write import Page, Said, locked_heads
from server_stub.central.statements import by_keys, update
from server_stub.central.store import Store, Tx
from server_stub.central.trouble import StoreBusy, StoreRefused
from sync.protocol.messages import ACCEPTED, CONFLICT, REFUSED, RETRY, Result
from sync.rules import rule as rules
from sync.rules.device import ACTIVE
from sync.rules.facts import Facts, Read
from sync.rules.outcome import Conflict, Effects, Outcome, Refusal, Refused

_log = logging.getLogger("sync-server")
_SIGNED_ON = by_keys("session", ("device",), ("device", "staff"))
_LAST = by_keys("device", ("id",), ("id", "last_n", "last_contact_at", "state"))
_REACHED = update("device", ("last_n", "last_contact_at"), "id")


class Group:
    """The operations of several requests, decided in the order given. Within one device they are in order of n."""

    def __init__(
        self, store: Store, hall: HallFacts, group: Sequence[Incoming], signed_on: set[tuple[str, str]] | None = None
    ) -> None:
        """`signed_on`: (device, staff) that were found before, added to here: once is for ever."""
        self._store = store
        self._signed_on = set() if signed_on is None else signed_on
        self._hall = hall
        self._group = group
        self._roles = admit.Roles()

    async def run(self) -> tuple[list[Result], dict[str, int]]:
        """Results in the group's order, and the heads that moved."""
        try:
            return await self._store.write(self._transact)
        except StoreBusy:
            raise
        except Exception as error:
            if len(self._group) == 1:
                why = type(error.__cause__ or error).__name__
                _log.error("store_refused", extra={"kind": self._group[0].envelope.kind, "error": why})
                return [await self._failed(self._group[0])], {}
        results: list[Result] = []
        moved: dict[str, int] = {}
        stopped: set[str] = set()
        for incoming in self._group:
            if incoming.device in stopped:
                results.append(Result(n=incoming.envelope.n, status=RETRY))
                continue
            [result], heads = await Group(self._store, self._hall, [incoming], self._signed_on).run()
            results.append(result)
            moved |= heads
            if result.status == RETRY and not incoming.internal:
                stopped.add(incoming.device)
        return results, moved

    async def _failed(self, incoming: Incoming) -> Result:
        """One operation that the store refuses by itself: tried again later, then quarantined."""

        async def work(tx: Tx) -> Result:
            ended = Results(tx)
            result = await ended.count_try(incoming)
            await tx.bulk(*ended.new())
            if result.status != RETRY and not incoming.internal:
                await tx.execute(
                    "UPDATE device SET last_n = ? WHERE id = ? AND last_n < ?", (result.n, incoming.device, result.n)
                )
            return result

        return await self._store.write(work)

    async def _transact(self, tx: Tx) -> tuple[list[Result], dict[str, int]]:
        asked = [_asked(incoming) for incoming in self._group]
        self._roles = admit.Roles()
        rows = WorkingSet(tx, self._store.columns, self._store.records)
        page = Page(await self._heads(tx, asked), rows, self._store.columns)
        ended = Results(tx)
        signed_on, last, barred = await self._devices(tx)
        await ended.load(self._group, {device: n for device, (n, _) in last.items()})
        held = Held(tx, page, rows, barred)
        await rows.load([*admit.reads(self._group), *(read for reads, _ in asked for read in reads)])
        results: list[Result] = []
        stopped: set[str] = set()
        for incoming, (declared, _) in zip(self._group, asked, strict=True):
            n, device = incoming.envelope.n, incoming.device
            reached, since = last.get(device, (0, 0))
            known = ended.known(device, n)
            if device in stopped:
                result = Result(n=n, status=RETRY)
            elif known is not None:
                said, result = known
                if said != incoming.said and not incoming.internal:  # what another process said first counts
                    await held.freeze(incoming, self._hall.hall)
                    result = await held.keep(incoming, self._hall.hall, "cloned_device")
            elif incoming.follows > reached:  # it has overtaken the push before it, or that one stopped
                result = Result(n=n, status=RETRY)
            elif not incoming.internal and n <= reached:
                result = ended.keep(incoming, Result(n=n, status=REFUSED, code="out_of_order"))
            elif device in barred and incoming.operation is not None:
                result = ended.keep(incoming, await held.keep(incoming, self._hall.hall, f"device_{barred[device]}"))
                last[device] = (n, since)
            else:
                if incoming.follows:  # its time was judged when those before it were not written yet
                    incoming = incoming.after(since)
                result = await self._one(incoming, View(rows, declared), rows, page, ended, signed_on, held)
                if result.status != RETRY:
                    last[device] = (n, max(incoming.at, since))
                elif not incoming.internal:
                    stopped.add(device)
            results.append(result)
        await held.flush()
        devices = (_REACHED, [(*said, device) for device, said in last.items()])
        await page.flush(tx, self._store.records, [ended.new(), devices])
        return results, {scope: page.heads[scope][0] for scope in page.moved}

    async def _heads(self, tx: Tx, asked: Iterable[tuple[Any, Iterable[str]]]) -> dict[str, tuple[int, str]]:
        """Of the scopes that these operations may touch, locked in the order of their names; the hall as it is now."""
        scopes = {incoming.envelope.scope for incoming in self._group}
        scopes.update(*(touched for _, touched in asked))
        heads = await locked_heads(tx, scopes)
        base = heads[self._hall.base][0] if self._hall.base in heads else await base_seq(tx, self._hall.base)
        if base != self._hall.seq:  # another process, or the group before this one, changed the hall
            self._hall = await read_hall(tx)
        return heads

    async def _one(
        self,
        incoming: Incoming,
        view: View,
        rows: WorkingSet,
        page: Page,
        ended: Results,
        signed_on: set[tuple[str, str]],
        held: Held,
    ) -> Result:
        envelope = incoming.envelope
        seqs: dict[str, int] = {}
        again = Again.of(incoming, self._hall.settings)
        try:
            outcome = self._decide(incoming, view, rows, ended, signed_on, again)
            if isinstance(outcome, Refusal) and again is not None:
                if again.waits:
                    return Result(n=envelope.n, status=RETRY)
                if outcome.code == "not_signed_on":
                    return ended.keep(incoming, await held.keep(incoming, self._hall.hall, "restored"))
            effects = outcome.effects if isinstance(outcome, Conflict) else outcome
            if isinstance(effects, Effects):
                said = Said(incoming.device, envelope.n, envelope.by, incoming.at)
                seqs = await page.apply(effects, view, envelope.scope, said)
                held.note(effects)
                self._roles.note(effects)
        except Refused as refused:
            outcome = refused.refusal
        except (StoreBusy, StoreRefused):
            raise
        except Exception as error:
            _log.error("rule_failed", extra={"kind": envelope.kind, "error": type(error).__name__})
            return await ended.count_try(incoming)
        return ended.keep(incoming, _result(envelope.n, outcome, seqs))

    def _decide(
        self,
        incoming: Incoming,
        view: View,
        rows: WorkingSet,
        ended: Results,
        signed_on: set[tuple[str, str]],
        again: Again | None,
    ) -> Outcome:
        operation = incoming.operation
        refusal = admit.admit(incoming, self._hall.hall, signed_on)
        if refusal is not None or operation is None:
            return refusal or Refusal("bad_args")
        rule = rules.RULES.get(operation.kind)
        if rule is None:
            return Refusal("unknown_kind", {"kind": operation.kind})
        if rule.style == rules.GUARD and operation.after is not None:
            stands_on = ended.known(incoming.device, operation.after)
            if stands_on is None or stands_on[1].status != ACCEPTED:
                return Refusal("built_on_refused", {"n": operation.after})
        facts = Facts(
            now=incoming.at,
            received=incoming.received if again is None else again.received,
            actor=operation.by,
            roles=self._roles.of(incoming, rows),
            device=incoming.device,
            authority=True,
            calendar=self._hall.calendar,
            rows=view,
            settings=self._hall.settings,
            earlier=None if again is None else again.earlier,
            secret=self._hall.secret,
        )
        return rules.decide(operation, facts)

    async def _devices(self, tx: Tx) -> tuple[set[tuple[str, str]], dict[str, tuple[int, int]], dict[str, str]]:
        """Who ever signed on at these devices; the last n of each and the time before which it said nothing new; those
        that are not taken, and what they are."""
        speaking = {(i.device, i.envelope.by) for i in self._group if not i.internal}
        devices = sorted({(device,) for device, _ in speaking})
        if not speaking <= self._signed_on:
            self._signed_on.update((device, staff) for device, staff in await tx.fetch_keys(_SIGNED_ON, devices))
        found = list(await tx.fetch_keys(_LAST, devices, lock=True))
        barred = {device: state for device, _, _, state in found if state != ACTIVE}
        return self._signed_on, {device: (n, at) for device, n, at, _ in found}, barred


def _asked(incoming: Incoming) -> tuple[Sequence[Read], Iterable[str]]:
    """What the rule reads, and the scopes beside its own that the operation may touch. A rule that breaks here finds
    everything undeclared when it decides."""
    operation = incoming.operation
    if operation is None:
        return (), ()
    rule = rules.RULES.get(operation.kind)
    if rule is None:
        return (), ()
    try:
        return tuple(rule.reads(operation)), rule.scopes(operation)
    except Exception:
        return (), ()


def _result(n: int, outcome: Outcome, seqs: dict[str, int]) -> Result:
    if isinstance(outcome, Refusal):
        return Result(n=n, status=REFUSED, code=outcome.code, params=dict(outcome.params))
    if isinstance(outcome, Conflict):
        return Result(n=n, status=CONFLICT, code="conflict", params=dict(outcome.params), seqs=seqs)
    return Result(n=n, status=ACCEPTED, seqs=seqs, params=outcome.told)
