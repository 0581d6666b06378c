"""Scenes of `rating.csv`: an invitation in each of its states, reached by the verbs themselves."""

from __future__ import annotations

from world import HOUR, World

from sync.protocol.operation import Args
from sync.protocol.verbs import rating as verbs
from sync.records.states import Role
from sync.rules.outcome import Outcome

RECORD = "invite-1"
VERBS = ("rating.give@1", "rating.supplement@1", "invite.open@1", "invite.lapse@1")
STATES = ("absent", "open", "rated", "lapsed")
WEEK = 7 * 24 * HOUR

HOLDER, PHONE = "赵某", "13900000021"


def invite(world: World, id: str = RECORD, *, staff: str | None = "0307") -> None:
    """An open invitation with the link to who may answer, as a finished service leaves them."""
    columns = {"subject": "service", "matter": "m-1", "window": "w-03", "staff": staff, "site": "main"}
    lapses_at = world.now + WEEK
    world.seed("invite", id, scope=world.rating, state="open", opened_at=world.now, lapses_at=lapses_at, **columns)
    world.seed(
        "invite_link", id, scope=world.callback, ticket=f"ticket-of-{id}", number="A036", holder=HOLDER, phone=PHONE
    )


def citizen(world: World, args: Args, id: str = RECORD) -> Outcome:
    return world.do(args, id, Role.CITIZEN, by="citizen", scope=world.rating)


def served(world: World) -> None:
    """A ticket that was served at a window and sent on."""
    seat = {"window": "w-03", "session": "s-1", "staff": "0307", "matter": "m-1"}
    world.seed(
        "ticket", "t-1", scope=world.queue, day=world.today, matter="m-1", prefix="A", state="waiting", site="main"
    )
    world.seed(
        "service_segment", "g-1", scope=world.queue, ticket="t-1", started_at=world.now, ended_at=world.now, **seat
    )


def scene(state: str) -> World:
    world = World()
    if state == "absent":
        return world
    invite(world)
    if state == "rated":
        citizen(world, verbs.Give(level="satisfied"))
    if state == "lapsed":
        world.now += WEEK
        world.do(verbs.Lapse(), RECORD, Role.CLOCK, by="clock", scope=world.rating)
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    args: dict[str, Args] = {
        "rating.give@1": verbs.Give(level="very_satisfied", person_level="satisfied", words="很快"),
        "rating.supplement@1": verbs.Supplement(supplement="supplement-1", words="还要感谢导办"),
        "invite.open@1": verbs.OpenInvite(queue=world.queue, ticket="t-1", segment="g-1"),
        "invite.lapse@1": verbs.Lapse(),
    }
    if verb == "invite.open@1":
        served(world)
    if verb == "invite.lapse@1":
        world.now += WEEK
    return world.do(args[verb], RECORD, role, by=f"{role}-1", scope=world.rating)


def state_of(world: World) -> str:
    row = world.get("invite", RECORD)
    return row.state if row else "absent"
