"""The turn of events that each bug of `holding_bugs.py` needs; harmless without it."""

from __future__ import annotations

from collections.abc import Callable

from tests.sync.holding_machine import APPROVER, RECEIPTS, TICKETS, HoldingMachine


def everybody(machine: HoldingMachine) -> None:
    for i in (0, 1, 2, 0):
        machine.exchange(i)


def held_at_the_first_window(machine: HoldingMachine) -> None:
    """Two tickets wait, two windows are open, and the first window holds one."""
    machine.sit_down(0, 0, "w1", then_pause=False)
    machine.sit_down(1, 0, "w2", then_pause=False)
    machine.issue_a_ticket(0, 0)
    everybody(machine)
    everybody(machine)
    machine.hold_tickets(0, "", 0)
    machine.pull(0, "")


def minutes_later(machine: HoldingMachine, minutes: int, skew: int = 0, *, reboot: bool = False) -> None:
    machine.time_passes(0, minutes, skew, reboot)


def clock_set_back(machine: HoldingMachine) -> None:
    held_at_the_first_window(machine)
    minutes_later(machine, 15, -86_400_000)
    machine.call_without_a_network(0, 0)


def off_and_on_again(machine: HoldingMachine) -> None:
    held_at_the_first_window(machine)
    minutes_later(machine, 5, reboot=True)
    minutes_later(machine, 5)
    machine.call_without_a_network(0, 0)


def answered_after_five_minutes(machine: HoldingMachine) -> None:
    machine.sit_down(0, 0, "w1", then_pause=False)
    machine.issue_a_ticket(0, 0)
    everybody(machine)
    machine.hold_tickets(0, "", 5)
    machine.pull(0, "")
    minutes_later(machine, 5)
    machine.call_without_a_network(0, 0)


def called_here_and_wanted_there(machine: HoldingMachine) -> None:
    held_at_the_first_window(machine)
    machine.a_tunnel(0, "request")
    machine.call_without_a_network(0, 0)
    machine.at_the_window(1, 0, "call_next")
    machine.exchange(1)


def wanted_there_and_given_back(machine: HoldingMachine) -> None:
    held_at_the_first_window(machine)
    machine.at_the_window(1, 0, "call_next")  # asks for it back
    machine.exchange(1)
    machine.pull(0, "")
    machine.hold_tickets(0, "response", 0)  # says that it gives it up, and does not hear the answer
    machine.call_without_a_network(0, 0)
    machine.at_the_window(1, 0, "call_next")
    machine.exchange(1)


def two_tickets_and_a_push_between(machine: HoldingMachine) -> None:
    machine.ask_for_numbers(0, "", TICKETS)
    for _ in range(2):
        machine.give_out_a_ticket(0, 0)
        machine.exchange(0)


def numbers_here_and_there(machine: HoldingMachine) -> None:
    machine.ask_for_numbers(0, "", TICKETS)
    machine.give_out_a_ticket(0, 0)
    machine.ask_for_numbers(1, "", TICKETS)
    machine.give_out_a_ticket(1, 0)
    everybody(machine)


def a_night_over_numbers(machine: HoldingMachine) -> None:
    """The next day what is left is given back."""
    machine.ask_for_numbers(0, "", TICKETS)
    machine.give_out_a_ticket(0, 0)
    for _ in range(2):
        minutes_later(machine, 780)
    machine.exchange(0)
    machine.exchange(0)
    machine.ask_for_numbers(0, "", TICKETS)


def not_heard_for_a_fortnight(machine: HoldingMachine) -> None:
    machine.ask_for_numbers(0, "", RECEIPTS)
    machine.a_case_is_reviewed(0, 0, 1)
    for _ in range(22):
        minutes_later(machine, 780)
    everybody(machine)
    everybody(machine)


def decided(machine: HoldingMachine) -> None:
    machine.a_case_is_reviewed(0, 0, 3)
    machine.exchange(0)
    machine.exchange(APPROVER)
    machine.decide(0, granted=True, at_once=True)
    machine.exchange(0)


def thought_better_of_where_it_is_held(machine: HoldingMachine) -> None:
    decided(machine)
    machine.with_a_right(0, 0, 0, "reopen")
    machine.exchange(0)


def thought_better_of_elsewhere(machine: HoldingMachine) -> None:
    decided(machine)
    machine.exchange(APPROVER)
    machine.with_a_right(APPROVER, 0, 0, "reopen")
    machine.exchange(APPROVER)


def given_back_and_claimed(machine: HoldingMachine) -> None:
    decided(machine)
    machine.with_a_right(0, 0, 0, "give_back")
    everybody(machine)
    machine.with_a_right(1, 0, 0, "claim")
    machine.exchange(1)


def three_requests_one_ahead(machine: HoldingMachine) -> None:
    for _ in range(3):
        machine.note(0, 0)
    machine.push_all(0, "", 0, 1)


def first_of_two_late(machine: HoldingMachine) -> None:
    for _ in range(2):
        machine.note(0, 0)
    machine.a_push_is_overtaken(0, "", 1)


COURSES: dict[str, Callable[[HoldingMachine], None]] = {
    "lease_by_the_wall_clock": clock_set_back,
    "lease_survives_a_restart": off_and_on_again,
    "lease_counted_from_its_answer": answered_after_five_minutes,
    "leased_elsewhere_and_called": called_here_and_wanted_there,
    "given_back_and_kept": wanted_there_and_given_back,
    "number_counted_by_the_outbox": two_tickets_and_a_push_between,
    "blocks_overlap": numbers_here_and_there,
    "left_numbers_forgotten": a_night_over_numbers,
    "late_number_stays_void": not_heard_for_a_fortnight,
    "reopened_and_not_void": thought_better_of_where_it_is_held,
    "right_taken_back_while_out": thought_better_of_elsewhere,
    "claimed_with_a_number_of_its_own": given_back_and_claimed,
    "one_left_out_between_requests": three_requests_one_ahead,
    "taken_before_the_one_it_follows": first_of_two_late,
}
