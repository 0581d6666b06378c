"""What is left of a crash: the type of the error and the frames it came through. No messages and no variables – both
hold personal data.

    error ──▶ report() ──▶ crashes/<time>.json ──▶ the next start says so (unseen, mark_seen)
"""

from __future__ import annotations

import contextlib
import json
import platform
from pathlib import Path

from sync.sealed_log import causes, frames


def report(error: BaseException, at_ms: int) -> dict[str, object]:
    """The redacted report of `error` and of what it came from."""
    chain = [
        {"type": f"{type(each).__module__}.{type(each).__qualname__}", "frames": frames(each)} for each in causes(error)
    ]
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
