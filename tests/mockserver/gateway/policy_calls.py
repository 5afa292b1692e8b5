"""What do the tests of policies that call backends, wait or store run on?"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

from mockserver.gateway.call import Call
from mockserver.gateway.errors import BackendFault
from mockserver.gateway.hosts import Hosts
from mockserver.gateway.keys import Caller
from mockserver.gateway.message import Body, Headers, Request, Response, Url
from mockserver.gateway.model import Api, Operation, Subscription, User
from mockserver.gateway.pipeline import handle
from mockserver.gateway.policy import Library
from mockserver.gateway.reader import DocumentReader
from mockserver.gateway.routing import Route
from mockserver.gateway.runtime import Runtime
from mockserver.gateway.sections import Effective, effective
from mockserver.gateway.templates import UrlTemplate

BASE = "https://backend.example"
OPERATION = Operation("books", "Books", "GET", UrlTemplate("/books"))
API = Api("shop", "Shop", "shop", BASE, (OPERATION,))
ADA = User("ada", "Ada", groups=("Developers", "Testers"))
SUBSCRIPTION = Subscription("ada-1", "Ada's", "k1", "k2", user=ADA)
TIMED_OUT = BackendFault("Timeout", "Request to the backend service timed out")

Answer = Response | BackendFault
_numbers = count(1)


@dataclass
class FakeBackend:
    """Answers in turn, the last one for ever, and keeps what it was sent."""

    answers: Sequence[Answer] = ()
    sent: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    async def send(self, request: Request, seconds: float) -> Response:
        """Take a request as the real forwarder does."""
        await asyncio.sleep(0)
        body = request.body
        stream = b"" if body.stream is None else b"".join([piece async for piece in body.stream])
        self.bodies.append(stream if body.content is None else body.content)
        self.sent.append(
            Request(request.method, request.url, request.headers.copy(), Body(), request.ip_address)
        )
        self.seconds.append(seconds)
        number = min(len(self.sent), len(self.answers)) - 1
        answer = self.answers[number] if self.answers else Response(200)
        if isinstance(answer, BackendFault):
            raise answer
        content = answer.body.content
        kept = answer.body if content is None else Body(content)
        return Response(answer.status, answer.reason, answer.headers.copy(), kept)


@dataclass
class Stage:
    """A runtime whose clock stands still, whose waits are written down, and its backend."""

    backend: FakeBackend = field(default_factory=FakeBackend)
    time: float = 1_000_000.0
    waits: list[float] = field(default_factory=list)
    runtime: Runtime = field(init=False)

    def __post_init__(self) -> None:
        async def sleep(seconds: float) -> None:
            await asyncio.sleep(0)
            self.waits.append(seconds)

        self.runtime = Runtime(lambda: self.time, Hosts({}, []), sleep=sleep)
        self.runtime._forwarder = cast("Any", self.backend)

    def call(
        self,
        method: str = "GET",
        path: str = "/books",
        query: str = "",
        headers: dict[str, str] | None = None,
        body: Body | None = None,
    ) -> Call:
        """Return a call of Ada's."""
        return Call(
            f"call-{next(_numbers)}",
            self.runtime,
            Route(API, OPERATION, {}, path),
            Caller(SUBSCRIPTION, None, "k1"),
            Request(
                method, Url(BASE, path, query), Headers(headers or {}), body or Body(), "10.0.0.1"
            ),
            Url("https://demo.azure-api.net", f"/shop{path}", query),
            self.time,
        )


def read(library: Library | None = None, /, **sections: str) -> Effective:
    """Read the policies of an API: XML by section, `on_error` for on-error."""
    texts = {name.replace("_", "-"): text for name, text in sections.items()}
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in texts.items())
    document = f"<policies>{inner}</policies>"
    return effective([DocumentReader(library or Library(), "api").document(document)])


def handled(call: Call, policies: Effective) -> Response:
    """Return what the whole pipeline answers; the call is over then."""

    async def run() -> Response:
        response = await handle(call, policies, None)
        await response.body.load()
        for _ in range(5):
            await asyncio.sleep(0)  # what nobody waits for has its turn
        return response

    response = asyncio.run(run())
    for done in call.at_end:
        done()
    return response


def run_section(call: Call, text: str) -> None:
    """Run an inbound section alone. Raises what its policies raise."""

    async def run() -> None:
        for policy in read(inbound=text)["inbound"]:
            await policy.run(call)

    asyncio.run(run())


def body_of(response: Response) -> bytes:
    """Return the bytes of a response that is loaded."""
    return cast("bytes", response.body.content)
