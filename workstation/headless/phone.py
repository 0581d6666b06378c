"""A citizen's phone: opens the rating page whose address the QR code on the counter's small screen holds, and posts it.

The camera is played: the address is put together here as the server puts it into the code. Everything after that is the
real page, its real form and its real answer.
"""

from __future__ import annotations

import hmac
import sqlite3
from base64 import urlsafe_b64encode
from pathlib import Path

import httpx

from sync.errors import HallError
from sync.trusted import machine_trust

_KEY_OF_PAGES = "SELECT value FROM secret WHERE name = 'public-pages'"
_SEAL_BYTES = 16


def rating_address(store: Path, invite: str) -> str:
    """The path of an invitation's page."""
    connection = sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)
    try:
        secret: bytes = connection.execute(_KEY_OF_PAGES).fetchone()[0]
    finally:
        connection.close()
    seal = hmac.digest(secret, f"rating\x1f{invite}".encode(), "sha256")[:_SEAL_BYTES]
    return f"/r/{invite}.{urlsafe_b64encode(seal).rstrip(b'=').decode()}"


async def rate(url: str, store: Path, invite: str, level: str, *, tag: str = "", words: str = "") -> None:
    """Fill the form in and send it. Raises HallError `headless.page` where the page does not take it."""
    path = rating_address(store, invite)
    form = {"level": level, "person_level": level, "words": words, f"version-{level}": "1"}
    if tag:
        form[f"tags-{level}"] = tag
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10.0, verify=machine_trust()) as phone:
        page = await phone.get(path)
        if page.status_code != 200 or 'name="level"' not in page.text:
            raise HallError("headless.page", status=page.status_code)
        answer = await phone.post(path, data=form)
        if answer.status_code != 303:
            raise HallError("headless.page", status=answer.status_code)
        thanks = await phone.get(answer.headers["location"])
        if thanks.status_code != 200 or 'name="level"' in thanks.text:
            raise HallError("headless.page", status=thanks.status_code)
