"""Tokens, languages, words: what the pages stand on."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_stub.public import pages, token
from server_stub.public.paper import NOT_SIGNED, PENDING
from server_stub.public.rating import FORM_FIELDS, rating_form, read_form, typed
from sync.errors import InputError
from sync.records.masking import masked
from sync.records.states import AppointmentState, DocumentState, Level, PaperKind, TicketState
from sync.verdict import GENUINE, Word

COMPARED = ("same", "later", "other", "pending", "busy", "empty", "too_large")
SECRET = bytes(range(32))


@given(st.text(max_size=40), st.sampled_from([token.TICKET, token.RATING]))
def test_a_token_opens_its_own_record_for_its_own_purpose(id: str, purpose: str) -> None:
    made = token.make(SECRET, purpose, id)
    assert token.check(SECRET, purpose, made) == id
    other = token.RATING if purpose == token.TICKET else token.TICKET
    assert token.check(SECRET, other, made) is None
    assert token.check(bytes(32), purpose, made) is None


@given(st.data())
def test_a_token_changed_anywhere_opens_nothing(data: st.DataObject) -> None:
    made = token.make(SECRET, token.RATING, "0195-7b")
    at = data.draw(st.integers(0, len(made) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_."))
    changed = made[:at] + letter + made[at + 1 :]
    # The last letter of the seal holds two bits of nothing: only its exact spelling is accepted.
    assert token.check(SECRET, token.RATING, changed) == ("0195-7b" if changed == made else None)


@pytest.mark.parametrize("made", ["", ".", "i-1", "i-1.", ".x", "i-1." + "a" * 300, "i-1.赵", "\x00.\ud800"])
def test_what_is_no_token_opens_nothing(made: str) -> None:
    assert token.check(SECRET, token.RATING, made) is None


def test_both_languages_say_the_same_things() -> None:
    words = pages.catalogue()
    fields = {
        language: {
            key: {name for _, name, _, _ in string.Formatter().parse(text) if name} for key, text in said.items()
        }
        for language, said in words.items()
    }
    assert set(words) == set(pages.LANGUAGES)
    assert fields["zh"] == fields["en"]
    assert all(text for said in words.values() for text in said.values())


def test_every_state_has_its_words() -> None:
    words = pages.catalogue()["zh"]
    wanted = [f"state_{state}" for state in TicketState] + [f"level_{level}" for level in Level]
    wanted += [f"kind_{kind}" for kind in PaperKind]
    wanted += [f"appointment_{state}" for state in AppointmentState]
    states = {*DocumentState, PENDING, NOT_SIGNED} - {DocumentState.PREPARED, DocumentState.RESERVED}
    wanted += [f"paper_state_{state}" for state in states]
    wanted += [f"paper_file_{word}" for word in (*COMPARED, *set(Word) - GENUINE)]
    assert [key for key in wanted if key not in words] == []


@pytest.mark.parametrize(
    ("asked", "accepted", "chosen"),
    [
        (None, "", "zh"),
        ("en", "zh-CN", "en"),
        ("fr", "en-US", "en"),
        (None, "en-US,en;q=0.9", "en"),
        (None, "fr, en;q=0.3, zh;q=0.8", "zh"),
        (None, "en;q=0", "zh"),
        (None, "de,fr", "zh"),
        (None, "en;q=x, ;;,", "zh"),
        ("../../etc", "", "zh"),
    ],
)
def test_the_language_is_the_one_asked_for(asked: str | None, accepted: str, chosen: str) -> None:
    assert pages.choose_language(asked, accepted) == chosen


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", ""),
        ("赵某", "赵*"),
        ("赵某某", "赵**"),
        ("欧阳某某", "欧***"),
        ("某某某某某某", "某****某"),
        ("Zhang Mou X", "Zh*******X".replace("X", " X")),
        ("青岛某机械设备租赁有限公司", "青岛某机*****有限公司"),
    ],
)
def test_names_are_masked(name: str, shown: str) -> None:
    assert masked(name) == shown


@given(st.text(min_size=2, max_size=60))
def test_a_mask_keeps_the_length_and_always_hides_something(name: str) -> None:
    shown = masked(name)
    assert len(shown) == len(name)
    assert shown.count("*") >= max(1, len(name) // 3)


def test_what_cannot_be_seen_is_not_kept() -> None:
    assert typed(" 排队\r\n太久\x1b[31m\u202e\u0000\ud800 ") == "排队\n太久[31m"
    assert typed("全角　空格，标点！") == "全角　空格，标点！"


def test_a_form_takes_the_tags_of_the_chosen_level_only() -> None:
    posted = read_form(b"level=fair&tags-fair=a&tags-fair=b&version-fair=3&tags-dissatisfied=c&version-dissatisfied=9")
    form = rating_form(posted)
    assert (form.level, form.tags, form.tag_version) == ("fair", ("a", "b"), 3)
    assert (
        rating_form(read_form("level=fair&tags-fair=a&version-fair=三".encode("ascii", "ignore"))).tag_version is None
    )


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&".join(b"a=%d" % n for n in range(FORM_FIELDS + 1))])
def test_a_form_that_no_page_sends_is_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="form_unreadable"):
        read_form(body)
