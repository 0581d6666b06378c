"""Would the tests notice? Each bug of `bugs.py` is put in, and the machine's oracles must cry out.

Most are found by chance within seconds. What needs a rare turn of events has a course of its own, which passes without
the bug; `./run prove` lets chance find every one.
"""

import logging
import shutil
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

import tests.sync.rare_bugs as _rare  # noqa: F401 - adds its own to BUGS
from server_stub.central.store import Tx
from sync.errors import HallError
from sync.protocol.verbs import case as cases
from tests.sync.bugs import BUGS
from tests.sync.extra_verbs import extra_verbs
from tests.sync.small_hall import CASES, QUEUE, Machine
from tests.sync.sync_machine import SyncMachine


def everybody(machine: SyncMachine) -> None:
    for i in range(3):
        machine.exchange(i)


def built_on_a_clash(machine: SyncMachine) -> None:
    machine.edit(0, 0, "phone", "2")
    machine.exchange(0)
    machine.edit(1, 0, "phone", "3")
    machine.work_on_the_case(1, 0, "take")


def two_windows_call_one(machine: SyncMachine) -> None:
    machine.sit_down(0, 0, "w1", then_pause=False)
    machine.sit_down(1, 0, "w2", then_pause=False)
    machine.issue_a_ticket(0, 0)
    everybody(machine)
    everybody(machine)
    for i in (0, 1):
        machine.with_a_ticket(i, 0, 0, "call")


def deleted_under_a_change(machine: SyncMachine) -> None:
    machine.a_defect(0, breaks=False)
    everybody(machine)
    everybody(machine)
    machine.exchange(1)
    machine.on_a_note(1, 0, away=False)
    machine.on_a_note(0, 0, away=True)
    machine.exchange(0)
    machine.pull(1, "")


def answer_lost_and_pulled(machine: SyncMachine) -> None:
    machine.note(0, 0)
    machine.push(0, "response")
    machine.pull(0, "")


def role_taken(machine: SyncMachine) -> None:
    machine.note(1, 0)
    machine.roles(0, "0308", CASES, give=False, at_once=True)
    machine.push(1, "")


def scope_withdrawn(machine: SyncMachine) -> None:
    machine.issue_a_ticket(1, 0)
    machine.exchange(1)
    machine.with_a_ticket(1, 0, 0, "cancel")
    machine.roles(0, "0308", QUEUE, give=False, at_once=True)
    machine.pull(1, "")


def small_pages(machine: SyncMachine) -> None:
    machine.sit_down(0, 0, "w1", then_pause=True)
    machine.push(0, "")
    for _ in range(2):
        machine.pull(1, "", limit=1)


def request_lost(machine: SyncMachine) -> None:
    machine.note(0, 0)
    machine.push(0, "request")


def edited_after_its_deletion(machine: SyncMachine) -> None:
    machine.a_defect(0, breaks=False)
    everybody(machine)
    everybody(machine)
    machine.exchange(1)
    machine.on_a_note(1, 0, away=False)
    machine.on_a_note(0, 0, away=True)
    machine.exchange(0)
    machine.exchange(1)


def a_broken_step_and_one_behind_it(machine: SyncMachine) -> None:
    machine.a_defect(0, breaks=True)
    machine.note(0, 0)
    machine.exchange(0)


def pushed_with_a_clash_and_not_pulled(machine: SyncMachine) -> None:
    machine.edit(1, 0, "phone", "2")
    machine.exchange(1)
    machine.note(0, 0)
    machine.edit(0, 0, "phone", "3")
    machine.push(0, "")


def the_server_ends_in_a_push(machine: SyncMachine) -> None:
    machine.note(0, 0)
    machine.a_server_will_end(0, 5)
    machine.push(0, "")
    machine.pull(0, "")


def two_laptops_with_one_disk(machine: SyncMachine) -> None:
    """A copy of the file, with the key that lies beside it: both go on from the same number."""
    one = machine.machines[0]
    path = one.path.with_name("clone.db")
    one.store.close()
    shutil.copy(one.path, path)
    one.open()
    clone = Machine(path, machine.stage.apps, one.clock, one.device, one.key)
    assert one.opened is None  # its session came from the stage
    clone.transport.use(machine.stage.devices[0][2])
    clone.actors = one.actors
    machine.note(0, 0)
    machine.push(0, "")
    lost = clone.do(cases.Note(note="of the clone", text="有话说"), id="c0", scope=CASES, by="0307")
    told = {result.n: (result.status, result.code) for result in machine.run(clone.push())}
    machine.run(clone.close())
    try:
        assert told == {lost: ("held", "cloned_device")}, f"nobody noticed: {told}"
    finally:
        thaw(machine, one.device)


def thaw(machine: SyncMachine, device: str) -> None:
    """The duty manager looks into it; for the rest of the run the first laptop goes on."""

    async def work(tx: Tx) -> None:
        await tx.execute("UPDATE device SET state = 'active' WHERE id = ?", (device,))

    machine.run(machine.stage.services[0].store.write(work))


def two_clerks_in_one_push(machine: SyncMachine) -> None:
    machine.note(2, 0)
    machine.note(2, 1)
    machine.push(2, "")


def two_steps_and_a_pull(machine: SyncMachine) -> None:
    machine.note(0, 0)
    machine.note(0, 0)
    machine.push(0, "")
    machine.exchange(1)


def a_role_is_taken_between_pulls(machine: SyncMachine) -> None:
    machine.exchange(1)
    machine.roles(0, "0308", CASES, give=False, at_once=True)
    machine.pull(1, "")


def a_night_with_work_left(machine: SyncMachine) -> None:
    machine.note(0, 0)
    machine.time_passes(0, 780, 0, reboot=False)
    machine.push(0, "")


def restarted_with_an_empty_outbox(machine: SyncMachine) -> None:
    machine.note(0, 0)
    machine.exchange(0)
    machine.a_process_ends(0)
    machine.note(0, 0)
    machine.exchange(0)


def ended_in_a_step(machine: SyncMachine) -> None:
    for statement in range(1, 40):
        machine.a_process_will_end(0, statement)
        machine.note(0, 0)


def two_edits_and_a_cut(machine: SyncMachine) -> None:
    for value in ("2", "3"):
        machine.edit(0, 0, "phone", value)
        machine.exchange(0)
    machine.the_log_is_cut()


def cut_and_come_one_after_the_other(machine: SyncMachine) -> None:
    two_edits_and_a_cut(machine)
    machine.pull(1, "")
    machine.note(0, 0)
    machine.push(0, "")
    machine.pull(2, "")


def cut_under_own_work(machine: SyncMachine) -> None:
    two_edits_and_a_cut(machine)
    machine.edit(1, 0, "address", "3")
    machine.pull(1, "")


def restored_from_a_backup(machine: SyncMachine) -> None:
    machine.a_backup()
    machine.note(0, 0)
    machine.issue_a_ticket(0, 0)
    machine.exchange(0)
    machine.the_centre_is_restored()
    machine.issue_a_ticket(1, 0)
    everybody(machine)
    everybody(machine)


COURSES: dict[str, Callable[[SyncMachine], None]] = {
    "built_on_refused": built_on_a_clash,
    "last_writer_wins": pushed_with_a_clash_and_not_pulled,
    "called_twice": two_windows_call_one,
    "tombstone_drops_shadow": deleted_under_a_change,
    "own_operation_not_recognised": answer_lost_and_pulled,
    "no_role_check": role_taken,
    "withdrawn_scope_wipes_the_queue": scope_withdrawn,
    "withdrawn_scope_stays": scope_withdrawn,
    "page_split": small_pages,
    "sent_is_done": request_lost,
    "resurrected_by_a_late_edit": edited_after_its_deletion,
    "retry_goes_on": a_broken_step_and_one_behind_it,
    "accepted_is_forgotten": pushed_with_a_clash_and_not_pulled,
    "poison_is_tried_for_ever": a_broken_step_and_one_behind_it,
    "acknowledged_before_durable": the_server_ends_in_a_push,
    "clone_not_noticed": two_laptops_with_one_disk,
    "booked_on_another": two_clerks_in_one_push,
    "committed_out_of_order": two_steps_and_a_pull,
    "roles_are_remembered": a_role_is_taken_between_pulls,
    "expired_session_wipes_the_queue": a_night_with_work_left,
    "number_reused_after_a_crash": restarted_with_an_empty_outbox,
    "snapshot_whose_cursor_is_its_end": cut_and_come_one_after_the_other,
    "snapshot_over_own_work": cut_under_own_work,
    "cut_above_what_is_pulled_by_pages": cut_under_own_work,
    "outbox_after_the_preview": ended_in_a_step,
    "accepted_is_not_kept": restored_from_a_backup,
    "numbered_anew_after_a_restoration": restored_from_a_backup,
}


NOTICED = (AssertionError, KeyError, HallError, BaseExceptionGroup)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Defects on purpose are no news."""
    logging.disable(logging.CRITICAL)
    with extra_verbs():
        yield
    logging.disable(logging.NOTSET)


def run_course(course: Callable[[SyncMachine], None]) -> None:
    machine = SyncMachine()
    try:
        course(machine)
    finally:
        machine.teardown()


def hunt(examples: int) -> None:
    run_state_machine_as_test(
        SyncMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
            derandomize=True,
            print_blob=False,
        ),
    )


@pytest.mark.parametrize("course", COURSES.values(), ids=lambda course: str(course.__name__))
def test_a_course_is_harmless_without_its_bug(course: Callable[[SyncMachine], None]) -> None:
    run_course(course)


@pytest.mark.parametrize("name", COURSES)
def test_a_bug_that_needs_its_course_is_noticed(name: str) -> None:
    with BUGS[name](), pytest.raises((AssertionError, HallError)):
        run_course(COURSES[name])


@pytest.mark.parametrize("name", [name for name in BUGS if name not in COURSES])
def test_a_bug_is_found_by_chance(name: str) -> None:
    with BUGS[name](), pytest.raises(NOTICED):
        hunt(300)


@pytest.mark.prove
@pytest.mark.parametrize("name", BUGS)
def test_every_bug_is_found_by_chance_in_the_end(name: str) -> None:
    with BUGS[name](), pytest.raises(NOTICED):
        hunt(5_000)
