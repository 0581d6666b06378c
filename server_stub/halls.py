"""Several halls in one server process: each with its own store, its own name on the network, its own application.

    halls.toml     [licang]                                     the hall's id: a store of another hall stops the start
                   host = "licang.example"                      the name by which its machines and citizens reach it
                   store = "sqlite:////srv/licang/hall.db"      or postgresql://…
                   heads = "/mnt/heads/licang"                  optional, as are province_key = FILE and
                                                                files_key = FILE

    request ─▶ its Host ─▶ that hall's application: routes, pages, timers, secrets, sessions        any other Host: 421

A machine keeps the address at which it was enrolled, so it asks its own hall; halls share the process and nothing else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from server_stub.app import Application
from server_stub.central.opening import look
from server_stub.central.store import Tx
from server_stub.central.url import place_of
from server_stub.life import Receive, Scope, Send, lead
from server_stub.problems import raw_problem
from sync.errors import InputError

MISDIRECTED = 421


class Hall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the map, under the hall's id."""

    host: str
    store: str
    heads: str = ""
    province_key: str = ""
    files_key: str = ""


def read(path: Path) -> dict[str, Hall]:
    """The map. Raises InputError `halls_file`: unreadable, empty, a host or a store named twice."""
    try:
        halls = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, Hall])
    except (OSError, ValueError) as error:  # what TOML, UTF-8 and msgspec say are ValueErrors
        raise InputError("halls_file", path=str(path), detail=str(error)) from None
    if not halls:
        raise InputError("halls_file", path=str(path), detail="no hall in it")
    for what, named in (("host", [bare(each.host) for each in halls.values()]), ("store", _stores(halls.values()))):
        twice = sorted({each for each in named if named.count(each) > 1 or not each})
        if twice:
            raise InputError("halls_file", path=str(path), detail=f"{what} {twice[0] or 'empty'} twice or not at all")
    return halls


def owned(name: str, url: str) -> None:
    """Nothing, where the store is the hall's that the map names. Raises InputError `halls_other_store`: two stores
    exchanged in a map would show one hall's citizens the other's pages."""

    async def work(tx: Tx) -> str:
        found = await tx.fetch_one("SELECT id FROM hall")
        return str(found[0]) if found else ""

    hall = look(url, work)
    if hall != name:
        raise InputError("halls_other_store", name=name, path=place_of(url), hall=hall or "nobody")


def _stores(halls: Any) -> Sequence[str]:
    return [each.store.partition("?")[0] for each in halls]


def bare(host: str) -> str:
    """A host without port, case and last dot."""
    name = host.strip().lower()
    return (name.partition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0]).rstrip(".")


class Halls:
    """The ASGI application over those of the halls, by host."""

    def __init__(self, apps: Mapping[str, Application]) -> None:
        self._apps = {bare(host): app for host, app in apps.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the life of them all."""
        if scope["type"] == "lifespan":
            await lead([app.lifespan() for app in self._apps.values()], receive, send)
            return
        named = [value for name, value in scope["headers"] if name == b"host"]
        app = self._apps.get(bare(named[0].decode("latin-1"))) if len(named) == 1 else None
        if app is None:
            body, headers = raw_problem(MISDIRECTED, "unknown_hall")
            await send({"type": "http.response.start", "status": MISDIRECTED, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        await app(scope, receive, send)
