"""Who does not wait any longer says so on the ticket's own page: the number is cancelled, the window is free."""

from __future__ import annotations

from public_hall import NOW, QUEUE, Hall, text


def test_its_holder_gives_a_ticket_up_while_nobody_serves_them(hall: Hall) -> None:
    path = hall.ticket("t-1", "A036")
    assert "放弃这个号 A036" in text(hall.get(path))
    sent = hall.post(f"{path}/cancel?lang=en")
    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}?lang=en")
    assert "已取消" in text(hall.get(path))
    assert [row.state for row in hall.rows("ticket")] == ["cancelled"]
    assert hall.post(f"{path}/cancel").status_code == 303
    served = hall.ticket("t-2", "A037", "serving", window="w-03")
    assert "放弃" not in hall.get(served).text
    assert hall.post(f"{served}/cancel").status_code == 303
    assert [row.state for row in hall.rows("ticket", id="t-2")] == ["serving"]
    assert hall.post("/t/none/cancel").status_code == 404


def test_a_called_ticket_that_is_given_up_frees_its_window(hall: Hall) -> None:
    path = hall.ticket("t-1", "A036", "called", window="w-03", session="s-w-03", called_at=NOW)
    hall.session(ticket="t-1")
    told = {"ticket": "t-1", "window": "w-03", "session": "s-w-03", "staff": "0307"}
    hall.put("call", "c-1", QUEUE, called_at=NOW, open=True, **told)
    hall.post(f"{path}/cancel")
    assert [(row.state, row.window) for row in hall.rows("ticket")] == [("cancelled", None)]
    assert [row.ticket for row in hall.rows("window_session")] == [None]
    assert [(row.open, row.outcome) for row in hall.rows("call")] == [(False, "cancelled")]
