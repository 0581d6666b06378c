"""What screen 0 shows of the local copy: the windows of a site, and where this machine was last."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

Read = Callable[..., list[sqlite3.Row]]
LAST_WINDOW = "signon.window"  # the draft's key


@dataclass(frozen=True, slots=True)
class WindowChoice:
    """A window that somebody may sit down at; `by` and `device` tell who sits there, empty for nobody."""

    id: str
    label: str
    site: str
    site_name: str
    skills: tuple[str, ...]
    session: str = ""
    by: str = ""
    device: str = ""
    wanted: bool = False  # the duty manager asks for it


_WINDOWS = """SELECT w.id, w.label, w.site, coalesce(i.name, w.site) AS site_name, w.skills, s.id AS session, s.staff,
s.device, r.id IS NOT NULL AS wanted FROM "window" w LEFT JOIN site i ON i.id = w.site
LEFT JOIN window_session s ON s."window" = w.id AND s.closed_at IS NULL
LEFT JOIN window_request r ON r."window" = w.id AND r.state = 'asked' AND r.kind = 'open'
WHERE w.site = :site OR :site = '' ORDER BY coalesce(i.kind, '') <> 'hall', w.site, w.label LIMIT 200"""


def windows(read: Read, site: str = "") -> list[WindowChoice]:
    """The windows of a site, of all sites where none is named."""
    return [
        WindowChoice(
            row["id"],
            row["label"],
            row["site"],
            row["site_name"],
            tuple(msgspec.json.decode(row["skills"] or "[]")),
            row["session"] or "",
            row["staff"] or "",
            row["device"] or "",
            bool(row["wanted"]),
        )
        for row in read(_WINDOWS, {"site": site})
    ]


def site_of(read: Read, staff: str) -> str:
    """The site of a person known here, empty for a stranger."""
    found = read("SELECT site FROM staff WHERE id = ?", (staff,))
    return found[0]["site"] if found else ""


def last_window(read: Read, staff: str) -> str:
    """The label of the window where this person was last at this machine, else where anybody was; empty: nowhere."""
    found = read(
        "SELECT body FROM draft WHERE key = ? ORDER BY (staff = ?) DESC, at DESC LIMIT 1", (LAST_WINDOW, staff)
    )
    return str(msgspec.json.decode(found[0]["body"])["label"]) if found else ""


def own_session(read: Read, staff: str, device: str) -> tuple[str, str] | None:
    """(session, window) where this person sits at this machine, or None."""
    found = read(
        'SELECT id, "window" FROM window_session WHERE staff = ? AND device = ? AND closed_at IS NULL'
        " ORDER BY opened_at DESC LIMIT 1",
        (staff, device),
    )
    return (found[0]["id"], found[0]["window"]) if found else None
