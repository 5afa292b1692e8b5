"""How does a request come in from the client, and how is it known that the client has gone?"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.types import Receive, Scope

from mockserver.gateway.deadlines import Deadline, Deadlines
from mockserver.gateway.message import Body, ClientHost, Headers, Request, Url, named_by

_WATCH_AFTER = 0.05
"""Seconds after which a call counts as slow: from then on its client is watched."""


class ClientGone(Exception):
    """The client closed its connection within its request."""


class Incoming:
    """One request as it comes from its client."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._task: asyncio.Task[Any] | None = None
        self._deadlines: Deadlines
        self._deadline: Deadline
        self._watching: asyncio.Task[None] | None = None
        self.method: str = scope["method"]
        """As it was sent; policies may change that of the request."""
        self.is_complete = False
        self.is_gone = False
        """Whether the client has closed its connection."""
        self.received = 0
        """Bytes of the body so far."""
        headers = Headers(
            [
                (name.decode("latin-1"), value.decode("latin-1").strip(" \t"))
                for name, value in scope["headers"]
            ]
        )
        if "connection" in headers:
            # Now, not when they would go on: what policies set is not the client's to take away.
            for name in named_by(headers.getall("connection")):
                headers.popall(name, None)
        host = headers.get("host", "localhost")
        headers["host"] = ClientHost(host)
        path = scope["raw_path"].decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        self.original_url = Url(f"{scope['scheme']}://{host}", path, query)
        client = scope.get("client")
        address = client[0] if client else ""
        url = Url("", path, query)
        self.request = Request(scope["method"], url, headers, Body(), address)

    async def take_body(self) -> None:
        """Take what has come of the body; what is still to come becomes a stream."""
        headers = self.request.headers
        announced = headers.get("content-length")
        if announced in (None, "0") and "transfer-encoding" not in headers:
            self.is_complete = True
            return
        first = await self._next()
        if self.is_complete:
            self.request.body = Body(first, is_buffered=False)
        else:
            length = int(announced) if announced and announced.isdigit() else None
            self.request.body = Body(None, self._stream(first), length, is_buffered=False)

    async def _stream(self, piece: bytes) -> AsyncIterator[bytes]:
        yield piece
        while not self.is_complete:
            yield await self._next()

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.is_gone = self.is_complete = True
            raise ClientGone
        self.is_complete = not message.get("more_body", False)
        piece: bytes = message.get("body", b"")
        self.received += len(piece)
        return piece

    def watch(self, deadlines: Deadlines) -> None:
        """Cancel the running task should the client go; see to it that `unwatch` is called."""
        self._deadlines = deadlines
        self._task = asyncio.current_task(deadlines.loop)  # to look for the loop is a system call
        self._deadline = deadlines.after(_WATCH_AFTER, self._look)

    def unwatch(self) -> None:
        """End what `watch` began."""
        self._deadlines.drop(self._deadline)
        del self._deadline  # it refers back: a circle would wait for the garbage collector
        if self._watching is not None:
            self._watching.cancel()

    def _look(self) -> None:
        if not self.is_complete:  # somebody reads the body and will hear of it
            self._deadline = self._deadlines.after(_WATCH_AFTER, self._look)
        else:
            self._watching = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.is_gone = True
        if self._task is not None:
            self._task.cancel()
