"""Clocks: the machine's own, one driven by a test, one driven through a real pipe."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import given
from hypothesis import strategies as st

from sync.clock import ClockDriver, DrivenClock, PipedClock, SystemClock

NOW = 1_772_413_200_000


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


def test_the_machines_clocks_go_on() -> None:
    clock = SystemClock()
    (boot, first), wall = clock.boot(), clock.now()
    assert clock.boot() >= (boot, first)
    assert clock.now() >= wall - 1_000, "a wall clock may be set, but not now"
    assert wall > 1_700_000_000_000
    if boot:
        assert first > 0


@given(st.lists(st.integers(-10_000, 10_000), max_size=20))
def test_a_driven_clock_never_goes_back(moves: list[int]) -> None:
    clock = DrivenClock(NOW)
    for move in moves:
        before, booted = clock.now(), clock.boot()
        clock.set(clock.now() + move)
        assert clock.now() == before + max(0, move)
        assert clock.boot() == (booted[0], booted[1] + max(0, move))


def test_a_wrong_wall_clock_leaves_the_boot_clock_right() -> None:
    right, wrong = DrivenClock(NOW), DrivenClock(NOW, skew_ms=86_400_000)
    assert wrong.now() - right.now() == 86_400_000
    assert wrong.boot() == right.boot()


def test_a_restart_counts_anew() -> None:
    clock = DrivenClock(NOW)
    clock.advance(5_000)
    clock.reboot("second")
    assert clock.boot() == ("second", 0)
    clock.advance(7)
    assert clock.boot() == ("second", 7)


def test_time_through_a_pipe() -> None:
    with pipe() as (read, write):
        here = DrivenClock(NOW)
        there, driver = PipedClock(read, 0), ClockDriver(here, write)
        assert there.now() == 0, "nothing was said yet"
        driver.set(NOW + 5)
        assert (here.now(), there.now()) == (NOW + 5, NOW + 5)
        driver.set(NOW + 6)
        driver.set(NOW + 7)
        assert there.boot()[1] == NOW + 7 + 60_000
        assert there.now() == NOW + 7


def test_half_a_line_waits_for_its_end_and_rubbish_is_passed_over() -> None:
    with pipe() as (read, write):
        clock = PipedClock(read, 0)
        os.write(write, b"17")
        assert clock.now() == 0
        os.write(write, b"24\nrubbish\n-5\n\n" + b"9" * 40 + b"\n")
        assert clock.now() == 1724
        os.write(write, b"1000\n")
        assert clock.now() == 1724, "never back"


def test_the_last_time_stays_when_the_driver_is_gone() -> None:
    read, write = os.pipe()
    clock = PipedClock(read, 0)
    os.write(write, b"1724\n")
    os.close(write)
    assert [clock.now(), clock.now()] == [1724, 1724]
    os.close(read)
    assert clock.now() == 1724


def test_more_than_a_buffer_of_moves() -> None:
    with pipe() as (read, write):
        clock = PipedClock(read, 0)
        os.write(write, b"".join(b"%d\n" % i for i in range(4_000)))
        assert clock.now() == 3_999
