"""What PostgreSQL and the way to it refuse, in the store's words.

opening   a database that cannot be opened ──▶ StoreError pg_unreachable | pg_password | pg_missing | store_open
trouble   a transaction that failed ──▶ Again (40001, 40P01) | StoreBusy | StoreRefused (classes 22, 23, 42), NoText
"""

from __future__ import annotations

import asyncpg

from server_stub.central.trouble import NoText, StoreBusy, StoreRefused
from sync.errors import StoreError

ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
_AGAIN = ("40001", "40P01")
_FULL = ("53100",)
_NO_TEXT = ("22021", "22P05")
_FORBIDDEN = ("22", "23", "42")
_DOORS = {"28P01": "pg_password", "28000": "pg_password", "3D000": "pg_missing", "57P03": "pg_unreachable"}


class Again(StoreBusy):
    """Ended by the engine for the sake of another transaction: begin anew, at once."""


def trouble(error: Exception) -> Exception:
    """Why a transaction did not happen."""
    state: str = getattr(error, "sqlstate", None) or ""
    if state in _AGAIN:
        return Again(str(error))
    if state in _NO_TEXT:
        return NoText("a text holds a NUL")
    if state[:2] in _FORBIDDEN or isinstance(error, asyncpg.DataError):
        return StoreRefused(str(error))
    return StoreBusy(str(error) or type(error).__name__, full=state in _FULL)


def opening(place: str, error: Exception) -> StoreError:
    """Why a database cannot be opened."""
    detail = str(error).partition("\n")[0] or type(error).__name__
    code = _DOORS.get(getattr(error, "sqlstate", None) or "")
    if code is None:
        code = "pg_unreachable" if isinstance(error, OSError | TimeoutError) else "store_open"
    return StoreError(code, path=place, detail=detail)
