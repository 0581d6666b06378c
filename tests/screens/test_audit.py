"""Screen 9: the centre's log as a supervisor reads it, proved line by line on this machine."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import msgspec

from server_stub.central.store import Tx
from sync.protocol.audit import AuditLine, AuditPage, AuditScope
from sync.protocol.chain import GENESIS, link
from sync.protocol.operation import KINDS
from sync.protocol.verbs import ticket as verbs
from tests.screens.live_hall import QUEUE, LiveHall, press, text, until
from workstation.actions import by_id
from workstation.locale import has
from workstation.screens.audit import AuditScreen
from workstation.services.audit import Asked, Reading, tables
from workstation.terminal import TerminalApp
from workstation.views.audit import Entry
from workstation.widgets.window_table import WindowTable

DAY = 86_400_000


def shows(app: TerminalApp, *words: str) -> bool:
    screen = "\n".join(text(app))
    return all(word in screen for word in words)


def table(app: TerminalApp) -> WindowTable:
    return app.screen.query_one("#lines", WindowTable)


def entries(app: TerminalApp) -> Sequence[Entry]:
    screen = app.top_frame
    assert isinstance(screen, AuditScreen)
    return screen.reading.entries if screen.reading is not None else ()


async def listed(app: TerminalApp) -> None:
    """The list is whole."""

    def whole() -> bool:
        screen = app.top_frame
        return isinstance(screen, AuditScreen) and screen.reading is not None and screen.reading.done

    await until(app, whole)
    await press(app)


async def worked(hall: LiveHall) -> None:
    """A clerk calls one of two tickets and is done with it."""
    clerk = await hall.device("0307")
    first, _ = await hall.tickets(clerk, "0307", "m-change", "m-set-up")
    session = clerk.store.hall + "-s"
    assert (await clerk.do("0307", verbs.OpenWindow(window="w03"), id=session, scope=QUEUE)).status == "accepted"
    assert (await clerk.do("0307", verbs.Call(call="c-1", session=session), id=first, scope=QUEUE)).status == "accepted"


async def test_who_did_what_when_to_which_record_and_the_chain_is_held_against_this_copy(hall: LiveHall) -> None:
    await worked(hall)
    async with hall.sitting("0001", size=(120, 40)) as app:
        await press(app, "9")
        await listed(app)
        assert shows(app, "9 审计", "2026-11-23", "0307 赵某", "号票 A001", "链完好", "与本机所存一致")
        assert {each.kind for each in entries(app) if each.by == "0307"} >= {"ticket.issue@1", "ticket.call@1"}
        received = [each.received for each in entries(app)]
        assert received == sorted(received, reverse=True)
        ticket = next(index for index, each in enumerate(entries(app)) if each.table == "ticket")
        table(app).move_to(entries(app)[ticket].key)
        before = len(entries(app))
        await press(app, "enter")
        await until(app, lambda: shows(app, "记录 号票 A001"))
        await listed(app)
        assert {each.id for each in entries(app)} == {f"t-device-1-{hall.clock.now() - 1000}"}
        assert len(entries(app)) < before
        await press(app, "escape")
        assert len(entries(app)) == before
        assert shows(app, "9 审计")
        await press(app, "f7")
        await listed(app)
        assert shows(app, "2026-11-22", "没有符合的记录")
        await press(app, "f8")
        await listed(app)
        assert len(entries(app)) >= before
        await press(app, "f4", "4", *"0307", "enter")
        await listed(app)
        assert {each.by for each in entries(app)} == {"0307"}


async def test_a_row_that_somebody_altered_in_the_store_is_named(hall: LiveHall) -> None:
    await worked(hall)

    async def alter(tx: Tx) -> None:
        await tx.execute('UPDATE log SET "by" = ? WHERE scope = ? AND seq = 2', ("0308", QUEUE))

    async with hall.sitting("0001") as app:
        await hall.services.store.write(alter)  # after it was pulled: who pulls it is told by the pull
        await press(app, "9")
        await listed(app)
        assert shows(app, "! 链断: 叫号 第 2 行")


async def test_whoever_is_no_supervisor_sees_nothing_and_without_the_centre_it_says_so(hall: LiveHall) -> None:
    await worked(hall)
    for staff in ("0101", "0401", "0307"):
        async with hall.sitting(staff) as app:
            app.goto(9)
            await until(app, lambda app=app: shows(app, "审计只给主管看"))  # type: ignore[misc]
            assert app.top_frame is not None
            assert app.top_frame.why_disabled("audit.refresh") == "audit.no_grant"
            assert app.services.audit.begin(Asked()).scopes == []
    async with hall.sitting("0001") as app:
        hall.stop_server()
        await until(app, lambda: not app.desk.engine.status.online)  # type: ignore[union-attr]
        await press(app, "9")
        await until(app, lambda: shows(app, "审计要问中心"))
        hall.start_server()


async def test_the_file_tells_no_time_and_no_record_of_what_citizens_said(hall: LiveHall) -> None:
    await worked(hall)
    async with hall.sitting("0001", size=(120, 40)) as app:
        await press(app, "9")
        await listed(app)
        at = hall.clock.now()
        said = [
            Entry("licang:rating", 7, "rating", "i-secret", 1, "citizen", "citizen", at, "rating.give@1", at),
            Entry(QUEUE, 8, "invite", "i-secret", 2, "citizen", "citizen", at, "rating.give@1", at),
            Entry("licang:callback", 3, "contact", "i-secret", 1, "0401", "0401", at, "ledger.attempt@1", at),
        ]
        lines, counted = tables([*entries(app), *said], app.services.audit.labels)
        assert "i-secret" not in str(lines.rows) + str(counted.rows)
        assert [row[3] for row in counted.rows if row[1] == "市民"] == [2]
        assert all(str(row[0]) == "2026-11-23" for row in counted.rows)
        await press(app, "ctrl+e", "1")
        await until(app, lambda: shows(app, "已导出") or shows(app, "audit-2026-11-23"))
        [file] = app.services.audit.exports.glob("audit-*.csv")
        rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
        assert any("号票 A001" in row for row in rows)


def long_log(rows: int) -> dict[int, AuditLine]:
    """A chain of its own."""
    lines, previous = {}, GENESIS
    for seq in range(1, rows + 1):
        told = {"seq": seq, "table": "ticket", "id": f"t{seq}", "v": 1, "device": "d", "n": seq, "by": "0307"}
        hashed = link(previous, **told, at=seq * 1000, digest="0" * 64)  # type: ignore[arg-type]
        told |= {"at": seq * 1000, "digest": "0" * 64, "hash": hashed, "previous": previous, "kind": "ticket.issue@1"}
        lines[seq] = msgspec.convert(told, AuditLine)
        previous = hashed
    return lines


class Centre:
    """Answers from a log in memory."""

    def __init__(self, rows: int) -> None:
        self.log = long_log(rows)
        self.asked = 0

    def __call__(self, work: Any) -> list[AuditPage]:
        import asyncio

        return asyncio.run(work(self))

    async def ask(self, method: str, path: str, answer: Any, **asked: str | float) -> AuditPage:
        """A page."""
        self.asked += 1
        upto, first, limit = int(asked["upto"]), int(asked["first"]), int(asked["limit"])
        lines = [self.log[seq] for seq in range(upto, max(first, upto - limit + 1) - 1, -1) if seq in self.log]
        return AuditPage(lines=lines, reached=max(first, upto - limit + 1))


def test_a_hundred_thousand_lines_are_there_after_their_first_page_and_a_gap_is_noticed() -> None:
    rows = 100_000
    centre = Centre(rows)
    head = AuditScope(scope=QUEUE, seq=rows, hash=centre.log[rows].hash, first=1, last=rows)
    reading = Reading(centre, Asked(), [head], {QUEUE: (rows - 5, centre.log[rows - 5].hash)})
    reading.more(100)
    assert (centre.asked, len(reading.entries)) == (1, 100)
    assert reading.verdict.met
    while not reading.done:
        reading.more()
    assert len(reading.entries) == rows
    assert reading.verdict.broken == ()
    assert centre.asked <= 2 + rows // 1000
    small = Centre(50)
    head = AuditScope(scope=QUEUE, seq=50, hash=small.log[50].hash, first=1, last=50)
    del small.log[20]
    reading = Reading(small, Asked(), [head], {})
    while not reading.done:
        reading.more()
    assert reading.verdict.broken == ((QUEUE, 20),)
    other = Reading(Centre(50), Asked(), [head], {QUEUE: (40, "f" * 64)})
    while not other.done:
        other.more()
    assert other.verdict.broken == ((QUEUE, 40),)


def test_every_operation_and_table_has_its_word() -> None:
    from sync.records.shape import shapes

    verbs = sorted(kind.partition("@")[0] for kind in KINDS)
    assert [verb for verb in verbs if not (has(f"sync.verb.{verb}") or has(f"audit.verb.{verb}"))] == []
    assert [name for name in shapes() if not has(f"audit.table.{name}")] == []
    assert by_id("audit.open").operation == ""
