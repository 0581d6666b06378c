"""Why a file, or a piece of one, is not taken: problem details that name the file and the way out.

409 upload_offset      so many bytes are here: go on there (`offset`)
409 upload_elsewhere   the same device is at it by another connection: try again in a little while
413 too_large          no file may have so many bytes (`limit`)
413 case_files_full    the case holds as much as the setting `case_files` lets it (`limit`, `used`)
415 file_type          none of the kinds that a case may hold, or another than its record says (`says`, `is`)
400 file_content       the bytes are not those of the name: nothing of them is kept
507 device_files_full  this device has sent as much today as `device_files` lets it (`limit`, `used`, `until`)
"""

from __future__ import annotations

from typing import Any


class FileRefused(Exception):
    """`params` name the file, `file`, and what there is to know; `detail` says it in a sentence."""

    def __init__(self, status: int, code: str, detail: str, **params: Any) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.params = params
