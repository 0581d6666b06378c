"""What a hall or a person may set, in settings.toml; every wrong entry is reported with its path, not only the first.

A setting that is wrong keeps its default, so that a typing mistake never keeps a window closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from workstation.locale import Phrase


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings. The docs/settings page and the JSON schema are made from the descriptions."""

    language: Annotated[Literal["zh", "en"], Meta(description="Language of the screens.")] = "zh"
    theme: Annotated[
        Literal["dark", "light", "contrast", "colourblind"], Meta(description="Colours of the screens.")
    ] = "dark"
    lines: Annotated[
        Literal["ascii", "box"],
        Meta(description="Rules and frames of - and |, or of box signs: see `workstation doctor`."),
    ] = "ascii"
    hall_name: Annotated[
        str, Meta(description="Name of the program in the header, empty for the built-in one.", max_length=40)
    ] = ""
    server: Annotated[
        str, Meta(description="Address of the sync server, such as https://hall.example.", max_length=200)
    ] = ""
    window: Annotated[str, Meta(description="Window offered at sign-on.", max_length=16)] = ""
    viewer: Annotated[
        str, Meta(description="Program that shows papers; empty for the system's own.", max_length=200)
    ] = ""
    drop_folder: Annotated[str, Meta(description="Folder watched for scans; empty for the built-in one.")] = ""
    drop_polling: Annotated[
        Literal["auto", "always"],
        Meta(description="Look into that folder again and again: where its disk tells of no changes, or always."),
    ] = "auto"
    seal_token: Annotated[
        str,
        Meta(
            description="PKCS#11 URI (RFC 7512) of a token with the bureau's seal; empty: the key file.",
            max_length=400,
        ),
    ] = ""
    approver_key: Annotated[
        str,
        Meta(
            description="An approver's own key: a PKCS#12 file or PKCS#11 URI, {staff} in it the staff number; empty:"
            " pki/<staff number>.p12 in the data folder.",
            max_length=400,
        ),
    ] = ""
    font_folder: Annotated[str, Meta(description="Folder with the documents' fonts; empty for the built-in ones.")] = ""
    escape_ms: Annotated[
        int, Meta(description="How long Esc waits for the digit that makes it an F-key; 0: not at all.", ge=0, le=2000)
    ] = 500
    lock_after_minutes: Annotated[
        int, Meta(description="Lock after so many minutes without a key; 0: never.", ge=0, le=480)
    ] = 0
    bell: Annotated[bool, Meta(description="Ring the terminal's bell.")] = True


def convert(given: Mapping[str, Any]) -> tuple[Settings, list[Phrase]]:
    """Settings from a mapping, and a phrase for every entry that could not be used."""
    problems: list[Phrase] = []
    used: dict[str, Any] = {}
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    for name, value in given.items():
        if name not in fields:
            problems.append(("settings.unknown", {"path": name}))
            continue
        try:
            used[name] = msgspec.convert(value, fields[name].type)
        except msgspec.ValidationError as error:
            problems.append(("settings.wrong", {"path": name, "reason": str(error)}))
    return Settings(**used), problems


def read(path: Path) -> tuple[Settings, list[Phrase]]:
    """Settings from a TOML file; a missing file is all defaults, a broken one is reported with its line."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings(), []
    except (OSError, UnicodeDecodeError):
        return Settings(), [("settings.unreadable", {"path": str(path)})]
    import tomllib  # 16 ms before the first paint, where nothing is set

    try:
        return convert(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        return Settings(), [("settings.broken", {"path": str(path), "reason": str(error)})]
