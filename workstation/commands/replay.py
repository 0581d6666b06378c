"""`workstation replay FILE`: recorded work through real replicas, real HTTP and a real server process.

Exit codes: 0 everything held; 1 something did not, and it is named; 2 the input cannot be used.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sync.errors import InputError, StoreError
from workstation.arguments import Arguments, whole_number
from workstation.locale import say

WIDTH = 30
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says of a full disk, a used-up quota, a file over its limit."""


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    from workstation.replay.faults import MODES, NONE
    from workstation.replay.sabotage import KINDS

    parser = Arguments("workstation replay", say("replay.about"))
    parser.add_argument("file", type=Path, metavar="FILE", help=say("replay.file"))
    parser.add_argument("--devices", type=whole_number(1), metavar="N", help=say("replay.devices"))
    parser.add_argument("--faults", choices=MODES, default=NONE, help=say("replay.faults"))
    parser.add_argument("--seed", type=whole_number(0), default=1, metavar="N", help=say("replay.seed"))
    parser.add_argument("--report", type=Path, metavar="FILE.json", help=say("replay.report"))
    parser.add_argument("--sabotage", choices=KINDS, default="", help=say("replay.sabotage"))
    parser.add_argument("--keep", type=Path, metavar="DIR", help=say("replay.keep"))
    chosen = parser.parse_args(argv)
    if chosen.report is not None and not chosen.report.exists():  # said before an hour of work, not after it
        _write(chosen.report, "")
        chosen.report.unlink()
    try:
        if chosen.keep is None:
            with tempfile.TemporaryDirectory(prefix="replay-", ignore_cleanup_errors=True) as folder:
                return _run(chosen, Path(folder))
        _claim(chosen.keep)
        return _run(chosen, chosen.keep)
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise StoreError("replay.disk", detail=error.strerror) from None


def _claim(folder: Path) -> None:
    """The folder is there and empty. Raises InputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        left = any(folder.iterdir())
    except OSError as error:
        raise InputError("replay.folder_unusable", path=str(folder), detail=error.strerror) from None
    if left:
        raise InputError("replay.folder_not_empty", path=str(folder))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError("replay.report_unwritable", path=str(path), detail=error.strerror) from None


def _run(chosen: argparse.Namespace, folder: Path) -> int:
    from workstation.replay.run import Wish, replay

    wish = Wish(chosen.file, folder, chosen.devices, chosen.faults, chosen.seed, chosen.sabotage)
    verdict = asyncio.run(replay(wish, _Bar()))
    text = json.dumps(verdict.report, ensure_ascii=False, indent=1)
    print(text)
    if chosen.report is not None:
        _write(chosen.report, text + "\n")
    for line in verdict.wrong:
        print(say("replay.wrong", what=line), file=sys.stderr)
    print(say("replay.failed", count=len(verdict.wrong)) if verdict.wrong else say("replay.held"), file=sys.stderr)
    return 1 if verdict.wrong else 0


class _Bar:
    """A progress bar on a terminal's standard error; a line at every tenth elsewhere."""

    def __init__(self) -> None:
        self._shown = -1
        self._live = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        """`done` of `total` steps."""
        percent = 100 * done // max(total, 1)
        step = percent if self._live else percent // 10 * 10
        if step == self._shown:
            return
        self._shown = step
        filled = WIDTH * done // max(total, 1)
        line = f"[{'#' * filled}{'.' * (WIDTH - filled)}] {percent:3d}%  {done}/{total}"
        print(f"\r{line}" if self._live else line, end="" if self._live and done < total else "\n", file=sys.stderr)
