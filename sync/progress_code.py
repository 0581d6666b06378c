"""The code that goes with a case's number on the papers of its applicant: both together open the page of its progress.

    code = HMAC-SHA-256(key from the case's id) in eight letters that nobody takes for others, 31^8 of them

The id stands on no page, in no address and in no log; the centre and every machine that holds the case can make the
code, also without a network. Numbers follow each other and can be guessed; at a hundred tries a second the code of one
case takes a century.
"""

from __future__ import annotations

import hashlib
import hmac

from sync.records.states import PaperKind

LETTERS, LENGTH = "23456789ABCDEFGHJKMNPQRSTUVWXYZ", 8
ON_THE_WAY = frozenset(
    {
        PaperKind.MATERIAL_RECEIPT,
        PaperKind.CORRECTION_NOTICE,
        PaperKind.ACCEPTANCE_NOTICE,
        PaperKind.SPECIAL_PROCEDURE,
        PaperKind.EXTENSION_NOTICE,
    }
)
"""Papers that bear the code, and whose page leads to the progress: those that only the applicant holds. A licence hangs
on a wall."""


def progress_code(case: str) -> str:
    """`K7QF-9TRM` of a case's id."""
    key = hashlib.sha256(f"case-progress\x1f{case}".encode()).digest()
    value = int.from_bytes(hmac.digest(key, b"progress", "sha256"), "big")
    letters = []
    for _ in range(LENGTH):
        value, at = divmod(value, len(LETTERS))
        letters.append(LETTERS[at])
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"


def is_code(told: str, case: str) -> bool:
    """Whether what was typed is the case's code, however it was typed; in constant time."""
    typed = "".join(told.upper().split()).replace("-", "")
    return hmac.compare_digest(typed.encode("utf-8", "replace"), progress_code(case).replace("-", "").encode())
