"""The audit of personal data: every column of the one set of tables that can hold words is either kept for a period,
with its law, or stands below as one that tells of nobody who comes to the hall."""

from pathlib import Path

import pytest

from server_stub.central.tables import CENTRAL
from sync.records.base import PERSONAL
from sync.records.retention import ARCHIVES, BY_ANOTHER, ENDINGS, PERIODS, Ending, over
from sync.records.settings import DAY, DEFAULTS
from sync.records.shape import shapes
from sync.records.tables import TABLES
from sync.rules.case.move import DEPENDENTS
from sync.rules.facts import Row
from sync.rules.rule import RULES
from sync.rules.setting import fits
from tests.retention_page import page

NOBODY = {
    "announcement": "ticket number window kind",
    "appointment": "day prefix matter code state channel ticket",
    "appraisal": "figures hash",
    "appraisal_correction": "month figure staff window matter site source author",
    "blank": "stock serial state authorisation reason staff",
    "blank_range": "stock prefix staff",
    "blank_stock": "place",
    "booking": "matter",
    "calendar_day": "name",
    "call": "ticket window session staff outcome",
    "callback_attempt": "entry round outcome staff",
    "case": "number matter office site state owner handlers ticket channel received_by correction_due_day promised_day "
    "statutory_day suspended_day reviewer reviewed_device proposal approver decision issued_by delivery_day",
    "case_move": "moved number to staff",
    "case_note": "case staff",
    "checklist_tick": "entry item staff",
    "conflict": "case field theirs_by mine_by state choice decided_by",
    "correction": "case staff",
    "delivery_attempt": "case method day staff",
    "document": "case kind number state page year superseded_by approver approval approval_serial alone prepared_by "
    "message_digest signature signer serial level registered_by raise_why raiser raiser_label",
    "evidence": "entry media_type staff",
    "field_write": "case field staff",
    "hall": "name bureau",
    "held_operation": "machine kind about within by why state code decided_by",
    "held_outcome": "by kind about state code decided_by",
    "invite": "subject state matter window staff site",
    "issue_authorisation": "case document number page device state",
    "layout": "takes work",
    "machine": "label state given_by why changed_by",
    "material": "case state media_type staff",
    "matter": "name office prefix basis nature materials fields licence",
    "number_block": "series kind prefix period used device state reason",
    "number_series": "period lost",
    "office": "name",
    "parcel": "case leg state carrier sent_by day ended_by",
    "pause": "session reason",
    "print_authorisation": "case document kind number channel state code given_by device stock serial",
    "print_job": "home kind title number sha256 code_hash state device stock serial",
    "proof_waiver": "case way staff",
    "public_notice": "case state matter papers reason until_day document handled_by staff",
    "publicity": "state text hash appraisal drafted_by decided_by reason",
    "rating": "level person_level tags channel matter window staff site",
    "rating_supplement": "rating",
    "rectification": "source level matter window rated_staff site tags state handler failed_second_days finding office "
    "rectify_due_day second_level",
    "review_step": "case activity staff",
    "role_assignment": "staff role over",
    "service_segment": "ticket window session staff matter ended_by",
    "setting": "value from_day",
    "site": "name kind queue_scope case_scope",
    "staff": "site office",
    "tag_set": "nature level tags",
    "ticket": "number day matter prefix priority state site window session target_window case desk more",
    "ticket_lease": "ticket day window session staff device state",
    "void_number": "number case series period block reason",
    "window": "label site skills queue_scope place",
    "window_request": "window kind service state asked_by met_by",
    "window_session": "window staff device state ticket pause_reason",
}
"""Words, numbers and ids that name no citizen. Numbers of staff are what the hall did, and by whom."""
OF_THE_OFFICE = {"staff", "appraisal", "appraisal_correction"}
"""Kept as archives, and no part of any case: who works here, and the months that were appraised."""
NAMES = {"holder", "phone", "applicant", "applicant_code", "addressee", "receiver", "words", "note", "text", "said"}
"""What such columns are called: a new one of these names is never called nobody's."""


def told(name: str) -> dict[str, str]:
    return {column.name: column.info[PERSONAL] for column in TABLES[name].columns if PERSONAL in column.info}


def columns() -> list[tuple[str, str, str]]:
    return [(name, column, period) for name in sorted(TABLES) for column, period in told(name).items()]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_column_of_words_is_kept_for_a_period_or_tells_of_nobody(name: str) -> None:
    words = {column.name for column in shapes()[name].columns if column.type in ("text", "json")}
    nobody = set(NOBODY.get(name, "").split())
    assert words == nobody | told(name).keys(), f"{name}: personal(…) in its table, or a word in NOBODY"
    assert not nobody & (told(name).keys() | (NAMES - {"text"} if name == "publicity" else NAMES))


@pytest.mark.parametrize(("table", "column", "period"), columns())
def test_every_column_that_tells_of_a_person_ends(table: str, column: str, period: str) -> None:
    assert period in PERIODS, "a period with its law"
    assert type(DEFAULTS[period]) is int
    assert DEFAULTS[period] > 0
    if period == ARCHIVES:
        assert table in {"case", *DEPENDENTS} | OF_THE_OFFICE, "it leaves the working copies with its case"
    elif table in BY_ANOTHER:
        assert BY_ANOTHER[table] in RULES
    else:
        [ending] = [each for each in ENDINGS if (each.table, each.period) == (table, period)]
        assert ending.deletes or column in ending.columns


def test_what_ends_is_there_and_tells_of_a_person() -> None:
    for ending in ENDINGS:
        table = TABLES[ending.table]
        assert set(ending.columns) <= told(ending.table).keys()
        assert all(table.columns[name].nullable for name in ending.columns)
        assert ending.deletes != bool(ending.columns)
        assert ending.since in table.columns
    used = {period for _, _, period in columns()} | {"lookup_days", "log_days"}
    assert used == PERIODS.keys()


def test_the_centres_own_tables_hold_no_person_but_where_it_is_said() -> None:
    named = {table.name: {c.name for c in table.columns} & NAMES for table in CENTRAL.tables.values()}
    assert {name: found for name, found in named.items() if found} == {
        "result": {"said"},  # a digest
        "connector": {"holder"},  # a server process
    }


def test_a_period_is_never_nothing_and_has_a_source() -> None:
    for name, source in PERIODS.items():
        assert source.strip()
        assert not fits(name, 0)
        assert fits(name, DEFAULTS[name] + 1)


@pytest.mark.parametrize(
    ("ending", "since", "first"),
    [
        (Ending("ticket", "ticket_name_days", "day", ("holder",)), "2026-03-02", 1_772_380_800_000 + 31 * DAY),
        (Ending("contact", "contact_days", "at", deletes=True), 1_000, 1_000 + 7 * DAY),
        (Ending("invite_link", "rater_days", "at", deletes=True, least="invite_open"), 1_000, 1_000 + 40 * DAY),
    ],
)
def test_it_is_over_at_one_moment(ending: Ending, since: object, first: int) -> None:
    row = Row("r", "licang:queue", 1, {ending.since: since, "holder": "吴某"})
    settings = {"invite_open": 40 * DAY}
    assert not over(ending, row, settings, first - 1)
    assert over(ending, row, settings, first)


def test_the_page_is_made_from_the_tables() -> None:
    made = Path(__file__).resolve().parents[2] / "docs/retention.md"
    assert made.read_text(encoding="utf-8") == page(), "python -m tests.retention_page > docs/retention.md"
