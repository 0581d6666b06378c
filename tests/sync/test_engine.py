"""The engine's thread against a real server: news within a second, back by itself after a break, quick to stop."""

import itertools
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from server_stub.central.backup import back_up, put_back, restored
from server_stub.services import Services
from sync.device_key import DeviceKey
from sync.errors import ServerRefused, TransportError
from sync.protocol.messages import Pulled
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from sync.replica import transfers
from sync.replica.blobs import keep_blob
from sync.replica.store import ReplicaStore
from sync.replica.submit import Actor
from tests.sync.server_process import ServerProcess
from tests.sync.small_hall import BASE, CASES, QUEUE, SmallHall
from tests.sync.station import CLOCK, SOON, Station, enrolled
from tests.sync.test_blob import CONTENT
from tests.sync.toxic import Proxy


@pytest.fixture
def server(closed_hall: SmallHall) -> Iterator[ServerProcess]:
    server = ServerProcess(closed_hall.url, log=closed_hall.folder / "server.log")
    yield server
    server.close()


Enrolled_ = Callable[[], Station]


@pytest.fixture
def station(closed_hall: SmallHall, server: ServerProcess) -> Iterator[Enrolled_]:
    """Make workstations."""
    made: list[Station] = []

    def make() -> Station:
        made.append(enrolled(closed_hall, server.url))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_what_one_does_appears_on_another_within_a_second(station: Enrolled_) -> None:
    one, two = station(), station()
    one.sign_on("0307")
    two.sign_on("0308")
    took = []
    for i in range(5):
        begun = time.monotonic()
        one.do(tickets.Issue(matter="m1", site="hall"), id=f"t{i}")
        two.until(lambda i=i: two.shows("ticket", f"t{i}"))  # type: ignore[misc]
        took.append(time.monotonic() - begun)
    assert sorted(took)[2] < 1.0, took
    assert any("ticket" in tables for tables in two.changes)


def test_nothing_is_missed_between_the_first_pull_and_the_live_channel(station: Enrolled_) -> None:
    """The channel opens after the first pull: whatever moved in between, its first line brings to light."""
    one, two = station(), station()
    one.sign_on("0307")
    two.engine.sign_on(two.opening("0308"))
    two.until(lambda: two.sessions)
    for i in range(10):
        one.do(tickets.Issue(matter="m1", site="hall"), id=f"t{i}")
    two.until(lambda: two.shows("ticket", "t9"))


def test_an_answer_can_be_waited_for(station: Enrolled_) -> None:
    one = station()
    one.sign_on("0307")
    n = one.do(tickets.Issue(matter="m1", site="hall"), id="t1")
    result = one.engine.wait(n, SOON)
    assert result is not None
    assert result.status == "accepted"
    assert one.engine.wait_seen(result.seqs, SOON)
    assert one.engine.wait(n + 1, 0.01) is None
    refused = one.do(tickets.CallNext(call="c1"), id="nobody")
    answer = one.engine.wait(refused, SOON)
    assert answer is not None
    assert answer.code == "not_found"
    one.until(lambda: any({"refusal", "*"} <= tables for tables in one.changes))


def test_it_comes_back_after_the_server_was_away(station: Enrolled_, server: ServerProcess) -> None:
    one, two = station(), station()
    one.sign_on("0307")
    two.sign_on("0308")
    server.kill()
    one.do(cases.Note(note="n1", text="离线"), id="c0", scope=CASES)
    one.until(lambda: not one.engine.status.online and one.engine.status.trouble == "unreachable")
    assert one.shows("case_note", "n1")
    server.start()
    two.until(lambda: two.shows("case_note", "n1"), 40)
    one.until(lambda: one.engine.status.online and not one.engine.status.trouble)
    assert one.store.pending() == 0


def test_a_centre_put_back_from_a_backup_owes_no_rows_that_it_has_forgotten(
    closed_hall: SmallHall, station: Enrolled_, server: ServerProcess
) -> None:
    one, two = station(), station()
    one.sign_on("0307")
    two.sign_on("0308")
    backup = closed_hall.folder / "backup.db"
    back_up(closed_hall.url, backup, CLOCK.now())
    drawn = (f"t{i}" for i in itertools.count())
    while QUEUE not in one.engine._live.heads:  # the live channel opens some time after the first pull
        two.do(tickets.Issue(matter="m1", site="hall"), id=(last := next(drawn)))
        one.until(lambda last=last: one.shows("ticket", last))  # type: ignore[misc]
    server.kill()
    two.engine.stop()  # whoever said it is not there
    put_back(closed_hall.url, backup)
    restored(closed_hall.url, 100, CLOCK.now())
    server.start()
    one.until(lambda: one.store.noted("restored") and not one.shows("ticket", "t0"), 40)
    one.until(lambda: one.engine.behind() == 0)


def test_a_person_who_signed_on_without_the_server_gets_a_session_later(
    station: Enrolled_, server: ServerProcess
) -> None:
    one = station()
    one.sign_on("0307")  # an earlier day
    server.kill()
    one.close()
    again = Station(one.path, one.url, one.device, one.key)
    try:
        again.engine.sign_on(again.opening("0307"))
        again.actor = Actor("0307", "offline:1")
        n = again.do(cases.Note(note="n1", text="离线"), id="c0", scope=CASES)
        again.until(lambda: again.engine.status.trouble == "unreachable")
        assert again.sessions == []
        server.start()
        again.until(lambda: again.sessions and again.engine.status.signed_on, 40)
        assert again.sessions[0].staff == "0307"
        result = again.engine.wait(n, SOON)
        assert result is not None
        assert result.status == "accepted"
    finally:
        again.close()


def at_the_centre(hall: SmallHall, sql: str) -> None:
    """As if time had passed there."""
    services = Services.open(hall.url, CLOCK)
    services.store.transact(lambda tx: tx.execute(sql))
    services.store.close()


def test_a_token_that_ran_out_is_renewed_without_anybody_noticing(closed_hall: SmallHall, station: Enrolled_) -> None:
    one = station()
    one.sign_on("0307")
    before = one.engine.transport.token
    at_the_centre(closed_hall, "UPDATE token SET expires_at = 1")
    result = one.engine.wait(one.do(cases.Note(note="n1", text="x"), id="c0", scope=CASES), SOON)
    assert result is not None
    assert result.status == "accepted"
    assert one.sessions == [], "no PIN was kept that could have opened another one"
    assert one.engine.transport.token != before


def test_an_idle_workstation_asks_nothing_while_the_live_channel_is_there(
    station: Enrolled_, server: ServerProcess
) -> None:
    """It looks every 20 ms here, and a hundred times over says nothing; what moves then is told, and fetched."""
    idle, other = station(), station()
    idle.close()
    with Proxy(server.url) as link:
        quiet = Station(idle.path, link.url, idle.device, idle.key, idle=0.02)
        try:
            quiet.sign_on("0307")
            quiet.until(lambda: quiet.engine.looks > 20)
            asked, looked, sessions = Counter(link.requests), quiet.engine.looks, len(quiet.sessions)
            quiet.until(lambda: quiet.engine.looks > looked + 100)
            assert link.requests == asked
            other.sign_on("0308")
            other.do(tickets.Issue(matter="m1", site="hall"), id="t1")
            quiet.until(lambda: quiet.shows("ticket", "t1"))
            assert link.requests["GET /v1/pull"] > asked["GET /v1/pull"]
            link.cut()
            gone = quiet.engine.looks
            quiet.until(lambda: link.requests["GET /v1/live"] > asked["GET /v1/live"])
            assert sessions == len(quiet.sessions)
            quiet.until(lambda: quiet.engine.looks > gone + 20)
        finally:
            quiet.close()


def test_a_session_that_is_over_keeps_the_outbox_until_somebody_signs_on(
    closed_hall: SmallHall, station: Enrolled_
) -> None:
    one = station()
    one.sign_on("0307")
    at_the_centre(closed_hall, "UPDATE session SET until = 1")
    n = one.do(cases.Note(note="n1", text="x"), id="c0", scope=CASES)
    one.until(lambda: one.engine.status.trouble == "session_expired")
    assert one.store.pending() == 1
    assert one.shows("case_note", "n1")
    one.sign_on("0307")
    result = one.engine.wait(n, SOON)
    assert result is not None
    assert result.status == "accepted"


def test_nobody_there_no_token_is_renewed(closed_hall: SmallHall, station: Enrolled_) -> None:
    one = station()
    one.sign_on("0307")
    one.engine.sign_off()
    at_the_centre(closed_hall, "UPDATE token SET expires_at = 1")
    one.do(cases.Note(note="n1", text="x"), id="c0", scope=CASES)
    one.until(lambda: one.engine.status.trouble == "session_expired")
    assert one.store.pending() == 1


def test_a_pin_that_is_wrong_by_now_is_tried_once(closed_hall: SmallHall, station: Enrolled_) -> None:
    one = station()
    one.engine.sign_on(one.opening("0307", "9999"))
    one.until(lambda: one.engine.status.trouble == "pin_wrong")
    for _ in range(3):
        one.engine.nudge()
        with pytest.raises(ServerRefused, match="session_unknown"):
            one.engine.run(lambda t: t.ask("DELETE", "/v1/session", type(None)), SOON)
    assert closed_hall.all("SELECT tries FROM wrong_pin WHERE staff = '0307'") == [(1,)]


def test_a_supervisors_screen_goes_on_though_others_left_work(station: Enrolled_) -> None:
    shared, other = station(), station()
    other.sign_on("0308")
    shared.sign_on("0307")
    shared.engine.sign_on(shared.opening("0001"))  # a change of persons; the token comes with the session
    shared.until(lambda: shared.sessions)
    shared.do(cases.Note(note="left", text="x"), id="c0", scope=CASES)
    other.do(cases.Note(note="n1", text="x"), id="c0", scope=CASES)
    shared.until(lambda: shared.shows("case_note", "n1"))
    assert shared.store.pending() == 1
    assert shared.engine.status.trouble == ""


def test_a_withdrawn_role_reaches_the_replica_by_itself(station: Enrolled_) -> None:
    one, admin = station(), station()
    one.sign_on("0307")
    admin.sign_on("0901")
    for over in (QUEUE, CASES):
        admin.do(people.RemoveRole(), id=f"0307-clerk-{over}", scope=BASE)
    one.until(lambda: not one.held())
    assert not one.shows("case", "c0")
    assert any("*" in tables for tables in one.changes)


def test_a_defect_of_a_screen_does_not_end_the_engine(station: Enrolled_) -> None:
    one = station()
    one.sign_on("0307")
    one.fail = True
    one.do(cases.Note(note="n1", text="x"), id="c0", scope=CASES)
    one.until(lambda: one.engine.status.trouble == "internal")
    n = one.do(cases.Note(note="n2", text="x"), id="c0", scope=CASES)
    one.until(lambda: one.engine.status.trouble == "")
    result = one.engine.wait(n, SOON)
    assert result is not None
    assert result.status == "accepted"


def test_a_device_of_many_scopes_pulls(station: Enrolled_) -> None:
    one = station()
    one.sign_on("0307")
    many = [f"licang:case/office-{n:03d}" for n in range(900)]
    held = ",".join(f"{scope}.0" for scope in many)
    pulled = one.engine.run(lambda transport: transport.ask("GET", "/v1/pull", Pulled, c=held), SOON)
    assert sorted(pulled.drop) == many


def test_a_copy_that_cannot_be_read_for_a_while_costs_nobody_the_window(
    station: Enrolled_, caplog: pytest.LogCaptureFixture
) -> None:
    one = station()
    one.sign_on("0307")
    one.do(tickets.OpenWindow(window="w1"), id="s1")
    one.do(tickets.Issue(matter="m1", site="hall"), id="t1")
    one.until(lambda: one.read("SELECT 1 FROM ticket WHERE number IS NOT NULL") and not one.store.pending())
    one.rename("ticket_lease", "away")
    one.engine.sit("s1")
    one.until(lambda: any(record.message == "seat_failed" for record in caplog.records))
    one.rename("away", "ticket_lease")
    one.engine.sit("s1")
    one.until(lambda: one.read("SELECT 1 FROM lease WHERE ticket = 't1'"))


def test_a_copy_that_cannot_be_read_between_two_rounds_does_not_end_the_engine(
    closed_hall: SmallHall, server: ServerProcess
) -> None:
    idle = enrolled(closed_hall, server.url)
    idle.close()
    one = Station(idle.path, server.url, idle.device, idle.key, idle=0.05)
    try:
        one.sign_on("0307")
        one.until(lambda: one.engine.looks > 2)
        one.rename("outbox", "away")
        one.until(lambda: one.engine.status.trouble)
        one.rename("away", "outbox")
        one.until(lambda: not one.engine.status.trouble)
        looks = one.engine.looks
        one.until(lambda: one.engine.looks > looks)
    finally:
        one.close()


def test_files_that_cannot_be_looked_up_for_a_while_are_looked_up_again(
    station: Enrolled_, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "AGAIN_SECONDS", 0.05)
    one = station()
    one.sign_on("0307")
    one.rename("refused_file", "away")
    sha256 = keep_blob(one.store, CONTENT)
    named = cases.Attach(
        case="c0", name="身份证", ordinal=1, sha256=sha256, size=len(CONTENT), media_type="application/pdf"
    )
    one.do(named, id="m1", scope=CASES)
    one.until(lambda: any(record.message == "transfer_failed" for record in caplog.records))
    one.rename("away", "refused_file")
    one.until(lambda: one.read("SELECT 1 FROM material WHERE arrived"))


@pytest.mark.parametrize("how", ["nobody listens", "nobody answers", "never started talking"])
def test_it_stops_at_once_whatever_the_network_does(closed_hall: SmallHall, how: str) -> None:
    path = closed_hall.folder / "r.db"
    ReplicaStore.create(path, device="d", hall="licang", shapes={})
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        if how == "nobody answers":
            listening.listen()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        one = Station(path, url, "d", DeviceKey.make())
        if how != "never started talking":
            one.engine.sign_on(one.opening("0307"))
        if how == "nobody listens":
            one.until(lambda: one.engine.status.trouble == "unreachable")
        elif how == "nobody answers":
            listening.settimeout(SOON)
            listening.accept()[0].close()
        begun = time.monotonic()
        one.engine.stop()
        assert time.monotonic() - begun < 2.0
        with pytest.raises(TransportError, match="stopped"):
            one.engine.run(lambda t: t.ask("GET", "/v1/health", dict), 1)
        one.engine.stop()
        one.store.close()


def test_a_request_that_takes_too_long_is_given_up(closed_hall: SmallHall) -> None:
    path = closed_hall.folder / "r.db"
    ReplicaStore.create(path, device="d", hall="licang", shapes={})
    with socket.create_server(("127.0.0.1", 0)) as listening:
        one = Station(path, f"http://127.0.0.1:{listening.getsockname()[1]}", "d", DeviceKey.make())
        with pytest.raises(TransportError, match="timeout"):
            one.engine.run(lambda t: t.ask("GET", "/v1/health", dict), 0.05)
        one.close()
