"""What the browser's pages may call: the services that read, and no others."""

from __future__ import annotations

from pathlib import Path

from workstation.services.analysis import AnalysisService
from workstation.services.audit import AuditService
from workstation.services.desk import Desk
from workstation.services.oversight import OversightService
from workstation.services.overview import OverviewService


class Supervision:
    """Reading services over one desk; nothing here has a way to write."""

    def __init__(self, desk: Desk, exports: Path) -> None:
        self.desk = desk
        self.overview = OverviewService(desk, exports)
        self.analysis = AnalysisService(desk, exports)
        self.oversight = OversightService(desk)
        self.audit = AuditService(desk, exports)
