"""The small hall as a program of its own, for the tests in a pseudo-terminal: `python real_program.py FOLDER`.

F9 on screen 2 fails with an ID number in a local variable and in the message.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2])]


def build() -> Any:
    """The app, with screen 2 failing and every called number written to FOLDER/called."""
    from hall import Queue, Review, small_hall

    class Failing(Review):
        async def do_commit(self) -> None:
            identity = "370213199001011234"
            await asyncio.sleep(0)
            raise ValueError(f"no such person {identity}")

    class Writing(Queue):
        async def do_call_next(self) -> None:
            await super().do_call_next()
            (Path(sys.argv[1]) / "called").write_text("\n".join(self.called))

    app = small_hall(Path(sys.argv[1]))
    app._screens_by_number = {**app._screens_by_number, 1: Writing, 2: Failing}
    return app


if __name__ == "__main__":
    from workstation.launch import launch

    sys.exit(launch(build))
