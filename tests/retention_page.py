"""docs/retention.md from the tables themselves: `python -m tests.retention_page > docs/retention.md`."""

from __future__ import annotations

from sync.records.base import PERSONAL
from sync.records.retention import ARCHIVES, BY_ANOTHER, ENDINGS, PERIODS
from sync.records.settings import DEFAULTS
from sync.records.tables import TABLES

HEAD = """# How long personal data is kept

Made from the tables by `python -m tests.retention_page > docs/retention.md`, checked by a test. Every period is a
setting of the hall, in days unless it is named years; its default and the law it rests on stand beside it. At three in
the night the centre looks for what is over; the operation `personal.clear@1` of the actor `clock` clears it, so every
copy clears with its next pull. From the log it goes `log_days` later, with the bodies that are superseded; the chain of
hashes stays whole. `docs/decisions.md`, *Personal data*, says why so.

A file – of a material, a paper, evidence, a print job – is named by its hash in such a column and ends with it. Once
no record names it any more, the night marks it; `log_days` later its row goes, the salt of its key is overwritten and
it is taken from the folder, so that what a disk still holds of it cannot be opened; a backup holds it until the backup
is thrown away. A machine does the same a day after its copy has heard of it, unless a draft or something unsent names
it.

"""


def _ends(period: str) -> str:
    if period == ARCHIVES:
        return "with its case out of every working copy after `archive_days`; then appraised by who keeps the archive"
    told = []
    for each in ENDINGS:
        if each.period == period:
            what = "row" if each.deletes else "columns"
            least = f", not before `{each.least}`" if each.least else ""
            told.append(f"{each.table}: {what}, from `{each.since}`{least}")
    others = [table for table in BY_ANOTHER if period in (c.info.get(PERSONAL) for c in TABLES[table].columns)]
    told += [f"{table}: row, by `{BY_ANOTHER[table]}`" for table in others]
    return "; ".join(told) or {"lookup_days": "lookup: row, from `at`", "log_days": "log: superseded bodies"}[period]


def page() -> str:
    """The whole page."""
    of: dict[str, list[str]] = {name: [] for name in PERIODS}
    for name in sorted(TABLES):
        for column in TABLES[name].columns:
            if PERSONAL in column.info:
                of[column.info[PERSONAL]].append(f"{name}.{column.name}")
    of["lookup_days"] = ["lookup.asked", "lookup.shown (the centre's own)"]
    of["log_days"] = ["log.body (the centre's own)"]
    lines = ["| period | default | columns | how it ends | law |", "|---|---|---|---|---|"]
    lines += [
        f"| `{name}` | {DEFAULTS[name]} | {', '.join(of[name])} | {_ends(name)} | {source} |"
        for name, source in PERIODS.items()
    ]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
