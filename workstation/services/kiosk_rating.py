"""A terminal at which citizens rate: what it is told goes to the centre and stays nowhere here.

find(what was typed or scanned) ─▶ the open invitations ─▶ give(one, level, tags) ─▶ taken, or why not
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from sync.errors import HallError, TransportError
from sync.protocol.rating import AskedRating, AskRating, GiveRating, RatingGiven, RatingsAsked

if TYPE_CHECKING:
    from sync.transport.http import HttpTransport
    from workstation.services.desk import Desk

ASK_SECONDS = 10.0
T = TypeVar("T")


class KioskRatingService:
    """One terminal."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def scanned(self, address: str) -> RatingsAsked:
        """Of a code on a slip or a screen. Raises HallError `kiosk.rating.no_network`."""
        return await self._find(AskRating(scanned=address))

    async def typed(self, number: str, code: str) -> RatingsAsked:
        """Of a ticket's number and the code beside it. Raises HallError `kiosk.rating.no_network`."""
        return await self._find(AskRating(number=number, code=code))

    async def _find(self, asked: AskRating) -> RatingsAsked:
        return await self._ask(lambda wire: wire.ask("POST", "/v1/rating/find", RatingsAsked, asked))

    async def give(
        self, invitation: AskedRating, level: str, tags: Sequence[str], person_level: str | None
    ) -> RatingGiven:
        """The rating. Raises HallError `kiosk.rating.no_network`: whether it arrived shows when it is asked anew."""
        version = next((group.version for group in invitation.groups if group.level == level), None)
        said = GiveRating(
            token=invitation.token,
            level=level,
            person_level=person_level,
            tags=list(tags),
            tag_version=version if tags else None,
        )
        return await self._ask(lambda wire: wire.ask("POST", "/v1/rating", RatingGiven, said))

    async def _ask(self, work: Callable[[HttpTransport], Awaitable[T]]) -> T:
        async def asked(wire: HttpTransport) -> T:
            return await work(wire)

        try:
            return await asyncio.to_thread(self.desk.engine.run, asked, ASK_SECONDS)
        except TransportError:
            raise HallError("kiosk.rating.no_network") from None
