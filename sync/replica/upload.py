"""One file on its way to the centre, in pieces: whatever cut it short, it goes on where it stopped.

small: in one request        large: how much is there? ─▶ piece ─▶ piece ─▶ … ─▶ the last one: it has arrived
                                          ▲                │ cut, killed, away
                                          └────────────────┘ the next time
"""

from __future__ import annotations

from sync.errors import ServerRefused
from sync.transport.http import HttpTransport

PIECE = 1 << 18
SMALL = 1 << 16
"""Up to so many bytes asking first would cost more than it saves."""
TRIES = 3


async def upload(transport: HttpTransport, sha256: str, content: bytes, media_type: str, piece: int = PIECE) -> None:
    """Send what is not there yet. Raises ServerRefused, TransportError: what went until then stays there."""
    total = len(content)
    if total <= min(SMALL, piece):
        await transport.put_blob(sha256, content, media_type)
        return
    at = _within(await transport.sent_of(sha256) or 0, total)
    for _ in range(TRIES):
        try:
            while at < total:
                stretch = content[at : at + piece]
                await transport.put_blob(sha256, stretch, media_type, start=at, total=total)
                at += len(stretch)
            return
        except ServerRefused as refused:
            if refused.code == "upload_offset":
                at = _within(refused.params.get("offset"), total)
            elif refused.code == "file_content" and at:  # what lay there of an earlier try was not ours any more
                at = 0
            else:
                raise
    raise ServerRefused("upload_offset", status=409)


def _within(told: object, total: int) -> int:
    """Where to go on: a file that is all there still lacks its last request, so its last byte is sent again."""
    return max(0, min(told, total - 1)) if isinstance(told, int) else 0
