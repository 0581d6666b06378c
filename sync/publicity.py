"""公示: what may be told to everybody of a month: no person, and no figure below five, readable or to be worked out.

hidden       every figure below LEAST; with it so many of the next smallest that what they hide together is
             at least LEAST and at least two figures – or the total less what is shown would tell it
bad          hidden as well where those who were content are fewer than LEAST, and wherever `rated` is
satisfied    a share only beside a bad figure that is shown; of the whole hall at least "not less than"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

LEAST: Final = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One group, or the whole; None: not told."""

    name: str
    rated: int | None
    bad: int | None

    @property
    def satisfied(self) -> float | None:
        """Share of the content, where both figures are told."""
        return 1 - self.bad / self.rated if self.rated and self.bad is not None else None


@dataclass(frozen=True, slots=True)
class Table:
    """What is told of one grouping."""

    total: Line
    lines: tuple[Line, ...]


def hide(values: Mapping[str, int], also: Iterable[str] = ()) -> set[str]:
    """The keys whose values are not told, beside a total that may be told."""
    hidden = {key for key, value in values.items() if value < LEAST} | set(also)
    shown = sorted(values.keys() - hidden, key=lambda key: (values[key], key))
    while hidden and shown and (len(hidden) < 2 or sum(values[key] for key in hidden) < LEAST):
        hidden.add(shown.pop(0))
    return hidden


def table(figures: Mapping[str, Any], group: str, names: Mapping[str, str]) -> Table:
    """The lines of one grouping by their names, groups of which nobody rated left out."""
    found = {key: line for key, line in figures[group].items() if line["rated"] > 0}
    rated = {key: line["rated"] for key, line in found.items()}
    bad = {key: line["bad"] for key, line in found.items()}
    no_rated = hide(rated)
    no_bad = hide(bad, {key for key in found if rated[key] - bad[key] < LEAST} | no_rated)
    total = figures["total"]
    few = total["rated"] < LEAST
    no_total_bad = few or total["bad"] < LEAST or total["rated"] - total["bad"] < LEAST
    lines = [
        Line(names.get(key, key), None if key in no_rated else rated[key], None if key in no_bad else bad[key])
        for key in found
    ]
    lines.sort(key=lambda line: (line.rated is None, -(line.rated or 0), line.name))
    return Table(
        Line("", None if few else total["rated"], None if no_total_bad else total["bad"]),
        tuple(lines),
    )


def text(
    figures: Mapping[str, Any], names: Mapping[str, Mapping[str, str]], hall: str, words: Mapping[str, str]
) -> str:
    """The text of a month in the hall's own words (setting `publicity_words`): the whole, then matters, then sites."""
    year, month = figures["month"].split("-")
    said = [words["title"].format(hall=hall, year=year, month=int(month))]
    for group in ("matter", "site"):
        shown = table(figures, group, names.get(group, {}))
        if group == "matter":
            said.append(_total(figures, shown.total, words))
        said.append(words[group])
        said += [_line(line, words) for line in shown.lines]
    said.append(words["rule"].format(least=LEAST))
    return "\n".join(said)


def _total(figures: Mapping[str, Any], total: Line, words: Mapping[str, str]) -> str:
    if total.rated is None:
        return words["few"].format(least=LEAST)
    share = _share(total.satisfied)
    if total.satisfied is None:  # the same text for every number of bad ones below LEAST
        bad = figures["total"]["bad"]
        least = 1 - (LEAST - 1) / total.rated
        share = words["at_least"].format(share=_share(least)) if bad < LEAST else words["hidden"]
    return words["total"].format(rated=total.rated, satisfied=share, bad=_figure(total.bad, words))


def _line(line: Line, words: Mapping[str, str]) -> str:
    share = words["hidden"] if line.satisfied is None else _share(line.satisfied)
    return words["line"].format(
        name=line.name, rated=_figure(line.rated, words), satisfied=share, bad=_figure(line.bad, words)
    )


def _figure(value: int | None, words: Mapping[str, str]) -> str:
    return words["hidden"] if value is None else str(value)


def _share(value: float | None) -> str:
    return "" if value is None else f"{int(value * 1000) / 10:.1f}%"
