"""Reading recorded logs: every row is used or counted under a reason, and the independent count agrees."""

from __future__ import annotations

import ast
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import InputError
from tests.replay.logs import PERMITS, QUEUE, write
from workstation.replay import expected
from workstation.replay.log import PermitLog, QueueTrace, read_log


def test_permit_log(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, PERMITS))
    assert isinstance(log, PermitLog)
    assert [(event.case, event.resource) for event in log.events] == [
        ("k1", "Anna"),
        ("k1", "Anna"),
        ("k2", "Bert"),
        ("k1", "Bert"),
        ("k2", "Anna"),
        ("k3", "Carl"),
        ("k3", "Carl"),
        ("k3", "Anna"),
    ], "equal timestamps keep the file's order"
    assert dict(log.unusable) == {"no_resource": 1, "bad_timestamp": 1}
    assert set(log.ends) == {"k1", "k3"}
    assert log.ends["k3"] == log.events[-1].at, "an end before the last event moves to it"
    assert expected.expected_permits(tmp_path / "log.csv") == {"cases": 3, "steps": 8, "issued": 2}


def test_permit_log_without_enddate_decides_every_case(tmp_path: Path) -> None:
    text = "\n".join(",".join(line.split(",")[:4]) for line in PERMITS.splitlines()) + "\n"
    log = read_log(write(tmp_path, text))
    assert isinstance(log, PermitLog)
    assert set(log.ends) == {"k1", "k2", "k3"}
    assert expected.expected_permits(tmp_path / "log.csv")["issued"] == 3


def test_queue_trace(tmp_path: Path) -> None:
    trace = read_log(write(tmp_path, QUEUE))
    assert isinstance(trace, QueueTrace)
    served = [visit for visit in trace.visits if visit.server]
    abandoned = [visit for visit in trace.visits if visit.abandoned]
    assert dict(trace.unusable) == {"no_outcome": 1, "no_server": 1, "time_order": 1}
    assert trace.tickets == len(served) + len(abandoned) + sum(trace.unusable.values())
    assert (
        next(visit for visit in served if visit.ticket == "q6").called
        == next(visit for visit in served if visit.ticket == "q6").arrived
    ), "a call a second before the arrival is the two clocks' error"
    assert expected.expected_queue(tmp_path / "log.csv") == {"tickets": 10, "served": 6, "abandoned": 1}


def test_gzip_reads_the_same(tmp_path: Path) -> None:
    packed = tmp_path / "log.csv.gz"
    packed.write_bytes(gzip.compress(QUEUE.encode()))
    plain = read_log(write(tmp_path, QUEUE))
    assert read_log(packed) == plain
    assert expected.expected_queue(packed) == expected.expected_queue(tmp_path / "log.csv")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "replay.empty"),
        (b"a,b\n1,2\n", "replay.wrong_columns"),
        (b"\xff\xfe\x00", "replay.not_text"),
        (gzip.compress(PERMITS.encode())[:-40], "replay.broken_gzip"),
        (b"\x1f\x8bnonsense", "replay.broken_gzip"),
        (PERMITS.encode() + b'k9,"unclosed,Anna,2021-03-01 09:00:00+01:00,\n', "replay.broken_csv"),
    ],
)
def test_what_is_no_log_is_refused_by_name(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_log(path)
    assert refused.value.code == code
    assert str(path) in str(refused.value)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_log(tmp_path / "nothing.csv")
    assert refused.value.code == "replay.not_found"


def test_the_expectation_imports_nothing_of_the_product() -> None:
    tree = ast.parse(Path(expected.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name for name in names if name.split(".")[0] in ("workstation", "sync", "server_stub")}


CELL = st.sampled_from(["", "2021-03-01T09:00:00", "2021-03-01T09:10:00", "2021-03-01T09:00:04", "never"])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "a", "b", "c"]),
            CELL,
            CELL,
            CELL,
            CELL,
            st.sampled_from(["", "S"]),
            st.sampled_from(["", "W"]),
        ),
        min_size=1,
    )
)
def test_both_counts_agree_on_any_dirt(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]) -> None:
    text = QUEUE.splitlines()[0] + "\n" + "\n".join(",".join(row) for row in rows) + "\n"
    path = write(tmp_path_factory.mktemp("dirt"), text)
    trace = read_log(path)
    assert isinstance(trace, QueueTrace)
    served = sum(1 for visit in trace.visits if visit.server)
    abandoned = sum(1 for visit in trace.visits if visit.abandoned)
    assert trace.tickets == served + abandoned + sum(trace.unusable.values())
    assert expected.expected_queue(path) == {"tickets": trace.tickets, "served": served, "abandoned": abandoned}
