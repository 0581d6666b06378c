"""The hall's settings: what holds where no `setting` record says otherwise. Durations in ms unless the name says days."""

from __future__ import annotations

from typing import Any

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

DEFAULTS: dict[str, Any] = {
    "recalls_max": 3,  # how often a called ticket is called again before it is missed
    "misses_max": 2,  # how often a missed ticket may wait again
    "missed_pause": 5 * MINUTE,  # a reactivated ticket is not offered before
    "undo_call": 10_000,  # a call can be taken back so long
    "ageing": 10 * MINUTE,  # waiting so long is worth one step of priority
    "day_closes": "18:00",  # hall time at which what is open is closed; "" never
    "always_open": False,  # the demo's hall never shuts
    "open_hours": [["09:00", "12:00"], ["13:00", "17:00"]],
    "callback_limit": HOUR,
    "callback_basis": "open",  # open: hall-open time; wall: by the clock on the wall
    "rectify_days": 3,
    "invite_open": 7 * DAY,
    "small_screen_invite": 2 * MINUTE,
    "correction_days": 5,  # 行政许可法 art. 32
    "extension_days": 10,  # art. 42
    "authorisation": 8 * HOUR,
    "authorisation_margin": 10 * MINUTE,
    "archive_days": 30,
    "paper_year_format": "{bureau}{kind}字({year})第{n:05d}号",
}
