"""View models into HTML: one function a page. Everything from the data is escaped; widths are the browser's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

import jinja2

from sync.errors import HallError
from workstation.browser.supervision import Supervision
from workstation.hours import hhmmss, moment
from workstation.locale import say
from workstation.screens import analysis_lines, callback_lines, overview_lines
from workstation.services.analysis import WEEK, Period
from workstation.services.audit import by_day
from workstation.views import audit_words
from workstation.views import oversight_words as words
from workstation.views.analysis import GROUPS, WINDOW
from workstation.views.callback import EntryLine
from workstation.views.overview import Overview

FOLDER: Final = Path(__file__).parent
REFRESH_SECONDS: Final = 5
AUDIT_LINES: Final = 60
HALL, LEDGER, RATINGS, LOADS, YARDSTICK, AUDIT = "", "ledger", "ratings", "loads", "yardstick", "audit"
NAMES: Final = (HALL, LEDGER, RATINGS, LOADS, YARDSTICK, AUDIT)
PHASES: Final = ("first", "rectifying", "second", "appeal")
_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
)


def style() -> bytes:
    """The one style sheet."""
    return (FOLDER / "templates" / "page.css").read_bytes()


class Pages:
    """All pages of one supervisor. Call from one thread: the copy's connection is that thread's."""

    def __init__(self, services: Supervision, hall: str, *, sample: bool = False) -> None:
        self.services = services
        self.hall = hall
        self.sample = sample

    def make(self, path: str, query: Mapping[str, str]) -> str | None:
        """The page at `path`; None where there is none."""
        name, _, rest = path.strip("/").partition("/")
        makers: dict[str, Callable[[], dict[str, Any]]] = {
            HALL: self._hall,
            LEDGER: self._ledger,
            RATINGS: lambda: self._ratings(query.get("by", WINDOW)),
            LOADS: self._loads,
            YARDSTICK: lambda: self._yardstick(rest),
            AUDIT: self._audit,
        }
        if name not in makers or (rest and name != YARDSTICK):
            return None
        told = makers[name]()
        if not told:
            return None
        template = "source.html" if rest else f"{name or 'hall'}.html"
        desk = self.services.desk
        return _templates.get_template(template).render(
            say=say,
            hall=self.hall,
            sample=self.sample,
            here=name,
            menu=[(each, say(f"serve.page.{each or 'hall'}")) for each in NAMES],
            refresh=0 if rest else REFRESH_SECONDS,
            now=hhmmss(desk.clock.now()),
            as_of=hhmmss(desk.engine.status.last_success_at) if desk.engine.status.last_success_at else "-",
            online=desk.engine.status.online,
            **told,
        )

    def _hall(self) -> dict[str, Any]:
        service = self.services.overview
        found = service.read(service.reach, service.today)
        if found is None:
            return {"overview": None}
        helps = [overview_lines.suggested(each) for each in found.proposals]
        helps += [overview_lines.wanted(each) for each in found.wanted]
        told = {"head": _head(found), "windows": _windows(found), "sites": _sites(found)}
        return {"overview": found, "helps": helps, **told}

    def _ledger(self) -> dict[str, Any]:
        service = self.services.oversight
        now = self.services.desk.clock.now()
        doubtful = not self.services.desk.engine.status.online
        near, found = service.near_ms, service.entries()
        phases = []
        for phase in PHASES:
            lines = [_entry(each, now, near, doubtful=doubtful) for each in found if each.phase == phase]
            phases.append((say(f"callback.filter.{phase}"), lines))
        clocks = [(each.left_ms < 0, words.clock(each)) for each in service.clocks()]
        return {"phases": phases, "clocks": clocks}

    def _ratings(self, by: str) -> dict[str, Any]:
        service = self.services.analysis
        group = by if by in GROUPS else WINDOW
        period = Period.around(WEEK, service.today)
        found = service.read(service.scopes, period, group)
        if found is None:
            return {"period": "", "lines": [], "alarms": [], "groups": [], "group": group, "total": None}
        tags = service.tag_words()
        share = analysis_lines.share
        return {
            "period": analysis_lines.period(period),
            "total": found.total,
            "satisfied": share(found.total.satisfied),
            "group": group,
            "groups": [(each, say(f"analysis.group.{each}")) for each in GROUPS],
            "lines": [
                (line.name, line.now, share(line.now.participation), share(line.now.satisfied), line.before.bad)
                for line in found.lines
            ],
            "alarms": [analysis_lines.alarm(alarm, tags) for alarm in found.alarms],
        }

    def _loads(self) -> dict[str, Any]:
        found = self.services.oversight.loads()
        return {"loads": found, "most": max((each.busy_ms for each in found), default=0) or 1}

    def _yardstick(self, name: str) -> dict[str, Any]:
        service = self.services.oversight
        measures = service.measures()
        if not name:
            lines = [(each, words.measure(each)) for each in measures]
            return {"measures": lines, "period": service.period()}
        if name not in {each.name for each in measures}:
            return {}
        source = service.source(name)
        head = [say(f"serve.col.{each}") for each in source.head]
        rows = [[words.cell(*pair) for pair in zip(source.head, row, strict=True)] for row in source.rows]
        return {"title": say(f"oversight.measure.{name}"), "head": head, "rows": rows}

    def _audit(self) -> dict[str, Any]:
        """Today's scopes with what their newest lines prove, and the newest of these lines; of what people said of the
        hall only that it holds."""
        service = self.services.audit
        try:
            reading = service.newest()
        except HallError as error:
            return {"trouble": say(error.code), "verdict": "", "broken": False, "scopes": [], "lines": []}
        told = reading.verdict
        now, labels = self.services.desk.clock.now(), service.labels
        scopes = []
        for each in reading.scopes:
            chain = reading.chains.get(each.scope)
            proved = "-" if chain is None else audit_words.chain(chain)
            rows = max(each.last - each.first + 1, 0)
            scopes.append((audit_words.scope(each.scope, labels), rows, each.seq, proved, bool(chain and chain.broken)))
        lines = [
            (audit_words.at(each, now, dated=False), *audit_words.cells(each, labels))
            for each in islice((line for line in reading.entries if not by_day(line)), AUDIT_LINES)
        ]
        verdict = audit_words.verdict(told, labels)[0]
        return {"trouble": "", "verdict": verdict, "broken": bool(told.broken), "scopes": scopes, "lines": lines}


def _entry(each: EntryLine, now: int, near_ms: int, *, doubtful: bool) -> tuple[str, tuple[str, ...]]:
    """One entry of the ledger: tone and cells. Nobody who rated, neither by name nor by telephone: a wall is read by
    whoever passes, the rated clerk too."""
    left, tone = callback_lines.remaining(each, now, near_ms=near_ms, doubtful=doubtful)
    handler = each.handler or say("callback.nobody")
    place, said = callback_lines.where(each), callback_lines.state(each)
    age = words.span(max(now - each.opened_at, 0))
    return tone, (left, age, callback_lines.level(each), each.matter_name, place, said, handler)


def _head(found: Overview) -> list[tuple[str, str, bool]]:
    """(words, figure, bad) of the day."""
    head = found.head
    figures: list[tuple[str, Any, bool]] = [
        ("done", head.done, False),
        ("waiting", head.waiting, False),
        ("minutes", None if head.minutes is None else f"{head.minutes:.2f}", False),
    ]
    if head.rated is not None:
        satisfied = None if head.satisfied is None else f"{head.satisfied * 100:.1f}%"
        figures += [("satisfied", satisfied, False), ("bad", head.bad, head.bad > 0)]
        figures.append(("defaulted", head.defaulted, False))
    if head.overdue is not None:
        figures.append(("overdue", head.overdue, head.overdue > 0))
    return [(say(f"overview.figure.{name}"), "-" if said is None else str(said), bad) for name, said, bad in figures]


def _windows(found: Overview) -> list[dict[str, Any]]:
    return [
        {
            "label": each.label,
            "site": each.site_name,
            "state": overview_lines.state(each),
            "number": each.number or "-",
            "done": each.done,
            "minutes": "-" if each.minutes is None else f"{each.minutes:.2f}",
            "load": round(each.load * 100),
            "closed": each.state == "closed" and not each.wanted,
        }
        for each in found.windows
    ]


def _sites(found: Overview) -> list[dict[str, Any]]:
    now = found.period.now
    lines = []
    for site in found.sites:
        heard = found.contacts.get(site.id, 0)
        minutes = (now - heard) // 60_000
        silent = bool(heard) and minutes >= 2
        lines.append(
            {
                "name": site.name,
                "done": site.done,
                "waiting": site.waiting,
                "heard": moment(heard or site.latest_at, now) if heard or site.latest_at else "-",
                "silent": say("serve.silent", minutes=minutes) if silent else "",
            }
        )
    return lines


_templates.globals["hint"] = overview_lines.piles_up
