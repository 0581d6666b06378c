"""Numbers that were given and not used: asked of the centre, kept nowhere."""

from __future__ import annotations

from sync.errors import TransportError
from sync.protocol.gaps import Gaps
from workstation.services.desk import Desk

ASK_SECONDS = 10.0


class NumbersService:
    """What screen 8 calls for its list 号码台账."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def gaps(self) -> Gaps | None:
        """On any thread; None while the centre cannot be asked."""
        engine = self.desk.engine
        if not engine.status.online:
            return None
        try:
            return engine.run(lambda wire: wire.ask("GET", "/v1/gaps", Gaps), ASK_SECONDS)
        except TransportError:
            return None

    def place(self, part: str) -> str:
        """An office by its name."""
        row = self.desk.row("office", part)
        return str(row.name) if row is not None else part
