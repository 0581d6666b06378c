"""Settings, matters, people and their roles as a file, and back: a step of an administrator for each difference.

    FILE ─▶ read_file ─▶ judged: a step for each difference ─▶ said, one after another, each answer awaited

What a file does not name stays as it is; the roles of a person whom it names with roles are then exactly those.

    {"settings": {"rectify_days": 3, "callback_limit": {"value": 1800000, "from_day": "2027-01-01"}},
     "matters": {"m-1": {…}}, "staff": {"0309": {"name": "…", "site": "main", "roles": [["clerk", "licang:queue"]]}}}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from sync.errors import InputError
from sync.protocol.operation import Args
from sync.protocol.verbs.staff import AssignRole, PutMatter, PutSetting, PutStaff, RemoveRole
from sync.records.settings import DEFAULTS
from sync.rules.approval import serial_of
from sync.rules.setting import fits
from workstation.commanded import answered
from workstation.views import administered

if TYPE_CHECKING:
    from workstation.services.desk import Desk

HELD_SECONDS = 60.0


class Dated(msgspec.Struct, forbid_unknown_fields=True):
    """A setting's value from a day on."""

    value: Any
    from_day: str


class Person(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A member of staff; `roles` are (role, scope), None for those they have."""

    name: str
    site: str
    office: str | None = None
    certificate: str | None = None
    active: bool = True
    roles: list[tuple[str, str]] | None = None

    @property
    def put(self) -> PutStaff:
        """The words that put them so."""
        serial = serial_of(self.certificate) or self.certificate if self.certificate else None
        return PutStaff(name=self.name, site=self.site, office=self.office, certificate=serial, active=self.active)


class HallFile(msgspec.Struct, forbid_unknown_fields=True):
    """The file."""

    settings: dict[str, Any] = {}
    matters: dict[str, PutMatter] = {}
    staff: dict[str, Person] = {}


@dataclass(frozen=True, slots=True)
class Step:
    """One operation. `what`: setting, matter, staff, role or no_role; `told` says what becomes of it. A new assignment
    of a role has no `id` yet."""

    what: str
    id: str
    args: Args
    told: str


def read_file(data: bytes) -> HallFile:
    """Raises InputError `hall.bad_file` (reason), `hall.unknown_setting` (name), `hall.bad_setting` (name)."""
    try:
        found = msgspec.json.decode(data, type=HallFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError("hall.bad_file", reason=str(error)) from None
    for name, said in found.settings.items():
        if name not in DEFAULTS:
            raise InputError("hall.unknown_setting", name=name)
        if not fits(name, _dated(said)[0]):
            raise InputError("hall.bad_setting", name=name)
    return found


def _dated(said: Any) -> tuple[Any, str | None]:
    """A value, and the day from which it is to hold."""
    if isinstance(said, dict) and said.keys() == {"value", "from_day"}:
        dated = msgspec.convert(said, Dated)
        return dated.value, dated.from_day
    return said, None


def as_file(read: administered.Read) -> bytes:
    """All of it as this copy has it."""
    roles: dict[str, list[tuple[str, str]]] = {}
    for each in administered.grants(read):
        roles.setdefault(each.staff, []).append((each.role, each.over))
    found = HallFile(
        settings={name: value for name, (value, _) in administered.settings(read).items()},
        matters=administered.matters(read),
        staff={
            id: Person(**msgspec.structs.asdict(put), roles=roles.get(id, []))
            for id, put in administered.people(read).items()
        },
    )
    return msgspec.json.format(msgspec.json.encode(found), indent=1)


def judged(file: HallFile, read: administered.Read) -> list[Step]:
    """What has to be said so that the hall is as the file has it: settings, matters, people, then roles."""
    return [*_settings(file, read), *_matters(file, read), *_people(file, read), *_roles(file, read)]


def _settings(file: HallFile, read: administered.Read) -> Iterator[Step]:
    here = administered.settings(read)
    for name, said in file.settings.items():
        value, from_day = _dated(said)
        if value != here[name][0]:  # a day of the past, or one that was put before, changes nothing more
            yield Step("setting", name, PutSetting(value=value, from_day=from_day), _text(value, from_day))


def _text(value: Any, from_day: str | None) -> str:
    told = msgspec.json.encode(value).decode()
    return f"{told} ({from_day} →)" if from_day else told


def _matters(file: HallFile, read: administered.Read) -> Iterator[Step]:
    here = administered.matters(read)
    for id, matter in file.matters.items():
        if here.get(id) != matter:
            yield Step("matter", id, matter, matter.name)


def _people(file: HallFile, read: administered.Read) -> Iterator[Step]:
    here = administered.people(read)
    for id, person in file.staff.items():
        if here.get(id) != person.put:
            yield Step("staff", id, person.put, person.name)


def _roles(file: HallFile, read: administered.Read) -> Iterator[Step]:
    """What somebody may no more goes first: some roles stand against others. Who left has lost theirs by that."""
    here = administered.grants(read)
    for id, person in file.staff.items():
        if person.roles is None or not person.active:
            continue
        own = {(each.role, each.over): each.id for each in here if each.staff == id}
        for (role, over), assignment in own.items():
            if (role, over) not in person.roles:
                yield Step("no_role", assignment, RemoveRole(), f"{id} {role} {over}")
        for role, over in dict.fromkeys(person.roles):
            if (role, over) not in own:
                yield Step("role", "", AssignRole(staff=id, role=role, over=over), f"{id} {role} {over}")


def apply(desk: Desk, steps: Sequence[Step], tell: Callable[[Step], None]) -> None:
    """Say the steps, after an administrator signed on; `tell` each that was taken. Raises InputError `hall.not_admin`,
    HallError as `answered` does: what was taken stays, and the same file goes on from there."""
    if "admin" not in desk.me.roles:
        raise InputError("hall.not_admin", staff=desk.me.staff)
    base = desk.scope("base")
    for step in steps:
        answered(desk, [desk.do(step.args, id=step.id or desk.new_id(), scope=base)], lambda *_: None)
        tell(step)
