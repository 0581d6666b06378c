"""New years of the calendar, and the command that shows and checks them."""

import asyncio
from pathlib import Path

import pytest

from sync.calendar import Calendar, Deadline
from sync.errors import InputError
from sync.holiday_notice import HolidayDay, check_year, read_file, statutory_days
from tests.screens.live_hall import LiveHall, make_template, press, text, until
from workstation.commands import calendar as command
from workstation.holiday_import import bring_in
from workstation.locale import LANGUAGES, Catalogue

CALENDAR = Calendar.standard()
TABLE = Path(command.__file__).parents[2] / "sync" / "calendar_table.csv"

# A year to come, in the shape of the notice. Its days are made up; they balance like a real one.
NEXT_YEAR = """year,name,off,worked
2027,元旦,2026-12-31..2027-01-03,2027-01-09
2027,春节,2027-02-05..2027-02-12,2027-01-30 2027-02-14
2027,清明节,2027-04-05,
2027,劳动节,2027-05-01..2027-05-05,2027-05-08
2027,端午节,2027-06-09,
2027,国庆节、中秋节,2027-09-15 2027-10-01..2027-10-07,2027-09-26 2027-10-09
"""


# ---- new years ----------------------------------------------------------------------------------------------------


def test_a_new_year_makes_the_end_of_the_old_one_certain() -> None:
    before = Calendar(CALENDAR.days, 2004, 2026)
    after = before.with_year(read_file(NEXT_YEAR)[2027])
    assert before.add_working_days("2026-12-28", 5) == Deadline("2027-01-04", certain=False)
    assert after.add_working_days("2026-12-28", 5) == Deadline("2027-01-06", certain=True)
    assert after.covered_until == "2027-12-28"
    assert after.name_of("2027-02-14") == after.name_of("2027-02-05") == "春节"
    assert after.name_of("2027-02-15") == ""
    assert after != before


def test_rows_travel() -> None:
    assert Calendar.from_rows(CALENDAR.rows()) == CALENDAR
    assert hash(Calendar.from_rows(reversed(CALENDAR.rows()))) == hash(CALENDAR)
    assert CALENDAR.rows()[0] == {"day": "2004-01-01", "working": False, "name": "元旦"}


def test_a_year_takes_effect_when_all_its_rows_have_arrived() -> None:
    before = Calendar(CALENDAR.days, 2004, 2026)
    rows = [row._asdict() for row in read_file(NEXT_YEAR)[2027] if row.moved]
    for arrived in range(len(rows)):
        assert before.with_imported(rows[:arrived]) == before
    assert before.with_imported(rows) == before.with_year(rows)
    assert before.with_imported([*rows, {"day": "2029-01-01", "working": False, "name": ""}]).last_year == 2027


def test_no_beginning_of_a_year_passes_for_the_whole() -> None:
    for rows in read_file(TABLE.read_text(encoding="utf-8")).values():
        moved = [row for row in rows if row.moved]
        assert check_year(moved)
        for arrived in range(len(moved)):
            with pytest.raises(InputError):
                check_year(moved[:arrived])


def test_a_law_of_more_holidays_is_told() -> None:
    before = Calendar(CALENDAR.days, 2004, 2026)
    rows = [*read_file(NEXT_YEAR)[2027], HolidayDay("2027-07-01", False, "新节日")]
    with pytest.raises(InputError, match=r"calendar\.unbalanced"):
        before.with_year(rows)
    assert not before.with_year(rows, statutory=statutory_days(2027) + 1).is_working_day("2027-07-01")
    assert before.with_imported(rows, statutory={2027: 14}).last_year == 2027


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: [], "calendar.empty"),
        (lambda rows: [*rows, rows[3]], "calendar.duplicate_day"),
        (lambda rows: [*rows, HolidayDay("2026-12-28", False)], "calendar.wrong_year"),
        (lambda rows: [row for row in rows if row.day != "2027-10-01"], "calendar.must_be_off"),
        (
            lambda rows: [*[row for row in rows if row.day != "2027-05-01"], HolidayDay("2027-05-01", True)],
            "calendar.must_be_off",
        ),
        (lambda rows: [row for row in rows if row.day != "2027-05-08"], "calendar.unbalanced"),
        (lambda rows: [row for row in rows if row.day != "2027-04-05"], "calendar.unbalanced"),
        (lambda rows: [*rows, HolidayDay("2027-07-31", True)], "calendar.lonely_day"),
        (lambda rows: [*rows, HolidayDay("2027-02-30", True)], "calendar.bad_day"),
        (lambda rows: [*rows, HolidayDay("20270808", True)], "calendar.bad_day"),
        (lambda rows: [*rows, {"day": "2027-08-08", "working": "yes"}], "calendar.bad_line"),
    ],
)
def test_a_broken_year_is_refused(change, code: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError) as refused:
        Calendar(CALENDAR.days, 2004, 2026).with_year(change(read_file(NEXT_YEAR)[2027]))
    assert refused.value.code == code


def test_no_year_is_left_out() -> None:
    rows = read_file(NEXT_YEAR)[2027]
    with pytest.raises(InputError, match=r"calendar\.gap.*2025"):
        Calendar(CALENDAR.days, 2004, 2024).with_year(rows)
    with pytest.raises(InputError, match=r"calendar\.gap.*2015"):
        Calendar.from_rows(row for row in CALENDAR.rows() if not str(row["day"]).startswith("2015"))


# ---- the command --------------------------------------------------------------------------------------------------


def test_the_command_shows_coverage_and_deadlines(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 0
    assert CALENDAR.covered_until in capsys.readouterr().out
    assert command.main(["--show", "2026-02-13+3"]) == 0
    told = capsys.readouterr().out
    assert "2026-02-25 星期三" in told
    assert "2026-02-14 星期六  上班  春节" in told
    assert "不作准" not in told
    assert command.main(["--show", "2999-02-13+3"]) == 0
    assert "不作准" in capsys.readouterr().out


def test_the_command_accepts_its_own_table_and_a_new_year(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--check", str(TABLE)]) == 0
    file = tmp_path / "新 一年.csv"
    file.write_text(f"\ufeff{NEXT_YEAR}", encoding="utf-8")
    assert command.main(["--check", str(file)]) == 0
    assert "2027 年可用：工作日放假 19 天，周末上班 6 天" in capsys.readouterr().out


def test_the_command_checks_a_list_of_days(shared_data: Path) -> None:
    assert command.main(["--check", str(shared_data / "china" / "workdays_2024_2025.csv")]) == 0


def test_the_command_names_days_that_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = TABLE.read_text(encoding="utf-8").replace("2026-09-20 2026-10-10", "2026-09-19 2026-10-10")
    file = tmp_path / "moved.csv"
    file.write_text(text, encoding="utf-8")
    assert command.main(["--check", str(file)]) == 1
    told = capsys.readouterr().out
    assert "2026-09-19 星期六：文件为上班，现有日历为休息" in told
    assert "2026-09-20 星期日：文件为休息，现有日历为上班" in told


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "表头"),
        (b"a,b\n1,2\n", "a,b"),
        (b"date,is_workday\n", "没有任何日期"),
        (b"date,is_workday\n2026-02-30,1\n", "2026-02-30"),
        (b"date,is_workday\n2026-02-03,yes\n", "yes"),
        (b"date,is_workday\n\x1b[31m2026,1\n", "?[31m2026"),
        (b"year,name,off,worked\nMMXXVI,x,,\n", "MMXXVI"),
        (b"year,name,off,worked\n2026,x,2026-10-07..2026-10-01,\n", "2026-10-07..2026-10-01"),
        (b"year,name,off,worked\n2026,x,0001-01-01..9999-12-31,\n", "0001-01-01..9999-12-31"),
        (b"year,name,off,worked\n2026,x,2027-10-01,\n", "2027-10-01"),
        (b"year,name\xff", "UTF-8"),
        (b"#" * 1_000_001, "过大"),
    ],
)
def test_a_broken_file_gets_a_sentence(
    content: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "broken.csv"
    file.write_bytes(content)
    assert command.main(["--check", str(file)]) == 1
    told = capsys.readouterr().err
    assert words in told
    assert "calendar." not in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    "arguments", [["--check", "/does/not/exist"], ["--show", "tomorrow"], ["--show", "2026-02-30+1"]]
)
def test_wrong_arguments_get_a_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(arguments) == 1
    assert capsys.readouterr().err.strip().endswith("。")


def test_both_languages_say_the_same() -> None:
    for area in ("calendar", "hours"):
        chinese, english = (Catalogue(language).area(area) for language in LANGUAGES)
        assert chinese.keys() == english.keys()
        for key, words in chinese.items():
            assert sorted(part.split("}")[0] for part in words.split("{")[1:]) == sorted(
                part.split("}")[0] for part in english[key].split("{")[1:]
            )


# ---- into the hall --------------------------------------------------------------------------------------------------


async def test_an_administrator_brings_a_year_into_the_hall_and_every_copy_counts_by_it(tmp_path: Path) -> None:
    (tmp_path / "seeded").mkdir()
    hall = LiveHall(tmp_path / "hall", make_template(tmp_path / "seeded"))
    rows = [row for _, days in sorted(read_file(NEXT_YEAR).items()) for row in days]
    told: list[tuple[int, int]] = []
    try:
        async with hall.sitting("0901") as app:
            assert "工作日历只到 2026-12-28，此后期限不作准" in "\n".join(text(app))
            assert app.desk is not None
            count = await asyncio.to_thread(bring_in, app.desk, rows, lambda *done: told.append(done))
            assert count == len(rows)
            assert told[-1] == (len(rows), len(rows))
            await until(app, lambda: "工作日历确定到 2027-12-28" in "\n".join(text(app)))
            assert await asyncio.to_thread(bring_in, app.desk, rows, lambda *_: None) == 0
            await press(app, "f12")
            await hall.sign_on(app, "0307")
            with pytest.raises(InputError, match="not_admin"):
                await asyncio.to_thread(bring_in, app.desk, rows, lambda *_: None)
            assert app.services.review.calendar.covered_until == "2027-12-28"
    finally:
        await hall.stop()


def test_the_command_judges_first_and_needs_a_device(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text(NEXT_YEAR.replace(" 2027-10-09", ""))
    good.write_text(NEXT_YEAR)
    assert command.main(["--import", str(bad), "--data", str(tmp_path)]) == 1
    assert "2027" in capsys.readouterr().out
    assert command.main(["--import", str(good), "--data", str(tmp_path)]) == 1
    assert "注册" in capsys.readouterr().err
