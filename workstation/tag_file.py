"""Tags of ratings as a file: a line a tag, `nature,level,code,zh,en`; judged against what the hall has, and published.

    FILE ─▶ read_sets ─▶ judged: which sets would change, what is wrong ─▶ publish: tags.publish for each that changes

A line without a code says that a level has no tags. A level that the file does not name keeps what it has.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync.errors import InputError
from sync.protocol.verbs.rating import PublishTags
from sync.records.states import Level
from sync.rules.tags import set_id, wrong_in
from workstation.commanded import answered
from workstation.views.tags import Known, Tag

if TYPE_CHECKING:
    from workstation.services.desk import Desk

HEAD = ("nature", "level", "code", "zh", "en")
HELD_SECONDS = 60.0
Sets = dict[tuple[str, str], list[Tag]]


@dataclass(frozen=True, slots=True)
class Judged:
    """One set of a file: the version it would be, 0 where it changes nothing; and what is wrong with it, "" for
    nothing."""

    nature: str
    level: str
    version: int
    tags: Sequence[Tag]
    wrong: str = ""


def read_sets(text: str) -> Sets:
    """The sets in a file, in its order. Raises InputError `tags.bad_file`, `tags.bad_line` (line)."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    found: Sets = {}
    try:
        if tuple(next(rows, ())) != HEAD:
            raise InputError("tags.bad_file", head=",".join(HEAD))
        for row in rows:
            if not row:
                continue
            if len(row) != len(HEAD) or not row[0] or row[1] not in set(Level):
                raise InputError("tags.bad_line", line=rows.line_num)
            nature, level, code, zh, en = (cell.strip() for cell in row)
            own = found.setdefault((nature, level), [])
            if code or zh or en:
                own.append({"code": code, "zh": zh, "en": en})
    except csv.Error:
        raise InputError("tags.bad_line", line=rows.line_num) from None
    if not found:
        raise InputError("tags.bad_file", head=",".join(HEAD))
    return found


def as_file(known: Mapping[tuple[str, str], Known]) -> str:
    """The newest sets as a file that `read_sets` reads."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(HEAD)
    for (nature, level), each in known.items():
        for tag in each.tags or [dict.fromkeys(HEAD[2:], "")]:
            lines.writerow((nature, level, *(tag[name] for name in HEAD[2:])))
    return out.getvalue()


def judged(sets: Sets, known: Mapping[tuple[str, str], Known], natures: Sequence[str]) -> list[Judged]:
    """Each set of a file against those of the hall, as the centre will see it."""
    found = []
    for (nature, level), tags in sets.items():
        here = known.get((nature, level), Known(0, (), {}))
        wrong = "nature" if nature not in natures else wrong_in(tags)
        if not wrong and any(here.words.get(tag["code"], tag) != tag for tag in tags):
            wrong = "other_words"
        same = here.version > 0 and list(here.tags) == tags
        found.append(Judged(nature, level, 0 if same else here.version + 1, tags, wrong))
    return found


def publish(desk: Desk, sets: Sequence[Judged], tell: Callable[[int, int], None]) -> int:
    """Send the sets that change something, after an administrator signed on; how many these were. Raises InputError
    `tags.not_admin`, HallError as `answered` does."""
    if "admin" not in desk.me.roles:
        raise InputError("tags.not_admin", staff=desk.me.staff)
    base = desk.scope("base")
    desk.engine.wait_held({base}, HELD_SECONDS)
    sent = [
        desk.do(
            PublishTags(nature=each.nature, level=each.level, version=each.version, tags=list(each.tags)),
            id=set_id(each.nature, each.level, each.version),
            scope=base,
        )
        for each in sets
        if each.version
    ]
    answered(desk, sent, tell)
    return len(sent)
