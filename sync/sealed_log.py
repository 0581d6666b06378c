"""What a program logs, on its standard error, where it stays for months and many may read it: nothing of a person.

    _log.error("internal", extra={"error": "KeyError"}, exc_info=error)
    ──▶ 2026-11-23 10:13:20 internal error=KeyError, KeyError at server_stub/routes/find.py:40 find < litestar/routes/…

A line has the event's name, of what was told beside it short codes alone, and of an exception its type and the places
it came through: its message may hold whatever somebody typed. Of a log line that is not ours only the place stands
there, since its words may be made of data. Redacting by patterns would keep some numbers; this cannot.
"""

from __future__ import annotations

import logging
import re
import threading
import traceback
from pathlib import Path
from typing import Final

OURS: Final = ("sync-server", "sync", "uvicorn.error")
"""Loggers whose messages are constant texts; uvicorn's are, since a life that fails tells it none of ours."""
TOLD: Final = ("kind", "error")
CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.@:-]{0,63}")
"""What a short code is: neither words nor a number."""
_ROOT: Final = Path(__file__).parent.parent
_FRAMES, _CAUSES = 12, 8


def seal() -> None:
    """From now on what no other handler takes is logged so, and a thread that breaks."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(Sealed())
    threading.excepthook = _thread_failed


def frames(error: BaseException) -> list[str]:
    """`module/file.py:12 function`, outermost first; paths outside the program are cut to their last two parts."""
    lines = []
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        short = path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else Path(*path.parts[-2:])
        if ".venv" in short.parts:
            short = Path(*path.parts[-2:])
        lines.append(f"{short.as_posix()}:{frame.lineno} {frame.name}")
    return lines


def causes(error: BaseException) -> list[BaseException]:
    """An exception, those that it groups, and what each came from, the last one first."""
    found: list[BaseException] = []
    ahead = [error]
    while ahead and len(found) < _CAUSES:
        seen = ahead.pop(0)
        found.append(seen)
        if isinstance(seen, BaseExceptionGroup):
            ahead += seen.exceptions
        before = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
        ahead += [before] if before is not None else []
    return found


class Sealed(logging.Formatter):
    """One line a record."""

    def format(self, record: logging.LogRecord) -> str:
        """As the module says."""
        event = str(record.msg).partition("\n")[0] if record.name in OURS else f"{record.name} {_place(record)}"
        said = [(name, getattr(record, name, None)) for name in TOLD]
        codes = [f"{name}={value}" for name, value in said if isinstance(value, str) and CODE.fullmatch(value)]
        error = record.exc_info[1] if record.exc_info else None
        line = " ".join([self.formatTime(record, "%Y-%m-%d %H:%M:%S"), event, *codes])
        return "".join([line, *map(_whence, causes(error) if error is not None else ())])


def _place(record: logging.LogRecord) -> str:
    return f"{Path(record.pathname).name}:{record.lineno}"


def _whence(error: BaseException) -> str:
    places = " < ".join(reversed(frames(error)[-_FRAMES:]))
    return f", {type(error).__name__} at {places}" if places else f", {type(error).__name__}"


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    error = failed.exc_value
    told = (type(error), error, error.__traceback__) if error is not None else None
    logging.getLogger("sync").error("thread_failed", exc_info=told)
