"""The whole engine against its oracles, by chance and shrunk, on both stores.

CI draws 300 examples of 30 steps on each, in lots that its workers share; `./run prove` 3,000 of 60 on each, in lots
that outlive a run, and prints what was done as one JSON object a store.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.sync.extra_verbs import extra_verbs
from tests.sync.holding_machine import TOLD, HoldingMachine
from tests.sync.proof import EXAMPLES, LOTS, Ledger
from tests.sync.small_hall import CASES

CHECKS = list(HealthCheck)
CI_LOTS, CI_EXAMPLES = 10, 30


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Defects on purpose are no news."""
    logging.disable(logging.CRITICAL)
    with extra_verbs():
        yield
    logging.disable(logging.NOTSET)


def machine_on(store: str, request: pytest.FixtureRequest) -> type[HoldingMachine]:
    """A machine of the caller's own over a store of this kind."""

    class OnStore(HoldingMachine):
        DSN = request.getfixturevalue("postgres") if store == "postgresql" else ""

    return OnStore


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
@pytest.mark.parametrize("lot", range(CI_LOTS))
def test_whatever_happens_nothing_is_lost_doubled_or_seen_by_whom_it_should_not(
    request: pytest.FixtureRequest, store: str, lot: int
) -> None:
    machine = machine_on(store, request)
    drawn = settings(max_examples=CI_EXAMPLES, stateful_step_count=30, suppress_health_check=CHECKS)
    run_state_machine_as_test(seed(lot)(machine) if drawn.derandomize else machine, settings=drawn)


@pytest.mark.prove
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_the_same_for_long(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], store: str) -> None:
    machine, ledger = machine_on(store, request), Ledger(store)

    def lot(number: int) -> None:
        run_state_machine_as_test(
            seed(number)(machine),
            settings=settings(
                max_examples=EXAMPLES, stateful_step_count=60, suppress_health_check=CHECKS, database=None
            ),
        )

    ledger.run(lot, TOLD)
    with capsys.disabled():
        print(json.dumps(ledger.account()))


def given_again(machine: HoldingMachine) -> None:
    """A scope comes back from its beginning to a device that has been told of its own work there."""
    machine.roles(0, "0307", CASES, give=False, at_once=True)
    machine.pull(0, "")
    machine.note(0, 0)
    machine.exchange(1)
    machine.roles(1, "0307", CASES, give=True, at_once=True)
    for _ in range(3):
        machine.exchange(0)


def one_push_lost_and_the_next_under_way(machine: HoldingMachine) -> None:
    """Nobody waits for the answer to the second any more, and the centre is at it."""
    for _ in range(8):
        machine.note(0, 0)
    for spare in range(4):
        machine.push_all(0, "response", spare, 1)


def a_call_heard_of_after_the_ticket_was_leased_again(machine: HoldingMachine) -> None:
    """It was made in time and stands; the other's call, made where nothing is heard, ends as taken already."""
    machine.hold_tickets(1, "", 0)
    machine.pull(1, "")
    machine.call_without_a_network(1, 0)
    machine.time_passes(1, 16, 0, reboot=False)
    machine.sit_down(0, 0, "w1", then_pause=False)
    machine.exchange(0)
    machine.hold_tickets(0, "", 0)
    machine.pull(0, "")
    machine.a_tunnel(0, "request")
    machine.push(1, "")
    before = len(machine.centre.calls)
    machine.call_without_a_network(0, 0)
    assert len(machine.centre.calls) == before + 1
    machine.a_tunnel(0, "")
    machine.exchange(0)


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    "course",
    [given_again, one_push_lost_and_the_next_under_way, a_call_heard_of_after_the_ticket_was_leased_again],
)
def test_the_oracles_cry_out_at_nothing_that_is_right(
    request: pytest.FixtureRequest, store: str, course: Callable[[HoldingMachine], None]
) -> None:
    machine = machine_on(store, request)()
    try:
        course(machine)
    finally:
        machine.teardown()


def test_a_proof_goes_on_where_it_was_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: Counter[str] = Counter()
    done: list[int] = []

    def lot(number: int) -> None:
        assert len(done) < 3, "cut short"
        done.append(number)
        told.update({"examples": EXAMPLES, "ended accepted": 2})

    with pytest.raises(AssertionError, match="cut short"):
        Ledger("sqlite", tmp_path).run(lot, told)
    [file] = tmp_path.iterdir()
    file.write_text(file.read_text() + '\n{"store": "sqlite", "lot"')  # the machine lost its power
    assert Ledger("postgresql", tmp_path).account()["examples"] == 0
    done[:] = []
    monkeypatch.setenv("HALL_PROVE_LOTS", "2")
    Ledger("sqlite", tmp_path).run(lot, told)
    assert done == [3, 4]
    account = Ledger("sqlite", tmp_path).account()
    assert (account["lots"], account["examples"]) == (f"5 of {LOTS}", 5 * EXAMPLES)
    assert account["ends"] == {"accepted": 10}
