"""When are the routes for the gateway's operator made?

With the first request that needs them: their models cost a start some 60 ms, and most emulators are
started for a few calls and asked for none of it.
"""

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from mockserver.control.app import PREFIX
from mockserver.gateway.app import GatewaySurface

_NEED_THEM = (f"{PREFIX}/gateway", f"{PREFIX}/openapi.json")


class LateRoutes:
    """The ASGI app of `/__admin`, with the gateway's routes."""

    def __init__(self, app: FastAPI, gateway: GatewaySurface) -> None:
        self._app = app
        self._missing: GatewaySurface | None = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._missing is not None and scope["path"].startswith(_NEED_THEM):
            from mockserver.control.gateway import add_gateway

            add_gateway(self._app, self._missing)
            self._missing = None
        await self._app(scope, receive, send)
