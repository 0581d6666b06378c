"""Verbs of the administrator and the duty manager; `id` is the record named."""

from __future__ import annotations

from typing import Any

from sync.protocol.operation import Args, kind


@kind("staff.put@1")
class PutStaff(Args, frozen=True, kw_only=True):
    """Add or change a person; `certificate` is the serial number, in hex, of the one they sign with."""

    name: str
    site: str
    office: str | None = None
    certificate: str | None = None
    active: bool = True


@kind("role.assign@1")
class AssignRole(Args, frozen=True, kw_only=True):
    """Let `staff` act as `role` on `over`; `id` is the assignment."""

    staff: str
    role: str
    over: str


@kind("role.remove@1")
class RemoveRole(Args, frozen=True, kw_only=True):
    """Take an assignment back, at once."""


@kind("setting.put@1")
class PutSetting(Args, frozen=True, kw_only=True):
    """Set a setting of the hall; `id` is its name."""

    value: Any
    from_day: str | None = None


@kind("matter.put@1")
class PutMatter(Args, frozen=True, kw_only=True):
    """Add or change a matter."""

    name: str
    office: str
    prefix: str
    expected_minutes: int
    promised_days: int
    statutory_days: int
    basis: str
    nature: str = "permit"
    materials: list[dict[str, Any]] = []
    fields: list[dict[str, Any]] = []
    licence: str | None = None
    licence_years: int = 0
    active: bool = True


@kind("calendar.put@1")
class PutDay(Args, frozen=True, kw_only=True):
    """Import an exception of the working-day calendar; `id` is the day."""

    working: bool
    name: str | None = None


@kind("window.assign@1")
class AssignWindow(Args, frozen=True, kw_only=True):
    """What a window takes from now on; `id` is the window."""

    skills: list[str]


@kind("window.place@1")
class PlaceWindow(Args, frozen=True, kw_only=True):
    """How citizens find a window, as in 2层; empty, nothing is said of it. `id` is the window."""

    place: str
