"""docs/verdicts.md: what `workstation verify` says of 192 public files.

    ../shared/data/pdf/verdicts.csv ─▶ a process apart judges each file ─▶ marks × verdicts, and the files in doubt

Made by `python -m tests.verdicts_page > docs/verdicts.md`; a test makes it anew and compares. The marks are those of
the two projects that the files come from.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from sync.verdict import ANY, Verdict, Word
from sync.verify_apart import ApartVerifier

PDFS = Path(__file__).parents[2] / "shared/data/pdf"
MARKS = ("good", "good_multi", "changed_later", "bad", "disputed", "unsigned", "unreadable")

HEAD = """# Verdicts

What `workstation verify --trust any` says of the {count} public test files of two other projects (EU DSS, pyHanko), by
the mark that each file bears; made by `python -m tests.verdicts_page`, checked by a test. The files are judged in a
process apart, with a deadline for each and a limit of memory; none ended it.

`good_multi` is validly signed with later additions that the signer allowed; `changed_later` has form fields or
annotations changed after signing; of `disputed` files other verifiers say different things.
"""
TAIL = """
No file marked bad is genuine, every file marked good is. Of files with several revisions we call only those genuine in
which nothing but validation data and time stamps followed the last signature. Much of what others dispute is `changed`
here: an unusual container, an unknown algorithm or anything that cannot be checked is no reason to believe a file.

## Files with later revisions

| file | mark | verdict | because |
|---|---|---|---|
"""


class Judged(NamedTuple):
    """One file: its mark in the list, and what we say."""

    name: str
    mark: str
    verdict: Verdict


def judge_all(folder: Path = PDFS) -> list[Judged]:
    """Every file of the list, in its order."""
    with (folder / "verdicts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with ApartVerifier() as verifier:
        return [
            Judged(
                f"{row['source']}/{row['file']}",
                row["expected"],
                verifier.verify((folder / row["source"] / row["file"]).read_bytes(), ANY),
            )
            for row in rows
        ]


def page(judged: list[Judged]) -> str:
    """The page's text."""
    counts = Counter((each.mark, each.verdict.verdict) for each in judged)
    lines = ["| mark | files | " + " | ".join(Word) + " |", "|---" * (len(Word) + 2) + "|"]
    for mark in MARKS:
        numbers = [counts[mark, word] for word in Word]
        lines.append(f"| {mark} | {sum(numbers)} | " + " | ".join(str(n or "") for n in numbers) + " |")
    later = [
        f"| {each.name} | {each.mark} | {each.verdict.verdict} | {', '.join(each.verdict.reasons)} |"
        for each in judged
        if each.mark in ("good_multi", "changed_later")
    ]
    return HEAD.format(count=len(judged)) + "\n" + "\n".join(lines) + "\n" + TAIL + "\n".join(later) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page(judge_all()))
