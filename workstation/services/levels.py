"""Signatures going up from B-B to B-LTA when the network is there: by themselves, a paper at a time.

    signed here, below B-LTA ─▶ step … step ─▶ working copy on disk ─▶ document.augment in the outbox ─▶ file for people
                │ a server is down, slow or lies ─▶ the level it has, a later try; nothing else waits for it
                │ revoked, or nobody to ask ─▶ the level it has, given up until the hall sets others
    stamp's certificate nears its end ─▶ one more stamp

A paper signed elsewhere climbs elsewhere. B-LT is passed, never handed out: until a stamp covers what it added, nobody
vouches for the end of the file.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from sync.errors import DocumentError, HallError
from sync.protocol.verbs import case as verbs
from sync.replica.blobs import blob_folder, keep_blob, read_blob
from workstation.documents.climbing import Climb, Climbing
from workstation.documents.filing import Filing
from workstation.views import papers as view
from workstation.views.levels import LevelsWaiting
from workstation.views.papers import Climber
from workstation.views.worklist import scopes_of

if TYPE_CHECKING:
    from workstation.documents.augment import Augmenter
    from workstation.documents.outside import Authorities, Outside
    from workstation.services.desk import Desk, SignedOn

WINDOW = ("clerk", "grid")
HANDED_OUT = ("B-B", "B-T", "B-LTA")
LOOK_SECONDS = 20.0
RENEW_MS = 180 * 86_400_000  # so long before a stamp's certificate ends
EVERYBODY = frozenset({"document.outside_down", "document.stamp_wrong", "document.no_timestamp_server"})
"""What the next paper would meet too."""
FOR_GOOD = frozenset({"document.chain_revoked", "document.revocation_unknown"})
"""What another try would meet again."""


class LevelsService:
    """The queue. `waiting` and `climbs` are what screens show; rounds run in a worker thread, one at a time."""

    def __init__(self, desk: Desk, filing: Filing, fetch_crls: Callable[[int], bool] = lambda _: False) -> None:
        self.desk = desk
        self.filing = filing
        self._fetch_crls = fetch_crls
        self.climbing = Climbing(filing.folder)
        self.waiting = LevelsWaiting()
        self.closed = False
        self._outside: Outside | None = None
        self._one = threading.Lock()
        self._task: asyncio.Task[None] | None = None
        self._looking = False

    # -- what the hall has set ----------------------------------------------------------------------------------------

    def authorities(self) -> Authorities:
        """The hall's servers and trust lists, and this machine's own roots."""
        from workstation.documents.outside import Authorities, certificates_of

        said = self.desk.setting
        own = self.filing.folder.parent / "pki" / "root.pem"
        roots = certificates_of(said("signer_roots"))
        if own.is_file():
            roots += certificates_of(own.read_text(encoding="ascii", errors="replace"))
        return Authorities(
            roots=roots,
            timestamp_url=said("timestamp_url"),
            timestamp_roots=certificates_of(said("timestamp_roots")),
            ocsp=said("ocsp_url"),
            crls=tuple(str(url) for url in said("crl_urls")),
        )

    def augmenter(self) -> Augmenter:
        """With what the hall has set now. Loads the signing libraries: not on the screen's own thread."""
        from workstation.documents.augment import Augmenter

        return Augmenter(self.authorities(), self.outside(), self.desk.clock.now)

    def outside(self) -> Outside:
        """The one client by which outside servers are asked."""
        from workstation.documents.outside import Outside

        if self._outside is None:
            self._outside = Outside()
        return self._outside

    def use(self, outside: Outside) -> None:
        """Ask the outside through this client from now on."""
        self._outside = outside

    # -- a round ------------------------------------------------------------------------------------------------------

    def round(self, me: SignedOn) -> int:
        """Every paper whose turn it is, once; how many got further. Not on the screen's own thread."""
        with self._one:
            return self._round(me)

    def _round(self, me: SignedOn) -> int:
        authorities = self.authorities()
        scopes = scopes_of(me.grants, *WINDOW)
        if not authorities.can_stamp or not scopes:
            self.waiting = LevelsWaiting()
            return 0
        now, mark = self.desk.clock.now(), authorities.mark
        known = self.climbing.all()
        due = self._due(known, mark, scopes, now)
        further, stopped = 0, None
        left: list[Climb] = []
        for paper in due:
            climb = self.climbing.find(paper.id)
            if self.closed:
                break
            if stopped is None and (climb.next_at <= now or climb.given_up):
                further, climb = self._one_paper(paper, climb, me, further)
                if climb.why is not None and climb.why[0] in EVERYBODY:
                    stopped = climb
            elif stopped is not None and climb.next_at < stopped.next_at:
                climb = msgspec.structs.replace(climb, next_at=stopped.next_at, why=stopped.why)
                self.climbing.note(climb)
            if climb.why is not None and climb.why[0] in FOR_GOOD:
                self.climbing.note(msgspec.structs.replace(climb, given_up=mark))
            elif climb.renew_at is None or climb.why is not None:
                left.append(climb)
        given_up = [climb for climb in self.climbing.all() if climb.given_up == mark]
        last = next((climb for climb in left if climb.why is not None), None)
        next_at = min((climb.next_at for climb in left), default=0)
        why_given_up = given_up[-1].why if given_up else None
        self.waiting = LevelsWaiting(len(left), last.why if last else None, next_at, len(given_up), why_given_up)
        return further

    def _due(self, known: list[Climb], mark: str, scopes: tuple[str, ...], now: int) -> list[Climber]:
        here = [path.name for path in blob_folder(self.desk.store).glob("[0-9a-f]*")]
        renewals = [each.document for each in known if each.renew_at is not None and each.renew_at <= now]
        given_up = [each.document for each in known if each.given_up == mark]
        return view.climbers(self.desk.read, scopes, here, renewals, given_up)

    def _one_paper(self, paper: Climber, climb: Climb, me: SignedOn, further: int) -> tuple[int, Climb]:
        now = self.desk.clock.now()
        try:
            content, trouble = self._climb(paper, renew=climb.renew_at is not None and climb.renew_at <= now)
            if content is not None:
                climb = self._tell(paper, content, me, climb)
                further += 1
            climb = climb.failed((trouble.code, trouble.params), now) if trouble is not None else climb
        except HallError as error:
            climb = climb.failed((error.code, error.params), now)
        self.climbing.note(climb)
        return further, climb

    def _climb(self, paper: Climber, *, renew: bool) -> tuple[bytes | None, DocumentError | None]:
        """As far as it goes: the file to hand out, None where that is no other than before; what stopped it."""
        from workstation.documents.augment import state_of

        registered = read_blob(self.desk.store, paper.sha256)
        if registered is None:
            raise HallError("issue.file_lost")
        content = self.climbing.content(paper.id) or registered
        augmenter = self.augmenter()
        best = content if state_of(content).level in HANDED_OUT else None
        trouble = None
        try:
            while state_of(content).level != "B-LTA" or renew:
                renew = renew and state_of(content).level != "B-LTA"
                content = augmenter.step(content)
                self.climbing.keep(paper.id, content)
                if state_of(content).level in HANDED_OUT:
                    best = content
        except DocumentError as error:
            trouble = error
        return (best if best is not None and best != registered else None), trouble

    def _tell(self, paper: Climber, content: bytes, me: SignedOn, climb: Climb) -> Climb:
        """The new file beside the replica, the registry told, the copy for people replaced."""
        from workstation.documents.augment import state_of

        state = state_of(content)
        sha256 = keep_blob(self.desk.store, content)
        args = verbs.Augment(
            sha256=sha256,
            size=len(content),
            level=state.level,
            message_digest=paper.message_digest,
            signature=paper.signature,
        )
        self.desk.do(args, id=paper.id, scope=paper.scope, by=me)
        self.filing.keep(paper.number, content)
        if state.level != "B-LTA":
            return climb
        self.climbing.arrived(paper.id)
        ends = state.stamp_ends
        return Climb(document=paper.id, renew_at=None if ends is None else ends - RENEW_MS)

    # -- by itself ----------------------------------------------------------------------------------------------------

    def watch(self, app: Any, tables: frozenset[str]) -> None:
        """Documents or settings have changed, or time has passed: look whether a paper can go up."""
        if not self._looking:
            self._looking = True
            app.set_interval(LOOK_SECONDS, lambda: self.kick(app))
        if tables & {"*", "document", "setting"}:
            self.kick(app)

    def kick(self, app: Any) -> None:
        """A round in the background, unless one runs."""
        if self.closed or self.desk.person is None or not self.desk.engine.status.online:
            return
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._in_background(app))

    async def _in_background(self, app: Any) -> None:
        me = self.desk.person
        if me is None:
            return
        before = self.waiting
        asked = await asyncio.to_thread(self._fetch_crls, self.desk.clock.now())
        await asyncio.to_thread(self.round, me)
        if asked or self.waiting != before:
            app.rows_changed(frozenset({"levels"}))

    async def close(self) -> None:
        """No more steps; the one at work is finished."""
        self.closed = True
        if self._task is not None:
            await asyncio.wait([self._task])
