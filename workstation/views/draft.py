"""A case on its way in: what a grid worker has typed and the files taken for it, before anything is an operation.

    Draft ─ values by field name ─ materials, each with its files (by hash, beside the replica)
      ├─ fields(matter)      what the screen asks, in order; a matter's own field for the name is the applicant's
      ├─ form(matter)        the case's form
      └─ checks(…)           what may be wrong, each a hint: nothing here keeps anybody from handing in

Its id is the case's from the first key on, so that handing in twice is once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sync.protocol.identifiers import derived
from sync.protocol.verbs import case as verbs
from sync.records.checkdigits import wrong_credit_code, wrong_id_number
from workstation.locale import Phrase

BASE: Final = ("applicant", "applicant_code", "agent", "agent_id", "address")
OF_CASE: Final = ("applicant", "applicant_code")
ALIASES: Final[Mapping[str, str]] = {"name": "applicant", "company": "applicant", "contact": "agent"}
"""Fields of a matter that ask what was asked already."""

_CODE = re.compile(r"\s+")


class DraftFile(msgspec.Struct, frozen=True):
    """A file that was moved in; `name` is what it was called in the folder."""

    sha256: str
    size: int
    media_type: str
    name: str


class DraftMaterial(msgspec.Struct, frozen=True):
    """One line of the matter's list, and what is there for it."""

    id: str
    name: str
    required: bool = False
    files: tuple[DraftFile, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)


class Draft(msgspec.Struct, frozen=True):
    """`receipt` is the id of the 材料接收凭证. `sending`: the hand-in was begun; `sent`: its operations' numbers, the
    first that of case.receive; `refused`: the code and parameters with which the centre did not take it."""

    id: str
    matter: str
    receipt: str
    values: dict[str, str] = {}
    materials: tuple[DraftMaterial, ...] = ()
    withdrawn: bool = False
    sending: bool = False
    sent: tuple[int, ...] = ()
    refused: tuple[str, dict[str, Any]] | None = None

    @property
    def open(self) -> bool:
        """Whether it is still worked on."""
        return not (self.withdrawn or self.sending or self.sent)

    def material(self, id: str) -> DraftMaterial | None:
        """A material by its id."""
        return next((each for each in self.materials if each.id == id), None)

    def with_files(self, material: str, files: Iterable[DraftFile]) -> Draft:
        """The same with these files for one material."""
        kept = tuple(files)
        changed = tuple(
            msgspec.structs.replace(each, files=kept) if each.id == material else each for each in self.materials
        )
        return msgspec.structs.replace(self, materials=changed)

    @property
    def files(self) -> list[DraftFile]:
        """Every file of every material."""
        return [file for material in self.materials for file in material.files]


@dataclass(frozen=True, slots=True)
class AskedField:
    """One field that the screen asks; `label` is a catalogue key or the matter's own words."""

    name: str
    label: str
    required: bool = False
    personal: bool = False


def asked_fields(matter: Any) -> list[AskedField]:
    """The five of every hand-in, then the matter's own that ask something else."""
    own = {str(each["name"]): each for each in matter.fields or []}
    wanted = {ALIASES.get(name, name) for name, each in own.items() if each.get("required")}
    fields = [
        AskedField(
            name, f"intake.field.{name}", name == "applicant" or name in wanted, personal=name in ("agent", "agent_id")
        )
        for name in BASE
    ]
    return fields + [
        AskedField(name, str(each.get("label") or name), bool(each.get("required")), bool(each.get("personal")))
        for name, each in own.items()
        if name not in BASE and name not in ALIASES
    ]


def form_of(draft: Draft, matter: Any) -> dict[str, str]:
    """The case's form: every value that was typed, under the matter's own names."""
    own = [str(each["name"]) for each in matter.fields or []]
    values = {name: value.strip() for name, value in draft.values.items() if value.strip()}
    form = {name: values[from_] for name in own if (from_ := ALIASES.get(name, name)) in values}
    given = {ALIASES.get(name, name) for name in own}
    extra = {name: value for name, value in values.items() if name not in given and name not in OF_CASE}
    return {**form, **extra}


def code_of(draft: Draft) -> str | None:
    """The credit code without blanks, in capitals."""
    return _CODE.sub("", draft.values.get("applicant_code", "")).upper() or None


def steps_of(draft: Draft, matter: Any) -> tuple[int, int]:
    """(done, all): required fields and required materials."""
    done = [bool(draft.values.get(field.name, "").strip()) for field in asked_fields(matter) if field.required]
    done += [bool(material.files) for material in draft.materials if material.required]
    return sum(done), len(done)


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file as it is handed in; further files of a material stand beside it under an id of their own."""

    material: str
    name: str
    ordinal: int
    required: bool
    file: DraftFile

    def args(self, case: str) -> verbs.Attach:
        """The operation."""
        return verbs.Attach(
            case=case,
            name=self.name,
            ordinal=self.ordinal,
            required=self.required,
            sha256=self.file.sha256,
            size=self.file.size,
            media_type=self.file.media_type,
        )


def attachments(draft: Draft) -> list[Attachment]:
    """Every file with the material that it becomes."""
    return [
        beside(material.id, material.name, ordinal, material.required, place, file)
        for ordinal, material in enumerate(draft.materials, 1)
        for place, file in enumerate(material.files, 1)
    ]


def beside(material: str, name: str, ordinal: int, required: bool, place: int, file: DraftFile) -> Attachment:
    """The file that stands at `place` (from 1) among those of a material."""
    if place == 1:
        return Attachment(material, name, ordinal, required, file)
    return Attachment(derived("file", material, place), f"{name} ({place})", ordinal, False, file)


def field_hint(name: str, value: str) -> Phrase | None:
    """What may be wrong with a value."""
    if not value.strip():
        return None
    wrong = {"applicant_code": wrong_credit_code, "agent_id": wrong_id_number, "id_number": wrong_id_number}.get(name)
    found = wrong(value) if wrong is not None else None
    return f"intake.hint.{found}" if found else None


def own_checks(draft: Draft, matter: Any) -> list[tuple[str, Phrase]]:
    """What the draft itself shows: (mark, sentence), "!" for a doubt."""
    found: list[tuple[str, Phrase]] = []
    fields = asked_fields(matter)
    missing = [field for field in fields if field.required and not draft.values.get(field.name, "").strip()]
    if missing:
        found.append(
            ("!", ("intake.check.fields", {"count": len(missing), "fields": [each.label for each in missing]}))
        )
    for field in fields:
        if (hint := field_hint(field.name, draft.values.get(field.name, ""))) is not None:
            found.append(("!", ("intake.check.hint", {"field": field.label, "hint": hint})))
    papers = [each.name for each in draft.materials if each.required and not each.files]
    if papers:
        found.append(("!", ("intake.check.materials", {"count": len(papers), "first": papers[0]})))
    return found
