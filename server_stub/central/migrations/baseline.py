"""Writes the statements of the baseline revision, from the tables as they are now.

python -m server_stub.central.migrations.baseline
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "versions"


def path_of(dialect: str) -> Path:
    """Where a dialect's statements lie."""
    return FOLDER / f"baseline_0001.{dialect}.sql"


def statements(dialect: str) -> list[str]:
    """The baseline's, as they were written."""
    return [part for part in path_of(dialect).read_text().split(";\n") if part.strip()]


def text(dialect: str) -> str:
    """What the file should hold."""
    from server_stub.central.schema import ddl

    lines = ("\n".join(line.rstrip() for line in statement.splitlines()) for statement in ddl(dialect))
    return "".join(f"{statement};\n\n" for statement in lines).rstrip() + "\n"


def main() -> None:
    """Write both files."""
    from server_stub.central.schema import DIALECTS

    for dialect in DIALECTS:
        path_of(dialect).write_text(text(dialect))


if __name__ == "__main__":
    main()
