"""A view and its words made into HTML. Everything from the data is escaped; nothing is loaded from outside.

The headers say the same to the browser: only this server's own style sheet; no script (the page of a paper, and those
that are read again by themselves, have one of ours); no frame, no referrer (an address is a key here), nothing kept in
a cache.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent
HALL_TIME = timezone(timedelta(hours=8))
LANGUAGES = ("zh", "en")
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
WITH_SCRIPT = HEADERS["content-security-policy"].replace("script-src 'none'", "script-src 'self'")


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """The words of all languages, read once."""
    return tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))


@cache
def style() -> bytes:
    """The one style sheet, read once."""
    return (HERE / "templates" / "page.css").read_bytes()


@cache
def script(name: str) -> bytes:
    """A script of ours, read once: `paper` holds a code against a page, `live` reads a page again."""
    return (HERE / "templates" / f"{name}.js").read_bytes()


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"clock": clock_time, "moment": moment, "day": day, "weekday": weekday}
    return made


def render(template: str, language: str, **told: Any) -> str:
    """A page: `t(key, …)` in a template is the sentence of that key, `told` what it is about."""
    words = catalogue()[language]

    def t(key: str, **params: object) -> str:
        return words[key].format(**params)

    return _environment().get_template(template).render(t=t, language=language, **told)


def choose_language(asked: str | None, accepted: str = "") -> str:
    """`?lang=` where it names a language we speak, else the first of Accept-Language (RFC 9110 §12.5.4) that we do."""
    if asked in LANGUAGES:
        return str(asked)
    ranked = []
    for place, part in enumerate(accepted.split(",")[:20]):
        name, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        ranked.append((-quality, place, name.partition("-")[0].lower()))
    return next((name for quality, _, name in sorted(ranked) if name in LANGUAGES and quality < 0), LANGUAGES[0])


def qr(address: str) -> Markup:
    """A QR code (ISO/IEC 18004, level M) as inline SVG that scales with its box."""
    svg = segno.make(address, error="m", micro=False).svg_inline(border=4, light="#fff", omitsize=True)
    return Markup(svg)  # noqa: S704  (drawn by segno from an address; its text is not in the drawing)


def clock_time(ms: int) -> str:
    """10:32, hall time."""
    return _hall(ms).strftime("%H:%M")


def day(ms: int) -> str:
    """2026-11-20, hall time."""
    return _hall(ms).strftime("%Y-%m-%d")


def weekday(day: str) -> str:
    """The key of a day's name: weekday_0 for a Monday."""
    return f"weekday_{date.fromisoformat(day).weekday()}"


def moment(ms: int) -> str:
    """2026-11-20 10:32, hall time."""
    return _hall(ms).strftime("%Y-%m-%d %H:%M")


def _hall(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(HALL_TIME)
