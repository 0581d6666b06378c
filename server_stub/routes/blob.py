"""PUT | GET | HEAD /v1/blob/{sha256}: files of cases, named by their content; the server computes the hash itself.

HEAD   200 it is there, whole     204 so many bytes of it are here from this device: Upload-Offset
PUT    the whole file, or with Content-Range a piece of it; 204 it is there, 202 go on at Upload-Offset
GET    the bytes, or what a Range of one stretch asks for; ?of= a paper: also a file of it that was handed out before
"""

from __future__ import annotations

import asyncio
import re
from typing import Annotated

from litestar import Request, get, head, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotFoundException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response import Response

from server_stub.central.people import Caller, scopes_for
from server_stub.central.store import Tx
from server_stub.files.naming import Naming, naming_of, namings
from server_stub.files.uploads import Piece
from server_stub.files.vault import SNAPSHOT
from server_stub.problems import told
from server_stub.services import Services
from sync.protocol.messages import BLOB_BYTES

BYTES = "application/octet-stream"
OFFSET = "upload-offset"
_NAME = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")
_PIECE = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})")
_SAFE = {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'"}


@put(
    "/blob/{sha256:str}",
    status_code=204,
    summary="Store a blob, or a piece of it",
    request_max_body_size=BLOB_BYTES,
    responses={
        **told(403, 404, 409, 415),
        202: ResponseSpec(None, description="The piece is here; go on at Upload-Offset"),
    },
)
async def put_blob(
    sha256: FromPath[str],
    request: Request[None, None, State],
    caller: NamedDependency[Caller],
    services: NamedDependency[Services],
    content_range: Annotated[
        str | None,
        HeaderParameter(name="Content-Range", description="which bytes these are: bytes FIRST-LAST/TOTAL"),
    ] = None,
) -> Response[None]:
    """Stores the body if it is what its name says; its arrival becomes an operation of the clock."""
    piece = _piece(content_range, request.headers.get("content-length", ""))
    named = await services.uploads.namings(_name(sha256), caller)
    if not named:
        raise NotFoundException(detail="no material names this blob")
    here = await services.uploads.take(sha256, named, caller, piece, request.stream())
    if here < 0:
        return Response(None)
    return Response(None, status_code=202, headers={OFFSET: str(here)})


def _piece(content_range: str | None, length: str) -> Piece:
    if content_range is None:
        told = int(length) if length.isdecimal() else None
        return Piece(0, told, told)
    said = _PIECE.fullmatch(content_range)
    if said is None or not int(said[1]) <= int(said[2]) < int(said[3]):
        raise ClientException(detail="Content-Range: bytes FIRST-LAST/TOTAL is understood, nothing else")
    first, last, total = (int(part) for part in said.groups())
    return Piece(first, total, last - first + 1)


@get(
    "/blob/{sha256:str}",
    summary="Fetch a blob, or a stretch of it",
    media_type=BYTES,
    responses={**told(404, 416), 206: ResponseSpec(bytes, description="A stretch of it", media_type=BYTES)},
)
async def get_blob(
    sha256: FromPath[str],
    request: Request[None, None, State],
    caller: NamedDependency[Caller],
    services: NamedDependency[Services],
    of: Annotated[str | None, QueryParameter(description="the paper whose file it is or was", max_length=200)] = None,
) -> Response[bytes]:
    """The bytes, or what a `Range` of one stretch asks for, to a device that holds a scope which names them."""
    name, _ = await _readable(sha256, caller, services, of)
    size = None if name is None else services.vault.size(name)
    if name is None or size is None:
        raise NotFoundException
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    start, end = (0, size) if asked is None else (int(asked[1]), int(asked[2]) + 1 if asked[2] else size)
    end = min(end, size)
    if asked is not None and start >= end:
        raise ClientException(detail=f"there are {size} bytes", status_code=416)
    content = await asyncio.to_thread(services.vault.read, name, start, end)
    answer = Response(content, media_type=BYTES, headers={**_SAFE, "accept-ranges": "bytes"})
    if asked is not None:
        answer.status_code = 206
        answer.headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    return answer


@head(
    "/blob/{sha256:str}",
    summary="Is the blob there, and how much of it?",
    responses={**told(404), 204: ResponseSpec(None, description="Upload-Offset bytes of it are here from this device")},
)
async def head_blob(
    sha256: FromPath[str], caller: NamedDependency[Caller], services: NamedDependency[Services]
) -> Response[None]:
    """200 where it is there, whole; 204 where this device is to send it, and how far it is with that."""
    name, named = await _readable(sha256, caller, services)
    if name is not None and services.vault.size(name) is not None:
        return Response(None, status_code=200)
    if not named:
        raise NotFoundException
    return Response(None, status_code=204, headers={OFFSET: str(services.vault.sent(sha256, caller.device))})


async def _readable(
    sha256: str, caller: Caller, services: Services, of: str | None = None
) -> tuple[str | None, list[Naming]]:
    """What the file is called in the vault, for who may read it; and the records that name it. A record may name any
    hash: the file is shown where it was sent for this very record, so that naming it is not enough to read it."""

    async def work(tx: Tx) -> tuple[str | None, list[Naming]]:
        permitted = set(await scopes_for(tx, caller.device, services.clock.now()))
        scope = await services.snapshots.scope_of(tx, name)
        if scope is not None:
            return (name + SNAPSHOT if scope in permitted else None), []
        named = await namings(tx, name, permitted)
        if of is not None and not named:
            named = await naming_of(tx, name, of, permitted)
        return (name if any(each.here for each in named) else None), named

    name = _name(sha256)
    return await services.store.read(work)


def _name(sha256: str) -> str:
    if not _NAME.fullmatch(sha256):
        raise ClientException(detail="a blob is named by its SHA-256 in hex")
    return sha256
