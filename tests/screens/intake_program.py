"""A terminal of the live hall as a program of its own, to be killed: `intake_program.py REPLICA URL SECRET STAFF`.

It signs that person on and stays at the screen of their role.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def build() -> Any:
    """The app; the hall's time stands where the test's hall begins."""
    from sync.clock import DrivenClock
    from sync.device_key import DeviceKey
    from workstation.journal import Journal
    from workstation.locations import locate
    from workstation.settings import Settings
    from workstation.terminal import DemoPerson, Terminal, TerminalApp

    replica, url, key, staff = sys.argv[1:]
    clock, locations = DrivenClock(1_795_400_000_000), locate(Path(replica).parent)
    people = (DemoPerson("grid", staff, "-", "1234"),)
    return TerminalApp(
        Terminal(Path(replica), url, lambda: DeviceKey.read(key), locations, clock, people, sign_on_as=staff),
        clock=clock,
        settings=Settings(),
        locations=locations,
        journal=Journal(locations.journal_file, clock),
    )


if __name__ == "__main__":
    from workstation.launch import launch

    sys.exit(launch(build))
