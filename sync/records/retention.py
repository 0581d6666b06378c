"""Personal data: how long each column is kept, by which law, and how it ends.

    column ─▶ the name of its period (`personal(...)` in its table) ─▶ a setting of the hall, in days, and its source
    night  ─▶ the centre looks for what is over ─▶ personal.clear@1 by the clock ─▶ replicas clear with their pull
           ─▶ bodies of the log that are superseded for `log_days` go (server_stub.retention)

A row whose column may not be null goes as a whole. What belongs to a case is kept as archives: with the case it leaves
every working copy after `archive_days`, and whoever keeps the archive appraises it when `archive_years` are over – the
law lets no program destroy archives. No SQLModel here: rules import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sync.calendar import start_of_day_ms
from sync.records.settings import DAY, DEFAULTS

_SHORTEST = "个人信息保护法 (2021) arts. 19, 47: no longer than its purpose needs"

PERIODS: Final[Mapping[str, str]] = {
    "contact_days": f"{_SHORTEST}; the service is over, also for a window that was offline",
    "ticket_name_days": f"{_SHORTEST}; a ticket is asked for by name in the weeks after",
    "appointment_name_days": f"{_SHORTEST}; as a ticket's",
    "appointment_misses_days": f"{_SHORTEST}; a miss counts so long",
    "rater_days": "国办发〔2019〕51号: raters are protected; 个人信息保护法 art. 19: nobody adds to a rating later",
    "ledger_contact_days": "行政复议法 (2023) art. 20: sixty days to ask for reconsideration, and its way",
    "ledger_words_days": "民法典 art. 188: three years in which a claim can be brought",
    "rating_words_days": "民法典 art. 188: as the ledger's, whose source it is",
    "held_days": "行政复议法 (2023) art. 20: as long as who was refused may ask for reconsideration",
    "print_name_days": f"{_SHORTEST}; a copy is asked about in the weeks after",
    "moved_days": f"{_SHORTEST}; a case is looked for at its former place",
    "lookup_days": "网络安全法: logs for six months at least; 个人信息保护法 art. 51: who looked at what",
    "log_days": f"{_SHORTEST}; devices that were away go on by pages",
    "archive_years": "机关文件材料归档范围和文书档案保管期限规定 (国家档案局令第8号) art. 6; appraised, never "
    "destroyed by a program: 档案法",
}
"""Each period with its source; its length is the setting of the same name."""

ARCHIVES: Final = "archive_years"


class Ending(NamedTuple):
    """How the columns of a table that have one period end: after `period` from the column `since` (ms or a day), never
    before the setting `least` (ms) is over too. `deletes`: the whole row goes."""

    table: str
    period: str
    since: str
    columns: tuple[str, ...] = ()
    deletes: bool = False
    least: str = ""


ENDINGS: Final = (
    Ending("contact", "contact_days", "at", deletes=True),
    Ending("ticket", "ticket_name_days", "day", ("holder",)),
    Ending("appointment", "appointment_name_days", "day", ("holder",)),
    Ending("invite_link", "rater_days", "at", deletes=True, least="invite_open"),
    Ending("rectification", "ledger_contact_days", "closed_at", ("holder", "phone")),
    Ending(
        "rectification",
        "ledger_words_days",
        "closed_at",
        ("words", "cause", "measure", "evidence", "appeal", "void_reason"),
    ),
    Ending("callback_attempt", "ledger_words_days", "at", ("note",)),
    Ending("checklist_tick", "ledger_words_days", "at", ("value",)),
    Ending("evidence", "ledger_words_days", "at", deletes=True),
    Ending("rating", "rating_words_days", "rated_at", ("words",)),
    Ending("rating_supplement", "rating_words_days", "at", deletes=True),
    Ending("held_operation", "held_days", "decided_at", deletes=True),
    Ending("held_outcome", "held_days", "decided_at", deletes=True),
    Ending("print_job", "print_name_days", "ended_at", ("holder",)),
    Ending("case_move", "moved_days", "at", deletes=True),
)
FILES: Final = (
    ("material", "sha256"),
    ("evidence", "sha256"),
    ("document", "sha256"),
    ("document", "approval"),
    ("print_job", "sha256"),
)
"""Columns that name a file. One that no record names any more goes: at the centre `log_days` later, from every machine
a day after its copy has heard of it."""
BY_ANOTHER: Final[Mapping[str, str]] = {"booking": "appointment.lapse@1"}
"""Tables whose rows go by a verb of their own, which counts the period itself."""


def ending_of(table: str, period: str) -> Ending | None:
    """The ending of these columns; None where nothing of a table ends so."""
    return next((each for each in ENDINGS if (each.table, each.period) == (table, period)), None)


def kept_ms(ending: Ending, settings: Mapping[str, Any]) -> int:
    """How long it is kept, ms."""
    days: int = settings.get(ending.period, DEFAULTS[ending.period])
    least: int = settings.get(ending.least, DEFAULTS[ending.least]) if ending.least else 0
    return max(days * DAY, least)


def over(ending: Ending, row: Any, settings: Mapping[str, Any], now: int) -> bool:
    """Whether this row's columns have been kept long enough and are still there."""
    since = getattr(row, ending.since)
    if since is None or not (ending.deletes or any(getattr(row, name) is not None for name in ending.columns)):
        return False
    begun: int = start_of_day_ms(since) + DAY if isinstance(since, str) else since
    return begun + kept_ms(ending, settings) <= now
