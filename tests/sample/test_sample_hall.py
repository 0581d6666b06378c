"""The sample hall: the same from the same seed, whole at any hour, and made by the rules alone."""

import hashlib
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest

from server_stub.central.audit import verify
from server_stub.central.opening import open_store
from server_stub.sample.hall import MAIN, PARKS, roles_of, scopes
from server_stub.sample.make import make_sample, moment_of, open_morning
from server_stub.sample.matters import MATTERS, OFFICE_OF_PREFIX
from server_stub.sample.people import PEOPLE
from server_stub.sample.play import Script
from server_stub.sample.visitors import credit_code, id_number
from sync.calendar import day_of
from sync.errors import InputError, StoreError
from sync.protocol.identifiers import class_of
from sync.sealed_file import named, read

DAY = "2026-03-04"


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def made(path: Path, day: str = DAY, at: str = "10:30", seed: int = 1) -> Path:
    make_sample(url_of(path), seed=seed, now=moment_of(day, at), day=day)
    return path


def ask(path: Path, sql: str, *params: Any) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql, params).fetchall()
    finally:
        connection.close()


def everything(path: Path) -> dict[str, list[Any]]:
    """Every row of every table, but for the secrets that each store makes for itself."""
    tables = [name for (name,) in ask(path, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {table: sorted(map(repr, ask(path, f'SELECT * FROM "{table}"'))) for table in tables if table != "secret"}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("sample") / "central.db")


@pytest.fixture
def own(sample: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    shutil.copytree(sample.with_suffix(".blobs"), tmp_path / "central.blobs")
    return Path(shutil.copy(sample, tmp_path / "central.db"))


def test_the_same_seed_day_and_hour_make_the_same_store(sample: Path, tmp_path: Path) -> None:
    again = made(tmp_path / "again.db")
    assert everything(again) == everything(sample)
    blobs = [sorted(file.name for file in path.with_suffix(".blobs").iterdir()) for path in (sample, again)]
    assert blobs[0] == blobs[1] != []


def test_another_seed_brings_other_people(sample: Path, tmp_path: Path) -> None:
    other = made(tmp_path / "other.db", seed=2)
    holders = "SELECT holder FROM ticket ORDER BY scope, number"
    assert ask(other, holders) != ask(sample, holders)
    assert ask(other, "SELECT count(*) FROM ticket") == ask(sample, "SELECT count(*) FROM ticket")


@pytest.mark.parametrize(
    ("day", "at"), [("2026-03-04", "00:00"), ("2026-03-08", "23:59"), ("2026-12-31", "18:30"), ("2027-01-01", "00:07")]
)
def test_a_morning_is_whole_at_any_hour(tmp_path: Path, day: str, at: str) -> None:
    path = made(tmp_path / "hall.db", day, at)
    now = moment_of(day, at)
    waiting = ask(path, "SELECT arrived_at, day FROM ticket WHERE state = 'waiting' AND scope = 'licang:queue'")
    assert len(waiting) == 17
    assert all(ticket_day == day == day_of(arrived) for arrived, ticket_day in waiting)
    assert ask(path, "SELECT max(at) FROM log")[0][0] <= max(now, moment_of(day, "00:01"))
    assert verify(url_of(path)) == []


def test_every_step_went_by_the_rules(sample: Path) -> None:
    """Nothing but the hall's own records was written by hand, and the chains are whole."""
    by_hand = {table for (table,) in ask(sample, "SELECT DISTINCT \"table\" FROM log WHERE device = 'seed'")}
    assert by_hand == {"hall", "office", "site", "window", "matter", "tag_set", "setting", "staff", "role_assignment"}
    assert ask(sample, "SELECT count(*) FROM result WHERE status IN ('retry', 'quarantined', 'held')") == [(0,)]
    refused = {kind for (kind,) in ask(sample, "SELECT DISTINCT kind FROM result WHERE status = 'refused'")}
    times_own = {"case.deem@1", "ledger.warn@1", "ticket.expire@1", "appointment.lapse@1"}
    assert refused <= times_own  # where nothing was left to do
    assert verify(url_of(sample)) == []


def test_the_morning_has_what_a_visitor_needs(sample: Path) -> None:
    states = {state for (state,) in ask(sample, 'SELECT DISTINCT state FROM "case"')}
    assert states >= {"received", "need_correction", "corrected", "accepted", "in_review", "special_procedure"}
    assert states >= {"withdrawn", "not_competent"}
    assert not states & {"reviewed", "decided", "issued"}  # these name the machine that may issue
    assert dict(ask(sample, "SELECT state, count(*) FROM rectification GROUP BY 1")) == {
        "open": 1,
        "callback_tried": 1,
        "rectifying": 1,
        "rectified": 1,
    }
    assert ask(sample, "SELECT count(*) FROM ticket WHERE scope = 'licang:queue' AND day = ?", DAY)[0][0] >= 40
    assert ask(sample, "SELECT count(*) FROM conflict WHERE state = 'open'") == [(1,)]
    open_windows = [window for (window,) in ask(sample, "SELECT window FROM window_session WHERE closed_at IS NULL")]
    assert sorted(open_windows) == ["w10", "w11", "w12"]


def test_appointments_are_missed_reported_to_come_and_given_up(sample: Path) -> None:
    states = "SELECT state, count(*) FROM appointment GROUP BY 1"
    assert dict(ask(sample, states)) == {"missed": 1, "checked_in": 1, "booked": 5, "cancelled": 1}
    [(begins, priority, state)] = ask(
        sample,
        "SELECT a.starts_at, t.priority, t.state FROM appointment a JOIN ticket t ON t.id = a.ticket",
    )
    assert (begins, priority, state) == (moment_of(DAY, "10:00"), "appointment", "waiting")
    [(day, starts_at)] = ask(
        sample, "SELECT day, starts_at FROM appointment WHERE state = 'booked' ORDER BY starts_at LIMIT 1"
    )
    assert (day, starts_at) == (DAY, moment_of(DAY, "11:00")), "a visitor can report with its code now"
    assert dict(ask(sample, "SELECT channel, count(*) FROM appointment GROUP BY 1")) == {"phone": 7, "window": 1}
    phones = ask(sample, "SELECT phone FROM booking")
    assert len(phones) == 6, "of who came, and of who gave theirs up, nothing is kept"


def test_some_papers_need_not_be_brought(sample: Path) -> None:
    waived = ask(
        sample, "SELECT p.way, p.source FROM proof_waiver p JOIN material m ON m.id = p.id AND m.state = 'waived'"
    )
    assert {way for way, _ in waived} == {"verified", "committed", "abolished"}
    assert len(waived) >= 6
    assert all(source for _, source in waived)


def test_a_sub_district_s_centre_is_rated_too(sample: Path) -> None:
    rated = ask(sample, "SELECT s.kind, r.level FROM rating r JOIN site s ON s.id = r.site WHERE s.kind <> 'hall'")
    assert rated == [("subdistrict", "very_satisfied")]


def test_the_files_of_materials_are_there_and_can_be_opened(sample: Path, needs_tool: Any) -> None:
    files = ask(sample, "SELECT DISTINCT sha256, size, media_type FROM material WHERE sha256 IS NOT NULL AND arrived")
    assert {media_type for _, _, media_type in files} == {"application/pdf", "image/png"}
    [(secret,)] = ask(sample, "SELECT value FROM secret WHERE name = 'files'")
    keys = named(secret)
    contents: dict[str, bytes] = {}
    for sha256, size, media_type in files:
        content = contents[sha256] = read(sample.with_suffix(".blobs") / sha256, keys)
        assert hashlib.sha256(content).hexdigest() == sha256
        assert len(content) == size
        assert content.startswith(b"%PDF-" if media_type == "application/pdf" else b"\x89PNG")
    pdf = next(sha256 for sha256, _, media_type in files if media_type == "application/pdf")
    told = subprocess.run(
        [needs_tool("pdftotext", "poppler-utils"), "-", "-"], input=contents[pdf], capture_output=True, check=True
    )
    assert b"SAMPLE - NOT A REAL PAPER" in told.stdout
    assert told.stderr == b""


def test_an_existing_store_is_not_touched(own: Path) -> None:
    before = own.read_bytes()
    with pytest.raises(StoreError, match="store_exists"):
        made(own)
    assert own.read_bytes() == before


def test_a_making_that_was_cut_short_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "central.db"
    left = tmp_path / ".central.db.making"
    left.mkdir()
    (left / "central.db").write_bytes(b"half a store")
    made(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["central.blobs", "central.db"]
    assert verify(url_of(path)) == []


def test_a_folder_that_cannot_be_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="sample_unwritable"):
        made(tmp_path / "file" / "central.db")


@pytest.mark.parametrize(("day", "at"), [("2026-02-30", "10:30"), ("gestern", "10:30"), (DAY, "25:00"), (DAY, "9:30")])
def test_a_day_or_an_hour_that_is_none_is_refused(day: str, at: str) -> None:
    with pytest.raises(InputError):
        moment_of(day, at)


def test_a_new_morning_closes_the_day_before_and_keeps_cases_and_ledger(own: Path) -> None:
    cases = 'SELECT * FROM "case" ORDER BY id'
    kept = ask(own, cases), ask(own, "SELECT id, state, handler FROM rectification ORDER BY id")
    waited = [id for (id,) in ask(own, "SELECT id FROM ticket WHERE state = 'waiting'")]
    assert open_morning(url_of(own), seed=1, now=moment_of("2026-03-05", "09:10"), day="2026-03-05")
    marks = ", ".join("?" * len(waited))
    closed = ask(own, f"SELECT DISTINCT state, flagged FROM ticket WHERE id IN ({marks})", *waited)
    assert closed == [("closed_end_of_day", 1)]
    today = "SELECT count(*) FROM ticket WHERE state = 'waiting' AND scope = 'licang:queue' AND day = '2026-03-05'"
    assert ask(own, today) == [(17,)]
    assert ask(own, "SELECT min(number) FROM ticket WHERE day = '2026-03-05'") == [("A001",)]
    assert ask(own, cases) == kept[0]
    booked = "SELECT count(*) FROM appointment WHERE day = '2026-03-05' AND state = ?"
    assert ask(own, booked, "booked")[0][0] >= 2
    assert set(kept[1]) <= set(ask(own, "SELECT id, state, handler FROM rectification"))
    assert verify(url_of(own)) == []


def test_the_same_day_again_changes_nothing(own: Path) -> None:
    before = everything(own)
    assert not open_morning(url_of(own), seed=1, now=moment_of(DAY, "15:00"), day=DAY)
    assert everything(own) == before


def test_a_clock_before_the_halls_last_day_is_told(own: Path) -> None:
    with pytest.raises(StoreError, match="clock_behind"):
        open_morning(url_of(own), seed=1, now=moment_of("2026-03-03", "10:00"), day="2026-03-03")


def test_no_morning_is_opened_in_a_hall_that_is_no_sample(tmp_path: Path) -> None:
    open_store(url_of(tmp_path / "real.db")).close()
    with pytest.raises(StoreError, match="store_not_sample"):
        open_morning(url_of(tmp_path / "real.db"), seed=1, now=moment_of(DAY, "10:00"), day=DAY)


def test_somebody_who_sits_at_a_window_already_stays_there(own: Path) -> None:
    """A terminal left open over midnight: the morning is played around it."""
    store = open_store(url_of(own))
    store.transact(
        lambda tx: tx.execute(
            "UPDATE window_session SET opened_at = ?, ticket = NULL WHERE window = 'w10' AND closed_at IS NULL",
            (moment_of("2026-03-05", "00:10"),),
        )
    )
    store.close()
    assert open_morning(url_of(own), seed=1, now=moment_of("2026-03-05", "09:10"), day="2026-03-05")
    live = ask(own, "SELECT window, opened_at FROM window_session WHERE closed_at IS NULL ORDER BY window")
    assert ("w10", moment_of("2026-03-05", "00:10")) in live


def test_roles_reach_what_they_need_and_no_clerk_sees_who_rated() -> None:
    reach = {role: {class_of(over) for _, over in roles_of(role, MAIN)} for role in ("clerk", "approver", "callback")}
    assert reach == {"clerk": {"queue", "case"}, "approver": {"case"}, "callback": {"rating", "callback"}}
    park = next(iter(PARKS))
    assert {over for _, over in roles_of("grid", park)} == {f"licang:queue/{park}", f"licang:case/{park}"}
    assert {over for _, over in roles_of("admin", MAIN)} == {"licang:base", "licang:device"}
    assert {role for role, _ in roles_of("supervisor", MAIN)} == {"supervisor"}


def test_people_are_placeholders_with_pins_of_their_own() -> None:
    assert len({person.staff for person in PEOPLE}) == len({person.pin for person in PEOPLE}) == len(PEOPLE) == 24
    assert all(len(person.name) == 2 and person.name[1] == "某" for person in PEOPLE)
    assert all(person.pin.isdigit() and 4 <= len(person.pin) <= 6 for person in PEOPLE)
    roles = [person.role for person in PEOPLE]
    assert {role: roles.count(role) for role in ("clerk", "approver", "callback", "grid")} == {
        "clerk": 12,
        "approver": 3,
        "callback": 2,
        "grid": 3,
    }


def test_matters_are_whole() -> None:
    assert len(MATTERS) >= 40
    assert len({matter.id for matter in MATTERS}) == len({matter.name for matter in MATTERS}) == len(MATTERS)
    for matter in MATTERS:
        assert OFFICE_OF_PREFIX[matter.prefix] == matter.office
        assert 0 < matter.promised <= matter.statutory
        assert matter.basis.startswith("《")
        assert "条" in matter.basis
        assert any(required for _, required in matter.materials)


def test_made_up_numbers_have_their_right_check_characters() -> None:
    """By the standards' own sums: GB 32100 (modulo 31), GB 11643 (ISO 7064, modulo 11-2)."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    script = Script(1, DAY)
    for key in range(50):
        code, number = credit_code(script, key), id_number(script, key)
        weighted = sum(alphabet.index(char) * 3**place for place, char in enumerate(code[:17]))
        assert (weighted + alphabet.index(code[17])) % 31 == 0
        digits = [10 if char == "X" else int(char) for char in number]
        assert sum(digit * 2 ** (17 - place) for place, digit in enumerate(digits)) % 11 == 1


def test_every_scope_that_a_role_reaches_is_one_of_the_hall() -> None:
    """A device waits at sign-on for what the roles reach: a scope without a head would never come."""
    reached = {over for person in PEOPLE for _, over in roles_of(person.role, person.site)}
    assert reached - set(scopes()) == set()
