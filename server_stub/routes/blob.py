"""PUT | GET | HEAD /v1/blob/{sha256}: files of cases, named by their content; the server computes the hash itself."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from pathlib import Path

import msgspec
from litestar import Request, get, head, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotFoundException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.response import Response

from server_stub.apply.incoming import CLOCK_DEVICE, Incoming
from server_stub.central.people import Caller, scopes_for
from server_stub.central.statements import insert_missing
from server_stub.central.store import Tx
from server_stub.problems import told
from server_stub.services import Services
from sync.protocol.identifiers import once, uuid7
from sync.protocol.messages import BLOB_BYTES
from sync.protocol.operation import Envelope, decode

BYTES = "application/octet-stream"
_NAME = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")
_SAFE = {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'"}
_KEPT = insert_missing("blob", ("sha256", "size", "media_type", "at"))


@put(
    "/blob/{sha256:str}", status_code=204, summary="Store a blob", request_max_body_size=BLOB_BYTES, responses=told(404)
)
async def put_blob(
    sha256: FromPath[str],
    request: Request[None, None, State],
    caller: NamedDependency[Caller],
    services: NamedDependency[Services],
) -> None:
    """Stores the body if it is what its name says; its arrival becomes an operation of the clock."""
    path = _path(services, sha256)
    announced = await services.store.read(lambda tx: _announced(tx, sha256, caller, services))
    if not announced:
        raise NotFoundException(detail="no material names this blob")
    size = await _store(request, path, sha256, services)
    media_type = request.headers.get("content-type", "application/octet-stream")[:80]
    now = services.clock.now()
    await services.store.write(lambda tx: tx.bulk(_KEPT, [(sha256, size, media_type, now)]))
    await services.applier.submit(
        [_arrival(material, scope, sha256, now) for material, scope, arrived in announced if not arrived]
    )


@get(
    "/blob/{sha256:str}",
    summary="Fetch a blob, or a stretch of it",
    media_type="application/octet-stream",
    responses={**told(404, 416), 206: ResponseSpec(bytes, description="A stretch of it", media_type=BYTES)},
)
async def get_blob(
    sha256: FromPath[str],
    request: Request[None, None, State],
    caller: NamedDependency[Caller],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """The bytes, or what a `Range` of one stretch asks for, to a device that holds a scope which names them."""
    path = await _readable(sha256, caller, services)
    size = path.stat().st_size
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    start, end = (0, size) if asked is None else (int(asked[1]), int(asked[2]) + 1 if asked[2] else size)
    end = min(end, size)
    if asked is not None and start >= end:
        raise ClientException(detail=f"there are {size} bytes", status_code=416)
    content = await asyncio.to_thread(_stretch, path, start, end)
    answer = Response(content, media_type=BYTES, headers={**_SAFE, "accept-ranges": "bytes"})
    if asked is not None:
        answer.status_code = 206
        answer.headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    return answer


def _stretch(path: Path, start: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start)


@head("/blob/{sha256:str}", summary="Is the blob there?", responses=told(404))
async def head_blob(
    sha256: FromPath[str], caller: NamedDependency[Caller], services: NamedDependency[Services]
) -> None:
    """The same without the bytes."""
    await _readable(sha256, caller, services)


async def _readable(sha256: str, caller: Caller, services: Services) -> Path:
    path = _path(services, sha256)
    announced, whole = await services.store.read(lambda tx: _named(tx, sha256, caller, services))
    if whole:
        path = services.snapshots.path(sha256)
    # A record may name any hash; the file is shown where it has arrived, so that naming it is not enough to read it.
    elif not any(arrived for _, _, arrived in announced):
        raise NotFoundException
    if not path.is_file():
        raise NotFoundException
    return path


async def _named(tx: Tx, sha256: str, caller: Caller, services: Services) -> tuple[list[tuple[str, str, bool]], bool]:
    """The records that name it, and whether it is a snapshot of a scope that the device may hold."""
    scope = await services.snapshots.scope_of(tx, sha256)
    if scope is not None:
        return [], scope in await scopes_for(tx, caller.device, services.clock.now())
    return await _announced(tx, sha256, caller, services), False


def _path(services: Services, sha256: str) -> Path:
    if not _NAME.fullmatch(sha256):
        raise ClientException(detail="a blob is named by its SHA-256 in hex")
    return services.store.blob_folder / sha256


async def _announced(tx: Tx, sha256: str, caller: Caller, services: Services) -> list[tuple[str, str, bool]]:
    """What names the blob in scopes that the device may hold, materials, papers, print jobs: (id, scope, arrived)."""
    permitted = set(await scopes_for(tx, caller.device, services.clock.now()))
    materials = await tx.fetch("SELECT id, scope, arrived FROM material WHERE sha256 = ?", (sha256,))
    documents = await tx.fetch("SELECT id, scope FROM document WHERE sha256 = ? OR approval = ?", (sha256, sha256))
    jobs = await tx.fetch("SELECT id, scope FROM print_job WHERE sha256 = ?", (sha256,))
    found = [*materials, *((id, scope, True) for id, scope in (*documents, *jobs))]
    return [(id, scope, bool(arrived)) for id, scope, arrived in found if scope in permitted]


async def _store(request: Request[None, None, State], path: Path, sha256: str, services: Services) -> int:
    """Write beside, compare the hash, move in place: a half blob never has a name."""
    part = path.with_name(f".{sha256}.{uuid7(services.clock.now())}")
    summed, size = hashlib.sha256(), 0
    try:
        with part.open("wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > BLOB_BYTES:
                    raise ClientException(detail="too large", status_code=413)
                summed.update(chunk)
                file.write(chunk)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        if summed.hexdigest() != sha256:
            raise ClientException(detail="the content has another SHA-256")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return size


def _arrival(material: str, scope: str, sha256: str, now: int) -> Incoming:
    envelope = Envelope(
        n=once("material.arrived@1", material, sha256),
        kind="material.arrived@1",
        id=material,
        scope=scope,
        args=msgspec.Raw(msgspec.json.encode({"sha256": sha256})),
        by="clock",
        session="",
        said_at=now,
    )
    return Incoming(envelope, CLOCK_DEVICE, now, now, decode(envelope, CLOCK_DEVICE))
