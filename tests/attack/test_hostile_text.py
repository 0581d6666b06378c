"""Whatever a name, a field or a rating says: every screen shows it inert, and none of them ends by it.

Terminal escapes, markup, bidirectional marks, characters of no width, half the planes of Unicode, long texts – as
applicant, holder, field, note, reason and rating.
"""

import json
import unicodedata
from pathlib import Path

from rich.cells import cell_len

from sync.protocol.verbs import case as cases
from sync.protocol.verbs import ticket as tickets
from tests.screens.case_flow import accepted, received
from tests.screens.ledger_hall import unhappy_visitor, window
from tests.screens.live_hall import QUEUE, LiveHall, press, text, until
from workstation.terminal import TerminalApp

OWN = [
    "\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b]52;c;eA==\x07",
    "\x9b31mC1\x90q\x9c",
    "[red]赵某[/red] [@click=app.quit]go[/] [/nothing] [",
    '$(id) `id` %s {0} {name} {{x}} \'; DROP TABLE "case"; --',
    "a\u202eb\u2066c\u200bd\u00ade\ufeff",
    "one\ntwo\r\nthree\ttab\x0bvt\x0cff\x08\x7f\x85\u2028",
    "z" + "\u0301" * 400,
    "👩‍👩‍👧‍👦" * 40,
    "\U000e0041\U000e007f\ufdd0\uffff\U0010ffff",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>&amp;\"'",
    "长" * 20_000,
]


def inert(app: TerminalApp, size: tuple[int, int]) -> str:
    """All that the screen says: whole lines, and nothing in them that a terminal would obey."""
    lines = text(app)
    assert len(lines) == size[1]
    for line in lines:
        assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cs")], repr(line)
        assert not set(line) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff"), repr(line)
        assert cell_len(line) == size[0], repr(line)
    return "\n".join(lines)


def hostile(shared_data: Path) -> list[str]:
    """Our own, the collected names, and the big list of naughty strings in lumps."""
    names = [each["text"] for each in json.loads((shared_data / "text/names_hostile.json").read_bytes())]
    naughty = [each for each in json.loads((shared_data / "text/blns.json").read_bytes()) if each.strip()]
    lumps = [" ".join(naughty[at : at + 40]) for at in range(0, len(naughty), 40)]
    return [each for each in (*OWN, *names, *lumps) if each.strip() and "\0" not in each]


async def test_every_screen_shows_it_inert(live: LiveHall, shared_data: Path) -> None:
    size = (80, 24)
    said = hostile(shared_data)
    counter = await live.device("0308")
    other, session = await window(live)
    for n, words in enumerate(said):
        args = tickets.Issue(matter="m-change", holder=words, site="hall")
        result = await counter.do("0308", args, id=f"t{n}", scope=QUEUE)
        assert result.status == "accepted", (result, words[:99])
        await received(live, counter, "0308", f"c{n}", applicant=words, address=words, **{"registered.address": words})
        await accepted(counter, "0308", cases.Note(note=f"n{n}", text=words), id=f"c{n}")
    for words in OWN[:4]:
        await unhappy_visitor(live, other, session, holder=words, words=words[:400])
    async with live.sitting("0305", "05", size=size) as app:
        for _ in range(len(said)):
            await press(app, "down")
            inert(app, size)
        for n in range(len(OWN) + 4):
            app.goto(2, case_id=f"c{n}")
            await press(app, "tab", "f8")
            inert(app, size)
        for words in OWN[:5]:
            await press(app, "ctrl+g", *[c for c in words[:12] if c.isalnum() and c.isascii()], "enter")
            inert(app, size)
            await press(app, "escape", "escape")
    async with live.sitting("0401", size=size) as app:
        await until(app, lambda: "未拨" in inert(app, size))
        for _ in OWN[:4]:
            await press(app, "enter", "tab")
            inert(app, size)
            await press(app, "escape", "down")
            inert(app, size)
    async with live.sitting("0001", size=size) as app:
        await press(app, "f5")
        inert(app, size)
