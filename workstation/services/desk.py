"""What every service stands on: the local copy, the engine that exchanges it, and who sits here.

    service ─▶ desk.do(verb, …)    previewed and in the outbox at once; a refusal raises HallError `refusal.<code>`
            ─▶ desk.ask(verb, …)   the same, and the server's answer awaited: what only the centre may decide
            ─▶ desk.read(sql, …)   rows of the local copy

Signing on asks the server; without it, the verifier that an earlier sign-on left here (`sign_on`).
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from sync.errors import HallError, ServerRefused, TransportError
from sync.pin import pin_matches_now
from sync.protocol.identifiers import class_of, scope_of, uuid7
from sync.protocol.messages import ACCEPTED, Grant, Result, SessionOpened
from sync.protocol.operation import Args
from sync.protocol.verbs import case, printing, ticket
from sync.replica.blocks import Make, Series, numbered
from sync.replica.centre_time import OFFLINE_MS
from sync.replica.sessions import Opening, open_session
from sync.replica.submit import Actor, Submitted, Taking, submit, withdraw
from sync.rules.block import PAPERS
from workstation.refusals import told

if TYPE_CHECKING:
    import sqlite3

    from sync.clock import Clock
    from sync.device_key import DeviceKey
    from sync.replica.engine import Engine
    from sync.replica.store import ReplicaStore

SIGN_ON_SECONDS = 3.0
ANSWER_SECONDS = 5.0
ROWS_SECONDS = 2.0
SAID = 200  # operations that the log shows
FREE_TRIES = 5
WAIT_MS = 60_000  # after so many wrong PINs without the server; the server counts its own
WRONG_PINS = "signon.wrong"
ENDINGS = (  # what brings begun work to its end: a signed paper is told of, a printed one too, a window is left
    *(case.Issue, case.Register, case.Augment),
    *(ticket.Finish, ticket.UndoCall, ticket.CloseWindow),
    *(printing.Printed, printing.ConfirmPrint, printing.FailPrint),
)


@dataclass(frozen=True, slots=True)
class SignedOn:
    """Who is here. `grants` are (role, scope) pairs; `offline` until a session of the server's exists."""

    staff: str
    name: str
    site: str
    session: str
    grants: tuple[tuple[str, str], ...]
    offline: bool = False

    @property
    def roles(self) -> frozenset[str]:
        """Every role of the person, on whatever scope."""
        return frozenset(role for role, _ in self.grants)

    def scopes(self, class_: str, *roles: str) -> list[str]:
        """The scopes of a class that the person reaches, with one of these roles if any are given."""
        return sorted({over for role, over in self.grants if class_of(over) == class_ and (not roles or role in roles)})


@dataclass(frozen=True, slots=True)
class Said:
    """An operation of this program's life, for the log of screen 7."""

    n: int
    kind: str
    id: str
    by: str
    at: int


class Desk:
    """One terminal. `person` is None while nobody is signed on, and `left` then who was here last; `window` and
    `window_session` are None while no window is taken; `on_outbox` is called after each operation."""

    def __init__(self, store: ReplicaStore, engine: Engine, clock: Clock, key: DeviceKey) -> None:
        self.store = store
        self.engine = engine
        self.clock = clock
        self.person: SignedOn | None = None
        self.left: SignedOn | None = None
        self.window: str | None = None
        self._window_session: str | None = None
        self.said: deque[Said] = deque(maxlen=SAID)
        self.awaited: set[int] = set()  # somebody waits for these answers and says them
        self.on_outbox: Callable[[], None] = lambda: None
        self._key = key

    @property
    def hall(self) -> str:
        """The hall's id."""
        return self.store.hall

    @property
    def window_session(self) -> str | None:
        """The session of the person's window here."""
        return self._window_session

    @window_session.setter
    def window_session(self, session: str | None) -> None:
        """The engine keeps it alive from now on; after signing off it goes on, as a locked screen keeps its window."""
        self._window_session = session
        if session is not None:
            self.engine.sit(session)

    @property
    def me(self) -> SignedOn:
        """The person here; raises HallError `app.sign_on_first` where there is none."""
        if self.person is None:
            raise HallError("app.sign_on_first")
        return self.person

    def new_id(self) -> str:
        """An id for a record that the next operation makes."""
        return uuid7(self.clock.now())

    @property
    def own_scopes(self) -> tuple[str, ...]:
        """Where the cases of the person's own office or park lie."""
        person, site = self.row("staff", self.me.staff), self.row("site", self.me.site)
        office = self.scope("case", person.office) if person is not None and person.office else ""
        park = site.case_scope if site is not None else None
        return tuple(scope for scope in (office, park) if scope)

    @property
    def queue(self) -> str:
        """The queue: the window's, else the first that the person reaches; empty where there is none."""
        window = self.row("window", self.window)
        return str(window.queue_scope) if window is not None else next(iter(self.me.scopes("queue")), "")

    def scope(self, class_: str, part: str = "") -> str:
        """A scope of this hall."""
        return scope_of(self.hall, class_, part)

    # -- doing --------------------------------------------------------------------------------------------------------

    def do(self, args: Args | Taking, *, id: str, scope: str, by: SignedOn | None = None) -> int:
        """Put an operation into the outbox; its n. Raises HallError `refusal.<code>` where the rule is sure already."""
        me = by or self.me
        if self.engine.status.trouble == "client_too_old":
            raise HallError("error.client_too_old")
        if not isinstance(args, ENDINGS):
            self.begin()
        outcome = submit(self.store, self.clock, Actor(me.staff, me.session), args, id=id, scope=scope)
        if not isinstance(outcome, Submitted):
            raise self.told(outcome.code, outcome.params)
        self.said.appendleft(Said(outcome.n, outcome.kind, id, me.staff, self.clock.now()))
        self.engine.nudge()
        self.on_outbox()
        return outcome.n

    def begin(self) -> None:
        """Work is about to begin. Raises HallError `error.offline_too_long` where the centre must be heard first."""
        if self.engine.away.too_long:
            raise HallError("error.offline_too_long")

    async def ask(
        self, args: Args, *, id: str, scope: str, seconds: float = ANSWER_SECONDS, by: SignedOn | None = None
    ) -> Result:
        """Do it and wait for the server's word, and for the rows that it wrote. Raises HallError `refusal.<code>`;
        `sync.no_answer` when none comes in time: the operation then stays in the outbox, unless it could be
        withdrawn."""
        n = self.do(args, id=id, scope=scope, by=by)
        self.awaited.add(n)
        try:
            result = await asyncio.to_thread(self.engine.wait, n, seconds)
        finally:
            self.awaited.discard(n)
        if result is None:
            withdrawn = await asyncio.to_thread(self.undo, n)
            raise HallError("sync.no_answer_withdrawn" if withdrawn else "sync.no_answer")
        if result.status != ACCEPTED:
            self.acknowledge(n)  # it is said here and now
            raise self.told(result.code or result.status, result.params)
        await asyncio.to_thread(self.engine.wait_seen, result.seqs, ROWS_SECONDS)
        return result

    def told(self, code: str, params: Mapping[str, Any]) -> HallError:
        """A refusal as it is said to a person."""

        def label(window: str) -> str:
            found = self.row("window", window)
            return found.label if found is not None else window

        return told(code, params, label)

    def acknowledge(self, *ns: int) -> None:
        """The author has seen how these operations ended."""
        with self.store.write() as connection:
            connection.executemany("UPDATE refusal SET seen = 1 WHERE n = ?", [(n,) for n in ns])

    def undo(self, n: int) -> bool:
        """Take an operation back that has not been sent; False where it is too late."""
        return withdraw(self.store, n)

    # -- reading ------------------------------------------------------------------------------------------------------

    def read(self, sql: str, params: tuple[Any, ...] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """Rows of the local copy, on this thread's read-only connection."""
        return self.store.read(sql, params)

    def row(self, table: str, id: str | None) -> Any:
        """One record as the rules see it, or None."""
        from sync.replica.rows import read_row

        return None if id is None else read_row(self.store.reader(), self.store.columns[table], id)

    def rows(self, table: str, **where: Any) -> list[Any]:
        """The records whose columns equal these values, ordered by id."""
        from sync.rules.facts import Row

        columns = self.store.columns[table]
        found = self.store.reader().execute(columns.select_match(where) + " ORDER BY id", tuple(where.values()))
        return [Row(values[0], values[1], values[2], columns.body(tuple(values))) for values in found]

    def setting(self, name: str) -> Any:
        """A setting of the hall."""
        from sync.records.settings import DEFAULTS

        found = self.read("SELECT value FROM setting WHERE id = ?", (name,))
        return msgspec.json.decode(found[0]["value"])["value"] if found else DEFAULTS[name]

    # -- drafts -------------------------------------------------------------------------------------------------------

    def save_draft(self, key: str, body: dict[str, Any]) -> None:
        """Keep what this person has typed, on disk, until it is done."""
        with self.store.write() as connection:
            connection.execute(
                "INSERT INTO draft VALUES (?, ?, ?, ?) ON CONFLICT (key, staff) DO UPDATE"
                " SET body = excluded.body, at = excluded.at",
                (key, self.me.staff, json.dumps(body, ensure_ascii=False), self.clock.now()),
            )

    def draft(self, key: str) -> dict[str, Any] | None:
        """This person's draft, or None."""
        found = self.read("SELECT body FROM draft WHERE key = ? AND staff = ?", (key, self.me.staff))
        return json.loads(found[0]["body"]) if found else None

    def drafts(self, prefix: str) -> list[tuple[str, dict[str, Any], int]]:
        """This person's drafts under a prefix: (key, body, saved at), newest first."""
        found = self.read(
            "SELECT key, body, at FROM draft WHERE staff = ? AND substr(key, 1, ?) = ? ORDER BY at DESC, key",
            (self.me.staff, len(prefix), prefix),
        )
        return [(row["key"], json.loads(row["body"]), row["at"]) for row in found]

    def drop_draft(self, key: str) -> None:
        """The draft is done with."""
        with self.store.write() as connection:
            connection.execute("DELETE FROM draft WHERE key = ? AND staff = ?", (key, self.me.staff))

    # -- signing on ---------------------------------------------------------------------------------------------------

    def sign_on(self, staff: str, pin: str) -> SignedOn:
        """Sign a person on; not on the screen's own thread. Raises HallError `signon.<code>`."""
        opening = Opening(self.store.device, self._key, staff, pin)
        try:
            opened = self.engine.run(lambda transport: open_session(transport, opening), SIGN_ON_SECONDS)
        except ServerRefused as refused:
            if refused.code in ("device_revoked", "device_frozen"):
                self.engine.revoked()
            raise HallError(f"signon.{refused.code}", **refused.params) from None
        except TransportError:
            person = self._offline(staff, pin)
            self.engine.sign_on(opening)
        else:
            self.store.reach(opened.expect)
            self.keep_verifier(opened)
            self.engine.away.met()
            person = signed_on(opened)
            self.engine.sign_on(opening, opened)
        self.person = person
        self.engine.number([Series(of, over) for over in person.scopes("case", "grid")[:1] for of in PAPERS])
        return person

    def numbered(self, make: Make, of: str) -> Args | Taking:
        """An operation that makes a paper: without the centre with a number of this device's own, where it has one."""
        if self.engine.status.online and self.engine.status.signed_on:
            return make(None)
        held = self.me.scopes("case", "grid")[:1]
        return numbered(make, Series(of, held[0]), self.engine.centre_now()) if held else make(None)

    def _offline(self, staff: str, pin: str) -> SignedOn:
        """Against what an earlier sign-on left here."""
        found = self.read("SELECT verifier, opened, at FROM verifier WHERE staff = ?", (staff,))
        if not found:
            raise HallError("signon.offline_unknown")
        wrong = self.read("SELECT body, at FROM draft WHERE key = ? AND staff = ?", (WRONG_PINS, staff))
        count = int(wrong[0]["body"]) if wrong else 0
        wait_ms = wrong[0]["at"] + WAIT_MS - self.clock.now() if count >= FREE_TRIES else 0
        if wait_ms > 0:
            raise HallError("signon.pin_wait", seconds=-(-wait_ms // 1000))
        if not pin_matches_now(found[0]["verifier"], pin):
            self._count_wrong(staff, count + 1)
            raise HallError("signon.pin_wrong", left=max(0, FREE_TRIES - count - 1))
        if count:
            self._count_wrong(staff, 0)
        if self.clock.now() - found[0]["at"] > OFFLINE_MS:
            raise HallError("signon.offline_too_long")
        opened = msgspec.json.decode(found[0]["opened"], type=SessionOpened)
        opened.session = f"offline:{self.new_id()}"
        return signed_on(opened, offline=True)

    def _count_wrong(self, staff: str, count: int) -> None:
        with self.store.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO draft VALUES (?, ?, ?, ?)", (WRONG_PINS, staff, str(count), self.clock.now())
            )

    def keep_verifier(self, opened: SessionOpened) -> None:
        """Remember who signed on here, for sign-on without a network; never the token."""
        kept = msgspec.structs.replace(opened, token="", verifier="")
        with self.store.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO verifier VALUES (?, ?, ?, ?)",
                (opened.staff, opened.verifier, msgspec.json.encode(kept).decode(), self.clock.now()),
            )

    def resume(self, opened: SessionOpened) -> None:
        """The server's session for a sign-on that was made without it: what follows is said in it."""
        if self.person is not None and self.person.staff == opened.staff:
            self.person = signed_on(opened)

    def sign_off(self) -> None:
        """The person leaves; the engine goes on for the outbox. Drafts stay with their author."""
        if self.person is not None:
            self.left = self.person
        self.engine.sign_off()
        self.person = self.window = self.window_session = None


def signed_on(opened: SessionOpened, *, offline: bool = False) -> SignedOn:
    """Who a session's answer says is here."""
    grants = tuple((grant.role, grant.over) for grant in opened.grants if isinstance(grant, Grant))
    return SignedOn(opened.staff, opened.name, opened.site, opened.session, grants, offline)
