"""The state of the exchange, conflicts that a person decides, and what was refused.

watch ─▶ a refusal of mine, a conflict of mine; the centre was restored: told wherever the person looks, once
resolve, send_back ─▶ conflict.decide
acknowledge ─▶ the author has read why; the operation stands in the log from then on
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from sync.protocol.messages import ACCEPTED
from sync.protocol.verbs.case import DecideConflict
from sync.records.states import Choice
from sync.replica.merged import merged
from workstation.hours import hhmm
from workstation.services.desk import Desk
from workstation.views import sync as view
from workstation.views.sync import OpenConflict, Refusal


@dataclass(frozen=True, slots=True)
class Link:
    """How the exchange stands. Times in ms; `state`: ok, off, trouble; `trouble` a code."""

    state: str
    trouble: str
    up: int
    down: int
    last_success_at: int
    round_trip_ms: int
    clock_error_ms: int
    file_bytes: int
    chain_whole: bool
    registered: int
    issued: int


@dataclass(frozen=True, slots=True)
class Logged:
    """One operation of mine: `outcome` is new, accepted, refused, conflict, held or quarantined."""

    n: int
    at: int
    kind: str
    about: str
    outcome: str
    code: str
    params: dict[str, Any]


class SyncService:
    """What screen 7 calls."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._told: tuple[str, set[int], set[str]] = ("", set(), set())

    def link(self) -> Link:
        """How the exchange stands."""
        status, store = self.desk.engine.status, self.desk.store
        parts = (store.path.with_name(store.path.name + end) for end in ("", "-wal"))
        registered, issued = view.issued(self.desk.read, self.desk.me.staff)
        return Link(
            state="off" if not status.online else "trouble" if status.trouble else "ok",
            trouble=status.trouble,
            up=store.pending(),
            down=self.desk.engine.behind(),
            last_success_at=status.last_success_at,
            round_trip_ms=status.round_trip_ms,
            clock_error_ms=status.clock_error_ms,
            file_bytes=sum(part.stat().st_size for part in parts if part.exists()),
            chain_whole=not status.trouble.startswith("chain_"),
            registered=registered,
            issued=issued,
        )

    def restored(self) -> view.Restored | None:
        """When the centre was last restored from a backup, and what this machine offered again."""
        return view.restored(self.desk.read)

    def merged(self) -> int:
        """How many fields that were edited here came together with other people's edits today, without a question."""
        return merged(self.desk.read, self.desk.engine.centre_now())

    def conflicts(self) -> list[OpenConflict]:
        """Open ones that concern the person."""
        me = self.desk.me
        return view.conflicts(self.desk.read, me.staff, me.scopes("case", "approver"))

    def refusals(self) -> list[Refusal]:
        """Not accepted, not yet acknowledged."""
        return view.refusals(self.desk.read, self.desk.me.staff)

    def acknowledge(self, n: int) -> None:
        """The person has read it."""
        self.desk.acknowledge(n)

    async def resolve(self, conflict: OpenConflict, choice: Choice, value: str | None = None) -> None:
        """Decide. Raises HallError `refusal.<code>`; without the network the decision waits in the outbox."""
        args = DecideConflict(case=conflict.case, choice=choice.value, value=value if choice == Choice.THIRD else None)
        if self.desk.engine.status.online:
            await self.desk.ask(args, id=conflict.id, scope=conflict.scope)
        else:
            self.desk.do(args, id=conflict.id, scope=conflict.scope)
        self.desk.drop_draft(draft_key(conflict))

    def choose(self, conflict: OpenConflict, choice: str, value: str) -> None:
        """Keep what the person is about to decide; it survives a lock and a crash."""
        self.desk.save_draft(draft_key(conflict), {"choice": choice, "value": value})

    def chosen(self, conflict: OpenConflict) -> tuple[str, str]:
        """What the person was about to decide: (choice, rewritten value), empty where nothing."""
        kept = self.desk.draft(draft_key(conflict)) or {}
        return str(kept.get("choice", "")), str(kept.get("value", ""))

    def log(self) -> list[Logged]:
        """The person's last operations, newest first: those of this program's life, and all that wait or were
        refused."""
        me = self.desk.me.staff
        waiting, ended = view.waiting(self.desk.read, me), view.ended(self.desk.read, me)
        said = {each.n: each for each in self.desk.said if each.by == me}
        lines = []
        for n in sorted({*waiting, *ended, *said}, reverse=True):
            kind, at, id = "", 0, ""
            if n in said:
                kind, at, id = said[n].kind, said[n].at, said[n].id
            outcome, code, params = "accepted", "", {}
            if n in ended:
                kind, outcome, code, raw, at = ended[n]
                params = msgspec.json.decode(raw or "{}")
            elif n in waiting:
                kind, outcome, at = waiting[n]
            elif (result := self.desk.engine.result(n)) is None:
                outcome = "withdrawn"
            elif result.status != ACCEPTED:
                outcome, code, params = result.status, result.code or "", result.params
            about = view.about(self.desk.read, id) if id else ""
            lines.append(Logged(n, at, kind, about, outcome, code, params))
        return lines[: view.MOST]

    def sync_now(self) -> None:
        """Exchange at once."""
        self.desk.engine.nudge()

    def watch(self, app: Any, tables: frozenset[str]) -> None:
        """Tell the person of a refusal or a conflict of theirs, once, wherever they look."""
        if "restored" in tables and (restored := self.restored()) is not None:
            app.notice("sync.restored", at=hhmm(restored.at), count=restored.offered, ring=True)
            return
        if self.desk.person is None or not tables & {"*", "refusal", "conflict", "case"}:
            return
        me = self.desk.me.staff
        refused = view.unseen(self.desk.read, me) - self.desk.awaited
        clashes = {each.id for each in view.conflicts(self.desk.read, me, [])}
        whose, known_refused, known_clashes = self._told
        if whose != me:
            known_refused, known_clashes = set(), set()
        if fresh := clashes - known_clashes:
            app.notice("sync.new_conflict", count=len(fresh), ring=True)
        elif fresh_refused := refused - known_refused:
            app.notice("sync.new_refusal", count=len(fresh_refused), ring=True)
        self._told = (me, refused, clashes)


def draft_key(conflict: OpenConflict) -> str:
    """Where a half-made decision is kept."""
    return f"conflict/{conflict.id}"
