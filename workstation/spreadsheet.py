"""Tables as files that a spreadsheet opens: CSV (UTF-8 with its mark) and XLSX.

Data may begin with a sign that a spreadsheet takes for a formula; in a CSV such a text gets a leading `'`, in an XLSX
every text is written as text. A file is whole or not there.
"""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sync.errors import StoreError

Cell = str | int | float | None
FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What a formula may begin with, the full-width twins too."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its name, its head, its rows."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def plain(cell: Cell) -> Cell:
    """A cell that no spreadsheet reckons with."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ")[:1] in FORMULA and cell.strip(" ") else cell


def as_csv(sheets: Sequence[Sheet]) -> bytes:
    """The tables below each other, each after a line with its name."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for place, sheet in enumerate(sheets):
        if place:
            writer.writerow(())
        writer.writerow((plain(sheet.name),))
        writer.writerow([plain(cell) for cell in sheet.head])
        writer.writerows([plain(cell) for cell in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook with a sheet for each table."""
    import xlsxwriter  # type: ignore[import-untyped]  # loaded with the first export, not at start

    content = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(content, options) as book:
        strong = book.add_format({"bold": True})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name[:31])
            page.write_row(0, 0, sheet.head, strong)
            for line, row in enumerate(sheet.rows, 1):
                page.write_row(line, 0, row)
            page.freeze_panes(1, 0)
            page.set_column(0, max(len(sheet.head) - 1, 0), 14)
    return content.getvalue()


def save(path: Path, content: bytes) -> None:
    """Put the file there, whole. Raises StoreError `export_unwritable`."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise StoreError("overview.export_unwritable", path=str(path), reason=error.strerror or str(error)) from None
