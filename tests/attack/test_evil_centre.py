"""A centre that lies: rows that are none, chained as if they were. A copy takes nothing of it and goes on."""

from typing import Any

import msgspec
import pytest

from sync.errors import HallError
from sync.protocol.chain import digest, link
from sync.protocol.messages import Head, LogRow, Origin, Pulled, ScopePage
from sync.protocol.verbs import ticket as tickets
from sync.replica.pull import take
from tests.sync.small_hall import QUEUE, Machine, SmallHall


def page(machine: Machine, table: str, body: bytes) -> Pulled:
    """One row after the copy's cursor, truly chained."""
    [(seq, held)] = machine.all("SELECT seq, hash FROM cursor WHERE scope = ?", QUEUE)
    told: dict[str, Any] = {"table": table, "id": "x", "v": 1, "by": "x", "at": 1, "digest": digest(body)}
    hashed = link(held, seq=seq + 1, device="evil", n=1, **told)
    row = LogRow(seq=seq + 1, shape=1, op=Origin(device="evil", n=1), body=msgspec.Raw(body), hash=hashed, **told)
    moved = ScopePage(from_=seq, to=seq + 1, head=Head(seq=seq + 1, hash=hashed), rows=[row])
    return Pulled(scopes={QUEUE: moved}, now=1)


@pytest.mark.parametrize(
    "body", [b"[1]", b"5", b'"x"', b"{{{", b"\xff", b'{"called_at":99999999999999999999999}', b'{"number":[1]}']
)
async def test_a_row_that_is_none(hall: SmallHall, body: bytes) -> None:
    window = await hall.machine("0307")
    before = window.all("SELECT * FROM cursor")
    with pytest.raises(HallError):
        take(window.store, page(window, "ticket", body))
    assert window.all("SELECT * FROM cursor") == before
    assert (await window.ended(tickets.Issue(matter="m1", site="hall"), id="t1")).status == "accepted"


@pytest.mark.parametrize(("table", "body"), [("nothing", b'{"a":1}'), ("ticket", b'{"no_such_column":1}')])
async def test_what_a_newer_centre_may_send_is_passed_over(hall: SmallHall, table: str, body: bytes) -> None:
    window = await hall.machine("0307")
    assert take(window.store, page(window, table, body)) == {table}
