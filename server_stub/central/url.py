"""Where a store lies: `sqlite:///FILE` or `postgresql://…`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from sync.errors import InputError


def is_postgres(url: str) -> bool:
    """Whether the URL names a database of PostgreSQL."""
    return url.partition("://")[0] in ("postgresql", "postgres")


def place_of(url: str) -> str:
    """Where a store lies, as people may be told: a database's URL without its password. Raises InputError
    `store_url`."""
    if not is_postgres(url):
        return str(path_of(url))
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=user.partition(":")[0] + at + host).geturl()


def path_of(url: str) -> Path:
    """The file of a `sqlite:///…` URL; raises InputError `store_url` for another kind."""
    kind, found, path = url.partition(":///")
    if kind != "sqlite" or not found or not path:
        raise InputError("store_url", url=url)
    return Path(path)
