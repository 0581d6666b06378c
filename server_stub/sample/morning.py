"""A morning's queue: some forty people take tickets; those who came early were served, seventeen wait.

    now - 125 min ─────────────────────── - 24 ────── - 18 ─────────── now
      early tickets, called in turn,       shift        those who wait now
      served, rated on their way out       change

Whoever sat at windows 01 to 09 has left at the shift change, so that a visitor can sit down there; 10 to 12 stay open.
Early in the day everything is squeezed into the time since midnight, at least into the day's first minute: a ticket
belongs to its day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from server_stub.sample import appointments
from server_stub.sample.hall import HALL, MAIN, WINDOW_SKILLS, queue, window_id
from server_stub.sample.matters import BY_ID, SampleMatter
from server_stub.sample.people import clerk_of
from server_stub.sample.play import Script
from server_stub.sample.visitors import phone, visitor
from sync.calendar import DAY_MS, MINUTE_MS, day_of, start_of_day_ms
from sync.protocol.identifiers import scope_of
from sync.protocol.verbs import rating, ticket
from sync.records.states import Level

SPAN: Final = 130 * MINUTE_MS
STAYING: Final = ("10", "11", "12")
EARLY: Final = (
    *("a02", "a07", "b02", "a03", "d05", "c02", "a10", "b01", "f01", "a04", "e03", "a08"),
    *("b04", "d06", "c05", "a01", "a05", "b03", "f04", "e04", "d05", "a09", "c06"),
)
"""What the early ones came for, in the order of their coming."""
SENT_ON, NOT_COME, GONE, ASIDE = 3, 8, 13, 6
WAITING: Final = (
    ("a02", "appointment"),
    ("a07", "none"),
    ("b02", "elderly"),
    ("a01", "green"),
    ("c05", "none"),
    ("a03", "none"),
    ("b01", "none"),
    ("d05", "none"),
    ("a10", "disabled"),
    ("a07", "none"),
    ("c02", "none"),
    ("a03", "none"),
    ("b04", "none"),
    ("a05", "none"),
    ("a08", "none"),
    ("d06", "elderly"),
    ("a04", "none"),
)
PARK_WAITING: Final = {"jinhainiu": ("a07", "b04"), "guoji": ("a02",), "fushanlu": ("b02",)}
RATING: Final = scope_of(HALL, "rating")
PRAISE: Final = (Level.VERY_SATISFIED, Level.VERY_SATISFIED, Level.SATISFIED, Level.VERY_SATISFIED, Level.FAIR)
TAG_OF: Final = {Level.VERY_SATISFIED: "kind", Level.SATISFIED: "fast", Level.FAIR: "waited"}


@dataclass(frozen=True, slots=True)
class Served:
    """Somebody who was served: what a rating or a case needs to know."""

    ordinal: int
    ticket: str
    matter: SampleMatter
    window: str
    invite: str
    finished_at: int


class Morning:
    """The queue of one day, up to `now` (ms). `booked_at`: when appointments for this day were made; `taken`: windows
    where somebody sits already, left alone."""

    def __init__(self, script: Script, now: int, booked_at: int, *, taken: frozenset[str] = frozenset()) -> None:
        self.script = script
        self.booked_at = booked_at
        now = self.now = max(now, start_of_day_ms(day_of(now)) + MINUTE_MS)
        self._stretch = min(1.0, max(0.0, (now - start_of_day_ms(day_of(now))) / SPAN))
        self._labels = [label for label in WINDOW_SKILLS if window_id(label) not in taken]
        self._free: dict[str, int] = {}
        self.served: list[Served] = []

    def at(self, minutes: float) -> int:
        """`minutes` before now, squeezed where the day is younger than that."""
        return self.now - round(minutes * MINUTE_MS * self._stretch)

    def write(self) -> list[Served]:
        """The whole morning into the script."""
        for label in self._labels:
            self._window(label)
        for ordinal, matter in enumerate(EARLY):
            self._early(ordinal, BY_ID[matter])
        for label in self._labels:
            if label not in STAYING:
                self.script.say(
                    max(self.at(20), self._free[label] + 1),
                    clerk_of(window_id(label)).staff,
                    ticket.CloseWindow(),
                    id=self._session(label),
                    scope=queue(),
                )
        for ordinal, (matter, priority) in enumerate(WAITING, len(EARLY)):
            at = self.at(18 - (ordinal - len(EARLY)) * 17 / len(WAITING))
            booked = priority == "appointment"
            if not (booked and appointments.report(self.script, BY_ID[matter], at, self.booked_at)):
                self._issue(ordinal, BY_ID[matter], at, priority)
        for site, matters in PARK_WAITING.items():
            for n, matter in enumerate(matters):
                self._issue(f"{site}/{n}", BY_ID[matter], self.at(9 - 3 * n), "none", site)
        appointments.write_appointments(self.script, self.now, self.booked_at)
        self._ratings()
        return self.served

    def _session(self, label: str) -> str:
        return self.script.id("session", label)

    def _window(self, label: str) -> None:
        self._free[label] = self.at(128)
        who = clerk_of(window_id(label)).staff
        args = ticket.OpenWindow(window=window_id(label))
        self.script.say(self.at(128), who, args, id=self._session(label), scope=queue())

    def _issue(self, ordinal: int | str, matter: SampleMatter, at: int, priority: str, site: str = MAIN) -> str:
        id = self.script.id("ticket", ordinal)
        args = ticket.Issue(
            matter=matter.id,
            holder=visitor(self.script, matter.form, ordinal),
            phone=phone(self.script, ordinal),
            priority=priority,
            site=site,
        )
        if priority in ("green", "appointment"):  # these are the staff's to grant
            self.script.say(at, "0101", args, id=id, scope=queue(site))
        else:
            self.script.citizen(at, args, id=id, scope=queue(site))
        return id

    def _early(self, ordinal: int, matter: SampleMatter) -> None:
        arrived = self.at(125 - ordinal * 3.4)
        id = self._issue(ordinal, matter, arrived, "none")
        if ordinal == GONE:
            self.script.citizen(arrived + self._ms(4), ticket.Cancel(reason=""), id=id, scope=queue())
            return
        label = self._next_window(matter)
        if label is None:
            return
        called = max(arrived + self._ms(1), self._free[label] + self._ms(0.5))
        self._call(id, label, called, "first")
        who = clerk_of(window_id(label)).staff
        if ordinal == NOT_COME:
            self.script.say(called + self._ms(1), who, ticket.Recall(), id=id, scope=queue())
            self.script.say(called + self._ms(2), who, ticket.Miss(), id=id, scope=queue())
            self._free[label] = called + self._ms(2)
            return
        begun = called + self._ms(0.6)
        self._serve(id, label, begun, "first")
        minutes = max(2.0, matter.minutes * (0.5 + self.script.pick(50, "time", ordinal) / 100))
        ended = min(begun + self._ms(minutes), self.at(24))
        if ordinal == ASIDE:
            middle = begun + (ended - begun) // 3
            again = begun + (ended - begun) * 2 // 3
            self.script.say(middle, who, ticket.Hold(), id=id, scope=queue())
            args = ticket.Resume(session=self._session(label), segment=self.script.id("segment", id, "again"))
            self.script.say(again, who, args, id=id, scope=queue())
        if ordinal == SENT_ON and (other := self._next_window(matter, but=label)) is not None:
            middle = begun + (ended - begun) // 2
            self.script.say(middle, who, ticket.Transfer(window=window_id(other)), id=id, scope=queue())
            self._free[label] = middle
            called = max(middle + self._ms(0.5), self._free[other] + self._ms(0.5))
            self._call(id, other, called, "second")
            begun = called + self._ms(0.6)
            self._serve(id, other, begun, "second")
            label, ended = other, max(begun + self._ms(3), ended)
            who = clerk_of(window_id(label)).staff
        invite = self.script.id("invite", ordinal)
        self.script.say(ended, who, ticket.Finish(invite=invite), id=id, scope=queue())
        self._free[label] = ended
        self.served.append(Served(ordinal, id, matter, label, invite, ended))

    def _ms(self, minutes: float) -> int:
        return max(1, round(minutes * MINUTE_MS * self._stretch))

    def _next_window(self, matter: SampleMatter, but: str = "") -> str | None:
        """The skilled window that is free first."""
        able = [label for label in self._labels if matter.prefix in WINDOW_SKILLS[label] and label != but]
        return min(able, key=lambda label: (self._free[label], label), default=None)

    def _call(self, id: str, label: str, at: int, which: str) -> None:
        args = ticket.Call(session=self._session(label), call=self.script.id("call", id, which))
        self.script.say(at, clerk_of(window_id(label)).staff, args, id=id, scope=queue())

    def _serve(self, id: str, label: str, at: int, which: str) -> None:
        args = ticket.Serve(segment=self.script.id("segment", id, which))
        self.script.say(at, clerk_of(window_id(label)).staff, args, id=id, scope=queue())

    def _ratings(self) -> None:
        """Most of the served say something nice on their way out; who was not content is the ledger's."""
        content = sorted(self.served, key=lambda served: served.finished_at)[2:13]
        for n, served in enumerate(content):
            at, channel = served.finished_at + self._ms(1.5), "window" if n % 3 else "phone"
            rate(self.script, at, served, PRAISE[n % len(PRAISE)], channel=channel)


def earlier_day(
    script: Script, day_start: int, ordinal: int, matters: tuple[str, ...], site: str = MAIN
) -> list[Served]:
    """A few who were served on an earlier day, from ten o'clock on, at the first windows; the day is closed at
    midnight."""
    served, scope = [], queue(site)
    for n, name in enumerate(matters):
        matter, label = BY_ID[name], f"{n + 1:02d}" if site == MAIN else f"{n + 1}"
        window = window_id(label, site)
        who, key = clerk_of(window).staff, f"{ordinal}/{n}" if site == MAIN else f"{ordinal}/{site}/{n}"
        at = day_start + (10 * 60 + 7 * n) * MINUTE_MS
        session, id, invite = (script.id(what, "earlier", key) for what in ("session", "ticket", "invite"))
        issue = ticket.Issue(matter=name, holder=visitor(script, matter.form, key), phone=phone(script, key), site=site)
        script.say(at, who, ticket.OpenWindow(window=window), id=session, scope=scope)
        script.citizen(at + MINUTE_MS, issue, id=id, scope=scope)
        call = ticket.Call(session=session, call=script.id("call", "earlier", key))
        script.say(at + 4 * MINUTE_MS, who, call, id=id, scope=scope)
        segment = ticket.Serve(segment=script.id("segment", "earlier", key))
        script.say(at + 5 * MINUTE_MS, who, segment, id=id, scope=scope)
        ended = at + (6 + matter.minutes) * MINUTE_MS
        script.say(ended, who, ticket.Finish(invite=invite), id=id, scope=scope)
        served.append(Served(-n - 1, id, matter, label, invite, ended))
    day = day_of(day_start)
    script.clock(day_start + DAY_MS - 1, ticket.CloseDay(day=day), id=scope, scope=scope)
    return served


def rate(
    script: Script,
    at: int,
    served: Served,
    level: Level,
    tags: Sequence[str] = (),
    words: str | None = None,
    channel: str = "phone",
) -> None:
    """What somebody says of a service, of the person who served as of the matter; without `tags`, the level's own."""
    said = rating.Give(
        level=level,
        person_level=level,
        tags=list(tags or [TAG_OF[level]]),
        tag_version=1,
        matter=served.matter.id,
        words=words,
        channel=channel,
    )
    script.citizen(at, said, id=served.invite, scope=RATING)
