"""Signing papers and telling the registry: decisions on F9, all other papers by themselves once they are numbered.

    put_out(document) ─thread─▶ sign ─▶ judged ─▶ held on disk ─▶ file kept ─▶ case.issue | document.register, outbox
    put_out_many(documents)               │ not good                                ├─ the centre has it ─▶ released
                                          ▼                                         └─ refused: said, the file may be
                                    said, and nothing of it kept                                      tried again
    settle()    what a crash left between: finished by who signed it, or discarded where it can never be valid

One paper is never signed twice: while a signed file is held, that file is what gets registered. A file that is not good
to this machine's own verification is told to nobody, whether one paper is put out or two hundred.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from sync.errors import HallError
from sync.protocol.verbs import case as verbs
from sync.records.states import DocumentState
from sync.replica.blobs import keep_blob, read_blob
from sync.rules.approval import OFFLINE, awaits
from sync.rules.case.authorisation import newest
from sync.rules.paper import DECISIONS
from sync.verdict import Word
from workstation.documents.filing import Filing, Held
from workstation.documents.holder import Certificate, SealHolder
from workstation.locale import Phrase
from workstation.views import papers as view
from workstation.views.papers import Paper
from workstation.views.worklist import scopes_of

if TYPE_CHECKING:
    from workstation.documents.approval import Approved
    from workstation.documents.crew import Result
    from workstation.documents.sign import SignedDocument
    from workstation.services.desk import Desk, SignedOn

WINDOW = ("clerk", "grid")
BLOB_SECONDS = 10.0
CRL_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class PutOut:
    """One paper of many: held and said to the registry, or why not."""

    document: str
    held: Held | None = None
    why: Phrase | None = None


class PapersService:
    """Every paper of this machine. `wrong` holds, by document, why one could not be put out."""

    def __init__(self, desk: Desk, seal: SealHolder, filing: Filing) -> None:
        self.desk = desk
        self.seal = seal
        self.filing = filing
        self.wrong: dict[str, Phrase] = {}
        self.closed = False
        self._asked = False
        self._one = threading.Lock()
        self._task: asyncio.Task[None] | None = None

    # -- what is shown ------------------------------------------------------------------------------------------------

    @property
    def scopes(self) -> tuple[str, ...]:
        """The cases' scopes in which the person may sign papers."""
        me = self.desk.person
        return scopes_of(me.grants, *WINDOW) if me is not None else ()

    def of_case(self, case: str) -> list[Paper]:
        """All papers of a case."""
        return view.papers_of(self.desk.read, case)

    def signable(self, paper: Paper) -> bool:
        """Whether it can be signed now: it has its number, and waits for nobody else that could be asked."""
        return bool(paper.number) and not (paper.awaits and self.desk.engine.status.online)

    def unsigned(self, *, mine: bool = False, own_first: bool = False) -> list[Paper]:
        """Papers of the person's scopes, or of the person's own cases, that wait for a signature; those of the person's
        own office before all others."""
        scopes = self.scopes
        if not scopes:
            return []
        first = self.desk.own_scopes if own_first else ()
        return view.unsigned(self.desk.read, scopes, self.desk.me.staff if mine else "", first)

    # -- the key ------------------------------------------------------------------------------------------------------

    async def open_seal(self, passphrase: str | None = None) -> Certificate:
        """Open the key. Raises DocumentError `document.passphrase_needed`, `document.wrong_passphrase`."""
        certificate = await asyncio.to_thread(self.seal.open, passphrase, self.desk.clock.now())
        self.wrong = {id: why for id, why in self.wrong.items() if not _of_key(why)}
        await self._fetch_crls()
        return certificate

    async def _fetch_crls(self) -> None:
        """The first signature waits some seconds for the CRLs, not for ever: a slow server's answer comes later."""
        if self.desk.engine.status.online:
            fetching = asyncio.create_task(asyncio.to_thread(self.seal.fetch_crls, self.desk.clock.now()))
            await asyncio.wait([fetching], timeout=CRL_SECONDS)

    # -- putting out --------------------------------------------------------------------------------------------------

    async def put_out(self, document: str) -> Held:
        """Sign a paper unless its signed file is held already, keep the file, register it. The key must be open.
        Raises HallError; whatever was signed stays held then."""
        me = self.desk.me
        return await asyncio.to_thread(self._put_out, document, me)

    def _put_out(self, document: str, me: SignedOn) -> Held:
        with self._one:
            held = self.filing.find(document) or self.sign(document, me.staff)
            held = self.register(held, me)
            self.wrong.pop(document, None)
            return held

    async def put_out_many(self, documents: Sequence[str], step: Callable[[], None]) -> list[PutOut]:
        """Put many out, on all cores; `step` is called on this loop after each. One that fails stops no other. What is
        not told of was not done: the program was closed, or the token of the key was pulled out."""
        me, loop = self.desk.me, asyncio.get_running_loop()
        return await asyncio.to_thread(self._put_out_many, documents, me, lambda: loop.call_soon_threadsafe(step))

    def _put_out_many(self, documents: Sequence[str], me: SignedOn, step: Callable[[], object]) -> list[PutOut]:
        told: list[PutOut] = []
        tasks = []
        alone: dict[str, str] = {}

        def tell(document: str, work: Callable[[], Held]) -> None:
            try:
                with self._one:
                    held = work()
                self.wrong.pop(document, None)
                told.append(PutOut(document, held))
            except HallError as error:
                self.wrong[document] = (error.code, error.params)
                told.append(PutOut(document, why=self.wrong[document]))
            step()

        for document in documents:
            held = self.filing.find(document)
            if held is not None:
                tell(document, partial(self.register, held, me))
                continue
            try:
                record = self._prepared(document)
                approved, alone[document] = self._approved(record)
                tasks.append(self.seal.task(record, approved))
            except HallError as error:
                tell(document, partial(_fail, error))
        with closing(self.seal.put_out(tasks, self.desk.clock.now)) as results:
            for result in results:
                if self.closed:
                    break
                tell(result.document, partial(self._taken, result, me, alone[result.document]))
                if not self.seal.is_open:  # its token was pulled out: what is left waits, and is no failure
                    break
        return told

    def _taken(self, result: Result, me: SignedOn, alone: str) -> Held:
        """A result of many: its file held and registered, unless there is another one by now."""
        return self.register(self._judged(result, me.staff, alone), me)

    def _judged(self, result: Result, staff: str, alone: str) -> Held:
        """Its file held, if it is good. Raises HallError, `issue.not_good` (words)."""
        if result.signed is None:
            code, params = result.why or ("document.sign_failed", {"reason": "-"})
            raise HallError(code, **params)
        if result.verdict != Word.GOOD:
            raise HallError("issue.not_good", words=(f"issue.verdict.{result.verdict}", {}))
        held = self.filing.find(result.document)
        return held or self._hold(self._prepared(result.document), result.signed, staff, alone)

    def _prepared(self, document: str) -> Any:
        record = self.desk.row("document", document)
        if record is None or record.state != DocumentState.PREPARED:
            raise HallError("issue.not_prepared")
        return record

    def sign(self, document: str, staff: str) -> Held:
        """The first half: sign, judge, and hold the file on disk. Not on the screen's own thread."""
        record = self._prepared(document)
        approved, alone = self._approved(record)
        with closing(self.seal.put_out([self.seal.task(record, approved)], self.desk.clock.now)) as results:
            return self._judged(next(results), staff, alone)

    def _approved(self, record: Any) -> tuple[Approved | None, str]:
        """What the approver has signed of a paper, to set the seal on; without a network perhaps why the seal stands
        alone. Raises HallError `issue.awaits_approver`, `issue.approval_not_here`."""
        from workstation.documents.approval import Approved

        online = self.desk.engine.status.online
        if record.approval:
            content = read_blob(self.desk.store, record.approval)
            if content is None and not online:
                return None, OFFLINE
            try:
                return Approved(content or self._fetch(record.approval), record.approval_serial), ""
            except HallError:
                raise HallError("issue.approval_not_here") from None
        if not awaits(record):
            return None, ""
        if online:
            person = self.desk.row("staff", record.approver)
            raise HallError("issue.awaits_approver", name=person.name if person is not None else record.approver)
        return None, OFFLINE

    def _hold(self, record: Any, signed: SignedDocument, staff: str, alone: str) -> Held:
        from workstation.documents.registered import signed_file

        held = Held(
            document=record.id,
            case=record.case,
            scope=record.scope,
            kind=record.kind,
            number=record.number or "",
            staff=staff,
            signed=msgspec.structs.replace(signed_file(signed), alone=alone),
        )
        self.filing.hold(held, signed.data)
        return held

    def register(self, held: Held, me: SignedOn) -> Held:
        """The second half: the file beside the replica, its operation in the outbox, the copy for people. Not on the
        screen's own thread."""
        content = self.filing.content(held.document)
        if content is None or hashlib.sha256(content).hexdigest() != held.signed.sha256:
            raise HallError("issue.file_lost")
        keep_blob(self.desk.store, content)
        args: verbs.Issue | verbs.Register
        corrects = self.desk.rows("document", superseded_by=held.document)
        if held.kind in DECISIONS and not corrects:
            right = newest(self.desk.rows("issue_authorisation", case=held.case))
            if right is None:
                raise HallError("issue.no_right")
            args, id = verbs.Issue(authorisation=right.id, signed=held.signed), held.case
        else:
            args, id = verbs.Register(signed=held.signed), held.document
        n = self.desk.do(args, id=id, scope=held.scope, by=me)
        held = self.filing.note(held, n)
        self.filing.keep(held.number, content)
        return held

    # -- after a crash, and after the centre's word --------------------------------------------------------------------

    def settle(self, me: SignedOn | None) -> list[str]:
        """Look at everything that is held: release what the centre has, finish what a crash left to `me`, discard what
        can never be valid. The numbers of the papers that were finished. Not on the screen's own thread."""
        finished = []
        with self._one:
            self.filing.sweep()
            for held in self.filing.held():
                try:
                    if self._settle(held, me):
                        finished.append(held.number)
                except HallError as error:
                    self.wrong[held.document] = (error.code, error.params)
        return finished

    def _settle(self, held: Held, me: SignedOn | None) -> bool:
        record = self.desk.row("document", held.document)
        if record is None:
            return False  # its scope is not held by whoever is here
        if record.signature == held.signed.signature:  # perhaps a level up already
            content = self.filing.content(held.document)
            if content is not None and not self.filing.path_of(held.number).exists():
                self.filing.keep(held.number, content)
            if not view.is_pending(self.desk.read, held.document):
                self.filing.release(held.document)
            return False
        if record.state != DocumentState.PREPARED:
            if held.n is not None:
                self.desk.acknowledge(held.n)  # another machine was first; there is nothing to do about it
            self.filing.discard(held)
            return False
        refused = view.was_refused(self.desk.read, held.n) if held.n is not None else None
        if refused is not None:
            self.filing.path_of(held.number).unlink(missing_ok=True)
            why = self.desk.told(refused[0], msgspec.json.decode(refused[1] or "{}"))
            self.wrong[held.document] = (why.code, why.params)
            return False
        if me is None or held.staff != me.staff:
            return False
        self.register(held, me)
        return True

    # -- by itself ----------------------------------------------------------------------------------------------------

    def watch(self, app: Any, tables: frozenset[str]) -> None:
        """Documents have changed: look whether some can be put out; one round at a time, in the background."""
        if not tables & {"*", "document", "case", "refusal"} or self.closed:
            return
        if self.desk.person is None or not self.scopes:
            return
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._round(app))

    async def _round(self, app: Any) -> None:
        me = self.desk.person
        if me is None:
            return
        for number in await asyncio.to_thread(self.settle, me):
            app.notice("issue.finished_after_crash", number=number)
        while not self.closed and self.desk.person is me:
            waiting = [paper for paper in self.unsigned(mine=True) if self._by_itself(paper)]
            if not waiting or not await self._try_open():
                return
            for paper in waiting:
                if self.closed or self.desk.person is not me:
                    return
                if (why := await self.try_out(paper.id)) is not None:
                    app.notice("issue.paper_wrong", number=paper.number, why=_said(why), tone="bad")
                    if not self.seal.is_open:  # the token is gone: the others would say the same
                        return

    def _by_itself(self, paper: Paper) -> bool:
        return bool(paper.number) and not paper.awaits and paper.id not in self.wrong

    async def try_out(self, document: str) -> Phrase | None:
        """Put a paper out; None, or why not – kept in `wrong` too."""
        try:
            await self.put_out(document)
        except HallError as error:
            self.wrong[document] = (error.code, error.params)
            return self.wrong[document]
        return None

    async def _try_open(self) -> bool:
        """Open the key by the keyring alone; asked once, for it may take seconds to say no."""
        if self.seal.is_open:
            return True
        if self._asked:
            return False
        self._asked = True
        try:
            await self.open_seal()
        except HallError:
            return self.seal.is_open  # a person was quicker
        return True

    async def close(self) -> None:
        """No more papers; the one at work is finished."""
        self.closed = True
        if self._task is not None:
            await asyncio.wait([self._task])

    # -- files --------------------------------------------------------------------------------------------------------

    async def content(self, sha256: str) -> bytes:
        """A file by its hash: from here, else from the centre. Raises HallError `review.file_not_here`."""
        here = await asyncio.to_thread(read_blob, self.desk.store, sha256)
        return here if here is not None else await asyncio.to_thread(self._fetch, sha256)

    def _fetch(self, sha256: str) -> bytes:
        content = self.fetch_of(sha256)
        if content is None:
            raise HallError("review.file_not_here")
        return content

    def fetch_of(self, sha256: str, document: str = "") -> bytes | None:
        """A file from the centre, also one that the `document` had before; None where it is not there. Not on the
        screen's own thread. Raises HallError `review.file_not_here` without a network."""
        from sync.errors import ServerRefused, TransportError

        try:
            content = self.desk.engine.run(lambda transport: transport.get_blob(sha256, document), BLOB_SECONDS)
        except ServerRefused as refused:
            if refused.params.get("status") == 404:
                return None
            raise HallError("review.file_not_here") from None
        except TransportError:
            raise HallError("review.file_not_here") from None
        return content if hashlib.sha256(content).hexdigest() == sha256 else None


def _of_key(why: Phrase) -> bool:
    """Whether it was the key that was not to be had."""
    code = why if isinstance(why, str) else why[0]
    return code == "document.passphrase_needed" or code.startswith("document.token_")


def _fail(error: HallError) -> Held:
    raise error


def _said(why: Phrase) -> str:
    from workstation.locale import say

    return say(why)
