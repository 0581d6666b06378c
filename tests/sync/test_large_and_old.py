"""More than fits into a request, deletions at a first sync, and a client of the first release against this server.

The old client's words are bytes as it sent them, its understanding of the answers a copy of what it knew: neither
follows the code when that is changed.
"""

import msgspec

from sync.protocol.verbs import case as cases
from tests.sync.extra_verbs import Scratch, extra_verbs
from tests.sync.small_hall import BASE, CASES, QUEUE, SmallHall


async def test_a_long_day_goes_out_in_several_requests(hall: SmallHall) -> None:
    machine = await hall.machine("0307")
    for i in range(230):
        machine.do(cases.Note(note=f"n{i:03d}", text="有话说"), id="c0", scope=CASES)
    counts = []
    while results := await machine.push():
        counts.append(len(results))
    assert counts == [100, 100, 30]
    assert len(hall.all("SELECT 1 FROM case_note")) == 230


async def test_long_texts_go_out_within_what_a_request_may_weigh(hall: SmallHall) -> None:
    machine = await hall.machine("0307")
    for i in range(12):
        machine.do(cases.Note(note=f"n{i:03d}", text="长" * 60_000), id="c0", scope=CASES)  # 180 kB each
    counts = []
    while results := await machine.push():
        counts.append(len(results))
    assert sum(counts) == 12
    assert max(counts) <= 5, "1 MiB a request"
    await machine.pull()
    assert machine.outbox() == []


async def test_a_first_sync_that_is_nearly_all_deletions(hall: SmallHall) -> None:
    with extra_verbs():
        machine = await hall.machine("0307")
        for i in range(150):
            machine.do(cases.Note(note=f"n{i}", text="有话说"), id="c0", scope=CASES)
        for i in range(149):
            machine.do(Scratch(), id=f"n{i}", scope=CASES)
        while await machine.push():
            pass
        late = await hall.machine("0308")
    assert late.all("SELECT id FROM case_note") == [("n149",)]
    assert late.all("SELECT * FROM shadow") == []


OLD_PUSH = b"""{"device":"%s","boot":"b1","boot_now":600000,"ops":[
{"n":1,"kind":"case.note@1","id":"c0","scope":"licang:case/registration","args":{"note":"old1","text":"\xe6\x9c\x89\xe8\xaf\x9d\xe8\xaf\xb4"},
"by":"0307","session":"s","said_at":1772413200000,"boot":"b1","boot_at":540000},
{"n":2,"kind":"ticket.issue@1","id":"told","scope":"licang:queue","args":{"matter":"m1","site":"hall"},
"by":"0307","session":"s","said_at":1772413200000,"boot":"b1","boot_at":590000,"colour":"of a later release"},
{"n":3,"kind":"ticket.cancel@1","id":"told","scope":"licang:queue","args":{},"by":"0307","session":"s","said_at":1772413200000,"after":2}
],"mood":"of a later release"}"""


class OldResult(msgspec.Struct):
    """What the first release's client read of a result."""

    n: int
    status: str
    code: str | None = None
    params: dict[str, object] = {}
    seqs: dict[str, int] = {}


class OldPushed(msgspec.Struct):
    results: list[OldResult]
    expect: int
    now: int


class OldOrigin(msgspec.Struct):
    device: str
    n: int


class OldRow(msgspec.Struct):
    seq: int
    table: str
    id: str
    v: int
    shape: int
    op: OldOrigin
    by: str
    at: int
    body: msgspec.Raw
    digest: str
    hash: str


class OldHead(msgspec.Struct):
    seq: int
    hash: str


class OldPage(msgspec.Struct):
    from_: int = msgspec.field(name="from")
    to: int
    head: OldHead
    rows: list[OldRow]
    more: bool = False


class OldPulled(msgspec.Struct):
    scopes: dict[str, OldPage]
    now: int
    drop: list[str] = []
    missing: list[str] = []
    min_client: int = 1


async def test_a_client_of_the_first_release_works_with_this_server(hall: SmallHall) -> None:
    machine, new = await hall.machine("0307"), await hall.machine("0308")
    body = msgspec.Raw(OLD_PUSH % machine.device.encode())
    pushed = await machine.transport.ask("POST", "/v1/push", OldPushed, body)
    assert [(result.n, result.status) for result in pushed.results] == [(n, "accepted") for n in (1, 2, 3)]
    assert pushed.expect == 4
    cursors = dict(machine.all("SELECT scope, seq FROM cursor"))
    asked = ",".join(f"{scope}.{seq}" for scope, seq in sorted(cursors.items()))
    pulled = await machine.transport.ask("GET", "/v1/pull", OldPulled, c=asked, limit="500")
    assert pulled.min_client == 1
    assert {BASE, CASES, QUEUE} == set(pulled.scopes)
    assert [row.table for row in pulled.scopes[CASES].rows] == ["case_note"]
    assert {(row.op.device, row.op.n) for row in pulled.scopes[QUEUE].rows} == {
        (machine.device, 2),
        (machine.device, 3),
    }
    new.do(cases.Note(note="new1", text="有话说"), id="c0", scope=CASES)
    await new.push()
    await new.pull()
    assert {id for (id,) in new.all("SELECT id FROM case_note")} == {"old1", "new1"}
