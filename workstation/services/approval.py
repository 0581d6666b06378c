"""The approver's own signature, before the seal: what waits for it is signed, stamped and sent to the centre.

    to_sign() ─▶ open(passphrase) ─▶ sign(document) ─thread─▶ rendered, signed, stamped ─▶ kept beside the replica
                                                       └─▶ document.approve, the centre's answer awaited ─▶ file sent
    waive(document)     no time stamp to be had: the seal alone is to be set

Only online: the time stamp comes at once or never, since the seal freezes the approver's room in the file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sync.errors import HallError
from sync.protocol.verbs import case as verbs
from sync.records.states import Role
from sync.replica.blobs import keep_blob
from sync.rules.approval import awaits, digest_of
from workstation.documents.approver import ApproverKey
from workstation.locale import Phrase
from workstation.views.approval import ToSign, to_sign
from workstation.views.worklist import scopes_of

if TYPE_CHECKING:
    from workstation.documents.augment import Augmenter
    from workstation.documents.holder import Preview
    from workstation.services.desk import Desk

CRL_SECONDS = 3.0
NO_STAMP = frozenset({"document.no_timestamp_server", "document.outside_down", "document.stamp_wrong"})
"""Nothing is wrong with the paper or the key: there is no time stamp now."""
OF_THE_KEY = ("document.token_", "document.certificate_", "document.passphrase_needed", "document.no_own_key")
"""What the next paper would meet too."""


class ApprovalService:
    """What screen 2 calls for an approver's signature."""

    def __init__(
        self,
        desk: Desk,
        key: ApproverKey,
        preview: Callable[[Any], Preview],
        augmenter: Callable[[], Augmenter],
    ) -> None:
        self.desk = desk
        self.key = key
        self._preview = preview
        self._augmenter = augmenter

    def to_sign(self) -> list[ToSign]:
        """What waits for the person here, oldest first."""
        me = self.desk.me
        scopes = scopes_of(me.grants, Role.APPROVER)
        return to_sign(self.desk.read, me.staff, scopes) if scopes else []

    def why_not(self) -> Phrase | None:
        """Why the person cannot sign now, in words; None: they can."""
        if not self.desk.engine.status.online:
            return "approve.offline"
        return None if self._certificate() else ("approve.no_certificate", {"staff": self.desk.me.staff})

    @property
    def is_open(self) -> bool:
        """Whether the person's key is open."""
        return self.desk.person is not None and self.key.is_open(self.desk.person.staff)

    def _certificate(self) -> str:
        person = self.desk.row("staff", self.desk.me.staff)
        return (person.certificate or "") if person is not None else ""

    async def open(self, passphrase: str | None = None) -> None:
        """Open the person's key. Raises DocumentError as `ApproverKey.open`, HallError `approve.not_yours` where its
        certificate is not the one that the hall has noted for them."""
        staff, now = self.desk.me.staff, self.desk.clock.now()
        serial = await asyncio.to_thread(self.key.open, staff, passphrase, now)
        if serial != self._certificate():
            self.key.close()
            raise HallError("approve.not_yours", serial=serial, known=self._certificate())
        fetching = asyncio.create_task(asyncio.to_thread(self.key.fetch_crls, now))
        await asyncio.wait([fetching], timeout=CRL_SECONDS)

    async def preview(self, document: str) -> Preview:
        """The paper as it will be signed. Raises DocumentError."""
        return await asyncio.to_thread(self._preview, self._waiting(document))

    async def sign(self, document: str) -> None:
        """Sign a paper and have the centre take it. The key must be open. Raises HallError; nothing is signed then as
        far as anybody knows."""
        desk, record = self.desk, self._waiting(document)
        staff, now = desk.me.staff, desk.clock.now()

        def signed() -> tuple[str, int, str]:
            pdf = self._preview(record).pdf
            approved = self.key.sign(staff, pdf, self._augmenter(), now)
            return keep_blob(desk.store, approved.data), len(approved.data), approved.serial

        sha256, size, serial = await asyncio.to_thread(signed)
        args = verbs.Approve(case=record.case, digest=digest_of(record), sha256=sha256, size=size, serial=serial)
        await desk.ask(args, id=record.id, scope=record.scope)
        desk.engine.nudge()

    async def waive(self, document: str) -> None:
        """The seal alone is to be set, since there is no time stamp. Raises HallError."""
        record = self._waiting(document)
        args = verbs.SealAlone(case=record.case, digest=digest_of(record))
        await self.desk.ask(args, id=record.id, scope=record.scope)

    def _waiting(self, document: str) -> Any:
        record = self.desk.row("document", document)
        if record is None or not record.number or record.state != "prepared" or not awaits(record):
            raise HallError("approve.gone")
        return record

    def watch(self, app: Any, tables: frozenset[str]) -> None:
        """Somebody else is here, or nobody: the key is closed."""
        person = self.desk.person
        if self.key.staff and (person is None or person.staff != self.key.staff):
            self.key.close()


def no_stamp(error: HallError) -> bool:
    """Whether it was the time stamp alone that was not to be had."""
    return error.code in NO_STAMP


def of_the_key(error: HallError) -> bool:
    """Whether the next paper would fail likewise."""
    return error.code.startswith(OF_THE_KEY) or error.code in ("document.wrong_passphrase", "sync.no_answer")
