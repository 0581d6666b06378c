"""公告送达: only after other ways failed; thirty days by the calendar; the receipt tells its course."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from case_scene import CLERK, RECORD, SCOPE, ripen, scene, state_of, step, walk
from world import World

from sync.calendar import Calendar, day_of, end_of_day_ms, start_of_day_ms
from sync.protocol.verbs import case as verbs
from sync.records.settings import DAY, DEFAULTS
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome, Refusal


def tried(world: World, method: str, id: str = "", **how: str) -> Outcome:
    told = {"day": day_of(world.now), "reason": "查无此人", "attempt": id or f"tried-{method}"} | how
    return world.do(verbs.Attempt(method=method, **told), RECORD, Role.CLERK, by=CLERK, scope=SCOPE)


def refused(outcome: Outcome) -> Refusal:
    assert isinstance(outcome, Refusal)
    return outcome


def test_a_notice_waits_until_the_other_ways_have_failed() -> None:
    world = scene("issued")
    assert refused(step(world, "post")).params["ways"] == "直接送达、邮寄送达"
    tried(world, "window")
    assert refused(step(world, "post")).params["ways"] == "邮寄送达"
    tried(world, "electronic")
    assert refused(step(world, "post")).code == "notice_too_early"
    tried(world, "courier")
    assert isinstance(step(world, "post"), Effects)
    assert refused(step(world, "post", tag="2")).code == "notice_posted"
    assert len(world.find("public_notice")) == 1


def test_an_attempt_says_which_way_when_and_why() -> None:
    world = scene("issued")
    assert refused(tried(world, "notice")).code == "bad_choice"
    assert refused(tried(world, "window", reason=" ")).code == "reasons_missing"
    for day in ("昨天", "1999-01-01", "2999-01-01"):
        assert refused(tried(world, "window", day=day)).code == "bad_day"
    assert isinstance(tried(world, "window"), Effects)
    assert refused(tried(world, "window")).code == "exists"


def posted(world: World) -> World:
    ripen(world, "post")
    return walk(world, "post")


def test_the_notice_ends_after_thirty_days_and_the_receipt_tells_its_course() -> None:
    world = posted(scene("issued"))
    notice, begun = world("public_notice", "notice-1"), world.now
    least = date.fromisoformat(day_of(begun)) + timedelta(days=DEFAULTS["notice_days"])
    assert date.fromisoformat(notice.until_day) >= least
    assert world.calendar.is_working_day(notice.until_day)
    assert world("case", RECORD).delivery_day == notice.until_day
    too_early = verbs.Serve(notice="notice-1", document="delivery-1")
    assert world.code(too_early, RECORD, Role.CLOCK, by="clock", scope=SCOPE) == "too_early"
    world.advance(notice.ends_at - begun - 1)
    assert state_of(world) == "issued"
    world.advance(1)
    assert state_of(world) == "delivered"
    case, notice = world("case", RECORD), world("public_notice", "notice-1")
    assert (case.delivered_at, notice.state, notice.ended_at) == (notice.ends_at, "served", notice.ends_at)
    told = world("document", "delivery-1").facts
    assert (told["delivery_method"], told["handled_by"], told["by_notice"]) == ("公告送达", "赵某", True)
    assert told["delivered"] == ["准予行政许可决定书 样例审批局准字(2026)第00001号"]
    assert told["body"] == [
        "公告原因：受送达人下落不明",
        f"公告发出：{day_of(begun)}",
        f"公告期满：{notice.until_day}",
        f"此前送达：{day_of(begun)} 邮寄送达：查无此人",
        f"此前送达：{day_of(begun)} 直接送达：查无此人",
    ]
    assert not world.find("invite"), "nobody was served, so nobody is asked"
    world.advance(30 * DAY)
    assert state_of(world) == "archived"


@pytest.mark.parametrize(
    ("begun", "until"),
    [
        ("2026-03-02", "2026-04-01"),  # a Wednesday
        ("2026-03-05", "2026-04-07"),  # the 30th day is Saturday 4 April, 清明, off until the 6th
        ("2026-01-19", "2026-02-24"),  # Wednesday 18 February lies in 春节 (15 to 23 February)
        ("2026-04-09", "2026-05-09"),  # a Saturday, worked for 劳动节
    ],
)
def test_the_last_day_is_a_working_day(begun: str, until: str) -> None:
    world = scene("issued")
    world.now = start_of_day_ms(begun) + 10 * 3_600_000
    calendar = Calendar.standard()
    assert calendar.covers(until)
    posted(world)
    assert world("public_notice", "notice-1").until_day == until
    assert world("public_notice", "notice-1").ends_at == end_of_day_ms(until)


@pytest.mark.parametrize("verb", ["deliver", "revoke", "cancel"])
def test_what_comes_before_the_end_takes_the_notice_away(verb: str) -> None:
    world = posted(scene("issued"))
    ends = world("public_notice", "notice-1").ends_at
    assert isinstance(step(world, verb, tag="2"), Effects)
    assert world("public_notice", "notice-1").state == "withdrawn"
    answers = dict(world.advance(ends - world.now))
    assert refused(answers["case.serve@1"]).code == "state"
    assert all(paper.prepared_at < ends for paper in world.find("document")), "no second receipt"


def test_a_notice_that_is_over_can_be_posted_anew_only_while_the_case_waits() -> None:
    world = posted(scene("issued"))
    world.seed("public_notice", "notice-1", scope=SCOPE, state="withdrawn")
    assert isinstance(step(world, "post", tag="2"), Effects)
    other = verbs.Serve(notice="notice-1", document="delivery-1")
    world.now = world("public_notice", "notice-2").ends_at
    assert world.code(other, RECORD, Role.CLOCK, by="clock", scope=SCOPE) == "state"


def test_the_wrong_reason_is_refused() -> None:
    world = scene("issued")
    ripen(world, "post")
    args = verbs.Post(notice="n", reason="lazy", document="d")
    assert world.code(args, RECORD, by=CLERK, scope=SCOPE) == "bad_choice"
