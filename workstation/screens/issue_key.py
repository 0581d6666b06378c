"""The seal's key at screen 3: opened by the machine's keyring, else with a passphrase that is asked for once and kept
in memory only – then the header says 口令仅本次.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sync.errors import HallError
from workstation.locale import say
from workstation.screens.frame import Frame
from workstation.screens.review_steps import wanted
from workstation.widgets.dialog import Ask
from workstation.widgets.entry import Entry

if TYPE_CHECKING:
    from workstation.services.papers import PapersService


class IssueKey(Frame):
    """A screen with a field `#passphrase`."""

    @property
    def papers(self) -> PapersService:
        """What the screen calls for papers."""
        service: PapersService = self.hall.services.papers
        return service

    # -- the key ------------------------------------------------------------------------------------------------------

    async def open_seal(self) -> bool:
        """The key opened by the keyring, by what stands in the field, or by a question; False: not."""
        papers = self.papers
        if papers.seal.is_open:
            return True
        is_new = papers.seal.is_new
        field = self.query_one("#passphrase", Entry)
        given = field.value
        try:
            await papers.open_seal()
        except HallError as error:
            if error.code != "document.passphrase_needed":
                raise
            given = given or await self._ask_passphrase() or ""
            if not given:
                return False
            if is_new and await self.ask(Ask(say("issue.passphrase"), say("issue.again"), secret=True)) != given:
                raise HallError("issue.not_the_same") from None
            field.value = ""
            await papers.open_seal(given)
        field.value = ""
        self.mark_session()
        return True

    async def _ask_passphrase(self) -> str | None:
        seal = self.papers.seal
        if seal.on_token:
            title, label = say("issue.pin"), say("issue.pin_of_token")
        else:
            title, label = (
                say("issue.passphrase"),
                say("issue.new_passphrase" if seal.is_new else "issue.passphrase_once"),
            )
        return await self.ask(Ask(title, label, secret=True, limit=128, check=wanted))

    def mark_session(self) -> None:
        """The header says where the passphrase is kept when it is kept nowhere."""
        certificate = self.papers.seal.certificate
        words = say("issue.kept.session")
        station = self.hall.station
        if certificate is not None and certificate.kept == "session" and words not in station.who:
            self.hall.station = replace(station, who=f"{station.who} {words}")
