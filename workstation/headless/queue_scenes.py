"""At the windows: calls, a transfer, a no-show, one ticket wanted by two, ratings on the citizens' phones."""

from __future__ import annotations

from sync.errors import HallError
from sync.protocol.messages import REFUSED
from sync.protocol.verbs import ticket as verbs
from workstation.headless import phone
from workstation.headless.hour import Hour, Worker

QUEUE = "licang:queue"


class Windows:
    """The window sessions of the hour's clerks."""

    def __init__(self, hour: Hour) -> None:
        self.hour = hour
        self.sessions: dict[str, str] = {}

    async def open(self, *staff: str) -> None:
        """They sit down at their windows."""
        for number in staff:
            who = self.hour.at(number)
            session = self.sessions[number] = self.hour.id()
            await who.done(verbs.OpenWindow(window=who.person.window or ""), id=session, scope=QUEUE)
            self.hour.tell("opened", staff=number, window=who.window)

    async def call_next(self, who: Worker) -> str:
        """Whoever is next; the ticket's id."""
        await who.done(verbs.CallNext(call=self.hour.id()), id=self.sessions[who.staff], scope=QUEUE)
        ticket = str(who.row("window_session", self.sessions[who.staff])["ticket"])
        self.hour.tell("called", window=who.window, number=who.row("ticket", ticket)["number"])
        return ticket

    async def serve(self, who: Worker, ticket: str) -> None:
        """The person has come."""
        await who.done(verbs.Serve(segment=self.hour.id()), id=ticket, scope=QUEUE)

    async def finish(self, who: Worker, ticket: str) -> str:
        """Service is done; the id of the invitation that opens with it."""
        invite = self.hour.id()
        await who.done(verbs.Finish(invite=invite), id=ticket, scope=QUEUE)
        self.hour.tell("finished", window=who.window, number=who.row("ticket", ticket)["number"])
        return invite

    async def rate(self, invite: str, level: str, *, tag: str = "", words: str = "") -> None:
        """The citizen rates on the phone."""
        await phone.rate(self.hour.hall.url, self.hour.hall.store_path, invite, level, tag=tag, words=words)
        self.hour.tell(f"rated_{level}")

    async def close(self) -> None:
        """Everybody leaves."""
        for staff, session in self.sessions.items():
            await self.hour.at(staff).done(verbs.CloseWindow(), id=session, scope=QUEUE)


async def transfer(hour: Hour, windows: Windows) -> None:
    """Called at 03, sent on to 05, served there, content."""
    first, second = hour.at("0303"), hour.at("0305")
    ticket = await windows.call_next(first)
    hour.tick(0.7)
    await windows.serve(first, ticket)
    hour.tick(3)
    await first.done(verbs.Transfer(window=second.person.window), id=ticket, scope=QUEUE)
    hour.tell("transferred", number=first.row("ticket", ticket)["number"], window=second.window)
    hour.tick(0.5)
    await second.device.pull()
    if await windows.call_next(second) != ticket:
        raise HallError("headless.wrong_ticket")
    hour.tick(0.5)
    await windows.serve(second, ticket)
    hour.tick(4)
    invite = await windows.finish(second, ticket)
    hour.tick(1)
    await windows.rate(invite, "very_satisfied", tag="kind")


async def no_show(hour: Hour, windows: Windows) -> None:
    """Called and called again, nobody comes; turns up later, waits by the old arrival and is served."""
    who = hour.at("0301")
    ticket = await windows.call_next(who)
    hour.tick(1)
    await who.done(verbs.Recall(), id=ticket, scope=QUEUE)
    hour.tick(1)
    await who.done(verbs.Miss(), id=ticket, scope=QUEUE)
    number = who.row("ticket", ticket)["number"]
    hour.tell("missed", number=number)
    hour.tick(6)
    await who.done(verbs.Reactivate(), id=ticket, scope=QUEUE)
    hour.tell("back", number=number)
    if await windows.call_next(who) != ticket:
        raise HallError("headless.wrong_ticket")
    await windows.serve(who, ticket)
    hour.tick(5)
    invite = await windows.finish(who, ticket)
    await windows.rate(invite, "satisfied", tag="fast")


async def one_ticket_two_windows(hour: Hour, windows: Windows) -> str:
    """Two windows press the same number at once: one gets it. It ends in a bad rating; the invitation's id."""
    first, second = hour.at("0303"), hour.at("0301")
    await first.device.pull()
    found = first.device.rows(
        "SELECT id, number FROM ticket WHERE scope = ? AND state = 'waiting' ORDER BY arrived_at, id", QUEUE
    )
    ticket, number = str(found[0]["id"]), found[0]["number"]
    await first.done(verbs.Call(session=windows.sessions["0303"], call=hour.id()), id=ticket, scope=QUEUE)
    late = await second.ask(verbs.Call(session=windows.sessions["0301"], call=hour.id()), id=ticket, scope=QUEUE)
    if (late.status, late.code) != (REFUSED, "taken"):
        raise HallError("headless.double_call", status=late.status, why=late.code)
    hour.tell(
        "taken",
        number=number,
        first=first.window,
        second=second.window,
    )
    hour.tick(0.5)
    await windows.serve(first, ticket)
    hour.tick(6)
    invite = await windows.finish(first, ticket)
    hour.tick(1)
    await windows.rate(invite, "dissatisfied", tag="told_late", words="材料要求分两次才说清。")
    return invite
