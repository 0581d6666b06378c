"""What a rating leaves behind, and what it must not: two scopes, one entry a bad rating, defaults kept apart."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_scene import bad_rating, hall
from rating_scene import HOLDER, PHONE, RECORD, WEEK, citizen, invite
from world import HOUR, World

from sync.protocol.verbs import rating as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Refusal

LEVELS = ("very_satisfied", "satisfied", "fair", "dissatisfied", "very_dissatisfied")
BAD = LEVELS[3:]


@pytest.fixture
def world() -> World:
    made = hall()
    invite(made)
    return made


def tag_set(world: World, version: int, level: str, *codes: str) -> None:
    tags = [{"code": code, "zh": code, "en": code} for code in codes]
    world.seed("tag_set", f"{version}/{level}", version=version, nature="permit", level=level, tags=tags)


def refused(world: World, args: verbs.Give | verbs.Supplement) -> Refusal:
    outcome = citizen(world, args)
    assert isinstance(outcome, Refusal), outcome
    return outcome


def test_a_rating_copies_what_it_is_about_from_the_invitation(world: World) -> None:
    world.now += 5_000
    citizen(world, verbs.Give(level="satisfied", person_level="fair", words="  很快 \n", channel="window"))
    rating = world("rating", RECORD)
    assert (rating.level, rating.person_level, rating.words, rating.channel) == ("satisfied", "fair", "很快", "window")
    assert (rating.matter, rating.window, rating.staff, rating.site) == ("m-1", "w-03", "0307", "main")
    assert (rating.rated_at, rating.defaulted, rating.scope) == (world.now, False, world.rating)
    assert world("invite", RECORD).state == "rated"
    assert world.find("rectification") == []


@given(level=st.sampled_from(LEVELS), person=st.sampled_from((None, *LEVELS)))
def test_a_bad_level_of_either_opens_exactly_one_entry(level: str, person: str | None) -> None:
    world = hall()
    invite(world)
    citizen(world, verbs.Give(level=level, person_level=person))
    entries = world.find("rectification")
    bad = [given for given in (level, person) if given in BAD]
    assert len(entries) == (1 if bad else 0)
    if bad:
        assert entries[0].id == RECORD
        assert entries[0].level == ("very_dissatisfied" if "very_dissatisfied" in bad else "dissatisfied")


def test_the_entry_knows_the_citizen_and_the_rating_does_not(world: World) -> None:
    citizen(world, verbs.Give(level="dissatisfied", words="排了两次队"))
    entry = world("rectification", RECORD)
    assert (entry.holder, entry.phone, entry.words, entry.source) == (HOLDER, PHONE, "排了两次队", "rating")
    assert (entry.rated_staff, entry.state, entry.opened_at) == ("0307", "open", world.now)
    assert entry.scope == world.callback
    everything = [str(row) for table in world.rows.values() for row in table.values() if row.scope == world.rating]
    assert everything
    for secret in (HOLDER, PHONE, "A036", "ticket-of"):
        assert not any(secret in text for text in everything)


def test_an_entry_opens_even_where_nobody_left_a_name() -> None:
    world = hall()
    invite(world)
    world.rows["invite_link"].clear()
    citizen(world, verbs.Give(level="very_dissatisfied"))
    assert world("rectification", RECORD).holder is None


def test_a_second_rating_is_refused_and_changes_nothing(world: World) -> None:
    citizen(world, verbs.Give(level="satisfied"))
    before = world("rating", RECORD)
    assert refused(world, verbs.Give(level="dissatisfied")).code == "invite_closed"
    assert world("rating", RECORD) is before
    assert world.find("rectification") == []


def test_an_invitation_past_its_time_is_closed_before_the_clock_comes_round(world: World) -> None:
    world.now = world("invite", RECORD).lapses_at - 1
    assert not isinstance(world.ask(world.operation(verbs.Give(level="fair"), RECORD), Role.CITIZEN), Refusal)
    world.now += 1
    assert refused(world, verbs.Give(level="fair")).code == "invite_closed"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"level": "excellent"}, "level"),
        ({"level": ""}, "level"),
        ({"level": "fair", "person_level": "bad"}, "person_level"),
        ({"level": "fair", "channel": "radio"}, "channel"),
        ({"level": "fair", "tags": ["slow"]}, "tags"),
        ({"level": "fair", "tags": ["slow"], "tag_version": 1}, "tags"),
        ({"level": "dissatisfied", "tags": ["slow", "slow"], "tag_version": 2}, "tags"),
        ({"level": "dissatisfied", "tags": ["unheard"], "tag_version": 2}, "tags"),
    ],
)
def test_what_no_form_offers_is_refused_by_the_fields_name(world: World, said: dict[str, object], field: str) -> None:
    tag_set(world, 2, "dissatisfied", "slow", "rude")
    refusal = refused(world, verbs.Give(**said))  # type: ignore[arg-type]
    assert (refusal.code, dict(refusal.params)) == ("bad_value", {"field": field})


def test_tags_are_those_of_the_version_that_the_page_showed(world: World) -> None:
    tag_set(world, 1, "dissatisfied", "slow")
    tag_set(world, 2, "dissatisfied", "waited", "rude")
    assert refused(world, verbs.Give(level="dissatisfied", tags=["slow"], tag_version=2)).code == "bad_value"
    citizen(world, verbs.Give(level="dissatisfied", tags=["rude", "waited"], tag_version=2, matter="m-1"))
    assert world("rating", RECORD).tags == ["rude", "waited"]
    assert world("rectification", RECORD).tags == ["rude", "waited"]


def test_tags_are_those_of_the_matters_own_nature(world: World) -> None:
    """Both natures have a version 2 of this level; the matter is a permit."""
    tag_set(world, 2, "dissatisfied", "slow")
    tags = [{"code": "crowded", "zh": "人多", "en": "crowded"}]
    world.seed("tag_set", "service/2", version=2, nature="service", level="dissatisfied", tags=tags)
    other: dict[str, Any] = {"name": "年报", "office": "registration", "prefix": "C", "nature": "service"}
    limits: dict[str, Any] = {"expected_minutes": 7, "promised_days": 1, "statutory_days": 20, "basis": "-"}
    world.seed("matter", "m-service", **other, **limits)

    def said(tag: str, matter: str | None) -> verbs.Give:
        return verbs.Give(level="dissatisfied", tags=[tag], tag_version=2, matter=matter)

    for tag, matter in (("crowded", "m-1"), ("crowded", "m-service"), ("slow", "m-service"), ("slow", None)):
        assert refused(world, said(tag, matter)).params == {"field": "tags"}
    citizen(world, said("slow", "m-1"))
    assert world("rating", RECORD).tags == ["slow"]


def test_words_have_a_limit_that_the_hall_sets() -> None:
    world = World(settings={"words_max": 4})
    invite(world)
    assert refused(world, verbs.Give(level="fair", words="五个字太长")).params == {"field": "words", "max": 4}
    citizen(world, verbs.Give(level="fair", words=" 四个字好 "))
    assert world("rating", RECORD).words == "四个字好"


def test_supplements_are_appended_up_to_the_limit(world: World) -> None:
    citizen(world, verbs.Give(level="satisfied", words="第一次"))
    for n in range(5):
        citizen(world, verbs.Supplement(supplement=f"s-{n}", words=f"补充{n}"))
    assert refused(world, verbs.Supplement(supplement="s-0", words="再说")).code == "exists"
    assert refused(world, verbs.Supplement(supplement="s-5", words="再说")).code == "too_many"
    assert refused(world, verbs.Supplement(supplement="s-6", words="   ")).code == "bad_value"
    assert [row.words for row in world.find("rating_supplement", rating=RECORD)] == [f"补充{n}" for n in range(5)]
    assert world("rating", RECORD).words == "第一次"


def test_a_default_is_kept_apart_and_accuses_nobody(world: World) -> None:
    world.now += WEEK - 1
    assert world.code(verbs.Lapse(), RECORD, Role.CLOCK, scope=world.rating) == "not_due"
    world.now += 1
    world.must(verbs.Lapse(), RECORD, Role.CLOCK, scope=world.rating)
    rating = world("rating", RECORD)
    assert (rating.defaulted, rating.level, rating.channel, rating.tags) == (True, "fair", "none", [])
    assert world.find("rectification") == []


def test_the_clock_of_the_callback_starts_at_the_servers_receipt(world: World) -> None:
    world.now += 2 * HOUR  # 11:00
    op = world.operation(verbs.Give(level="dissatisfied"), RECORD, scope=world.rating)
    outcome = world.ask(op, Role.CITIZEN, judged=world.now - HOUR)
    assert isinstance(outcome, Effects)
    world.apply(op, outcome)
    entry = world("rectification", RECORD)
    assert entry.callback_due_at == entry.callback_wall_at == entry.opened_at + HOUR == world.now + HOUR
    assert world("rating", RECORD).rated_at == world.now - HOUR


def test_every_bad_rating_has_its_own_entry() -> None:
    world = hall()
    for n in range(3):
        bad_rating(world, f"i-{n}")
    assert [row.id for row in world.find("rectification")] == ["i-0", "i-1", "i-2"]
