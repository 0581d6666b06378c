"""F3 at screen 2: the local copy first; Enter again, and the centre is asked.

    F3 037 Enter ─▶ found here, as a list ── F3 Enter, or Enter where nothing was found ─▶ the centre: at most 20 rows

What the centre shows is read and forgotten: nothing of it is kept, and the centre notes who asked for what.
"""

from __future__ import annotations

from sync.errors import HallError
from workstation.locale import say
from workstation.screens.review_move import tell_where
from workstation.screens.review_sign import ReviewSign
from workstation.views.worklist import short
from workstation.widgets.dialog import Ask, Pick, Tell


class ReviewFind(ReviewSign):
    """Finding cases."""

    only: str
    found: str
    hits: tuple[str, ...]

    async def search_here(self, text: str) -> None:
        """What this copy has of a text becomes the list."""
        self.hits = await self.service.search(text)
        self.found, self.only = text, "found"

    async def do_find(self) -> None:
        """F3."""
        again = self.found if self.only == "found" else ""
        lines = [say("review.find_again")] if again else []
        text = await self.ask(Ask(say("review.find"), say("review.find_what"), value=again, limit=60, lines=lines))
        if text is None:
            return
        if text and text == again:
            await self.ask_centre(text)
            return
        await self.find_and_show(text)
        if text and not self.hits:
            await tell_where(self, self.service, text)

    async def find_and_show(self, text: str) -> None:
        """Show what was found here; an empty text leads back to the list."""
        raise NotImplementedError

    async def open_case(self, id: str) -> None:
        """Open a case of this copy."""
        raise NotImplementedError

    async def ask_centre(self, text: str) -> None:
        """The second step: the centre's answer, shown over the screen and gone with it."""
        found = await self.service.ask_centre(text)
        if not found:
            self.hint("review.centre_none", text=text)
            return
        options = [
            (
                each.id,
                say(
                    "review.centre_line",
                    number=short(each.number) or say("review.no_number"),
                    matter=each.matter,
                    name=each.applicant,
                    state=say(f"review.state.{each.state}"),
                ),
            )
            for each in found
        ]
        title = say("review.centre_found", text=text, count=len(found))
        chosen = await self.ask(Pick(title, options, [say("review.centre_not_kept")]))
        if chosen is None:
            return
        if self.service.case(str(chosen)) is None:
            number = next(each.number for each in found if each.id == chosen)
            await self.ask(Tell(number, [say("review.only_at_centre")]))
            return
        try:
            await self.open_case(str(chosen))
        except HallError as error:
            self.hint((error.code, error.params))
