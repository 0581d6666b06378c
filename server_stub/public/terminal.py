"""POST /v1/rating/find, /v1/rating: a citizen rates at a terminal of the hall (`workstation kiosk --for ratings`).

    scanned address  ┐                                          level, tags ─▶ rating.give by the actor `citizen`,
    number and code  ┴▶ the invitations that are still open ─▶                channel `terminal`

The terminal asks, since it holds neither invitations nor ratings: what is said at it goes through and leaves nothing
there. A number alone opens nothing – it hangs on the wall, and the rated clerk knows it; the code of four digits beside
it stands on the slip and on the ticket's own page, and guessing is slow.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.types import Scope

from server_stub.central.people import Caller, NotAllowed, granted
from server_stub.problems import told
from server_stub.public import token
from server_stub.public.central import CentralStore
from server_stub.public.queue import is_open
from server_stub.public.rating import Form, give, rating_page
from server_stub.public.store import one
from server_stub.services import Services
from sync.calendar import day_of
from sync.errors import InputError
from sync.protocol.identifiers import class_of
from sync.protocol.messages import ACCEPTED
from sync.protocol.rating import AskedRating, AskedTags, AskRating, GiveRating, RatingGiven, RatingsAsked
from sync.records.states import InviteState, Role

FREE_TRIES, WAIT_MS = 5, 60_000
SCANNED_MOST = 400
_PAGE = re.compile(r"/(?P<page>[tr])/(?P<sealed>[0-9A-Za-z_.-]+)")
_NUMBER = re.compile(r"(?P<prefix>[A-Z]?)(?P<digits>[0-9]{1,4})")


class Tries:
    """Codes that were wrong, a terminal; in this process alone, since it is only to make guessing slow."""

    def __init__(self) -> None:
        self._wrong: dict[str, list[int]] = defaultdict(list)

    def wait(self, device: str, now: int) -> int:
        """For how long this terminal is not answered, in ms."""
        recent = self._wrong[device] = [at for at in self._wrong[device] if now - at < WAIT_MS]
        return WAIT_MS - (now - recent[-FREE_TRIES]) if len(recent) >= FREE_TRIES else 0

    def wrong(self, device: str, now: int) -> None:
        """One more."""
        self._wrong[device].append(now)


async def _queues(services: Services, caller: Caller) -> set[str]:
    """The queues whose terminal this is. Raises NotAllowed `read_only` for anybody who is none."""
    over = await services.store.read(lambda tx: granted(tx, caller.staff))
    queues = {scope for role, scope in over if role == Role.KIOSK and class_of(scope) == "queue"}
    if not queues:
        raise NotAllowed("read_only")
    return queues


@post("/rating/find", status_code=200, summary="What may be rated at a terminal", responses=told(403))
async def find_rating(
    data: JSONBody[AskRating], caller: NamedDependency[Caller], services: NamedDependency[Services], scope: Scope
) -> RatingsAsked:
    """The open invitations of a ticket, or the one whose page was scanned. Whether the number was wrong or the code is
    not told; after five wrong ones the terminal waits."""
    queues, citizens, tries = await _queues(services, caller), scope["state"]["citizens"], scope["state"]["tries"]
    now = citizens.clock.now()
    if wait := tries.wait(caller.device, now):
        return RatingsAsked(why="wait", seconds=-(-wait // 1000))
    kind, id = await _meant(citizens, queues, data)
    if not id:
        tries.wrong(caller.device, now)
        return RatingsAsked(why="unknown")
    links = await citizens.read("invite_link", ticket=id) if kind == "t" else []
    return await _asked(citizens, [link.id for link in links] if kind == "t" else [id])


async def _meant(citizens: CentralStore, queues: Iterable[str], data: AskRating) -> tuple[str, str]:
    """("t", ticket) or ("r", invitation); an empty id where nothing is meant."""
    if found := _PAGE.search(data.scanned[:SCANNED_MOST]):
        purpose = token.TICKET if found["page"] == "t" else token.RATING
        return found["page"], token.check(citizens.secret, purpose, found["sealed"]) or ""
    number = _NUMBER.fullmatch(data.number.strip().upper())
    if number is None or len(data.code) != token.CODE_DIGITS:
        return "t", ""
    prefixes = [number["prefix"]] if number["prefix"] else sorted({row.prefix for row in await citizens.read("matter")})
    today, meant = day_of(citizens.clock.now()), []
    for scope in queues:
        for prefix in prefixes:
            full = f"{prefix}{int(number['digits']):03d}"
            meant += [row.id for row in await citizens.read("ticket", scope=scope, day=today, number=full)]
    fitting = [id for id in meant if token.code_of(citizens.secret, id) == data.code]
    return "t", fitting[0] if len(fitting) == 1 else ""


async def _asked(citizens: CentralStore, ids: Iterable[str]) -> RatingsAsked:
    now = citizens.clock.now()
    invites = [row for row in [await one(citizens, "invite", id) for id in ids] if row is not None]
    found = []
    for invite in sorted(invites, key=lambda row: (row.opened_at or 0, row.id)):
        page = await rating_page(citizens, invite.id) if is_open(invite, now) else None
        if page is not None:
            found.append(
                AskedRating(
                    token=token.make(citizens.secret, token.RATING, invite.id),
                    matter=page.matter,
                    window=page.window or "",
                    asks_person=page.asks_person,
                    groups=[AskedTags(level=g.level, version=g.version, tags=_tags(g.tags)) for g in page.groups],
                )
            )
    if found:
        return RatingsAsked(open=found)
    if not invites:
        return RatingsAsked(why="not_yet")
    return RatingsAsked(why="rated" if any(row.state == InviteState.RATED for row in invites) else "closed")


def _tags(tags: Iterable[Any]) -> list[dict[str, str]]:
    return [{name: str(tag.get(name, "")) for name in ("code", "zh", "en")} for tag in tags]


@post("/rating", status_code=200, summary="A rating at a terminal", responses=told(403))
async def give_rating(
    data: JSONBody[GiveRating], caller: NamedDependency[Caller], services: NamedDependency[Services], scope: Scope
) -> RatingGiven:
    """By the citizen, not by the terminal: the same write path as the page's. Sent twice, it counts once."""
    await _queues(services, caller)
    citizens: CentralStore = scope["state"]["citizens"]
    id = token.check(citizens.secret, token.RATING, data.token)
    if id is None:
        return RatingGiven(taken=False, code="not_found")
    form = Form(data.level, data.person_level or "", tuple(data.tags), data.tag_version)
    try:
        result = await give(citizens, id, form, "terminal")
    except InputError:
        return RatingGiven(taken=False, code="bad_args")
    return RatingGiven(taken=result.status == ACCEPTED, code=result.code or "")
