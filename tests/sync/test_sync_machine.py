"""The whole engine against its oracles, by chance and shrunk, on both stores.

CI draws 300 examples of 30 steps on SQLite and POSTGRES_EXAMPLES on PostgreSQL; `./run prove` 3,000 of 60 on each, and
prints what was done as one JSON object a store.
"""

import json
import logging
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.sync.extra_verbs import extra_verbs
from tests.sync.sync_machine import TOLD, SyncMachine

CHECKS = list(HealthCheck)
POSTGRES_EXAMPLES = 50
"""An example on PostgreSQL takes three times as long: a turn to another process for every statement."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Defects on purpose are no news."""
    logging.disable(logging.CRITICAL)
    with extra_verbs():
        yield
    logging.disable(logging.NOTSET)


def machine_on(store: str, request: pytest.FixtureRequest) -> type[SyncMachine]:
    """The machine over a store of this kind."""
    if store == "sqlite":
        return SyncMachine

    class OnPostgres(SyncMachine):
        DSN = request.getfixturevalue("postgres")

    return OnPostgres


@pytest.mark.parametrize(("store", "examples"), [("sqlite", 300), ("postgresql", POSTGRES_EXAMPLES)])
def test_whatever_happens_nothing_is_lost_doubled_or_seen_by_whom_it_should_not(
    request: pytest.FixtureRequest, store: str, examples: int
) -> None:
    run_state_machine_as_test(
        machine_on(store, request),
        settings=settings(max_examples=examples, stateful_step_count=30, suppress_health_check=CHECKS),
    )


@pytest.mark.prove
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_the_same_for_long(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], store: str) -> None:
    TOLD.clear()
    began = time.monotonic()
    run_state_machine_as_test(
        machine_on(store, request),
        settings=settings(
            max_examples=3_000, stateful_step_count=60, suppress_health_check=CHECKS, derandomize=False, database=None
        ),
    )
    with capsys.disabled():
        print(json.dumps({"store": store, **summary(time.monotonic() - began)}))


def summary(seconds: float) -> dict[str, object]:
    """What was done; lost and doubled are what the oracles count, and they end the run at the first."""
    ends = {name: count for name, count in TOLD.items() if name.startswith("ended ")}
    plain = ("examples", "steps", "operations")
    faults = {name: count for name, count in sorted(TOLD.items()) if name not in (*plain, *ends, "lost ")}
    return {
        **{name: TOLD[name] for name in plain},
        "ends": {name.removeprefix("ended "): count for name, count in sorted(ends.items())},
        "faults": faults,
        "lost": 0,
        "doubled": 0,
        "seconds": round(seconds, 1),
    }
