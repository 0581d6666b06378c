"""登记电话投诉, F4 of screen 4: what somebody says on the telephone becomes an entry with the clocks of a bad rating.

matter ─▶ site ─▶ window ─▶ person ─▶ who complains ─▶ telephone ─▶ words        Enter leaves out what nobody knows
"""

from __future__ import annotations

from workstation.locale import Phrase, say
from workstation.screens.callback_written import Written
from workstation.screens.frame import Frame
from workstation.screens.receive import Named, PickMatter
from workstation.services.callback import CallbackService
from workstation.widgets.dialog import Ask

NEW = "new"
"""Whose draft the words are until the entry has an id."""


async def complaint(screen: Frame, service: CallbackService) -> str:
    """The new entry's id, empty where it was given up; the words stay as a draft."""
    title = say("callback.edit.complaint")
    matter = await _one_of(screen, service.matters(), "callback.complaint.matter")
    site = await _one_of(screen, service.sites(), "callback.complaint.site") if matter else None
    if matter is None or site is None:
        return ""
    windows = {label.lstrip("0"): id for id, label, at in service.windows() if at == site}

    def unknown(label: str) -> Phrase | None:
        return "callback.no_window" if label and label.lstrip("0") not in windows else None

    label = await screen.ask(Ask(title, say("callback.complaint.window"), digits=True, check=unknown))
    if label is None:
        return ""
    person = await screen.ask(Ask(title, say("callback.complaint.person"), limit=12, check=service.no_person))
    if person is None:
        return ""
    holder = await screen.ask(Ask(title, say("callback.complaint.holder")))
    if holder is None:
        return ""
    phone = await screen.ask(Ask(title, say("callback.complaint.phone"), digits=True, check=_telephone))
    if phone is None:
        return ""
    words = await screen.ask(
        Written(
            title,
            say("callback.complaint.words"),
            value=service.draft(NEW, "words"),
            keep=lambda typed: service.keep_draft(NEW, "words", typed),
            limit=service.words_max,
            words="",
        )
    )
    if not words:
        return ""
    id = service.open_complaint(
        matter=matter,
        window=windows.get(label.lstrip("0")) if label else None,
        rated_staff=person or None,
        site=site,
        holder=holder or None,
        phone=phone or None,
        words=words,
    )
    service.drop_draft(NEW, "words")
    return id


async def _one_of(screen: Frame, known: list[tuple[str, str]], asked: str) -> str | None:
    """By a part of its name or its initials; where there is one alone, that."""
    if len(known) == 1:
        return known[0][0]
    named = [Named(*each) for each in known]
    chosen: str | None = await screen.ask(PickMatter(named, say("callback.edit.complaint"), [say(asked)]))
    return chosen


def _telephone(typed: str) -> Phrase | None:
    plain = typed.replace("-", "").replace(" ", "").removeprefix("+")
    return None if not plain or (plain.isdigit() and 5 <= len(plain) <= 15) else "callback.phone_wrong"
