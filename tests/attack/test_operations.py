"""Operations that no screen of ours would say: a client of one's own, with a device's true key."""

from typing import Any

import httpx
import msgspec
import pytest

from sync.protocol.operation import TEXT_LENGTH
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from sync.records.settings import DEFAULTS
from sync.rules.outcome import Refusal
from sync.rules.setting import LARGEST, fits
from tests.sync.small_hall import BASE, CASES, CLERKS, QUEUE, Machine, SmallHall

DIGEST = "a" * 64


class Insider:
    """Signs on as anybody, says what the rules of a replica would never let out."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.n = 0

    async def say(self, kind: str, id: str, args: Any, scope: str = CASES, **more: Any) -> tuple[str, str | None]:
        """One operation: its status and code."""
        self.n += 1
        raw = args if isinstance(args, bytes) else msgspec.json.encode(args)
        told = {"n": self.n, "kind": kind, "id": id, "scope": scope, "by": self.machine.staff, "session": ""}
        op = {**told, "said_at": 0, **more, "args": msgspec.Raw(raw)}
        body = msgspec.json.encode({"device": self.machine.device, "boot": "b", "boot_now": 10**30, "ops": [op]})
        transport = self.machine.transport
        headers = {"authorization": f"Bearer {transport.token}"} | transport.signed("POST", "/v1/push", body)
        async with httpx.AsyncClient(transport=self.machine.network, base_url="http://hall") as client:
            answer = await client.post("/v1/push", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        [result] = answer.json()["results"]
        return result["status"], result.get("code")


async def insider(hall: SmallHall, staff: str = "0307") -> Insider:
    return Insider(await hall.machine(staff))


def receive(**more: Any) -> dict[str, Any]:
    return {"matter": "m1", "site": "hall", "applicant": "吴某", "document": "d1"} | more


@pytest.mark.parametrize(
    "args",
    [
        receive(applicant="长" * (TEXT_LENGTH + 1)),
        receive(form={"x" * (TEXT_LENGTH + 1): "1"}),
        receive(form={"phone": {"a": [1]}}),
        receive(form={"phone": 13900000021}),
        receive(form={"phone": ["[" * 50]}),
        receive(applicant="a\0b"),
    ],
)
async def test_a_case_that_would_stop_its_own_delivery_or_fill_every_copy(hall: SmallHall, args: Any) -> None:
    me = await insider(hall)
    assert await me.say("case.receive@1", "c1", args) == ("refused", "bad_args")
    assert await me.say("case.receive@1", "c1", receive()) == ("accepted", None)


@pytest.mark.parametrize("id", ["c\x1b[2J", "c\r\nX: y", "c\u202e", "x" * 201, ""])
async def test_an_id_that_steers_a_terminal(hall: SmallHall, id: str) -> None:
    me = await insider(hall)
    assert await me.say("case.receive@1", id, receive()) == ("refused", "bad_args")
    within = {"note": id or "\t", "text": "t"}
    assert await me.say("case.note@1", "c0", within) in (("refused", "bad_value"), ("accepted", None))
    assert hall.all("SELECT id FROM case_note WHERE id GLOB '*[' || char(1) || '-' || char(31) || ']*'") == []


async def test_a_field_whose_name_is_no_id(hall: SmallHall) -> None:
    me = await insider(hall)
    edit = {"field": "\x1b]0;x\x07", "was": None, "value": "1"}
    assert await me.say("case.edit@1", "c0", edit) == ("refused", "bad_value")


@pytest.mark.parametrize("size", [b"1e3", b"1.5", b"true", b"4294967296", b"9" * 400, b"-4294967296"])
async def test_numbers_that_no_column_holds(hall: SmallHall, size: bytes) -> None:
    me = await insider(hall)
    file = b'{"case":"c0","name":"m","ordinal":1,"sha256":"%s","media_type":"a/b","size":%s}'
    assert await me.say("material.attach@1", "m", file % (DIGEST.encode(), size)) == ("refused", "bad_args")


@pytest.mark.parametrize("at", [-1, 10**15, 10**18])
async def test_a_signature_of_another_age_of_the_world(hall: SmallHall, at: int) -> None:
    """A page or a screen that shows the moment would break on it."""
    me = await insider(hall)
    signed = {"sha256": DIGEST, "size": 1, "pages": 1, "message_digest": DIGEST, "signature": DIGEST}
    signed |= {"signer": "x", "serial": "1", "level": "B-B", "signed_at": at}
    assert await me.say("case.receive@1", "c1", receive()) == ("accepted", None)
    assert await me.say("document.register@1", "d1", {"signed": signed}) == ("refused", "bad_args")


async def test_defects_of_a_shape_that_no_screen_knows(hall: SmallHall) -> None:
    me = await insider(hall)
    assert await me.say("case.receive@1", "c1", receive()) == ("accepted", None)
    for defect in ({"reason": "a", "material": {"x": 1}}, {"reason": "a", "remedy": [1]}, {"reason": 5}):
        args = {"correction": "k", "document": "dk", "defects": [defect]}
        assert await me.say("case.correct@1", "c1", args) == ("refused", "bad_args")


@pytest.mark.parametrize("invite", ["a/b", "x" * 190, "é", "a b", "..", "a?b", ""])
async def test_a_window_cannot_keep_its_citizens_from_rating(hall: SmallHall, invite: str) -> None:
    """The invitation's id is the window's choice, and stands in the address of the page."""
    window = await hall.machine("0307")
    for args, id in (
        (tickets.OpenWindow(window="w1"), "s1"),
        (tickets.Issue(matter="m1", site="hall"), "t1"),
        (tickets.Call(session="s1", call="k1"), "t1"),
        (tickets.Serve(segment="g1"), "t1"),
    ):
        assert (await window.ended(args, id=id)).status == "accepted"
    assert window.ask(tickets.Finish(invite=invite), id="t1") == Refusal("bad_value", {"field": "invite"})
    hostile = Insider(window)
    hostile.n = 4
    assert await hostile.say("ticket.finish@1", "t1", {"invite": invite}, QUEUE) == ("refused", "bad_value")
    assert await hostile.say("ticket.finish@1", "t1", {"invite": "i-1"}, QUEUE) == ("accepted", None)


async def test_who_may_not(hall: SmallHall) -> None:
    me = await insider(hall)
    decide = {"decision": "granted", "reasons": "", "authorisation": "a", "document": "d"}
    assert await me.say("case.decide@1", "c0", decide) == ("refused", "forbidden")
    assert await me.say("case.decide@1", "c0", decide, by="0201") == ("refused", "not_signed_on")
    assert await me.say("case.take@1", "c0", {}, "licang:case/food") == ("refused", "forbidden")
    assert await me.say("case.take@1", "c0", {}, "other:case/registration") == ("refused", "unknown_scope")
    assert await me.say("rating.give@1", "i", {"level": "satisfied"}, "licang:rating") == ("refused", "forbidden")
    assert await me.say("rating.give@1", "i", {"level": "satisfied"}, by="citizen") == ("refused", "not_signed_on")
    assert await me.say("case.deem@1", "c0", {}, by="clock") == ("refused", "not_signed_on")
    pulled = await me.machine.transport.ask(
        "GET", "/v1/pull", dict, c="licang:rating.0,licang:callback.0,licang:numbers.0"
    )
    assert not {"licang:rating", "licang:callback", "licang:numbers"} & pulled["scopes"].keys()


async def test_times_of_a_lying_device_stay_between_its_last_word_and_now(hall: SmallHall) -> None:
    me = await insider(hall)
    before = hall.clock.now()
    hall.clock.advance(60_000)
    lies: list[dict[str, Any]] = [
        {"said_at": 10**40},
        {"said_at": -(10**40)},
        {"boot": "b", "boot_at": -5},
        {"boot": "b", "boot_at": 0},
        {"boot": "b", "boot_at": 10**31},
    ]
    for number, lie in enumerate(lies):
        assert await me.say("case.note@1", "c0", {"note": f"n{number}", "text": "t"}, **lie) == ("accepted", None)
    times = [at for (at,) in hall.all("SELECT at FROM case_note ORDER BY id")]
    assert times == sorted(times)
    assert all(before <= at <= hall.clock.now() for at in times)


@pytest.mark.parametrize("name", sorted(name for name, value in DEFAULTS.items() if type(value) is int))
def test_a_setting_that_no_calendar_holds(name: str) -> None:
    assert fits(name, DEFAULTS[name])
    for value in (-1, DEFAULTS[name] * LARGEST * 10 + 1_000, 10**18, 10**40, True):
        assert not fits(name, value)


async def test_limits_that_would_keep_the_calendar_counting_for_ever(hall: SmallHall) -> None:
    admin = await hall.machine("0901")
    matter: dict[str, Any] = {
        "name": "x",
        "office": "registration",
        "prefix": "A",
        "basis": "法",
        "expected_minutes": 5,
    }
    for promised in (5, 10**9):
        args = people.PutMatter(**matter, promised_days=promised, statutory_days=10**9)
        assert admin.ask(args, id="m1", scope=BASE) == Refusal("bad_value", {"field": "promised_days"})


async def test_a_text_that_the_centre_would_refuse_is_refused_while_it_stands_on_the_screen(hall: SmallHall) -> None:
    window = await hall.machine(CLERKS[0])
    for words in ("长" * (TEXT_LENGTH + 1), "a\0b"):
        outcome = window.ask(cases.Note(note="n", text=words), id="c0", scope=CASES)
        assert isinstance(outcome, Refusal)
        assert outcome.code == "bad_args"
    assert window.outbox() == []
