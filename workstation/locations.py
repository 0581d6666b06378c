"""Where the program keeps its things; nothing else in the workstation makes up a path.

    data/      the local copy, the queue, blobs            backed up
    config/    settings.toml, keys.toml                    edited by people
    state/     journal, crash reports                      may be deleted
    cache/     viewer copies of papers                     emptied at start, lock and close

`--data DIR` or the environment variable HALL_DATA puts all four below one folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

APP = "hall-workstation"
ENVIRONMENT = "HALL_DATA"


@dataclass(frozen=True, slots=True)
class Locations:
    """The folders; properties name the files in them. Nothing is created by asking."""

    data: Path
    config: Path
    state: Path
    cache: Path

    @property
    def settings_file(self) -> Path:
        """The person's or the hall's settings."""
        return self.config / "settings.toml"

    @property
    def keys_file(self) -> Path:
        """Remapped keys."""
        return self.config / "keys.toml"

    @property
    def journal_file(self) -> Path:
        """The journal, JSON lines; older ones end in .1, .2 …"""
        return self.state / "journal.jsonl"

    @property
    def crash_dir(self) -> Path:
        """Redacted crash reports."""
        return self.state / "crashes"

    @property
    def replica_dir(self) -> Path:
        """Local copies, one SQLite file a device."""
        return self.data / "replica"

    @property
    def viewer_dir(self) -> Path:
        """Copies of papers that a viewer has open."""
        return self.cache / "viewer"

    @property
    def drop_dir(self) -> Path:
        """The folder that is watched for scans and photographs, unless settings name another."""
        return self.data / "inbox"

    def items(self) -> list[tuple[str, Path]]:
        """Every place by its name, for `workstation locate`."""
        own = [(name, getattr(self, name)) for name in ("data", "config", "state", "cache")]
        named = [name for name in vars(Locations) if isinstance(vars(Locations)[name], property)]
        return own + [(name, getattr(self, name)) for name in named]


def locate(data: str | os.PathLike[str] | None = None) -> Locations:
    """The folders: below `data` if given, else below $HALL_DATA, else where the system keeps such things."""
    base = data or os.environ.get(ENVIRONMENT)
    if base:
        root = Path(base).expanduser().absolute()
        return Locations(root / "data", root / "config", root / "state", root / "cache")
    import platformdirs

    return Locations(
        platformdirs.user_data_path(APP, appauthor=False),
        platformdirs.user_config_path(APP, appauthor=False),
        platformdirs.user_state_path(APP, appauthor=False),
        platformdirs.user_cache_path(APP, appauthor=False),
    )
