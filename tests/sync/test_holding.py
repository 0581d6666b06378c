"""Leases, numbers and rights in the machine's hall: each bug of `holding_bugs.py` is noticed in its course, which is
harmless without it; `./run prove` lets chance find every one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from sync.errors import HallError
from tests.sync.extra_verbs import extra_verbs
from tests.sync.holding_bugs import HOLDING
from tests.sync.holding_courses import COURSES
from tests.sync.holding_machine import HoldingMachine

NOTICED = (AssertionError, HallError, BaseExceptionGroup)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Defects on purpose are no news."""
    logging.disable(logging.CRITICAL)
    with extra_verbs():
        yield
    logging.disable(logging.NOTSET)


def run_course(course: Callable[[HoldingMachine], None]) -> None:
    machine = HoldingMachine()
    try:
        course(machine)
    finally:
        machine.teardown()


def test_every_bug_has_a_course() -> None:
    assert HOLDING.keys() == COURSES.keys()


@pytest.mark.parametrize("course", COURSES.values(), ids=lambda course: str(course.__name__))
def test_a_course_is_harmless_without_its_bug(course: Callable[[HoldingMachine], None]) -> None:
    run_course(course)


@pytest.mark.parametrize("name", COURSES)
def test_a_bug_is_noticed_in_its_course(name: str) -> None:
    with HOLDING[name](), pytest.raises(AssertionError):
        run_course(COURSES[name])


@pytest.mark.prove
@pytest.mark.parametrize("name", HOLDING)
def test_every_bug_is_found_by_chance_in_the_end(name: str) -> None:
    with HOLDING[name](), pytest.raises(NOTICED):
        run_state_machine_as_test(
            HoldingMachine,
            settings=settings(
                max_examples=5_000,
                stateful_step_count=60,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                database=None,
                derandomize=True,
                print_blob=False,
            ),
        )
