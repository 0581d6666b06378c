"""Leaks of a workstation and of the wire, one at a time, put into the real code for as long as a block lasts; those of
the citizens' pages stand in tests/leaks.py.

    with WIRE["push"](): …       what the centre tells a machine
    with SCREENS["screen 4"]():  what a terminal shows of a copy that holds more than its person may know
    with WALL[0](): …            what the pages of a wall show
    with FILES["ratings"](): …   what an export takes along
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from server_stub.routes import live
from sync.protocol.operation import Args, Operation
from sync.rules import rule as rules
from sync.rules.facts import Facts, Key
from sync.rules.outcome import Outcome, Refusal
from tests.sync.bugs import instead
from workstation.browser import pages as browser
from workstation.services import analysis, appraisal
from workstation.services.desk import Desk, SignedOn
from workstation.spreadsheet import Sheet
from workstation.views import callback, outcomes, sync
from workstation.views.callback import EntryLine

Leak = Callable[[], AbstractContextManager[None]]
WIRE: dict[str, Leak] = {}
SCREENS: dict[str, Leak] = {}
FILES: dict[str, Leak] = {}
_ALL = "SELECT r.words, l.* FROM rating r JOIN invite_link l ON l.id = r.id"


def leak(kind: dict[str, Leak], where: str) -> Callable[[Callable[[], Iterator[None]]], Leak]:
    """Found at a place whose name begins so."""

    def named(make: Callable[[], Iterator[None]]) -> Leak:
        kind[where] = contextlib.contextmanager(make)
        return kind[where]

    return named


# -- the wire


@leak(WIRE, "push")
def a_refusal_shows_the_record() -> Iterator[None]:
    """Who may not is told of what."""
    asks = rules.decide

    def decide(op: Operation[Args], facts: Facts) -> Outcome:
        outcome = asks(op, facts)
        if not isinstance(outcome, Refusal):
            return outcome
        keys = [read for read in rules.RULES[op.kind].reads(op) if isinstance(read, Key)]
        return Refusal(outcome.code, {**outcome.params, "is": str([facts.get(key.table, key.id) for key in keys])})

    with instead(rules, "decide", decide):
        yield


@leak(WIRE, "GET /v1/live")
def every_scope_is_told() -> Iterator[None]:
    """Whoever listens hears when somebody has rated."""

    async def every(caller: Any, services: Any) -> set[str]:
        return {scope for (scope,) in await services.store.read(lambda tx: tx.fetch("SELECT scope FROM head"))}

    with instead(live, "_permitted", every):
        yield


@leak(WIRE, "GET /v1/live ")
def the_stream_says_what_moved() -> Iterator[None]:
    """The newest row beside the heads, to spare a pull."""
    heads_alone = live._events

    async def events(caller: Any, services: Any) -> AsyncGenerator[bytes, None]:
        async for each in heads_alone(caller, services):
            newest = await services.store.read(lambda tx: tx.fetch("SELECT id, phone FROM invite_link"))
            yield each + f"event: rows\ndata: {newest}\n\n".encode()

    with instead(live, "_events", events):
        yield


# -- the screens


@leak(SCREENS, "screen 4")
def whoever_sits_there_reads_it_all() -> Iterator[None]:
    """What the machine holds is what its person may see, of themselves too."""
    own, reach = SignedOn.scopes, callback._reach

    def scopes(self: SignedOn, class_: str, *asked: str) -> list[str]:
        return own(self, class_, *asked) or [f"licang:{class_}"]

    with instead(SignedOn, "scopes", scopes), instead(callback, "_reach", lambda scopes, me: reach(scopes, "")):
        yield


@leak(SCREENS, "notice")
def the_bell_rings_at_everybody() -> Iterator[None]:
    """The same, at whoever signed on last when the rating comes in."""
    with whoever_sits_there_reads_it_all():
        yield


@leak(SCREENS, "screen 7")
def what_became_of_anybody_s_work() -> Iterator[None]:
    """The outcomes of held operations are everybody's."""
    with instead(outcomes, "_OUTCOMES", outcomes._OUTCOMES.replace('h."by" = ?', "? <> ''")):
        yield


@leak(SCREENS, "screen 7 ")
def a_conflict_tells_of_its_case() -> Iterator[None]:
    """Beside the two values, what the applicant has said elsewhere."""
    own = sync.conflicts

    def conflicts(read: sync.Read, me: str, approver_of: list[str]) -> list[sync.OpenConflict]:
        told = [tuple(row) for row in read(_ALL)]
        return [dataclasses.replace(each, theirs=sync.Side(str(told))) for each in own(read, me, approver_of)]

    with instead(sync, "conflicts", conflicts):
        yield


# -- a wall


def _line_by_line() -> AbstractContextManager[None]:
    """The audit shows what people said of the hall like everything else."""
    return instead(browser, "by_day", lambda each: False)


def _by_name() -> AbstractContextManager[None]:
    """The ledger names who is to be called back."""
    own = browser._entry

    def entry(each: EntryLine, now: int, near_ms: int, *, doubtful: bool) -> tuple[str, tuple[str, ...]]:
        tone, cells = own(each, now, near_ms, doubtful=doubtful)
        return tone, (*cells, each.holder)

    return instead(browser, "_entry", entry)


WALL: tuple[Leak, ...] = (_line_by_line, _by_name)

# -- the files


@leak(FILES, "ratings")
def an_export_has_a_sheet_of_the_bad_ones() -> Iterator[None]:
    """What a supervisor reads on the screen goes round by mail."""
    with _one_more_sheet(analysis.AnalysisService, analysis):
        yield


@leak(FILES, "appraisal")
def a_month_has_a_sheet_of_who_rated() -> Iterator[None]:
    """The same, of a frozen month."""
    with _one_more_sheet(appraisal.AppraisalService, appraisal):
        yield


@contextlib.contextmanager
def _one_more_sheet(service: Any, module: Any) -> Iterator[None]:
    own, tables = service.export, module.tables

    def export(self: Any, *rest: Any) -> Path:
        desk: Desk = self.desk
        rows = [[str(cell) for cell in row] for row in desk.read(_ALL)]
        with instead(module, "tables", lambda *told: [*tables(*told), Sheet("差评明细", ("words",), rows)]):
            path: Path = own(self, *rest)
        return path

    with instead(service, "export", export):
        yield
