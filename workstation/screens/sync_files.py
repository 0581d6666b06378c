"""How screen 7 words a file that the centre does not take: a row of the list, and the lines below it."""

from __future__ import annotations

from workstation.cells import wrap
from workstation.hours import hhmm, moment
from workstation.locale import has, say
from workstation.views.files import RefusedFile
from workstation.views.worklist import short
from workstation.widgets.lines import Line
from workstation.widgets.rows import Row

MB = 1_000_000
KINDS = {"application/pdf": "PDF", "image/png": "PNG", "image/jpeg": "JPEG"}


def file_row(file: RefusedFile) -> Row:
    """One line of the list."""
    cells = (short(file.number) or hhmm(file.at), file.name, hhmm(file.at), say("sync.file_refused"), reason(file))
    return Row(f"file-{file.id}-{file.sha256}", cells, tone="warn", data=file)


def reason(file: RefusedFile) -> str:
    """Why, and what helps, in one sentence."""
    key = f"sync.file.{file.code}"
    if not has(key):
        return say("sync.file.other", code=file.code)
    params = file.params
    return say(
        key,
        limit=_mb(params.get("limit")),
        used=_mb(params.get("used")),
        says=_kind(params.get("says")),
        found=_kind(params.get("is")),
    )


def _mb(value: object) -> str:
    return f"{value / MB:.0f}MB" if isinstance(value, int) else ""


def _kind(value: object) -> str:
    return KINDS.get(str(value), say("sync.file_kind_other"))


def file_lines(file: RefusedFile, now: int, room: int) -> list[Line]:
    """Which file, why, when it is tried again, and that nothing else waits for it."""
    head = say("sync.file_head", at=moment(file.at, now), name=file.name, about=file.number)
    lines: list[Line] = [[(head, "title")], *([(line, "warn")] for line in wrap(reason(file), room)[:3])]
    again = say("sync.file_again", at=moment(file.next_at, now)) if file.next_at > now else say("sync.file_soon")
    return [*lines, [(again, "")], [(say("sync.file_apart"), "dim")]]
