"""Decision and issue: who may, one right at one device, numbers that are used or explained."""

from __future__ import annotations

import pytest
from authorisation_scene import LASTS, MARGIN
from authorisation_scene import do as on_right
from case_scene import APPROVER, CLERK, COLLEAGUE, RECORD, SCOPE, digest, said, scene, signed, state_of, step, walk
from conflict_scene import clash, decide
from document_scene import register
from test_case_intake import refusal
from world import HALL, HOUR, World

from sync.calendar import day_of
from sync.protocol.identifiers import scope_of
from sync.protocol.verbs import case as verbs
from sync.records.settings import DAY, DEFAULTS, DELIVERY_DAYS, DELIVERY_NEEDS
from sync.records.states import Role
from sync.rules.outcome import Effects, Refusal


def test_a_decision_reserves_the_number_for_the_reviewing_device() -> None:
    world = scene("decided")
    case, document, right = (
        world("case", RECORD),
        world("document", "decision-1"),
        world("issue_authorisation", "right-1"),
    )
    assert (case.approver, case.decision, case.decided_at) == (APPROVER, "granted", world.now)
    assert (document.kind, document.state) == ("grant_decision", "prepared")
    assert document.number == "样例审批局准字(2026)第00001号"
    assert document.facts["decided_by"] == "孙某"
    assert (right.number, right.page, right.document) == (document.number, document.page, document.id)
    assert (right.device, right.state, right.expires_at) == ("d1", "out", world.now + LASTS)


def test_a_refusal_has_reasons_and_a_number_of_its_own_series() -> None:
    world = scene("reviewed")
    bare = verbs.Decide(decision="denied", reasons=" ", authorisation="right-1", document="decision-1")
    assert world.code(bare, RECORD, Role.APPROVER, by=APPROVER, scope=SCOPE) == "reasons_missing"
    walk(world, "deny")
    document = world("document", "decision-1")
    assert (document.kind, document.number) == ("refusal_decision", "样例审批局不准字(2026)第00001号")
    assert document.facts["reasons"] == ["材料不实", "不符合条件"]


def test_nobody_decides_what_was_once_in_their_hands() -> None:
    world = scene("in_review")
    step(world, "take", by=COLLEAGUE)  # the colleague reviews it, is sent back, and a third finishes it
    step(world, "submit", by=COLLEAGUE)
    step(world, "reopen", role=Role.APPROVER)
    step(world, "take", by="0311")
    step(world, "submit", by="0311")
    both = {Role.CLERK, Role.APPROVER}
    for staff in (CLERK, COLLEAGUE, "0311"):
        assert world.code(said(world, "decide"), RECORD, both, by=staff, scope=SCOPE) == "same_person"
    assert isinstance(step(world, "decide"), Effects)


def test_an_open_conflict_blocks_decision_and_issue() -> None:
    world = scene("in_review")
    waiting = clash(world)
    walk(world, "submit")
    assert refusal(step(world, "decide")) == Refusal("open_conflict", {"fields": ["address"]})
    decide(world, waiting, "theirs")
    walk(world, "decide")
    late = verbs.Edit(field="address", was="振华路1号", value="振华路9号")
    outcome = world.do(late, RECORD, by="0309", device="d5", scope=SCOPE)
    assert not isinstance(outcome, Refusal)
    assert refusal(step(world, "issue")).code == "open_conflict"
    decide(world, world.find("conflict", state="open")[0].id, "theirs")
    assert isinstance(step(world, "issue"), Effects)


def test_reopening_gives_the_right_back_and_voids_the_number() -> None:
    world = scene("decided")
    assert refusal(step(world, "reopen", role=Role.APPROVER)).code == "authorisation_out"
    assert refusal(step(world, "reopen", device="d2")).params["device"] == "d1"
    step(world, "reopen")
    assert (state_of(world), world("issue_authorisation", "right-1").state) == ("in_review", "returned")
    assert world("document", "decision-1").state == "void"
    (void,) = world.find("void_number")
    assert (void.number, void.case) == ("样例审批局准字(2026)第00001号", RECORD)
    case = world("case", RECORD)
    assert (case.decision, case.approver, case.decided_at) == (None, None, None)
    walk(world, "submit", "decide", "issue", tag="2")
    assert world("document", "decision-2").number == "样例审批局准字(2026)第00002号"


@pytest.mark.parametrize("how", ["returned", "expired", "past"])
def test_the_approver_takes_back_what_no_device_holds_any_more(how: str) -> None:
    world = scene("decided")
    if how == "returned":
        on_right(world, "return")
    else:
        world.now += LASTS + MARGIN - 1
        assert refusal(step(world, "reopen", role=Role.APPROVER)).code == "authorisation_out"
        world.now += 1
        if how == "expired":
            on_right(world, "expire", Role.CLOCK)
    assert refusal(step(world, "reopen")).code == "forbidden"
    assert isinstance(step(world, "reopen", role=Role.APPROVER), Effects)
    assert world("issue_authorisation", "right-1").state in ("returned", "expired")
    assert len(world.find("void_number")) == 1


def test_issuing_registers_the_file_and_uses_the_right_up() -> None:
    world = scene("issued")
    document, right = world("document", "decision-1"), world("issue_authorisation", "right-1")
    assert (document.state, document.sha256, document.level) == ("valid", digest("a"), "B-B")
    assert (document.registered_at, document.registered_by) == (world.now, CLERK)
    assert (right.state, right.ended_at) == ("used", world.now)
    assert world("case", RECORD).issued_by == CLERK


def test_only_the_device_that_holds_the_right_issues_and_only_in_time() -> None:
    world = scene("decided")
    assert refusal(step(world, "issue", device="d2")).params["device"] == "d1"
    unknown = verbs.Issue(authorisation="right-9", signed=signed())
    assert world.code(unknown, RECORD, scope=SCOPE) == "not_found"
    world.now += LASTS + 1
    assert refusal(step(world, "issue")).code == "authorisation_expired"
    assert isinstance(step(world, "issue", judged=world.now - 1), Effects)


def test_what_was_signed_in_time_is_taken_later_unless_the_right_has_gone_to_another() -> None:
    in_time = scene("decided").now + HOUR
    for claimed in (False, True):
        world = scene("decided")
        answers = world.advance(DAY)
        assert [kind for kind, _ in answers] == ["authorisation.expire@1"]
        if claimed:
            assert isinstance(on_right(world, "claim", device="d2"), Effects)
        outcome = step(world, "issue", judged=in_time)
        if claimed:
            assert refusal(outcome).params["device"] == "d2"
        else:
            assert isinstance(outcome, Effects)


def test_a_claimed_right_keeps_paper_number_and_page() -> None:
    world = scene("decided")
    on_right(world, "return")
    assert refusal(step(world, "issue")).code == "state"
    on_right(world, "claim", device="d2")
    former, right = world("issue_authorisation", "right-1"), world("issue_authorisation", "right-2")
    assert (right.number, right.page, right.document) == (former.number, former.page, former.document)
    assert (right.device, right.state) == ("d2", "out")
    assert world.find("void_number") == []
    assert isinstance(step(world, "issue", tag="2", device="d2"), Effects)
    assert world("document", "decision-1").state == "valid"


def test_a_right_past_its_margin_can_be_claimed_before_the_clock_has_said_so() -> None:
    world = scene("decided")
    world.now += LASTS + MARGIN
    assert isinstance(on_right(world, "claim", device="d2"), Effects)
    assert world("issue_authorisation", "right-1").state == "expired"
    assert refusal(on_right(world, "expire", Role.CLOCK)).code == "state"


def test_only_its_device_gives_a_right_back_and_no_clock_takes_it_early() -> None:
    world = scene("decided")
    assert refusal(on_right(world, "return", device="d2")).code == "authorisation_out"
    world.now += LASTS
    assert refusal(on_right(world, "expire", Role.CLOCK)).code == "too_early"


def broken(**columns: object) -> verbs.SignedFile:
    whole = {name: getattr(signed(), name) for name in signed().__struct_fields__}
    return verbs.SignedFile(**(whole | columns))


@pytest.mark.parametrize(
    "columns",
    [{"sha256": "a"}, {"sha256": "G" * 64}, {"size": 0}, {"pages": 0}, {"signature": ""}, {"message_digest": "-"}],
)
def test_a_file_that_cannot_be_one_is_refused(columns: dict[str, object]) -> None:
    world = scene("decided")
    args = verbs.Issue(authorisation="right-1", signed=broken(**columns))
    assert world.code(args, RECORD, scope=SCOPE) == "bad_file"
    assert world.code(verbs.Register(signed=broken(**columns)), "receipt-1", scope=SCOPE) == "bad_file"


def test_one_file_is_one_paper() -> None:
    world = scene("decided")
    assert isinstance(register(world, "a"), Effects)
    assert refusal(step(world, "issue")).code == "document_mismatch"
    assert refusal(register(world, "a", id="acceptance-1")).code == "document_mismatch"


def test_a_right_to_a_void_paper_issues_nothing() -> None:
    world = scene("decided")
    world.seed("document", "decision-1", scope=SCOPE, state="void")
    assert refusal(step(world, "issue")).code == "document_mismatch"


def test_a_decision_is_not_registered_past_its_authorisation() -> None:
    assert refusal(register(scene("decided"), id="decision-1")).code == "needs_authorisation"


def test_delivery_invites_without_telling_the_raters_scope_who() -> None:
    world = scene("delivered")
    invite, link = world("invite", "invite-1"), world("invite_link", "invite-1")
    assert (invite.scope, invite.subject, invite.state) == (world.rating, "case", "open")
    assert not {RECORD, "样例公司", world("case", RECORD).number} & {
        v for v in invite.body.values() if isinstance(v, str)
    }
    assert (link.scope, link.case, link.holder, link.phone) == (world.callback, RECORD, "样例公司", "13900000021")
    facts = world("document", "delivery-1").facts
    assert facts["delivered"] == ["准予行政许可决定书 样例审批局准字(2026)第00001号"]
    assert (facts["delivery_method"], facts["body"]) == ("直接送达", ["收件人：李某"])
    assert {d.kind for d in world.due.values()} >= {"invite.lapse@1", "case.archive@1"}


def test_a_month_after_delivery_the_case_is_archived() -> None:
    world = scene("delivered")
    assert refusal(step(world, "archive")).code == "too_early"
    world.advance(30 * DAY)
    assert state_of(world) == "archived"


def test_delivery_names_receiver_and_method() -> None:
    world = scene("issued")
    for receiver, method, code in (("", "window", "receiver_missing"), ("李某", "pigeon", "bad_choice")):
        args = verbs.Deliver(receiver=receiver, method=method, document="delivery-1", invite="invite-1")
        assert world.code(args, RECORD, scope=SCOPE) == code
    world.seed("invite", "invite-1", scope=world.rating, subject="service", state="open", matter="m-1", site="main")
    assert refusal(step(world, "deliver")).code == "exists"


def delivered(world: World, method: str, **details: str) -> str:
    """The code of a delivery; empty where it is done."""
    args = verbs.Deliver(receiver="李某", method=method, details=details, document="delivery-1", invite="invite-1")
    outcome = world.do(args, RECORD, Role.CLERK, by=CLERK, device="d1", scope=SCOPE)
    return "" if isinstance(outcome, Effects) else refusal(outcome).code


@pytest.mark.parametrize("method", sorted(DELIVERY_NEEDS))
def test_each_way_to_deliver_tells_what_it_needs_and_no_more(method: str) -> None:
    world = scene("issued")
    today = day_of(world.now)
    told = {name: today if name in DELIVERY_DAYS else f"{name}一" for name in DELIVERY_NEEDS[method]}
    papers = [{"what": "document", "id": "decision-1", "name": "-", "copies": 1}]
    sent = {"case": RECORD, "leg": "out", "state": "sent", "carrier": "邮政", "receiver": "李某", "sent_by": CLERK}
    world.seed("parcel", "p-1", scope=SCOPE, tracking="tracking一", contents=papers, **sent)
    for name in told:
        assert delivered(world, method, **(told | {name: " "})) == "delivery_detail_missing"
        if name in DELIVERY_DAYS:
            for day in ("昨天", "2026-2-30", "1999-01-01", "20260101", "2999-01-01"):
                assert delivered(world, method, **(told | {name: day})) == "bad_day"
    assert delivered(world, method, **told, colour="红") == "bad_choice"
    assert delivered(world, method, **told) == ""
    facts = world("document", "delivery-1").facts
    words = DEFAULTS["delivery_details"]
    lines = [f"{words[name]}：{value}" for name, value in told.items() if name != "place"]
    assert facts["body"] == ["收件人：李某", *lines]
    assert (facts["delivery_method"], facts["delivery_place"]) == (
        DEFAULTS["delivery_methods"][method],
        told.get("place", ""),
    )


def test_a_decision_is_to_be_delivered_within_ten_working_days() -> None:
    world = scene("decided")
    case = world("case", RECORD)
    assert case.delivery_day == world.calendar.add_working_days(day_of(case.decided_at), 10).day


@pytest.mark.parametrize("verb", ["revoke", "cancel"])
def test_only_a_permit_that_was_granted_ends(verb: str) -> None:
    granted = scene("issued")
    register(granted)
    walk(granted, verb)
    assert granted("document", "decision-1").state == "revoked"
    assert granted("document", "receipt-1").state == "valid"
    assert granted("document", "revocation-1").facts["reasons"]
    denied = scene("reviewed")
    walk(denied, "deny", "issue")
    assert refusal(step(denied, verb)).code == "not_granted"


@pytest.mark.parametrize("verb", ["reopen", "withdraw", "revoke", "cancel", "suspend"])
def test_what_turns_a_case_aside_says_why(verb: str) -> None:
    state = {"reopen": "reviewed", "suspend": "in_review", "withdraw": "accepted"}.get(verb, "issued")
    world = scene(state)
    kinds = {"reopen": verbs.Reopen, "withdraw": verbs.Withdraw, "revoke": verbs.Revoke, "cancel": verbs.Cancel}
    told = {} if verb in ("reopen", "withdraw") else {"document": "x"}
    args = kinds.get(verb, verbs.Suspend)(reason=" ", **told)
    role = Role.CLERK if verb in ("withdraw", "suspend") else Role.APPROVER
    assert world.code(args, RECORD, role, scope=SCOPE) == "reasons_missing"
    assert state_of(world) == state


def test_a_right_in_another_scope_says_where_it_lies() -> None:
    world: World = scene("decided")
    elsewhere = scope_of(HALL, "case", "food")
    assert world.code(verbs.ReturnAuthorisation(), "right-1", scope=elsewhere) == "moved"
    assert world.code(verbs.Register(signed=signed("c")), "receipt-1", scope=elsewhere) == "moved"
