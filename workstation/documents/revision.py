"""A revision that leaves the paper's metadata alone: pyHanko would date the file by this machine's clock and name
itself its maker.
"""

from __future__ import annotations

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


class PlainRevision(IncrementalPdfFileWriter):
    """What is appended is what was asked for, nothing else."""

    def _update_meta(self) -> None:
        pass
