"""Every error of the wire as problem details (RFC 9457): a status, a code with words in the catalogue.

told(404, 409)   what a route may refuse with, for the OpenAPI document
documented()     the same for what every route may: no route answers what its document does not say
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from server_stub.central.people import NotAllowed
from server_stub.central.trouble import NoText, StoreBusy
from server_stub.files.refusal import FileRefused
from sync.errors import InputError
from sync.protocol.messages import Problem

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "Bad request",
    401: "Not signed on",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    408: "Too slow",
    409: "Conflict",
    413: "Too large",
    415: "Media type not supported",
    416: "No such stretch",
    421: "No such hall here",
    422: "Not understood",
    429: "Too many tries",
    500: "Internal error",
    503: "Store busy",
    507: "Store full",
}
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "media_type", 416: "no_such_range"}
_DOORS = {
    "pin_wait": 429,
    "session_wait": 429,
    "read_only": 403,
    "pin_wrong": 401,
    "challenge": 401,
    "signature": 401,
    "code_unknown": 403,
    "forbidden": 403,
    "label_unfit": 400,
    "push_too_long": 413,
    "window_closed": 409,
}
_EVERYWHERE = (400, 408, 413, 500, 503, 507)
_SIGNED_ON = (401,)
_log = logging.getLogger("sync-server")


def told(*statuses: int) -> dict[int, ResponseSpec]:
    """The document of refusals with these statuses."""
    return {
        status: ResponseSpec(Problem, description=_TITLES[status], media_type=MEDIA_TYPE, generate_examples=False)
        for status in statuses
    }


def documented(handler: HTTPRouteHandler) -> HTTPRouteHandler:
    """The handler with what any route may answer in its document: no body that is one, no session, no room."""
    asks_who = {"caller", "pusher"} & handler.fn.__annotations__.keys()
    own: Mapping[int, ResponseSpec] = handler.responses or {}
    handler.responses = {**told(*_EVERYWHERE, *(_SIGNED_ON if asks_who else ())), **own}
    return handler


def problem(status: int, code: str, detail: str = "", params: dict[str, Any] | None = None) -> Response[Problem]:
    """An answer with problem details."""
    body = Problem(title=_TITLES.get(status, "Error"), status=status, code=code, detail=detail, params=params or {})
    return Response(body, status_code=status, media_type=MEDIA_TYPE)


def raw_problem(status: int, code: str) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """The same for a middleware: body and headers."""
    body = msgspec.json.encode(Problem(title=_TITLES.get(status, "Error"), status=status, code=code))
    return body, [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]


def not_allowed(_: Request[Any, Any, Any], error: NotAllowed) -> Response[Problem]:
    """Refused at the door."""
    return problem(_DOORS.get(error.code, 401), error.code, params=error.params)


def file_refused(_: Request[Any, Any, Any], error: FileRefused) -> Response[Problem]:
    """A file, or a piece of one, that is not taken."""
    return problem(error.status, error.code, error.detail, error.params)


def http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """What the framework refuses: unknown path, wrong method, a body that is no such message."""
    code = _CODES.get(error.status_code, "bad_request" if error.status_code < 500 else "internal")
    return problem(error.status_code, code, _detail(error) if error.status_code < 500 else "")


def _detail(error: HTTPException) -> str:
    """The field and what is wrong with it, where the framework tells."""
    told = error.extra if isinstance(error.extra, list) else []
    return "; ".join(f"{part.get('key', '')}: {part.get('message', '')}" for part in told) or error.detail


def not_readable(_: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A body nested without end, no UTF-8, or a text in it that nothing can be called by."""
    return problem(400, "bad_request", str(error))


def store_error(_: Request[Any, Any, Any], error: StoreBusy) -> Response[Problem]:
    """The disk is full, or the store is busy or gone: nothing was written, try again later."""
    _log.error("store_failed", extra={"error": type(error.__cause__ or error).__name__})
    return problem(507 if error.full else 503, "store_full" if error.full else "store_busy")


def disk_error(request: Request[Any, Any, Any], error: OSError) -> Response[Problem]:
    """A file could not be written."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return internal_error(request, error)
    _log.error("disk_full")
    return problem(507, "store_full")


def internal_error(_: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A defect: its type goes to the log, nothing of it to the caller."""
    _log.error("internal", extra={"error": type(error).__name__}, exc_info=error)
    return problem(500, "internal")


HANDLERS: dict[Any, Any] = {
    NotAllowed: not_allowed,
    FileRefused: file_refused,
    HTTPException: http_error,
    StoreBusy: store_error,
    OSError: disk_error,
    InputError: not_readable,
    NoText: not_readable,
    RecursionError: not_readable,
    UnicodeDecodeError: not_readable,
    Exception: internal_error,
}
