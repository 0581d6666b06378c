"""The program's commands as a person without a terminal starts them, and what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.faults.terminals import LIMIT_S, ROOT, environment

HAN = re.compile("[\u4e00-\u9fff]")
Done = subprocess.CompletedProcess[str]


def run(
    *arguments: str | Path,
    module: str = "workstation",
    before: Callable[[], None] | None = None,
    cwd: Path = ROOT,
    **changes: str | None,
) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        env=environment(PYTHONPATH=str(ROOT), **changes),
        preexec_fn=before,
        timeout=LIMIT_S,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done


def one_sentence(done: Done, code: int) -> str:
    """The only line that was said, in Chinese; the exit code is `code`."""
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert HAN.search(lines[0])
    return lines[0]
