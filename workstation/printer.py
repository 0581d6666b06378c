"""Paper out of a printer: CUPS by `lp` and `lpstat` where they are, else a folder of PDFs.

    send(path, title, folder) ─▶ lp ─▶ job ─▶ lpstat until the job is no longer waiting ─▶ Sent("printer", job)
                                  │             └ the printer stopped, or the time is up: cancel ─▶ PrintFailed
                                  └ no lp, or no printer ─▶ a copy in `folder` ─▶ Sent("folder", path)

That CUPS has done with a job says that the printer took it, not that the paper is good: whoever stands there confirms.
A job that failed is cancelled, so that it does not come out an hour later, when its right is void.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import msgspec

from sync.errors import HallError, StoreError

COMMAND_SECONDS = 20.0
JOB_SECONDS = 60.0
EVERY_SECONDS = 0.5
_JOB = re.compile(r"request id is (\S+-\d+)")
_STOPPED = re.compile(r"\b(disabled|stopped|not accepting)\b")


class PrintFailed(HallError):
    """It did not take it: `print.refused` (detail), `print.stopped` (printer, detail), `print.too_long` (job)."""


class Sent(msgspec.Struct, frozen=True):
    """Where it went: `how` is printer or folder, `where` the job or the file."""

    how: str
    where: str


def send(path: Path, title: str, folder: Path, *, job_seconds: float = JOB_SECONDS) -> Sent:
    """Print a file, and wait until the printer has it. Raises PrintFailed, StoreError. Not on the screen's own
    thread."""
    lp, lpstat = shutil.which("lp"), shutil.which("lpstat")
    if lp is None or lpstat is None or not _has_printer(lpstat):
        return Sent("folder", str(_copied(path, folder)))
    done = _run([lp, "-t", title, "--", str(path)])
    found = _JOB.search(done.stdout)
    if done.returncode != 0 or found is None:
        raise PrintFailed("print.refused", detail=_one_line(done.stderr or done.stdout))
    try:
        _await(lpstat, found[1], job_seconds)
    except PrintFailed:
        if (cancel := shutil.which("cancel")) is not None:
            _run([cancel, found[1]])
        raise
    return Sent("printer", found[1])


def send_content(content: bytes, path: Path, title: str, folder: Path, *, job_seconds: float = JOB_SECONDS) -> Sent:
    """Print what is no file yet: from `path`, which nobody else may read and which is gone afterwards. Raises as `send`
    does."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        return send(path, title, folder, job_seconds=job_seconds)
    except OSError as error:
        raise PrintFailed("print.refused", detail=error.strerror or type(error).__name__) from None
    finally:
        path.unlink(missing_ok=True)


def _has_printer(lpstat: str) -> bool:
    """Whether CUPS answers and has a default printer."""
    told = _run([lpstat, "-d"])
    return told.returncode == 0 and ":" in told.stdout


def _await(lpstat: str, job: str, seconds: float) -> None:
    printer = job.rpartition("-")[0]
    for _ in range(max(1, round(seconds / EVERY_SECONDS))):
        waiting = _run([lpstat, "-W", "not-completed", "-o", printer])
        if job not in waiting.stdout.split():
            return
        state = _run([lpstat, "-p", printer])
        if _STOPPED.search(state.stdout):
            raise PrintFailed("print.stopped", printer=printer, detail=_one_line(state.stdout))
        time.sleep(EVERY_SECONDS)
    raise PrintFailed("print.too_long", job=job)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            errors="replace",
            timeout=COMMAND_SECONDS,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PrintFailed("print.refused", detail=type(error).__name__) from None


def _copied(path: Path, folder: Path) -> Path:
    """Each print is a file of its own."""
    n = 1
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        while (target := folder / (path.name if n == 1 else f"{path.stem} ({n}){path.suffix}")).exists():
            n += 1
        shutil.copyfile(path, target)
        target.chmod(0o600)
    except OSError as error:
        raise StoreError("disk_full", path=str(folder), detail=error.strerror or str(error)) from None
    return target


def _one_line(text: str) -> str:
    return " ".join(text.split())[:160]
