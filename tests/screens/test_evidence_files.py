"""Evidence of what was put right, as a file: attached by keys, with or without a network, seen where it is, opened; the
centre judges what it is and how much an entry may hold, and nothing else waits for it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sync.errors import ServerRefused
from sync.protocol.identifiers import uuid7
from sync.protocol.media import PNG_MARK
from sync.protocol.verbs import rating as verbs
from sync.protocol.verbs.staff import PutSetting
from tests.screens.ledger_hall import unhappy_visitor
from tests.screens.live_hall import BASE, CALLBACK, LiveHall, press, text, until
from workstation.screens.callback import CallbackScreen
from workstation.terminal import TerminalApp

HANDLER = "0401"
PICTURE = PNG_MARK + b"\x00" * 3000


async def being_put_right(hall: LiveHall) -> str:
    """An entry that is being put right by 0401."""
    entry = await unhappy_visitor(hall)
    handler = await hall.device(HANDLER)
    for args in (
        verbs.Assign(handler=HANDLER),
        verbs.Attempt(attempt=uuid7(hall.clock.now()), round="first", outcome="reached"),
        verbs.Verify(finding="true", cause="materials"),
        verbs.Plan(measure="一次性告知", office="registration"),
    ):
        result = await handler.do(HANDLER, args, id=entry, scope=CALLBACK)
        assert result.status == "accepted", result
    return entry


async def chosen(app: TerminalApp, what: str) -> None:
    """F4, and its line for this."""
    screen = app.top_frame
    assert isinstance(screen, CallbackScreen)
    await until(app, lambda: screen._entry is not None and what in screen.steps.choices(screen._entry))
    await press(app, "f4", str(screen.steps.choices(screen._entry).index(what) + 1))


async def attached(app: TerminalApp, path: Path) -> None:
    await chosen(app, "attach")
    await press(app, *str(path), "enter")


def shows(app: TerminalApp, *words: str) -> bool:
    screen = "\n".join(text(app))
    return all(word in screen for word in words)


async def test_a_photograph_is_attached_by_keys_seen_and_opened(hall: LiveHall, tmp_path: Path) -> None:
    entry = await being_put_right(hall)
    photo, note, seen = tmp_path / "photo.png", tmp_path / "note.txt", tmp_path / "seen"
    photo.write_bytes(PICTURE)
    note.write_text("no picture")
    seen.mkdir()
    async with hall.sitting(HANDLER, size=(120, 40), viewer=f"cp -t {seen}") as app:
        await press(app, "4")
        await attached(app, note)
        await until(app, lambda: shows(app, "note.txt 不是 PDF、JPEG 或 PNG"))
        await attached(app, tmp_path / "none.png")
        await until(app, lambda: shows(app, "读不了"))
        await attached(app, photo)
        await until(app, lambda: shows(app, "photo.png (已到中心)"))
        await chosen(app, "files")
        await until(app, lambda: shows(app, "查看整改证据文件"))
        await press(app, "1")
        await until(app, lambda: any(path.stat().st_size == len(PICTURE) for path in seen.iterdir()))
        assert [path.read_bytes() for path in seen.iterdir()] == [PICTURE]
        sql = "SELECT entry, sha256, size, arrived FROM evidence"
        [row] = await hall.services.store.read(lambda tx: tx.fetch(sql))
        assert (row[0], row[2], bool(row[3])) == (entry, len(PICTURE), True)
        rated = await hall.device("0307")
        with pytest.raises(ServerRefused):
            await rated.transport.get_blob(row[1])
        await chosen(app, "detach")
        await until(app, lambda: shows(app, "撤回附错的证据文件", "photo.png (已到中心)"))
        await press(app, "1")
        await until(app, lambda: shows(app, "为什么撤回 photo.png"))
        await press(app, *"x", "enter")
        await until(app, lambda: shows(app, "photo.png (已撤回: x)"))
        screen, shown = app.top_frame, app.services.callback.entry(entry)
        assert isinstance(screen, CallbackScreen)
        assert "files" not in screen.steps.choices(shown), "nothing is left to be opened"
        await hall.settled(app)
    handler = await hall.device(HANDLER)
    with pytest.raises(ServerRefused):
        await handler.transport.get_blob(row[1])


async def test_without_a_network_it_waits_and_what_is_too_much_holds_up_nothing(hall: LiveHall, tmp_path: Path) -> None:
    entry = await being_put_right(hall)
    admin = await hall.device("0901")
    said = await admin.do("0901", PutSetting(value=len(PICTURE) + 10), id="case_files", scope=BASE)
    assert said.status == "accepted", said
    for n in (1, 2):
        (tmp_path / f"photo{n}.png").write_bytes(PICTURE + bytes([n]))
    async with hall.sitting(HANDLER, size=(120, 40)) as app:
        await press(app, "4")
        desk = app.desk
        assert desk is not None
        await until(app, lambda: desk.engine.status.online)
        await asyncio.to_thread(hall.stop_server)
        desk.engine.nudge()
        await until(app, lambda: not desk.engine.status.online)
        await attached(app, tmp_path / "photo1.png")
        await until(app, lambda: shows(app, "photo1.png (待传)"))
        await asyncio.to_thread(hall.start_server)
        desk.engine.nudge()
        await until(app, lambda: shows(app, "photo1.png (已到中心)"))
        await attached(app, tmp_path / "photo2.png")
        await until(app, lambda: [each.code for each in app.services.files.refused()] == ["case_files_full"])
        assert [each.name for each in app.services.files.refused()] == ["photo2.png"]
        line = app.services.callback.entry(entry)
        assert line is not None
        app.services.callback.tick(line.line, "evidence", "更新了告知单")
        await hall.settled(app)
        await press(app, "f9")  # rectified, though a file waits
        await until(app, lambda: app.services.callback.entry(entry).line.state == "rectified")  # type: ignore[union-attr]
        app.services.callback.record(line.line, "reached")
        await hall.settled(app)
        fresh = app.services.callback.entry(entry)
        assert fresh is not None
        app.services.callback.record(fresh.line, "reached")
        app.services.callback.tick(fresh.line, "second_level", "satisfied")
        await hall.settled(app)
        await press(app, "f9")
        await until(app, lambda: shows(app, "还有 1 个证据文件没有到中心", "photo2.png (待传)"))
        await press(app, "2")
        await until(app, lambda: app.services.callback.entry(entry).line.state == "second_callback")  # type: ignore[union-attr]
