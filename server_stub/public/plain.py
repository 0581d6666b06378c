"""What a text in an address may be: the one check of all pages, before a handler sees it and before a store is asked.

A control character, NUL among them, or half of a surrogate pair names no record of ours; PostgreSQL refuses both as no
text at all, and the log of a terminal would obey some of them.
"""

from __future__ import annotations

import unicodedata

LONGEST = 300
"""Signs of an address's part; the longest of ours is a token of 200."""
_NEVER = frozenset({"Cc", "Cs"})


def is_plain(text: str) -> bool:
    """Whether a record could be called so."""
    return len(text) <= LONGEST and not any(unicodedata.category(sign) in _NEVER for sign in text)
