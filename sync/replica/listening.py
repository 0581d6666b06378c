"""What the live channel tells: which heads moved, and that the centre is there.

connected ─▶ first sign ─▶ wake: what moved before, nobody told
          ─▶ heads      ─▶ wake
          ─▶ a comment  ─▶ sign: nothing moved
          ─▶ ended      ─▶ wake, to see whether the centre is still there; again after a second
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from sync.errors import HallError
from sync.transport.http import HttpTransport

ALIVE_SECONDS = 40.0
"""So long after its last sign the channel counts as there: the centre gives one every 15 s."""


class Listening:
    """One for an engine, on its loop; `heads` and `behind` may be read from any thread."""

    def __init__(self, wake: Callable[[], None], sign: Callable[[], None]) -> None:
        self.heads: dict[str, int] = {}
        self._wake = wake
        self._sign = sign
        self._last = float("-inf")

    @property
    def alive(self) -> bool:
        """Whether whatever moves would be told."""
        return asyncio.get_running_loop().time() - self._last < ALIVE_SECONDS

    def behind(self, held: Mapping[str, int]) -> int:
        """How many rows the centre has told of that are not among these cursors yet."""
        return sum(max(0, seq - held[scope]) for scope, seq in list(self.heads.items()) if scope in held)

    async def keep(self, transport: HttpTransport, online: Callable[[], bool]) -> None:
        """Until it is cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            if transport.token:
                try:
                    first = True
                    async for heads in transport.live():
                        # a centre may have been put back meanwhile: what an earlier connection told is not owed
                        self.heads = heads if first else self.heads | heads
                        self._last = clock()
                        if heads or first or not online():
                            self._wake()
                        else:
                            self._sign()
                        first = False
                except HallError:
                    if online():
                        self._wake()
                self._last = float("-inf")
            await asyncio.sleep(1.0)
