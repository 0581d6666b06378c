"""`workstation simulate TRACE`: a recorded day with other windows and another policy.

Exit codes: 0 simulated; 2 the trace cannot be used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sync.errors import InputError
from workstation.arguments import Arguments, whole_number
from workstation.locale import say


def main(argv: Sequence[str]) -> int:
    """Run the command: the plot on standard output, or the JSON report into a file beside it."""
    from workstation.simulate.day import read_days
    from workstation.simulate.report import POLICIES, plot, report

    parser = Arguments("workstation simulate", say("simulate.about"))
    parser.add_argument("trace", type=Path, metavar="TRACE", help=say("simulate.trace"))
    parser.add_argument("--windows", type=whole_number(1), metavar="N", help=say("simulate.windows"))
    parser.add_argument("--policy", choices=[*POLICIES, "all"], default="all", help=say("simulate.which"))
    parser.add_argument("--day", metavar="YYYY-MM-DD", help=say("simulate.day"))
    parser.add_argument("--report", type=Path, metavar="FILE.json", help=say("simulate.report"))
    chosen = parser.parse_args(argv)
    days = read_days(chosen.trace)
    date = chosen.day or max(days, key=lambda name: len(days[name].jobs))
    if date not in days:
        raise InputError("simulate.no_such_day", day=date, days=", ".join(days))
    found = report(days[date], chosen.windows, POLICIES if chosen.policy == "all" else [chosen.policy], date)
    if chosen.report is not None:
        try:
            chosen.report.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise InputError("replay.report_unwritable", path=str(chosen.report), detail=error.strerror) from None
    print("\n".join(plot(found)))
    return 0
