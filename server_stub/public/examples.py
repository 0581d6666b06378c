"""What a sample hall's first page lets a visitor open: pages whose address elsewhere their holder alone knows."""

from __future__ import annotations

from typing import Final

from server_stub.public import booking, token
from server_stub.public.progress import address
from server_stub.public.store import PublicStore, one
from sync.calendar import day_of
from sync.protocol.identifiers import scope_of
from sync.records.states import AppointmentState, CaseState, TicketState

CASES: Final = (CaseState.IN_REVIEW, CaseState.NEED_CORRECTION)
"""One that is at work, and one of which something is asked."""


async def examples(store: PublicStore) -> list[tuple[str, str, str]]:
    """(word of what it is, its number, path); nothing in a hall that is no sample."""
    hall = await one(store, "hall", store.hall)
    if hall is None or not hall.sample:
        return []
    scope, today = scope_of(store.hall, "queue"), day_of(store.clock.now())
    found = []
    waiting = str(TicketState.WAITING)
    for ticket in await store.read("ticket", newest="issued_at", limit=1, scope=scope, day=today, state=waiting):
        path = f"/t/{token.make(store.secret, token.TICKET, ticket.id)}"
        found.append(("example_ticket", ticket.number or "", path))
    booked = await store.read("appointment", scope=scope, state=str(AppointmentState.BOOKED))
    if booked:
        next_one = min(booked, key=lambda each: (each.starts_at or 0, each.id))
        found.append(("example_appointment", next_one.code or "", booking.path_of(store, next_one.id)))
    for state in CASES:
        for case in await store.read("case", newest="received_at", limit=1, state=str(state)):
            if case.number:
                found.append((f"example_case_{state.value}", case.number, address(store, case.number)))
    return found
