"""The questions that screen 4 asks: how an item is answered, what F4 offers, how each step is finished.

item 1 2      ticked at once
item 3 4 6 9  a numbered list           ─▶ service.tick
item 5 8      free words, drafted       ─▶ service.tick
F4            take over, give to, 约谈, 申诉 and its decision, a complaint by telephone
F9            the verb of service.step
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date

from sync.calendar import day_of
from sync.errors import HallError
from sync.records.states import BAD_LEVELS, Level
from workstation.locale import say
from workstation.screens import callback_files
from workstation.screens.callback_complaint import complaint
from workstation.screens.callback_lines import YES, level, place
from workstation.screens.callback_written import Written
from workstation.screens.frame import Frame
from workstation.services.callback import CAUSES, FINDINGS, OUTCOMES, WRITTEN, CallbackService
from workstation.views.callback import Entry, EntryLine
from workstation.widgets.dialog import Ask, Pick

_TIME = re.compile(r"(?:(?:(\d{4})-)?(\d{1,2})-(\d{1,2}))?(?:(?:^|\s+)(\d{1,2}):(\d{2}))?")


def second_time(typed: str, today: str) -> str | None:
    """`11-27 15:00`, `11-27` or `15:00` as `2026-11-27 15:00`; the year is the next in which the day comes. None: it is
    no time."""
    plain = unicodedata.normalize("NFKC", typed).replace("：", ":").strip()
    found = _TIME.fullmatch(plain)
    if found is None or not plain:
        return None
    year, month, day, hour, minute = found.groups()
    try:
        if month is None:
            on = date.fromisoformat(today)
        else:
            on = date(int(year or today[:4]), int(month), int(day))
            if year is None and on.isoformat() < today:
                on = on.replace(year=on.year + 1)
    except ValueError:
        return None
    if hour is None:
        return on.isoformat()
    if int(hour) > 23 or int(minute) > 59:
        return None
    return f"{on.isoformat()} {int(hour):02d}:{minute}"


class Steps:
    """Asks on behalf of the screen and tells the service."""

    def __init__(self, screen: Frame, service: CallbackService, reread: Callable[[], None]) -> None:
        self.screen, self.service = screen, service
        self.reread = reread  # the screen's

    # -- items --------------------------------------------------------------------------------------------------------

    async def answer(self, entry: Entry, item: str) -> None:
        """Answer an item of the checklist; what is chosen or typed is saved at once."""
        line, service = entry.line, self.service
        if item in ("identity", "explained"):
            service.tick(line, item, None if entry.answer(item) else YES)
            return
        value = await self._value(entry, item)
        if value is None:
            return
        service.tick(line, item, value or None)
        if item in WRITTEN:
            service.drop_draft(line.id, item)

    async def _value(self, entry: Entry, item: str) -> str | None:
        title = say(f"callback.item.{item}")
        if item == "finding":
            return await self._pick(title, [(each, say(f"callback.finding.{each}")) for each in FINDINGS])
        if item == "cause":
            cause = await self._pick(title, [(each, say(f"callback.cause.{each}")) for each in CAUSES])
            return await self.written(entry, "cause", title) if cause == "other" else cause
        if item == "second_level":
            return await self._pick(title, [(str(each), say(f"callback.level.{each}")) for each in Level])
        if item == "office":
            first = entry.line.matter_office
            return await self._pick(title, self.service.offices(first))
        if item == "second_time":
            return await self._time(entry, title)
        return await self.written(entry, item, title)

    async def _pick(self, title: str, options: list[tuple[str, str]]) -> str | None:
        chosen: str | None = await self.screen.ask(Pick(title, options))
        return chosen

    async def _time(self, entry: Entry, title: str) -> str | None:
        today = day_of(self.screen.hall.clock.now())
        given = await self.screen.ask(
            Ask(
                title,
                say("callback.time_how"),
                value=entry.answer("second_time"),
                check=lambda typed: None if second_time(typed, today) else "callback.time_wrong",
                limit=20,
            )
        )
        return second_time(given, today) if given else None

    async def written(self, entry: Entry, what: str, title: str) -> str | None:
        """Free words about an entry, kept while they are typed; the caller drops the draft once they are said."""
        service, id = self.service, entry.line.id
        dialog = Written(
            title,
            f"{level(entry.line)}  {place(entry.line)}",
            value=service.draft(id, what) or (entry.answer(what) if what in WRITTEN else ""),
            keep=lambda text: service.keep_draft(id, what, text),
            limit=service.words_max,
            words=say("callback.quoted", words=entry.words) if entry.words else "",
        )
        return await self.screen.ask(dialog)

    async def _because(self, entry: Entry, what: str, do: Callable[[str], None]) -> bool:
        """Ask for a reason, then do it."""
        reason = await self.written(entry, what, say(f"callback.reason.{what}"))
        if not reason:
            return False
        do(reason)
        self.service.drop_draft(entry.line.id, what)
        return True

    # -- F2 -----------------------------------------------------------------------------------------------------------

    async def dial(self, entry: Entry) -> None:
        """Show the number, which is logged, and write down what came of the call."""
        call = self.service.dial(entry)
        self.reread()
        lines = [say("callback.call_open", holder=call.holder, phone=call.phone), say("callback.call_logged")]
        options = [(outcome, say(f"callback.outcome.{outcome}")) for outcome in OUTCOMES]
        title = say("callback.call_title", round=say(f"callback.round.{call.round}"))
        outcome = await self.screen.ask(Pick(title, options, lines))
        if outcome is None:
            self.service.hang_up()
            return
        try:
            self.service.record(entry.line, outcome)
        except HallError:
            self.service.hang_up()
            raise

    # -- F6, F4 -------------------------------------------------------------------------------------------------------

    async def transfer(self, entry: Entry) -> None:
        """转科室."""
        office = await self._pick(say("callback.reassign"), self.service.offices())
        if office is not None:
            self.service.transfer(entry.line, office)

    async def edit(self, entry: Entry | None) -> str:
        """F4: what else can be done with the entry; an id to go to, empty for none."""
        service = self.service
        what = await self._pick(
            say("callback.edit.title"), [(each, say(f"callback.edit.{each}")) for each in self.choices(entry)]
        )
        if what == "complaint":
            return await complaint(self.screen, service)
        if entry is None or what is None:
            return ""
        line = entry.line
        if what == "take":
            service.assign(line, service.desk.me.staff)
        elif what == "assign":
            people = [(staff, f"{staff} {name}") for staff, name in service.handlers(line)]
            if (handler := await self._pick(say("callback.edit.assign"), people)) is not None:
                service.assign(line, handler)
        elif what == "interview":
            await self._because(entry, "interview", lambda words: service.interview(line, words))
        elif what == "attach":
            await callback_files.attach(self.screen, entry)
        elif what == "detach":
            await callback_files.detach(self.screen, entry)
        elif what == "files":
            await callback_files.show(self.screen, entry)
        else:
            await self.finish_with(entry, what)
        return ""

    def choices(self, entry: Entry | None) -> list[str]:
        """What F4 offers now."""
        service, found = self.service, []
        if entry is not None:
            line = entry.line
            me = service.desk.me.staff
            if service.handles and line.handler != me and service.may("assign", line):
                found.append("take")
            if service.may("assign", line):
                found.append("assign")
            own = service.own(line)
            if own and service.may("interview", line):
                found.append("interview")
            if own and service.may("appeal", line) and line.finding in ("untrue", "mistaken"):
                found.append("appeal")
            if line.state == "appeal_review" and line.handler != me:
                found += ["uphold", "void"]
            if own and service.may("reopen", line):
                found.append("reopen")
            if own and service.may("attach", line):
                found.append("attach")
            if any(not file.back for file in entry.files):
                found.append("files")
            if service.may("detach", line) and self.screen.hall.services.evidence.own(entry):
                found.append("detach")
        if service.handles:
            found.append("complaint")
        return found

    # -- F9 -----------------------------------------------------------------------------------------------------------

    async def finish_with(self, entry: Entry, verb: str) -> bool:
        """Do the step; False: the person thought better of it."""
        service, line = self.service, entry.line
        if verb == "verify":
            service.verify(entry)
        elif verb == "plan":
            service.plan(entry)
        elif verb == "rectified":
            service.rectified(entry)
        elif verb == "second":
            if not await callback_files.looked_at(self.screen, entry):
                return False
            service.second(entry)
        elif verb == "close":
            service.close(line)
        elif verb == "appeal":
            return await self._because(entry, "appeal", lambda reason: service.appeal(line, reason))
        elif verb == "uphold":
            return await self._because(entry, "uphold", lambda reason: service.uphold(line, reason))
        elif verb == "void":
            return await self._because(entry, "void", lambda reason: service.void(line, reason))
        elif verb == "reopen":
            return await self._again(entry)
        elif verb == "decide":
            options = [(each, say(f"callback.edit.{each}")) for each in ("uphold", "void")]
            decided = await self._pick(say("callback.verb.decide"), options)
            return decided is not None and await self.finish_with(entry, decided)
        return True

    async def _again(self, entry: Entry) -> bool:
        """The second callback was made: rectify again, or close all the same."""
        if Level(entry.line.second_level) in BAD_LEVELS:
            options = [(each, say(f"callback.edit.{each}")) for each in ("reopen", "close")]
            chosen = await self._pick(say("callback.not_content"), options)
            if chosen == "close":
                self.service.close(entry.line)
                return True
            if chosen is None:
                return False
        return await self._because(entry, "reopen", lambda reason: self.service.reopen(entry, reason))


def picked(line: EntryLine) -> str:
    """What a hint calls an entry."""
    return f"{line.holder or '-'} {line.matter_name}"
