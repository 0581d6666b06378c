"""Identifiers: UUIDv7 by its standard's parts, numbers that are the same wherever they are made, scopes taken apart."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from sync.protocol.identifiers import class_of, derived, hall_of, once, part_of, scope_of, uuid7

NAME = st.text(st.characters(categories=["Ll", "Nd", "Lo"]), min_size=1)


@given(st.integers(0, (1 << 48) - 1))
def test_a_uuid7_has_its_time_version_and_variant(now: int) -> None:
    made = uuid.UUID(uuid7(now))
    assert made.int >> 80 == now
    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_no_two_are_equal_even_within_a_millisecond() -> None:
    assert len({uuid7(1_772_413_200_000) for _ in range(20_000)}) == 20_000


@given(st.lists(st.integers(0, (1 << 48) - 1), unique=True, min_size=2))
def test_they_sort_by_the_time_of_their_making(times: list[int]) -> None:
    assert sorted(times) == [uuid.UUID(id).int >> 80 for id in sorted(map(uuid7, times))]


@given(st.lists(st.text()), st.lists(st.text()))
def test_what_happens_once_has_one_number(one: list[str], other: list[str]) -> None:
    assert 0 <= once(*one) < 1 << 63
    assert once(*one) == once(*one)
    assert derived(*one) == derived(*one)
    if "\x1f".join(one) != "\x1f".join(other):
        assert once(*one) != once(*other)
        assert derived(*one) != derived(*other)


@given(NAME, NAME, st.one_of(st.just(""), NAME))
def test_a_scope_is_its_parts(hall: str, class_: str, part: str) -> None:
    scope = scope_of(hall, class_, part)
    assert (hall_of(scope), class_of(scope), part_of(scope)) == (hall, class_, part)
