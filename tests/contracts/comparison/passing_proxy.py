"""How does a reply come through a proxy byte for byte, unless a mistake is switched on?

Whatever the proxies of other tests put in order (the place of Content-Length, chunks, the case of a
header's name) stays as it is here: a comparison would see it.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

Headers = tuple[tuple[str, str], ...]

_LONGEST_HEAD = 1 << 20
_WITHOUT_BODY = {100, 204, 304}


@dataclass(frozen=True)
class Message:
    """A request or a reply on its way."""

    line: str
    """Its first line: `POST /x HTTP/1.1` or `HTTP/1.1 200 OK`."""
    headers: Headers
    body: bytes = b""

    @property
    def method(self) -> str:
        """The method of a request."""
        return self.line.split(" ")[0]

    @property
    def target(self) -> str:
        """The target of a request."""
        return self.line.split(" ")[1]

    @property
    def status(self) -> int:
        """The status of a reply."""
        return int(self.line.split(" ")[1])

    def header(self, name: str) -> str:
        """Return the first value of a header, or nothing."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")

    def with_target(self, target: str) -> "Message":
        """Return a request with another target."""
        return replace(self, line=f"{self.method} {target} HTTP/1.1")

    def with_status(self, status: int) -> "Message":
        """Return a reply with another status."""
        return replace(self, line=f"HTTP/1.1 {status} -")

    def with_header(self, name: str, value: str | None) -> "Message":
        """Return it with another header in the same place; None takes it out."""
        if value is not None and not self.header(name):
            return replace(self, headers=(*self.headers, (name, value)))
        changed = [(n, value if n.lower() == name.lower() else v) for n, v in self.headers]
        return replace(self, headers=tuple((n, v) for n, v in changed if v is not None))

    def with_body(self, body: bytes) -> "Message":
        """Return it with another body, and the length of that. What has none keeps having none."""
        if not self.body:
            return self
        changed = replace(self, body=body)
        return changed.with_header("Content-Length", str(len(body))) if self._length else changed

    @property
    def _length(self) -> str:
        return self.header("Content-Length")

    @property
    def is_chunked(self) -> bool:
        """Whether the body goes in chunks."""
        return "chunked" in self.header("Transfer-Encoding").lower()

    def as_bytes(self, method: str = "GET") -> bytes:
        """Write it. The reply to HEAD has the length of a body, but none."""
        lines = [self.line, *(f"{name}: {value}" for name, value in self.headers)]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        if method == "HEAD":
            return head
        return head + (_chunks(self.body) if self.is_chunked else self.body)


Send = Callable[[Message], Awaitable[Message]]


@dataclass
class Memory:
    """What a mistake keeps from call to call."""

    seen: dict[str, Any] = field(default_factory=dict)


Behaviour = Callable[[Message, Send, Memory], Awaitable[Message | bytes | None]]
"""Answers one call; bytes go out as they are and end the connection, None ends it at once."""


async def honest(call: Message, send: Send, _: Memory) -> Message:
    """Pass everything on as it is."""
    return await send(call)


@dataclass
class PassingProxy:
    """Passes on to `behind` by `behaviour`; both may be changed between two calls."""

    url: str = ""
    behind: str = ""
    behaviour: Behaviour = honest
    memory: Memory = field(default_factory=Memory)

    @contextmanager
    def behaving(self, behaviour: Behaviour) -> Iterator[None]:
        """Switch something on for a while."""
        before = self.behaviour
        self.behaviour, self.memory = behaviour, Memory()
        try:
            yield
        finally:
            self.behaviour = before

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the calls of one connection, over one connection to what is behind."""
        address = urlsplit(self.behind)
        upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

        async def send(call: Message) -> Message:
            nonlocal upstream
            if upstream is None:
                upstream = await asyncio.open_connection(address.hostname, address.port)
            upstream[1].write(call.as_bytes())
            answer = await _read(upstream[0], call.method)
            while answer.line.startswith("HTTP/1.1 1"):
                answer = await _read(upstream[0], call.method)
            if answer.header("Connection").lower() == "close":
                upstream[1].close()
                upstream = None
            return answer

        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._answer(await _read(reader), send, writer):
                    pass
        finally:
            writer.close()
            if upstream is not None:
                upstream[1].close()

    async def _answer(self, call: Message, send: Send, writer: asyncio.StreamWriter) -> bool:
        """Answer one call; return whether the connection stays open."""
        answer = await self.behaviour(call, send, self.memory)
        if isinstance(answer, Message):
            writer.write(answer.as_bytes(call.method))
            await writer.drain()
            return answer.header("Connection").lower() != "close"
        writer.write(answer or b"")
        await writer.drain()
        return False


@contextmanager
def passing_proxy(behind: str = "") -> Iterator[PassingProxy]:
    """Run a proxy in a thread of its own."""
    proxy = PassingProxy(behind=behind)
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        thread = threading.Thread(target=loop.run_forever, name="passing proxy", daemon=True)
        thread.start()
        try:
            server = asyncio.run_coroutine_threadsafe(_listen(proxy), loop).result()
            yield proxy
            asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


async def _listen(proxy: PassingProxy) -> asyncio.Server:
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=_LONGEST_HEAD)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    return server


async def _end(server: asyncio.Server) -> None:
    """End every conversation; a kept connection would wait for its next call for ever."""
    server.close()
    mine = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not mine]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader, asked: str | None = None) -> Message:
    """Read a request, or the reply to a method that was asked. Raises IncompleteReadError."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *rest = head[:-4].split("\r\n")
    pairs = (text.partition(":") for text in rest)
    message = Message(line, tuple((name, value.strip(" \t")) for name, _, value in pairs))
    if asked is not None and (asked == "HEAD" or message.status in _WITHOUT_BODY):
        return message
    if message.is_chunked:
        return replace(message, body=await _read_chunks(reader))
    length = message.header("Content-Length")
    if length.isdigit():
        return replace(message, body=await reader.readexactly(int(length)))
    return message if asked is None else replace(message, body=await reader.read())


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readuntil(b"\r\n")
    while (await reader.readuntil(b"\r\n")).strip():
        pass
    return body


def _chunks(body: bytes) -> bytes:
    return (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
