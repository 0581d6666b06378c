"""Many pages in a row: each asked for while the one before is written, all taken whole or not at all."""

import msgspec
import pytest

from sync.errors import ChainBroken, TransportError
from sync.protocol.messages import PULL_OPERATIONS, Pulled
from sync.protocol.verbs import case as cases
from sync.records.columns import Columns
from sync.records.shape import ColumnShape, TableShape
from sync.replica.exchange import FIRST_PAGE, LEAST_PAGE
from sync.replica.pull import after
from tests.sync.small_hall import CASES, Machine, SmallHall

NOTES = 60


async def writer(hall: SmallHall) -> Machine:
    machine = await hall.machine("0307")
    for i in range(NOTES):
        machine.do(cases.Note(note=f"n{i:03d}", text="一"), id="c0", scope=CASES)
    await machine.push()
    await machine.pull()
    return machine


async def reader(hall: SmallHall) -> Machine:
    machine = await hall.device()
    await machine.sign_on("0308")
    machine.exchange.page = 4
    return machine


def notes(machine: Machine) -> list[tuple[str]]:
    return machine.all("SELECT id, scope, v, text FROM case_note ORDER BY id")


async def test_pages_asked_for_ahead_bring_everything_once(hall: SmallHall) -> None:
    one, other = await writer(hall), await reader(hall)
    await other.pull()
    assert notes(other) == notes(one)
    assert len(notes(other)) == NOTES
    assert other.all("SELECT * FROM cursor") != []
    assert other.exchange.page > 4, "the way is quick: pages grow"


@pytest.mark.parametrize("lose", ["request", "response"])
@pytest.mark.parametrize("page", [1, 2, 5])
async def test_an_answer_lost_on_the_way_leaves_whole_pages(hall: SmallHall, page: int, lose: str) -> None:
    one, other = await writer(hall), await reader(hall)
    handle, asked = other.network.handle_async_request, 0

    async def counting(request: object) -> object:
        nonlocal asked
        asked += 1
        other.network.lose = lose if asked == page + 1 else ""
        return await handle(request)  # type: ignore[arg-type]

    other.network.handle_async_request = counting  # type: ignore[method-assign,assignment]
    with pytest.raises(TransportError):
        await other.pull()
    assert other.exchange.page == LEAST_PAGE
    here = notes(other)
    assert here == notes(one)[: len(here)]
    await other.pull()
    assert notes(other) == notes(one)


async def test_a_forged_page_stops_the_row_of_questions(hall: SmallHall) -> None:
    await writer(hall)
    other = await reader(hall)
    ask, asked = other.transport.ask, 0

    async def forging(*args: object, **how: object) -> object:
        nonlocal asked
        answer: object = await ask(*args, **how)  # type: ignore[arg-type,misc]
        asked += 1
        if asked == 3:
            assert isinstance(answer, Pulled)
            answer.scopes[CASES].rows[0].by = "0309"
        return answer

    other.transport.ask = forging  # type: ignore[method-assign,assignment]
    with pytest.raises(ChainBroken):
        await other.pull()
    assert asked <= 4


async def test_a_server_that_tells_of_rows_and_sends_none_is_not_asked_for_ever(hall: SmallHall) -> None:
    await writer(hall)
    other = await reader(hall)
    ask = other.transport.ask

    async def empty(*args: object, **how: object) -> object:
        answer: object = await ask(*args, **how)  # type: ignore[arg-type,misc]
        assert isinstance(answer, Pulled)
        answer.missing = []
        for page in answer.scopes.values():
            page.rows, page.to, page.more = [], page.from_, True
        return answer

    await other.pull()
    with other.store.write() as connection:
        connection.execute("UPDATE cursor SET seq = 0, hash = ?", ("0" * 64,))
    other.transport.ask = empty  # type: ignore[method-assign,assignment]
    with pytest.raises(ChainBroken, match="chain_gap"):
        await other.pull()


def test_what_will_be_held() -> None:
    pulled = msgspec.json.decode(
        '{"scopes":{"h:b":{"from":3,"to":9,"head":{"seq":9,"hash":""},"rows":[]}},"drop":["h:c"],"missing":["h:q"],"now":1}',
        type=Pulled,
    )
    assert after("h:b.3,h:c.4,h:a/x.5.6", pulled) == "h:a/x.5.6,h:b.9,h:q.0"
    assert after("", pulled) == "h:q.0"
    assert 1 <= LEAST_PAGE < FIRST_PAGE < PULL_OPERATIONS


def test_an_image_lacking_columns_has_their_defaults() -> None:
    shape = TableShape(
        "x",
        (
            ColumnShape("class", "text"),
            ColumnShape("n", "integer", 7),
            ColumnShape("list", "json", ["一"]),
            ColumnShape("none", "json"),
            ColumnShape("flag", "boolean", True),
        ),
    )
    columns = Columns(shape)
    assert columns.image_params("i", "s", 2, b'{"class":"k","more":1}') == ["i", "s", 2, "k", 7, '["一"]', None, True]
    written = b'{"class":null,"flag":false,"list":[1, 2],"n":null,"none":{"a":"\\u4e00"}}'
    assert columns.image_params("i", "s", 2, written) == ["i", "s", 2, None, None, "[1, 2]", '{"a":"\\u4e00"}', False]
