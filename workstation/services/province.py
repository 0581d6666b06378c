"""How the upload of ratings to the province stands: asked of the centre, kept nowhere."""

from __future__ import annotations

from typing import Final

from sync.errors import TransportError
from sync.protocol.messages import ProvinceState
from workstation.services.desk import Desk

READERS: Final = ("supervisor", "duty")
ASK_SECONDS = 5.0


class ProvinceService:
    """What screen 8 calls for its list 省平台."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def state(self) -> ProvinceState | None:
        """On any thread; None while the centre cannot be asked."""
        engine = self.desk.engine
        if not engine.status.online:
            return None
        try:
            return engine.run(lambda wire: wire.ask("GET", "/v1/province", ProvinceState), ASK_SECONDS)
        except TransportError:
            return None
