"""Signatures going up from B-B to B-LTA when the network is there: by themselves, a paper at a time.

    due, this machine's hour ──────────────────────┐
    due, nobody's hour ─▶ its file ─▶ document.raise ┴▶ step … step ─▶ document.augment ─▶ due before its stamp ends
         its machine is lost, revoked      │ another was first            │ a server is down, slow or lies: a later try
         or silent                         ▼                              │ revoked, nobody to ask: document.stay, for a
                                        nothing                           ▼ day, two, four …, until a person asks (F11)

Whose hour it is the registry says (`sync.rules.raising`). B-LT is passed, never handed out: until a stamp covers what
it added, nobody vouches for the end of the file.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from sync.errors import DocumentError, HallError
from sync.protocol.identifiers import class_of
from sync.protocol.messages import ACCEPTED
from sync.protocol.verbs import case as verbs
from sync.replica.blobs import keep_blob
from workstation.documents.climbing import Climb, Climbing
from workstation.documents.filing import Filing
from workstation.documents.whereabouts import Whereabouts
from workstation.views import levels as view
from workstation.views.levels import LEVELS, Climber, LevelsWaiting

if TYPE_CHECKING:
    from workstation.documents.augment import Augmenter
    from workstation.documents.outside import Authorities, Outside
    from workstation.services.desk import Desk, SignedOn

WINDOW = ("clerk", "grid")
PLACES = ("case", "archive")
HANDED_OUT = ("B-B", "B-T", "B-LTA")
LOOK_SECONDS = 20.0
ANSWER_SECONDS = 5.0
SETTINGS = ("signer_roots", "timestamp_url", "timestamp_roots", "ocsp_url", "crl_urls")
AT_ONCE = frozenset({"document.chain_revoked", "document.revocation_unknown", "document.another_signature"})
"""What another try would meet again."""
AWAY = frozenset({"review.file_not_here", "sync.no_answer"})
"""The centre did not answer: the next look asks again."""
IN_THE_END = frozenset({"document.chain_unknown", "document.augment_failed"})
"""What it met so often that it is believed."""
TRIES = 5


class LeftToOthers(DocumentError):
    """This machine cannot raise the paper of another one; others may."""


class LevelsService:
    """The queue. `waiting` is what screens show; rounds run in a worker thread, one at a time. `fetch` gets a file of a
    paper from the centre: (hash, paper's id) ─▶ bytes, None where it is not there; raises HallError without a network.
    """

    def __init__(
        self,
        desk: Desk,
        filing: Filing,
        fetch: Callable[[str, str], bytes | None],
        fetch_crls: Callable[[int], bool] = lambda _: False,
    ) -> None:
        self.desk = desk
        self.filing = filing
        self._fetch_crls = fetch_crls
        self.climbing = Climbing(filing.folder)
        self._files = Whereabouts(desk.store, self.climbing, fetch)
        self.waiting = LevelsWaiting()
        self.closed = False
        self._outside: Outside | None = None
        self._one = threading.Lock()
        self._task: asyncio.Task[None] | None = None
        self._looking = False
        self._asked = False
        self._mark = ""
        self._no_more_until = 0  # no time stamp is to be had: nothing of others is begun

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

    def mark(self) -> str:
        """Another one whenever the hall has set anything else; the same on every machine."""
        said = [self.desk.setting(name) for name in SETTINGS]
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]

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
        from workstation.documents.augment import Augmenter
        from workstation.documents.outside import OnceDown, host_of

        scopes = sorted({over for role, over in me.grants if role in WINDOW and class_of(over) in PLACES})
        authorities = self.authorities()
        if not scopes or not authorities.can_stamp:
            self.waiting = LevelsWaiting()
            return 0
        asked, self._asked = self._asked, False
        now, mark, device = self.desk.engine.centre_now(), self.mark(), self.desk.store.device
        papers = view.climbers(self.desk.read, scopes, device, now)
        self._forget(papers, now)
        stay = {each.id for each in papers if each.stays(now, mark) and not asked}
        elsewhere = {each.id for each in papers if each.is_elsewhere(device, now)} - stay
        todo = [each for each in papers if each.id not in stay | elsewhere]
        todo.sort(key=lambda each: (each.raiser != device, _place(device, each.id)))
        fresh, self._mark = mark != self._mark, mark
        outside, further = OnceDown(self.outside()), 0
        augmenter = Augmenter(authorities, outside, self.desk.clock.now)
        for paper in todo:
            if self.closed:
                break
            climb, local = self.climbing.find(paper.id), self.desk.clock.now()
            taken = paper.raiser != device
            if (climb.next_at <= local or asked or fresh) and not (taken and self._no_more_until > local and not fresh):
                further += self._one_paper(paper, climb, me, mark, augmenter, asked=asked)
                climb = self.climbing.find(paper.id)
                if climb.why is not None and _no_stamp(climb.why, host_of(authorities.timestamp_url)):
                    self._no_more_until = climb.next_at
                    outside.down(authorities.timestamp_url, DocumentError(climb.why[0], **climb.why[1]))
        papers = view.climbers(self.desk.read, scopes, device, now)
        climbs = [self.climbing.find(each.id) for each in papers]
        tried = {each.document: (each.why, each.next_at) for each in climbs}
        self.waiting = view.waiting_of(papers, tried, now, mark, device)
        return further

    def _forget(self, papers: list[Climber], now: int) -> None:
        """What the registry knows of now, from this machine or another."""
        known = [each for each in self.climbing.known() if each not in {paper.id for paper in papers}]
        for document in set(known) - view.still_due(self.desk.read, known, now) if known else ():
            self.climbing.forget(document)

    def _one_paper(
        self, paper: Climber, climb: Climb, me: SignedOn, mark: str, augmenter: Augmenter, *, asked: bool
    ) -> bool:
        """Whether it got further."""
        now = self.desk.clock.now()
        told = False
        try:
            begun = self._files.of(paper)
            if paper.raiser != self.desk.store.device:
                self._check(paper, begun)
            if not self._is_mine(paper, me, mark, asked=asked):
                return False
            content, trouble = self._climb(paper, begun, augmenter)
            if content is not None:
                self._tell(paper, content, me)
                self.climbing.note(climb.told(now))
                told = True
            if trouble is not None:
                raise trouble
        except LeftToOthers as error:
            self.climbing.note(climb.failed((error.code, error.params), now))
        except DocumentError as error:
            if error.code in AT_ONCE or (error.code in IN_THE_END and climb.tries + 1 >= TRIES):
                self._stay(paper, error, me, mark)
            else:
                self.climbing.note(climb.failed((error.code, error.params), now))
        except HallError as error:
            if error.code not in AWAY:
                self.climbing.note(climb.failed((error.code, error.params), now))
            elif climb.next_at > now:  # a person or other servers had asked for it before its time
                self.climbing.note(climb.put_off(now))
        return told

    def _check(self, paper: Climber, content: bytes) -> None:
        """A file that came from elsewhere is the signed one, and this machine can see it through. Raises DocumentError
        `document.another_signature`, `document.chain_unknown`: it is left to others then."""
        from sync.verify import Word, verify_bytes

        trust = self.authorities().trust
        verdict = verify_bytes(content, trust) if trust.certificates else None
        if verdict is None or verdict.verdict not in (Word.GOOD, Word.GOOD_WITH_LATER_TIMESTAMPS):
            raise LeftToOthers("document.chain_unknown", reason=str(verdict.verdict if verdict else "-"))
        if (verdict.message_digest, verdict.signature_value_hash) != (paper.message_digest, paper.signature):
            raise LeftToOthers("document.another_signature")

    def _is_mine(self, paper: Climber, me: SignedOn, mark: str, *, asked: bool) -> bool:
        """Whether it is this machine's to raise, which may have to be asked for. Raises HallError `sync.no_answer`."""
        if paper.is_of(self.desk.store.device, self.desk.engine.centre_now()) and not paper.stay:
            return True
        desk = self.desk
        n = desk.do(verbs.Raise(mark=mark, asked=asked), id=paper.id, scope=paper.scope, by=me)
        desk.awaited.add(n)
        try:
            result = desk.engine.wait(n, ANSWER_SECONDS)
        finally:
            desk.awaited.discard(n)
        if result is None:
            desk.undo(n)
            raise HallError("sync.no_answer")
        if result.status != ACCEPTED:
            desk.acknowledge(n)  # another machine was first, or has done it: nobody need read of that
            return False
        desk.engine.wait_seen(result.seqs, ANSWER_SECONDS)
        return True

    def _climb(self, paper: Climber, content: bytes, augmenter: Augmenter) -> tuple[bytes | None, DocumentError | None]:
        """As far as it goes: the file to hand out, None where the registry has as good a one; what stopped it."""
        from workstation.documents.augment import state_of

        state = state_of(content)
        if (state.message_digest, state.signature) != (paper.message_digest, paper.signature):
            raise DocumentError("document.another_signature")
        renew = state.level == "B-LTA" and hashlib.sha256(content).hexdigest() in paper.files
        best = content if state.level in HANDED_OUT else None
        trouble = None
        try:
            while state.level != "B-LTA" or renew:
                renew = renew and state.level != "B-LTA"
                content = augmenter.step(content)
                self.climbing.keep(paper.id, content)
                state = state_of(content)
                if state.level in HANDED_OUT:
                    best = content
        except DocumentError as error:
            trouble = error
        if best is None or hashlib.sha256(best).hexdigest() in paper.files:
            return None, trouble
        return (best if LEVELS.index(state_of(best).level) >= LEVELS.index(paper.level) else None), trouble

    def _tell(self, paper: Climber, content: bytes, me: SignedOn) -> None:
        """The new file beside the replica, the registry told, the copy for people replaced where there is one."""
        from workstation.documents.augment import state_of

        state = state_of(content)
        sha256 = keep_blob(self.desk.store, content)
        args = verbs.Augment(
            sha256=sha256,
            size=len(content),
            level=state.level,
            message_digest=paper.message_digest,
            signature=paper.signature,
            stamp_ends=state.stamp_ends,
        )
        self.desk.do(args, id=paper.id, scope=paper.scope, by=me)
        if self.filing.path_of(paper.number).exists():
            self.filing.keep(paper.number, content)

    def _stay(self, paper: Climber, why: DocumentError, me: SignedOn, mark: str) -> None:
        """No try can help now: the registry says so to all."""
        told = {name: str(why.params[name])[:140] for name in ("subject", "reason") if name in why.params}
        self.desk.do(verbs.Stay(mark=mark, code=why.code, **told), id=paper.id, scope=paper.scope, by=me)
        self.climbing.forget(paper.id)

    # -- by itself, and when a person asks ----------------------------------------------------------------------------

    def again(self, app: Any) -> None:
        """A person wants another try of everything, now."""
        self._asked = True
        self.kick(app)

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


def _no_stamp(why: tuple[str, dict[str, Any]], server: str) -> bool:
    """Whether the time-stamp server was the trouble: the next paper would meet it too."""
    return why[0] == "document.stamp_wrong" or (why[0], why[1].get("server")) == ("document.outside_down", server)


def _place(device: str, document: str) -> str:
    """Each machine begins elsewhere, so that they seldom ask for the same paper."""
    return hashlib.sha256(f"{device}/{document}".encode()).hexdigest()
