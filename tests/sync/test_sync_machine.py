"""The whole engine against its oracles, by chance and shrunk."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.sync.extra_verbs import extra_verbs
from tests.sync.sync_machine import SyncMachine

CHECKS = list(HealthCheck)


def test_whatever_happens_nothing_is_lost_doubled_or_seen_by_whom_it_should_not() -> None:
    with extra_verbs():
        run_state_machine_as_test(
            SyncMachine, settings=settings(max_examples=120, stateful_step_count=30, suppress_health_check=CHECKS)
        )


@pytest.mark.prove
def test_the_same_for_long() -> None:
    with extra_verbs():
        run_state_machine_as_test(
            SyncMachine,
            settings=settings(
                max_examples=3_000, stateful_step_count=60, suppress_health_check=CHECKS, derandomize=False
            ),
        )
