"""省平台 at screen 8: what waits for the province, what it refused, and the days on which the two sides differ."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sync.protocol.messages import ProvinceDay, ProvinceState
from workstation.hours import moment
from workstation.locale import has, say
from workstation.services.province import ProvinceService
from workstation.widgets.dialog import Pick, Tell

if TYPE_CHECKING:
    from workstation.screens.frame import Frame


async def look(screen: Frame, service: ProvinceService) -> None:
    """Until the person leaves the list."""
    while True:
        state = await asyncio.to_thread(service.state)
        if state is None or not state.on:
            screen.hint("analysis.province.silent" if state is None else "analysis.province.off")
            return
        lines = told(state, screen.hall.clock.now())
        if not state.days:
            await screen.ask(Tell(say("analysis.province"), lines))
            return
        options = [(day, _day_line(day)) for day in state.days]
        chosen = await screen.ask(Pick(say("analysis.province"), options, lines))
        if chosen is None:
            return
        now = screen.hall.clock.now()
        await screen.ask(Tell(say("analysis.province.day", day=chosen.day), _day_lines(chosen, now)))


def told(state: ProvinceState, now: int) -> list[str]:
    """The upload in lines: counts, refusals, the last trouble."""
    lines = [
        say("analysis.province.counts", known=state.acknowledged, waiting=state.waiting, refused=state.refused),
    ]
    if state.oldest_day:
        lines.append(say("analysis.province.oldest", day=state.oldest_day))
    lines += [say("analysis.province.refused_for", why=_words(code), count=n) for code, n in state.refused_for.items()]
    if state.trouble:
        at = moment(state.trouble_at or now, now)
        lines.append(say("analysis.province.trouble", why=_words(state.trouble), at=at))
    elif state.last_ok_at is not None:
        lines.append(say("analysis.province.last_ok", at=moment(state.last_ok_at, now)))
    return lines


def _words(code: str) -> str:
    key = f"analysis.province.why.{code}"
    return say(key) if has(key) else say("analysis.province.why.other", code=code)


def _day_line(day: ProvinceDay) -> str:
    state = say(f"analysis.province.state.{day.state}")
    if day.state == "different":
        differences = say("analysis.province.differs", missing=day.missing, differing=day.differing, extra=day.extra)
        return f"{day.day}  {state}  {say('analysis.province.both', ours=day.ours, theirs=day.theirs)}  {differences}"
    if day.state == "equal":
        return f"{day.day}  {state}  {say('analysis.province.both', ours=day.ours, theirs=day.theirs)}"
    return f"{day.day}  {state}"


def _day_lines(day: ProvinceDay, now: int) -> list[str]:
    lines = [_day_line(day)]
    if day.compared_at is not None:
        lines.append(say("analysis.province.compared", at=moment(day.compared_at, now)))
    if day.extra:
        lines.append(say("analysis.province.extra_means"))
    return [*lines, *(f"  {number}" for number in day.numbers)]
