"""GET /v1/contacts: when each site was last heard of – so that whoever reads its figures knows how old they are."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency

from server_stub.central.people import HOLD_MS, Caller, granted
from server_stub.central.store import Tx
from server_stub.services import Services
from sync.protocol.messages import Contacts
from sync.records.states import Role

MAY = frozenset({Role.SUPERVISOR, Role.DUTY})
_MACHINES = """SELECT DISTINCT p.site, s.device, d.last_contact_at FROM session s
JOIN staff p ON p.id = s.staff JOIN device d ON d.id = s.device WHERE s.opened_at > ?"""


@get("/contacts", summary="When each site was last heard of")
async def contacts(caller: NamedDependency[Caller], services: NamedDependency[Services]) -> Contacts:
    """The last contact of any machine at which somebody of the site signed on; nothing but for supervisors and duty
    managers."""
    now = services.clock.now()
    machines = await services.store.read(lambda tx: _machines(tx, caller.staff, now - HOLD_MS))
    here = services.hub.devices()
    sites: dict[str, int] = {}
    for site, device, at in machines:
        last = now if device in here else services.contacts.get(device, 0)
        sites[site] = max(sites.get(site, 0), at, last)
    return Contacts(sites=sites)


async def _machines(tx: Tx, staff: str, since: int) -> list[tuple[str, str, int]]:
    if not MAY & {role for role, _ in await granted(tx, staff)}:
        return []
    return [(site, device, at) for site, device, at in await tx.fetch(_MACHINES, (since,))]
