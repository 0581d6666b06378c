"""Eight changes of a company at once, all papers: from the form's bytes to the last PDF, in a new process and again.

python tests/benchmarks/bench_registration.py [--tiny]

cold     the command itself, start of the interpreter, checks, fonts and files included
warm     read, checked and drawn again in one process; every paper's bytes are compared with the cold ones
peer     one paper by typst as its manual has it: a compiler from scratch for each; times as many papers as the form has
"""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import msgspec
import typst

from sync.registration.checks import findings
from workstation.documents.company import EXAMPLE, TITLES, draw, read_form, view_of
from workstation.documents.render import TEMPLATES, Renderer, shared_renderer

ROOT = Path(__file__).resolve().parent.parent.parent


def cold(folder: Path) -> tuple[float, dict[str, str]]:
    """Milliseconds of the whole command, and what it wrote."""
    command = [sys.executable, "-m", "workstation", "registration", str(EXAMPLE), "--to", str(folder)]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    took = (time.perf_counter() - began) * 1000
    assert done.returncode == 0, done.stderr
    return took, {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def warm(renderer: Renderer) -> tuple[float, dict[str, str]]:
    """Milliseconds in a process that has drawn them before."""
    content = EXAMPLE.read_bytes()
    began = time.perf_counter()
    form = read_form(content)
    assert not findings(form)
    drawn = draw(renderer, form)
    took = (time.perf_counter() - began) * 1000
    return took, {each.name: hashlib.sha256(each.data).hexdigest() for each in drawn}


def stock(renderer: Renderer, papers: int) -> float:
    """Milliseconds of so many papers, each compiled from scratch with the fonts at hand."""
    form = read_form(EXAMPLE.read_bytes())
    began = time.perf_counter()
    for paper in list(TITLES)[:1] * papers:
        view = {**view_of(form), "title": TITLES[paper], "fonts": renderer._families()}
        typst.compile(
            TEMPLATES / f"{paper}.typ",
            root=TEMPLATES,
            font_paths=renderer.fonts.fonts,
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"data": msgspec.json.encode(view).decode()},
            pdf_standards="a-2b",
        )
    return (time.perf_counter() - began) * 1000


def main(tiny: bool) -> None:
    rounds, again = (1, 1) if tiny else (7, 10)
    found: dict[str, list[float]] = {}
    seen: list[dict[str, str]] = []
    renderer = shared_renderer()
    warm(renderer)
    with tempfile.TemporaryDirectory() as name:
        for n in range(rounds):
            took, papers = cold(Path(name) / str(n))
            found.setdefault("cold_ms", []).append(took)
            seen.append(papers)
            times = [warm(renderer) for _ in range(again)]
            found.setdefault("warm_ms", []).append(statistics.median(each for each, _ in times))
            seen += [each for _, each in times]
            found.setdefault("typst_from_scratch_ms", []).append(stock(renderer, len(papers)))
    assert all(papers == seen[0] for papers in seen)  # the same bytes, in every process and every time
    told = {
        key: {"median": round(statistics.median(v), 1), "least": round(min(v), 1), "most": round(max(v), 1)}
        for key, v in found.items()
    }
    kinds = len(read_form(EXAMPLE.read_bytes()).changes.kinds)
    print(
        json.dumps(
            {
                "benchmark": "registration",
                "rounds": rounds,
                "cores": os.cpu_count(),
                "changes": kinds,
                "papers": len(seen[0]),
                **told,
                "different_bytes": 0,
            }
        )
    )


if __name__ == "__main__":
    main("--tiny" in sys.argv[1:])
