"""The addresses of the small screens: one a window, known to nobody but the screen that it was entered at.

    /w/<window>.<seal>      the seal made of the setting small_screen_key: raise it, and every address is another

Whoever opens a small screen sees the code of an open rating, and could answer it: the clerk at the window must not be
able to. So nothing leads to these addresses; `sync-server screens` prints them where the server stands. A sample hall
lists them on its first page, since its visitor is everybody at once.
"""

from __future__ import annotations

from server_stub.public import token
from server_stub.public.store import PublicStore
from sync.window_name import window_name


def address(store: PublicStore, window: str) -> str:
    """The token of a window's small screen."""
    return token.make(store.secret, token.of_screen(store.setting("small_screen_key")), window)


def window_at(store: PublicStore, address: str) -> str | None:
    """The window whose small screen has this token, None for one that is forged or of an older key."""
    return token.check(store.secret, token.of_screen(store.setting("small_screen_key")), address)


async def addresses(store: PublicStore) -> list[tuple[str, str]]:
    """(place, token) of every window, the main hall's first."""
    sites = {row.id: row for row in await store.read("site")}

    def away(site: str) -> str:
        found = sites.get(site)
        return "" if found is not None and found.kind == "hall" else found.name if found is not None else site

    windows = sorted(await store.read("window"), key=lambda row: (bool(away(row.site)), row.site, row.label))
    return [(f"{away(row.site)} {window_name(row.label)}".strip(), address(store, row.id)) for row in windows]
