"""What the program keeps about itself: settings, places, journal, crash reports; none of it holds a person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hall import NOW, in_hall, small_hall
from hypothesis import given
from hypothesis import strategies as st

from sync.clock import DrivenClock
from workstation import crash, settings
from workstation.journal import FIELDS, Journal
from workstation.locale import say
from workstation.locations import ENVIRONMENT, locate

ID_NUMBER = "370213199001011234"


def test_every_wrong_setting_is_reported_and_the_right_ones_hold(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('theme = "pink"\nescape_ms = -1\nwindow = "03"\nnothing = 1\nbell = "yes"\n')
    found, problems = settings.read(path)
    wrong = [problem[1] for problem in problems if isinstance(problem, tuple)]
    assert [each["path"] for each in wrong] == ["theme", "escape_ms", "nothing", "bell"]
    assert all(say(problem) for problem in problems)
    assert found == settings.Settings(window="03")


def test_a_missing_file_is_all_defaults_and_a_broken_one_is_told(tmp_path: Path) -> None:
    assert settings.read(tmp_path / "none.toml") == (settings.Settings(), [])
    path = tmp_path / "settings.toml"
    path.write_text("theme = ")
    assert [problem[0] for problem in settings.read(path)[1]] == ["settings.broken"]
    path.write_bytes(b"\xff\xfe")
    assert [problem[0] for problem in settings.read(path)[1]] == ["settings.unreadable"]


def test_every_setting_is_described() -> None:
    import msgspec

    schema = msgspec.json.schema(settings.Settings)["$defs"]["Settings"]["properties"]
    assert all(each.get("description") for each in schema.values())


def test_one_folder_holds_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = locate(tmp_path)
    assert all(path.is_relative_to(tmp_path) for _, path in places.items())
    assert len({path for _, path in places.items()}) == len(places.items())
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "env"))
    assert locate().data == tmp_path / "env" / "data"
    assert locate(tmp_path).data == tmp_path / "data"
    monkeypatch.delenv(ENVIRONMENT)
    assert locate().crash_dir.is_absolute()


@given(st.dictionaries(st.text(max_size=12) | st.sampled_from(sorted(FIELDS)), st.text(max_size=30) | st.integers()))
def test_only_known_fields_with_short_codes_get_into_the_journal(tmp_path_factory, fields: dict[str, object]) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("journal") / "j.jsonl"
    Journal(path, DrivenClock(NOW)).write("screen", **{k: v for k, v in fields.items() if k not in ("event", "self")})
    line = json.loads(path.read_text())
    assert set(line) <= FIELDS | {"at", "event", "dropped"}
    assert all(isinstance(value, int) or (value.isascii() and value[0].isalpha()) for value in line.values())


def test_names_and_numbers_are_left_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl", DrivenClock(NOW))
    journal.write("赵某", code=ID_NUMBER, name="赵某", reason="赵某", number=3)
    assert json.loads(journal.path.read_text()) == {"at": NOW, "event": "?", "number": 3, "dropped": 3}


def test_the_journal_rotates_and_never_stops_the_program(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl", DrivenClock(NOW), limit=200)
    for number in range(60):
        journal.write("screen", number=number)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["j.jsonl", "j.jsonl.1", "j.jsonl.2", "j.jsonl.3", "j.jsonl.4"]
    numbers = [
        json.loads(line)["number"]
        for name in reversed(files)
        for line in (tmp_path / name).read_text().split("\n")
        if line
    ]
    assert numbers == list(range(numbers[0], 60))
    (tmp_path / "file").write_text("")
    Journal(tmp_path / "file" / "j.jsonl", DrivenClock(NOW)).write("screen")


def fail(secret: str) -> None:
    local = secret + "!"
    raise ValueError(f"cannot use {local}")


def test_a_crash_report_holds_types_and_frames_only(tmp_path: Path) -> None:
    try:
        try:
            fail(ID_NUMBER)
        except ValueError as error:
            raise RuntimeError(f"while saving {ID_NUMBER}") from error
    except RuntimeError as error:
        path = crash.write(error, tmp_path / "crashes", NOW)
    assert path is not None
    written = path.read_text()
    assert ID_NUMBER not in written
    report = json.loads(written)
    assert [each["type"] for each in report["errors"]] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert report["errors"][1]["frames"][-1].endswith(" fail")
    assert crash.unseen(tmp_path / "crashes") == [path]
    crash.mark_seen([path])
    assert crash.unseen(tmp_path / "crashes") == []
    assert crash.unseen(tmp_path / "nowhere") == []


async def test_a_failing_action_ends_the_program_with_a_report_and_the_next_start_says_so(tmp_path: Path) -> None:
    app = small_hall(tmp_path)

    async def boom() -> None:
        fail(ID_NUMBER)

    async def run() -> None:
        async with in_hall(app=app):
            app.work(boom())
            await app._exception_event.wait()

    with pytest.raises(ValueError, match="cannot use"):
        await run()
    [path] = crash.unseen(app.locations.crash_dir)
    assert ID_NUMBER not in path.read_text()
    assert ID_NUMBER not in app.locations.journal_file.read_text()
    again = small_hall(tmp_path)
    async with in_hall(app=again):
        assert again._notice is not None
        assert "1 份" in again._notice[0]
    assert crash.unseen(app.locations.crash_dir) == []
