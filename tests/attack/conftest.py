"""Two halls to attack: `hall` in memory with replicas (tests/sync), `live` with terminals (tests/screens)."""

from tests.screens.conftest import hall as live
from tests.screens.conftest import seeded_store
from tests.sync.conftest import closed_hall, hall, hall_template

__all__ = ["closed_hall", "hall", "hall_template", "live", "seeded_store"]
