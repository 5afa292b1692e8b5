"""What travels through the gateway: a request on its way in, a response on its way out?"""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from multidict import CIMultiDict
from typing_extensions import override

Headers = CIMultiDict[str]
"""Headers by name, without regard to case; what comes twice stays twice, and in its order."""


class ClientHost(str):
    """The Host that a client sent: it means the gateway, and is not for the backend."""

    __slots__ = ()


HOP_BY_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "te", "trailer"),
        *("transfer-encoding", "upgrade"),
    }
)
"""Headers that belong to one connection and are never passed on (RFC 9110, section 7.6.1)."""


def named_by(connection: Iterable[str]) -> frozenset[str]:
    """Return the headers that Connection headers name: they go no further (lower case)."""
    return frozenset(token.strip() for value in connection for token in value.lower().split(","))


class BodyTooLarge(Exception):
    """A body that has to be held in memory is larger than allowed."""


@dataclass(slots=True)
class Body:
    """The bytes of a message: here already, or a stream that nobody has read yet."""

    content: bytes | None = b""
    """All of it; None as long as it is only a stream."""
    stream: AsyncIterator[bytes] | None = None
    length: int | None = None
    """How many bytes the stream announces, if it does."""
    is_buffered: bool = True
    """Whether it can be sent again: what comes from a client or a backend passes once only, unless
    somebody asked for all of it."""
    release: Callable[[], object] | None = None
    """Gives back what the stream holds, such as a connection; may be called at any time."""

    async def load(self, most: int = 64 << 20) -> bytes:
        """Read the stream, if there is one, and keep what came. Raises BodyTooLarge."""
        if self.content is None:
            try:
                self.put(await _whole(cast("AsyncIterator[bytes]", self.stream), most))
            except Exception as error:
                # What is left of the stream must not pass for the body.
                self.stream = _broken(error)
                raise
        content = cast("bytes", self.content)
        if len(content) > most:
            raise BodyTooLarge
        self.is_buffered = True
        return content

    def put(self, content: bytes) -> None:
        """Put other bytes in the place of what is there."""
        self.content, self.stream, self.length = content, None, len(content)
        self.is_buffered = True


async def _whole(stream: AsyncIterator[bytes], most: int) -> bytes:
    pieces, size = [], 0
    async for piece in stream:
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise BodyTooLarge
    return b"".join(pieces)


async def _broken(error: Exception | None) -> AsyncIterator[bytes]:
    if error is not None:
        raise error
    yield b""


@dataclass(slots=True)
class Url:
    """Where a request goes: `base` is an address without a slash at its end.

    `path` begins with a slash if it is not empty, `query` has no question mark; both are as they
    are on the wire.
    """

    base: str
    path: str = ""
    query: str = ""

    @override
    def __str__(self) -> str:
        return f"{self.base}{self.path}?{self.query}" if self.query else f"{self.base}{self.path}"

    @property
    def host(self) -> str:
        """The host name without its port."""
        return urlsplit(self.base).hostname or ""


@dataclass(slots=True)
class Request:
    """A request as it is going to be forwarded."""

    method: str
    url: Url
    headers: Headers
    body: Body
    ip_address: str = ""
    """The caller's."""


@dataclass(slots=True)
class Response:
    """A response on its way to the client. An empty `reason` stands for the usual phrase."""

    status: int
    reason: str = ""
    headers: Headers = field(default_factory=CIMultiDict)
    body: Body = field(default_factory=Body)
