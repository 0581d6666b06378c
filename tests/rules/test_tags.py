"""New versions of the tags: what was stays as it was, and what a code says it says for ever."""

from __future__ import annotations

from typing import Any

import pytest
from ledger_scene import hall
from rating_scene import RECORD, citizen, invite
from world import World

from sync.protocol.verbs import rating as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome, Refusal

SLOW = {"code": "slow", "zh": "等候太久", "en": "too slow"}
RUDE = {"code": "rude", "zh": "态度不好", "en": "rude"}


def publish(world: World, version: int, *tags: dict[str, str], id: str = "", **about: Any) -> Outcome:
    told = {"nature": "permit", "level": "dissatisfied"} | about
    args = verbs.PublishTags(version=version, tags=list(tags), **told)
    name = id or f"{told['nature']}/{told['level']}/{version}"
    return world.do(args, name, Role.ADMIN, by="0901", scope=world.base)


def why(outcome: Outcome) -> tuple[str, Any, Any]:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code, outcome.params.get("field"), outcome.params.get("why")


def test_a_rating_keeps_the_version_that_it_was_given_by() -> None:
    world = hall()
    assert isinstance(publish(world, 1, SLOW), Effects)
    invite(world)
    invite(world, "invite-2")
    citizen(world, verbs.Give(level="dissatisfied", tags=["slow"], tag_version=1, matter="m-1"))
    assert isinstance(publish(world, 2, RUDE), Effects)
    assert [(row.version, [tag["code"] for tag in row.tags]) for row in world.find("tag_set")] == [
        (1, ["slow"]),
        (2, ["rude"]),
    ]
    assert (world("rating", RECORD).tags, world("rating", RECORD).tag_version) == (["slow"], 1)
    opened_before = verbs.Give(level="dissatisfied", tags=["slow"], tag_version=1, matter="m-1")
    assert isinstance(citizen(world, opened_before, "invite-2"), Effects), "a page that was open still counts"


def test_versions_follow_each_other_and_of_two_who_publish_one_is_told() -> None:
    world = hall()
    assert why(publish(world, 2, SLOW)) == ("bad_value", "version", None)
    assert isinstance(publish(world, 1, SLOW), Effects)
    assert why(publish(world, 1, RUDE))[0] == "exists"
    assert isinstance(publish(world, 2, SLOW, RUDE), Effects)
    world.rows["tag_set"].pop("permit/dissatisfied/1")
    assert why(publish(world, 1, RUDE))[0] == "changed"
    assert isinstance(publish(world, 1, SLOW, level="fair"), Effects), "each level by itself"
    assert isinstance(publish(world, 3), Effects), "no tags at all"


def test_a_code_keeps_its_words() -> None:
    world = hall()
    publish(world, 1, SLOW)
    publish(world, 2, RUDE)
    assert why(publish(world, 3, SLOW | {"zh": "排队乱"})) == ("bad_value", "tags", "other_words")
    assert isinstance(publish(world, 3, SLOW, RUDE), Effects)


@pytest.mark.parametrize(
    ("tags", "wrong"),
    [
        ([SLOW | {"code": "Slow"}], "code"),
        ([SLOW | {"code": ""}], "code"),
        ([{"code": "slow", "zh": "慢"}], "code"),
        ([SLOW | {"more": "x"}], "code"),
        ([SLOW | {"zh": " "}], "words"),
        ([SLOW | {"en": "x" * 25}], "words"),
        ([SLOW | {"zh": "慢 "}], "words"),
        ([SLOW, SLOW], "twice"),
        ([SLOW, RUDE | {"zh": SLOW["zh"]}], "twice"),
        ([{"code": f"c{n}", "zh": f"原因{n}", "en": f"reason {n}"} for n in range(10)], "too_many"),
    ],
)
def test_what_no_page_or_terminal_could_offer_is_refused(tags: list[dict[str, str]], wrong: str) -> None:
    assert why(publish(hall(), 1, *tags)) == ("bad_value", "tags", wrong)


def test_the_rest_is_named_by_its_field() -> None:
    world = hall()
    assert why(publish(world, 1, SLOW, level="awful"))[:2] == ("bad_value", "level")
    assert why(publish(world, 1, SLOW, nature="magic"))[:2] == ("bad_value", "nature")
    assert why(publish(world, 1, SLOW, id="permit/fair/1"))[:2] == ("bad_value", "id")
