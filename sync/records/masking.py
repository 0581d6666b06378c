"""A name by which its holder knows it and nobody else learns it."""

from __future__ import annotations


def masked(name: str) -> str:
    """赵某 as 赵*, longer ones by both ends."""
    if len(name) <= 4:
        return name[:1] + "*" * (len(name) - 1)
    kept = 4 if len(name) >= 12 else 2 if len(name) >= 9 else 1
    return f"{name[:kept]}{'*' * (len(name) - 2 * kept)}{name[-kept:]}"
