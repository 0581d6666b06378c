"""Everything a screen may call, by area: `hall.services.queue.call_next()`. Made after the first paint, one object
an area.

Services do not import each other; what two of them need lies in the desk, in the views or in the rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workstation.documents.approver import ApproverKey
from workstation.documents.filing import Filing
from workstation.documents.holder import SealHolder
from workstation.dropfolder import DropFolder, Polling
from workstation.locations import Locations
from workstation.services.analysis import AnalysisService
from workstation.services.appointments import AppointmentService
from workstation.services.appraisal import AppraisalService
from workstation.services.approval import ApprovalService
from workstation.services.audit import AuditService
from workstation.services.callback import CallbackService
from workstation.services.callback_bell import CallbackBell
from workstation.services.delivery import DeliveryService
from workstation.services.desk import Desk
from workstation.services.drafts import Drafts
from workstation.services.evidence import EvidenceService
from workstation.services.files import FilesService
from workstation.services.find import FindService
from workstation.services.intake import IntakeService
from workstation.services.issue import IssueService
from workstation.services.levels import LevelsService
from workstation.services.machines import MachinesService
from workstation.services.numbers import NumbersService
from workstation.services.outcomes import OutcomesService
from workstation.services.oversight import OversightService
from workstation.services.overview import OverviewService
from workstation.services.papers import PapersService
from workstation.services.parcels import ParcelService
from workstation.services.printing import PrintService
from workstation.services.province import ProvinceService
from workstation.services.queue import QueueService
from workstation.services.review import ReviewService
from workstation.services.signon import SignOnService
from workstation.services.sync import SyncService
from workstation.services.window_bell import WindowBell
from workstation.settings import Settings
from workstation.viewer import Viewer

Watcher = Callable[[Any, frozenset[str]], None]
"""Called with the app and the tables that changed, whatever screen is up: for notices."""


class Services:
    """One line an area."""

    def __init__(self, desk: Desk, locations: Locations, settings: Callable[[], Settings] = Settings) -> None:
        self.desk = desk
        self.watchers: list[Watcher] = []
        self.signon = SignOnService(desk)
        self.callback = CallbackService(desk)
        self.evidence = EvidenceService(desk)
        self.watchers.append(CallbackBell(desk).watch)
        self.watchers.append(WindowBell(desk).watch)
        self.overview = OverviewService(desk, locations.data / "exports")
        self.oversight = OversightService(desk)
        self.analysis = AnalysisService(desk, locations.data / "exports")
        self.appraisal = AppraisalService(desk, locations.data / "exports")
        self.province = ProvinceService(desk)
        self.numbers = NumbersService(desk, locations.data / "exports")
        self.audit = AuditService(desk, locations.data / "exports")
        self.queue = QueueService(desk)
        self.watchers.append(self.queue.watch)
        self.appointments = AppointmentService(desk)
        self.find = FindService(desk)
        self.sync = SyncService(desk)
        self.watchers.append(self.sync.watch)
        self.machines = MachinesService(desk)
        self.watchers.append(self.machines.watch)
        self.outcomes = OutcomesService(desk)
        self.watchers.append(self.outcomes.watch)
        self.files = FilesService(desk)
        self.watchers.append(self.files.watch)
        self.review = ReviewService(desk)
        seal = SealHolder(
            locations.data / "pki",
            bureau=self._bureau,
            server=self._public_url,
            font_folder=lambda: settings().font_folder,
            authorities=lambda: self.levels.authorities(),
            outside=lambda: self.levels.outside(),
            token=lambda: settings().seal_token,
            sample=self._sample,
        )
        self.papers = PapersService(desk, seal, Filing(locations.data / "documents"))
        self.issue = IssueService(desk, self.papers)
        self.delivery = DeliveryService(desk)
        self.parcels = ParcelService(desk, locations.data / "documents", self._bureau, lambda: settings().font_folder)
        self.printing = PrintService(
            desk,
            self.papers.filing,
            self.papers.content,
            bureau=self._bureau,
            font_folder=lambda: settings().font_folder,
        )
        self.levels = LevelsService(desk, self.papers.filing, self.papers.fetch_of, seal.fetch_crls)
        self.watchers.append(self.levels.watch)
        own = ApproverKey(
            locations.data / "pki",
            address=lambda: settings().approver_key,
            authorities=lambda: self.levels.authorities(),
            outside=lambda: self.levels.outside(),
        )
        self.approval = ApprovalService(desk, own, seal.preview, lambda: self.levels.augmenter())
        self.watchers.append(self.approval.watch)
        self.viewer = Viewer(locations.viewer_dir)
        self.viewer.empty()
        self.watchers.append(self.papers.watch)
        self.drafts = Drafts(desk)
        self.intake = IntakeService(desk, self.drafts)
        self.watchers.append(self.intake.watch)
        self._inbox = locations.drop_dir
        self._drop: DropFolder | None = None

    def drop_folder(self, chosen: str = "", polling: Polling = "auto") -> DropFolder:
        """The drop folder, watched from the first call on; `chosen` is the setting, empty for the built-in folder."""
        folder = Path(chosen).expanduser().absolute() if chosen else self._inbox
        if self._drop is None or self._drop.folder != folder:
            if self._drop is not None:
                self._drop.stop()
            self._drop = DropFolder(folder, polling=polling)
            self._drop.start()
        return self._drop

    async def close(self) -> None:
        """Before the copy is closed: what is at work is finished, and no copy of a paper is left for a viewer."""
        await self.papers.close()
        await self.levels.close()
        if self._drop is not None:
            await asyncio.to_thread(self._drop.stop)
        self.viewer.empty()

    def _bureau(self) -> str:
        """Whose seal it is."""
        return str(self.desk.row("hall", self.desk.hall).bureau)

    def _sample(self) -> bool:
        """Whether the hall is one to try out."""
        return bool(self.desk.row("hall", self.desk.hall).sample)

    def _public_url(self) -> str:
        """Where citizens check a paper."""
        return str(self.desk.setting("public_url") or self.desk.engine.transport.url)
