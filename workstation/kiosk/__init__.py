"""Terminals for citizens: one thing at a time, large, by digits and Enter alone; `workstation kiosk --for …`.

app.py         the shell: opens the copy, lets its keeper on and out, shows pages, forgets who has gone
page.py        a page is data, a purpose is what the terminal is for
documents.py   --for documents: a paper by its pick-up code
tickets.py     --for tickets: matters, priority, a number, a slip
ratings.py     --for ratings: a ticket's code, five levels, reasons
display.py     --for display: the called numbers, on a wall
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workstation.kiosk.page import Purpose

PURPOSES = {"documents": "Documents", "tickets": "Tickets", "ratings": "Ratings", "display": "Display"}
"""What `--for` may say: a module of this package, and its class in it."""


def purpose_of(name: str) -> type[Purpose]:
    """The class of a purpose; loaded only when it is asked for."""
    found: type[Purpose] = getattr(import_module(f"workstation.kiosk.{name}"), PURPOSES[name])
    return found
