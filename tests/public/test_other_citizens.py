"""No page tells one citizen of another: neither a name nor a telephone, an identity number or the words of a rating.
Every page there is is read by somebody of whom the hall knows as much as of the next, and searched for all of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from public_hall import BASE, CALLBACK, CASES, MATTER, NOW, PAPER, QUEUE, RATING, Hall
from test_publicity import put as put_publicity

from server_stub.public import token
from server_stub.public.booking import APPOINTMENT
from server_stub.public.drawing import code_path
from server_stub.public.progress import address
from server_stub.public.routes import public_router
from sync.trusted import machine_trust
from tests.leaks import LEAKS, leaks_on

PARK = f"{QUEUE}/park"
TWO = ("钱某某", "13900000072", "370213199001010072", "MARKWORDS2", "MARKADDED2")
ONE = ("孙某某", "13900000071", "370213199001010071", "MARKWORDS1", "MARKADDED1")
NEVER = (*TWO, *ONE[1:])
"""Of who reads, only the name may stand somewhere: in a notice of which they are the addressee."""


def citizen(hall: Hall, n: int, known: tuple[str, ...]) -> dict[str, str]:
    """Somebody with everything that the hall may know of a person; the pages of theirs, by kind."""
    name, phone, identity, words, added = known
    secret, number = hall.public.secret, f"registration-20260301-000{n}"
    about: dict[str, Any] = {"matter": "m-1", "office": "registration", "site": "main", "state": "in_review"}
    form = {"phone": phone, "legal_person": name, "identity": identity}
    hall.put("case", f"c-{n}", CASES, number=number, applicant=name, applicant_code=identity, form=form, **about)
    hall.put("document", f"d-{n}", CASES, case=f"c-{n}", kind="grant_decision", state="valid", page=f"{PAPER[:-1]}{n}")
    told: dict[str, Any] = {
        "state": "posted",
        "addressee": name,
        "matter": "企业变更登记",
        "papers": ["决定书"],
        "reason": "无法送达",
    }
    told |= {"posted_at": NOW, "until_day": "2026-04-01", "handled_by": "0307", "staff": "0307", "course": [phone]}
    if known is ONE:
        hall.put("public_notice", f"n-{n}", CASES, case=f"c-{n}", document=f"d-{n}", **told)
    slot = {"day": "2026-03-02", "minute": 630, "starts_at": NOW + 30 * 60_000, "prefix": "A", "matter": "m-1"}
    slot |= {"code": f"01234{n}", "state": "booked", "channel": "phone", "holder": name}
    hall.put("appointment", f"p-{n}", QUEUE, seat=n, **slot)
    hall.put("booking", f"p-{n}", CALLBACK, phone=phone, matter="m-1")
    ticket = hall.ticket(f"t-{n}", f"A03{n}", "done", holder=name, case=f"c-{n}", window="w-03")
    hall.put("contact", f"t-{n}", CALLBACK, holder=name, phone=phone, at=NOW)
    rated = hall.invite(f"i-{n}", f"t-{n}", f"A03{n}")
    hall.put("invite_link", f"i-{n}", CALLBACK, holder=name, phone=phone)
    assert hall.post(rated, {"level": "dissatisfied", "words": words}).status_code == 303
    assert hall.post(f"{rated}/words", {"words": added}).status_code == 303
    hall.put("announcement", f"a-{n}", QUEUE, ticket=f"t-{n}", number=f"A03{n}", window="w-03", kind="call", at=NOW)
    return {
        "/t": ticket,
        "/r": hall.invite(f"open-{n}", f"t-{n}", f"A03{n}"),
        "/r rated": rated,
        "/a": f"/a/{token.make(secret, APPOINTMENT, f'p-{n}')}",
        "/c": address(hall.public, number),
        "/v": f"/v/{PAPER[:-1]}{n}",
    }


def read(hall: Hall) -> dict[str, str]:
    """Every page, as the first of two citizens may open it, by what its address begins with."""
    hall.put("office", "registration", BASE, name="企业登记科")
    hall.put("window", "p-1", BASE, label="园区窗口", site="park", skills=["A"], queue_scope=PARK)
    hall.session(ticket="t-2")
    citizen(hall, 2, TWO)
    own = citizen(hall, 1, ONE)
    put_publicity(hall)
    paths = own | {each: each for each in ("/", "/d", "/b", "/n", "/p", "/c", "/n/n-1", "/p/2026-02")}
    paths |= {"/c asked": "/c", "/c": own["/c"], "/q": "/q/park", "/d of a site": "/d/park", "/w": hall.screen()}
    paths |= {"/g": code_path(hall.public, None), "/b of a matter": "/b?m=m-1", "/b of a site": "/b/park?m=m-1"}
    found = {}
    for name, path in paths.items():
        answer = hall.get(path)
        assert answer.status_code == 200, (name, answer.text)
        found[name] = f"{answer.headers} {answer.text}"
    for name, path in (("/w", paths["/w"]), ("/d", "/d"), ("/t", hall.ticket("t-3", "A039"))):
        found[f"live {name}"] = moved(hall, f"{path}/live")
    found["/c wrong"] = hall.post("/c", {"number": "20260301-0002", "code": "AAAA"}).text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', hall.get("/b?m=m-1").text))
    taken = hall.post("/b", {**hidden, "minute": "630", "phone": "13900000099", "holder": "周某"})
    assert taken.status_code == 422
    found["/b taken"] = taken.text
    return found


def moved(hall: Hall, path: str) -> str:
    """What a stream says when something moves in its queue."""
    with httpx.stream("GET", hall.url + path, verify=machine_trust(), timeout=60) as stream:
        assert stream.status_code == 200, path
        said = stream.iter_text()
        heard = next(said)
        assert hall.loop is not None
        heads = {scope: hall.services.clock.now() for scope in (QUEUE, RATING)}
        hall.clock.advance(1)
        hall.loop.call_soon_threadsafe(hall.services.hub.publish, heads)
        while "data: " not in heard:
            heard += next(said)
    return heard


def told(found: Mapping[str, str]) -> set[str]:
    """The pages on which somebody else's, or what no page may tell, stands."""
    return {page for page, content in found.items() if any(mark in content for mark in NEVER)}


def test_no_page_tells_of_another_citizen(hall: Hall) -> None:
    found = read(hall)
    assert told(found) == set()
    shown = {name.split()[0] for name in found}
    routes: list[Any] = public_router().routes
    got = {route.path for route in routes if "GET" in route.methods}
    kinds = {re.match(r"/\w?", path)[0] for path in got if not re.search(r"\.(js|css)$|^/say", path)}  # type: ignore[index]
    assert kinds <= shown, "a kind of page that nobody has read here"
    assert ONE[0] in found["/n"]
    assert str(MATTER["name"]) in found["/g"]


@pytest.mark.parametrize("page", LEAKS)
def test_a_leak_is_noticed_where_it_is(hall: Hall, page: str) -> None:
    with LEAKS[page]():
        leaking = told(read(hall))
    assert any(leaks_on(page, name) for name in leaking), leaking
