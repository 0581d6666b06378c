"""Numbers and their gaps: given = used + void + open in every series, told from the rows alone.

    given    1 … the series' next − 1; of a period that is over, up to the highest number known of it
    used     stands on a ticket, a paper or a case
    void     in the void register, with its reason
    open     in a block that a device still holds, or passed over when the centre was restored and not claimed yet

A number that is none of these is unexplained, and so is one that is used and void: the command says so and fails.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from server_stub.central.statements import by_keys
from server_stub.central.store import Tx
from sync.protocol.identifiers import part_of
from sync.records.settings import DEFAULTS
from sync.rules.block import TICKET, series_of

_TICKETS = "SELECT scope, prefix, day, number FROM ticket WHERE number IS NOT NULL AND day >= ?"
_PAPERS = "SELECT scope, kind, year, n, state FROM document WHERE n IS NOT NULL AND year >= ?"
_VOID = "SELECT series, period, n, reason FROM void_number WHERE n IS NOT NULL"
_BLOCKS = "SELECT series, period, first, last, used FROM number_block WHERE state = 'out'"
_CASES = by_keys("case", ("number",), ("number",))
_FORMAT = "SELECT value FROM setting WHERE id = 'case_number_format'"


@dataclass(slots=True)
class Account:
    """One series in one period."""

    series: str
    period: str
    given: int = 0
    used: set[int] = field(default_factory=set)
    void: dict[int, str] = field(default_factory=dict)  # with the reason
    open: set[int] = field(default_factory=set)

    @property
    def unexplained(self) -> list[int]:
        """Given and nowhere, or in two places that exclude each other."""
        everything = set(range(1, self.given + 1))
        nowhere = everything - self.used - self.void.keys() - self.open
        return sorted(nowhere | (self.used & self.void.keys()))

    @property
    def pending(self) -> set[int]:
        """Open, and neither used nor void yet."""
        return self.open - self.used - self.void.keys()

    def runs(self) -> Iterator[tuple[int, int, str]]:
        """(first, last, reason) of neighbouring void numbers."""
        return _runs(self.void)

    def lines(self) -> Iterator[str]:
        """The sum, then each run of void numbers with its reason, then what nothing explains."""
        used, void, gone = len(self.used), len(self.void), len(self.pending)
        yield f"{self.series} {self.period}: given {self.given} = used {used} + void {void} + open {gone}"
        for first, last, reason in self.runs():
            yield f"  void {first}{f'-{last}' if last != first else ''}: {reason}"
        for n in self.unexplained:
            yield f"  unexplained {n}"


class Given(NamedTuple):
    """What the store has of numbers, as it came: reading is the store's, reckoning a thread's (`settled`)."""

    tickets: Sequence[Any]
    papers: Sequence[Any]
    void: Sequence[Any]
    blocks: Sequence[Any]
    series: Sequence[Any]
    cases: Mapping[tuple[str, str], set[int]]
    since: str


async def accounts(tx: Tx, since: str = "") -> list[Account]:
    """Every series and period of a store, by name; with `since`, a day, those of that day on and papers of its year."""
    return settled(await given(tx, since))


async def given(tx: Tx, since: str = "") -> Given:
    """What there is to reckon with."""
    series = await tx.fetch("SELECT id, scope, next, period, lost FROM number_series ORDER BY id")
    return Given(
        await tx.fetch(_TICKETS, (since,)),
        await tx.fetch(_PAPERS, (since[:4],)),
        await tx.fetch(_VOID),
        await tx.fetch(_BLOCKS),
        series,
        {
            (id, period): await _cases(tx, scope, period, upto)
            for id, scope, upto, period, _ in series
            if id.startswith("case/")
        },
        since,
    )


def settled(told: Given) -> list[Account]:
    """As `accounts`."""
    found: dict[tuple[str, str], Account] = {}

    def of(series: str, period: str) -> Account:
        return found.setdefault((series, period), Account(series, period))

    for scope, prefix, day, number in told.tickets:
        of(series_of(scope, TICKET, prefix), day).used.add(int(number[len(prefix) :]))
    for scope, kind, year, n, state in told.papers:
        if state != "void":
            of(series_of(scope, kind), year).used.add(n)
    for series, period, n, reason in told.void:
        of(series, period).void[n] = reason
    for series, period, first, last, used in told.blocks:
        of(series, period).open |= set(range(first, last + 1)) - set(_json(used) or ())
    current = set()
    for series, _, upto, period, lost in told.series:
        account = of(series, period)
        account.given = upto - 1
        current.add((series, period))
        for gap in _json(lost) or ():
            of(series, gap["period"]).open |= set(range(gap["first"], gap["last"] + 1)) - set(gap["used"])
        account.used |= told.cases.get((series, period), set())
    for key, account in found.items():
        if key not in current:
            account.given = max((*account.used, *account.void, *account.open), default=0)
    return [found[key] for key in sorted(found) if key[1] >= told.since[: len(key[1])]]


async def _cases(tx: Tx, scope: str, period: str, upto: int) -> set[int]:
    """Of an office's series of a day: which numbers stand on a case, wherever it lies by now."""
    value = await tx.fetch_one(_FORMAT)
    form = _json(value[0])["value"] if value else DEFAULTS["case_number_format"]
    told = {form.format(part=part_of(scope), day=period.replace("-", ""), n=n): n for n in range(1, upto)}
    if not told:
        return set()
    return {told[number] for (number,) in await tx.fetch_keys(_CASES, [(text,) for text in told])}


def _json(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value


def _runs(void: dict[int, str]) -> Iterator[tuple[int, int, str]]:
    """Neighbours with one reason together."""
    by_reason: dict[str, list[list[int]]] = defaultdict(list)
    for n, reason in sorted(void.items()):
        runs = by_reason[reason]
        if runs and runs[-1][1] == n - 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    yield from sorted((first, last, reason) for reason, runs in by_reason.items() for first, last in runs)
