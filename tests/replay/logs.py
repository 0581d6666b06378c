"""Small logs of our own making, written as files."""

from __future__ import annotations

from pathlib import Path

PERMITS = """case_id,activity,resource,timestamp,enddate
k1,Receipt,Anna,2021-03-01 09:00:00+01:00,2021-03-03 12:00:00+01:00
k1,Check,Anna,2021-03-01 09:05:00+01:00,2021-03-03 12:00:00+01:00
k2,Receipt,Bert,2021-03-01 09:06:00+01:00,
k1,Check,Bert,2021-03-01 09:06:00+01:00,2021-03-03 12:00:00+01:00
k2,Check,Anna,2021-03-02 10:00:00+01:00,
k3,Receipt,Carl,2021-03-02 10:00:00+01:00,2021-03-01 00:00:00+01:00
k3,Check,Carl,2021-03-02 11:00:00+01:00,2021-03-01 00:00:00+01:00
k3,Check,Anna,2021-03-20 11:00:00+01:00,2021-03-01 00:00:00+01:00
k4,Receipt,,2021-03-21 11:00:00+01:00,2021-03-22 00:00:00+01:00
k5,Receipt,Bert,yesterday,2021-03-22 00:00:00+01:00
"""
QUEUE = """ticket_id,arrival,called,finished,abandoned,service_type,server
q1,2021-03-01T09:00:00,2021-03-01T09:00:30,2021-03-01T09:05:00,,PS,ANNA
q2,2021-03-01T09:00:00,2021-03-01T09:00:40,2021-03-01T09:06:00,,NW,BERT
q3,2021-03-01T09:01:00,2021-03-01T09:04:00,2021-03-01T09:08:00,,PS,ANNA
q4,2021-03-01T09:02:00,,,2021-03-01T09:03:00,PS,
q5,2021-03-01T09:02:00,,,,PS,
q6,2021-03-01T09:09:00,2021-03-01T09:08:59,2021-03-01T09:12:00,,IN,CARL
q7,2021-03-01T09:10:00,2021-03-01T09:11:00,2021-03-01T09:12:00,,PS,
q8,2021-03-01T09:10:00,2021-03-01T09:11:00,2021-03-01T09:10:30,,PS,BERT
q9,2021-03-01T09:15:00,2021-03-01T09:16:00,2021-03-01T09:19:00,,NW,BERT
q10,2021-03-01T09:16:00,2021-03-01T09:17:00,2021-03-01T09:19:00,,PS,ANNA
"""


def write(folder: Path, text: str, name: str = "log.csv") -> Path:
    """The text as a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
