"""docs/modules.md, made from the first sentence of every module: `python -m tests.modules_page > docs/modules.md`."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("workstation", "sync", "server_stub")
HEAD = """# Modules

One line a module, by its own docstring; made by `python -m tests.modules_page > docs/modules.md`, checked by a test.
"""


def sentence(path: Path) -> str:
    """The first paragraph of a module's docstring, on one line."""
    told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(told.partition("\n\n")[0].split())


def page() -> str:
    """The whole page."""
    lines = [HEAD]
    for package in PACKAGES:
        folder = ""
        for path in sorted((ROOT / package).rglob("*.py"), key=lambda path: (str(path.parent), path.name)):
            here = str(path.parent.relative_to(ROOT))
            if here != folder:
                about = sentence(path.parent / "__init__.py")
                lines.append(f"\n## {here}/\n" + (f"\n{about}\n" if about else ""))
                folder = here
            if path.name != "__init__.py":
                lines.append(f"- `{path.name}` {sentence(path)}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
