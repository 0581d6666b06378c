"""The ASGI application: routes, their shared services, errors as problem details, start and stop.

request ─▶ a hall's Application ─▶ the hall's parts go along ─▶ the one table of routes ─▶ handler
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from litestar import Litestar, Router, get
from litestar.di import NamedDependency, Provide
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from server_stub.central.reshaped import look
from server_stub.compression import Compression
from server_stub.life import Receive, Scope, Send, lead
from server_stub.problems import HANDLERS, documented, raw_problem
from server_stub.public.answers import Public
from server_stub.public.central import CentralStore
from server_stub.public.compare import Comparer
from server_stub.public.moving import Moves
from server_stub.public.routes import public_router
from server_stub.public.slip import slip
from server_stub.public.terminal import Tries, find_rating, give_rating
from server_stub.public.voice import Voice
from server_stub.routes.audit import audit, audit_scopes
from server_stub.routes.blob import get_blob, head_blob, put_blob
from server_stub.routes.contacts import contacts
from server_stub.routes.find import find
from server_stub.routes.gaps import gaps
from server_stub.routes.lease import heartbeat, lease
from server_stub.routes.live import live
from server_stub.routes.province import province
from server_stub.routes.pull import pull
from server_stub.routes.push import push
from server_stub.routes.session import challenge, code, end_session, enrol, open_session, renew_session
from server_stub.routes.snapshot import snapshot
from server_stub.services import Services, provide_caller, provide_pusher, provide_services
from sync.protocol.messages import PUSH_BYTES


@get("/health", summary="Is the server there?", sync_to_thread=False)
def health(services: NamedDependency[Services]) -> dict[str, int]:
    """The server's time, ms; nothing else, since nobody has signed on."""
    return {"now": services.clock.now()}


WIRE = (
    *(enrol, code, challenge, open_session, renew_session, end_session),
    *(push, pull, snapshot, live, heartbeat, lease, put_blob, get_blob, head_blob),
    *(find, contacts, gaps, audit, audit_scopes, slip, find_rating, give_rating, province, health),
)


@cache
def routes() -> Litestar:
    """The table of routes: one for all the halls of a process, with nothing of any hall in it. Making it takes ten
    times as long as opening a store."""
    wire = Router(
        "/v1",
        route_handlers=[documented(handler) for handler in WIRE],
        response_headers={"cache-control": "no-store", "x-content-type-options": "nosniff"},
    )
    return Litestar(
        route_handlers=[wire, public_router()],
        dependencies={
            "services": Provide(provide_services, sync_to_thread=False),
            "caller": Provide(provide_caller),
            "pusher": Provide(provide_pusher),
        },
        middleware=[DefineMiddleware(Compression, limit=PUSH_BYTES, problem=raw_problem)],
        exception_handlers=HANDLERS,
        request_max_body_size=PUSH_BYTES,  # a blob has its own
        openapi_config=OpenAPIConfig(title="Hall sync server", version="1", render_plugins=[JsonRenderPlugin()]),
        logging_config=None,
        debug=False,
    )


class Application:
    """The ASGI application over a hall's opened services: a life of its own, and parts of its own with each request
    that goes to the routes. `voice` is the display's, by default what the machine can synthesise."""

    def __init__(self, services: Services, voice: Voice | None = None) -> None:
        self.services, self._routes = services, routes()
        self.citizens = CentralStore(services.store, services.applier, services.clock)
        self.comparer = Comparer()
        self._parts = {
            "services": services,
            "citizens": self.citizens,
            "tries": Tries(),
            "public": Public(self.citizens, self.comparer, voice or Voice()),
            "moves": Moves(self.citizens, services.hub),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the application's life."""
        if scope["type"] == "lifespan":
            await lead([self.lifespan()], receive, send)
            return
        scope["state"] = {**scope.get("state", {}), **self._parts}
        await self._routes(scope, receive, send)  # type: ignore[arg-type]

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """What works as long as the server does."""
        services = self.services
        await look(services.store)
        await services.applier.start()
        await services.leases.grace()
        services.timers.start()
        await services.news.start()
        for each in services.rounds:
            each.start()
        try:
            yield
        finally:
            services.hub.close()
            self.comparer.close()
            for each in reversed(services.rounds):
                await each.stop()
            await services.news.stop()
            await services.timers.stop()
            await services.applier.stop()
            await services.store.release()
            services.store.close()
