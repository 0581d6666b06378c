"""The display's voice: recorded clips joined in their order, synthesised where one is missing, told where neither is;
in Chromium every call is said once, in the order of the calls, also when several come at once."""

from __future__ import annotations

import asyncio
import io
import os
import struct
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect
from public_hall import NOW, QUEUE, Hall
from test_browser import browser  # noqa: F401 - a fixture

from server_stub.public.voice import TEST, Voice, words
from sync.errors import InputError

SIGNS = ["请", "A", *"0123456789", "号", "到", "窗口", "号到"]
DAY = 24 * 3_600_000


def clip(path: Path, value: int, *, rate: int = 8_000) -> None:
    """Ten samples of one value."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack("<h", value) * 10)


def heard(sound: bytes | None) -> list[str]:
    """Which clips a file is made of."""
    assert sound is not None
    with wave.open(io.BytesIO(sound)) as file:
        frames = file.readframes(file.getnframes())
    return [SIGNS[value - 1] for (value,) in struct.iter_unpack("<h", frames)][::10]


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A folder of recorded clips."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for n, sign in enumerate(SIGNS, 1):
        clip(folder / f"{sign}.wav", n)
    return folder


@pytest.fixture
def speaking(clips: Path, hall: Hall) -> Hall:
    """The hall, which finds the clips when it begins."""
    assert clips.is_dir()
    return hall


def call(hall: Hall, id: str, number: str | None, at: int) -> None:
    hall.put("announcement", id, QUEUE, ticket=f"t-{id}", number=number, window="w-03", kind="call", at=at)


def test_digits_are_said_one_by_one_and_a_window_is_named_as_one() -> None:
    assert words("A037", "3") == "请A037号到3号窗口"
    assert words("A037", "窗口03") == "请A037号到窗口03"
    assert words(None, "园区窗口") == "请下一位到园区窗口"


async def test_clips_are_joined_the_longest_first(clips: Path) -> None:
    voice = Voice(clips)
    assert heard(await voice.said("请A037号到3号窗口")) == ["请", "A", "0", "3", "7", "号到", "3", "号", "窗口"]


async def test_a_missing_clip_or_one_of_another_format_is_synthesised(
    clips: Path, needs_tool: Callable[[str, str], str]
) -> None:
    needs_tool("espeak-ng", "espeak-ng")
    voice = Voice(clips)
    (clips / "7.wav").unlink()
    made = Voice(clips)
    for each, text in ((made, "请A037号到3号窗口"), (made, "请下一位到3号窗口")):
        sound = await each.said(text)
        assert sound is not None
        with wave.open(io.BytesIO(sound)) as file:
            assert file.getnframes() / file.getframerate() > 0.5  # s, of speech
    clip(clips / "7.wav", 10, rate=16_000)
    other = await Voice(clips).said("请A037号到3号窗口")
    assert other is not None
    assert other != await voice.said("请A003号到3号窗口")


async def test_displays_that_ask_at_once_share_one_synthesiser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of that name stands in for it: it notes each start."""
    program, starts = tmp_path / "espeak-ng", tmp_path / "starts"
    program.write_text(f"#!/bin/sh\necho started >> '{starts}'\nprintf 'RIFF %s' \"$6\"\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    voice = Voice()
    said = await asyncio.gather(*(voice.said("请A001号到1号窗口") for _ in range(8)), voice.said("请A002号到1号窗口"))
    assert len(set(said)) == 2
    assert await voice.said("请A001号到1号窗口") == said[0]
    assert starts.read_text().count("started") == 2
    program.unlink()
    assert await asyncio.gather(*(voice.said("请A003号到1号窗口") for _ in range(2))) == [None, None]
    assert await voice.said("请A002号到1号窗口") == said[-1], "what was made is kept"


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        Voice(tmp_path)
    assert refused.value.code == "no_clips"


def test_a_call_of_today_has_a_sound_and_nothing_else_has(speaking: Hall) -> None:
    hall = speaking
    call(hall, "a", "A037", NOW)
    call(hall, "y", "A001", NOW - DAY)
    answer = hall.get("/say/a")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    assert heard(answer.content)[:5] == ["请", "A", "0", "3", "7"]
    assert hall.get("/say/test").status_code == 200
    assert TEST.startswith("请A001")
    for path in ("/say/y", "/say/none", "/say/..%2Fa"):
        assert hall.get(path).status_code == 404, path


def test_every_call_is_said_once_and_in_order(speaking: Hall, browser: Browser) -> None:  # noqa: F811 - the fixture
    hall = speaking
    call(hall, "a", "A001", NOW)
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    context.set_default_timeout(60_000)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]) if "/say/" in request.url else None)
    page.goto(f"{hall.url}/d")
    state = page.locator(".sound output")
    expect(state).to_have_text("声音已关闭")
    page.get_by_role("button", name="打开声音").click()
    expect(state).to_have_text("声音已打开，已播报 1 次")  # the test
    many = range(10, 22)  # more than the display has lines for
    for n in many:
        call(hall, f"b{n}", f"A0{n}", NOW + n)
    assert hall.loop is not None
    hall.loop.call_soon_threadsafe(hall.services.hub.publish, {QUEUE: 99})
    expect(state).to_have_text("声音已打开，已播报 13 次", timeout=60_000)
    assert list(dict.fromkeys(asked)) == ["test", *(f"b{n}" for n in many)]
    assert page.locator("tbody tr").count() == 8
    page.get_by_role("button", name="关闭声音").click()
    expect(state).to_have_text("声音已关闭")
    context.close()


def test_a_call_whose_sound_does_not_come_at_once_is_said_before_the_next(speaking: Hall, browser: Browser) -> None:  # noqa: F811 - the fixture
    hall = speaking
    call(hall, "a", "A001", NOW)
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    context.set_default_timeout(60_000)
    page = context.new_page()
    asked: list[str] = []

    def lost(route: Route) -> None:
        asked.append(route.request.url.rpartition("/")[2])
        if asked.count("b1") in (1, 2) and asked[-1] == "b1":  # the network is away for a moment
            route.abort()
        else:
            route.continue_()

    page.route("**/say/*", lost)
    page.goto(f"{hall.url}/d")
    state = page.locator(".sound output")
    page.get_by_role("button", name="打开声音").click()
    expect(state).to_have_text("声音已打开，已播报 1 次")
    for n in (1, 2, 3):
        call(hall, f"b{n}", f"A01{n}", NOW + n)
    assert hall.loop is not None
    hall.loop.call_soon_threadsafe(hall.services.hub.publish, {QUEUE: 99})
    expect(state).to_have_text("没有放出声音，请检查音箱后试音", timeout=60_000)
    expect(state).to_have_text("声音已打开，已播报 4 次", timeout=60_000)
    assert [name for n, name in enumerate(asked) if name not in asked[n + 1 :]] == ["test", "b1", "b2", "b3"]
    context.close()


def test_a_call_that_was_taken_back_before_its_turn_is_not_said(speaking: Hall, browser: Browser) -> None:  # noqa: F811 - the fixture
    hall = speaking
    call(hall, "a", "A001", NOW)
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    context.set_default_timeout(60_000)
    page = context.new_page()
    asked: list[str] = []
    kept: list[Route] = []

    def told(route: Route) -> None:
        asked.append(route.request.url.rpartition("/")[2])
        if asked[-1] == "b1":
            kept.append(route)
        else:
            route.continue_()

    def moved(head: int) -> None:
        assert hall.loop is not None
        hall.loop.call_soon_threadsafe(hall.services.hub.publish, {QUEUE: head})

    page.route("**/say/*", told)
    page.goto(f"{hall.url}/d")
    state = page.locator(".sound output")
    page.get_by_role("button", name="打开声音").click()
    expect(state).to_have_text("声音已打开，已播报 1 次")
    for n in (1, 2, 3):
        call(hall, f"b{n}", f"A01{n}", NOW + n)
    moved(99)
    expect(page.locator("tbody tr")).to_have_count(4)
    hall.ticket("t-b2", "A012", "waiting")
    moved(100)
    expect(page.locator("tbody tr")).to_have_count(3)
    assert asked == ["test", "b1"]
    kept[0].continue_()
    expect(state).to_have_text("声音已打开，已播报 3 次")
    assert asked == ["test", "b1", "b3"]
    context.close()


@pytest.fixture
def no_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No synthesiser is installed."""
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_display_without_any_voice_says_so(no_program: None, hall: Hall) -> None:
    assert not hall.voice.ready
    page = hall.get("/d").text
    assert "无语音" in page
    assert "打开声音" not in page
