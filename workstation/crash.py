"""What is left of a crash: the type of the error and the frames it came through. No messages and no variables – both
hold personal data.

    error ──▶ report() ──▶ crashes/<time>.json ──▶ the next start says so (unseen, mark_seen)
"""

from __future__ import annotations

import contextlib
import json
import platform
import traceback
from pathlib import Path

_ROOT = Path(__file__).parent.parent


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


def report(error: BaseException, at_ms: int) -> dict[str, object]:
    """The redacted report of `error` and of what it came from."""
    chain: list[dict[str, object]] = []
    seen: BaseException | None = error
    while seen is not None and len(chain) < 8:
        chain.append({"type": f"{type(seen).__module__}.{type(seen).__qualname__}", "frames": frames(seen)})
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return {"at": at_ms, "python": platform.python_version(), "system": platform.system(), "errors": chain}


def write(error: BaseException, folder: Path, at_ms: int) -> Path | None:
    """Write the report into `folder`; None where the disk does not let us."""
    path = folder / f"{at_ms}.json"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(json.dumps(report(error, at_ms), indent=1), encoding="utf-8")
        return path
    return None


def unseen(folder: Path) -> list[Path]:
    """Reports that no start has told of, oldest first."""
    return sorted(path for path in folder.glob("*.json") if not path.stem.endswith("-seen"))


def mark_seen(reports: list[Path]) -> None:
    """These reports have been told of."""
    for path in reports:
        with contextlib.suppress(OSError):
            path.replace(path.with_name(f"{path.stem}-seen.json"))
