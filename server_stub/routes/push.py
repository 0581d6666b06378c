"""POST /v1/push: operations of one device go through the write path and come back with their results."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, RequestBody, Schema
from litestar.openapi.spec import Operation as OpenAPIOperation
from litestar.params import RawBody

from server_stub.apply.incoming import Incoming, judge
from server_stub.central.people import Caller, NotAllowed
from server_stub.central.restored import begun_anew, epoch_of
from server_stub.problems import told
from server_stub.services import Services
from sync.errors import InputError
from sync.protocol.messages import FINAL, PUSH_OPERATIONS, RETRY, Push, Pushed, Result
from sync.protocol.operation import Envelope, decode
from sync.records.states import Role
from sync.rules.device import ACTIVE, REVOKED

_TEXT, _NUMBER = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.INTEGER)
_ORDINAL = Schema(type=OpenAPIType.INTEGER, minimum=1, maximum=(1 << 63) - 1)
_OPERATION = Schema(
    type=OpenAPIType.OBJECT,
    required=["n", "kind", "id", "scope", "args", "by", "session", "said_at"],
    properties={
        "n": _ORDINAL,
        "after": _ORDINAL,
        "said_at": _NUMBER,
        "boot": _TEXT,
        "boot_at": _NUMBER,
        **dict.fromkeys(("kind", "id", "scope", "by", "session"), _TEXT),
        "args": Schema(type=OpenAPIType.OBJECT),
        "earlier": Schema(type=OpenAPIType.OBJECT),
    },
)

_READER = f"{Role.SUPERVISOR.value} {Role.SUPERVISOR.value}"


@dataclass
class PushDocumented(OpenAPIOperation):
    """The request's body in the OpenAPI document: the route reads the bytes itself, since `args` stay bytes."""

    def __post_init__(self) -> None:
        operations = Schema(type=OpenAPIType.ARRAY, items=_OPERATION, max_items=PUSH_OPERATIONS)
        schema = Schema(
            type=OpenAPIType.OBJECT,
            required=["device", "boot", "boot_now", "ops"],
            properties={
                "device": _TEXT,
                "boot": _TEXT,
                "boot_now": _NUMBER,
                "ops": operations,
                "epoch": _TEXT,
                "answered": _NUMBER,
                "follows": _NUMBER,
            },
        )
        self.request_body = RequestBody(content={"application/json": OpenAPIMediaType(schema=schema)}, required=True)


@post(
    "/push",
    status_code=200,
    summary="Push operations",
    operation_class=PushDocumented,
    responses=told(403),
)
async def push(body: RawBody, pusher: NamedDependency[Caller], services: NamedDependency[Services]) -> Pushed:
    """Results stand in the order of the operations; from the first `retry` on all are untouched.

    Who is a supervisor and nothing else sends nothing. Who has no role left may: the rules refuse what is their own,
    and what others left in the device's outbox must not stay there for ever.
    """
    try:
        data = msgspec.json.decode(body, type=Push)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ClientException(detail=str(error)) from None
    if data.device != pusher.device:
        raise NotAllowed("device_unknown")
    if len(data.ops) > PUSH_OPERATIONS:
        raise NotAllowed("push_too_long", limit=PUSH_OPERATIONS)
    received = services.clock.now()
    known = pusher.known
    if known.roles == _READER:
        raise NotAllowed("read_only")
    if data.answered > known.last_n or data.epoch not in (
        None,
        epoch_of(known.restored),
    ):  # restored: nothing is taken before the device knows
        untouched = [Result(n=envelope.n, status=RETRY) for envelope in data.ops]
        told = None if pusher.state == ACTIVE else begun_anew(known.restored, data.epoch, known.last_n)
        return Pushed(
            results=untouched,
            expect=known.last_n + 1,
            now=received,
            revoked=pusher.state == REVOKED and told is None,
            restored=told,  # it is answered no pull any more
        )
    if known.due is not None and known.due <= received:
        await services.timers.catch_up()
    not_before = max(known.contact, services.contacts.get(pusher.device, 0))
    incoming: list[Incoming] = []
    for envelope in data.ops:
        at = judge(envelope, data.boot, data.boot_now, received, not_before)
        not_before = at
        incoming.append(_incoming(envelope, data, at, received))
    async with services.leases.calls(incoming):
        results = await services.applier.submit(incoming)
    ended = [result.n for result in results if result.status in FINAL]
    return Pushed(
        results=results,
        expect=(max(ended) if ended else await _last_n(services, pusher)) + 1,
        now=received,
        revoked=pusher.state == REVOKED,
    )


def _incoming(envelope: Envelope, push: Push, at: int, received: int) -> Incoming:
    operation, trouble = None, ""
    try:
        operation = decode(envelope, push.device)
    except InputError as error:
        trouble = error.code
    return Incoming(envelope, push.device, at, received, operation, trouble, push.follows)


async def _last_n(services: Services, caller: Caller) -> int:
    found = await services.store.glance(
        lambda tx: tx.fetch_one("SELECT last_n FROM device WHERE id = ?", (caller.device,))
    )
    return int(found[0])
